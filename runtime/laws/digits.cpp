#include "runtime/laws/digits.hpp"

#include <algorithm>

#include "runtime/plan/scales.hpp"

namespace rw::runtime {

bool lies_along(const graph::AxisRange& range, AxisMask axes) {
  return !(axes & AxisMask::range(range.first, range.last)).empty();
}

std::vector<int> digits_along(const std::vector<graph::AxisRange>& ranges, AxisMask axes) {
  std::vector<int> digits;
  for (const graph::AxisRange& range : ranges) {
    if (!lies_along(range, axes)) continue;
    for (const int digit : range.digits)
      if (std::find(digits.begin(), digits.end(), digit) == digits.end()) digits.push_back(digit);
  }
  return digits;
}

std::string unturnable(const graph::Movement& movement, const std::vector<int>& digits, const graph::Shape& in,
                       AxisMask in_axes, const graph::Shape& out, AxisMask out_axes) {
  std::int64_t product = 1;
  for (const int digit : digits) {
    const std::int64_t size = movement.sizes[static_cast<std::size_t>(digit)];
    if (size < 0) return "how its elements move along the channels is not known";
    if (size == 0) return "none of its elements comes out";
    if (__builtin_mul_overflow(product, size, &product) || product > graph::kMaxChannels)
      return "too many elements lie along the channels";
  }
  const auto known = [](const std::vector<graph::AxisRange>& ranges, const graph::Shape& shape, AxisMask axes) {
    return std::all_of(ranges.begin(), ranges.end(), [&](const graph::AxisRange& range) {
      if (!lies_along(range, axes)) return true;
      for (int axis = range.first; axis < range.last; ++axis)
        if (shape[axis] < 0) return false;
      return range.known;
    });
  };
  if (!known(movement.in, in, in_axes)) return "which channels it takes is not known";
  return known(movement.out, out, out_axes) ? std::string() : "a dimension of its output is not known";
}

Odometer::Odometer(const graph::Movement& movement, std::vector<int> digits, const graph::Shape& in, AxisMask in_axes,
                   const graph::Shape& out, AxisMask out_axes)
    : movement_(movement),
      digits_(std::move(digits)),
      at_(digits_.size(), 0),
      in_(wheels(movement.in, in, in_axes)),
      out_(wheels(movement.out, out, out_axes)) {}

std::vector<Odometer::Wheel> Odometer::wheels(const std::vector<graph::AxisRange>& ranges, const graph::Shape& shape,
                                              AxisMask axes) const {
  std::vector<std::size_t> stride_of(static_cast<std::size_t>(shape.rank()), 0);
  std::size_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (!axes.contains(axis)) continue;
    stride_of[static_cast<std::size_t>(axis)] = stride;
    stride *= static_cast<std::size_t>(shape[axis]);
  }
  std::vector<Wheel> all;
  for (const graph::AxisRange& range : ranges) {
    if (!lies_along(range, axes)) continue;
    Wheel wheel;
    wheel.strides.assign(digits_.size(), 0);
    std::size_t numbers = 1;
    for (std::size_t i = range.digits.size(); i-- > 0;) {
      const auto turning = std::find(digits_.begin(), digits_.end(), range.digits[i]);
      if (turning != digits_.end()) wheel.strides[static_cast<std::size_t>(turning - digits_.begin())] = numbers;
      numbers *= static_cast<std::size_t>(movement_.sizes[static_cast<std::size_t>(range.digits[i])]);
    }
    for (std::size_t number = 0; number < numbers; ++number) {
      std::int64_t position = range.position(number);
      std::size_t place = 0;
      for (int axis = range.last - 1; axis >= range.first; --axis) {
        place += static_cast<std::size_t>(position % shape[axis]) * stride_of[static_cast<std::size_t>(axis)];
        position /= shape[axis];
      }
      wheel.places.push_back(place);
    }
    all.push_back(std::move(wheel));
  }
  return all;
}

bool Odometer::next() {
  for (std::size_t i = digits_.size(); i-- > 0;) {
    const std::int64_t size = movement_.sizes[static_cast<std::size_t>(digits_[i])];
    const bool wraps = ++at_[i] == size;
    for (auto* side : {&in_, &out_})
      for (Wheel& wheel : *side)
        wraps ? wheel.number -= wheel.strides[i] * static_cast<std::size_t>(size - 1)
              : wheel.number += wheel.strides[i];
    if (!wraps) return true;
    at_[i] = 0;
  }
  return false;
}

}  // namespace rw::runtime
