// Integer tensors whose values follow from shapes: exporters compute the target of a Reshape by Shape, Gather, Concat
// and the like. Such a tensor is worked out while shapes are inferred, element by element; an element that is an
// unknown dimension keeps that dimension's symbol (shape.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/operators/node.hpp"

namespace rw::graph {

inline constexpr std::size_t kMaxFolded = 1024;  // elements; longer ones are no shapes

// Returns the elements of output 0 where everything that it is computed from is known, and nothing where it is not
// computed from shapes.
std::optional<std::vector<std::int64_t>> fold_shapes(const Node& node);

}  // namespace rw::graph
