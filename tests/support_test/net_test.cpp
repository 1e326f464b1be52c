// Networks written in tests: what they say of themselves, in memory and in files.
#include "tests/support/net.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

std::vector<float> largest_per_channel(const Array& array) {
  std::vector<float> largest(static_cast<std::size_t>(array.dim(1)), 0.0F);
  const std::size_t plane = array.count() / largest.size();
  for (std::size_t i = 0; i < array.count(); ++i)
    largest[i / plane] = std::max(largest[i / plane], std::fabs(array.floats()[i]));
  return largest;
}

Net small_net() {
  Net net(3);
  const auto x = net.input("x", {1, 2, 4, 4});
  const auto a = net.conv("a", x, 4, {.kernel = 1});
  const auto parts = net.ops("Split", "s", 2, {a}, {{"axis", 1}});
  net.output(net.concat("k", {parts[1], net.relu("r", parts[0])}));
  return net;
}

}  // namespace

TEST_CASE("a network has the nodes, tensors and constants that were written", "[net]") {
  const Net net = small_net();
  const graph::Network network = net.network();
  REQUIRE(network.operators().size() == 4);
  CHECK(network.type_of(0) == "Conv");
  CHECK(network.op(1).name == "s");
  CHECK(network.tensor(network.op(1).outputs[1]).name == "s:1");
  CHECK(network.opset() == 17);
  REQUIRE(network.outputs().size() == 1);
  CHECK(network.tensor(network.outputs()[0]).name == "k");
  const graph::Tensor& weight = network.tensor(network.find("a.weight").value());
  REQUIRE(weight.constant);
  CHECK(read_literal(*weight.constant).floats() == net.value("a.weight").floats());
  CHECK(net.shape("k") == Dims{1, 4, 4, 4});
  const auto* group = std::get_if<std::int64_t>(network.op(0).find("group"));
  REQUIRE(group != nullptr);
  CHECK(*group == 1);
  const auto* pads = std::get_if<std::span<const std::int64_t>>(network.op(0).find("pads"));
  REQUIRE(pads != nullptr);
  CHECK(Dims(pads->begin(), pads->end()) == Dims{0, 0, 0, 0});
}

TEST_CASE("what does not fit is refused where it is written", "[net]") {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  CHECK_THROWS_WITH(net.op("Relu", "r", {"nothing"}), "net: 'r' (Relu): there is no tensor 'nothing'");
  CHECK_THROWS_AS(net.conv("c", x, 4, {.group = 3}), std::runtime_error);
  net.relu("r", x);
  CHECK_THROWS_WITH(net.relu("r", x), "net: 'r' (Relu): there are two tensors 'r'");
}

TEST_CASE("weights are the same for the same seed", "[net]") {
  CHECK(identical(small_net().value("a.weight"), small_net().value("a.weight")));
  Net other(4);
  other.conv("a", other.input("x", {1, 2, 4, 4}), 4, {.kernel = 1});
  CHECK_FALSE(identical(other.value("a.weight"), small_net().value("a.weight")));
}

TEST_CASE("layers are out of balance, dead or negative on request", "[net]") {
  Net net(11);
  const auto x = net.input("x", {1, 3, 8, 8});
  SECTION("out of balance, and the next layer makes up for it") {
    const auto a = net.conv("a", x, 32, {.spread = 6});
    const std::vector<float> wide = largest_per_channel(net.value(a));
    const auto [low, high] = std::minmax_element(wide.begin(), wide.end());
    CHECK(*high / *low > 256);
    CHECK(*high / *low < 65536);
    const std::vector<float> even = largest_per_channel(net.value(net.conv("b", a, 32)));
    CHECK(*std::max_element(even.begin(), even.end()) / *std::min_element(even.begin(), even.end()) < 16);
  }
  SECTION("dead channels are never above 0") {
    const Array& y = net.value(net.conv("a", x, 4, {.dead = {1, 3}}));
    for (std::size_t i = 0; i < y.count(); ++i)
      if (i / 64 % 2 == 1) CHECK(y.floats()[i] <= 0);
  }
  SECTION("a negative layer is below 0 everywhere, for other inputs too") {
    net.output(net.conv("a", x, 4, {.spread = 2, .negative = true}));
    net.calibrate(8);
    for (const double max : net.ranges().at("a").max) CHECK(max < 0);
  }
  SECTION("a shared weight is one tensor") {
    net.output(net.conv("a", x, 3));
    net.output(net.conv("b", x, 3, {.weight = "a.weight"}));
    const graph::Network network = net.network();
    CHECK(network.op(0).inputs[1] == network.op(1).inputs[1]);
    CHECK(network.op(0).inputs[2] != network.op(1).inputs[2]);
  }
}

TEST_CASE("calibration measures the range of each channel", "[net]") {
  Net net;
  const auto x = net.input("x", {1, 2, 2, 2});
  net.output(net.relu("r", net.add("y", x, net.constant("c", float_array({2, 1, 1}, {10, -10})))));
  net.calibrate(3);
  const NetRange& input = net.ranges().at("x");
  const NetRange& sum = net.ranges().at("y");
  REQUIRE(input.min.size() == 2);
  CHECK(input.min[0] < -0.5);  // the least of 12 values from [-1, 1)
  CHECK(input.max[0] > 0.5);
  CHECK(sum.min[0] == Approx(input.min[0] + 10));
  CHECK(sum.max[1] == Approx(input.max[1] - 10));
  CHECK(net.ranges().at("r").max[1] == 0);
  CHECK(net.ranges().count("c") == 0);

  const graph::Model model = net.model();
  const graph::Statistic* statistic = model.statistics.find(model.network.find("y").value());
  REQUIRE(statistic != nullptr);
  CHECK(statistic->axis == 1);
  CHECK(std::vector<double>(statistic->min.begin(), statistic->min.end()) == sum.min);

  SECTION("along another axis, too") {
    net.calibrate(1, -1);
    CHECK(net.ranges().at("y").axis == 3);
    CHECK(net.ranges().at("y").min.size() == 2);
  }
}

TEST_CASE("a network can be saved", "[net]") {
  Net net;
  const auto x = net.input("x", {1, 1, 1, 2});
  const auto c = net.constant("c \"quoted\"", float_array({2}, {0.5, -3}));
  const auto h = net.constant("h", float_array({17}, std::vector<float>(17, 1.5F)), graph::DType::float16);
  net.op("LeakyRelu", "l", {net.add("y", x, c)}, {{"alpha", 1.0}});
  net.op("Sum", "k", {"l", "l"});
  net.op("Cast", "hf", {h}, {{"to", 1}});
  net.output("k");
  net.output("hf");
  const TemporaryFolder folder;
  const std::filesystem::path path = net.save(folder.path(), "tiny");
  CHECK(path == folder / "tiny.json");
  CHECK(read_file(path) == R"({
  "format": "rewrite-engine/model", "version": 1,
  "name": "tiny", "opset": {"": 17},
  "inputs": [
    {"name": "x", "dtype": "float32", "shape": [1, 1, 1, 2]}
  ],
  "outputs": ["k", "hf"],
  "weights": "tiny.safetensors",
  "tensors": {
    "c \"quoted\"": {"dtype": "float32", "shape": [2], "data": [0.5, -3.0]}
  },
  "nodes": [
    {"name": "y", "op": "Add", "inputs": ["x", "c \"quoted\""], "outputs": ["y"], "attributes": {}},
    {"name": "l", "op": "LeakyRelu", "inputs": ["y"], "outputs": ["l"], "attributes": {"alpha": 1.0}},
    {"name": "k", "op": "Sum", "inputs": ["l", "l"], "outputs": ["k"], "attributes": {}},
    {"name": "hf", "op": "Cast", "inputs": ["h"], "outputs": ["hf"], "attributes": {"to": 1}}
  ]
}
)");
  // 17 halves are 34 bytes; the header is filled up to a multiple of eight.
  const std::string weights = read_file(folder / "tiny.safetensors");
  const std::string header = R"({"h": {"dtype": "F16", "shape": [17], "data_offsets": [0, 34]}})";
  REQUIRE(header.size() <= 64);
  CHECK(weights.size() == 8 + 64 + 34);
  CHECK(weights.substr(0, 8) == std::string("\x40\0\0\0\0\0\0\0", 8));
  CHECK(weights.substr(8, header.size()) == header);
  CHECK(weights.substr(72, 2) == std::string("\x00\x3e", 2));  // 1.5: exponent 15, half of the fraction
}

}  // namespace rw::test
