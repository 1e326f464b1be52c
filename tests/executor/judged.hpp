// Runs a network by a session and by the evaluator.
#pragma once

#include "runtime/executor/session.hpp"
#include "tests/support/judge.hpp"

namespace rw::test {

// By tensor, from names.
executor::Inputs by_id(const graph::Network& network, const Arrays& inputs);

struct Judged {
  double difference = 0;  // the largest of an output or watched tensor, over its largest value
  std::string where;      // of which
  std::size_t compared = 0;
};

// Three runs of one session, where all of what operators compute is watched, or nothing:
// kernels are fused in the one, and not in the other. Throws what the session throws.
Judged judged(const graph::Network& network, const Arrays& inputs, bool watched);

}  // namespace rw::test
