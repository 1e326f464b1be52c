// Weights that come to an operator through others: seen as constants, folded where they are edited.
#include <algorithm>
#include <cmath>
#include <map>

#include "tests/runtime/engine.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"

using namespace rw;
using namespace rw::test;
using Names = std::vector<std::string>;

namespace {

Array random_array(Net& net, const Dims& shape) {
  std::vector<float> values(count(shape));
  for (float& value : values) value = static_cast<float>(net.random().uniform(-1, 1));
  return Array(shape, values);
}

// 1x1 convolutions a and b, whose weights and biases are made by operators from what the file holds.
Net chained() {
  Net n;
  const auto x = n.input("x", {1, 3, 4, 4});
  const auto wa =
      n.op("Unsqueeze", "wa4",
           {n.op("Transpose", "wa_t", {n.constant("wa", random_array(n, {3, 20}))}), n.ints("axes", {2, 3})});
  const auto ba = n.op("Identity", "ba_i", {n.constant("ba", random_array(n, {20}))});
  const auto a = n.op("Conv", "a", {x, wa, ba});
  const auto wb =
      n.op("Cast", "wb_c", {n.constant("wb", random_array(n, {2, 20, 1, 1}), graph::DType::float16)}, {{"to", 1}});
  n.output(n.op("Conv", "y", {n.relu("r", a), wb}));
  return n;
}

Names sorted_types(const graph::Network& network) {
  Names names;
  for (const graph::OperatorId op : network.order()) names.emplace_back(network.type_of(op));
  std::sort(names.begin(), names.end());
  return names;
}

// Scales that differ from channel to channel without statistics.
const char* const kUnevenRule = R"(
rule uneven {
  region r {
    parents  Conv as p
    through  Relu
    children Conv as c
  }
  do scale(p, 1 / (p.weight + 0.1))
}
)";

// Through every pair of formats.
void each_format(const Net& net, const std::function<void(const graph::Network& after, const Arrays& outputs)>& look) {
  const TemporaryFolder folder;
  for (const char* from : {"before.json", "before.onnx"}) {
    for (const char* to : {"after.json", "after.onnx"}) {
      INFO(from << " to " << to);
      net.save(folder.path(), "before");
      if (std::string(from) == "before.onnx") {
        graph::write_model(graph::read_model(folder / "before.json"), {}, folder / "before.onnx");
      }
      const Rewritten rewritten = rewrite_file(folder / from, kUnevenRule, folder, to);
      look(rewritten.after.network, evaluate(rewritten.after.network, net.inputs(0)));
    }
  }
}

}  // namespace

TEST_CASE("Weights behind Transpose, Unsqueeze, Identity and Cast are edited, and these operators go") {
  const Net n = chained();
  each_format(n, [&](const graph::Network& after, const Arrays& values) {
    CHECK(sorted_types(after) == Names{"Conv", "Conv", "Relu"});
    CHECK(difference(values.at("y"), n.value("y")) < 1e-5);
    CHECK(difference(values.at("r"), n.value("r")) > 0.01);  // it was scaled
    for (const char* gone : {"wa", "wa_t", "wa4", "ba", "wb"}) CHECK_FALSE(after.find(gone));
    REQUIRE(after.find("wb_c@y"));
    CHECK(after.tensor(*after.find("wb_c@y")).dtype == graph::DType::float32);
  });
}

TEST_CASE("RuleFormulas see the weights as operators make them") {
  const Net n = chained();
  const Engine engine(n, kUnevenRule);
  const Array& weight = n.value("wa4");  // [20, 3, 1, 1], as the evaluator computes it
  std::vector<double> largest(20, 0.0);
  for (std::size_t i = 0; i < weight.count(); ++i)
    largest[i / 3] = std::max<double>(largest[i / 3], std::fabs(weight.floats()[i]));
  const std::vector<double> scale = engine.scale("a");
  REQUIRE(scale.size() == 20);
  for (std::size_t c = 0; c < 20; ++c) CHECK(scale[c] == Approx(1 / (largest[c] + 0.1)));
  // The child's weight is stored in half the bytes.
  const Engine child(n,
                     "rule r { region r { parents Conv as p through Relu children Conv as c } "
                     "do scale(p, 1 + across(max, c.weight)) }");
  const Array& other = n.value("wb_c");  // [2, 20, 1, 1]
  for (std::size_t c = 0; c < 20; ++c)
    CHECK(child.scale("a")[c] == Approx(1 + std::max(std::fabs(other.floats()[c]), std::fabs(other.floats()[20 + c]))));
}

TEST_CASE("What somebody else reads stays") {
  Net n;
  const auto x = n.input("x", {1, 3, 4, 4});
  const auto w = n.op("Identity", "wi", {n.constant("w", random_array(n, {3, 3, 1, 1}))});
  const auto a = n.op("Conv", "a", {x, w}), b = n.op("Conv", "b", {n.relu("r", a), w});
  n.output(n.op("Conv", "y", {n.relu("r2", b), n.op("Identity", "wii", {w})}));
  n.output(w);
  each_format(n, [&](const graph::Network& after, const Arrays& values) {
    CHECK(sorted_types(after) == Names{"Conv", "Conv", "Conv", "Identity", "Relu", "Relu"});
    CHECK(difference(values.at("y"), n.value("y")) < 1e-5);
    CHECK(identical(values.at("wi"), n.value("wi")));
    CHECK(difference(values.at("r"), n.value("r")) > 0.01);
  });
}

TEST_CASE("Quantized weights block, and the reason says so") {
  Net n;
  const auto x = n.input("x", {1, 3, 4, 4});
  const auto step = n.constant("step", float_array({}, {0.5F}));
  const auto quantized = [&](const std::string& name, const Dims& shape) {
    const std::vector<std::int64_t> values(count(shape), 3);
    return n.op("DequantizeLinear", name, {n.constant(name + ".q", Array(shape, values), graph::DType::int8), step});
  };
  const auto a = n.relu("r", n.conv("a", x, 4));
  const auto b = n.op("Conv", "b", {a, quantized("wb", {2, 4, 1, 1})});
  n.output(n.op("MatMul", "c", {n.gemm("g", n.op("Flatten", "f", {b}), 6), quantized("wc", {6, 2})}));
  n.calibrate();
  const Engine engine(n);
  CHECK(engine.rule_of("r").empty());
  std::map<std::string, std::string> reasons;
  for (const graph::OperatorId op : engine.network().order())
    reasons[std::string(engine.network().op(op).name)] = engine.outcome().analysis.why_blocked(op);
  CHECK(reasons["b"] == "its input 'wb' is quantized (DequantizeLinear 'wb')");
  CHECK(reasons["c"] == "its input 'wc' is quantized (DequantizeLinear 'wc')");
  CHECK(engine.reason("r") == "leaks at Conv 'b': its input 'wb' is quantized (DequantizeLinear 'wb')");
}
