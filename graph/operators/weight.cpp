// Where weights, biases and factors are, operator by operator (ONNX operator specification).
#include <fmt/format.h>

#include <cassert>

#include "graph/operators/form_functions.hpp"

namespace rw::graph {
namespace {

View view_of(std::initializer_list<std::int64_t> dims) {
  View view;
  for (const std::int64_t dim : dims) view.dims[static_cast<std::size_t>(view.rank++)] = dim;
  return view;
}

// The product of dimensions [first, last) of a constant, whose elements were counted when it was read.
std::int64_t constant_extent(const Shape& shape, int first, int last) {
  const auto all = product(shape.dims(), AxisMask::range(first, last));
  assert(all);
  return *all;
}

bool constant_float(const Node& node, std::size_t slot, std::string_view what, std::string& why) {
  if (!node.has(slot))
    why = fmt::format("its {} is missing", what);
  else if (!node.is_constant(slot))
    why = fmt::format("its {} '{}' is no constant", what, node.tensor(slot).name);
  else if (!floating(node.tensor(slot).dtype))
    why = fmt::format("its {} '{}' is {}", what, node.tensor(slot).name, name(node.tensor(slot).dtype));
  else
    return true;
  return false;
}

std::optional<std::uint32_t> optional_slot(const Node& node, std::uint32_t slot) {
  return node.has(slot) ? std::optional(slot) : std::nullopt;
}

// Weight [first, second/group, kernel...]: [group, first/group, second/group, kernel].
std::optional<Linear> convolution(const Node& node, bool transposed, std::string& why) {
  Linear linear;
  if (!constant_float(node, 1, "weight", why)) return std::nullopt;
  linear.bias = optional_slot(node, 2);
  if (linear.bias && !constant_float(node, 2, "bias", why)) return std::nullopt;
  const Shape weight = node.shape(1);
  const std::int64_t group = node.integer("group", 1);
  if (weight.rank() < 3 || group <= 0 || weight[0] % group != 0) {
    why = fmt::format("its weight {} does not fit group = {}", to_string(weight), group);
    return std::nullopt;
  }
  linear.view = view_of({group, weight[0] / group, weight[1], constant_extent(weight, 2, weight.rank())});
  linear.out_axes = AxisMask::of({0, transposed ? 2 : 1});
  linear.in_axes = AxisMask::of({0, transposed ? 1 : 2});
  return linear;
}

// What of BatchNormalization is not y = scale (x - mean) / sqrt(var) + bias by its inputs; empty: it is. Before
// operator set 14 further outputs, and before 7 is_test = 0, say that it trains: by the statistics of the batch at
// hand.
std::string_view other_batch_normalization(const Node& node) {
  if (node.integer("training_mode") != 0) return "training_mode = 1";
  for (std::size_t slot = 1; slot < node.op().outputs.size(); ++slot)
    if (node.output(slot) != kNone) return "it gives statistics of the batch, as in training";
  const auto opset = node.network().opset();
  const bool has_is_test = (opset && *opset < 7) || node.op().find("is_test");
  if (has_is_test && node.integer("is_test", 0) == 0) return "is_test = 0: it trains";
  if (node.integer("spatial", 1) == 0) return "spatial = 0: it normalizes each position";
  return {};
}

}  // namespace

namespace input_of {

Dims linear(const Node& node) {
  const Shape weight = node.shape(1);
  if (!node.is_constant(1) || weight.rank() < 2) return std::nullopt;
  std::vector<std::int64_t> dims(static_cast<std::size_t>(weight.rank()), kUnknown);
  std::string why;
  const auto linear = node.form().linear(node, why);
  if (!linear) return dims;
  dims[1] = product(linear->view.span(), linear->in_axes).value_or(kUnknown);
  return dims;
}

Dims matrix(const Node& node) {
  const Shape weight = node.shape(1);
  if (!node.is_constant(1) || weight.rank() != 2) return std::nullopt;
  return dims_of({kUnknown, weight[0]});
}

}  // namespace input_of

namespace weight_of {

std::optional<Linear> conv(const Node& node, std::string& why) { return convolution(node, false, why); }
std::optional<Linear> conv_transpose(const Node& node, std::string& why) { return convolution(node, true, why); }

std::optional<Linear> gemm(const Node& node, std::string& why) {
  Linear linear;
  if (node.integer("transA") != 0) {
    why = "transA = 1: the batch of its input stands last";
    return std::nullopt;
  }
  if (!constant_float(node, 1, "weight", why)) return std::nullopt;
  linear.bias = optional_slot(node, 2);
  if (linear.bias && !constant_float(node, 2, "bias", why)) return std::nullopt;
  linear.bias_broadcasts = true;
  const Shape weight = node.shape(1);
  if (weight.rank() != 2) {
    why = fmt::format("its weight {} is no matrix", to_string(weight));
    return std::nullopt;
  }
  const bool transposed = node.integer("transB") != 0;
  linear.view = view_of({weight[0], weight[1]});
  linear.out_axes = AxisMask::single(transposed ? 0 : 1);
  linear.in_axes = AxisMask::single(transposed ? 1 : 0);
  return linear;
}

std::optional<Linear> matmul(const Node& node, std::string& why) {
  const bool left = node.is_constant(0);
  if (left == node.is_constant(1)) {
    why = left ? "both of its inputs are constants" : "neither of its inputs is a constant";
    return std::nullopt;
  }
  Linear linear;
  linear.weight = left ? 0 : 1;
  linear.activation = left ? 1 : 0;
  if (!constant_float(node, linear.weight, "weight", why)) return std::nullopt;
  const Shape weight = node.shape(linear.weight);
  const Shape in = node.shape(linear.activation);
  if (weight.rank() < 2 || (in.known() && in.rank() < 2)) {
    why = fmt::format("one of its inputs is a vector: {} by {}", to_string(node.shape(0)), to_string(node.shape(1)));
    return std::nullopt;
  }
  linear.view =
      view_of({constant_extent(weight, 0, weight.rank() - 2), weight[weight.rank() - 2], weight[weight.rank() - 1]});
  linear.out_axes = AxisMask::single(left ? 1 : 2);
  linear.in_axes = AxisMask::single(left ? 2 : 1);
  return linear;
}

std::optional<Linear> user(const Node& node, std::string& why) {
  const UserForm& where = node.form().user;
  Linear linear;
  linear.weight = static_cast<std::uint32_t>(where.weight.value_or(1));
  if (!constant_float(node, linear.weight, "weight", why)) return std::nullopt;
  if (where.bias) linear.bias = optional_slot(node, static_cast<std::uint32_t>(*where.bias));
  if (linear.bias && !constant_float(node, *linear.bias, "bias", why)) return std::nullopt;
  const Shape weight = node.shape(linear.weight);
  const auto out = weight.axis(where.weight_out), in = weight.axis(where.weight_in);
  if (!out || !in || *out == *in) {
    why = fmt::format("its weight {} has no axes weight_out = {} and weight_in = {}", to_string(weight),
                      where.weight_out, where.weight_in);
    return std::nullopt;
  }
  // Everything before, between and behind the two axes.
  const int first = std::min(*out, *in), second = std::max(*out, *in);
  linear.view = view_of({constant_extent(weight, 0, first), weight[first], constant_extent(weight, first + 1, second),
                         weight[second], constant_extent(weight, second + 1, weight.rank())});
  linear.out_axes = AxisMask::single(*out < *in ? 1 : 3);
  linear.in_axes = AxisMask::single(*out < *in ? 3 : 1);
  return linear;
}

std::optional<Affine> batch_normalization(const Node& node, std::string& why) {
  why = other_batch_normalization(node);
  if (!why.empty()) return std::nullopt;
  constexpr std::string_view kNames[] = {"input", "scale", "bias", "mean", "variance"};
  for (std::size_t slot = 1; slot < 5; ++slot)
    if (!constant_float(node, slot, kNames[slot], why)) return std::nullopt;
  return Affine{.activation = 0, .factor = 1, .divides = false, .bias = 2, .mean = 3};
}

std::optional<Affine> multiply(const Node& node, std::string& why) {
  const bool left = node.is_constant(0);
  if (node.input_count() != 2 || left == node.is_constant(1)) {
    why = left ? "both of its inputs are constants" : "neither of its inputs is a constant";
    return std::nullopt;
  }
  Affine affine;
  affine.factor = left ? 0 : 1;
  affine.activation = left ? 1 : 0;
  if (!constant_float(node, affine.factor, "factor", why)) return std::nullopt;
  return affine;
}

std::optional<Affine> divide(const Node& node, std::string& why) {
  if (node.is_constant(0) || !node.is_constant(1)) {
    why = node.is_constant(0) ? "it divides by an activation" : "neither of its inputs is a constant";
    return std::nullopt;
  }
  if (!constant_float(node, 1, "divisor", why)) return std::nullopt;
  return Affine{.activation = 0, .factor = 1, .divides = true};
}

// Factor and bias behind the normalization; their shapes are the law's to judge.
std::optional<Affine> normalization(const Node& node, std::string& why) {
  Affine affine;
  if (!constant_float(node, affine.factor, "scale", why)) return std::nullopt;
  affine.bias = optional_slot(node, 2);
  if (affine.bias && !constant_float(node, 2, "bias", why)) return std::nullopt;
  return affine;
}

std::optional<Affine> user_affine(const Node& node, std::string& why) {
  const UserForm& where = node.form().user;
  Affine affine;
  affine.factor = static_cast<std::uint32_t>(where.weight.value_or(1));
  if (!constant_float(node, affine.factor, "factor", why)) return std::nullopt;
  const auto take = [&](const std::optional<std::int64_t>& slot, std::string_view what,
                        std::optional<std::uint32_t>& into) {
    if (!slot || !node.has(static_cast<std::size_t>(*slot))) return true;
    into = static_cast<std::uint32_t>(*slot);
    return constant_float(node, *into, what, why);
  };
  if (!take(where.bias, "bias", affine.bias) || !take(where.mean, "mean", affine.mean)) return std::nullopt;
  return affine;
}

}  // namespace weight_of
}  // namespace rw::graph
