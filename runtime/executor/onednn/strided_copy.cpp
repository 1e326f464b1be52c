#include "runtime/executor/onednn/strided_copy.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

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
  auto end() { return of.begin() + static_cast<std::ptrdiff_t>(count); }
};

// The axes in the order in which the target lies, without those of one element, and such as continue one another as
// one.
Axes simplified(const Axes& axes) {
  Axes sorted, result;
  for (std::size_t i = 0; i < axes.count; ++i)
    if (axes.of[i].size != 1) sorted.add(axes.of[i]);
  std::sort(sorted.begin(), sorted.end(),
            [](const Axis& a, const Axis& b) { return std::pair(a.to, a.from) > std::pair(b.to, b.from); });
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

// Rows that lie in one piece in both tensors. Short ones are copied here: a call takes as long as they do.
void copy_rows(const Axis& row, std::int64_t size, const float* source, float* target) {
  constexpr std::int64_t kShort = 64;
  if (size > kShort) {
    for (std::int64_t i = 0; i < row.size; ++i)
      std::memcpy(target + i * row.to, source + i * row.from, static_cast<std::size_t>(size) * sizeof(float));
    return;
  }
  for (std::int64_t i = 0; i < row.size; ++i) {
    const float* from = source + i * row.from;
    float* to = target + i * row.to;
    std::int64_t j = 0;
    for (; j + 4 <= size; j += 4) store(load(from + j), to + j);
    for (; j < size; ++j) to[j] = from[j];
  }
}

// The last two axes.
void copy_matrix(const Axis& outer, const Axis& inner, const float* source, float* target) {
  if (inner.from == 1 && inner.to == 1) return copy_rows(outer, inner.size, source, target);
  if (inner.to == 1 && outer.from == 1) return transpose(outer, inner, source, target);
  for (std::int64_t i = 0; i < outer.size; ++i)
    for (std::int64_t j = 0; j < inner.size; ++j)
      target[i * outer.to + j * inner.to] = source[i * outer.from + j * inner.from];
}

void copy_axes(const Axes& axes, std::size_t axis, const float* source, float* target) {
  const Axis& outer = axes.of[axis];
  if (axis + 2 == axes.count) return copy_matrix(outer, axes.of[axis + 1], source, target);
  for (std::int64_t i = 0; i < outer.size; ++i)
    copy_axes(axes, axis + 1, source + i * outer.from, target + i * outer.to);
}

// Where the target's elements lie side by side along an axis along which the source's do not, the axis along which
// those do goes with it.
void copy_even(const Axes& given, const float* source, float* target) {
  Axes axes = simplified(given);
  const Axis inner = axes.count > 0 ? axes.of[axes.count - 1] : Axis{};
  const auto side = std::find_if(axes.begin(), axes.end(), [](const Axis& axis) { return axis.from == 1; });
  if (inner.from != 1 && inner.to == 1 && side != axes.end()) std::rotate(side, side + 1, axes.end() - 1);
  if (axes.count == 0) return copy_rows({}, 1, source, target);
  if (axes.count == 1) return copy_matrix({}, inner, source, target);
  copy_axes(axes, 0, source, target);
}

class Copy {
 public:
  Copy(const Move& move, Share share) : move_(move), along_(longest_way(move)) {
    even_.count = move.shape.size();
    const std::int64_t size = move.shape.empty() ? 0 : move.shape[along_];
    begin_ = size * share.index / share.count;
    end_ = size * (share.index + 1) / share.count;
  }

  // Along each axis, runs within which both tensors have even steps.
  void run(std::size_t axis, const float* source, float* target) {
    if (axis == move_.shape.size()) {
      copy_even(even_, source, target);
      return;
    }
    const AlongAxis &from = move_.from.axes[axis], &to = move_.to.axes[axis];
    const std::int64_t end = axis == along_ ? end_ : move_.shape[axis];
    for (std::int64_t at = axis == along_ ? begin_ : 0; at < end;) {
      const std::int64_t read = move_.from.offsets[axis] + at, written = move_.to.offsets[axis] + at;
      const std::int64_t size = std::min({end - at, from.block - read % from.block, to.block - written % to.block});
      even_.of[axis] = {size, from.step, to.step};
      run(axis + 1, source + read / from.block * from.stride + read % from.block * from.step,
          target + written / to.block * to.stride + written % to.block * to.step);
      at += size;
    }
  }

 private:
  // The axis of which neighbours lie farthest apart in the target; of one in blocks those of a block are close.
  static std::size_t longest_way(const Move& move) {
    const auto apart = [&](std::size_t axis) { return move.shape[axis] > 1 ? move.to.axes[axis].step : 0; };
    std::size_t longest = 0;
    for (std::size_t axis = 1; axis < move.shape.size(); ++axis)
      if (apart(axis) > apart(longest)) longest = axis;
    return longest;
  }

  const Move& move_;
  std::size_t along_;         // which axis is shared out,
  std::int64_t begin_, end_;  // and which part of it is ours
  Axes even_;
};

}  // namespace

void copy_elements(const Move& move, const float* source, float* target, Share share) {
  Copy(move, share).run(0, source, target);
}

}  // namespace rw::executor::onednn
