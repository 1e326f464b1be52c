// Output shapes, as the ONNX operator specification defines them. An unknown dimension stays unknown; a shape that
// contradicts itself is not inferred (its operator then blocks where a law needs it).
#include <algorithm>
#include <numeric>

#include "graph/operators/form_functions.hpp"

namespace rw::graph {
namespace {

std::vector<std::int64_t> copy(const Shape& shape) { return {shape.dims().begin(), shape.dims().end()}; }

// a * b and a + b where both are known and nothing overflows.
std::int64_t times(std::int64_t a, std::int64_t b) {
  if (a == 1 || b == 1) return a == 1 ? b : a;
  std::int64_t product = 0;
  return a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product) ? kUnknown : product;
}

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

Dims broadcast_dims(const std::vector<Shape>& shapes) {
  std::size_t rank = 0;
  for (const Shape& shape : shapes) {
    if (!shape.known()) return std::nullopt;
    rank = std::max(rank, static_cast<std::size_t>(shape.rank()));
  }
  std::vector<std::int64_t> dims(rank, 1);
  for (const Shape& shape : shapes) {
    const std::size_t skip = rank - static_cast<std::size_t>(shape.rank());
    for (std::size_t i = 0; i + skip < rank; ++i) {
      const std::int64_t dim = shape[static_cast<int>(i)];
      std::int64_t& out = dims[i + skip];
      if (out == 1)
        out = dim;
      else if (dim != 1 && dim != out) {
        if (dim >= 0 && out >= 0) return std::nullopt;  // cannot be broadcast
        // The known one must be right; of two unknown ones either may be 1.
        out = out >= 0 ? out : dim >= 0 ? dim : kUnknown;
      }
    }
  }
  return dims;
}

// Positions that start:end:step keep of `dim` (the bounds are clamped, as ONNX does).
Cut cut_of(int axis, std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  Cut cut{.axis = axis, .known = true, .step = step};
  const auto from_end = [&](std::int64_t at) { return at < 0 ? at + dim : at; };
  if (step > 0) {
    cut.first = std::clamp<std::int64_t>(from_end(start), 0, dim);
    const std::int64_t last = std::clamp<std::int64_t>(from_end(end), 0, dim);
    cut.count = std::max<std::int64_t>(0, (last - cut.first + step - 1) / step);
  } else {
    cut.first = std::clamp<std::int64_t>(from_end(start), -1, dim - 1);
    const std::int64_t last = std::clamp<std::int64_t>(from_end(end), -1, dim - 1);
    cut.count = cut.first > last ? (cut.first - last - 1) / -step + 1 : 0;
  }
  return cut;
}

// floor(size * scale), which the specification does not say the type of: 10 * 0.7f is 7 in float and 6.99999988 in
// double. Where that matters the size is not known.
std::int64_t resized(std::int64_t size, double scale) {
  const double exact = static_cast<double>(size) * scale;
  if (size < 0 || !(exact >= 0) || exact > 1e15) return kUnknown;
  const float rounded = static_cast<float>(size) * static_cast<float>(scale);
  const auto whole = static_cast<std::int64_t>(exact);
  return static_cast<std::int64_t>(rounded) == whole ? whole : kUnknown;
}

// Scales are floats: an axis of scale 1 keeps its size, the others are worked out at run time.
Dims scaled(const Shape& in, const std::optional<std::vector<double>>& scales) {
  std::vector<std::int64_t> dims = copy(in);
  const bool known = scales && scales->size() == dims.size();
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (!known || (*scales)[i] != 1) dims[i] = known ? resized(dims[i], (*scales)[i]) : kUnknown;
  return dims;
}

}  // namespace

std::optional<std::vector<Cut>> slice_cuts(const Node& node) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const auto starts = node.integers("starts", 1), ends = node.integers("ends", 2), steps = node.integers_of(4);
  auto axes = node.integers("axes", 3);
  if (!axes) {
    if (node.has(3) || !starts) return std::nullopt;
    axes = std::vector<std::int64_t>(starts->size());
    std::iota(axes->begin(), axes->end(), 0);
  }
  const auto fits = [&](const auto& list) { return list && list->size() == axes->size(); };
  const bool known = fits(starts) && fits(ends) && (!node.has(4) || fits(steps));
  std::vector<Cut> cuts;
  for (std::size_t i = 0; i < axes->size(); ++i) {
    const auto axis = in.axis((*axes)[i]);
    if (!axis) return std::nullopt;
    const std::int64_t step = known && steps ? (*steps)[i] : 1;
    if (step == 0 || std::any_of(cuts.begin(), cuts.end(), [&](const Cut& each) { return each.axis == *axis; }))
      return std::nullopt;
    cuts.push_back(known && in[*axis] >= 0 ? cut_of(*axis, in[*axis], (*starts)[i], (*ends)[i], step)
                                           : Cut{.axis = *axis});
  }
  return cuts;
}

namespace shape_of {

Dims same(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  return copy(in);
}

Dims broadcast(const Node& node, std::uint32_t) {
  std::vector<Shape> shapes;
  for (std::size_t slot = 0; slot < node.input_count(); ++slot)
    if (node.has(slot)) shapes.push_back(node.shape(slot));
  return broadcast_dims(shapes);
}

Dims conv(const Node& node, std::uint32_t) {
  const Shape weight = node.shape(1);
  if (!weight.known() || weight.rank() < 3) return std::nullopt;
  return spatial(node, kernel_of(weight), weight[0], Slides::convolution);
}

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

Dims gemm(const Node& node, std::uint32_t) {
  const Shape a = node.shape(0), b = node.shape(1);
  if (!a.known() || !b.known() || a.rank() != 2 || b.rank() != 2) return std::nullopt;
  return std::vector<std::int64_t>{a[node.integer("transA") ? 1 : 0], b[node.integer("transB") ? 0 : 1]};
}

Dims matmul(const Node& node, std::uint32_t) {
  const Shape a = node.shape(0), b = node.shape(1);
  if (!a.known() || !b.known() || a.rank() == 0 || b.rank() == 0) return std::nullopt;
  const auto batch = [](const Shape& shape) {
    return Shape(shape.dims().first(static_cast<std::size_t>(std::max(0, shape.rank() - 2))));
  };
  Dims dims = broadcast_dims({batch(a), batch(b)});
  if (!dims) return std::nullopt;
  if (a.rank() > 1) dims->push_back(a[a.rank() - 2]);
  if (b.rank() > 1) dims->push_back(b[b.rank() - 1]);
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

Dims pad(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  const auto pads = node.integers("pads", 1);
  if (!in.known()) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  std::vector<std::int64_t> axes(dims.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (node.has(3)) {
    const auto named = node.integers_of(3);
    if (!named) return std::vector<std::int64_t>(dims.size(), kUnknown);
    axes = *named;
  }
  if (!pads || pads->size() != 2 * axes.size()) return std::vector<std::int64_t>(dims.size(), kUnknown);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = in.axis(axes[i]);
    if (!axis) return std::nullopt;
    std::int64_t& dim = dims[static_cast<std::size_t>(*axis)];
    const std::int64_t more = (*pads)[i] + (*pads)[i + axes.size()];
    if (more != 0) dim = dim >= 0 ? std::max<std::int64_t>(kUnknown, dim + more) : kUnknown;
  }
  return dims;
}

Dims reduce(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const auto axes = named_axes(node, in.rank(), true);
  if (!axes) return std::nullopt;
  const bool keep = node.integer("keepdims", 1) != 0;
  std::vector<std::int64_t> dims;
  for (int i = 0; i < in.rank(); ++i) {
    if (!axes->contains(i))
      dims.push_back(in[i]);
    else if (keep)
      dims.push_back(1);
  }
  return dims;
}

Dims concat(const Node& node, std::uint32_t) {
  std::vector<std::int64_t> dims;
  std::int64_t total = 0;
  std::size_t axis = 0;
  for (std::size_t slot = 0; slot < node.input_count(); ++slot) {
    const Shape in = node.shape(slot);
    const auto at = in.axis(node.integer("axis", 1));
    if (!at) return std::nullopt;
    if (slot == 0) {
      dims = copy(in);
      axis = static_cast<std::size_t>(*at);
    } else if (dims.size() != static_cast<std::size_t>(in.rank())) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < dims.size(); ++i)
      if (i != axis && dims[i] < 0) dims[i] = in[static_cast<int>(i)];
    total = total < 0 || in[*at] < 0 ? kUnknown : total + in[*at];
  }
  if (dims.empty()) return std::nullopt;
  dims[axis] = total;
  return dims;
}

Dims split(const Node& node, std::uint32_t output) {
  const Shape in = node.shape(0);
  const auto axis = in.axis(node.integer("axis"));
  if (!axis) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  std::int64_t& dim = dims[static_cast<std::size_t>(*axis)];
  const auto sizes = node.integers("split", 1);
  const auto count = static_cast<std::int64_t>(node.op().outputs.size());
  if (sizes && output < sizes->size())
    dim = (*sizes)[output];
  else if (node.has(1))
    dim = kUnknown;
  else if (dim >= 0) {
    const std::int64_t chunk = (dim + count - 1) / count;  // the last one may be smaller
    dim = std::clamp<std::int64_t>(dim - chunk * output, 0, chunk);
  } else if (count != 1) {
    dim = kUnknown;
  }
  return dims;
}

Dims slice(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const auto cuts = slice_cuts(node);
  if (!cuts) return std::vector<std::int64_t>(static_cast<std::size_t>(in.rank()), kUnknown);
  std::vector<std::int64_t> dims = copy(in);
  for (const Cut& cut : *cuts) dims[static_cast<std::size_t>(cut.axis)] = cut.known ? cut.count : kUnknown;
  return dims;
}

Dims gather(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0), indices = node.shape(1);
  const auto axis = in.axis(node.integer("axis"));
  if (!axis || !indices.known()) return std::nullopt;
  std::vector<std::int64_t> dims(in.dims().begin(), in.dims().begin() + *axis);
  dims.insert(dims.end(), indices.dims().begin(), indices.dims().end());
  dims.insert(dims.end(), in.dims().begin() + *axis + 1, in.dims().end());
  return dims;
}

Dims tile(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const auto repeats = node.integers_of(1);
  std::vector<std::int64_t> dims = copy(in);
  for (std::size_t i = 0; i < dims.size(); ++i)
    dims[i] = repeats && repeats->size() == dims.size() ? times(dims[i], (*repeats)[i]) : kUnknown;
  return dims;
}

// The dimensions that a shape tensor says, open ones as symbols.
Dims target_of(const Node& node, std::size_t slot) {
  auto target = node.whole_values(slot);
  if (target)
    for (std::int64_t& each : *target) each = dim_of_value(each);
  return target;
}

Dims expand(const Node& node, std::uint32_t) {
  const auto target = target_of(node, 1);
  if (!target) return std::nullopt;
  return broadcast_dims({node.shape(0), Shape(*target)});
}

// The dimension that a -1 stands for: what the dimensions of `in` leave when those of `others` are taken out.
std::int64_t rest_of(const Shape& in, const std::vector<std::int64_t>& others) {
  std::int64_t all = 1, taken = 1;
  std::vector<std::int64_t> symbols;
  for (const std::int64_t dim : in.dims()) {
    if (dim < 0)
      symbols.push_back(dim);
    else
      all = times(all, dim);
  }
  for (const std::int64_t dim : others) {
    if (dim >= 0) {
      taken = times(taken, dim);
      continue;
    }
    const auto same = dim == kUnknown ? symbols.end() : std::find(symbols.begin(), symbols.end(), dim);
    if (same == symbols.end()) return kUnknown;
    symbols.erase(same);
  }
  if (all < 0 || taken <= 0 || all % taken != 0) return kUnknown;
  if (symbols.empty()) return all / taken;
  return symbols.size() == 1 && all == taken ? symbols[0] : kUnknown;
}

Dims reshape(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  auto values = node.integers("shape");
  if (!values) values = node.whole_values(1);
  if (!values) return std::nullopt;
  std::optional<std::size_t> open;
  std::vector<std::int64_t> dims, others;
  for (std::size_t i = 0; i < values->size(); ++i) {
    std::int64_t dim = dim_of_value((*values)[i]);
    if ((*values)[i] == -1) {
      if (open) return std::nullopt;
      open = i;
    } else if (dim == 0 && node.integer("allowzero") == 0) {
      if (!in.known() || static_cast<int>(i) >= in.rank()) return std::nullopt;
      dim = in[static_cast<int>(i)];
    } else if (dim < 0 && !is_open((*values)[i])) {
      return std::nullopt;
    }
    dims.push_back(dim);
    if (open != i) others.push_back(dim);
  }
  if (open) dims[*open] = in.known() ? rest_of(in, others) : kUnknown;
  return dims;
}

Dims flatten(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const std::int64_t wanted = node.integer("axis", 1);
  const std::int64_t axis = wanted < 0 ? wanted + in.rank() : wanted;
  if (axis < 0 || axis > in.rank()) return std::nullopt;
  std::vector<std::int64_t> dims = {1, 1};
  for (int i = 0; i < in.rank(); ++i) {
    std::int64_t& dim = dims[i < axis ? 0 : 1];
    dim = times(dim, in[i]);
  }
  return dims;
}

Dims squeeze(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const bool named = node.has(1) || node.integers("axes");
  const auto axes = named_axes(node, in.rank(), false);
  if (named && !axes) return std::nullopt;
  std::vector<std::int64_t> dims;
  for (int i = 0; i < in.rank(); ++i) {
    if (!named && in[i] < 0) return std::nullopt;
    const bool gone = named ? axes->contains(i) : in[i] == 1;
    if (!gone) dims.push_back(in[i]);
  }
  return dims;
}

Dims unsqueeze(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  const auto list = node.integers("axes", 1);
  if (!in.known() || !list) return std::nullopt;
  const int rank = in.rank() + static_cast<int>(list->size());
  if (rank > kMaxRank) return std::nullopt;
  const auto axes = named_axes(node, rank, false);
  if (!axes) return std::nullopt;
  std::vector<std::int64_t> dims;
  int next = 0;
  for (int i = 0; i < rank; ++i) {
    if (axes->contains(i))
      dims.push_back(1);
    else if (next < in.rank())
      dims.push_back(in[next++]);
  }
  return dims;
}

Dims transpose(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  std::vector<std::int64_t> dims;
  if (const auto perm = node.integers("perm")) {
    if (perm->size() != static_cast<std::size_t>(in.rank())) return std::nullopt;
    for (const std::int64_t axis : *perm) {
      if (axis < 0 || axis >= in.rank()) return std::nullopt;
      dims.push_back(in[static_cast<int>(axis)]);
    }
  } else {
    dims.assign(in.dims().rbegin(), in.dims().rend());
  }
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
  return scaled(in, node.numbers_of(1));
}

Dims resize(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const auto rank = static_cast<std::size_t>(in.rank());
  if (node.has(3) && node.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    return std::vector<std::int64_t>(rank, kUnknown);  // sizes are bounds, of all axes
  if (auto sizes = target_of(node, 3); sizes && sizes->size() == rank) return sizes;
  return scaled(in, node.numbers_of(node.input_count() == 2 ? 1 : 2));  // 1: operator set 10
}

Dims shape(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::vector<std::int64_t>{kUnknown};
  const auto at = [&](std::int64_t index) {
    return std::clamp<std::int64_t>(index < 0 ? index + in.rank() : index, 0, in.rank());
  };
  return std::vector<std::int64_t>{std::max<std::int64_t>(0, at(node.integer("end")) - at(node.integer("start", 0)))};
}

Dims scalar(const Node&, std::uint32_t) { return std::vector<std::int64_t>{}; }

Dims constant(const Node& node, std::uint32_t) {
  if (node.output() == kNone || !node.network().tensor(node.output()).constant) return std::nullopt;
  return copy(node.network().tensor(node.output()).constant->shape);
}

Dims constant_of_shape(const Node& node, std::uint32_t) { return target_of(node, 0); }

// [batch, channels] of the input and the positions of the grid [batch, positions..., rank].
Dims grid_sample(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0), grid = node.shape(1);
  if (!in.known() || !grid.known() || in.rank() < 3 || grid.rank() != in.rank()) return std::nullopt;
  std::vector<std::int64_t> dims = {in[0], in[1]};
  dims.insert(dims.end(), grid.dims().begin() + 1, grid.dims().end() - 1);
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

Dims gather_elements(const Node& node, std::uint32_t) {
  const Shape indices = node.shape(1);
  return indices.known() ? Dims(copy(indices)) : std::nullopt;
}

Dims top_k(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  const auto axis = in.axis(node.integer("axis", -1));
  if (!axis) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  const auto count = node.integers_of(1);
  dims[static_cast<std::size_t>(*axis)] = count && count->size() == 1 && (*count)[0] >= 0 ? (*count)[0] : kUnknown;
  return dims;
}

Dims range(const Node&, std::uint32_t) { return std::vector<std::int64_t>{kUnknown}; }

Dims user_linear(const Node& node, std::uint32_t) {
  const UserForm& user = node.form().user;
  const Shape in = node.shape(0), weight = user.weight ? node.shape(static_cast<std::size_t>(*user.weight)) : Shape();
  const auto axis = in.axis(user.axis);
  const auto out = weight.axis(user.weight_out);
  if (!axis || !out) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  dims[static_cast<std::size_t>(*axis)] = weight[*out];
  return dims;
}

}  // namespace shape_of
}  // namespace rw::graph
