#include "runtime/executor/translate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/evaluator/window.hpp"

namespace rw::executor {
namespace {

using evaluator::Array;
using evaluator::Window;

using Result = std::optional<std::vector<Planned>>;

constexpr float kLargestDim = 1 << 24;  // of what is not left to the evaluator; exact as a float

Result one(Planned planned) {
  std::vector<Planned> all;
  all.push_back(std::move(planned));
  return all;
}

Source source(const Site& site, std::size_t slot) { return {site.op->inputs[slot], nullptr}; }

// A layer of this kind that reads one input as it is.
Planned reading(const Site& site, Kind kind, Dims output) {
  Planned planned;
  planned.layer.kind = kind;
  planned.layer.inputs = {site.operands[0]};
  planned.layer.output = output;
  planned.shape = std::move(output);
  planned.sources = {source(site, 0)};
  return planned;
}

Dims last(const evaluator::Index3& values, std::size_t axes) {
  return {values.end() - static_cast<std::ptrdiff_t>(axes), values.end()};
}

// The padding at the end is as the operator has it, or more where windows reach out of that (ceil_mode).
void put_window(Layer& layer, const Window& w) {
  layer.kernel = last(w.kernel, w.axes);
  layer.strides = last(w.stride, w.axes);
  layer.dilations = last(w.dilation, w.axes);
  layer.begin = last(w.begin, w.axes);
  layer.end.clear();
  for (std::size_t axis = 3 - w.axes; axis < 3; ++axis)
    layer.end.push_back(std::max(w.end[axis], (w.small[axis] - 1) * w.stride[axis] +
                                                  (w.kernel[axis] - 1) * w.dilation[axis] + 1 - w.big[axis] -
                                                  w.begin[axis]));
}

Parameter parameter(const Array* array) {
  if (array == nullptr) return {};
  return {array->floats().data(), array->shape(), false};
}

bool any_empty(const Dims& shape) {
  return std::any_of(shape.begin(), shape.end(), [](std::int64_t dim) { return dim <= 0; });
}

// --- layers with weights

// Weight [out, in / groups, kernel...], or [in, out / groups, kernel...] where it is transposed.
Result convolution_of(const Site& site, bool transposed) {
  const Array* weight = site.constant(1);
  if (weight == nullptr || weight->rank() < 3 || weight->rank() != site.shape(0).size() || any_empty(site.shape(0)) ||
      any_empty(weight->shape()) || (site.has(2) && site.constant(2) == nullptr))
    return std::nullopt;
  const Dims kernel(weight->shape().begin() + 2, weight->shape().end());
  const std::int64_t groups = site.call.integer("group", 1), grouped = weight->dim(1) * groups;
  const std::int64_t in = transposed ? weight->dim(0) : grouped, out = transposed ? grouped : weight->dim(0);
  if (groups < 1 || site.shape(0)[1] != in || weight->dim(0) % groups != 0 ||
      (site.has(2) && site.constant(2)->count() != static_cast<std::size_t>(out)))
    return std::nullopt;
  const Window w = transposed ? evaluator::transposed_window(site.call, site.shape(0), kernel)
                              : evaluator::sliding_window(site.call, site.shape(0), kernel);
  Planned planned = reading(site, transposed ? Kind::deconvolution : Kind::convolution,
                            evaluator::spatial_shape(site.shape(0)[0], out, w, transposed ? w.big : w.small));
  put_window(planned.layer, w);
  planned.layer.groups = groups;
  planned.layer.weight = parameter(weight);
  planned.layer.bias = parameter(site.constant(2));
  planned.held = site.held;
  return one(std::move(planned));
}

Result convolution(const Site& site) { return convolution_of(site, false); }

Result deconvolution(const Site& site) { return convolution_of(site, true); }

// All but the last axis as one.
Dims as_rows(const Dims& shape) {
  return {std::accumulate(shape.begin(), shape.end() - 1, std::int64_t{1}, std::multiplies<>()), shape.back()};
}

Result product(const Site& site) {
  const Dims &left = site.shape(0), &right = site.shape(1);
  if (left.size() < 2 || right.size() < 2 || !site.is_float(0) || !site.is_float(1) || any_empty(left) ||
      any_empty(right) || left.back() != right.end()[-2])
    return std::nullopt;
  Dims shape;
  if (const Array* weight = site.constant(1); weight != nullptr && right.size() == 2) {
    shape = left;
    shape.back() = right.back();
    Planned planned = reading(site, Kind::product, as_rows(shape));
    planned.layer.inputs[0] = {as_rows(left), nullptr};
    planned.layer.weight = parameter(weight);
    planned.held = site.held;
    planned.shape = std::move(shape);
    return one(std::move(planned));
  }
  const std::size_t rank = std::max(left.size(), right.size());
  Dims a(rank - left.size(), 1), b(rank - right.size(), 1);
  a.insert(a.end(), left.begin(), left.end());
  b.insert(b.end(), right.begin(), right.end());
  shape = evaluator::broadcast(Dims(a.begin(), a.end() - 2), Dims(b.begin(), b.end() - 2));
  shape.push_back(left.end()[-2]);
  shape.push_back(right.back());
  Planned planned = reading(site, Kind::batch_product, std::move(shape));
  planned.layer.inputs = {{a, nullptr}, {b, nullptr}};
  planned.sources.push_back(source(site, 1));
  return one(std::move(planned));
}

// alpha * A B + beta * C, C one row.
Result gemm(const Site& site) {
  const Array *weight = site.constant(1), *bias = site.constant(2);
  const bool transposed = site.call.integer("transB", 0) != 0;
  if (weight == nullptr || weight->rank() != 2 || site.shape(0).size() != 2 || site.call.integer("transA", 0) != 0 ||
      (site.has(2) && bias == nullptr) || any_empty(site.shape(0)) || any_empty(weight->shape()))
    return std::nullopt;
  const std::int64_t k = weight->dim(transposed ? 1 : 0), n = weight->dim(transposed ? 0 : 1);
  if (site.shape(0)[1] != k) return std::nullopt;
  if (bias != nullptr &&
      (bias->count() != static_cast<std::size_t>(n) || bias->rank() < 1 || bias->shape().back() != n))
    return std::nullopt;
  Planned planned = reading(site, Kind::product, {site.shape(0)[0], n});
  planned.layer.inputs[0].format = nullptr;
  planned.held = site.held;
  const auto scaled = [&](const Array& array, float factor) -> const Array* {
    if (factor == 1) return &array;
    std::vector<float> values = array.floats();
    for (float& value : values) value *= factor;
    planned.held.push_back(std::make_shared<const Array>(array.shape(), std::move(values)));
    return planned.held.back().get();
  };
  planned.layer.weight = parameter(scaled(*weight, site.call.number("alpha", 1)));
  planned.layer.weight.transposed = transposed;
  if (bias != nullptr) planned.layer.bias = parameter(scaled(*bias, site.call.number("beta", 1)));
  return one(std::move(planned));
}

// --- windows

bool is_picture(const Site& site) {
  return site.is_float(0) && site.shape(0).size() >= 3 && site.shape(0).size() <= 5 && !any_empty(site.shape(0));
}

Result pool(const Site& site, Kind kind) {
  if (!is_picture(site) || site.call.outputs > 1 || !site.call.has("kernel_shape") ||
      site.call.integer("storage_order", 0) != 0)
    return std::nullopt;
  const Window w = evaluator::sliding_window(site.call, site.shape(0), {});
  Planned planned = reading(site, kind, evaluator::spatial_shape(site.shape(0)[0], site.shape(0)[1], w, w.small));
  put_window(planned.layer, w);
  for (std::size_t axis = 0; axis < w.axes; ++axis) {
    const std::size_t at = 3 - w.axes + axis;
    // What a window counts beyond the padding, and windows that see nothing at all, are the evaluator's.
    if (kind == Kind::average_pool_pad && planned.layer.end[axis] > w.end[at]) return std::nullopt;
    if (planned.layer.begin[axis] >= planned.layer.kernel[axis] ||
        planned.layer.end[axis] >= planned.layer.kernel[axis] || (w.dilation[at] != 1 && kind != Kind::max_pool))
      return std::nullopt;
  }
  return one(std::move(planned));
}

Result max_pool(const Site& site) { return pool(site, Kind::max_pool); }
Result average_pool(const Site& site) {
  return pool(site, site.call.integer("count_include_pad", 0) != 0 ? Kind::average_pool_pad : Kind::average_pool);
}

// One window over the whole picture.
Result over_picture(const Site& site, Kind kind) {
  if (!is_picture(site)) return std::nullopt;
  const Dims& shape = site.shape(0);
  Dims output(shape.size(), 1);
  std::copy(shape.begin(), shape.begin() + 2, output.begin());
  Planned planned = reading(site, kind, std::move(output));
  planned.layer.kernel.assign(shape.begin() + 2, shape.end());
  planned.layer.strides = planned.layer.dilations = Dims(shape.size() - 2, 1);
  planned.layer.begin = planned.layer.end = Dims(shape.size() - 2, 0);
  return one(std::move(planned));
}

Result global_average(const Site& site) { return over_picture(site, Kind::average_pool); }
Result global_max(const Site& site) { return over_picture(site, Kind::max_pool); }

// A mean over the spatial axes is such a window.
Result reduce_mean(const Site& site) {
  const auto given = site.call.integers_or_input("axes", 1);
  if (!is_picture(site) || !given || (site.has(1) && site.call.inputs[1] == nullptr)) return std::nullopt;
  std::vector<bool> reduced(site.shape(0).size(), false);
  for (const std::int64_t axis : *given) reduced[evaluator::axis_of(axis, reduced.size())] = true;
  for (std::size_t axis = 0; axis < reduced.size(); ++axis)
    if (reduced[axis] != (axis >= 2)) return std::nullopt;
  Result result = global_average(site);
  if (result && site.call.integer("keepdims", 1) == 0) result->front().shape.resize(2);
  return result;
}

// --- along an axis

Result softmax(const Site& site) {
  if (!site.is_float(0) || site.shape(0).empty() || any_empty(site.shape(0)) || site.shape(0).size() > 5)
    return std::nullopt;
  const Dims& shape = site.shape(0);
  const bool flat = site.call.older_than(13);
  const std::size_t axis = evaluator::axis_of(site.call.integer("axis", flat ? 1 : -1), shape.size());
  Planned planned = reading(site, Kind::softmax, shape);
  planned.layer.axis = static_cast<std::int64_t>(axis);
  if (flat && axis + 1 < shape.size()) {  // everything from the axis on is one row
    const auto split = shape.begin() + static_cast<std::ptrdiff_t>(axis);
    planned.layer.output = {std::accumulate(shape.begin(), split, std::int64_t{1}, std::multiplies<>()),
                            std::accumulate(split, shape.end(), std::int64_t{1}, std::multiplies<>())};
    planned.layer.inputs[0] = {planned.layer.output, nullptr};
    planned.layer.axis = 1;
  }
  return one(std::move(planned));
}

Result layer_normalization(const Site& site) {
  const Dims& shape = site.shape(0);
  if (!site.is_float(0) || shape.size() < 2 || shape.size() > 5 || any_empty(shape) || site.call.outputs > 1 ||
      evaluator::axis_of(site.call.integer("axis", -1), shape.size()) + 1 != shape.size())
    return std::nullopt;
  const Array *scale = site.constant(1), *shift = site.constant(2);
  const Dims vector = {shape.back()};
  if (scale == nullptr || scale->shape() != vector || (site.has(2) && (shift == nullptr || shift->shape() != vector)))
    return std::nullopt;
  Planned planned = reading(site, Kind::normalize, shape);
  planned.layer.inputs[0].format = nullptr;
  planned.layer.epsilon = site.call.number("epsilon", 1e-5F);
  planned.held = site.held;
  if (shift == nullptr) {
    planned.held.push_back(
        std::make_shared<const Array>(vector, std::vector<float>(static_cast<std::size_t>(vector[0]), 0.0F)));
    shift = planned.held.back().get();
  }
  planned.layer.weight = parameter(scale);
  planned.layer.bias = parameter(shift);
  return one(std::move(planned));
}

Result concat(const Site& site) {
  const std::size_t rank = site.shape(0).size();
  Planned planned;
  planned.layer.kind = Kind::concat;
  if (rank == 0 || rank > 6) return std::nullopt;
  const std::size_t axis = evaluator::axis_of(site.call.integer("axis", site.call.older_than(4) ? 1 : 0), rank);
  Dims output = site.shape(0);
  output[axis] = 0;
  for (std::size_t i = 0; i < site.op->inputs.size(); ++i) {
    if (!site.is_float(i) || site.shape(i).size() != rank || any_empty(site.shape(i))) return std::nullopt;
    Dims other = site.shape(i);
    output[axis] += other[axis];
    other[axis] = output[axis];
    if (other != output) return std::nullopt;
    planned.layer.inputs.push_back(site.operands[i]);
    planned.sources.push_back(source(site, i));
  }
  planned.layer.axis = static_cast<std::int64_t>(axis);
  planned.layer.output = planned.shape = output;
  return one(std::move(planned));
}

// --- enlarged pictures

// oneDNN places pixels by half_pixel; where a picture grows by whole factors, rounding down takes the same as rounding
// to the nearest there.
Result resize(const Site& site) {
  if (!is_picture(site)) return std::nullopt;
  const bool old = site.op->inputs.size() <= 2;
  const Dims& shape = site.shape(0);
  const std::string_view mode = site.call.text("mode", "nearest");
  const std::string_view place = site.call.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const std::string_view round = site.call.text("nearest_mode", old ? "floor" : "round_prefer_floor");
  const Array* sizes = site.call.optional(3);
  const Array* scales = site.call.optional(old ? 1 : 2);
  if (site.call.has("axes") || site.call.has("scales") || site.call.integer("antialias", 0) != 0 ||
      site.call.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    return std::nullopt;
  Dims output = shape;
  bool whole = true, single = false;  // whole factors; an axis that becomes one pixel
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (sizes != nullptr && sizes->count() == shape.size()) {
      output[axis] = sizes->ints()[axis];
    } else if (scales != nullptr && scales->is_float() && scales->count() == shape.size()) {
      const float size = static_cast<float>(shape[axis]) * scales->floats()[axis];
      if (!(size >= 1 && size < kLargestDim) || std::floor(size) != size) return std::nullopt;
      output[axis] = static_cast<std::int64_t>(size);
    } else {
      return std::nullopt;
    }
    if (output[axis] < 1 || (axis < 2 && output[axis] != shape[axis])) return std::nullopt;
    whole = whole && output[axis] % shape[axis] == 0;
    single = single || (output[axis] == 1 && shape[axis] != 1);
  }
  const bool nearest = mode == "nearest" && place == "asymmetric" && round == "floor" && whole;
  const bool linear = mode == "linear" && (place == "half_pixel" || (place == "pytorch_half_pixel" && !single));
  if (!nearest && !linear) return std::nullopt;
  return one(reading(site, nearest ? Kind::resize_nearest : Kind::resize_linear, std::move(output)));
}

// --- the same elements elsewhere

// Nothing to do: the elements of the first input, `offset` behind its beginning, are the result.
Planned alias(const Site& site, Dims output, std::size_t offset) {
  Planned planned = reading(site, Kind::copy, std::move(output));
  planned.offset = offset;
  planned.alias = true;
  if (offset > 0 || planned.shape != site.shape(0)) planned.layer.inputs[0].format = nullptr;
  return planned;
}

Result same(const Site& site) {
  if (!site.is_float(0) || site.call.outputs > 1) return std::nullopt;
  return one(alias(site, site.shape(0), 0));
}

// A copy of elements of a row-major tensor that lie `steps` apart.
Planned moved(const Site& site, Dims output, Dims steps, std::size_t offset) {
  Planned planned = reading(site, Kind::copy, std::move(output));
  planned.layer.inputs[0].format = nullptr;
  planned.layer.steps = std::move(steps);
  planned.offset = offset;
  return planned;
}

// A part that begins at `offsets`. Of a tensor in another format it is copied in that, as its readers want it; of a
// row-major one, whose elements of the part lie `steps` apart, it is a view where it lies in one piece.
Planned part(const Site& site, Dims output, Dims offsets, Dims steps, bool in_one_piece) {
  if (site.operands[0].format) {
    Planned planned = reading(site, Kind::part, std::move(output));
    planned.layer.offsets = std::move(offsets);
    return planned;
  }
  const Dims apart = evaluator::strides_of(site.shape(0));
  const auto offset =
      static_cast<std::size_t>(std::inner_product(offsets.begin(), offsets.end(), apart.begin(), std::int64_t{0}));
  return in_one_piece ? alias(site, std::move(output), offset)
                      : moved(site, std::move(output), std::move(steps), offset);
}

bool is_movable(const Site& site) {
  return site.is_float(0) && !site.shape(0).empty() && site.shape(0).size() <= 6 && !any_empty(site.shape(0));
}

Result transpose(const Site& site) {
  if (!is_movable(site)) return std::nullopt;
  const Dims& shape = site.shape(0);
  Dims reversed(shape.size());
  std::iota(reversed.rbegin(), reversed.rend(), std::int64_t{0});
  const Dims axes = site.call.integers("perm", reversed), strides = evaluator::strides_of(shape);
  if (axes.size() != shape.size()) return std::nullopt;
  Dims output, steps;
  for (const std::int64_t axis : axes) {
    output.push_back(shape[evaluator::axis_of(axis, shape.size())]);
    steps.push_back(strides[evaluator::axis_of(axis, shape.size())]);
  }
  return one(moved(site, std::move(output), std::move(steps), 0));
}

// Whether a part of a row-major tensor, which begins somewhere along one axis, lies in one piece.
bool in_one_piece(const Dims& shape, std::size_t axis) {
  return std::all_of(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis),
                     [](std::int64_t dim) { return dim == 1; });
}

Result split(const Site& site) {
  if (!is_movable(site) || (site.has(1) && site.call.inputs[1] == nullptr)) return std::nullopt;
  const Dims& shape = site.shape(0);
  const std::size_t axis = evaluator::axis_of(site.call.integer("axis", 0), shape.size());
  const auto parts = static_cast<std::int64_t>(site.call.outputs);
  Dims lengths = site.call.integers_or_input("split", 1).value_or(Dims{});
  if (lengths.empty()) {
    if (shape[axis] % parts != 0) return std::nullopt;
    lengths.assign(static_cast<std::size_t>(parts), shape[axis] / parts);
  }
  if (std::any_of(lengths.begin(), lengths.end(), [&](std::int64_t each) { return each < 1 || each > shape[axis]; }))
    return std::nullopt;
  if (lengths.size() != site.call.outputs ||
      std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}) != shape[axis] || any_empty(lengths))
    return std::nullopt;
  const Dims strides = evaluator::strides_of(shape);
  std::vector<Planned> all;
  std::int64_t start = 0;
  for (const std::int64_t length : lengths) {
    Dims output = shape;
    output[axis] = length;
    Dims offsets(shape.size(), 0);
    offsets[axis] = start;
    all.push_back(part(site, std::move(output), std::move(offsets), strides, in_one_piece(shape, axis)));
    start += length;
  }
  return all;
}

// Forward steps alone.
Result slice(const Site& site) {
  for (std::size_t slot = 1; slot < site.op->inputs.size(); ++slot)
    if (site.has(slot) && site.call.inputs[slot] == nullptr) return std::nullopt;
  const auto starts = site.call.integers_or_input("starts", 1), ends = site.call.integers_or_input("ends", 2);
  if (!is_movable(site) || !starts || !ends || starts->size() != ends->size()) return std::nullopt;
  Dims all(starts->size());
  std::iota(all.begin(), all.end(), std::int64_t{0});
  const Dims axes = site.call.integers_or_input("axes", 3).value_or(all);
  const Dims strides = site.call.integers_or_input("steps", 4).value_or(Dims(starts->size(), 1));
  if (axes.size() != starts->size() || strides.size() != starts->size()) return std::nullopt;
  Dims output = site.shape(0), steps = evaluator::strides_of(output);
  const Dims apart = steps;
  Dims offsets(output.size(), 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = evaluator::axis_of(axes[i], output.size());
    const std::int64_t dim = output[axis];
    if (strides[i] < 1 || strides[i] > dim || dim != site.shape(0)[axis]) return std::nullopt;
    const auto at = [&](std::int64_t place) {
      return std::clamp(place < 0 ? std::max(place, -dim) + dim : place, std::int64_t{0}, dim);
    };
    const std::int64_t start = at((*starts)[i]), end = at((*ends)[i]);
    if (start >= end) return std::nullopt;
    output[axis] = (end - start + strides[i] - 1) / strides[i];
    offsets[axis] = start;
    steps[axis] = apart[axis] * strides[i];
  }
  const bool dense = std::all_of(strides.begin(), strides.end(), [](std::int64_t each) { return each == 1; });
  const bool one_piece = axes.size() == 1 && in_one_piece(output, evaluator::axis_of(axes[0], output.size()));
  if (dense) return one(part(site, std::move(output), std::move(offsets), std::move(steps), one_piece));
  const auto offset =
      static_cast<std::size_t>(std::inner_product(offsets.begin(), offsets.end(), apart.begin(), std::int64_t{0}));
  return one(moved(site, std::move(output), std::move(steps), offset));
}

// With a constant; what pads nothing does nothing.
Result pad(const Site& site) {
  for (std::size_t slot = 1; slot < site.op->inputs.size(); ++slot)
    if (site.has(slot) && site.call.inputs[slot] == nullptr) return std::nullopt;
  const auto pads = site.call.integers_or_input("pads", 1);
  if (!is_movable(site) || !pads || site.has(3) || pads->size() != 2 * site.shape(0).size()) return std::nullopt;
  if (std::all_of(pads->begin(), pads->end(), [](std::int64_t each) { return each == 0; }))
    return one(alias(site, site.shape(0), 0));
  if (site.call.text("mode", "constant") != "constant" || *std::min_element(pads->begin(), pads->end()) < 0 ||
      *std::max_element(pads->begin(), pads->end()) > static_cast<std::int64_t>(kLargestDim))
    return std::nullopt;
  Dims output = site.shape(0);
  for (std::size_t axis = 0; axis < output.size(); ++axis)
    output[axis] += (*pads)[axis] + (*pads)[axis + output.size()];
  Planned planned = reading(site, Kind::pad, output);
  planned.layer.offsets.assign(pads->begin(), pads->begin() + static_cast<std::ptrdiff_t>(output.size()));
  planned.layer.fill = site.call.number_or_input("value", 2).value_or(0.0F);
  return one(std::move(planned));
}

struct TranslateRow {
  std::string_view type;
  Result (*of)(const Site& site);
};

constexpr TranslateRow kRows[] = {
    {"Conv", convolution},
    {"ConvTranspose", deconvolution},
    {"Gemm", gemm},
    {"MatMul", product},
    {"MaxPool", max_pool},
    {"AveragePool", average_pool},
    {"GlobalAveragePool", global_average},
    {"GlobalMaxPool", global_max},
    {"ReduceMean", reduce_mean},
    {"Softmax", softmax},
    {"LayerNormalization", layer_normalization},
    {"Concat", concat},
    {"Resize", resize},
    {"Upsample", resize},
    {"Transpose", transpose},
    {"Split", split},
    {"Slice", slice},
    {"Pad", pad},
    {"Identity", same},
    {"Dropout", same},
};

Result elementwise(const Site& site) {
  for (std::size_t slot = 0; slot < 2; ++slot) {
    if (!site.has(slot) || !site.is_float(slot) || site.constant(slot) != nullptr) continue;
    auto behind = steps_behind(site, slot, site.shape(slot));
    if (!behind) continue;
    Planned planned = reading(site, Kind::elementwise, site.shape(slot));
    planned.layer.inputs = {site.operands[slot]};
    planned.sources = {source(site, slot)};
    planned.layer.post = std::move(behind->post);
    planned.sources.insert(planned.sources.end(), behind->others.begin(), behind->others.end());
    planned.held = std::move(behind->held);
    return one(std::move(planned));
  }
  return std::nullopt;
}

}  // namespace

Result translate(const Site& site) {
  if (is_elementwise(site.call.type)) return elementwise(site);
  const auto row = std::find_if(std::begin(kRows), std::end(kRows),
                                [&](const TranslateRow& each) { return each.type == site.call.type; });
  return row == std::end(kRows) ? std::nullopt : row->of(site);
}

}  // namespace rw::executor
