// The shape of a tensor: dimensions that live in the network's arena, some of them perhaps not known.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "graph/values/axis_mask.hpp"

namespace rw::graph {

inline constexpr std::int64_t kUnknown = -1;  // a dimension that is not known before the network runs
// A smaller number is a symbol. Shape inference gives every unknown dimension a symbol of its own, so that two
// dimensions with the same symbol are equal. kUnknown and symbols print as "?".

// Elements of integer tensors that are computed from shapes: numbers within +-kWholeBound, or open ones, which stand
// for an unknown dimension; kOpen is any number at all.
inline constexpr std::int64_t kWholeBound = std::int64_t{1} << 45;
inline constexpr std::int64_t kOpen = INT64_MIN;
inline bool is_open(std::int64_t value) { return value <= -kWholeBound; }
inline std::int64_t open_value(std::int64_t dim) { return dim >= 0 ? dim : dim == kUnknown ? kOpen : INT64_MIN - dim; }
inline std::int64_t dim_of_value(std::int64_t value) {
  return !is_open(value) ? value : value == kOpen ? kUnknown : INT64_MIN - value;
}

// The product of dimensions: 1 where there are none. Nothing where one of them is not known, or where those that are
// not 0 multiply to more than 2^63 - 1: a dimension of 0 does not make up for others that no tensor can have.
class Product {
 public:
  void multiply(std::int64_t dim) {
    if (dim == 0)
      zero_ = true;
    else
      known_ = known_ && dim > 0 && !__builtin_mul_overflow(all_, dim, &all_);
  }
  std::optional<std::int64_t> value() const {
    return known_ ? std::optional<std::int64_t>(zero_ ? 0 : all_) : std::nullopt;
  }

 private:
  std::int64_t all_ = 1;
  bool zero_ = false, known_ = true;
};
inline std::optional<std::int64_t> product(std::span<const std::int64_t> dims) {
  Product product;
  for (const std::int64_t dim : dims) product.multiply(dim);
  return product.value();
}
inline std::optional<std::int64_t> product(std::span<const std::int64_t> dims, AxisMask axes) {  // of those on `axes`
  Product product;
  for (const int axis : axes) product.multiply(dims[static_cast<std::size_t>(axis)]);
  return product.value();
}

class Shape {
 public:
  Shape() = default;                                                          // not known, not even its rank
  explicit Shape(std::span<const std::int64_t> dims, bool any_front = false)  // borrows dims
      : dims_(dims.data()), rank_(static_cast<std::int32_t>(dims.size())), any_front_(any_front) {}

  bool known() const { return rank_ >= 0; }  // the rank is known
  int rank() const { return known() ? rank_ : 0; }
  // Axis 0 stands for any number of axes, none as well: only the axes behind it are known.
  bool any_front() const { return any_front_; }
  std::int64_t operator[](int axis) const {  // 0 <= axis < rank()
    assert(axis >= 0 && axis < rank_);
    return dims_[axis];
  }
  std::span<const std::int64_t> dims() const { return {dims_, static_cast<std::size_t>(rank())}; }

  // Number of elements, as product() says.
  std::optional<std::int64_t> count() const { return known() ? product(dims()) : std::nullopt; }
  // `axis` counted from 0 for -rank..rank-1; nothing outside.
  std::optional<int> axis(std::int64_t axis) const;
  friend bool operator==(const Shape& a, const Shape& b);

 private:
  const std::int64_t* dims_ = nullptr;
  std::int32_t rank_ = -1;  // -1: not known
  bool any_front_ = false;
};

std::string to_string(
    const Shape& shape);  // "[1, ?, 8, 8]", "[..., 8]" with any_front(), "[?...]" where the rank is not known

}  // namespace rw::graph
