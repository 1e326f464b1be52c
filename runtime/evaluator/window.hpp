// The geometry that convolutions and poolings share: windows that slide over up to three spatial axes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "runtime/evaluator/array.hpp"
#include "runtime/evaluator/call.hpp"

namespace rw::evaluator {

using Index3 = std::array<std::int64_t, 3>;

// Along each axis, tap k of the window at position i of the small side lies at i * stride - begin + k * dilation of the
// big side, perhaps outside of it. The input of a convolution or pooling is its big side; that of a transposed
// convolution is its small side. With fewer than three spatial axes the leading ones have size 1.
struct Window {
  std::size_t axes = 0;  // how many there really are
  Index3 big{1, 1, 1}, small{1, 1, 1}, kernel{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1};
  Index3 begin{0, 0, 0}, end{0, 0, 0};  // padding

  std::size_t big_count() const { return count(big); }
  std::size_t small_count() const { return count(small); }
  std::size_t taps() const { return count(kernel); }
};

// Reads kernel_shape (`kernel` where it is absent), strides, dilations, pads, auto_pad and ceil_mode. Shapes [N, C,
// D...].
Window sliding_window(const Call& call, const Dims& input_shape, const Dims& kernel);
// The same for ConvTranspose, with output_padding and output_shape.
Window transposed_window(const Call& call, const Dims& input_shape, const Dims& kernel);

// The shape [n, c, spatial...] without the leading axes of size 1 that were put in.
Dims spatial_shape(std::int64_t n, std::int64_t c, const Window& window, const Index3& spatial);

// Calls visit(big, small, count, step): tap `tap` of `count` windows side by side, from flat index `small` on, touches
// the big side at flat index `big` and then every `step` elements. What falls into the padding is left out.
template <typename F>
void each_run(const Window& w, const Index3& tap, F visit) {
  Index3 first{}, last{}, shift{};  // positions of the small side whose tap lies inside of the big side
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t stride = w.stride[axis];
    shift[axis] = tap[axis] * w.dilation[axis] - w.begin[axis];
    first[axis] = shift[axis] >= 0 ? 0 : (-shift[axis] + stride - 1) / stride;
    const std::int64_t room = w.big[axis] - 1 - shift[axis];
    last[axis] = room < 0 ? 0 : std::min(w.small[axis], room / stride + 1);
  }
  if (first[2] >= last[2]) return;
  for (std::int64_t i = first[0]; i < last[0]; ++i)
    for (std::int64_t j = first[1]; j < last[1]; ++j) {
      const std::int64_t row = (i * w.stride[0] + shift[0]) * w.big[1] + j * w.stride[1] + shift[1];
      visit(static_cast<std::size_t>(row * w.big[2] + first[2] * w.stride[2] + shift[2]),
            static_cast<std::size_t>((i * w.small[1] + j) * w.small[2] + first[2]),
            static_cast<std::size_t>(last[2] - first[2]), static_cast<std::size_t>(w.stride[2]));
    }
}

// Calls visit(tap index, tap) for every tap in row-major order.
template <typename F>
void each_tap(const Window& w, F visit) {
  std::size_t index = 0;
  for (std::int64_t i = 0; i < w.kernel[0]; ++i)
    for (std::int64_t j = 0; j < w.kernel[1]; ++j)
      for (std::int64_t k = 0; k < w.kernel[2]; ++k) visit(index++, Index3{i, j, k});
}

}  // namespace rw::evaluator
