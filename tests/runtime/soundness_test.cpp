// The networks on which matching pattern by pattern goes wrong, each with what must happen.
#include <cmath>
#include <map>

#include "tests/runtime/engine.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"

using namespace rw;
using namespace rw::test;
using Names = std::vector<std::string>;

namespace {

std::vector<double> twos(std::size_t count) { return std::vector<double>(count, 2.0); }
std::vector<double> ones(std::size_t count) { return std::vector<double>(count, 1.0); }

}  // namespace

TEST_CASE("A feeds a concat and also a convolution directly: that one is a child of the same region") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4, {.spread = 4}), b = net.conv("b", x, 4, {.spread = 4});
  const auto k = net.concat("k", {net.relu("ra", a), net.relu("rb", b)});
  net.output(net.conv("c", k, 2));
  net.output(net.conv("d", "ra", 2));
  net.calibrate();
  const Engine engine(net);
  CHECK(engine.rule_of("k") == "concat");
  CHECK(engine.parents("k") == Names{"a", "b"});
  CHECK(engine.children("k") == Names{"c", "d"});
  CHECK(engine.same_region("ra", "k"));
}

TEST_CASE("A feeds a concat and an Add: one region through A, which two of the classic rules leave alone") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4), b = net.conv("b", x, 4), c = net.conv("c", x, 4);
  net.output(net.conv("d", net.concat("k", {a, b}), 2));
  net.output(net.conv("e", net.add("s", a, c), 2));
  net.calibrate();
  const Engine engine(net);
  CHECK(engine.same_region("k", "s"));
  CHECK(engine.parents("k") == Names{"a", "b", "c"});
  CHECK(engine.rule_of("k").empty());
  // A rule that wants both joins takes it, and every parent once.
  const Engine both(net, kTakeAll);
  CHECK(both.rule_of("k") == "widest");
  CHECK(both.scale("a") == twos(4));
  CHECK(both.scale("k") == twos(8));
  CHECK(both.scale("s") == twos(4));
}

TEST_CASE("Two separate Adds of one convolution are one region") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4, {.spread = 3}), b = net.conv("b", x, 4), c = net.conv("c", x, 4);
  net.output(net.conv("d", net.add("s1", a, b), 2));
  net.output(net.conv("e", net.add("s2", a, c), 2));
  net.calibrate();
  const Engine engine(net);
  CHECK(engine.rule_of("s1") == "residual_family");
  CHECK(engine.parents("s2") == Names{"a", "b", "c"});
  CHECK(engine.scale("a") == engine.scale("b"));
  CHECK(engine.scale("a") == engine.scale("s2"));
}

TEST_CASE("A is also an output of the network: the output is a leak") {
  Net net;
  const auto a = net.conv("a", net.image(), 4);
  net.output(a);
  net.output(net.conv("b", net.relu("r", a), 2));
  net.calibrate();
  const Engine engine(net);
  CHECK(engine.rule_of("a").empty());
  CHECK(engine.reason("a") == "'a' is an output of the network");
  CHECK(engine.scale("a") == ones(4));
}

TEST_CASE("Concat of A, of its pool and of the pool of that: one class for each channel of A") {
  Net net;
  const auto a = net.conv("a", net.image(), 4, {.spread = 4});
  const auto p1 = net.max_pool("p1", a, 3, 1), p2 = net.max_pool("p2", p1, 3, 1);
  // Pools without padding shrink the picture; padding brings it back.
  const auto q1 = net.op("Pad", "q1", {p1, net.ints("pads1", {0, 0, 1, 1, 0, 0, 1, 1})});
  const auto q2 = net.op("Pad", "q2", {p2, net.ints("pads2", {0, 0, 2, 2, 0, 0, 2, 2})});
  net.output(net.conv("c", net.concat("k", {a, q1, q2}), 2));
  net.calibrate();
  const Engine engine(net);
  REQUIRE(engine.rule_of("k") == "concat");
  CHECK(engine.parents("k") == Names{"a"});
  const auto scale = engine.scale("a");
  auto three = scale;
  three.insert(three.end(), scale.begin(), scale.end());
  three.insert(three.end(), scale.begin(), scale.end());
  CHECK(engine.scale("k") == three);
}

TEST_CASE("Concats that overlap without nesting are one region") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4), b = net.conv("b", x, 3), d = net.conv("d", x, 2);
  net.output(net.conv("c1", net.concat("k1", {a, b}), 2));
  net.output(net.conv("c2", net.concat("k2", {a, d}), 2));
  net.calibrate();
  const Engine engine(net);
  CHECK(engine.rule_of("k1") == "concat");
  CHECK(engine.parents("k2") == Names{"a", "b", "d"});
  CHECK(engine.children("k1") == Names{"c1", "c2"});
}

TEST_CASE("Chained additions, and an addition of A and its own pool: each parent once") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4), b = net.conv("b", x, 4);
  const auto s1 = net.add("s1", a, b), s2 = net.add("s2", s1, a);
  const auto pooled = net.op("MaxPool", "p", {s2}, {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}});
  net.output(net.conv("c", net.add("s3", s2, pooled), 2));
  net.calibrate();
  const Engine engine(net, kTakeAll);
  CHECK(engine.parents("s3") == Names{"a", "b"});
  for (const char* tensor : {"a", "b", "s1", "s2", "p", "s3"}) CHECK(engine.scale(tensor) == twos(4));
}

TEST_CASE("Concat of A and the network's input: a leak, or with `leak pin` A is scaled and the rest is pinned") {
  Net net;
  const auto x = net.image();
  net.output(net.conv("c", net.concat("k", {net.conv("a", x, 4), x}), 2));
  net.calibrate();
  const Engine engine(net);
  CHECK(engine.rule_of("k").empty());
  CHECK(engine.reason("k") == "'x' is an input of the network");
  const Engine pinned(net, kTakeAll);
  CHECK(pinned.scale("a") == twos(4));
  CHECK(pinned.scale("k") == std::vector<double>{2, 2, 2, 2, 1, 1, 1});
  CHECK(pinned.scale("x") == ones(3));
}

TEST_CASE("A dead and an always negative concat parent: every scale finite and > 0") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 3, {.dead = {0, 1, 2}}), b = net.conv("b", x, 3, {.negative = true}),
             d = net.conv("d", x, 3);
  net.output(net.conv("c", net.concat("k", {net.relu("ra", a), b, net.relu("rd", d)}), 2));
  net.calibrate();
  const Engine engine(net);
  REQUIRE(engine.rule_of("k") == "concat");
  for (const double scale : engine.scale("k")) {
    CHECK(std::isfinite(scale));
    CHECK(scale > 0);
  }
  // The dead one asks for what `equalization` asks of a range of 0: 0 / 1e-30, at least lo = 1; the alignment factor
  // is 1.
  CHECK(engine.scale("ra") == ones(3));
}

TEST_CASE("Operators that carry no scale are leaks") {
  const std::vector<std::pair<std::string, NetAttributes>> blocking = {
      {"Sigmoid", {}}, {"Softmax", {{"axis", 1}}}, {"HardSwish", {}}, {"Tanh", {}}};
  for (const auto& [type, attributes] : blocking) {
    Net net;
    const auto a = net.conv("a", net.image(), 4);
    net.output(net.conv("c", net.op(type, "f", {a}, attributes), 2));
    net.calibrate();
    const Engine engine(net, kTakeAll);
    INFO(type);
    CHECK(engine.scale("a") == ones(4));
    CHECK(engine.scale("f") == ones(4));
    CHECK(engine.reason("a").substr(0, 9 + type.size() + 1) == "leaks at " + type + " ");
  }
}

TEST_CASE("Clip with only a lower bound of 0 is Relu, Clip(0, 6) is a leak") {
  for (const auto& [high, expected] :
       std::vector<std::pair<std::optional<float>, double>>{{std::nullopt, 2.0}, {6.0F, 1.0}}) {
    Net net;
    const auto a = net.conv("a", net.image(), 4);
    net.output(net.conv("c", net.clip("f", a, 0.0F, high), 2));
    const Engine engine(net, kTakeAll);
    CHECK(engine.scale("a") == std::vector<double>(4, expected));
    if (high) CHECK(engine.reason("a") == "leaks at Clip 'f': it clips to 0..6, and only 0 or none scales along");
  }
}

TEST_CASE("Concat on an axis that is not the channels' ties its inputs one to one") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4, {.spread = 3}), b = net.conv("b", x, 4, {.spread = 3});
  net.output(net.conv("c", net.concat("k", {a, b}, 2), 2));
  net.calibrate();
  const Engine engine(net);
  CHECK(engine.rule_of("k").empty());  // `join Concat on channel` leaves it alone
  const Engine other(net, R"(
    rule spatial {
      region r { parents Conv as p  join Concat as k  children Conv as c }
      do scale(p, 2)
    })");
  CHECK(other.scale("k") == twos(4));
  CHECK(other.scale("a") == other.scale("b"));
}

TEST_CASE("A convolution that is parent and child of one region") {
  // s = a + c(s0) where s0 = relu(a): c reads and feeds the same region.
  Net net;
  const auto a = net.conv("a", net.image(), 4, {.spread = 4});
  const auto c = net.conv("c", net.relu("r", a), 4, {.spread = 4});
  net.output(net.conv("d", net.add("s", a, c), 2));
  net.calibrate();
  const Engine engine(net);
  REQUIRE(engine.rule_of("s") == "residual_family");
  CHECK(engine.parents("s") == Names{"a", "c"});
  CHECK(engine.children("s") == Names{"c", "d"});
  // W' = s_out W / s_in, both at once: its edit holds one factor along the output and one along the input.
  const auto* edit = engine.outcome().plan.edit(1 + 1, 1);
  REQUIRE(engine.network().op(2).name == "c");
  REQUIRE(edit);
  REQUIRE(edit->factors.size() == 2);
  const auto scale = engine.scale("s");
  const auto *out = edit->along(graph::AxisMask::of({0, 1})), *in = edit->along(graph::AxisMask::of({0, 2}));
  REQUIRE(out);
  REQUIRE(in);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK((*out)[i] == Approx(scale[i]));
    CHECK((*in)[i] == Approx(1 / scale[i]));
  }
}

TEST_CASE("A copy of a shared weight takes no name that is taken") {
  Net net;
  const auto a = net.conv("a", net.image(), 4, {.spread = 4});
  const auto s = net.conv("s", net.relu("ra", a), 4, {.spread = 3});
  const auto t = net.conv("t", net.relu("rs", s), 4, {.bias = false, .weight = "s.weight"});
  const auto other = net.constant("s.weight@t", Array({1, 4, 1, 1}, std::vector<float>{1, 2, 3, 4}));
  net.output(net.add("sum", net.conv("c", net.relu("rt", t), 4), other));
  net.calibrate();
  const TemporaryFolder folder;
  const Rewritten rewritten = rewrite_through_files(net, "equalization", folder);
  const graph::Network& after = rewritten.after.network;
  std::map<std::string, std::string> weights;
  for (const graph::Operator& op : after.operators())
    if (op.inputs.size() > 1) weights[std::string(op.name)] = after.tensor(op.inputs[1]).name;
  CHECK(weights["s"] == "s.weight");
  CHECK(weights["t"] == "s.weight@t_2");
  CHECK(weights["sum"] == "s.weight@t");
  CHECK(largest_difference(net, rewritten, 2) <= 1e-5);
}

TEST_CASE("Grouped and depthwise convolutions as parents and children") {
  Net net;
  const auto a = net.conv("a", net.image(), 8, {.spread = 4});
  const auto d = net.depthwise("d", net.relu("ra", a), {.spread = 4});
  const auto g = net.conv("g", net.relu("rd", d), 6, {.group = 2, .spread = 4});
  net.output(net.conv("c", net.relu("rg", g), 2));
  net.calibrate();
  const Engine engine(net);
  CHECK(engine.rule_of("a") == "pair");
  CHECK(engine.parents("d") == Names{"d"});
  CHECK(engine.children("a") == Names{"d"});
  CHECK(engine.rule_of("rd") == "pair");
  CHECK(engine.rule_of("g") == "pair");
  CHECK(engine.scale("g").size() == 6);
}

TEST_CASE("Add of the same operand twice joins") {
  Net net;
  const auto a = net.conv("a", net.image(), 4, {.spread = 4});
  net.output(net.conv("c", net.add("s", a, a), 2));
  net.calibrate();
  const Engine engine(net);
  CHECK(engine.rule_of("s") == "residual_family");
  CHECK(engine.scale("s") == engine.scale("a"));
}

TEST_CASE("Concats three deep, and a Relu beside other consumers of its input") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 2), b = net.conv("b", x, 2), c = net.conv("c", x, 2), d = net.conv("d", x, 2);
  const auto k1 = net.concat("k1", {a, b}), k2 = net.concat("k2", {k1, c}), k3 = net.concat("k3", {d, k2});
  net.output(net.conv("e", net.relu("r", k3), 2));
  net.output(net.conv("f", k3, 2));
  net.output(net.conv("g", k1, 2));
  net.calibrate();
  const Engine engine(net);
  CHECK(engine.rule_of("k3") == "concat");
  CHECK(engine.parents("k3") == Names{"a", "b", "c", "d"});
  CHECK(engine.children("k1") == Names{"e", "f", "g"});
  auto expected = engine.scale("d");
  for (const char* part : {"a", "b", "c"})
    for (const double scale : engine.scale(part)) expected.push_back(scale);
  CHECK(engine.scale("r") == expected);
}

TEST_CASE("A tensor that nobody reads is no leak") {
  Net net;
  const auto a = net.conv("a", net.image(), 4);
  net.relu("dead", a);
  net.output(net.conv("c", a, 2));
  CHECK(Engine(net, kTakeAll).scale("dead") == twos(4));
}
