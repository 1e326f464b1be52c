#include "graph/values/shape.hpp"

#include <algorithm>

namespace rw::graph {

std::optional<int> Shape::axis(std::int64_t axis) const {
  if (!known() || axis < -rank() || axis >= rank()) return std::nullopt;
  return static_cast<int>(axis < 0 ? axis + rank() : axis);
}

bool operator==(const Shape& a, const Shape& b) {
  return a.rank_ == b.rank_ && a.any_front_ == b.any_front_ &&
         std::equal(a.dims().begin(), a.dims().end(), b.dims().begin());
}

std::string to_string(const Shape& shape) {
  if (!shape.known()) return "[?...]";
  std::string text = shape.any_front() ? "[..." : "[";
  for (const std::int64_t dim : shape.dims().subspan(shape.any_front() ? 1 : 0)) {
    if (text.size() > 1) text += ", ";
    text += dim < 0 ? "?" : std::to_string(dim);
  }
  return text + "]";
}

}  // namespace rw::graph
