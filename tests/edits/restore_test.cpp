// `leak restore`: a Mul in front of what blocks gives the scale back, on the edge.
#include <algorithm>
#include <cmath>

#include "graph/values/elements.hpp"
#include "runtime/evaluator/literal.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"

using namespace rw::test;
using rw::graph::DType;
using rw::graph::kNone;
using rw::graph::OperatorId;

namespace {

// Scales that differ from channel to channel, all of them powers of two: every output must stay bit for bit.
std::string restoring(const std::string& terms, const std::string& otherwise = "pin") {
  return R"(
use "sets"
rule r {
  region r {
    parents  law linear as p
    through  carrying
    may join joining
    children law linear as c
    leak     restore )" +
         terms + " else " + otherwise + R"(
  }
  do scale(p, pow2(64 / across(max, p.weight)))
}
)";
}

std::string silu(Net& net, const std::string& name, const std::string& x) {
  return net.op("Mul", name, {x, net.op("Sigmoid", name + ".s", {x})});
}

std::string hard_swish(Net& net, const std::string& name, const std::string& x) {
  const auto number = [&](const char* what, float value) {
    return net.constant(name + what, float_array({}, {value}));
  };
  const auto gate = net.clip(name + ".clip", net.add(name + ".add", x, number(".three", 3)), 0.0F, 6.0F);
  return net.op("Div", name, {net.op("Mul", name + ".mul", {x, gate}), number(".six", 6)});
}

const rw::graph::Operator& op(const rw::graph::Network& network, const std::string& name) {
  INFO(name);
  const auto found = network.find_operator(name);
  REQUIRE(found);
  return network.op(*found);
}

std::string input(const rw::graph::Network& network, const std::string& name, std::size_t slot) {
  return std::string(network.tensor(op(network, name).inputs[slot]).name);
}

// The operators that a run has put in.
std::size_t restorers(const Rewritten& rewritten) {
  std::size_t count = 0;
  for (const auto& rule : rewritten.outcome.rules) count += rule.restorers.size();
  return count;
}

std::size_t operators(const rw::graph::Network& network, std::string_view type) {
  std::size_t count = 0;
  for (OperatorId id = 0; id < network.operators().size(); ++id)
    count += !network.removed(id) && network.type_of(id) == type ? 1 : 0;
  return count;
}

// Every output stays bit for bit, as many Muls come as are put in, and the tensors have these scales: of some channel
// another than 1, or all 1.
void check(const Net& net, const std::string& rules, std::size_t put_in, const std::vector<std::string>& scaled,
           const std::vector<std::string>& kept) {
  const TemporaryFolder folder;
  const Rewritten rewritten = rewrite_through_files(net, rules, folder, exactly());
  CHECK(outputs_identical(net, rewritten, 3));
  CHECK(restorers(rewritten) == put_in);
  CHECK(operators(rewritten.after.network, "Mul") == operators(net.network(), "Mul") + put_in);
  const auto& network = rewritten.before.network;
  const auto is_scaled = [&](const std::string& tensor) {
    const auto id = network.find(tensor);
    REQUIRE(id);
    const auto* scale = rewritten.outcome.plan.scale_of(*id);
    return scale && std::any_of(scale->begin(), scale->end(), [](double each) { return each != 1; });
  };
  for (const std::string& tensor : scaled) {
    INFO(tensor);
    CHECK(is_scaled(tensor));
  }
  for (const std::string& tensor : kept) {
    INFO(tensor);
    CHECK_FALSE(is_scaled(tensor));
  }
}

}  // namespace

TEST_CASE("restore: one Mul stands on the edge in front of a Sigmoid") {
  const TemporaryFolder folder;
  Net net(3);
  const auto a = net.conv("a", net.image(), 4, {.spread = 3});
  net.output(net.conv("c", silu(net, "b", a), 3));
  net.calibrate();
  const Rewritten rewritten = rewrite_through_files(net, restoring("Sigmoid"), folder, exactly());
  CHECK(outputs_identical(net, rewritten, 3));
  const auto& after = rewritten.after.network;
  CHECK(operators(after, "Mul") == 2);
  CHECK(input(after, "b.s", 0) == "a/r/restore");
  CHECK(input(after, "b", 0) == "a");
  CHECK(input(after, "a/r/restore", 0) == "a");
  // The factors take back what the channels were scaled by, and statistics follow: x has its scale, what the Mul gives
  // the ranges that x had.
  const auto* scale = rewritten.outcome.plan.scale_of(*rewritten.before.network.find("a"));
  REQUIRE(scale);
  const Array factors = rw::evaluator::read_literal(*after.tensor(op(after, "a/r/restore").inputs[1]).constant);
  CHECK(factors.shape() == Dims{4, 1, 1});
  const auto range = [](const rw::graph::Model& model, const char* tensor) {
    const auto* entry = model.statistics.find(*model.network.find(tensor));
    REQUIRE(entry);
    return std::vector<double>(entry->max.begin(), entry->max.end());
  };
  const auto before = range(net.model(), "a"), scaled = range(rewritten.after, "a"),
             restored = range(rewritten.after, "a/r/restore");
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(factors.floats()[i] == static_cast<float>(1 / (*scale)[i]));
    CHECK(scaled[i] == before[i] * (*scale)[i]);
    CHECK(restored[i] == before[i]);
  }
}

TEST_CASE("restore: what the curve reads is what it was, whatever stands around") {
  SECTION("several curves that read one tensor share a Mul") {
    Net net(4);
    const auto a = net.conv("a", net.image(), 4, {.spread = 3});
    const auto b = silu(net, "b", a);
    const auto d = net.op("Mul", "d", {a, net.op("Tanh", "d.t", {a})});
    net.output(net.conv("c", net.add("e", b, d), 3));
    check(net, restoring("Sigmoid, Tanh"), 1, {"a", "b", "d", "e"}, {"b.s", "d.t"});
  }
  SECTION("only one of them is to be restored: the other one leaks") {
    Net net(4);
    const auto a = net.conv("a", net.image(), 4, {.spread = 3});
    const auto b = silu(net, "b", a);
    const auto d = net.op("Mul", "d", {a, net.op("Tanh", "d.t", {a})});
    net.output(net.conv("c", net.add("e", b, d), 3));
    check(net, restoring("Sigmoid"), 0, {}, {"a", "b", "d", "e"});
  }
  SECTION("a curve with a second input") {
    Net net(5);
    const auto x = net.image();
    const auto a = net.op("Abs", "a", {net.conv("ca", x, 4, {.spread = 3})});
    const auto z = net.conv("z", x, 4, {.spread = 3});
    const auto b = net.op("Mul", "b", {a, net.op("Pow", "b.p", {a, net.op("Sigmoid", "b.s", {z})})});
    net.output(net.conv("c", net.add("e", b, z), 3));
    check(net, restoring("Pow, Sigmoid"), 2, {"a", "b", "z"}, {"b.p"});
  }
  SECTION("a gate that is not of x") {
    Net net(6);
    const auto x = net.image();
    const auto a = net.conv("a", x, 4, {.spread = 3}), z = net.conv("z", x, 4, {.spread = 3});
    const auto b = net.op("Mul", "b", {a, net.op("Sigmoid", "s", {z})});
    net.output(net.conv("c", b, 3));
    check(net, restoring("Sigmoid"), 0, {"a", "b"}, {"z"});  // behind z there is nothing to be freed
    net.output(net.conv("d", z, 2));
    check(net, restoring("Sigmoid"), 1, {"a", "b", "z"}, {"s"});
  }
  SECTION("an operator that reads it twice") {
    Net net(7);
    const auto a = net.op("Abs", "a", {net.conv("ca", net.image(), 4, {.spread = 3})});
    net.output(net.conv("c", net.op("Mul", "b", {a, net.op("Pow", "p", {a, a})}), 3));
    check(net, restoring("Pow"), 1, {"a", "b"}, {"p"});
  }
  SECTION("channels on the last axis, and behind a Transpose") {
    Net net(8);
    const auto a = net.matmul("a", net.input("x", {2, 5, 6}), 8, {.spread = 3});
    const auto t = net.op("Transpose", "t", {silu(net, "b", a)}, {{"perm", {0, 2, 1}}});
    const auto back = net.op("Transpose", "u", {silu(net, "d", t)}, {{"perm", {0, 2, 1}}});
    net.output(net.matmul("c", back, 3));
    check(net, restoring("Sigmoid"), 2, {"a", "b", "t", "d", "u"}, {"b.s", "d.s"});
  }
  SECTION("an output of the network that is read inside") {
    Net net(9);
    const auto a = net.conv("a", net.image(), 4, {.spread = 3});
    net.output(net.relu("ra", a));
    net.output(net.conv("c", silu(net, "b", "ra"), 3));
    check(net, restoring("Sigmoid"), 0, {}, {"a", "ra", "b"});
    check(net, restoring("Sigmoid, output"), 1, {"a", "b"}, {"ra"});
  }
  SECTION("an output of the network that nobody reads") {
    Net net(10);
    const auto a = net.conv("a", net.image(), 4, {.spread = 3});
    net.output(net.conv("c", net.relu("ra", a), 3));
    net.output(net.op("LeakyRelu", "y", {a}));
    check(net, restoring("output"), 1, {"a", "ra"}, {"y"});
  }
  SECTION("the sums at the beginning of hard-swish keep their constants") {
    const TemporaryFolder folder;
    Net net(11);
    const auto a = net.conv("a", net.image(), 4, {.spread = 3});
    net.output(net.conv("c", net.relu("r", hard_swish(net, "b", a)), 3));
    const std::string rules = restoring("Clip");
    const Rewritten rewritten = rewrite_through_files(net, rules, folder, exactly());
    CHECK(outputs_identical(net, rewritten, 3));
    CHECK(restorers(rewritten) == 0);  // the Div behind absorbs, and is no linear child
    const std::string affine = [&] {
      std::string text = rules;
      for (std::size_t at = 0; (at = text.find("law linear as", at)) != std::string::npos; at += 10)
        text.replace(at, 10, "law linear, law affine");
      return text;
    }();
    const Rewritten more = rewrite_through_files(net, affine, folder, exactly());
    CHECK(outputs_identical(net, more, 3));
    CHECK(restorers(more) == 1);
    CHECK(input(more.after.network, "b.add", 0) == "a/r/restore");
    CHECK(input(more.after.network, "b.add", 1) == "b.three");
  }
}

TEST_CASE("restore: nothing is put in where it frees nothing") {
  SECTION("nothing else reads it") {
    Net net(12);
    const auto a = net.conv("a", net.image(), 4, {.spread = 3});
    net.output(net.conv("c", net.op("Sigmoid", "s", {a}), 3));
    check(net, restoring("Sigmoid"), 0, {}, {"a"});
  }
  SECTION("others that give the scale back are all that absorbs it") {
    Net net(19);
    const auto x = net.image();
    const auto a = net.conv("a", x, 4, {.spread = 3}), z = net.conv("z", x, 4, {.spread = 3});
    net.output(net.op("Sigmoid", "s", {net.concat("k", {a, z})}));
    net.output(net.conv("c", a, 3));
    net.output(net.op("Sigmoid", "t", {z}));
    check(net, restoring("Sigmoid"), 1, {"a", "k"}, {"z"});
  }
  SECTION("another leak pins it, or the region is refused for it") {
    Net net(13);
    const auto a = net.conv("a", net.image(), 4, {.spread = 3});
    net.output(net.conv("c", silu(net, "b", a), 3));
    net.output(net.op("Softmax", "t", {a}));
    check(net, restoring("Sigmoid"), 0, {}, {"a", "b"});
    check(net, restoring("Sigmoid", "reject"), 0, {}, {"a", "b"});
  }
  SECTION("some channels are free: the others are pinned, or the region is refused") {
    Net net(14);
    const auto x = net.image();
    const auto a = net.conv("a", x, 4, {.spread = 3}), z = net.conv("z", x, 3, {.spread = 3});
    net.output(net.conv("c", silu(net, "b", net.concat("k", {a, z})), 3));
    net.output(z);
    check(net, restoring("Sigmoid"), 1, {"a", "k", "b"}, {"z"});
    check(net, restoring("Sigmoid", "reject"), 0, {}, {"a", "k", "b", "z"});
  }
  SECTION("all scales are 1: what is written is the network that was read") {
    const TemporaryFolder folder;
    Net net(15);
    const auto a = net.conv("a", net.image(), 4, {.spread = 3});
    net.output(net.conv("c", silu(net, "b", a), 3));
    net.calibrate();
    std::string rules = restoring("Sigmoid");
    rules.replace(rules.find("pow2(64"), rules.find(")\n}") - rules.find("pow2(64"), "1");
    const Rewritten rewritten = rewrite_through_files(net, rules, folder);
    CHECK(rewritten.outcome.rules[0].regions == 1);
    CHECK(restorers(rewritten) == 0);
    CHECK(rewritten.outcome.rewriting.graph.empty());
    CHECK(operators(rewritten.after.network, "Mul") == 1);
    CHECK(input(rewritten.after.network, "b.s", 0) == "a");
  }
  SECTION("an operator that --skip-node names is left alone") {
    const TemporaryFolder folder;
    Net net(16);
    const auto a = net.conv("a", net.image(), 4, {.spread = 3});
    net.output(net.conv("c", silu(net, "b", a), 3));
    rw::runtime::RunOptions options = exactly();
    options.skip_nodes = {"b.s"};
    CHECK(restorers(rewrite_through_files(net, restoring("Sigmoid"), folder, options)) == 0);
  }
}

TEST_CASE("restore: a second run finds nothing left to do") {
  const TemporaryFolder folder;
  Net net(17);
  const auto a = net.conv("a", net.image(), 4, {.spread = 3});
  net.output(net.conv("c", silu(net, "b", a), 3));
  net.calibrate();
  const Rewritten once = rewrite_through_files(net, "restore", folder);
  CHECK(restorers(once) == 1);
  const Rewritten twice = rewrite_file(folder / "after.json", "restore", folder, "twice.json");
  CHECK(restorers(twice) == 0);
  CHECK(operators(twice.after.network, "Mul") == 2);
  CHECK(twice.outcome.rules.back().regions == 1);  // the Mul that is there is no child, and no weight
  CHECK(std::fabs(twice.outcome.rules.back().largest - 1) < 0.01);
}

TEST_CASE("restore: what a dead channel is scaled by stays within bounds, over all sweeps") {
  const TemporaryFolder folder;
  Net net(18);
  const auto a = net.conv("a", net.image(), 4, {.spread = 3});
  net.output(net.conv("c", silu(net, "b", a), 3));
  std::string rules = restoring("Sigmoid");
  rules.replace(rules.find("  do "), rules.find("\n}", rules.find("  do ")) - rules.find("  do "),
                "  repeat 5 until change < 0.1\n  do scale(p, 1024)");
  const Rewritten rewritten = rewrite_through_files(net, rules, folder, exactly());
  CHECK(outputs_identical(net, rewritten, 2));
  CHECK(rewritten.outcome.rules[0].largest == 0x1p20);
}

namespace {

// A block of EfficientNet: expansion, depthwise, squeeze and excitation, projection; SiLU everywhere.
std::string mobile_block(Net& net, const std::string& name, const std::string& x, std::int64_t channels) {
  const auto e = silu(net, name + ".e", net.conv(name + ".ec", x, 12, {.kernel = 1, .spread = 2}));
  const auto d = silu(net, name + ".d", net.depthwise(name + ".dc", e, {.spread = 2}));
  const auto pooled = net.op("GlobalAveragePool", name + ".pool", {d});
  const auto r = silu(net, name + ".r", net.conv(name + ".rc", pooled, 3, {.kernel = 1, .spread = 1}));
  const auto gate = net.op("Sigmoid", name + ".g", {net.conv(name + ".gc", r, 12, {.kernel = 1})});
  return net.conv(name + ".p", net.op("Mul", name + ".se", {d, gate}), channels, {.kernel = 1, .spread = 2});
}

Net efficient_net() {
  Net net(21);
  auto x = silu(net, "stem", net.conv("stem.c", net.image(), 6, {.spread = 2}));
  const auto a = mobile_block(net, "b0", x, 6);
  const auto b = net.add("sum", mobile_block(net, "b1", a, 6), a);
  net.output(net.gemm("fc",
                      net.op("Flatten", "flat",
                             {net.op("GlobalAveragePool", "gap",
                                     {silu(net, "head", net.conv("head.c", b, 8, {.kernel = 1, .spread = 2}))})}),
                      4));
  net.calibrate();
  return net;
}

// A block of YOLOX: two branches, one of them with a bottleneck that is added, concatenated.
std::string cross_stage(Net& net, const std::string& name, const std::string& x) {
  const auto layer = [&](const std::string& id, const std::string& from, std::int64_t channels, std::int64_t kernel) {
    return silu(net, name + id, net.conv(name + id + ".c", from, channels, {.kernel = kernel, .spread = 2}));
  };
  const auto both = layer(".in", x, 12, 1);
  const auto halves = net.ops("Split", name + ".split", 2, {both}, {{"axis", 1}});
  const auto b = net.add(name + ".sum", halves[0], layer(".m1", layer(".m0", halves[0], 6, 1), 6, 3));
  return layer(".out", net.concat(name + ".cat", {b, halves[1]}), 8, 1);
}

Net yolox() {
  Net net(22);
  const auto stem = silu(net, "stem", net.conv("stem.c", net.image(), 6, {.spread = 2}));
  const auto large = cross_stage(net, "p0", stem);
  const auto small =
      cross_stage(net, "p1", silu(net, "down", net.conv("down.c", large, 8, {.stride = 2, .spread = 2})));
  const auto up = net.op("Resize", "up", {small, "", net.constant("scales", float_array({4}, {1, 1, 2, 2}))},
                         {{"mode", "nearest"}});
  const auto neck = cross_stage(net, "n0", net.concat("cat", {up, large}));
  for (const char* head : {"h0", "h1"})
    net.output(net.conv(std::string(head) + ".y",
                        silu(net, head, net.conv(std::string(head) + ".c", neck, 6, {.spread = 2})), 3, {.kernel = 1}));
  net.calibrate();
  return net;
}

// Layers whose output is scaled.
std::size_t scaled_layers(const Rewritten& rewritten) {
  std::size_t count = 0;
  const auto& network = rewritten.before.network;
  for (OperatorId id = 0; id < network.operators().size(); ++id) {
    if (network.removed(id) || network.op(id).outputs.empty() || !network.type_of(id).starts_with("Conv")) continue;
    const auto* scale = rewritten.outcome.plan.scale_of(network.op(id).outputs[0]);
    count += scale && std::any_of(scale->begin(), scale->end(), [](double each) { return each != 1; }) ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("restore: networks in the shape of EfficientNet and YOLOX keep their function") {
  struct Shape {
    const char* name;
    Net (*net)();
    std::size_t before, after;  // layers that cross_layer scales, and restore
  };
  for (const Shape& each : {Shape{"EfficientNet", efficient_net, 2, 10}, Shape{"YOLOX", yolox, 0, 16}}) {
    INFO(each.name);
    const TemporaryFolder folder;
    const Net net = each.net();
    CHECK(scaled_layers(rewrite_through_files(net, "cross_layer", folder)) == each.before);
    const Rewritten rewritten = rewrite_through_files(net, "restore", folder);
    CHECK(scaled_layers(rewritten) == each.after);
    CHECK(largest_difference(net, rewritten, 3) < 1e-4);
    CHECK(outputs_identical(net, rewrite_through_files(net, "restore", folder, exactly()), 3));
    // In nested networks, too, where what is read comes from the same one.
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      INFO("nested " << seed);
      const Rewritten nested =
          rewrite_file(net.save_nested(folder.path(), "nested", seed), "restore", folder, "after.json", exactly());
      CHECK(outputs_identical(net, nested, 2));
    }
  }
}

namespace {

// How far the largest weight of a convolution lies above their root mean square, in dB, in the mean over all: what one
// step for all of a tensor loses.
double crest(const rw::graph::Network& network) {
  double sum = 0;
  int layers = 0;
  for (OperatorId id = 0; id < network.operators().size(); ++id) {
    if (network.removed(id) || network.type_of(id) != "Conv") continue;
    const auto* weight = network.tensor(network.op(id).inputs[1]).constant;
    REQUIRE(weight);
    double largest = 0, squares = 0;
    std::size_t count = 0;
    rw::graph::for_each_element(*weight, [&](std::size_t, double value) {
      largest = std::max(largest, std::fabs(value));
      squares += value * value;
      ++count;
    });
    if (!(squares > 0)) continue;
    sum += 10 * std::log10(largest * largest / (squares / static_cast<double>(count)));
    ++layers;
  }
  REQUIRE(layers > 8);
  return sum / layers;
}

}  // namespace

TEST_CASE("restore: a twin, out of balance on both sides of each curve, comes back to what its network gets") {
  // The digits of the largest weight of a channel say by how much: up to two decades.
  const std::string unbalance = R"(
include "curves" as far as exact
use "sets"
rule unbalance {
  region r {
    parents  offering as p
    through  carrying
    may join joining
    children absorbing
    leak     restore curves else pin
  }
  let made = across(max, if no_weights(p) then 1 else p.weight)
  do scale(p, pow(100, made / pow2(made) - 1.5), 0.01, 100)
}
)";
  for (const auto& make : {efficient_net, yolox}) {
    const TemporaryFolder folder;
    const Net net = make();
    const Rewritten twin = rewrite_file(net.save(folder.path(), "net"), unbalance, folder, "twin.json");
    CHECK(largest_difference(net, twin, 2) < 1e-4);
    const double own = crest(rewrite_file(folder / "net.json", "restore", folder, "own.json").after.network);
    const double back = crest(rewrite_file(folder / "twin.json", "restore", folder, "back.json").after.network);
    CHECK(crest(twin.after.network) > own + 3);
    CHECK(std::fabs(own - back) < 1);
  }
}

TEST_CASE("restore: in float16 factors stay within what it holds") {
  const TemporaryFolder folder;
  Net net(19);
  const auto x = net.input("x", {1, 3, 6, 6}, DType::float16);
  const auto half = [&](const std::string& name, Dims shape) {
    std::vector<float> values;
    std::size_t count = 1;
    for (const auto dim : shape) count *= static_cast<std::size_t>(dim);
    for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(net.random().uniform(-1, 1)));
    return net.constant(name, float_array(shape, values), DType::float16);
  };
  const auto a = net.op("Conv", "a", {x, half("a.w", {4, 3, 1, 1})});
  net.output(net.op("Conv", "c", {silu(net, "b", a), half("c.w", {2, 4, 1, 1})}));
  const Rewritten rewritten = rewrite_through_files(net, restoring("Sigmoid"), folder, exactly());
  CHECK(restorers(rewritten) == 1);
  CHECK(outputs_identical(net, rewritten, 2));
  const auto& after = rewritten.after.network;
  CHECK(after.tensor(op(after, "a/r/restore").inputs[1]).dtype == DType::float16);
}

TEST_CASE("restore: balancing gives scales back where it pays") {
  const TemporaryFolder folder;
  const Net net = yolox();
  const auto path = net.save(folder.path(), "before");
  const auto restored = [&](const std::string& rules, std::map<std::string, double> params, bool exact = false) {
    rw::runtime::RunOptions options;
    options.exact = exact;
    options.params["balance"] = std::move(params);
    const Rewritten rewritten = rewrite_file(path, rules, folder, "after.json", options);
    CHECK(largest_difference(net, rewritten, 2) < 1e-4);
    if (exact) CHECK(outputs_identical(net, rewritten, 2));
    // Whoever is left alone says why; all others are scaled.
    const auto& outcome = rewritten.outcome;
    const bool never = options.params["balance"]["restore_cost"] >= 1e9;
    std::size_t told = 0;
    for (const auto& region : outcome.visited)
      for (const auto& miss : outcome.misses.of(region.misses))
        told +=
            contains(std::string(miss.miss.reason), never ? "restore_cost rules it out" : "less than it costs") ? 1 : 0;
    const std::size_t put_in = restorers(rewritten);
    CHECK((told == 0) == (put_in == 16));
    return put_in;
  };
  CHECK(restored("balance", {{"restore_cost", 0}, {"per_channel", 0}}) > 12);
  CHECK(restored("auto", {{"restore_cost", 0}, {"per_channel", 0}}, true) > 12);
  CHECK(restored("balance", {{"restore_cost", 1e9}}) == 0);
  CHECK(restored("balance", {{"per_channel", 1}, {"activations", 0}, {"restore_cost", 0}}) == 0);
  std::size_t before = 16;  // the dearer, the fewer
  for (const double cost : {0.5, 1.0, 2.0, 4.0, 8.0, 16.0}) {
    const std::size_t now = restored("balance", {{"per_channel", 0}, {"restore_cost", cost}});
    CHECK(now <= before);
    before = now;
  }
  CHECK(before == 0);
}
