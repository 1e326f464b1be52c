// Small ONNX models of what the trained ones do not have, for the judge: FOLDER/NAME.onnx, NAME.stats.json and external
// data, for each name of the table below.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/evaluator/literal.hpp"
#include "tests/support/onnx_file.hpp"

namespace {

using namespace rw::test::onnx;
namespace fs = std::filesystem;

// A model in the making.
struct Draft {
  fs::path folder;
  std::string name;
  Parts nodes, weights, inputs, outputs;
  std::string stats;
  int element = 1;  // type of inputs, weights and outputs: float32, or 10, float16
  std::uint64_t drawn = 0;

  // Magnitudes differ from number to number, so that a wrong channel shows.
  std::vector<float> numbers(const Dims& dims) {
    std::size_t count = 1;
    for (const std::int64_t dim : dims) count *= static_cast<std::size_t>(dim);
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(std::sin(static_cast<double>(++drawn) * 1.7) * 0.7);
    return values;
  }
  std::string weight(const std::string& id, const Dims& dims) {
    add(id, dims, numbers(dims));
    return id;
  }
  void add(const std::string& id, const Dims& dims, const std::vector<float>& values) {
    const auto bytes = rw::evaluator::encode(rw::evaluator::Array(dims, values),
                                             element == 10 ? rw::graph::DType::float16 : rw::graph::DType::float32);
    weights.push_back(tensor(id, element, dims, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  }
  std::string op(const std::string& type, const std::string& id, const Names& from, const Parts& attributes = {}) {
    nodes.push_back(node(type, from, {id}, attributes, id));
    return id;
  }
  // A 1x1 convolution with a bias.
  std::string conv(const std::string& id, const std::string& x, std::int64_t in, std::int64_t out) {
    return op("Conv", id, {x, weight(id + ".w", {out, in, 1, 1}), weight(id + ".b", {out})});
  }
  std::string relu(const std::string& id, const std::string& x, std::int64_t channels) {
    return op_in_range("Relu", id, {x}, channels);
  }
  void ranges(const std::string& id, std::int64_t channels) {
    std::string low, high;
    for (std::int64_t i = 0; i < channels; ++i) {
      low += (i ? ", " : "") + std::string("0");
      high += (i ? ", " : "") + std::to_string(i % 5 + 1);
    }
    stats += (stats.empty() ? "" : ", ") + ("\"" + id + "\": {\"min\": [" + low + "], \"max\": [" + high + "]}");
  }
  // Whatever precedes has this range.
  std::string op_in_range(const std::string& type, const std::string& id, const Names& from, std::int64_t channels) {
    ranges(id, channels);
    return op(type, id, from);
  }
  std::string batch_normalization(const std::string& id, const std::string& x, std::int64_t channels) {
    std::vector<float> variance = numbers({channels});
    for (float& value : variance) value = value * value + 0.3F;
    add(id + ".variance", {channels}, variance);
    return op("BatchNormalization", id,
              {x, weight(id + ".scale", {channels}), weight(id + ".bias", {channels}), weight(id + ".mean", {channels}),
               id + ".variance"},
              {attribute("epsilon", 0.01F)});
  }
  std::string input(const std::string& id, const Dims& dims) { return input(id, dims, element); }
  std::string input(const std::string& id, const Dims& dims, int of_type) {
    inputs.push_back(value(id, dims, of_type));
    return id;
  }
  void output(const std::string& id, const Dims& dims) { outputs.push_back(value(id, dims, element)); }
  void file(const std::string& id, const std::string& content) const {
    std::ofstream(folder / id, std::ios::binary) << content;
  }
  void save() const {
    file(name + ".onnx", model(graph(nodes, weights, inputs, outputs)));
    file(name + ".stats.json", "{" + stats + "}\n");
  }
};

// Weights that come through other operators.
void chained_weights(Draft& m) {
  m.input("x", {1, 3, 5, 5});
  m.weights.push_back(ints("axes", {2}, {2, 3}));
  m.weights.push_back(ints("shape", {4}, {6, 8, 1, 1}));
  m.weight("wa", {3, 8});
  m.op("Unsqueeze", "wa4", {m.op("Transpose", "wa_t", {"wa"}), "axes"});
  const auto half = rw::evaluator::encode(rw::evaluator::Array({48}, m.numbers({48})), rw::graph::DType::float16);
  m.weights.push_back(tensor("wb", 10, {48}, {reinterpret_cast<const char*>(half.data()), half.size()}));
  m.op("Reshape", "wb4", {m.op("Cast", "wb_c", {"wb"}, {attribute("to", std::int64_t{1})}), "shape"});
  m.op("Identity", "bb_i", {m.weight("bb", {6})});
  const auto a = m.relu("ra", m.op("Conv", "a", {"x", "wa4"}), 8);
  const auto b = m.relu("rb", m.op("Conv", "b", {a, "wb4", "bb_i"}), 6);
  m.output(m.conv("y", b, 6, 4), {1, 4, 5, 5});
}

// What a body reads from outside keeps its scale; the rest is equalized.
void branches(Draft& m) {
  m.input("x", {1, 3, 5, 5});
  m.input("choice", {}, 9);
  const auto a = m.relu("ra", m.conv("a", "x", 3, 8), 8);
  const auto read = m.relu("rb", m.conv("b", a, 8, 6), 6);
  const Message plus = graph({node("Add", {read, read}, {"twice"})}, {}, {}, {value("twice", {1, 6, 5, 5})});
  const Message minus = graph({node("Neg", {read}, {"less"})}, {}, {}, {value("less", {1, 6, 5, 5})});
  m.op("If", "chosen", {"choice"}, {attribute_graph("then_branch", plus), attribute_graph("else_branch", minus)});
  const Message body = graph({node("Identity", {"going"}, {"goes"}), node("Mul", {"sum", read}, {"next"})}, {},
                             {value("i", {}, 7), value("going", {}, 9), value("sum", {1, 6, 5, 5})},
                             {value("goes", {}, 9), value("next", {1, 6, 5, 5})});
  m.weights.push_back(ints("times", {}, {3}));
  m.op("Loop", "looped", {"times", "", "chosen"}, {attribute_graph("body", body)});
  m.output(m.conv("y", m.relu("rc", m.conv("c", "looped", 6, 5), 5), 5, 4), {1, 4, 5, 5});
}

// A weight of two convolutions, an output that is read inside, an initializer that is an input of the graph.
void shared(Draft& m) {
  m.input("x", {1, 4, 5, 5});
  m.weight("w", {4, 4, 1, 1});
  m.inputs.push_back(value("y.b", {4}));
  const auto a = m.relu("ra", m.op("Conv", "a", {"x", "w"}), 4);
  const auto b = m.relu("rb", m.op("Conv", "b", {a, "w"}), 4);
  m.output(m.conv("middle", b, 4, 6), {1, 6, 5, 5});
  m.output(m.conv("y", m.relu("rc", m.conv("c", m.relu("rm", "middle", 6), 6, 5), 5), 5, 4), {1, 4, 5, 5});
}

// Elements in two files, one of them read twice.
void external_data(Draft& m) {
  m.input("x", {1, 4, 5, 5});
  const std::string one = raw(m.numbers({4, 4})), two = raw(m.numbers({8, 4}));
  m.file(m.name + ".1.bin", std::string(64, '\0') + one);
  m.file(m.name + ".2.bin", two);
  m.weights.push_back(external("wa", 1, {4, 4, 1, 1}, m.name + ".1.bin", "64", "64"));
  m.weights.push_back(external("wb", 1, {4, 4, 1, 1}, m.name + ".1.bin", "64", "64"));
  m.weights.push_back(external("wc", 1, {8, 4, 1, 1}, m.name + ".2.bin", "", ""));
  const auto a = m.relu("ra", m.op("Conv", "a", {"x", "wa"}), 4);
  const auto b = m.relu("rb", m.op("Conv", "b", {a, "wb"}), 4);
  m.output(m.conv("y", m.relu("rc", m.op("Conv", "c", {b, "wc"}), 8), 8, 4), {1, 4, 5, 5});
}

// Normalizations and constant factors behind every kind of layer, and operators that do nothing.
void normalized(Draft& m) {
  m.input("x", {1, 4, 6, 6});
  const auto layer = [&](const std::string& type, const std::string& id, const std::string& from, const Dims& dims,
                         std::int64_t group) {
    return m.op(type, id, {from, m.weight(id + ".w", dims)}, {attribute("group", group)});
  };
  m.weights.push_back(floats("zero", {}, {0}));
  const auto a = m.batch_normalization("bn_a", layer("Conv", "a", "x", {8, 4, 3, 3}, 1), 8);
  const auto d = m.batch_normalization(
      "bn_d", layer("Conv", "d", m.op_in_range("Clip", "ca", {a, "zero"}, 8), {8, 1, 1, 1}, 8), 8);
  const auto g = layer("Conv", "g", m.relu("rd", m.op("Dropout", "drop", {d}), 8), {6, 4, 1, 1}, 2);
  const auto affine =
      m.op("Add", "shifted", {m.op("Mul", "factor", {g, m.weight("f", {1, 6, 1, 1})}), m.weight("shift", {6, 1, 1})});
  const auto t =
      m.batch_normalization("bn_t", layer("ConvTranspose", "t", m.relu("rg", affine, 6), {6, 5, 2, 2}, 1), 5);
  const auto r = m.relu("rt", m.op("Identity", "nothing", {t}), 5);
  const auto flat = m.op("Flatten", "flat", {m.op("GlobalAveragePool", "pooled", {r})});
  const auto fc = m.op("Gemm", "fc", {flat, m.weight("fc.w", {5, 3})});
  const auto last = m.op("Div", "halved", {m.op("Sub", "moved", {fc, m.weight("off", {3})}), m.weight("by", {3})});
  m.output(m.op("Identity", "y", {last}), {1, 3});
  m.output("rg", {1, 6, 4, 4});
}

// Every value in float16: weights, what flows between the operators, what goes in and out.
void half(Draft& m) {
  m.element = 10;
  m.input("x", {1, 4, 6, 6});
  const auto a = m.relu("ra", m.batch_normalization("bn_a", m.conv("a", "x", 4, 8), 8), 8);
  const auto d = m.op("Conv", "d", {a, m.weight("d.w", {8, 1, 3, 3})},
                      {attribute("group", std::int64_t{8}), attribute("pads", Dims{1, 1, 1, 1})});
  const auto p = m.op("MaxPool", "p", {m.relu("rd", d, 8)},
                      {attribute("kernel_shape", Dims{2, 2}), attribute("strides", Dims{2, 2})});
  const auto b = m.op_in_range("Conv", "b", {p, m.weight("b.w", {6, 8, 1, 1}), m.weight("b.b", {6})}, 6);
  const auto c = m.op_in_range("Conv", "c", {p, m.weight("c.w", {6, 8, 1, 1})}, 6);
  const auto s = m.conv("e", m.op("Add", "s", {b, c}), 6, 6);
  const auto k = m.op("Concat", "k", {m.relu("re", s, 6), m.relu("rf", m.conv("f", p, 8, 4), 4)},
                      {attribute("axis", std::int64_t{1})});
  const auto flat = m.op("Flatten", "flat", {m.op("GlobalAveragePool", "pooled", {m.conv("g", k, 10, 6)})});
  m.output(m.op("Gemm", "y", {flat, m.weight("y.w", {6, 3}), m.weight("y.b", {3})}), {1, 3});
}

// --- curves, in front of which scales are given back

struct Layer {
  std::int64_t in = 0, out = 0, kernel = 1, stride = 1, group = 1;
  bool hard = false;  // HardSwish; else SiLU, written out
};

// A convolution whose output channels are out of balance by up to 16, and what it reads in proportion, then a curve.
std::string curved(Draft& m, const std::string& id, const std::string& x, const Layer& layer) {
  const std::int64_t ins = layer.in / layer.group, taps = layer.kernel * layer.kernel;
  std::vector<float> values = m.numbers({layer.out, ins, layer.kernel, layer.kernel});
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] *=
        static_cast<float>(std::exp2(2 * std::sin(static_cast<double>(i / static_cast<std::size_t>(ins * taps)))) *
                           1.4 / std::sqrt(static_cast<double>(ins * taps)));
  m.add(id + ".w", {layer.out, ins, layer.kernel, layer.kernel}, values);
  const std::int64_t pad = layer.kernel / 2;
  const auto a = m.op("Conv", id + ".c", {x, id + ".w", m.weight(id + ".b", {layer.out})},
                      {attribute("group", layer.group), attribute("pads", Dims{pad, pad, pad, pad}),
                       attribute("strides", Dims{layer.stride, layer.stride})});
  if (layer.hard) return m.op("HardSwish", id, {a});
  return m.op("Mul", id, {a, m.op("Sigmoid", id + ".s", {a})});
}

// Expansion, depthwise convolution, squeeze and excitation, projection.
std::string mobile_block(Draft& m, const std::string& id, const std::string& x, const Layer& layer) {
  const std::int64_t wide = 3 * layer.in, few = wide / 4;
  const auto e = curved(m, id + ".e", x, {.in = layer.in, .out = wide, .hard = layer.hard});
  const auto d =
      curved(m, id + ".d", e,
             {.in = wide, .out = wide, .kernel = 3, .stride = layer.stride, .group = wide, .hard = layer.hard});
  const auto r =
      curved(m, id + ".r", m.op("GlobalAveragePool", id + ".p", {d}), {.in = wide, .out = few, .hard = layer.hard});
  const auto gate = m.op("Sigmoid", id + ".g", {m.conv(id + ".gc", r, few, wide)});
  return m.conv(id + ".o", m.op("Mul", id + ".se", {d, gate}), wide, layer.out);
}

void efficientnet(Draft& m, bool hard) {
  m.input("x", {1, 3, 32, 32});
  auto y = curved(m, "stem", "x", {.in = 3, .out = 8, .kernel = 3, .stride = 2, .hard = hard});
  y = mobile_block(m, "b0", y, {.in = 8, .out = 8, .hard = hard});
  y = m.op("Add", "sum0", {mobile_block(m, "b1", y, {.in = 8, .out = 8, .hard = hard}), y});
  y = mobile_block(m, "b2", y, {.in = 8, .out = 16, .stride = 2, .hard = hard});
  y = m.op("Add", "sum1", {mobile_block(m, "b3", y, {.in = 16, .out = 16, .hard = hard}), y});
  y = curved(m, "head", y, {.in = 16, .out = 32, .hard = hard});
  const auto flat = m.op("Flatten", "flat", {m.op("GlobalAveragePool", "gap", {y})});
  m.output(m.op("Gemm", "y", {flat, m.weight("y.w", {32, 10}), m.weight("y.b", {10})}), {1, 10});
}
void efficientnet_silu(Draft& m) { efficientnet(m, false); }
void efficientnet_hard_swish(Draft& m) { efficientnet(m, true); }

// Two halves, one of them through a bottleneck that is added, side by side.
std::string cross_stage(Draft& m, const std::string& id, const std::string& x, std::int64_t in, std::int64_t out) {
  const auto both = curved(m, id + ".i", x, {.in = in, .out = 16});
  m.nodes.push_back(node("Split", {both}, {id + ".l", id + ".h"}, {attribute("axis", std::int64_t{1})}, id + ".split"));
  const auto a = curved(m, id + ".a", id + ".l", {.in = 8, .out = 8});
  const auto b = m.op("Add", id + ".sum", {id + ".l", curved(m, id + ".m", a, {.in = 8, .out = 8, .kernel = 3})});
  const auto all = m.op("Concat", id + ".cat", {b, id + ".h"}, {attribute("axis", std::int64_t{1})});
  return curved(m, id, all, {.in = 16, .out = out});
}

void yolox(Draft& m) {
  m.input("x", {1, 3, 32, 32});
  m.weights.push_back(floats("scales", {4}, {1, 1, 2, 2}));
  const auto stem = curved(m, "stem", "x", {.in = 3, .out = 12, .kernel = 3, .stride = 2});
  const auto large = cross_stage(m, "p0", stem, 12, 16);
  const auto small =
      cross_stage(m, "p1", curved(m, "down", large, {.in = 16, .out = 16, .kernel = 3, .stride = 2}), 16, 16);
  const auto up = m.op("Resize", "up", {small, "", "scales"}, {attribute_text("mode", "nearest")});
  const auto neck =
      cross_stage(m, "n0", m.op("Concat", "cat", {up, large}, {attribute("axis", std::int64_t{1})}), 32, 16);
  for (const std::string head : {"h0", "h1"})
    m.output(m.conv(head + ".y", curved(m, head, neck, {.in = 16, .out = 12, .kernel = 3}), 12, 6), {1, 6, 16, 16});
}

struct ModelRow {
  const char* name;
  void (*draw)(Draft&);
};
constexpr ModelRow kModels[] = {
    {"chained_weights", chained_weights},
    {"branches", branches},
    {"shared", shared},
    {"external_data", external_data},
    {"normalized", normalized},
    {"half", half},
    {"efficientnet_silu", efficientnet_silu},
    {"efficientnet_hard_swish", efficientnet_hard_swish},
    {"yolox", yolox},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: make_models FOLDER\n", stderr), 2;
  fs::create_directories(argv[1]);
  for (const ModelRow& row : kModels) {
    Draft draft{argv[1], row.name};
    row.draw(draft);
    draft.save();
  }
}
