#include "graph/values/shape.hpp"

#include <algorithm>

namespace rw::graph {

std::optional<std::int64_t> Shape::count() const {
  if (!known()) return std::nullopt;
  std::int64_t product = 1;
  for (const std::int64_t dim : dims()) {
    if (dim < 0 || __builtin_mul_overflow(product, dim, &product)) return std::nullopt;
  }
  return product;
}

std::optional<int> Shape::axis(std::int64_t axis) const {
  if (!known() || axis < -rank() || axis >= rank()) return std::nullopt;
  return static_cast<int>(axis < 0 ? axis + rank() : axis);
}

bool operator==(const Shape& a, const Shape& b) {
  return a.rank_ == b.rank_ && std::equal(a.dims().begin(), a.dims().end(), b.dims().begin());
}

std::string to_string(const Shape& shape) {
  if (!shape.known()) return "[?...]";
  std::string text = "[";
  for (const std::int64_t dim : shape.dims()) {
    if (text.size() > 1) text += ", ";
    text += dim < 0 ? "?" : std::to_string(dim);
  }
  return text + "]";
}

}  // namespace rw::graph
