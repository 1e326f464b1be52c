// Shapes and element types of every tensor, from the inputs of the network and the constants; what the file says fills
// in what cannot be inferred. Constants behind operators that keep values become constants (fold_constants.hpp).
#pragma once

#include "graph/network.hpp"
#include "graph/operators/form.hpp"

namespace rw::graph {

// Error: the weights of an operator do not fit its input or each other (which operator, which shapes).
void infer_shapes(Network& network, const Forms& forms);

}  // namespace rw::graph
