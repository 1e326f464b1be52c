// What a session has to do: which operators run for what is asked of it, and who reads each tensor.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/network.hpp"
#include "runtime/executor/session.hpp"

namespace rw::executor {

struct Schedule {
  // Producers before consumers: what outputs and watched tensors need, and is not computed once (`fixed`).
  std::vector<graph::OperatorId> order;
  std::vector<std::uint32_t> readers;  // by tensor: how often these operators read it; an output is read once more
  std::vector<bool> watched;           // by tensor
  std::vector<bool> given;             // by tensor: its value stands in Options::values
  // By tensor: a constant, or what follows from constants alone and nobody watches: it is computed when it is needed.
  std::vector<bool> fixed;
};

// std::runtime_error: an operator that cannot be run, named; a value or a watched tensor that the network does not
// have.
Schedule schedule_of(const graph::Network& network, const Options& options);

}  // namespace rw::executor
