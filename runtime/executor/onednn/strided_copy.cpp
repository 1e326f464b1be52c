#include "runtime/executor/onednn/strided_copy.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace rw::executor::onednn {
namespace {

// One axis of elements that lie at even steps in both tensors.
struct Axis {
  std::int64_t size = 1, from = 0, to = 0;
};

struct Axes {
  std::array<Axis, kMostAxes> of;
  std::size_t count = 0;

  void add(const Axis& axis) { of[count++] = axis; }
  auto begin() { return of.begin(); }
  auto at(std::size_t axis) { return of.begin() + static_cast<std::ptrdiff_t>(axis); }
  auto end() { return at(count); }
};

// The axes in the order in which the target lies, without those of one element, and such as continue one another as
// one.
Axes simplified(const Axes& axes) {
  Axes sorted, result;
  for (std::size_t i = 0; i < axes.count; ++i)
    if (axes.of[i].size != 1) sorted.add(axes.of[i]);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Axis& a, const Axis& b) { return a.to > b.to; });
  for (const Axis& axis : sorted) {
    Axis* before = result.count > 0 ? &result.of[result.count - 1] : nullptr;
    if (before != nullptr && before->from == axis.from * axis.size && before->to == axis.to * axis.size)
      *before = {before->size * axis.size, axis.from, axis.to};
    else
      result.add(axis);
  }
  return result;
}

using Four = float __attribute__((vector_size(16)));
using FourFours = std::array<Four, 4>;

Four load(const float* from) {
  Four four;
  std::memcpy(&four, from, sizeof four);
  return four;
}

void store(const Four& four, float* to) { std::memcpy(to, &four, sizeof four); }

FourFours transposed(const FourFours& rows) {
  const auto [a, b, c, d] = rows;
  const Four ac_low = __builtin_shufflevector(a, c, 0, 4, 1, 5), ac_high = __builtin_shufflevector(a, c, 2, 6, 3, 7);
  const Four bd_low = __builtin_shufflevector(b, d, 0, 4, 1, 5), bd_high = __builtin_shufflevector(b, d, 2, 6, 3, 7);
  return {__builtin_shufflevector(ac_low, bd_low, 0, 4, 1, 5), __builtin_shufflevector(ac_low, bd_low, 2, 6, 3, 7),
          __builtin_shufflevector(ac_high, bd_high, 0, 4, 1, 5), __builtin_shufflevector(ac_high, bd_high, 2, 6, 3, 7)};
}

// A matrix of which the source has the rows side by side, and the target the columns.
void transpose_part(const Axis& row, const Axis& column, const float* source, float* target) {
  const std::int64_t even_rows = row.size / 4 * 4, even_columns = column.size / 4 * 4;
  for (std::int64_t i = 0; i < even_rows; i += 4)
    for (std::int64_t j = 0; j < even_columns; j += 4) {
      const float* from = source + i + j * column.from;
      const FourFours four = transposed(
          {load(from), load(from + column.from), load(from + 2 * column.from), load(from + 3 * column.from)});
      for (std::int64_t k = 0; k < 4; ++k) store(four[static_cast<std::size_t>(k)], target + (i + k) * row.to + j);
    }
  for (std::int64_t i = 0; i < row.size; ++i)
    for (std::int64_t j = i < even_rows ? even_columns : 0; j < column.size; ++j)
      target[i * row.to + j] = source[i + j * column.from];
}

// As above, of less than four columns, without gaps between those of the target, as of a picture's colours: four
// elements are written where fewer belong, and the others again with what does.
void transpose_few(const Axis& row, const Axis& column, const float* source, float* target) {
  const std::int64_t even_rows = std::max<std::int64_t>(row.size - 4, 0) / 4 * 4;
  for (std::int64_t i = 0; i < even_rows; i += 4) {
    FourFours rows = {};
    for (std::int64_t j = 0; j < column.size; ++j)
      rows[static_cast<std::size_t>(j)] = load(source + i + j * column.from);
    const FourFours four = transposed(rows);
    for (std::int64_t k = 0; k < 4; ++k) store(four[static_cast<std::size_t>(k)], target + (i + k) * row.to);
  }
  const Axis rest = {row.size - even_rows, row.from, row.to};
  transpose_part(rest, column, source + even_rows, target + even_rows * row.to);
}

// In squares that caches hold.
void transpose(const Axis& row, const Axis& column, const float* source, float* target) {
  constexpr std::int64_t kSide = 16;
  if (column.size < 4 && row.to == column.size) return transpose_few(row, column, source, target);
  for (std::int64_t r = 0; r < row.size; r += kSide)
    for (std::int64_t c = 0; c < column.size; c += kSide)
      transpose_part({std::min(kSide, row.size - r), 1, row.to}, {std::min(kSide, column.size - c), column.from, 1},
                     source + r + c * column.from, target + r * row.to + c);
}

void copy_row(const Axis& axis, const float* source, float* target) {
  if (axis.from == 1 && axis.to == 1)
    std::memcpy(target, source, static_cast<std::size_t>(axis.size) * sizeof(float));
  else
    for (std::int64_t i = 0; i < axis.size; ++i) target[i * axis.to] = source[i * axis.from];
}

// The axes from `axis` on; those from `together` on, of which there are one or two, at once.
void copy_axes(Axes& axes, std::size_t axis, std::size_t together, const float* source, float* target) {
  const Axis& outer = axes.of[axis];
  if (axis < together)
    for (std::int64_t i = 0; i < outer.size; ++i)
      copy_axes(axes, axis + 1, together, source + i * outer.from, target + i * outer.to);
  else if (together + 1 == axes.count)
    copy_row(outer, source, target);
  else
    transpose(outer, axes.of[axis + 1], source, target);
}

// Where the target's elements lie side by side along an axis along which the source's do not, the axis along which
// those do goes with it.
void copy_even(const Axes& given, const float* source, float* target) {
  Axes axes = simplified(given);
  if (axes.count == 0) axes.add({});
  std::size_t together = axes.count - 1;
  if (const Axis& inner = axes.of[together]; inner.from != 1 && inner.to == 1) {
    const auto side = std::find_if(axes.begin(), axes.at(together), [](const Axis& axis) { return axis.from == 1; });
    if (side != axes.at(together)) std::rotate(side, side + 1, axes.at(together--));
  }
  copy_axes(axes, 0, together, source, target);
}

class Copy {
 public:
  Copy(const Dims& shape, const View& from, const View& to) : shape_(shape), from_(from), to_(to) {
    even_.count = shape.size();
  }

  // Along each axis, runs within which both tensors have even steps.
  void run(std::size_t axis, const float* source, float* target) {
    if (axis == shape_.size()) {
      copy_even(even_, source, target);
      return;
    }
    const AlongAxis &from = from_.axes[axis], &to = to_.axes[axis];
    for (std::int64_t done = 0; done < shape_[axis];) {
      const std::int64_t read = from_.offsets[axis] + done, written = to_.offsets[axis] + done;
      const std::int64_t size =
          std::min({shape_[axis] - done, from.block - read % from.block, to.block - written % to.block});
      even_.of[axis] = {size, from.step, to.step};
      run(axis + 1, source + read / from.block * from.stride + read % from.block * from.step,
          target + written / to.block * to.stride + written % to.block * to.step);
      done += size;
    }
  }

 private:
  const Dims& shape_;
  const View &from_, &to_;
  Axes even_;
};

}  // namespace

void copy_elements(const Dims& shape, const View& from, const float* source, const View& to, float* target) {
  Copy(shape, from, to).run(0, source, target);
}

}  // namespace rw::executor::onednn
