// The certificate: proof, from the plan alone, that the network's function is unchanged. The network is walked in
// topological order with the scale that each tensor now has; every operator's law says which scale comes out of the
// scales and edits that go in. It knows neither regions nor rules.
#pragma once

#include <optional>
#include <string>

#include "runtime/plan/plan.hpp"
#include "runtime/regions/analysis.hpp"

namespace rw::runtime {

struct Certificate {
  bool holds = false;
  std::size_t operators = 0;  // that were checked
  // Where it does not hold:
  OperatorId op = kNone;  // the operator that leaks; kNone: an output of the network, or statistics
  TensorId tensor = kNone;
  std::string why;
};

Certificate certify(const Analysis& analysis, const Plan& plan);

}  // namespace rw::runtime
