// Constants behind operators that keep every value: what Identity, Reshape, Flatten, Squeeze, Unsqueeze, Transpose and
// a Cast to a wider float make of a constant is a constant too, which views the same bytes.
#pragma once

#include <optional>

#include "graph/operators/node.hpp"

namespace rw::graph {

// Returns the value of output 0, of this shape (every dimension known). Returns nothing where its input is no constant
// of a floating type, or where the operator changes values. A layout that it needs is stored in the arena.
std::optional<Literal> fold_constant(const Node& node, const Shape& shape, Arena& arena);

}  // namespace rw::graph
