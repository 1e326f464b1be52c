#include "graph/formats/reading/declared.hpp"

#include <algorithm>

namespace rw::graph {

DType ValueType::dtype() const {
  return kind == Kind::tensor ? dtype_of_onnx(element).value_or(DType::undefined) : DType::undefined;
}

Shape ValueType::known_shape(Arena& arena) const {
  const std::span<const std::int64_t> dims = shape.dims();
  if (std::find(dims.begin(), dims.end(), 0) == dims.end()) return shape;
  const std::span<std::int64_t> known = arena.make<std::int64_t>(dims.size());
  std::replace_copy(dims.begin(), dims.end(), known.begin(), std::int64_t{0}, kUnknown);
  return Shape(known);
}

std::optional<Known> together(const Known& first, const Known& second, Arena& arena) {
  Known both = {first.dtype == DType::undefined ? second.dtype : first.dtype,
                first.shape.known() ? first.shape : second.shape};
  if (second.dtype != DType::undefined && both.dtype != second.dtype) return std::nullopt;
  if (!first.shape.known() || !second.shape.known()) return both;
  if (first.shape.rank() != second.shape.rank()) return std::nullopt;
  bool fills = false;
  for (int i = 0; i < first.shape.rank(); ++i) {
    const std::int64_t one = first.shape[i], other = second.shape[i];
    if (one >= 0 && other >= 0 && one != other) return std::nullopt;
    fills |= one < 0 && other >= 0;
  }
  if (!fills) return both;
  const std::span<std::int64_t> dims = arena.make<std::int64_t>(static_cast<std::size_t>(first.shape.rank()));
  for (std::size_t i = 0; i < dims.size(); ++i)
    dims[i] = first.shape.dims()[i] >= 0 ? first.shape.dims()[i] : second.shape.dims()[i];
  both.shape = Shape(dims);
  return both;
}

}  // namespace rw::graph
