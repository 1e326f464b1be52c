#include "graph/operators/dims.hpp"

#include <algorithm>

namespace rw::graph {

std::int64_t times(std::int64_t a, std::int64_t b) {
  if (a == 1 || b == 1) return a == 1 ? b : a;
  std::int64_t product = 0;
  return a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product) ? kUnknown : product;
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return a < 0 || b < 0 || __builtin_add_overflow(a, b, &sum) ? kUnknown : sum;
}

Dims broadcast_dims(const std::vector<Shape>& shapes) {
  std::size_t rank = 0;
  for (const Shape& shape : shapes) {
    if (!shape.known()) return std::nullopt;
    rank = std::max(rank, static_cast<std::size_t>(shape.rank()));
  }
  std::vector<std::int64_t> dims(rank, 1);
  for (const Shape& shape : shapes) {
    const std::size_t skip = rank - static_cast<std::size_t>(shape.rank());
    for (std::size_t i = 0; i + skip < rank; ++i) {
      const std::int64_t dim = shape[static_cast<int>(i)];
      std::int64_t& out = dims[i + skip];
      if (out == 1)
        out = dim;
      else if (dim != 1 && dim != out) {
        if (dim >= 0 && out >= 0) return std::nullopt;  // cannot be broadcast
        // The known one must be right; of two unknown ones either may be 1.
        out = out >= 0 ? out : dim >= 0 ? dim : kUnknown;
      }
    }
  }
  return dims;
}

Dims target_of(const Node& node, std::size_t slot) {
  auto target = node.whole_values(slot);
  if (target)
    for (std::int64_t& each : *target) each = dim_of_value(each);
  return target;
}

std::int64_t size_of(const Node& node, std::size_t slot) {
  const auto value = node.integers_of(slot);
  return value && value->size() == 1 && (*value)[0] >= 0 ? (*value)[0] : kUnknown;
}

}  // namespace rw::graph
