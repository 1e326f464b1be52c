#include "graph/operators/fold_constants.hpp"

#include <algorithm>
#include <vector>

#include "graph/operators/form_functions.hpp"
#include "graph/values/elements.hpp"

namespace rw::graph {
namespace {

std::vector<std::int64_t> row_major(const Shape& shape) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(shape.rank()));
  std::int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<std::size_t>(axis)] = stride;
    stride *= shape[axis];
  }
  return strides;
}

const Layout* store(Arena& arena, DType dtype, const Shape& shape, std::span<const std::int64_t> strides) {
  const Layout layout{dtype, Shape(arena.store(shape.dims())), arena.store(strides)};
  return arena.store(std::span(&layout, 1)).data();
}

bool is_permutation(std::vector<std::int64_t> axes, std::size_t rank) {
  std::sort(axes.begin(), axes.end());
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (axes[i] != static_cast<std::int64_t>(i)) return false;
  return axes.size() == rank;
}

bool widens(DType from, DType to) {
  if (from == to || to == DType::float64) return true;
  return to == DType::float32 && size(from) < size(to);
}

}  // namespace

namespace constant_of {

Folded same_order(const Node&, const Literal& from, const Shape& shape, Arena&) {
  return Literal{from.dtype, shape, from.bytes, from.layout};
}

Folded transpose(const Node& node, const Literal& from, const Shape& shape, Arena& arena) {
  const Shape in = from.layout ? from.layout->shape : from.shape;
  if (!(in == from.shape)) return std::nullopt;  // reshaped after it was transposed
  const std::vector<std::int64_t> strides =
      from.layout ? std::vector<std::int64_t>(from.layout->strides.begin(), from.layout->strides.end()) : row_major(in);
  std::vector<std::int64_t> turned(strides.rbegin(), strides.rend());
  if (const auto order = node.integers("perm")) {
    if (!is_permutation(*order, strides.size())) return std::nullopt;
    for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = strides[static_cast<std::size_t>((*order)[i])];
  }
  return Literal{from.dtype, shape, from.bytes, store(arena, stored_dtype(from), shape, turned)};
}

Folded cast(const Node& node, const Literal& from, const Shape& shape, Arena& arena) {
  const auto to = dtype_of_onnx(static_cast<int>(node.integer("to", 1)));
  if (!to || !floating(*to) || !widens(from.dtype, *to)) return std::nullopt;
  const Layout* layout = from.layout;
  if (!layout && *to != from.dtype) layout = store(arena, from.dtype, from.shape, row_major(from.shape));
  return Literal{*to, shape, from.bytes, layout};
}

}  // namespace constant_of

std::optional<Literal> fold_constant(const Node& node, const Shape& shape, Arena& arena) {
  if (!node.is_constant(0) || !floating(node.tensor(0).dtype)) return std::nullopt;
  if (!node.form().constant) return std::nullopt;
  const Literal& from = *node.tensor(0).constant;
  // Of no elements there is nothing to see, and their dimensions may be of any size.
  if (shape.count().value_or(0) == 0 || shape.count() != from.shape.count()) return std::nullopt;
  return node.form().constant(node, from, shape, arena);
}

}  // namespace rw::graph
