#include "runtime/evaluator/array.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace rw::evaluator {
namespace {

void check_count(const Dims& shape, std::size_t values) {
  if (count(shape) == values) return;
  throw std::invalid_argument(fmt::format("{} values do not fill the shape {}", values, to_string(shape)));
}

}  // namespace

Array::Array(Dims shape, std::vector<float> values) : shape_(std::move(shape)), values_(std::move(values)) {
  check_count(shape_, count());
}

Array::Array(Dims shape, std::vector<std::int64_t> values) : shape_(std::move(shape)), values_(std::move(values)) {
  check_count(shape_, count());
}

Array Array::view(Dims shape, std::span<const float> values) {
  check_count(shape, values.size());
  Array array;
  array.shape_ = std::move(shape);
  array.values_ = Values<float>(values.data(), values.size());
  return array;
}

std::size_t Array::count() const {
  return visit([](const auto& values) { return values.size(); });
}

Values<float> Array::floats() const& {
  if (!is_float()) throw std::invalid_argument("floats are needed where there are integers");
  if (const auto* own = std::get_if<std::vector<float>>(&values_)) return *own;
  return std::get<Values<float>>(values_);
}

std::vector<float> Array::release() && {
  if (auto* own = std::get_if<std::vector<float>>(&values_)) return std::exchange(*own, {});
  return floats();
}

Values<std::int64_t> Array::ints() const& {
  if (is_float()) throw std::invalid_argument("integers are needed where there are floats");
  return std::get<std::vector<std::int64_t>>(values_);
}

std::vector<float> Array::floats() && { return std::as_const(*this).floats(); }

std::vector<std::int64_t> Array::ints() && { return std::as_const(*this).ints(); }

std::vector<float> Array::to_floats() const {
  return visit([](const auto& values) {
    std::vector<float> floats(values.size());
    std::transform(values.begin(), values.end(), floats.begin(), [](auto value) { return static_cast<float>(value); });
    return floats;
  });
}

Array Array::reshaped(Dims shape) const {
  if (is_view()) return view(std::move(shape), floats());
  return visit([&]<typename T>(Values<T> values) { return Array(std::move(shape), std::vector<T>(values)); });
}

Array float_array(Dims shape, std::vector<float> values) { return Array(std::move(shape), std::move(values)); }
Array int_array(Dims shape, std::vector<std::int64_t> values) { return Array(std::move(shape), std::move(values)); }

std::string to_string(const Dims& dims) { return fmt::format("[{}]", fmt::join(dims, ", ")); }

std::size_t count(std::span<const std::int64_t> dims) {
  for (const std::int64_t dim : dims)
    if (dim < 0) throw std::invalid_argument(fmt::format("a dimension is {}", dim));
  const auto all = graph::product(dims);
  if (!all) throw std::invalid_argument(fmt::format("[{}] has too many elements", fmt::join(dims, ", ")));
  return static_cast<std::size_t>(*all);
}

Dims strides_of(const Dims& shape) {
  Dims strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

Dims strides_along(const Dims& shape, graph::AxisMask axes) {
  Dims strides(shape.size(), 0);
  std::int64_t stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    if (!axes.contains(axis)) continue;
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

std::size_t axis_of(std::int64_t axis, std::size_t rank) {
  const auto end = static_cast<std::int64_t>(rank);
  if (axis < -end || axis >= end) throw std::invalid_argument(fmt::format("axis {} of {} axes", axis, rank));
  return static_cast<std::size_t>(axis < 0 ? axis + end : axis);
}

std::vector<std::size_t> offsets(const Dims& shape, const Dims& strides, std::int64_t start) {
  std::vector<std::size_t> result = {static_cast<std::size_t>(start)};
  result.reserve(count(shape));
  // Axis by axis from the first: each offset so far is replaced by those along the next axis.
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    std::vector<std::size_t> next;
    next.reserve(result.size() * static_cast<std::size_t>(shape[axis]));
    for (const std::size_t offset : result)
      for (std::int64_t i = 0; i < shape[axis]; ++i)
        next.push_back(offset + static_cast<std::size_t>(i * strides[axis]));
    result = std::move(next);
  }
  return result;
}

Dims broadcast(const Dims& a, const Dims& b) {
  Dims shape(std::max(a.size(), b.size()));
  const auto dim = [&](const Dims& dims, std::size_t axis) {
    const std::size_t missing = shape.size() - dims.size();
    return axis < missing ? std::int64_t{1} : dims[axis - missing];
  };
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const std::int64_t x = dim(a, axis), y = dim(b, axis);
    if (x != y && x != 1 && y != 1)
      throw std::invalid_argument(fmt::format("{} and {} do not broadcast", to_string(a), to_string(b)));
    shape[axis] = x == 1 ? y : x;
  }
  return shape;
}

Dims broadcast_steps(const Dims& from, const Dims& to) {
  if (broadcast(from, to) != to)
    throw std::invalid_argument(fmt::format("{} does not broadcast to {}", to_string(from), to_string(to)));
  const Dims strides = strides_of(from);
  Dims steps(to.size(), 0);
  for (std::size_t axis = 0; axis < from.size(); ++axis)
    if (from[axis] != 1) steps[axis + to.size() - from.size()] = strides[axis];
  return steps;
}

std::vector<std::size_t> broadcast_offsets(const Dims& from, const Dims& to) {
  return offsets(to, broadcast_steps(from, to));
}

Array take(const Array& from, Dims shape, std::span<const std::size_t> offsets) {
  return from.visit([&]<typename T>(Values<T> values) {
    std::vector<T> taken(offsets.size());
    std::transform(offsets.begin(), offsets.end(), taken.begin(), [&](std::size_t i) { return values.at(i); });
    return Array(std::move(shape), std::move(taken));
  });
}

}  // namespace rw::evaluator
