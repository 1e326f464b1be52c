// Constants that do not fit their operator: a mistake in the model that no rule should meet.
#pragma once

#include "graph/operators/node.hpp"

namespace rw::graph {

// Error: the constants of the operator do not fit its input or each other (which operator, which shapes).
void check_constants(const Node& node);

}  // namespace rw::graph
