// Output shapes of operators with a window that slides over positions, and of those that resize or sample pictures, as
// the ONNX operator specification defines them.
#include <algorithm>
#include <numeric>

#include "graph/operators/dims.hpp"
#include "graph/operators/form_functions.hpp"

namespace rw::graph {
namespace {

std::vector<std::int64_t> or_all(std::optional<std::vector<std::int64_t>> list, std::size_t count, std::int64_t value) {
  return list && list->size() == count ? *list : std::vector<std::int64_t>(count, value);
}

// A window that slides over spatial axes, by the attributes of its operator: lists of another length than they must
// have are as good as absent.
class Window {
 public:
  Window(const Node& node, std::span<const std::int64_t> kernel)
      : kernel_(kernel),
        strides_(of_length(node.list("strides"), rank())),
        dilations_(of_length(node.list("dilations"), rank())),
        pads_(of_length(node.list("pads"), 2 * rank())) {}

  std::size_t rank() const { return kernel_.size(); }
  std::int64_t kernel(std::size_t i) const { return bounded(kernel_[i]); }
  std::int64_t stride(std::size_t i) const { return strides_.empty() ? 1 : bounded(strides_[i]); }
  std::int64_t dilation(std::size_t i) const { return dilations_.empty() ? 1 : bounded(dilations_[i]); }
  std::int64_t before(std::size_t i) const { return pads_.empty() ? 0 : bounded(pads_[i]); }
  std::int64_t after(std::size_t i) const { return pads_.empty() ? 0 : bounded(pads_[i + rank()]); }

  bool slides() const {
    for (std::size_t i = 0; i < rank(); ++i)
      if (stride(i) <= 0 || dilation(i) <= 0) return false;
    return true;
  }

 private:
  static std::span<const std::int64_t> of_length(std::span<const std::int64_t> list, std::size_t length) {
    return list.size() == length ? list : std::span<const std::int64_t>();
  }

  std::span<const std::int64_t> kernel_, strides_, dilations_, pads_;
};

enum class Slides : std::uint8_t { convolution, pool, pool_upwards };  // upwards: ceil_mode

std::int64_t window_output(const Node& node, const Window& window, std::size_t i, std::int64_t size, Slides how) {
  if (size < 0) return kUnknown;
  const std::int64_t stride = window.stride(i);
  const bool ceil_mode = how == Slides::pool_upwards;
  const std::string_view auto_pad = node.text("auto_pad", "NOTSET");
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    // Runtimes do not agree with the specification on pools whose window has gaps.
    const bool agreed = window.dilation(i) == 1 || how == Slides::convolution;
    return agreed ? (size + stride - 1) / stride : kUnknown;
  }
  const bool valid = auto_pad == "VALID";
  const std::int64_t before = valid ? 0 : window.before(i), after = valid ? 0 : window.after(i);
  const std::int64_t room = size + before + after - (times(window.dilation(i), window.kernel(i) - 1) + 1);
  if (room < 0) return kUnknown;
  std::int64_t steps = ceil_mode ? (room + stride - 1) / stride : room / stride;
  // A window that would start behind the padded input is left out (onnxruntime, opset 19 onwards).
  if (ceil_mode && steps * stride >= size + before) --steps;
  return steps + 1;
}

Dims spatial(const Node& node, std::span<const std::int64_t> kernel, std::int64_t channels, Slides how) {
  const Shape in = node.shape(0);
  if (!in.known() || in.rank() < 3 || kernel.size() + 2 != static_cast<std::size_t>(in.rank())) return std::nullopt;
  const Window window(node, kernel);
  if (!window.slides()) return std::nullopt;
  std::vector<std::int64_t> dims(static_cast<std::size_t>(in.rank()));
  dims[0] = in[0];
  dims[1] = channels;
  for (std::size_t i = 0; i < window.rank(); ++i)
    dims[i + 2] = window_output(node, window, i, in[static_cast<int>(i) + 2], how);
  return dims;
}

std::span<const std::int64_t> kernel_of(const Shape& weight) { return weight.dims().subspan(2); }

// With its weight at input `slot`.
Dims convolution(const Node& node, std::size_t slot) {
  const Shape weight = node.shape(slot);
  if (!weight.known() || weight.rank() < 3) return std::nullopt;
  return spatial(node, kernel_of(weight), weight[0], Slides::convolution);
}

// floor(size * scale), which the specification does not say the type of: 10 * 0.7f is 7 in float and 6.99999988 in
// double. Where that matters the size is not known. An axis of scale 1 keeps its size, whatever that is.
std::int64_t resized(std::int64_t size, double scale) {
  if (scale == 1) return size;
  const double exact = static_cast<double>(size) * scale;
  if (size < 0 || !(exact >= 0) || exact > 1e15) return kUnknown;
  const float rounded = static_cast<float>(size) * static_cast<float>(scale);
  const auto whole = static_cast<std::int64_t>(exact);
  return static_cast<std::int64_t>(rounded) == whole ? whole : kUnknown;
}

}  // namespace

namespace shape_of {

Dims conv(const Node& node, std::uint32_t) { return convolution(node, 1); }
Dims quantized_conv(const Node& node, std::uint32_t) { return convolution(node, 3); }

Dims conv_transpose(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0), weight = node.shape(1);
  if (!in.known() || !weight.known() || weight.rank() < 3 || in.rank() != weight.rank()) return std::nullopt;
  const Window window(node, kernel_of(weight));
  if (!window.slides()) return std::nullopt;
  std::vector<std::int64_t> dims = {in[0], times(weight[1], node.integer("group", 1))};
  const auto extra = or_all(node.integers("output_padding"), window.rank(), 0);
  const auto given = node.integers("output_shape");
  const std::string_view auto_pad = node.text("auto_pad", "NOTSET");
  for (std::size_t i = 0; i < window.rank(); ++i) {
    const std::int64_t size = in[static_cast<int>(i) + 2];
    if (given && given->size() >= window.rank()) {
      dims.push_back((*given)[given->size() - window.rank() + i]);
    } else if (size < 0) {
      dims.push_back(kUnknown);
    } else if (auto_pad.substr(0, 4) == "SAME") {
      dims.push_back(times(size, window.stride(i)));
    } else {
      const std::int64_t padded =
          times(window.stride(i), size - 1) + extra[i] + times(window.dilation(i), window.kernel(i) - 1) + 1;
      dims.push_back(auto_pad == "VALID" ? padded : padded - window.before(i) - window.after(i));
    }
  }
  return dims;
}

Dims pool(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  return spatial(node, node.list("kernel_shape"), in.rank() < 3 ? kUnknown : in[1],
                 node.integer("ceil_mode") != 0 ? Slides::pool_upwards : Slides::pool);
}

Dims global_pool(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known() || in.rank() < 2) return std::nullopt;
  std::vector<std::int64_t> dims(static_cast<std::size_t>(in.rank()), 1);
  dims[0] = in[0];
  dims[1] = in[1];
  return dims;
}

// The picture whose MaxPool gives the input, unless input 2 says it.
Dims max_unpool(const Node& node, std::uint32_t) {
  if (node.has(2)) return target_of(node, 2);
  const Shape in = node.shape(0);
  const Window window(node, node.list("kernel_shape"));
  if (in.rank() < 3 || window.rank() + 2 != static_cast<std::size_t>(in.rank()) || !window.slides())
    return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  for (std::size_t i = 0; i < window.rank(); ++i) {
    std::int64_t& dim = dims[i + 2];
    const std::int64_t steps = dim < 1 ? kUnknown : times(dim - 1, window.stride(i));
    dim = steps < 0 ? kUnknown : std::max(kUnknown, steps + window.kernel(i) - window.before(i) - window.after(i));
  }
  return dims;
}

Dims roi_align(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0), rois = node.shape(1);
  if (!in.known() || in.rank() != 4) return std::nullopt;
  return std::vector<std::int64_t>{rois.known() && rois.rank() > 0 ? rois[0] : kUnknown, in[1],
                                   node.integer("output_height"), node.integer("output_width")};
}

// [batch, channels, height, width] and boxes [boxes, 5].
Dims max_roi_pool(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0), boxes = node.shape(1);
  const auto pooled = node.integers("pooled_shape");
  if (!in.known() || in.rank() != 4 || !pooled || pooled->size() != 2) return std::nullopt;
  return dims_of({boxes.rank() == 2 ? boxes[0] : kUnknown, in[1], (*pooled)[0], (*pooled)[1]});
}

// [batch, channels] of the input and the positions of the grid [batch, positions..., rank].
Dims grid_sample(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0), grid = node.shape(1);
  if (!in.known() || !grid.known() || in.rank() < 3 || grid.rank() != in.rank()) return std::nullopt;
  std::vector<std::int64_t> dims = {in[0], in[1]};
  dims.insert(dims.end(), grid.dims().begin() + 1, grid.dims().end() - 1);
  return dims;
}

// size [batch, channels, positions...] to [batch, positions..., coordinates].
Dims affine_grid(const Node& node, std::uint32_t) {
  const auto size = target_of(node, 1);
  if (!size || size->size() < 4 || size->size() > 5) return std::nullopt;
  std::vector<std::int64_t> dims = *size;
  dims.erase(dims.begin() + 1);
  dims.push_back(static_cast<std::int64_t>(size->size()) - 2);
  return dims;
}

// [batch, channels * block, blocks] to [batch, channels, picture...].
Dims col2im(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  const auto picture = target_of(node, 1), block = target_of(node, 2);
  if (!in.known() || in.rank() != 3 || !picture) return std::nullopt;
  std::int64_t elements = 1;
  if (block)
    for (const std::int64_t each : *block) elements = times(elements, each);
  std::vector<std::int64_t> dims = {in[0], block && in[1] >= 0 && elements > 0 ? in[1] / elements : kUnknown};
  dims.insert(dims.end(), picture->begin(), picture->end());
  return dims;
}

Dims depth_to_space(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  const std::int64_t block = node.integer("blocksize");
  if (!in.known() || in.rank() != 4 || block <= 0 || block > (1 << 15)) return std::nullopt;
  return std::vector<std::int64_t>{in[0], in[1] < 0 ? kUnknown : in[1] / (block * block), times(in[2], block),
                                   times(in[3], block)};
}

Dims space_to_depth(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  const std::int64_t block = node.integer("blocksize");
  if (!in.known() || in.rank() != 4 || block <= 0 || block > (1 << 15)) return std::nullopt;
  const auto part = [&](std::int64_t dim) { return dim < 0 ? kUnknown : dim / block; };
  return std::vector<std::int64_t>{in[0], times(in[1], block * block), part(in[2]), part(in[3])};
}

Dims upsample(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  auto scales = node.numbers_of(1);
  const AttributeValue* said = node.op().find("scales");  // operator set 7
  if (const auto* list = said ? std::get_if<std::span<const double>>(said) : nullptr)
    scales = std::vector<double>(list->begin(), list->end());
  std::vector<std::int64_t> dims = copy(in);
  for (std::size_t i = 0; i < dims.size(); ++i)
    dims[i] = scales && scales->size() == dims.size() ? resized(dims[i], (*scales)[i]) : kUnknown;
  return dims;
}

Dims resize(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  const std::vector<std::int64_t> unknown(dims.size(), kUnknown);
  if (node.has(3) && node.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    return unknown;  // sizes are bounds, of all axes
  std::vector<std::int64_t> axes(dims.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (auto named = node.integers("axes")) axes = *named;
  const auto sizes = target_of(node, 3);
  const auto scales = node.numbers_of(node.input_count() == 2 ? 1 : 2);  // 1: operator set 10
  if ((sizes ? sizes->size() : scales ? scales->size() : 0) != axes.size()) return unknown;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = in.axis(axes[i]);
    if (!axis) return std::nullopt;
    std::int64_t& dim = dims[static_cast<std::size_t>(*axis)];
    dim = sizes ? (*sizes)[i] : resized(dim, (*scales)[i]);
  }
  return dims;
}

}  // namespace shape_of
}  // namespace rw::graph
