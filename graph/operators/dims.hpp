// Dimensions as shape rules work with them. Internal to graph/.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/operators/node.hpp"

namespace rw::graph {

using Dims = std::optional<std::vector<std::int64_t>>;

inline std::vector<std::int64_t> copy(const Shape& shape) { return {shape.dims().begin(), shape.dims().end()}; }
inline Dims dims_of(std::initializer_list<std::int64_t> dims) { return std::vector<std::int64_t>(dims); }

// a * b and a + b where both are known (at least 0) and nothing overflows.
std::int64_t times(std::int64_t a, std::int64_t b);
std::int64_t plus(std::int64_t a, std::int64_t b);

// What shapes are broadcast to. Has no value where a rank is not known, or they cannot be.
Dims broadcast_dims(const std::vector<Shape>& shapes);

// The dimensions that a shape tensor says, open ones as symbols.
Dims target_of(const Node& node, std::size_t slot);

// The one whole number that an input holds, where it is known and at least 0; else kUnknown.
std::int64_t size_of(const Node& node, std::size_t slot);

}  // namespace rw::graph
