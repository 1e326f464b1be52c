#include "graph/values/shape.hpp"

#include <algorithm>
#include <array>

namespace rw::graph {

std::optional<std::int64_t> product(std::span<const std::int64_t> dims) {
  std::int64_t all = 1;
  bool zero = false;
  for (const std::int64_t dim : dims) {
    zero |= dim == 0;
    if (dim < 0 || (dim > 0 && __builtin_mul_overflow(all, dim, &all))) return std::nullopt;
  }
  return zero ? 0 : all;
}

std::optional<std::int64_t> product(std::span<const std::int64_t> dims, AxisMask axes) {
  std::array<std::int64_t, kMaxRank> chosen{};
  std::size_t count = 0;
  for (const int axis : axes) chosen[count++] = dims[static_cast<std::size_t>(axis)];
  return product(std::span(chosen).first(count));
}

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
