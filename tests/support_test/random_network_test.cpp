// Random networks: that they are what tests of properties need.
#include "tests/support/random_network.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"

namespace rw::test {
namespace {

bool finite(const Array& array) {
  if (!array.is_float()) return true;
  for (const float value : array.floats())
    if (!std::isfinite(value)) return false;
  return true;
}

// What a network shows that the tests of the engine rely on.
std::set<std::string> features(const Net& net) {
  std::set<std::string> found;
  std::map<std::string, int> readers, weights;
  std::map<std::string, const NetNode*> makers;
  const auto steps = [](const NetNode& node) {  // Mul or Add of a constant
    return (node.type == "Mul" || node.type == "Add") && node.name.starts_with("step");
  };
  for (const NetNode& node : net.nodes()) {
    found.insert(node.type);
    for (const std::string& input : node.inputs) {
      const auto maker = makers.find(input);
      if (maker == makers.end()) continue;
      if (input.ends_with(".weight")) found.insert("weight behind " + maker->second->type);
      if (steps(node) && steps(*maker->second)) found.insert("constants one after another");
    }
    for (const std::string& output : node.outputs) makers[output] = &node;
    const std::set<std::string> distinct(node.inputs.begin(), node.inputs.end());
    if (distinct.size() < node.inputs.size()) found.insert(node.type + " of the same tensor");
    for (const std::string& input : node.inputs) ++readers[input];
    if (node.type == "Conv" && ++weights[node.inputs[1]] > 1) found.insert("shared weight");
    for (const NetAttribute& each : node.attributes)
      if (node.type == "Conv" && each.name == "group" && std::get<std::int64_t>(each.value) > 1) found.insert("group");
  }
  const std::set<std::string> outputs(net.outputs().begin(), net.outputs().end());
  if (outputs.size() > 1) found.insert("several outputs");
  for (const std::string& output : outputs)
    if (readers[output] > 0) found.insert("output that is read");
  for (const NetNode& node : net.nodes())
    for (const std::string& output : node.outputs)
      if (readers[output] == 0 && outputs.count(output) == 0) found.insert("dead end");
  for (const auto& [name, range] : net.ranges()) {
    bool negative = true;
    for (const double max : range.max) negative = negative && max < 0;
    if (negative && name != "x") found.insert("negative tensor");
  }
  return found;
}

// The nodes that an output depends on.
std::set<std::string> live_nodes(const Net& net) {
  std::set<std::string> tensors(net.outputs().begin(), net.outputs().end()), nodes;
  for (auto node = net.nodes().rbegin(); node != net.nodes().rend(); ++node)
    for (const std::string& output : node->outputs)
      if (tensors.count(output) != 0) {
        nodes.insert(node->name);
        tensors.insert(node->inputs.begin(), node->inputs.end());
      }
  return nodes;
}

// The values of one channel (the first axis) twice as large.
Array doubled(const Array& array, std::size_t channel) {
  std::vector<float> values = array.floats();
  const std::size_t length = values.size() / static_cast<std::size_t>(array.dim(0));
  for (std::size_t i = channel * length; i < (channel + 1) * length; ++i) values[i] *= 2;
  return Array(array.shape(), std::move(values));
}

}  // namespace

TEST_CASE("random networks are the same for the same seed", "[random]") {
  const Net a = random_net(5), b = random_net(5), c = random_net(6);
  REQUIRE(a.nodes().size() == b.nodes().size());
  for (std::size_t i = 0; i < a.nodes().size(); ++i) {
    CHECK(a.nodes()[i].type == b.nodes()[i].type);
    CHECK(a.nodes()[i].inputs == b.nodes()[i].inputs);
  }
  const std::string last = a.outputs().back();
  CHECK(identical(a.value(last), b.value(last)));
  CHECK((c.nodes().size() != a.nodes().size() || c.nodes()[3].inputs != a.nodes()[3].inputs));
}

TEST_CASE("random networks show all that can happen, and stay finite", "[random]") {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Net net = random_net(seed);
    CHECK(net.nodes().size() >= 10);
    CHECK(net.nodes().size() <= 120);
    REQUIRE_FALSE(net.outputs().empty());
    for (const std::string& output : net.outputs()) CHECK(finite(net.value(output)));
    for (const std::string& feature : features(net)) ++seen[feature];
  }
  for (const char* feature : {"Conv",
                              "group",
                              "ConvTranspose",
                              "Relu",
                              "LeakyRelu",
                              "PRelu",
                              "Clip",
                              "Sigmoid",
                              "MaxPool",
                              "AveragePool",
                              "GlobalAveragePool",
                              "Add",
                              "Sum",
                              "Concat",
                              "BatchNormalization",
                              "Mul",
                              "Flatten",
                              "ReduceMean",
                              "Gemm",
                              "Split",
                              "Pad",
                              "Softmax",
                              "Identity",
                              "weight behind Identity",
                              "weight behind Reshape",
                              "weight behind Transpose",
                              "weight behind Cast",
                              "weight behind Squeeze",
                              "weight behind Unsqueeze",
                              "constants one after another",
                              "Add of the same tensor",
                              "Concat of the same tensor",
                              "shared weight",
                              "several outputs",
                              "output that is read",
                              "dead end",
                              "negative tensor"}) {
    INFO(feature);
    CHECK(seen[feature] >= 10);
  }
}

TEST_CASE("what is not wanted does not appear", "[random]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Net net = random_net(seed, {.bounded = false, .spatial_concat = false, .samples = 0});
    CHECK(net.ranges().empty());
    for (const NetNode& node : net.nodes()) {
      CHECK(node.type != "Sigmoid");
      CHECK(node.type != "Softmax");
      if (node.type == "Clip") CHECK(node.inputs.size() == 2);
      if (node.type != "Concat") continue;
      const std::int64_t axis = std::get<std::int64_t>(node.attributes.front().value);
      CHECK((axis == 1 || axis == -3));
    }
  }
}

// A judge that does not see a wrong scale is none: one output channel of a convolution is doubled and nothing made up
// for it. What stays unseen went through a sigmoid's flat end or was cut off by a bound.
TEST_CASE("a wrong scale is seen at an output", "[random]") {
  int wrong = 0, seen = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Net net = random_net(seed);
    const std::set<std::string> live = live_nodes(net);
    for (const NetNode& node : net.nodes()) {
      if (node.type != "Conv" || live.count(node.name) == 0) continue;
      if (std::any_of(net.nodes().begin(), net.nodes().end(),
                      [&](const NetNode& each) { return each.outputs[0] == node.inputs[1]; }))
        continue;  // an operator makes its weight
      const Array& weight = net.value(node.inputs[1]);
      const std::size_t channel = seed % static_cast<std::size_t>(weight.dim(0));
      Arrays inputs = net.inputs(0);
      for (std::size_t slot = 1; slot < node.inputs.size(); ++slot)
        inputs[node.inputs[slot]] = doubled(net.value(node.inputs[slot]), channel);
      if (identical(inputs[node.inputs[1]], weight)) continue;  // dead
      ++wrong;
      const Arrays after = evaluate(net.network(), inputs);
      seen += std::any_of(net.outputs().begin(), net.outputs().end(), [&](const std::string& output) {
        return difference(net.value(output), after.at(output)) > 1e-4;
      });
    }
  }
  CHECK(wrong > 300);
  CHECK(seen > 0.95 * wrong);
}

}  // namespace rw::test
