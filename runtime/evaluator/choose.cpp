// Operators that keep, drop, order or sum up elements along one axis.
#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "runtime/evaluator/call.hpp"

namespace rw::evaluator {
namespace {

// Calls visit(first, stride, length) for every line of elements along an axis, in row-major order of the others.
template <typename F>
void each_line(const Dims& shape, std::size_t axis, F visit) {
  const auto stride = static_cast<std::size_t>(strides_of(shape)[axis]), length = static_cast<std::size_t>(shape[axis]);
  for (std::size_t i = 0; i < count(shape); ++i)
    if (i / stride % length == 0) visit(i, stride, length);
}

Results trilu(const Call& call) {
  const Array& x = call.input(0);
  if (x.rank() < 2) throw std::invalid_argument("there is no matrix");
  const bool upper = call.integer("upper", 1) != 0;
  const std::int64_t k = call.optional(1) != nullptr ? call.input(1).ints().at(0) : 0;
  const std::int64_t rows = x.dim(x.rank() - 2), columns = x.dim(x.rank() - 1);
  std::vector<float> y = x.floats();
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const std::int64_t right = at % columns - at / columns % rows;
    if (upper ? right < k : right > k) y[i] = 0;
  }
  return one(Array(x.shape(), std::move(y)));
}

Results cum_sum(const Call& call) {
  const Array& x = call.input(0);
  const bool exclusive = call.integer("exclusive", 0) != 0, reverse = call.integer("reverse", 0) != 0;
  std::vector<float> y = x.floats();
  each_line(x.shape(), axis_of(call.input(1).ints().at(0), x.rank()),
            [&](std::size_t first, std::size_t stride, std::size_t length) {
              float sum = 0;
              for (std::size_t i = 0; i < length; ++i) {
                float& value = y[first + (reverse ? length - 1 - i : i) * stride];
                const float before = sum;
                sum += value;
                value = exclusive ? before : sum;
              }
            });
  return one(Array(x.shape(), std::move(y)));
}

Results reverse_sequence(const Call& call) {
  const Array& x = call.input(0);
  const std::size_t time = axis_of(call.integer("time_axis", 0), x.rank());
  const std::size_t batch = axis_of(call.integer("batch_axis", 1), x.rank());
  const Dims strides = strides_of(x.shape());
  const auto lengths = call.input(1).ints();
  std::vector<float> y = x.floats();
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const std::int64_t step = at / strides[time] % x.dim(time);
    const std::int64_t length = lengths.at(static_cast<std::size_t>(at / strides[batch] % x.dim(batch)));
    if (length < 0 || length > x.dim(time)) throw std::invalid_argument("a length does not fit");
    if (step < length) y[i] = x.floats()[static_cast<std::size_t>(at + (length - 1 - 2 * step) * strides[time])];
  }
  return one(Array(x.shape(), std::move(y)));
}

Results gather_elements(const Call& call) {
  const Array &x = call.input(0), &indices = call.input(1);
  const std::size_t axis = axis_of(call.integer("axis", 0), x.rank());
  if (indices.rank() != x.rank()) throw std::invalid_argument("the indices have another rank");
  Dims strides = strides_of(x.shape());
  const std::int64_t stride = strides[axis];
  strides[axis] = 0;
  std::vector<std::size_t> from = offsets(indices.shape(), strides);
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t index = indices.ints()[i];
    from[i] += axis_of(index, static_cast<std::size_t>(x.dim(axis))) * static_cast<std::size_t>(stride);
  }
  return one(take(x, indices.shape(), from));
}

// The largest first; of equal ones that with the lower index.
Results top_k(const Call& call) {
  const Array& x = call.input(0);
  const std::size_t axis = axis_of(call.integer("axis", -1), x.rank());
  const bool largest = call.integer("largest", 1) != 0;
  Dims shape = x.shape();
  shape[axis] = call.input(1).ints().at(0);
  if (shape[axis] < 0 || shape[axis] > x.dim(axis)) throw std::invalid_argument("k does not fit the input");
  const auto kept = static_cast<std::size_t>(shape[axis]);
  std::vector<float> y(count(shape));
  std::vector<std::int64_t> at(y.size());
  each_line(x.shape(), axis, [&](std::size_t first, std::size_t stride, std::size_t length) {
    std::vector<std::size_t> order(length);
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const float left = x.floats()[first + a * stride], right = x.floats()[first + b * stride];
      return largest ? left > right : left < right;
    });
    const std::size_t to = first / (stride * length) * (stride * kept) + first % stride;
    for (std::size_t i = 0; i < kept; ++i) {
      y[to + i * stride] = x.floats()[first + order[i] * stride];
      at[to + i * stride] = static_cast<std::int64_t>(order[i]);
    }
  });
  Results results = one(Array(shape, std::move(y)));
  results.emplace_back(shape, std::move(at));
  return results;
}

// Back to where a MaxPool found each element, by flat indices; the picture's shape is input 2 here.
Results max_unpool(const Call& call) {
  const Array &x = call.input(0), &at = call.input(1);
  const Dims shape = call.input(2).ints();
  if (at.count() != x.count()) throw std::invalid_argument("one index for each element is needed");
  std::vector<float> y(count(shape), 0.0F);
  for (std::size_t i = 0; i < x.count(); ++i) y.at(static_cast<std::size_t>(at.ints()[i])) = x.floats()[i];
  return one(Array(shape, std::move(y)));
}

constexpr OperatorRow kChooseRows[] = {
    {"Trilu", trilu},
    {"CumSum", cum_sum},
    {"ReverseSequence", reverse_sequence},
    {"GatherElements", gather_elements},
    {"TopK", top_k},
    {"MaxUnpool", max_unpool},
};

}  // namespace

std::span<const OperatorRow> choose_rows() { return kChooseRows; }

}  // namespace rw::evaluator
