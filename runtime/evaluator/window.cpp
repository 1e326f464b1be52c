#include "runtime/evaluator/window.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace rw::evaluator {
namespace {

// One spatial axis while its attributes are read.
struct WindowAxis {
  std::int64_t input, kernel, stride, dilation, begin, end;
  std::int64_t reach() const { return (kernel - 1) * dilation + 1; }
};

std::vector<WindowAxis> read_axes(const Call& call, const Dims& input_shape, const Dims& kernel) {
  if (input_shape.size() < 3 || input_shape.size() > 5)
    throw std::invalid_argument(
        fmt::format("input of shape {}: 1 to 3 spatial axes are known", to_string(input_shape)));
  const std::size_t rank = input_shape.size() - 2;
  const Dims sizes = call.integers("kernel_shape", kernel);
  const Dims strides = call.integers("strides", Dims(rank, 1));
  const Dims dilations = call.integers("dilations", Dims(rank, 1));
  const Dims pads = call.integers("pads", Dims(2 * rank, 0));
  if (sizes.size() != rank || strides.size() != rank || dilations.size() != rank || pads.size() != 2 * rank ||
      (!kernel.empty() && sizes != kernel))
    throw std::invalid_argument("kernel_shape, strides, dilations or pads do not fit the input");
  std::vector<WindowAxis> axes;
  for (std::size_t i = 0; i < rank; ++i) {
    axes.push_back({input_shape[i + 2], sizes[i], strides[i], dilations[i], pads[i], pads[i + rank]});
    if (sizes[i] < 1 || strides[i] < 1 || dilations[i] < 1)
      throw std::invalid_argument("kernel_shape, strides and dilations are at least 1");
  }
  return axes;
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// SAME pads so that there is a window for every stride begun; the odd element goes to the end (UPPER) or the beginning.
std::int64_t same_output(WindowAxis& axis, bool upper) {
  const std::int64_t output = ceil_div(axis.input, axis.stride);
  const std::int64_t padding = std::max<std::int64_t>(0, (output - 1) * axis.stride + axis.reach() - axis.input);
  axis.begin = upper ? padding / 2 : padding - padding / 2;
  axis.end = padding - axis.begin;
  return output;
}

std::int64_t output_of(const WindowAxis& axis, bool ceil) {
  const std::int64_t room = axis.input + axis.begin + axis.end - axis.reach();
  if (room < 0) throw std::invalid_argument("the window is larger than the padded input");
  if (!ceil) return room / axis.stride + 1;
  const std::int64_t output = ceil_div(room, axis.stride) + 1;
  // A window that would begin in the padding at the end is none.
  return (output - 1) * axis.stride >= axis.input + axis.begin ? output - 1 : output;
}

void put(Window& window, std::size_t i, const WindowAxis& axis, std::int64_t big, std::int64_t small) {
  const std::size_t at = 3 - window.axes + i;
  window.big[at] = big;
  window.small[at] = small;
  window.kernel[at] = axis.kernel;
  window.stride[at] = axis.stride;
  window.dilation[at] = axis.dilation;
  window.begin[at] = axis.begin;
  window.end[at] = axis.end;
}

}  // namespace

Window sliding_window(const Call& call, const Dims& input_shape, const Dims& kernel) {
  std::vector<WindowAxis> axes = read_axes(call, input_shape, kernel);
  const std::string_view mode = call.text("auto_pad", "NOTSET");
  const bool ceil = call.integer("ceil_mode", 0) != 0;
  Window window;
  window.axes = axes.size();
  for (std::size_t i = 0; i < axes.size(); ++i) {
    WindowAxis& axis = axes[i];
    if (mode == "VALID") axis.begin = axis.end = 0;
    const bool same = mode == "SAME_UPPER" || mode == "SAME_LOWER";
    const std::int64_t output = same ? same_output(axis, mode == "SAME_UPPER") : output_of(axis, ceil);
    put(window, i, axis, axis.input, output);
  }
  return window;
}

Window transposed_window(const Call& call, const Dims& input_shape, const Dims& kernel) {
  std::vector<WindowAxis> axes = read_axes(call, input_shape, kernel);
  const Dims extra = call.integers("output_padding", Dims(axes.size(), 0));
  const std::string_view mode = call.text("auto_pad", "NOTSET");
  Dims wanted = call.integers("output_shape", {});  // may lead with N and C in old models
  if (wanted.size() == axes.size() + 2) wanted.erase(wanted.begin(), wanted.begin() + 2);
  if (extra.size() != axes.size() || (!wanted.empty() && wanted.size() != axes.size()))
    throw std::invalid_argument("output_padding or output_shape do not fit the input");
  Window window;
  window.axes = axes.size();
  for (std::size_t i = 0; i < axes.size(); ++i) {
    WindowAxis& axis = axes[i];
    const std::int64_t full = (axis.input - 1) * axis.stride + axis.reach() + extra[i];
    const bool same = mode == "SAME_UPPER" || mode == "SAME_LOWER";
    if (mode == "VALID") axis.begin = axis.end = 0;
    if (!wanted.empty() || same) {
      const std::int64_t output = wanted.empty() ? axis.input * axis.stride : wanted[i];
      const std::int64_t padding = std::max<std::int64_t>(0, full - output);
      axis.begin = mode == "SAME_UPPER" ? padding / 2 : padding - padding / 2;
      axis.end = padding - axis.begin;
      put(window, i, axis, output, axis.input);
    } else {
      put(window, i, axis, full - axis.begin - axis.end, axis.input);
    }
  }
  return window;
}

Dims spatial_shape(std::int64_t n, std::int64_t c, const Window& window, const Index3& spatial) {
  Dims shape = {n, c};
  shape.insert(shape.end(), spatial.end() - static_cast<std::ptrdiff_t>(window.axes), spatial.end());
  return shape;
}

}  // namespace rw::evaluator
