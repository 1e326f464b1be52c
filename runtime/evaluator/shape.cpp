// Operators that move, choose or repeat elements, or speak of shapes: all of them take elements by computed offsets.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "runtime/evaluator/call.hpp"
#include "runtime/evaluator/literal.hpp"

namespace rw::evaluator {
namespace {

// --- views: the same elements in the same order

Results reshape(const Call& call) {
  const Array& x = call.input(0);
  const auto wanted = call.integers_or_input("shape", 1);
  if (!wanted) throw std::invalid_argument("the new shape is missing");
  Dims shape = *wanted;
  std::size_t known = 1, inferred = shape.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && call.integer("allowzero", 0) == 0) shape[i] = x.dim(i);
    if (shape[i] == -1)
      inferred = i;
    else
      known *= static_cast<std::size_t>(shape[i]);
  }
  if (inferred < shape.size() && known > 0) shape[inferred] = static_cast<std::int64_t>(x.count() / known);
  return one(x.reshaped(std::move(shape)));
}

Results flatten(const Call& call) {
  const Array& x = call.input(0);
  const std::int64_t axis = call.integer("axis", 1);
  const auto rank = static_cast<std::int64_t>(x.rank());
  const std::size_t split = axis == rank ? x.rank() : axis_of(axis, x.rank());
  const std::span<const std::int64_t> dims = x.shape();
  return one(x.reshaped(
      {static_cast<std::int64_t>(count(dims.first(split))), static_cast<std::int64_t>(count(dims.subspan(split)))}));
}

Results squeeze(const Call& call) {
  const Array& x = call.input(0);
  const auto axes = call.integers_or_input("axes", 1);
  std::vector<bool> gone(x.rank(), false);
  if (axes) {
    for (const std::int64_t axis : *axes) gone[axis_of(axis, x.rank())] = true;
  } else {
    for (std::size_t i = 0; i < x.rank(); ++i) gone[i] = x.dim(i) == 1;
  }
  Dims shape;
  for (std::size_t i = 0; i < x.rank(); ++i)
    if (!gone[i]) shape.push_back(x.dim(i));
  return one(x.reshaped(std::move(shape)));
}

Results unsqueeze(const Call& call) {
  const Array& x = call.input(0);
  const Dims axes = call.integers_or_input("axes", 1).value_or(Dims{});
  std::vector<bool> fresh(x.rank() + axes.size(), false);
  for (const std::int64_t axis : axes) fresh[axis_of(axis, fresh.size())] = true;
  Dims shape;
  std::size_t next = 0;
  for (const bool one_more : fresh) shape.push_back(one_more ? 1 : x.dim(next++));
  return one(x.reshaped(std::move(shape)));
}

// --- the same elements in another order

Array permuted(const Array& x, const Dims& axes) {
  if (axes.size() != x.rank()) throw std::invalid_argument("the permutation has another rank");
  const Dims strides = strides_of(x.shape());
  Dims shape, steps;
  for (const std::int64_t axis : axes) {
    shape.push_back(x.dim(axis_of(axis, x.rank())));
    steps.push_back(strides[axis_of(axis, x.rank())]);
  }
  return take(x, shape, offsets(shape, steps));
}

Results transpose(const Call& call) {
  Dims reversed(call.input(0).rank());
  std::iota(reversed.rbegin(), reversed.rend(), std::int64_t{0});
  return one(permuted(call.input(0), call.integers("perm", reversed)));
}

Results depth_to_space(const Call& call) {
  const Array& x = call.input(0);
  const std::int64_t b = call.integer("blocksize", 0);
  if (x.rank() != 4 || b < 1 || x.dim(1) % (b * b) != 0) throw std::invalid_argument("blocksize does not fit");
  const std::int64_t n = x.dim(0), c = x.dim(1) / (b * b), h = x.dim(2), w = x.dim(3);
  const Array apart = call.text("mode", "DCR") == "CRD" ? permuted(x.reshaped({n, c, b, b, h, w}), {0, 1, 4, 2, 5, 3})
                                                        : permuted(x.reshaped({n, b, b, c, h, w}), {0, 3, 4, 1, 5, 2});
  return one(apart.reshaped({n, c, h * b, w * b}));
}

Results space_to_depth(const Call& call) {
  const Array& x = call.input(0);
  const std::int64_t b = call.integer("blocksize", 0);
  if (x.rank() != 4 || b < 1 || x.dim(2) % b != 0 || x.dim(3) % b != 0)
    throw std::invalid_argument("blocksize does not fit");
  const std::int64_t n = x.dim(0), c = x.dim(1), h = x.dim(2) / b, w = x.dim(3) / b;
  return one(permuted(x.reshaped({n, c, h, b, w, b}), {0, 3, 5, 1, 2, 4}).reshaped({n, c * b * b, h, w}));
}

// --- side by side, and a choice

Results concat(const Call& call) {
  const std::size_t axis = axis_of(call.integer("axis", call.older_than(4) ? 1 : 0), call.input(0).rank());
  Dims shape = call.input(0).shape();
  shape[axis] = 0;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    Dims other = call.input(i).shape();
    if (other.size() != shape.size()) throw std::invalid_argument("the inputs have different ranks");
    shape[axis] += other[axis];
    other[axis] = shape[axis];
    if (other != shape) throw std::invalid_argument("the inputs differ along another axis");
  }
  const std::size_t rows = count(std::span(shape).first(axis));
  return call.input(0).visit([&]<typename T>(Values<T>) {
    std::vector<T> y;
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < call.inputs.size(); ++i) {
        const auto values = [&]() -> Values<T> {
          if constexpr (std::is_same_v<T, float>)
            return call.input(i).floats();
          else
            return call.input(i).ints();
        }();
        const auto length = static_cast<std::ptrdiff_t>(values.size() / rows);
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row) * length;
        y.insert(y.end(), begin, begin + length);
      }
    }
    return one(Array(shape, std::move(y)));
  });
}

// `length` elements along an axis, from `start` on, `step` apart.
Array slice_of(const Array& x, std::size_t axis, std::int64_t start, std::int64_t length, std::int64_t step = 1) {
  Dims shape = x.shape(), steps = strides_of(x.shape());
  const std::int64_t first = start * steps[axis];
  shape[axis] = length;
  steps[axis] *= step;
  return take(x, shape, offsets(shape, steps, first));
}

Results split(const Call& call) {
  const Array& x = call.input(0);
  const std::size_t axis = axis_of(call.integer("axis", 0), x.rank());
  const auto parts = static_cast<std::int64_t>(call.outputs);
  Dims lengths = call.integers_or_input("split", 1).value_or(Dims{});
  if (lengths.empty()) {  // even parts, the last one perhaps smaller
    const std::int64_t length = (x.dim(axis) + parts - 1) / parts;
    for (std::int64_t i = 0; i < parts; ++i)
      lengths.push_back(std::max<std::int64_t>(0, std::min(length, x.dim(axis) - i * length)));
  }
  if (std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}) != x.dim(axis) || lengths.size() != call.outputs)
    throw std::invalid_argument("the parts do not make up the whole");
  Results results;
  std::int64_t start = 0;
  for (const std::int64_t length : lengths) {
    results.push_back(slice_of(x, axis, start, length));
    start += length;
  }
  return results;
}

Results slice(const Call& call) {
  Array x = call.input(0);
  const auto starts = call.integers_or_input("starts", 1), ends = call.integers_or_input("ends", 2);
  if (!starts || !ends || starts->size() != ends->size()) throw std::invalid_argument("starts and ends do not fit");
  Dims all(starts->size());
  std::iota(all.begin(), all.end(), std::int64_t{0});
  const Dims axes = call.integers_or_input("axes", 3).value_or(all);
  const Dims steps = call.integers_or_input("steps", 4).value_or(Dims(starts->size(), 1));
  if (axes.size() != starts->size() || steps.size() != starts->size())
    throw std::invalid_argument("axes or steps do not fit");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = axis_of(axes[i], x.rank());
    const std::int64_t dim = x.dim(axis), step = steps[i];
    if (step == 0) throw std::invalid_argument("a step is 0");
    // Counted from the end where negative, then cut to where a walk in this direction can begin and end.
    const auto place = [&](std::int64_t at, std::int64_t low, std::int64_t high) {
      return std::clamp(at < 0 ? std::max(at, -dim - 1) + dim : at, low, high);
    };
    const std::int64_t start = step > 0 ? place(starts->at(i), 0, dim) : place(starts->at(i), 0, dim - 1);
    const std::int64_t end = step > 0 ? place(ends->at(i), 0, dim) : place(ends->at(i), -1, dim - 1);
    const std::int64_t way = step > 0 ? end - start : start - end;
    const std::int64_t stride = step > 0 ? step : -std::max(step, -dim - 1);
    const std::int64_t length = way <= 0 ? 0 : (way + std::min(stride, dim + 1) - 1) / std::min(stride, dim + 1);
    x = slice_of(x, axis, start, length, step);
  }
  return one(std::move(x));
}

Results gather(const Call& call) {
  const Array &x = call.input(0), &indices = call.input(1);
  const std::size_t axis = axis_of(call.integer("axis", 0), x.rank());
  const auto split_at = x.shape().begin() + static_cast<std::ptrdiff_t>(axis);
  Dims shape(x.shape().begin(), split_at);
  const std::vector<std::size_t> outer = [&] {
    Dims strides = strides_of(x.shape());
    strides.resize(axis);
    return offsets(shape, strides);
  }();
  const auto stride = static_cast<std::size_t>(strides_of(x.shape())[axis]);
  std::vector<std::size_t> from;
  for (const std::size_t start : outer)
    for (const std::int64_t index : indices.ints())
      for (std::size_t i = 0; i < stride; ++i)
        from.push_back(start + axis_of(index, static_cast<std::size_t>(x.dim(axis))) * stride + i);
  shape.insert(shape.end(), indices.shape().begin(), indices.shape().end());
  shape.insert(shape.end(), split_at + 1, x.shape().end());
  return one(take(x, shape, from));
}

// --- more elements than there were

Results expand(const Call& call) {
  const Array& x = call.input(0);
  const Dims shape = broadcast(x.shape(), call.input(1).ints());
  return one(take(x, shape, broadcast_offsets(x.shape(), shape)));
}

Results tile(const Call& call) {
  const Array& x = call.input(0);
  const Dims repeats = call.input(1).ints();
  if (repeats.size() != x.rank()) throw std::invalid_argument("one repeat per axis is needed");
  // Each axis d is seen as two, [repeat, d], of which the first one stands still.
  Dims shape, apart, steps;
  const Dims strides = strides_of(x.shape());
  for (std::size_t axis = 0; axis < x.rank(); ++axis) {
    shape.push_back(repeats[axis] * x.dim(axis));
    apart.insert(apart.end(), {repeats[axis], x.dim(axis)});
    steps.insert(steps.end(), {0, strides[axis]});
  }
  return one(take(x, shape, offsets(apart, steps)));
}

// Where position `at` of a padded axis comes from; -1: from the constant.
std::int64_t padded_source(std::string_view mode, std::int64_t at, std::int64_t dim) {
  if (at >= 0 && at < dim) return at;
  if (mode == "edge") return at < 0 ? 0 : dim - 1;
  if (mode == "wrap") return (at % dim + dim) % dim;
  if (mode == "constant") return -1;
  if (mode != "reflect") throw std::invalid_argument(fmt::format("mode '{}' is not known", mode));
  const std::int64_t mirrored = at < 0 ? -at : 2 * (dim - 1) - at;
  if (mirrored < 0 || mirrored >= dim) throw std::invalid_argument("reflected padding is wider than the input");
  return mirrored;
}

Array padded(const Array& x, std::size_t axis, std::int64_t begin, std::int64_t end, std::string_view mode,
             float constant) {
  Dims shape = x.shape();
  shape[axis] += begin + end;
  const std::int64_t stride = strides_of(x.shape())[axis];
  std::vector<std::size_t> from(count(shape));
  const std::size_t nowhere = x.count();  // the constant is put behind the values
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const std::int64_t inner = at % stride, middle = at / stride % shape[axis], outer = at / stride / shape[axis];
    const std::int64_t source = padded_source(mode, middle - begin, x.dim(axis));
    from[i] = source < 0 ? nowhere : static_cast<std::size_t>((outer * x.dim(axis) + source) * stride + inner);
  }
  return x.visit([&]<typename T>(Values<T> from_values) {
    std::vector<T> values = from_values;
    values.push_back(static_cast<T>(constant));
    const auto size = static_cast<std::int64_t>(values.size());
    return take(Array({size}, std::move(values)), shape, from);
  });
}

Results pad(const Call& call) {
  Array x = call.input(0);
  const auto pads = call.integers_or_input("pads", 1);
  const float constant = call.number_or_input("value", 2).value_or(0.0F);
  Dims axes(x.rank());
  std::iota(axes.begin(), axes.end(), std::int64_t{0});
  if (const Array* some = call.optional(3)) axes = some->ints();
  if (!pads || pads->size() != 2 * axes.size()) throw std::invalid_argument("pads do not fit the input");
  for (std::size_t i = 0; i < axes.size(); ++i)
    x = padded(x, axis_of(axes[i], x.rank()), pads->at(i), pads->at(i + axes.size()), call.text("mode", "constant"),
               constant);
  return one(std::move(x));
}

// --- shapes and constants

Results shape(const Call& call) {
  const Dims& dims = call.input(0).shape();
  const auto rank = static_cast<std::int64_t>(dims.size());
  const auto place = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const std::int64_t start = place(call.integer("start", 0)), end = place(call.integer("end", rank));
  if (start >= end) return one(Array(Dims{0}, Dims{}));
  return one(Array(Dims{end - start}, Dims(dims.begin() + start, dims.begin() + end)));
}

Results size(const Call& call) { return one(Array(Dims{}, Dims{static_cast<std::int64_t>(call.input(0).count())})); }

const graph::Literal* literal(const Call& call) {
  for (const graph::Attribute& each : call.attributes)
    if (each.name == "value") return std::get_if<graph::Literal>(&each.value);
  return nullptr;
}

Results constant(const Call& call) {
  if (const graph::Literal* value = literal(call)) return one(read_literal(*value));
  if (call.has("value_float")) return one(Array(Dims{}, std::vector<float>{call.number("value_float", 0)}));
  if (call.has("value_int")) return one(Array(Dims{}, Dims{call.integer("value_int", 0)}));
  if (call.has("value_floats")) {
    std::vector<float> values = call.numbers("value_floats", {});
    const auto length = static_cast<std::int64_t>(values.size());
    return one(Array(Dims{length}, std::move(values)));
  }
  if (!call.has("value_ints")) throw std::invalid_argument("a constant without a value that is known");
  Dims values = call.integers("value_ints", {});
  const auto length = static_cast<std::int64_t>(values.size());
  return one(Array(Dims{length}, std::move(values)));
}

Results constant_of_shape(const Call& call) {
  const Dims shape = call.input(0).ints();
  const graph::Literal* value = literal(call);
  const Array element = value == nullptr ? float_array({1}, {0}) : read_literal(*value);
  return one(take(element, shape, std::vector<std::size_t>(count(shape), 0)));
}

constexpr OperatorRow kShapeRows[] = {
    {"Reshape", reshape},
    {"Flatten", flatten},
    {"Squeeze", squeeze},
    {"Unsqueeze", unsqueeze},
    {"Transpose", transpose},
    {"DepthToSpace", depth_to_space},
    {"SpaceToDepth", space_to_depth},
    {"Concat", concat},
    {"Split", split},
    {"Slice", slice},
    {"Gather", gather},
    {"Expand", expand},
    {"Tile", tile},
    {"Pad", pad},
    {"Shape", shape},
    {"Size", size},
    {"Constant", constant},
    {"ConstantOfShape", constant_of_shape},
};

}  // namespace

std::span<const OperatorRow> shape_rows() { return kShapeRows; }

}  // namespace rw::evaluator
