// Shapes and element types of every tensor, from the inputs of the network and the constants; what the file says fills
// in what cannot be inferred, and where nothing says the shape of an input, the weight of the operator that reads it
// does. What no rule and no file says is not known: nothing is guessed. Constants behind operators that keep values
// become constants (fold_constants.hpp).
#pragma once

#include "graph/network.hpp"
#include "graph/operators/node.hpp"

namespace rw::graph {

// Error: the weights of an operator do not fit its input or each other (which operator, which shapes).
void infer_shapes(Network& network, const Forms& forms);

// How many axes one of its inputs has is not known (Shape::any_front), and matters: nothing can be said of the
// operator.
bool needs_rank(const Node& node);
// The inputs should be broadcast, and their shapes cannot be: nothing can run the operator.
bool cannot_broadcast(const Node& node);

}  // namespace rw::graph
