// The quantizer's convention: its numbers worked out by hand, and what of a network is rounded.
#include <algorithm>
#include <cmath>
#include <set>

#include "runtime/quantizer/convention.hpp"
#include "runtime/quantizer/grid.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/random.hpp"

using namespace rw;
using namespace rw::test;
namespace q = rw::quantizer;

namespace {

std::vector<float> on(const q::Grid& grid, std::vector<float> values) {
  q::round_to(grid, values);
  return values;
}

// The names of what is rounded; "t<r" where t has the range of another tensor r, "t<1" where it runs from 0 to 1.
std::set<std::string> activations(const graph::Network& network, const q::Options& options = {}) {
  std::set<std::string> names;
  for (const q::RoundedActivation& each : q::convention(network, options).activations) {
    std::string name(network.tensor(each.tensor).name);
    if (each.range == graph::kNone)
      name += "<1";
    else if (each.range != each.tensor)
      name += "<" + std::string(network.tensor(each.range).name);
    CHECK(names.insert(name).second);
  }
  return names;
}

using Names = std::set<std::string>;

std::map<std::string, std::optional<int>> constants(const graph::Network& network, const q::Options& options) {
  std::map<std::string, std::optional<int>> axes;
  for (const q::RoundedConstant& each : q::convention(network, options).constants)
    CHECK(axes.emplace(network.tensor(each.tensor).name, each.axis).second);
  return axes;
}

}  // namespace

TEST_CASE("Grid of activations: 255 steps from the lowest to the highest value, zero among them") {
  // -1 to 4.1: the step is 0.02, zero is 50.
  const q::Grid grid = q::asymmetric_grid(-1, 4.1, 8);
  CHECK(grid.step == 0.02F);
  CHECK(grid.zero == 50);
  CHECK(on(grid, {0, 0.02F, 0.029F, 0.031F, -0.011F, 4.1F, 9, -1, -3}) ==
        std::vector<float>{0, 0.02F, 0.02F, 0.02F * 2, -0.02F, 0.02F * 205, 0.02F * 205, -0.02F * 50, -0.02F * 50});
  // Values that are all above or below 0: the grid reaches to 0.
  CHECK(q::asymmetric_grid(2, 51, 8).step == 0.2F);
  CHECK(q::asymmetric_grid(2, 51, 8).zero == 0);
  CHECK(q::asymmetric_grid(-51, -2, 8).zero == 255);
  CHECK(on(q::asymmetric_grid(0, 0, 8), {0}) == std::vector<float>{0});
  CHECK(q::asymmetric_grid(0, 15, 4).step == 1);
  CHECK(std::isnan(on(grid, {NAN})[0]));
  // Halves go to the even neighbour.
  CHECK(on(q::asymmetric_grid(0, 255, 8), {0.5F, 1.5F, 2.5F, 254.5F}) == std::vector<float>{0, 2, 2, 254});
}

TEST_CASE("Grid of weights: 127 steps to either side") {
  const q::Grid grid = q::symmetric_grid(1.27, 8);
  CHECK(grid.step == 0.01F);
  CHECK(on(grid, {1.27F, -1.27F, -1.28F, 0.014F, -0.016F}) ==
        std::vector<float>{0.01F * 127, -0.01F * 127, -0.01F * 127, 0.01F, -0.01F * 2});
  CHECK(q::symmetric_grid(7, 4).step == 1);
  CHECK(on(q::symmetric_grid(0, 8), {0}) == std::vector<float>{0});
}

TEST_CASE("Rounding is that of division, halves to even, for every number of bits") {
  Random random(3);
  for (unsigned bits = q::kLeastBits; bits <= q::kMostBits; ++bits) {
    const double low = -random.uniform(0, 3), high = random.uniform(0, 5);
    const q::Grid grid = q::asymmetric_grid(low, high, bits);
    CHECK(grid.highest == (1 << bits) - 1);
    for (int i = 0; i < 200; ++i) {
      const auto value = static_cast<float>(random.uniform(1.2 * low, 1.2 * high));
      const long whole = std::lrint(value / grid.step) + grid.zero;
      const long kept = std::clamp<long>(whole, grid.lowest, grid.highest);
      CHECK(on(grid, {value})[0] == static_cast<float>(kept - grid.zero) * grid.step);
    }
  }
}

TEST_CASE("Jitter stretches steps by up to 8 percent, evenly, by name, channel and draw alone") {
  double sum = 0, least = 9, most = 0;
  constexpr int kCount = 4000;
  for (int i = 0; i < kCount; ++i) {
    const double stretch =
        q::stretch_of("tensor " + std::to_string(i % 50), static_cast<std::size_t>(i % 8), i / 400, q::kJitter);
    sum += stretch;
    least = std::min(least, stretch);
    most = std::max(most, stretch);
  }
  CHECK(least >= 1);
  CHECK(most <= 1.08);
  CHECK(most - least > 0.078);
  CHECK(sum / kCount == Approx(1.04).margin(0.002));
  CHECK(q::stretch_of("a", 0, 0, 0) == 1);
  CHECK(q::stretch_of("a", 0, 0, 0.08) == q::stretch_of("a", 0, 0, 0.08));
  CHECK(q::stretch_of("a", 0, 0, 0.08) != q::stretch_of("a", 1, 0, 0.08));
  CHECK(q::stretch_of("a", 0, 0, 0.08) != q::stretch_of("a", 0, 1, 0.08));
  CHECK(q::stretch_of("a", 0, 0, 0.08) != q::stretch_of("b", 0, 0, 0.08));
}

TEST_CASE("Rounded weights: one step, or one for each output channel") {
  Net n;
  const auto x = n.input("x", {1, 2, 1, 1});
  n.constant("w", float_array({2, 2, 1, 1}, {1.27F, -0.632F, 0.0127F, 0.0054F}));
  n.output(n.op("Conv", "c", {x, "w"}));
  const graph::Network network = n.network();
  const auto values = [&](q::WeightSteps steps) {
    const q::Options options{.weights = steps};
    const q::Convention convention = q::convention(network, options);
    REQUIRE(convention.constants.size() == 1);
    return q::rounded(network, convention.constants[0], options).to_floats();
  };
  // 1.27 / 127 = 0.01: -63.2 -> -63, 1.27 -> 1, 0.54 -> 1
  const float a = 0.01F;
  CHECK(values(q::WeightSteps::tensor) == std::vector<float>{a * 127, -a * 63, a, a});
  // The second channel has steps of 0.0001: 127, 54
  const float b = 0.0001F;
  CHECK(values(q::WeightSteps::channel) == std::vector<float>{a * 127, -a * 63, b * 127, b * 54});
}

TEST_CASE("Channels of weights run along the axis of the output channels") {
  Net n;
  const auto x = n.image();
  auto y = n.conv_transpose("up", n.conv("a", x, 4), 6);
  y = n.op("GlobalAveragePool", "pool", {y});
  y = n.op("Flatten", "flat", {y});
  y = n.gemm("g", y, 5);
  y = n.matmul("m", y, 7);
  n.output(y);
  const graph::Network network = n.network();
  const auto axes = constants(network, {.weights = q::WeightSteps::channel});
  CHECK(axes.at("a.weight") == 0);
  CHECK(axes.at("up.weight") == 1);
  CHECK(axes.at("m.weight") == 1);
  for (const q::RoundedConstant& each : q::convention(network, {.weights = q::WeightSteps::channel}).constants) {
    CHECK(each.symmetric);
    const std::map<std::string, std::size_t> channels = {
        {"a.weight", 4}, {"up.weight", 6}, {"g.weight", 5}, {"m.weight", 7}};
    CHECK(q::steps_of(network, each, {.weights = q::WeightSteps::channel}).size() ==
          channels.at(std::string(network.tensor(each.tensor).name)));
  }
  for (const auto& [name, axis] : constants(network, {})) CHECK_FALSE(axis);
  CHECK(q::convention(network, {.activations = false}).activations.empty());
}

TEST_CASE("Rounded are inputs and outputs of layers; an activation is a part of the layer before") {
  Net n;
  const auto a = n.relu("ra", n.conv("a", n.image(), 4));
  const auto c = n.clip("cb", n.conv("b", a, 4), 0.0F, 6.0F);
  n.output(n.conv("c", c, 2));
  CHECK(activations(n.network()) == Names{"x", "ra", "cb", "c"});
}

TEST_CASE("What an activation reads is rounded where it has other readers or is an output") {
  Net n;
  const auto x = n.image();
  const auto a = n.conv("a", x, 4);
  n.output(n.add("s", n.relu("ra", a), a));
  const auto b = n.conv("b", x, 4);
  n.output(b);
  n.output(n.relu("rb", b));
  CHECK(activations(n.network()) == Names{"x", "a", "ra", "s", "b<rb", "rb"});
}

TEST_CASE("Operators that choose among rounded values round nothing, those that average do, to the same values") {
  Net n;
  const auto a = n.relu("ra", n.conv("a", n.image(), 4));
  const auto m = n.max_pool("m", a);
  const auto p = n.average_pool("p", m);
  n.output(n.conv("c", p, 2));
  CHECK(activations(n.network()) == Names{"x", "ra", "p<ra", "c"});
}

TEST_CASE("Values that are chosen among rounded ones are on their grid where the range is the same") {
  Net n;
  const auto a = n.relu("ra", n.conv("a", n.image(), 4)), b = n.max_pool("mb", n.relu("rb", n.conv("b", a, 4)));
  const auto least = n.op("Min", "least", {n.max_pool("ma", a), n.constant("six", float_array({}, {6}))});
  n.output(n.conv("c", n.op("Concat", "join", {least, b}, {{"axis", std::int64_t{1}}}), 2));
  const graph::Network network = n.network();
  std::map<std::string, std::set<std::string>> among;
  for (const q::RoundedActivation& each : q::convention(network, {}).activations)
    for (const graph::TensorId from : each.among)
      among[std::string(network.tensor(each.tensor).name)].emplace(network.tensor(from).name);
  CHECK(among == std::map<std::string, std::set<std::string>>{{"least", {"ra"}}, {"join", {"least", "rb"}}});
  CHECK(q::same_grid({0, 6}, {0, 6}));
  CHECK(q::same_grid({-1, 6}, {-1, 6.000001}));
  CHECK_FALSE(q::same_grid({0, 6}, {0, 6.001}));
  CHECK_FALSE(q::same_grid({-1, 6}, {0, 6}));
}

TEST_CASE("Outputs of the network in float") {
  const q::Options options{.float_outputs = true};
  Net n;
  const auto a = n.relu("ra", n.conv("a", n.image(), 4));
  n.output(n.op("Flatten", "flat", {n.op("Squeeze", "squeezed", {n.op("GlobalAveragePool", "pool", {a})})}));
  n.output(n.clip("cb", n.conv("b", a, 2), 0.0F, 6.0F));
  n.output(n.op("Squeeze", "last", {n.conv("c", a, 2)}));
  // An output that is read: rounded for its reader.
  n.output(n.conv("d", a, 3));
  n.output(n.conv("e", "d", 3));
  CHECK(activations(n.network()) == Names{"x", "ra", "pool", "cb", "c", "d", "e"});
  CHECK(activations(n.network(), options) == Names{"x", "ra", "pool", "d"});
}

TEST_CASE("What no integer runtime rounds stays in float, and what a layer reads is rounded") {
  Net n;
  const auto a = n.conv("a", n.image(), 4);
  const auto t = n.op("Tanh", "t", {a});
  const auto e = n.op("Exp", "e", {t});
  n.output(n.conv("c", n.relu("r", e), 2));
  n.output(n.op("Softmax", "s", {n.op("Flatten", "f", {e})}, {{"axis", 1}}));
  // Relu follows no rounded tensor: its output is rounded because the convolution reads it.
  CHECK(activations(n.network()) == Names{"x", "a", "r", "c", "f", "s<1"});
}

TEST_CASE("Constants that are operands are rounded with the activations, to their own range") {
  Net n;
  const auto a = n.conv("a", n.image(), 2);
  n.constant("k", float_array({1, 2, 1, 1}, {-1, 0.27F}));
  n.output(n.op("Mul", "m", {a, "k"}));
  const graph::Network network = n.network();
  CHECK(constants(network, {}) == std::map<std::string, std::optional<int>>{{"a.weight", {}}, {"k", {}}});
  CHECK(constants(network, {.activations = false}) == std::map<std::string, std::optional<int>>{{"a.weight", {}}});
  for (const q::RoundedConstant& each : q::convention(network, {}).constants)
    if (!each.symmetric) {  // steps of 1.27 / 255
      const q::Grid grid = q::asymmetric_grid(-1, static_cast<double>(0.27F), 8);
      CHECK(q::rounded(network, each, {}).to_floats() == on(grid, {-1, 0.27F}));
      CHECK(q::rounded(network, each, {}).to_floats()[1] == Approx(54 * 1.27 / 255));
    }
}

TEST_CASE("A SiLU that the runtime computes at once, and operators that stay in float") {
  const auto silu = [](Net& n, const std::string& name, const std::string& x, const std::string& gated) {
    return n.op("Mul", name, {n.op("Sigmoid", name + ".s", {x}), gated});
  };
  Net n;
  const auto a = n.conv("a", n.image(), 4), b = n.conv("b", silu(n, "sa", a, a), 4);
  n.output(n.conv("c", silu(n, "sb", b, a), 2));  // the gate of something else
  const q::Options fused{.fused_silu = true};
  CHECK(activations(n.network()) == Names{"x", "a", "sa.s", "sa", "b", "sb.s", "sb", "c"});
  CHECK(activations(n.network(), fused) == Names{"x", "a", "sa", "b", "sb.s", "sb", "c"});
  n.output("sa.s");
  CHECK(activations(n.network(), fused) == Names{"x", "a", "sa.s", "sa", "b", "sb.s", "sb", "c"});

  Net m;
  const auto d = m.conv("d", m.image(), 4);
  m.constant("k", float_array({4, 1, 1}, {1, 0.27F, 2, 3}));
  m.output(m.conv("e", m.op("Mul", "gate", {m.op("Sigmoid", "s", {m.op("Mul", "m", {d, "k"})}), d}), 2));
  const q::Options in_float{.in_float = [](std::string_view name) { return name == "m"; }};
  CHECK(activations(m.network()) == Names{"x", "d", "m", "s", "gate", "e"});
  CHECK(activations(m.network(), in_float) == Names{"x", "d", "s", "gate", "e"});
  CHECK(constants(m.network(), in_float).count("k") == 0);
}
