// Poolings over sliding windows. The Global forms are reductions (evaluate_reduce.cpp).
#include <cmath>
#include <limits>
#include <stdexcept>

#include "runtime/evaluator/call.hpp"
#include "runtime/evaluator/window.hpp"

namespace rw::evaluator {
namespace {

struct Pool {
  Values<float> x;
  Window window;
  std::size_t planes;  // batch * channels
  Dims shape;          // of the output
};

Pool pool_of(const Call& call) {
  const Array& x = call.input(0);
  if (!call.has("kernel_shape")) throw std::invalid_argument("kernel_shape is missing");
  const Window window = sliding_window(call, x.shape(), {});
  return {x.floats(), window, static_cast<std::size_t>(x.dim(0) * x.dim(1)),
          spatial_shape(x.dim(0), x.dim(1), window, window.small)};
}

// Calls visit(output index, input index) for every element under every window, tap by tap.
template <typename F>
void each_element(const Pool& pool, F visit) {
  for (std::size_t plane = 0; plane < pool.planes; ++plane) {
    const std::size_t input = plane * pool.window.big_count(), output = plane * pool.window.small_count();
    each_tap(pool.window, [&](std::size_t, const Index3& tap) {
      each_run(pool.window, tap, [&](std::size_t big, std::size_t small, std::size_t length, std::size_t step) {
        for (std::size_t j = 0; j < length; ++j) visit(output + small + j, input + big + j * step);
      });
    });
  }
}

// The second output is the flat index of the largest element (the first of several), in the whole input.
Results max_pool(const Call& call) {
  if (call.integer("storage_order", 0) != 0) throw std::invalid_argument("storage_order 1 is not known");
  const Pool pool = pool_of(call);
  std::vector<float> y(count(pool.shape), -std::numeric_limits<float>::infinity());
  std::vector<std::int64_t> from(y.size(), -1);
  each_element(pool, [&](std::size_t output, std::size_t input) {
    if (from[output] >= 0 && pool.x[input] <= y[output]) return;
    y[output] = pool.x[input];
    from[output] = static_cast<std::int64_t>(input);
  });
  Results results = one(Array(pool.shape, std::move(y)));
  if (call.outputs > 1) results.emplace_back(pool.shape, std::move(from));
  return results;
}

// How many elements the mean of each window is over: those inside of the input or, with count_include_pad, inside of
// the padded input, beyond which a window may still reach with ceil_mode.
std::vector<float> divisors(const Window& window, bool include_pad) {
  Window counted = window;
  if (include_pad) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      counted.big[axis] += window.begin[axis] + window.end[axis];
      counted.begin[axis] = 0;
    }
  }
  std::vector<float> counts(window.small_count(), 0.0F);
  each_tap(counted, [&](std::size_t, const Index3& tap) {
    each_run(counted, tap, [&](std::size_t, std::size_t small, std::size_t length, std::size_t) {
      for (std::size_t j = 0; j < length; ++j) counts[small + j] += 1.0F;
    });
  });
  return counts;
}

Results average_pool(const Call& call) {
  const Pool pool = pool_of(call);
  const std::vector<float> divisor = divisors(pool.window, call.integer("count_include_pad", 0) != 0);
  std::vector<float> y(count(pool.shape), 0.0F);
  each_element(pool, [&](std::size_t output, std::size_t input) { y[output] += pool.x[input]; });
  for (std::size_t i = 0; i < y.size(); ++i) y[i] /= divisor[i % divisor.size()];
  return one(Array(pool.shape, std::move(y)));
}

Results lp_pool(const Call& call) {
  const Pool pool = pool_of(call);
  const std::int64_t p = call.integer("p", 2);
  if (p < 1) throw std::invalid_argument("p is below 1");
  std::vector<float> y(count(pool.shape), 0.0F);
  each_element(pool, [&](std::size_t output, std::size_t input) {
    const float x = pool.x[input];
    y[output] += p == 1 ? std::fabs(x) : p == 2 ? x * x : std::pow(std::fabs(x), static_cast<float>(p));
  });
  for (float& value : y)
    value = p == 1 ? value : p == 2 ? std::sqrt(value) : std::pow(value, 1.0F / static_cast<float>(p));
  return one(Array(pool.shape, std::move(y)));
}

constexpr OperatorRow kPoolRows[] = {
    {"MaxPool", max_pool},
    {"AveragePool", average_pool},
    {"LpPool", lp_pool},
};

}  // namespace

std::span<const OperatorRow> pool_rows() { return kPoolRows; }

}  // namespace rw::evaluator
