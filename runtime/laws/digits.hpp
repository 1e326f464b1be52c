// Channels of two tensors between which elements are moved: which channel of the one comes to lie in which of the
// other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/operators/movement.hpp"
#include "runtime/laws/law.hpp"

namespace rw::runtime {

// Turns digits of a movement like an odometer and tells, for all of their values, at which place along some axes of the
// input and at which place along some axes of the output an element lies (both counted row-major over these axes).
class Odometer {
 public:
  // `digits`: which turn; the others stay 0. Every range with an axis in `in_axes` or `out_axes` must have its digits
  // there or not matter for the caller.
  Odometer(const graph::Movement& movement, std::vector<int> digits, const graph::Shape& in, AxisMask in_axes,
           const graph::Shape& out, AxisMask out_axes);

  std::size_t in() const { return place(in_); }
  std::size_t out() const { return place(out_); }
  bool next();  // false: all values have been seen

 private:
  struct Wheel {
    std::vector<std::size_t> places;   // by the number that the digits of a range spell: what its axes add to the place
    std::vector<std::size_t> strides;  // by turning digit
    std::size_t number = 0;
  };
  std::vector<Wheel> wheels(const std::vector<graph::AxisRange>& ranges, const graph::Shape& shape,
                            AxisMask axes) const;
  static std::size_t place(const std::vector<Wheel>& wheels) {
    std::size_t sum = 0;
    for (const Wheel& wheel : wheels) sum += wheel.places[wheel.number];
    return sum;
  }

  const graph::Movement& movement_;
  std::vector<int> digits_;
  std::vector<std::int64_t> at_;
  std::vector<Wheel> in_, out_;
};

// The digits of all ranges that have an axis in `axes`, each once.
std::vector<int> digits_along(const std::vector<graph::AxisRange>& ranges, AxisMask axes);
bool lies_along(const graph::AxisRange& range, AxisMask axes);

// Why an odometer cannot turn these digits: a size or a choice that is not known, or too many values; empty: it can.
std::string unturnable(const graph::Movement& movement, const std::vector<int>& digits, const graph::Shape& in,
                       AxisMask in_axes, const graph::Shape& out, AxisMask out_axes);

}  // namespace rw::runtime
