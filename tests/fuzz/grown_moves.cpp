// The moves of GrownNet: each adds one operator or a few, with attributes as odd as they come.
#include <algorithm>
#include <array>
#include <numeric>

#include "tests/fuzz/grown_net.hpp"

namespace rw::fuzz {
namespace {

using graph::DType;
using test::Dims;
using test::NetAttributes;

std::int64_t signed_axis(Draw& draw, std::int64_t axis, std::size_t rank) {
  return draw.chance(80) ? axis - static_cast<std::int64_t>(rank) : axis;
}

std::int64_t any_axis(GrownNet& g, const Dims& shape) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  return signed_axis(g.draw(), g.draw().between(0, rank - 1), shape.size());
}

// Some axes, each once, at least one.
Dims some_axes(GrownNet& g, std::size_t rank) {
  const std::uint8_t mask = g.draw().byte();
  Dims axes;
  for (std::size_t i = 0; i < rank; ++i)
    if ((mask >> i) & 1U) axes.push_back(signed_axis(g.draw(), static_cast<std::int64_t>(i), rank));
  if (axes.empty()) axes.push_back(signed_axis(g.draw(), static_cast<std::int64_t>(rank) - 1, rank));
  if (mask & 128U) std::reverse(axes.begin(), axes.end());
  return axes;
}

// --- layers

// Strides, dilations and pads for windows over these spatial sizes, each of them given or not.
NetAttributes window(GrownNet& g, const Dims& kernel, bool dilates = true) {
  Draw& draw = g.draw();
  NetAttributes attributes;
  const std::uint8_t which = draw.byte();
  const auto all = [&](std::int64_t low, std::int64_t high, std::size_t times = 1) {
    Dims list;
    for (std::size_t i = 0; i < times * kernel.size(); ++i) list.push_back(draw.between(low, high));
    return list;
  };
  if (which & 1U) attributes.emplace_back("strides", all(1, 2));
  if (dilates && (which & 6U) == 6U) attributes.emplace_back("dilations", all(1, 2));
  if ((which & 24U) == 24U)
    attributes.emplace_back("auto_pad", draw.pick({"VALID", "SAME_UPPER", "SAME_LOWER", "NOTSET"}));
  else if (which & 8U)
    attributes.emplace_back("pads", all(0, 1, 2));
  return attributes;
}

Dims kernel_of(GrownNet& g, const Dims& shape, std::int64_t most) {
  Dims kernel;
  for (std::size_t i = 2; i < shape.size(); ++i) kernel.push_back(g.draw().between(1, std::min(most, shape[i])));
  return kernel;
}

std::int64_t groups(GrownNet& g, std::int64_t channels) {
  const std::int64_t group = g.draw().pick<std::int64_t>({1, 1, 2, 3, 4, channels});
  return channels % group == 0 ? group : 1;
}

void convolution(GrownNet& g) {
  const auto x = g.pick_float(3, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x), kernel = kernel_of(g, shape, 2);
  const std::int64_t group = groups(g, shape[1]), out = group * draw.between(1, std::max<std::int64_t>(1, 4 / group));
  Dims weight = {out, shape[1] / group};
  weight.insert(weight.end(), kernel.begin(), kernel.end());
  NetAttributes attributes = window(g, kernel);
  if (group != 1 || draw.chance(128)) attributes.emplace_back("group", group);
  if (draw.chance(128)) attributes.emplace_back("kernel_shape", kernel);
  std::vector<std::string> inputs = {x->name, g.floats(weight, x->dtype, -1, 1, draw.between(0, 1))};
  if (draw.chance(160)) inputs.push_back(g.floats({out}, x->dtype, -1, 1, 0));
  std::string type = "Conv";
  if (draw.chance(32) && x->dtype == DType::float32) {
    type = "com.microsoft::FusedConv";
    const std::string activation = draw.pick({"Relu", "LeakyRelu", "Tanh", "Sigmoid", "Clip"});
    attributes.emplace_back("activation", activation);
    if (activation == "LeakyRelu") attributes.emplace_back("activation_params", std::vector<double>{0.25});
    if (activation == "Clip") attributes.emplace_back("activation_params", std::vector<double>{0.0, 1.0});
  }
  g.add(type, inputs, attributes, {x->dtype});
}

void transposed_convolution(GrownNet& g) {
  const auto x = g.pick_float(3, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x), kernel = kernel_of(g, shape, 2);
  const std::int64_t group = groups(g, shape[1]), each = draw.between(1, 2);
  Dims weight = {shape[1], each};
  weight.insert(weight.end(), kernel.begin(), kernel.end());
  NetAttributes attributes = window(g, kernel);
  attributes.emplace_back("group", group);
  std::vector<std::string> inputs = {x->name, g.floats(weight, x->dtype, -1, 1, draw.between(0, 1))};
  if (draw.chance(128)) inputs.push_back(g.floats({group * each}, x->dtype));
  g.add("ConvTranspose", inputs, attributes, {x->dtype});
}

void gemm(GrownNet& g) {
  const auto x = g.pick_float(2, 2);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  const std::uint8_t form = draw.byte();
  const std::int64_t trans_a = form % 8 == 0, trans_b = form / 8 % 2, n = draw.between(1, 4);
  const bool swapped = form / 16 % 8 == 0;
  const std::int64_t k = swapped ? shape[trans_b ? 1 : 0] : shape[trans_a ? 0 : 1];
  const Dims matrix =
      (swapped ? trans_a : trans_b) != 0 ? (swapped ? Dims{k, n} : Dims{n, k}) : (swapped ? Dims{n, k} : Dims{k, n});
  const std::string w = g.floats(matrix, x->dtype, -1, 1, draw.between(0, 1));
  std::vector<std::string> inputs = swapped ? std::vector{w, x->name} : std::vector{x->name, w};
  const Dims result = {swapped ? n : shape[trans_a ? 1 : 0], swapped ? shape[trans_b ? 0 : 1] : n};
  if (draw.chance(160)) inputs.push_back(g.floats(g.spread(result), x->dtype));
  NetAttributes attributes;
  if (trans_a || draw.chance(64)) attributes.emplace_back("transA", trans_a);
  if (trans_b || draw.chance(64)) attributes.emplace_back("transB", trans_b);
  if (draw.chance(64)) attributes.emplace_back("alpha", draw.pick({0.5, 2.0, -1.0, 0.0}));
  if (draw.chance(64)) attributes.emplace_back("beta", draw.pick({0.5, 2.0, -1.0, 0.0}));
  g.add("Gemm", inputs, attributes, {x->dtype});
}

void matmul(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  const std::uint8_t form = draw.byte();
  if (form < 48) {
    if (const auto other = g.pick_float(1, 5)) g.add("MatMul", {x->name, other->name}, {}, {x->dtype});
    return;
  }
  const bool left = form < 80;  // the constant stands on the left
  const std::int64_t k = left && shape.size() > 1 ? shape[shape.size() - 2] : shape.back(), n = draw.between(1, 4);
  Dims weight = left ? Dims{n, k} : Dims{k, n};
  if (form % 8 == 1) weight = {k};
  if (form % 8 == 2) weight.insert(weight.begin(), draw.between(1, 2));
  if (form % 8 == 3 && shape.size() > 2) weight.insert(weight.begin(), shape[shape.size() - 3]);
  const std::string w = g.floats(weight, x->dtype, -1, 1, draw.between(0, static_cast<int>(weight.size()) - 1));
  g.add("MatMul", left ? std::vector{w, x->name} : std::vector{x->name, w}, {}, {x->dtype});
}

// --- normalizations

void batch_normalization(GrownNet& g) {
  const auto x = g.pick_float(2, 5);
  if (!x) return;
  const Dims channels = {g.shape(*x)[1]};
  NetAttributes attributes;
  if (g.draw().chance(64)) attributes.emplace_back("epsilon", g.draw().pick({1e-3, 0.0, 0.5}));
  g.add("BatchNormalization",
        {x->name, g.floats(channels, x->dtype, -1, 1, 0), g.floats(channels, x->dtype),
         g.floats(channels, x->dtype, -0.5, 0.5), g.floats(channels, x->dtype, 0.5, 2)},
        attributes, {x->dtype});
}

void normalization(GrownNet& g) {
  const auto x = g.pick_float(2, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  const std::uint8_t form = draw.byte();
  if (form % 4 == 0) {
    const Dims channels = {shape[1]};
    g.add("InstanceNormalization", {x->name, g.floats(channels, x->dtype, -1, 1, 0), g.floats(channels, x->dtype)}, {},
          {x->dtype});
  } else if (form % 4 == 1 && g.opset() >= 18) {
    const std::int64_t group = groups(g, shape[1]);
    const Dims values = {g.opset() >= 21 ? shape[1] : group};
    g.add("GroupNormalization", {x->name, g.floats(values, x->dtype, -1, 1, 0), g.floats(values, x->dtype)},
          {{"num_groups", group}}, {x->dtype});
  } else {
    const std::int64_t axis = draw.between(0, static_cast<std::int64_t>(shape.size()) - 1);
    const Dims scale = Dims(shape.begin() + axis, shape.end());
    NetAttributes attributes = {{"axis", signed_axis(draw, axis, shape.size())}};
    std::vector<std::string> inputs = {x->name, g.floats(scale, x->dtype, -1, 1, draw.between(0, 1))};
    if (form % 4 == 2) {
      if (draw.chance(128)) inputs.push_back(g.floats(scale, x->dtype));
      // With Mean and InvStdDev, which have another shape.
      const std::size_t more = x->dtype == DType::float32 ? form / 4 % 4 % 3 : 0;
      g.add("LayerNormalization", inputs, attributes, std::vector<DType>(1 + more, x->dtype));
    } else {
      g.add("RMSNormalization", inputs, attributes, {x->dtype});
    }
  }
}

// --- one input, element by element

void pass(GrownNet& g) {
  const auto x = g.pick_float(0, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const std::uint8_t form = draw.byte() % 16;
  const auto constant = [&](double value) {
    return g.net().constant(g.name("c"), test::float_array({}, {static_cast<float>(value)}), x->dtype);
  };
  if (form < 5) {
    g.add(draw.pick({"Relu", "Abs", "Neg", "Identity", "Relu"}), {x->name}, {}, {x->dtype});
  } else if (form < 7) {
    NetAttributes attributes;
    if (draw.chance(160)) attributes.emplace_back("alpha", draw.pick({0.25, -0.5, 0.0, 1.5}));
    g.add("LeakyRelu", {x->name}, attributes, {x->dtype});
  } else if (form < 9) {
    g.add("PRelu", {x->name, g.floats(g.spread(g.shape(*x)), x->dtype, draw.chance(64) ? -1 : 0.125)}, {}, {x->dtype});
  } else if (form < 12) {
    const std::uint8_t bounds = draw.byte();
    const double low = draw.pick({0.0, -0.5, 0.25}), high = draw.pick({0.5, 0.0, 6.0, 1.0});
    if (g.opset() < 11) {
      NetAttributes attributes;
      if (bounds & 1U) attributes.emplace_back("min", low);
      if (bounds & 2U) attributes.emplace_back("max", high);
      g.add("Clip", {x->name}, attributes, {x->dtype});
    } else {
      std::vector<std::string> inputs = {x->name, bounds & 1U ? constant(low) : ""};
      if (bounds & 2U) inputs.push_back(constant(high));
      while (inputs.back().empty()) inputs.pop_back();
      g.add("Clip", inputs, {}, {x->dtype});
    }
  } else if (form < 14) {
    std::vector<std::string> inputs = {x->name};
    if (g.opset() >= 12 && draw.chance(128)) inputs.push_back(constant(0.25));
    if (draw.chance(64))
      g.add("Dropout", inputs, {}, {x->dtype, DType::boolean});
    else
      g.add("Dropout", inputs, {}, {x->dtype});
  } else {
    const DType to = draw.pick({DType::float32, DType::float64, DType::float16, DType::float32});
    g.add("Cast", {x->name}, {{"to", graph::row(to).onnx}}, {to});
  }
}

void curve(GrownNet& g) {
  const auto x = g.pick_float(0, 5);
  if (!x) return;
  Draw& draw = g.draw();
  static constexpr std::array kCurves = {
      "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Elu", "Celu", "Selu", "Softplus", "Softsign",  "ThresholdedRelu",
      "Mish",    "Gelu", "Exp",         "Erf",       "Sin", "Cos",  "Sqrt", "Log",      "Reciprocal"};
  const std::string type = draw.pick(kCurves);
  if (type == "ThresholdedRelu") g.jumps();
  g.add(type, {x->name}, {}, {x->dtype});
}

void softmax(GrownNet& g) {
  if (const auto x = g.pick_float(1, 5))
    g.add(g.draw().pick({"Softmax", "LogSoftmax"}), {x->name}, {{"axis", any_axis(g, g.shape(*x))}}, {x->dtype});
}

// --- pooling and reductions

void pool(GrownNet& g) {
  const auto x = g.pick_float(3, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const std::uint8_t form = draw.byte() % 8;
  if (form < 3) {
    const std::string type = draw.pick({"GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"});
    NetAttributes attributes;
    if (type == "GlobalLpPool" && draw.chance(128)) attributes.emplace_back("p", draw.between(1, 4));
    g.add(type, {x->name}, attributes, {x->dtype});
    return;
  }
  const Dims kernel = kernel_of(g, g.shape(*x), 3);
  NetAttributes attributes = window(g, kernel, form < 5);
  attributes.emplace_back("kernel_shape", kernel);
  if (form < 5) {
    if (draw.chance(64)) attributes.emplace_back("ceil_mode", 1);
    if (draw.chance(48))
      g.add("MaxPool", {x->name}, attributes, {x->dtype, DType::int64});
    else
      g.add("MaxPool", {x->name}, attributes, {x->dtype});
  } else if (form < 7) {
    if (draw.chance(64)) attributes.emplace_back("ceil_mode", 1);
    if (draw.chance(64)) attributes.emplace_back("count_include_pad", 1);
    g.add("AveragePool", {x->name}, attributes, {x->dtype});
  } else {
    attributes.emplace_back("p", draw.between(1, 4));
    g.add("LpPool", {x->name}, attributes, {x->dtype});
  }
}

// A MaxPool, and what puts elements back: where its own indices say, or those of another tensor, or any; into a picture
// of the shape of before, or one whose axes are in another order.
void unpool(GrownNet& g) {
  const auto x = g.pick_float(3, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const std::uint8_t form = draw.byte();
  const Dims shape = g.shape(*x), kernel = kernel_of(g, shape, 2);
  const NetAttributes attributes = {{"kernel_shape", kernel}, {"strides", kernel}};
  const auto pooled = [&](const std::string& tensor) {
    const bool made = g.add("MaxPool", {tensor}, attributes, {x->dtype, DType::int64});
    return made ? g.net().nodes().back().outputs : std::vector<std::string>();
  };
  const std::vector<std::string> mine = pooled(x->name);
  if (mine.empty()) return;
  std::string values = mine[0], indices = mine[1];
  if (form % 4 == 1) {
    const std::vector<std::string> others = pooled(g.like(*x)->name);
    if (!others.empty()) indices = others[1];
  } else if (form % 4 == 2) {
    Dims places(test::count(g.net().shape(values)));
    for (std::int64_t& each : places)
      each = g.net().random().between(0, static_cast<std::int64_t>(test::count(shape)) - 1);
    indices = g.ints(places, g.net().shape(values));
  } else if (form % 4 == 3 && g.add("Relu", {values}, {}, {x->dtype})) {
    values = g.net().nodes().back().outputs[0];
  }
  Dims to = shape;
  if (form >= 200) std::reverse(to.begin() + 1, to.end());
  g.jumps();
  g.add("MaxUnpool", {values, indices, g.ints(to)}, attributes, {x->dtype});
}

void reduction(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x) return;
  Draw& draw = g.draw();
  static constexpr std::array kTypes = {"ReduceMean", "ReduceSum", "ReduceMax",       "ReduceMin",
                                        "ReduceL1",   "ReduceL2",  "ReduceSumSquare", "ReduceProd"};
  const std::string type = draw.pick(kTypes);
  const bool by_input = g.opset() >= (type == "ReduceSum" ? 13 : 18);
  std::vector<std::string> inputs = {x->name};
  NetAttributes attributes;
  if (draw.chance(208)) {
    const Dims axes = some_axes(g, g.shape(*x).size());
    if (by_input)
      inputs.push_back(g.ints(axes));
    else
      attributes.emplace_back("axes", axes);
  } else if (by_input && draw.chance(128)) {
    if (draw.chance(128)) inputs.push_back(g.ints({}));
    attributes.emplace_back("noop_with_empty_axes", 1);
  }
  if (draw.chance(160)) attributes.emplace_back("keepdims", draw.between(0, 1));
  g.add(type, inputs, attributes, {x->dtype});
}

// --- arithmetic

// An operand: another wire of the same shape or one that spreads, the same again, or a constant.
std::string operand(GrownNet& g, const Wire& x) {
  Draw& draw = g.draw();
  const std::uint8_t form = draw.byte();
  if (form < 96)
    if (const auto other = g.like(x)) return other->name;
  if (form < 112) return x.name;
  if (form < 144) {
    const Wire other = g.pick();
    if (other.dtype == x.dtype) return other.name;
  }
  const Dims shape = g.spread(g.shape(x));
  return g.floats(shape, x.dtype, form % 4 == 0 ? 0.5 : -1, 1, shape.size() > 1 ? 1 : 0);
}

void arithmetic(GrownNet& g) {
  const auto x = g.pick_float(0, 5);
  if (!x) return;
  Draw& draw = g.draw();
  static constexpr std::array kTypes = {"Add", "Mul", "Add", "Sub", "Sum", "Max", "Min", "Mean", "Div", "Mul"};
  const std::string type = draw.pick(kTypes);
  std::vector<std::string> inputs = {x->name, operand(g, *x)};
  const bool several = type == "Sum" || type == "Max" || type == "Min" || type == "Mean";
  if (several && draw.chance(96)) inputs.push_back(operand(g, *x));
  if (several && draw.chance(24)) inputs.resize(1);
  if (draw.chance(80)) std::reverse(inputs.begin(), inputs.end());
  g.add(type, inputs, {}, {x->dtype});
}

void gate(GrownNet& g) {
  const auto x = g.pick_float(0, 5);
  if (!x) return;
  const auto of = g.draw().chance(128) ? g.like(*x) : x;
  if (!of || !g.add("Sigmoid", {of->name}, {}, {x->dtype})) return;
  const std::string gate = g.net().nodes().back().outputs[0];
  g.add(g.draw().chance(200) ? "Mul" : "Div", {x->name, gate}, {}, {x->dtype});
}

void choice(GrownNet& g) {
  const auto x = g.pick_float(0, 5);
  if (!x) return;
  Draw& draw = g.draw();
  std::string condition;
  if (draw.chance(128)) {
    const Dims shape = g.spread(g.shape(*x));
    Dims values(test::count(shape));
    for (std::int64_t& value : values) value = g.net().random().between(0, 1);
    condition = g.net().constant(g.name("b"), test::int_array(shape, values), DType::boolean);
  } else {
    g.jumps();
    if (!g.add(draw.pick({"Greater", "Less", "Equal"}), {x->name, operand(g, *x)}, {}, {DType::boolean})) return;
    condition = g.net().nodes().back().outputs[0];
  }
  const std::string a = x->name, b = operand(g, *x);
  g.add("Where", draw.chance(128) ? std::vector{condition, a, b} : std::vector{condition, b, a}, {}, {x->dtype});
}

void jump(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x) return;
  Draw& draw = g.draw();
  g.jumps();
  const std::uint8_t form = draw.byte() % 4;
  if (form < 2) {
    g.add(draw.pick({"Floor", "Ceil", "Round", "Sign"}), {x->name}, {}, {x->dtype});
  } else if (form == 2) {
    g.add("ArgMax", {x->name}, {{"axis", any_axis(g, g.shape(*x))}, {"keepdims", draw.between(0, 1)}}, {DType::int64});
  } else {
    const DType to = draw.pick({DType::int64, DType::boolean, DType::int32});
    g.add("Cast", {x->name}, {{"to", graph::row(to).onnx}}, {to});
  }
}

void integer_to_float(GrownNet& g) {
  const Wire x = g.pick();
  if (!graph::floating(x.dtype)) g.add("Cast", {x.name}, {{"to", 1}}, {DType::float32});
}

// --- side by side, and parts

void concat(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  std::vector<std::string> inputs = {x->name};
  const std::int64_t axis =
      draw.chance(128) && shape.size() > 1 ? 1 : draw.between(0, static_cast<std::int64_t>(shape.size()) - 1);
  for (std::int64_t i = draw.between(0, 2); i >= 0; --i) {
    const std::uint8_t form = draw.byte();
    Dims other = shape;
    other[static_cast<std::size_t>(axis)] = draw.between(1, 2);
    const auto like = g.like(*x);
    if (form < 40 || !like)
      inputs.push_back(g.floats(other, x->dtype));
    else
      inputs.push_back(form < 200 ? like->name : g.pick().name);
  }
  if (draw.chance(64)) std::reverse(inputs.begin(), inputs.end());
  g.add("Concat", inputs, {{"axis", signed_axis(draw, axis, shape.size())}}, {x->dtype});
}

void split(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  const std::int64_t axis = draw.between(0, static_cast<std::int64_t>(shape.size()) - 1);
  const std::int64_t length = shape[static_cast<std::size_t>(axis)];
  NetAttributes attributes = {{"axis", signed_axis(draw, axis, shape.size())}};
  std::vector<std::string> inputs = {x->name};
  std::size_t parts = 2;
  if (length >= 2 && draw.chance(160)) {
    Dims lengths;
    for (std::int64_t left = length; left > 0;) {
      lengths.push_back(draw.between(1, left));
      left -= lengths.back();
    }
    parts = lengths.size();
    if (g.opset() >= 13)
      inputs.push_back(g.ints(lengths));
    else
      attributes.emplace_back("split", lengths);
  } else if (length % 2 != 0) {
    parts = static_cast<std::size_t>(length);
  }
  if (g.opset() >= 18 && inputs.size() == 1) attributes.emplace_back("num_outputs", parts);
  g.add("Split", inputs, attributes, std::vector<DType>(parts, x->dtype));
}

void slice(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x), axes = some_axes(g, shape.size());
  Dims starts, ends, steps;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    steps.push_back(draw.pick<std::int64_t>({1, 1, 2, -1, -2}));
    starts.push_back(draw.pick<std::int64_t>({0, 1, -1, -2, 100, INT64_MIN}));
    ends.push_back(draw.pick<std::int64_t>({INT64_MAX, 2, -1, 100, INT64_MIN, 3}));
  }
  if (g.opset() < 10)
    g.add("Slice", {x->name}, {{"axes", axes}, {"starts", starts}, {"ends", ends}}, {x->dtype});
  else if (draw.chance(128))
    g.add("Slice", {x->name, g.ints(starts), g.ints(ends), g.ints(axes), g.ints(steps)}, {}, {x->dtype});
  else
    g.add("Slice", {x->name, g.ints(starts), g.ints(ends), g.ints(axes)}, {}, {x->dtype});
}

void gather(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  const std::int64_t axis = draw.between(0, static_cast<std::int64_t>(shape.size()) - 1);
  const std::int64_t length = shape[static_cast<std::size_t>(axis)];
  const Dims as = draw.pick({Dims{2}, Dims{}, Dims{1}, Dims{3}, Dims{1, 2}, Dims{2, 2}});
  Dims indices(test::count(as));
  for (std::int64_t& index : indices) index = draw.between(-length, length - 1);
  const std::string at =
      draw.chance(64) ? g.net().constant(g.name("i"), test::int_array(as, indices), DType::int32) : g.ints(indices, as);
  NetAttributes attributes;
  if (axis != 0 || draw.chance(128)) attributes.emplace_back("axis", signed_axis(draw, axis, shape.size()));
  g.add("Gather", {x->name, at}, attributes, {x->dtype});
}

// More than 128 channels, and bytes that speak of them: read as signed ones they would count from the end.
void wide(GrownNet& g) {
  auto x = g.pick_float(2, 5);
  if (!x) return;
  Draw& draw = g.draw();
  if (g.shape(*x).size() > 2) {
    if (!g.add("GlobalAveragePool", {x->name}, {}, {x->dtype})) return;
    x->name = g.net().nodes().back().outputs[0];
  }
  const std::int64_t few = g.shape(*x)[1], many = draw.between(140, 200);
  Dims copies(static_cast<std::size_t>(many));
  for (std::int64_t& each : copies) each = g.net().random().between(0, few - 1);
  if (!g.add("Gather", {x->name, g.ints(copies)}, {{"axis", 1}}, {x->dtype})) return;
  const std::string wider = g.net().nodes().back().outputs[0];
  Dims factor(g.net().shape(wider).size() - 1, 1);  // so that channels differ
  factor[0] = many;
  const std::string uneven = g.floats(factor, x->dtype, 0.5, 2, 0);
  if (!g.add("Mul", {wider, uneven}, {}, {x->dtype})) return;
  const std::string from = g.net().nodes().back().outputs[0];
  switch (draw.between(0, 2)) {
    case 0: {
      Dims chosen(static_cast<std::size_t>(draw.between(1, 4)));
      for (std::int64_t& each : chosen) each = draw.between(120, many - 1);
      g.add("Gather", {from, g.bytes(chosen)}, {{"axis", 1}}, {x->dtype});
      break;
    }
    case 1: {
      const std::int64_t first = draw.between(100, many - 2);
      if (g.opset() >= 10) g.add("Slice", {from, g.bytes({first}), g.bytes({many}), g.bytes({1})}, {}, {x->dtype});
      break;
    }
    default: {
      Dims to = g.net().shape(from);
      if (many % 2 == 0) to.insert(to.begin() + 2, 1);
      g.add("Reshape", {from, g.bytes(to)}, {}, {x->dtype});
    }
  }
}

// A table from which a computed index chooses.
void table(GrownNet& g) {
  const Wire x = g.pick();
  if (graph::floating(x.dtype) || x.dtype == DType::boolean) return;
  const test::Array& at = g.net().value(x.name);
  if (std::any_of(at.ints().begin(), at.ints().end(), [](std::int64_t each) { return each < -4 || each > 3; })) return;
  g.add("Gather", {g.floats({4, g.draw().between(1, 3)}, DType::float32, -1, 1, 1), x.name}, {}, {DType::float32});
}

// --- views

void reshape(GrownNet& g) {
  const auto x = g.pick_float(0, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  const auto elements = static_cast<std::int64_t>(test::count(shape));
  Dims to;
  switch (draw.between(0, 5)) {
    case 0:
      to = {-1};
      break;
    case 1:
      to = {0, -1};
      break;
    case 2:  // two axes become one
      to = shape;
      if (to.size() > 1) {
        const auto at = to.begin() + draw.between(0, static_cast<std::int64_t>(to.size()) - 2);
        at[1] *= at[0];
        to.erase(at);
      }
      break;
    case 3:  // one axis becomes two
      for (const std::int64_t dim : shape) {
        const std::int64_t first = draw.between(1, 3);
        if (dim % first == 0 && to.size() < 5) to.push_back(first);
        to.push_back(dim % first == 0 && to.size() < 6 ? dim / first : dim);
      }
      break;
    case 4: {
      const std::int64_t first = draw.between(1, 4), second = draw.between(1, 4);
      if (elements % (first * second) != 0) return;
      to = {first, second, -1};
      break;
    }
    default:  // reshaped as if the channels lay last
      to = shape;
      std::reverse(to.begin(), to.end());
  }
  if (to.size() > 5) return;
  if (std::accumulate(to.begin(), to.end(), std::int64_t{1}, std::multiplies<>()) > 0 && draw.chance(64)) {
    // the shape is computed: Shape, and a Concat of parts of it
    g.add("Shape", {x->name}, {}, {DType::int64});
  }
  g.add("Reshape", {x->name, g.ints(to)}, {}, {x->dtype});
}

// Reshape to [shape of x[: k], -1], computed from Shape.
void computed_reshape(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x || g.opset() < 10) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  if (!g.add("Shape", {x->name}, {}, {DType::int64})) return;
  const std::string whole = g.net().nodes().back().outputs[0];
  const std::int64_t kept = draw.between(0, static_cast<std::int64_t>(shape.size()) - 1);
  if (!g.add("Slice", {whole, g.ints({0}), g.ints({kept}), g.ints({0})}, {}, {DType::int64})) return;
  const std::string part = g.net().nodes().back().outputs[0];
  if (!g.add("Concat", {part, g.ints({-1})}, {{"axis", 0}}, {DType::int64})) return;
  g.add("Reshape", {x->name, g.net().nodes().back().outputs[0]}, {}, {x->dtype});
}

void flatten(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x) return;
  NetAttributes attributes;
  if (g.draw().chance(128))
    attributes.emplace_back("axis", g.draw().between(0, static_cast<std::int64_t>(g.shape(*x).size())));
  g.add("Flatten", {x->name}, attributes, {x->dtype});
}

void transpose(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x) return;
  const std::size_t rank = g.shape(*x).size();
  NetAttributes attributes;
  if (g.draw().chance(224)) {
    Dims perm(rank);
    std::iota(perm.begin(), perm.end(), std::int64_t{0});
    for (std::size_t i = 0; i + 1 < rank; ++i)
      std::swap(perm[i], perm[i + static_cast<std::size_t>(g.draw().between(0, static_cast<int>(rank - 1 - i)))]);
    attributes.emplace_back("perm", perm);
  }
  g.add("Transpose", {x->name}, attributes, {x->dtype});
}

void squeeze(GrownNet& g) {
  const auto x = g.pick_float(0, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  const bool more = draw.chance(128);
  if (more && shape.size() > 3) return;
  Dims axes;
  if (more) {
    axes = {signed_axis(draw, draw.between(0, static_cast<std::int64_t>(shape.size())), shape.size() + 1)};
    if (draw.chance(64)) axes = {0, static_cast<std::int64_t>(shape.size()) + 1};
  } else {
    for (std::size_t i = 0; i < shape.size(); ++i)
      if (shape[i] == 1 && draw.chance(160))
        axes.push_back(signed_axis(draw, static_cast<std::int64_t>(i), shape.size()));
    if (axes.empty() && (more || draw.chance(128))) return;
  }
  std::vector<std::string> inputs = {x->name};
  NetAttributes attributes;
  if (!axes.empty() && g.opset() >= 13) inputs.push_back(g.ints(axes));
  if (!axes.empty() && g.opset() < 13) attributes.emplace_back("axes", axes);
  g.add(more ? "Unsqueeze" : "Squeeze", inputs, attributes, {x->dtype});
}

void blocks(GrownNet& g) {
  const auto x = g.pick_float(4, 4);
  if (!x) return;
  NetAttributes attributes = {{"blocksize", 2}};
  const bool to_space = g.shape(*x)[1] % 4 == 0;
  if (to_space && g.opset() >= 11) attributes.emplace_back("mode", g.draw().pick({"DCR", "CRD"}));
  g.add(to_space ? "DepthToSpace" : "SpaceToDepth", {x->name}, attributes, {x->dtype});
}

void repeat(GrownNet& g) {
  const auto x = g.pick_float(1, 4);
  if (!x) return;
  Draw& draw = g.draw();
  Dims list;
  if (draw.chance(128)) {
    for (std::size_t i = 0; i < g.shape(*x).size(); ++i) list.push_back(draw.pick<std::int64_t>({1, 1, 2}));
    g.add("Tile", {x->name, g.ints(list)}, {}, {x->dtype});
    return;
  }
  list = g.shape(*x);
  for (std::int64_t& dim : list)
    if (dim == 1) dim = draw.between(1, 3);
  if (draw.chance(64)) list.insert(list.begin(), draw.between(1, 2));
  g.add("Expand", {x->name, g.ints(list)}, {}, {x->dtype});
}

// --- the rest

void pad(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  Dims pads(2 * shape.size(), 0);
  for (std::size_t i = 0; i < pads.size(); ++i)
    if ((i % shape.size() >= 2 || draw.chance(24)) && draw.chance(128)) pads[i] = draw.pick<std::int64_t>({1, 2, -1});
  const std::string mode = draw.pick({"constant", "reflect", "edge", "constant"});
  const double value = draw.pick({0.0, 0.0, 0.5, -1.0});
  if (g.opset() < 11) {
    g.add("Pad", {x->name}, {{"pads", pads}, {"mode", mode}, {"value", value}}, {x->dtype});
    return;
  }
  std::vector<std::string> inputs = {x->name, g.ints(pads)};
  if (draw.chance(128))
    inputs.push_back(g.net().constant(g.name("c"), test::float_array({}, {static_cast<float>(value)}), x->dtype));
  NetAttributes attributes;
  if (mode != "constant" || draw.chance(128)) attributes.emplace_back("mode", mode);
  g.add("Pad", inputs, attributes, {x->dtype});
}

void resize(GrownNet& g) {
  const auto x = g.pick_float(3, 4);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  std::vector<float> scales(shape.size(), 1);
  for (std::size_t i = draw.chance(24) ? 0 : 2; i < shape.size(); ++i) scales[i] = draw.pick({2.0F, 1.5F, 1.0F, 0.75F});
  const auto rank = static_cast<std::int64_t>(shape.size());
  NetAttributes attributes = {{"mode", draw.pick({"nearest", "linear"})}};
  const std::string factors = g.net().constant(g.name("c"), test::float_array({rank}, scales), DType::float32);
  if (g.opset() < 10) {
    g.add("Upsample", {x->name, factors}, attributes, {x->dtype});
    return;
  }
  attributes.emplace_back("coordinate_transformation_mode",
                          draw.pick({"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"}));
  if (draw.chance(128))
    attributes.emplace_back("nearest_mode", draw.pick({"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}));
  if (draw.chance(160)) {
    g.add("Resize", {x->name, "", factors}, attributes, {x->dtype});
    return;
  }
  Dims sizes = shape;
  for (std::size_t i = 2; i < sizes.size(); ++i) sizes[i] = draw.between(1, 4);
  g.add("Resize", {x->name, "", "", g.ints(sizes)}, attributes, {x->dtype});
}

void along(GrownNet& g) {
  const auto x = g.pick_float(1, 5);
  if (!x) return;
  Draw& draw = g.draw();
  const Dims shape = g.shape(*x);
  const std::int64_t axis = draw.between(0, static_cast<std::int64_t>(shape.size()) - 1);
  const std::int64_t length = shape[static_cast<std::size_t>(axis)];
  const std::int64_t said = signed_axis(draw, axis, shape.size());
  switch (draw.between(0, 4)) {
    case 0: {
      const std::string at = g.ints({said}, Dims{});
      g.add("CumSum", {x->name, at}, {{"exclusive", draw.between(0, 1)}, {"reverse", draw.between(0, 1)}}, {x->dtype});
      break;
    }
    case 1: {
      g.jumps();
      g.add("TopK", {x->name, g.ints({draw.between(1, length)})}, {{"axis", said}, {"largest", draw.between(0, 1)}},
            {x->dtype, DType::int64});
      break;
    }
    case 2: {
      Dims as = shape;
      as[static_cast<std::size_t>(axis)] = draw.between(1, 3);
      Dims indices(test::count(as));
      for (std::int64_t& index : indices) index = g.net().random().between(-length, length - 1);
      g.add("GatherElements", {x->name, g.ints(indices, as)}, {{"axis", said}}, {x->dtype});
      break;
    }
    case 3: {
      if (shape.size() < 2) return;
      std::vector<std::string> inputs = {x->name};
      if (draw.chance(128)) inputs.push_back(g.ints({draw.between(-2, 2)}, Dims{}));
      g.add("Trilu", inputs, {{"upper", draw.between(0, 1)}}, {x->dtype});
      break;
    }
    default: {
      if (shape.size() < 2) return;
      const bool swapped = draw.chance(128);
      Dims lengths(static_cast<std::size_t>(shape[swapped ? 0 : 1]));
      for (std::int64_t& each : lengths) each = draw.between(1, shape[swapped ? 1 : 0]);
      g.add("ReverseSequence", {x->name, g.ints(lengths)},
            {{"time_axis", swapped ? 1 : 0}, {"batch_axis", swapped ? 0 : 1}}, {x->dtype});
    }
  }
}

void sample(GrownNet& g) {
  const auto x = g.pick_float(4, 4);
  if (!x || x->dtype != DType::float32) return;
  const Dims shape = g.shape(*x);
  if (g.draw().chance(128))
    g.add("GridSample", {x->name, g.floats({shape[0], 2, 2, 2}, DType::float32)}, {}, {x->dtype});
  else
    g.add(
        "RoiAlign",
        {x->name, g.net().constant(g.name("c"), test::float_array({1, 4}, {0, 0, 2, 2}), DType::float32), g.ints({0})},
        {{"output_height", 2}, {"output_width", 1}}, {x->dtype});
}

constexpr std::array kMoves = {
    Move{40, convolution},
    Move{10, transposed_convolution},
    Move{22, gemm},
    Move{28, matmul},
    Move{14, batch_normalization},
    Move{14, normalization},
    Move{40, pass},
    Move{10, curve},
    Move{5, softmax},
    Move{14, pool},
    Move{12, reduction},
    Move{44, arithmetic},
    Move{8, gate},
    Move{8, choice},
    Move{5, jump},
    Move{3, integer_to_float},
    Move{20, concat},
    Move{12, split},
    Move{10, slice},
    Move{14, gather},
    Move{3, table},
    Move{18, reshape},
    Move{5, computed_reshape},
    Move{8, flatten},
    Move{14, transpose},
    Move{12, squeeze},
    Move{6, blocks},
    Move{8, repeat},
    Move{8, pad},
    Move{7, resize},
    Move{6, along},
    Move{2, sample},
    Move{3, unpool},
    Move{2, wide},
};

}  // namespace

std::span<const Move> moves() { return kMoves; }

}  // namespace rw::fuzz
