// Every operator against the evaluator, in drawn forms, alone and between layers.
#include <fmt/format.h>

#include <cmath>

#include "graph/model.hpp"
#include "graph/operators/infer.hpp"
#include "tests/executor/judged.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/operator_lines.hpp"
#include "tests/support/sandwich.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

constexpr double kBound = 2e-5;

// Values of the inputs; nothing where one of them is no numbers.
std::optional<Arrays> inputs_of(const OperatorLine& line) {
  Arrays inputs;
  for (std::size_t slot = 0; slot < line.inputs.size(); ++slot) {
    const auto& each = line.inputs[slot];
    if (!each || each->constant) continue;
    if (each->type == graph::DType::undefined) return std::nullopt;
    const std::string bytes = each->bytes();
    inputs[input_name(slot)] =
        read_literal({each->type, graph::Shape(each->dims), std::as_bytes(std::span(bytes.data(), bytes.size()))});
  }
  return inputs;
}

bool evaluator_runs(const graph::Network& network, const Arrays& inputs) {
  try {
    evaluate(network, inputs);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

// What a layer looks like behind another one: a convolution of one of all kinds.
LayerOptions drawn_layer(Random& random) {
  LayerOptions options;
  options.kernel = random.pick(std::vector<std::int64_t>{1, 2, 3, 5});
  options.stride = random.between(1, 2);
  options.dilation = random.between(1, 2);
  options.pad = random.between(0, 2);
  options.bias = random.chance(0.7);
  return options;
}

std::string described(const Net& net) {
  std::string text;
  for (const NetNode& node : net.nodes()) {
    text += fmt::format("{} = {}(", node.outputs[0], node.type);
    for (const std::string& input : node.inputs) text += fmt::format("{} {} ", input, to_string(net.shape(input)));
    text += ") ";
  }
  return text;
}

// A step behind a layer, fused or not: `x` has 4 axes.
std::string drawn_step(Net& net, const std::string& name, const std::string& x, Random& random) {
  const std::int64_t channels = net.shape(x)[1];
  const auto constant = [&](Dims shape) {
    std::vector<float> values(count(shape));
    for (float& value : values) value = static_cast<float>(random.uniform(0.5, 2));
    return net.constant(name + ".c", Array(std::move(shape), std::move(values)));
  };
  switch (random.between(0, 16)) {
    case 0:
      return net.relu(name, x);
    case 1:
      return net.clip(name, x, 0.0F, 6.0F);
    case 2:
      return net.op("LeakyRelu", name, {x}, {{"alpha", 0.1}});
    case 3:
      return net.op("Mul", name, {x, net.op("Sigmoid", name + ".s", {x})});
    case 4:
      return net.op("HardSigmoid", name, {x}, {{"alpha", 0.3}});
    case 5:
      return net.op("Mul", name, {net.op("HardSigmoid", name + ".h", {x}, {{"alpha", 1.0 / 6}}), x});
    case 6: {
      const auto three = net.op("Add", name + ".3", {x, net.constant(name + ".three", float_array({}, {3}))});
      const auto six = net.constant(name + ".six", float_array({}, {6}));
      const auto clip = net.clip(name + ".6", three, 0.0F, 6.0F);
      if (random.chance(0.5)) return net.op("Div", name, {net.op("Mul", name + ".m", {x, clip}), six});
      return net.op("Mul", name, {x, net.op("Div", name + ".d", {clip, six})});
    }
    case 7:
      return net.op("Add", name, {x, constant({1, channels, 1, 1})});
    case 8:
      return net.op("Mul", name, {constant({channels, 1, 1}), x});
    case 9:
      return net.op("Sub", name, {constant({1}), x});
    case 10:
      return net.op("Div", name, {x, constant({1, channels, 1, 1})});
    case 11:
      return net.op("Add", name, {x, constant({net.shape(x)[2], net.shape(x)[3]})});
    case 12:
      return net.batch_norm(name, x, 1);
    case 13:
      return net.op("Mul", name, {x, net.op("GlobalAveragePool", name + ".p", {x})});  // for each image
    case 14:
      return net.op(random.pick(std::vector<std::string>{"Tanh", "Elu", "Abs", "Neg", "HardSwish", "Softplus"}), name,
                    {x});
    default:
      return net.op("Max", name, {x, net.op("Neg", name + ".n", {x})});
  }
}

}  // namespace

TEST_CASE("every line of operators.txt gives what the evaluator gives", "[executor]") {
  const TemporaryFolder folder;
  std::size_t judged_lines = 0;
  for (const OperatorLine& line : operator_lines()) {
    for (const Spelling spelling : {Spelling::plain, Spelling::fed, Spelling::halves}) {
      INFO(line.text << ", spelling " << static_cast<int>(spelling));
      const OperatorLine written = spelled(line, spelling);
      write_file(folder / "m.onnx", onnx_model(line, spelling));
      graph::Model model = graph::read_model(folder / "m.onnx");
      graph::infer_shapes(model.network, graph::Forms(model.network));
      const auto inputs = inputs_of(written);
      if (!inputs || !evaluator_runs(model.network, *inputs)) continue;
      const Judged result = judged(model.network, *inputs, false);
      INFO(result.where);
      CHECK(result.difference <= kBound);
      ++judged_lines;
    }
  }
  CHECK(judged_lines > 200);
}

TEST_CASE("every operator between two layers gives what the evaluator gives", "[executor]") {
  for (const std::string& op : sandwich_operators()) {
    for (std::uint64_t seed = 1; seed <= unless_sanitized(6U, 1U); ++seed) {
      const auto sandwich = make_sandwich(op, seed);
      if (!sandwich) continue;
      INFO(sandwich->what << ", seed " << seed);
      const graph::Network network = sandwich->net->network();
      const Judged result = judged(network, sandwich->net->inputs(1), seed % 2 == 0);
      INFO(result.where);
      CHECK(result.difference <= kBound);
    }
  }
}

TEST_CASE("layers of all kinds with steps behind them give what the evaluator gives", "[executor]") {
  for (std::uint64_t seed = 1; seed <= unless_sanitized(150U, 25U); ++seed) {
    Random random(seed);
    Net net(seed);
    const std::int64_t batch = random.between(1, 3), group = random.pick(std::vector<std::int64_t>{1, 1, 2, 4});
    const std::int64_t in = group * random.between(1, 9), out = group * random.between(1, 9);
    const auto x = net.input("x", {batch, in, random.between(10, 14), random.between(10, 14)});
    LayerOptions options = drawn_layer(random);
    options.group = group;
    std::string last;
    if (random.chance(0.2)) {
      last = net.conv_transpose("a", x, out,
                                {.group = group, .kernel = random.between(1, 3), .stride = random.between(1, 3)});
    } else if (random.chance(0.25)) {
      last = net.depthwise("a", x, options);
    } else {
      last = net.conv("a", x, out, options);
    }
    const std::string layer = last;
    for (std::int64_t i = 0, steps = random.between(0, 4); i < steps; ++i)
      last = drawn_step(net, fmt::format("s{}", i), last, random);
    if (random.chance(0.4)) last = net.add("sum", random.chance(0.5) ? net.relu("other", layer) : layer, last);
    if (random.chance(0.3)) net.output(layer);
    net.output(last);
    net.output(net.conv("z", last, 3, {.kernel = 1}));
    const graph::Network network = net.network();
    INFO("seed " << seed);
    for (const bool watched : {false, true}) {
      const Judged result = judged(network, net.inputs(1), watched);
      INFO(result.where << " of " << described(net));
      CHECK(result.difference <= kBound);
    }
  }
}

// What fills blocks of channels up is 0, and 0 / 0, log 0 and 1 / 0 are what no layer behind may meet.
TEST_CASE("steps that make no number of zero give what the evaluator gives, whatever fills channels up", "[executor]") {
  using Write = std::string (*)(Net&, const std::string&);
  constexpr std::int64_t kChannels = 13;
  const auto positive = [](Dims shape) {
    Random random(3);
    std::vector<float> values(count(shape));
    for (float& value : values) value = static_cast<float>(random.uniform(0.5, 2));
    return Array(std::move(shape), std::move(values));
  };
  const std::pair<const char*, Write> steps[] = {
      {"Log", [](Net& net, const std::string& x) { return net.op("Log", "s", {x}); }},
      {"Reciprocal", [](Net& net, const std::string& x) { return net.op("Reciprocal", "s", {x}); }},
      {"Div",
       [](Net& net, const std::string& x) {
         return net.op("Div", "s", {x, "c"});
       }},
      {"Div by itself",
       [](Net& net, const std::string& x) {
         return net.op("Div", "s", {x, net.relu("r", x)});
       }},
  };
  for (const std::int64_t kernel : {1, 3})
    for (const bool depthwise : {false, true})
      for (const auto& [name, write] : steps) {
        Net net(1);
        const auto x = net.op("Abs", "x.abs", {net.input("x", {1, kChannels, 9, 9})});
        net.constant("c", positive({1, kChannels, 1, 1}));
        net.constant("w", positive({kChannels, depthwise ? 1 : kChannels, kernel, kernel}));
        net.constant("b", positive({kChannels}));
        const auto layer = net.op("Conv", "a", {x, "w", "b"}, {{"group", depthwise ? kChannels : std::int64_t{1}}});
        net.output(net.conv("z", write(net, layer), 3, {.kernel = 1}));
        INFO(name << ", kernel " << kernel << (depthwise ? ", depthwise" : ""));
        CHECK(judged(net.network(), net.inputs(1), false).difference <= kBound);
      }
}

TEST_CASE("depthwise convolutions behind convolutions of single pixels give what the evaluator gives", "[executor]") {
  for (std::uint64_t seed = 1; seed <= unless_sanitized(40U, 6U); ++seed) {
    Random random(seed);
    Net net(seed);
    const auto x =
        net.input("x", {random.between(1, 2), random.between(1, 9), random.between(90, 150), random.between(90, 150)});
    std::string last = net.conv("a", x, random.between(30, 80),
                                {.kernel = 1, .stride = random.chance(0.9) ? 1 : 2, .bias = random.chance(0.7)});
    for (std::int64_t i = 0, steps = random.between(0, 2); i < steps; ++i)
      last = drawn_step(net, fmt::format("s{}", i), last, random);
    last = net.depthwise("b", last,
                         {.kernel = random.chance(0.9) ? 3 : 5,
                          .stride = random.between(1, random.chance(0.9) ? 2 : 3),
                          .dilation = random.chance(0.9) ? 1 : 2,
                          .pad = random.chance(0.8) ? 1 : random.between(0, 2),
                          .bias = random.chance(0.7)});
    for (std::int64_t i = 0, steps = random.between(0, 2); i < steps; ++i)
      last = drawn_step(net, fmt::format("t{}", i), last, random);
    net.output(random.chance(0.5) ? net.conv("z", last, 3, {.kernel = 1}) : last);
    const graph::Network network = net.network();
    INFO("seed " << seed);
    const Judged result = judged(network, net.inputs(1), seed % 4 == 0);
    INFO(result.where << " of " << described(net));
    CHECK(result.difference <= kBound);
  }
}

TEST_CASE("convolutions and poolings along one and three axes give what the evaluator gives", "[executor]") {
  for (std::uint64_t seed = 1; seed <= unless_sanitized(60U, 12U); ++seed) {
    Random random(seed);
    Net net(seed);
    const auto axes = static_cast<std::size_t>(random.pick(std::vector<std::int64_t>{1, 3}));
    const std::int64_t group = random.between(1, 2), in = group * random.between(1, 10),
                       out = group * random.between(1, 10);
    Dims shape = {random.between(1, 2), in}, kernel, strides, dilations, pads;
    for (std::size_t i = 0; i < axes; ++i) {
      shape.push_back(random.between(6, 10));
      kernel.push_back(random.between(1, 3));
      strides.push_back(random.between(1, 2));
      dilations.push_back(random.between(1, 2));
    }
    for (std::size_t i = 0; i < 2 * axes; ++i) pads.push_back(random.between(0, kernel[i % axes] - 1));
    const auto x = net.input("x", shape);
    Dims weight = {out, in / group};
    weight.insert(weight.end(), kernel.begin(), kernel.end());
    std::vector<float> values(count(weight));
    for (float& value : values) value = static_cast<float>(random.uniform(-1, 1));
    const auto a = net.op("Conv", "a", {x, net.constant("w", Array(weight, values))},
                          {{"group", group}, {"strides", strides}, {"dilations", dilations}, {"pads", pads}});
    net.output(net.relu("r", a));
    const bool ceil = random.chance(0.5), include = random.chance(0.5);
    net.output(net.op("MaxPool", "m", {x},
                      {{"kernel_shape", kernel},
                       {"strides", strides},
                       {"pads", pads},
                       {"ceil_mode", ceil ? 1 : 0},
                       {"dilations", dilations}}));
    net.output(net.op("AveragePool", "v", {a},
                      {{"kernel_shape", Dims(axes, 2)},
                       {"strides", strides},
                       {"ceil_mode", ceil ? 1 : 0},
                       {"count_include_pad", include ? 1 : 0},
                       {"pads", Dims(2 * axes, 1)}}));
    net.output(net.op("Transpose", "t", {a}));
    net.output(net.op("Concat", "k", {a, net.op("Abs", "b", {a})},
                      {{"axis", random.between(0, static_cast<std::int64_t>(axes) + 1)}}));
    const graph::Network network = net.network();
    INFO("seed " << seed);
    const Judged result = judged(network, net.inputs(1), seed % 2 == 0);
    INFO(result.where);
    CHECK(result.difference <= kBound);
  }
}

TEST_CASE("pictures of other sizes give what the evaluator gives", "[executor]") {
  for (std::uint64_t seed = 1; seed <= unless_sanitized(80U, 15U); ++seed) {
    Random random(seed);
    Net net(seed);
    const Dims from = {random.between(1, 2), random.between(1, 20), random.between(1, 8), random.between(1, 8)};
    const auto x = net.input("x", from);
    const std::vector<const char*> places = {"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"};
    const std::vector<const char*> rounds = {"floor", "ceil", "round_prefer_floor", "round_prefer_ceil"};
    const NetAttributes attributes = {{"mode", random.chance(0.5) ? "nearest" : "linear"},
                                      {"coordinate_transformation_mode", random.pick(places)},
                                      {"nearest_mode", random.pick(rounds)}};
    std::string last;
    if (random.chance(0.5)) {
      const std::vector<float> factors = {1, 2, 3, 0.5F, 1.5F};
      const auto scales = net.constant("scales", float_array({4}, {1, 1, random.pick(factors), random.pick(factors)}));
      if (net.shape(x)[2] < 2 || net.shape(x)[3] < 2) continue;  // half of a pixel
      last = net.op("Resize", "y", {x, "", scales}, attributes);
    } else {
      const Dims to = {from[0], from[1], random.between(1, 16), random.between(1, 16)};
      last = net.op("Resize", "y", {net.conv("a", x, from[1]), "", "", net.ints("sizes", to)}, attributes);
    }
    net.output(net.relu("r", last));
    INFO("seed " << seed);
    const Judged result = judged(net.network(), net.inputs(1), seed % 2 == 0);
    CHECK(result.difference <= kBound);
  }
}

TEST_CASE("parts of what layers give are what the evaluator gives, in every format", "[executor]") {
  const std::vector<const char*> layers = {"conv", "transpose", "depthwise"};
  for (std::uint64_t seed = 1; seed <= unless_sanitized(60U, 12U); ++seed) {
    Random random(seed);
    Net net(seed);
    const auto draw = [&] { return random.chance(0.5) ? 16 * random.between(1, 2) : random.between(1, 20); };
    const Dims lengths = {draw(), draw(), draw()};
    const std::int64_t channels = lengths[0] + lengths[1] + lengths[2];
    const auto x = net.conv("c", net.input("x", {random.between(1, 2), 3, 7, 6}), channels);
    const std::string layer = random.pick(layers);  // each gives its own format
    const auto a = net.relu("r", layer == "conv"        ? x
                                 : layer == "transpose" ? net.conv_transpose("a", x, channels)
                                                        : net.depthwise("a", x));
    const auto parts = net.ops("Split", "s", 3, {a, net.ints("lengths", lengths)}, {{"axis", 1}});
    const auto deep = net.conv("d", parts[1], 16);
    const auto one = net.op("Concat", "k", {parts[0], parts[2], deep}, {{"axis", 1}});
    const std::int64_t from = random.between(0, channels - 1), to = random.between(from + 1, channels);
    const auto some = net.op("Slice", "e",
                             {one, net.ints("from", {from, 1}), net.ints("to", {to, 100}),
                              net.ints("axes", {1, random.chance(0.5) ? 2 : -1})});
    net.output(net.conv("f", one, 5));
    net.output(net.op("Abs", "g", {some}));
    net.output(parts[random.chance(0.5) ? 0 : 1]);
    INFO("seed " << seed);
    const Judged result = judged(net.network(), net.inputs(1), seed % 2 == 0);
    INFO(result.where);
    CHECK(result.difference <= kBound);
  }
}

}  // namespace rw::test
