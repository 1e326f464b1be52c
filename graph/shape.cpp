#include "graph/shape.hpp"

#include <algorithm>

namespace rw::graph {

std::optional<std::int64_t> Shape::count() const {
  if (!known_) return std::nullopt;
  std::int64_t product = 1;
  for (const std::int64_t dim : dims_) {
    if (dim < 0 || __builtin_mul_overflow(product, dim, &product)) return std::nullopt;
  }
  return product;
}

std::optional<int> Shape::axis(std::int64_t axis) const {
  if (!known_ || axis < -rank() || axis >= rank()) return std::nullopt;
  return static_cast<int>(axis < 0 ? axis + rank() : axis);
}

bool operator==(const Shape& a, const Shape& b) {
  return a.known_ == b.known_ && std::equal(a.dims_.begin(), a.dims_.end(), b.dims_.begin(), b.dims_.end());
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
