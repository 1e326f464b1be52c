// The shape of a tensor: dimensions that live in the network's arena, some of them perhaps not known.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace rw::graph {

inline constexpr std::int64_t kUnknown = -1;  // a dimension that is not known before the network runs
inline constexpr int kMaxRank = 32;           // axes are kept in 32-bit masks

class Shape {
 public:
  Shape() = default;                                                                 // not known, not even its rank
  explicit Shape(std::span<const std::int64_t> dims) : dims_(dims), known_(true) {}  // borrows dims

  bool known() const { return known_; }  // the rank is known
  int rank() const { return static_cast<int>(dims_.size()); }
  std::int64_t operator[](int axis) const { return dims_[static_cast<std::size_t>(axis)]; }
  std::span<const std::int64_t> dims() const { return dims_; }

  // Number of elements; nothing where a dimension is unknown or the product overflows.
  std::optional<std::int64_t> count() const;
  // `axis` counted from 0 for -rank..rank-1; nothing outside.
  std::optional<int> axis(std::int64_t axis) const;
  friend bool operator==(const Shape& a, const Shape& b);

 private:
  std::span<const std::int64_t> dims_;
  bool known_ = false;
};

std::string to_string(const Shape& shape);  // "[1, ?, 8, 8]", "[?...]" where the rank is not known

}  // namespace rw::graph
