// Rule sets in one run give what they give in two, one behind the other, through files.
#include <cmath>

#include "runtime/evaluator/literal.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"

using namespace rw::test;

namespace {

// Layers with normalizations whose channels differ widely, one of them almost pruned; ReLU6; values far above 0.
Net pictures() {
  Net net;
  const auto x = net.input("x", {1, 3, 8, 8});
  const auto normalized = [&](const std::string& name, const std::string& from, const std::vector<float>& factors) {
    std::vector<float> bias, mean, variance;
    for (std::size_t i = 0; i < factors.size(); ++i) {
      bias.push_back(3 + static_cast<float>(i));
      mean.push_back(static_cast<float>(net.random().uniform(-1, 1)));
      variance.push_back(static_cast<float>(net.random().uniform(0.5, 2)));
    }
    const auto count = static_cast<std::int64_t>(factors.size());
    return net.op("BatchNormalization", name,
                  {from, net.constant(name + ".scale", float_array({count}, factors)),
                   net.constant(name + ".bias", float_array({count}, bias)),
                   net.constant(name + ".mean", float_array({count}, mean)),
                   net.constant(name + ".variance", float_array({count}, variance))});
  };
  const auto a = normalized("na", net.conv("a", x, 4, {.spread = 3}), {0.01F, 30, 1, 1e-30F});
  const auto b = normalized("nb", net.conv("b", net.clip("ra", a, 0.0F, 6.0F), 4, {.pad = 0}), {2, 0.1F, 50, 1});
  const auto c = net.conv("c", net.relu("rb", net.op("Identity", "same", {b})), 5, {.kernel = 1});
  const auto d = net.op("Mul", "d", {c, net.constant("by", float_array({5, 1, 1}, {4, 0.01F, 1, 7, 0.3F}))});
  net.output(net.conv("e", net.relu("rd", d), 2, {.kernel = 1}));
  net.calibrate();
  return net;
}

Net rows() {
  Net net;
  const auto a = net.gemm("a", net.input("x", {4, 6}), 5, {.spread = 3});
  const auto moved = net.op("Add", "moved", {a, net.constant("more", float_array({5}, {9, 8, 7, 6, 5}))});
  const auto b = net.gemm("b", net.clip("r", moved, 0.0F, 6.0F), 4, {.spread = 2});
  const auto factor = net.op("Mul", "factor", {b, net.constant("by", float_array({4}, {5, 0.02F, 1, 3}))});
  net.output(net.gemm("c", net.relu("s", factor), 3));
  net.calibrate();
  return net;
}

using Constants = std::map<std::string, Array>;

// By the operator and slot that read them, as names of what is made may differ.
Constants constants(const rw::graph::Network& network) {
  Constants all;
  for (const auto& op : network.operators())
    for (std::size_t slot = 0; slot < op.inputs.size(); ++slot) {
      if (op.inputs[slot] == rw::graph::kNone) continue;
      const rw::graph::Tensor& tensor = network.tensor(op.inputs[slot]);
      if (tensor.constant)
        all.emplace(std::string(op.name) + ":" + std::to_string(slot), read_literal(*tensor.constant));
    }
  return all;
}

void check(const Net& net, const std::string& first, const std::string& second) {
  INFO(first << " " << second);
  const TemporaryFolder folder;
  const auto model = net.save(folder.path(), "before");
  const Rewritten once = rewrite_file(model, first + " " + second, folder, "once.json");
  rewrite_file(model, first, folder, "half.json");
  const Rewritten twice = rewrite_file(folder / "half.json", second, folder, "twice.json");
  const Constants a = constants(once.after.network), b = constants(twice.after.network);
  CHECK(a.size() == b.size());
  for (const auto& [place, value] : a) {
    INFO(place);
    REQUIRE(b.count(place) == 1);
    CHECK(difference(value, b.at(place)) <= 1e-5);
  }
}

}  // namespace

TEST_CASE("prepare and then another set, in one run as in two") {
  for (const char* second : {"cross_layer", "mixed", "equalization", "wide", "smoothquant", "relu6", "absorb_bias"})
    for (const Net& net : {pictures(), rows()}) check(net, "prepare", second);
}

TEST_CASE("relu6 and then another set, in one run as in two") {
  for (const char* second : {"prepare", "cross_layer", "mixed", "equalization", "wide", "smoothquant", "absorb_bias"})
    for (const Net& net : {pictures(), rows()}) check(net, "relu6", second);
}

TEST_CASE("absorb_bias and then a set that claims no regions, in one run as in two") {
  for (const char* second : {"prepare", "relu6"})
    for (const Net& net : {pictures(), rows()}) check(net, "absorb_bias", second);
}
