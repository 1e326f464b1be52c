// Reductions: elements are taken in row-major order of the input.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "runtime/evaluator/call.hpp"

namespace rw::evaluator {
namespace {

// result = finish(fold of step from first, number of elements folded)
struct Reduction {
  double first;
  float (*step)(float so_far, float x);
  float (*finish)(float folded, float count) = [](float folded, float) { return folded; };
};

float add(float a, float b) { return a + b; }
float add_magnitude(float a, float b) { return a + std::fabs(b); }
float add_square(float a, float b) { return a + b * b; }
float multiply(float a, float b) { return a * b; }
float larger(float a, float b) { return a < b ? b : a; }
float smaller(float a, float b) { return b < a ? b : a; }
float mean(float sum, float count) { return sum / count; }
float root(float sum, float) { return std::sqrt(sum); }

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Reduction kSum{0, add};
constexpr Reduction kMean{0, add, mean};
constexpr Reduction kMax{-kInfinity, larger};
constexpr Reduction kMin{kInfinity, smaller};
constexpr Reduction kL1{0, add_magnitude};
constexpr Reduction kL2{0, add_square, root};
constexpr Reduction kSumSquare{0, add_square};
constexpr Reduction kProd{1, multiply};

Array reduce(const Array& x, const Dims& axes, bool keep, const Reduction& by) {
  Dims kept = x.shape();
  std::vector<bool> reduced(x.rank(), false);
  for (const std::int64_t axis : axes) {
    kept[axis_of(axis, x.rank())] = 1;
    reduced[axis_of(axis, x.rank())] = true;
  }
  // Broadcasting the result back over the input says which result each element belongs to.
  const std::vector<std::size_t> to = broadcast_offsets(kept, x.shape());
  const std::vector<float> values = x.to_floats();
  std::vector<float> y(count(kept), static_cast<float>(by.first));
  for (std::size_t i = 0; i < values.size(); ++i) y[to[i]] = by.step(y[to[i]], values[i]);
  const auto folded = static_cast<float>(values.size()) / static_cast<float>(y.size());
  for (float& value : y) value = by.finish(value, folded);
  Dims shape;
  for (std::size_t axis = 0; axis < x.rank(); ++axis)
    if (keep || !reduced[axis]) shape.push_back(kept[axis]);
  if (x.is_float()) return Array(std::move(shape), std::move(y));
  return Array(std::move(shape), std::vector<std::int64_t>(y.begin(), y.end()));
}

Dims all_axes(std::size_t rank, std::size_t first = 0) {
  Dims axes;
  for (std::size_t axis = first; axis < rank; ++axis) axes.push_back(static_cast<std::int64_t>(axis));
  return axes;
}

template <const Reduction& by>
Results reduction(const Call& call) {
  const Array& x = call.input(0);
  Dims axes = call.integers_or_input("axes", 1).value_or(Dims{});
  if (axes.empty()) {
    if (call.integer("noop_with_empty_axes", 0) != 0) return one(x);
    axes = all_axes(x.rank());
  }
  return one(reduce(x, axes, call.integer("keepdims", 1) != 0, by));
}

template <const Reduction& by>
Results global(const Call& call) {
  const Array& x = call.input(0);
  if (x.rank() < 3) throw std::invalid_argument(fmt::format("{} has no spatial axes", to_string(x.shape())));
  return one(reduce(x, all_axes(x.rank(), 2), true, by));
}

Results global_lp(const Call& call) {
  const std::int64_t p = call.integer("p", 2);
  if (p < 1) throw std::invalid_argument("p is below 1");
  if (p <= 2) return p == 1 ? global<kL1>(call) : global<kL2>(call);
  const Array& x = call.input(0);
  const auto power = static_cast<float>(p);
  std::vector<float> powers = x.floats();
  for (float& value : powers) value = std::pow(std::fabs(value), power);
  const Array sums = reduce(Array(x.shape(), std::move(powers)), all_axes(x.rank(), 2), true, kSum);
  std::vector<float> roots = sums.floats();
  for (float& value : roots) value = std::pow(value, 1.0F / power);
  return one(Array(sums.shape(), std::move(roots)));
}

// The first of several largest (or, with select_last_index, the last).
Results arg_max(const Call& call) {
  const Array& x = call.input(0);
  const std::size_t axis = axis_of(call.integer("axis", 0), x.rank());
  const bool last = call.integer("select_last_index", 0) != 0;
  Dims shape = x.shape();
  shape[axis] = 1;
  const std::vector<std::size_t> to = broadcast_offsets(shape, x.shape());
  std::vector<std::int64_t> at(count(shape), -1);
  std::vector<float> best(at.size());
  const auto stride = static_cast<std::size_t>(strides_of(x.shape())[axis]);
  for (std::size_t i = 0; i < to.size(); ++i) {
    const float value = x.floats()[i];
    float& so_far = best[to[i]];
    if (at[to[i]] >= 0 && !(value > so_far || (last && value == so_far))) continue;
    so_far = value;
    at[to[i]] = static_cast<std::int64_t>(i / stride % static_cast<std::size_t>(x.dim(axis)));
  }
  if (call.integer("keepdims", 1) == 0) shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return one(Array(std::move(shape), std::move(at)));
}

constexpr OperatorRow kReduceRows[] = {
    {"ReduceSum", reduction<kSum>},
    {"ReduceMean", reduction<kMean>},
    {"ReduceMax", reduction<kMax>},
    {"ReduceMin", reduction<kMin>},
    {"ReduceL1", reduction<kL1>},
    {"ReduceL2", reduction<kL2>},
    {"ReduceSumSquare", reduction<kSumSquare>},
    {"ReduceProd", reduction<kProd>},
    {"ArgMax", arg_max},
    {"GlobalAveragePool", global<kMean>},
    {"GlobalMaxPool", global<kMax>},
    {"GlobalLpPool", global_lp},
};

}  // namespace

std::span<const OperatorRow> reduce_rows() { return kReduceRows; }

}  // namespace rw::evaluator
