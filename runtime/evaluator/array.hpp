// Dense tensors of the evaluator, and the index arithmetic that its operators share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "graph/values/shape.hpp"

namespace rw::evaluator {

using Dims = std::vector<std::int64_t>;

// Elements that lie elsewhere: a span that compares, and makes a copy, as the vector does that it often is of.
template <typename T>
class Values : public std::span<const T> {
 public:
  using std::span<const T>::span;
  operator std::vector<T>() const { return std::vector<T>(this->begin(), this->end()); }
  const T& at(std::size_t i) const {
    if (i >= this->size()) throw std::out_of_range("an index lies outside");
    return (*this)[i];
  }
  friend bool operator==(const Values& a, const Values& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }
};

// Row-major values: float32, or int64 for every integer type and for booleans (0 and 1). An array owns them, or is a
// view of others that live longer than it and its copies.
class Array {
 public:
  Array() = default;  // no values, shape [0]
  // Throw std::invalid_argument where the number of values is not the product of the dimensions.
  Array(Dims shape, std::vector<float> values);
  Array(Dims shape, std::vector<std::int64_t> values);
  static Array view(Dims shape, std::span<const float> values);

  const Dims& shape() const { return shape_; }
  std::size_t rank() const { return shape_.size(); }
  std::int64_t dim(std::size_t axis) const { return shape_.at(axis); }
  std::size_t count() const;
  bool is_float() const { return values_.index() != kInts; }
  bool is_view() const { return std::holds_alternative<Values<float>>(values_); }

  // The values of the one kind; throw std::invalid_argument where they are of the other.
  // Of an array that is about to go, the values themselves.
  Values<float> floats() const&;
  std::vector<float> floats() &&;
  Values<std::int64_t> ints() const&;
  std::vector<std::int64_t> ints() &&;
  std::vector<float> to_floats() const;  // whichever kind they are

  // The same values, a view of a view; throws as the constructor does.
  Array reshaped(Dims shape) const;

  template <typename F>
  auto visit(F f) const {  // f(Values<float>) or f(Values<std::int64_t>)
    return is_float() ? f(floats()) : f(ints());
  }

  // The floats themselves, copied where they are a view; the array has no values afterwards.
  std::vector<float> release() &&;

 private:
  static constexpr std::size_t kInts = 1;

  Dims shape_ = {0};
  std::variant<std::vector<float>, std::vector<std::int64_t>, Values<float>> values_;
};

// The constructors by name, for braced lists: float_array({2, 2}, {1, 2, 3, 4.5}).
Array float_array(Dims shape, std::vector<float> values);
Array int_array(Dims shape, std::vector<std::int64_t> values);

std::string to_string(const Dims& dims);  // "[1, 3, 8, 8]"
std::size_t count(
    std::span<const std::int64_t>);  // product; throws std::invalid_argument where graph::product has none
Dims strides_of(const Dims& shape);  // row-major, in elements
// Row-major over some axes; 0 along the others.
Dims strides_along(const Dims& shape, graph::AxisMask axes);

// Axis counted from 0 for -rank..rank-1; throws std::invalid_argument outside.
std::size_t axis_of(std::int64_t axis, std::size_t rank);

// start + sum of index * stride, for every index of `shape` in row-major order.
std::vector<std::size_t> offsets(const Dims& shape, const Dims& strides, std::int64_t start = 0);

// The shape that both broadcast to (ONNX, NumPy); throws std::invalid_argument where there is none.
Dims broadcast(const Dims& a, const Dims& b);
// For every element of `to`, which element of `from` it is when `from` is broadcast to it.
std::vector<std::size_t> broadcast_offsets(const Dims& from, const Dims& to);

// By axis of `to`, how many elements further the next one is in `from`, which is broadcast to it.
Dims broadcast_steps(const Dims& from, const Dims& to);
// The same without a list: calls visit(i, x, y) for element i of `to`, which is element x of `a` and y of `b`.
template <typename F>
void each_broadcast(const Dims& a, const Dims& b, const Dims& to, F visit) {
  const Dims a_steps = broadcast_steps(a, to), b_steps = broadcast_steps(b, to);
  Dims at(to.size(), 0);
  std::int64_t x = 0, y = 0;
  for (std::size_t i = 0, all = count(to); i < all; ++i) {
    visit(i, static_cast<std::size_t>(x), static_cast<std::size_t>(y));
    for (std::size_t axis = to.size(); axis-- > 0;) {  // the last axis first, a full one carries
      x += a_steps[axis];
      y += b_steps[axis];
      if (++at[axis] < to[axis]) break;
      x -= a_steps[axis] * to[axis];
      y -= b_steps[axis] * to[axis];
      at[axis] = 0;
    }
  }
}

// The elements of `from` at the offsets, as an array of this shape.
Array take(const Array& from, Dims shape, std::span<const std::size_t> offsets);

}  // namespace rw::evaluator
