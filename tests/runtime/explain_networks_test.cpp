// What explain says of the networks on which matching pattern by pattern goes wrong: one golden each.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "tests/runtime/explained.hpp"
#include "tests/runtime/formulas.hpp"
#include "tests/support/catch.hpp"

using namespace rw;
using namespace rw::test;

namespace {

// What explain is to say of the scales that a parent got.
std::string text(const Scales& scales) {
  const auto [low, high] = std::minmax_element(scales.begin(), scales.end());
  return *low == *high ? fmt::format("{:.4g}", *low) : fmt::format("{:.4g} .. {:.4g}", *low, *high);
}

// By the three rules; in concats and additions with the region's parents, whose channels meet one by one.
std::string paired(const Net& net, const std::string& parent) {
  return text(equalization(parent_ranges(net, {parent})[0]));
}
std::string aligned(const Net& net, const std::string& parent, const std::vector<std::string>& all) {
  return text(aligned(parent_ranges(net, {parent})[0], parent_ranges(net, all)));
}
std::string shared(const Net& net, const std::vector<std::string>& all) {
  const std::vector<ParentRange> parents = parent_ranges(net, all);
  std::vector<std::uint32_t> channels(parents[0].max.size());
  std::iota(channels.begin(), channels.end(), 0);
  return text(shared(parents, std::vector(parents.size(), channels))[0]);
}

}  // namespace

TEST_CASE("explain: a region with an Add and a Concat is wanted by none of the three, and may join would do") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4), b = net.conv("b", x, 4), c = net.conv("c", x, 4);
  net.output(net.conv("d", net.concat("k", {a, b}), 2));
  net.output(net.conv("e", net.add("s", a, c), 2));
  net.calibrate();
  CHECK(Explained(net, kRules).text() == R"(
Conv 'a', Conv 'b', Conv 'c' -> Conv 'd', Conv 'e' (8 channels)
  concat (test.dsl:9)
    Add 's' joins inside, and `join` (test.dsl:12) does not name it
  residual (test.dsl:17)
    Concat 'k' joins inside, and `join` (test.dsl:20) does not name it
  pair (test.dsl:2)
    Concat 'k' joins inside, and the region (test.dsl:3) has no `join`
    Add 's' joins inside, and the region (test.dsl:3) has no `join`
  remedy: add Concat to `join` (test.dsl:20); then residual would scale 8 of 8 channels here

Conv 'd' -> nothing (2 channels)
  1 leak (below): pair (test.dsl:2), concat (test.dsl:9), residual (test.dsl:17)
  nothing absorbs its scale: pair (test.dsl:2), concat (test.dsl:9), residual (test.dsl:17)
  every channel that a parent offers is pinned: pair (test.dsl:2), concat (test.dsl:9), residual (test.dsl:17)
  it has none of the joins that `join` asks for: concat (test.dsl:12), residual (test.dsl:20)
  leak: Conv 'd' channel 0 -> output of the network (pins 2 of 2 channels)
  remedy: none in these rules: all of its channels are pinned
  1 more region like it: Conv 'e'

what would unlock most
  1.  1 region, 8 channels  add Concat to `join` (test.dsl:20)
)");
}

TEST_CASE("explain: an output of the network") {
  Net net;
  const auto a = net.conv("a", net.image(), 4);
  net.output(a);
  net.output(net.conv("b", net.relu("r", a), 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.rules = {"pair"}}).text() == R"(
Conv 'a' -> Conv 'b' (4 channels)
  pair (test.dsl:2)
    1 leak (below)
    every channel that a parent offers is pinned
  leak: Conv 'a' channel 0 -> output of the network (pins 4 of 4 channels)
  remedy: none in these rules: all of its channels are pinned
  1 more region like it: Conv 'b'
)");
}

TEST_CASE("explain: a concat with the network's input, where `leak pin` scales the rest") {
  Net net;
  const auto x = net.image();
  net.output(net.conv("c", net.concat("k", {net.relu("r", net.conv("a", x, 4)), x}), 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.rules = {"concat"}}).text() == R"(
Conv 'a' -> Conv 'a', Conv 'c' (7 channels)
  concat (test.dsl:9)
    1 leak (below)
  leak: 'x' is an input of the network (pins no channel that a parent offers)
  remedy: add `leak pin` to the region (test.dsl:10); then concat would scale 4 of 4 channels here

Conv 'c' -> nothing (2 channels)
  concat (test.dsl:9)
    it has none of the joins that `join` (test.dsl:12) asks for
    1 leak (below)
    nothing absorbs its scale
    every channel that a parent offers is pinned
  leak: Conv 'c' channel 0 -> output of the network (pins 2 of 2 channels)
  remedy: none in these rules: all of its channels are pinned

what would unlock most
  1.  1 region, 4 channels  add `leak pin` to the region (test.dsl:10)
)");
}

TEST_CASE("explain: Clip(0, 6) and Sigmoid, with the way and the attribute's values") {
  Net net;
  const auto a = net.conv("a", net.image(), 4);
  net.output(net.conv("c", net.clip("f", net.max_pool("m", a), 0.0F, 6.0F), 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.rules = {"pair"}}).text() == R"(
Conv 'a' -> nothing (4 channels)
  pair (test.dsl:2)
    1 leak (below)
    nothing absorbs its scale
    every channel that a parent offers is pinned
  leak: Conv 'a' channel 0 -> MaxPool 'm' -> Clip 'f': it clips to 0..6, and only 0 or none scales along (pins 4 of 4 channels)
  remedy: add Clip to `through` (test.dsl:4), and add `op Clip law bounded` (its bounds become constants, one a channel); then pair would scale 4 of 4 channels here

Conv 'c' -> nothing (2 channels)
  pair (test.dsl:2)
    1 leak (below)
    nothing absorbs its scale
    every channel that a parent offers is pinned
  leak: Conv 'c' channel 0 -> output of the network (pins 2 of 2 channels)
  remedy: none in these rules: all of its channels are pinned

what would unlock most
  1.  1 region, 4 channels  add Clip to `through` (test.dsl:4), and add `op Clip law bounded` (its bounds become constants, one a channel)
)");
  Net sigmoid;
  const auto s = sigmoid.conv("a", sigmoid.image(), 4), t = sigmoid.conv("b", "x", 4);
  const auto k = sigmoid.concat("k", {s, t});
  sigmoid.output(sigmoid.conv("c", k, 2));
  sigmoid.output(sigmoid.op("Sigmoid", "g", {sigmoid.relu("r", t)}));
  sigmoid.calibrate();
  CHECK(Explained(sigmoid, kRules, {.rules = {"concat"}}).text() == R"(
Conv 'a', Conv 'b' -> Conv 'c' (8 channels)
  concat (test.dsl:9)
    1 leak (below)
  leak: Conv 'b' channel 0 -> Relu 'r' -> Sigmoid 'g': it carries no scale (pins 4 of 8 channels)
  remedy: add `leak pin` to the region (test.dsl:10); then concat would scale 4 of 8 channels here

Conv 'c' -> nothing (2 channels)
  concat (test.dsl:9)
    it has none of the joins that `join` (test.dsl:12) asks for
    1 leak (below)
    nothing absorbs its scale
    every channel that a parent offers is pinned
  leak: Conv 'c' channel 0 -> output of the network (pins 2 of 2 channels)
  remedy: none in these rules: all of its channels are pinned

what would unlock most
  1.  1 region, 4 channels  add `leak pin` to the region (test.dsl:10)
)");
}

TEST_CASE("explain: a concat that is not on the channel axis") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4, {.spread = 3}), b = net.conv("b", x, 4, {.spread = 3});
  net.output(net.conv("c", net.concat("k", {a, b}, 2), 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.rules = {"concat"}}).text() == R"(
Conv 'a', Conv 'b' -> Conv 'c' (4 channels)
  concat (test.dsl:9)
    Concat 'k' joins inside, and `join` (test.dsl:12) names Concat only `on channel` (here axis = 2)
    it has none of the joins that `join` (test.dsl:12) asks for
  remedy: admit every Concat in `join` (test.dsl:12); then concat would scale 4 of 4 channels here
    but: its formula then stops the run: asks 13.09783065717464 for channel 0 of 'a' and 1 for channel 0 of 'b', which share one scale

Conv 'c' -> nothing (2 channels)
  concat (test.dsl:9)
    it has none of the joins that `join` (test.dsl:12) asks for
    1 leak (below)
    nothing absorbs its scale
    every channel that a parent offers is pinned
  leak: Conv 'c' channel 0 -> output of the network (pins 2 of 2 channels)
  remedy: none in these rules: all of its channels are pinned
)");
}

TEST_CASE("explain: pools of pools, and chained additions") {
  Net net;
  const auto a = net.conv("a", net.image(), 4);
  const auto p1 = net.max_pool("p1", a, 3, 1);
  const auto q1 = net.op("AveragePool", "q1", {p1}, {{"kernel_shape", {3, 3}}, {"pads", {2, 2, 2, 2}}});
  net.output(net.conv("c", net.concat("k", {a, q1}), 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.node = "k"}).text() == R"(
Conv 'a' -> Conv 'c' (4 channels)
  AveragePool 'q1' stands inside, and `through` does not name it: concat (test.dsl:11), pair (test.dsl:4), residual (test.dsl:19)
  pair (test.dsl:2)
    Concat 'k' joins inside, and the region (test.dsl:3) has no `join`
  residual (test.dsl:17)
    Concat 'k' joins inside, and `join` (test.dsl:20) does not name it
    it has none of the joins that `join` (test.dsl:20) asks for
  remedy: add AveragePool to `through` (test.dsl:11); then concat would scale 4 of 4 channels here
)");
  Net added;
  const auto x = added.image();
  const auto b = added.conv("b", x, 4), d = added.conv("d", x, 4);
  const auto s1 = added.add("s1", b, d), s2 = added.op("Sub", "s2", {s1, b});
  added.output(added.conv("c", s2, 2));
  added.calibrate();
  CHECK(Explained(added, kRules, {.rules = {"residual"}, .node = "s2"}).text() == R"(
Conv 'b', Conv 'd' -> Conv 'c' (4 channels)
  residual (test.dsl:17)
    Sub 's2' joins inside, and `join` (test.dsl:20) does not name it
  remedy: add Sub to `join` (test.dsl:20); then residual would scale 4 of 4 channels here
)");
}

TEST_CASE("explain: overlapping concats with a child that is not wanted") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4), b = net.conv("b", x, 3), d = net.conv("d", x, 2);
  net.output(net.conv("c1", net.concat("k1", {a, b}), 2));
  net.output(net.conv_transpose("c2", net.concat("k2", {a, d}), 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.rules = {"concat"}, .node = "a"}).text() == R"(
Conv 'a', Conv 'b', Conv 'd' -> Conv 'c1', ConvTranspose 'c2' (9 channels)
  concat (test.dsl:9)
    ConvTranspose 'c2' absorbs its scale, and `children` (test.dsl:13) does not name it
  remedy: add ConvTranspose to `children` (test.dsl:13); then concat would scale 9 of 9 channels here
)");
}

TEST_CASE("explain: what feeds a concat and a convolution directly has both of their readers as children") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4, {.spread = 4}), b = net.conv("b", x, 4, {.spread = 4});
  net.output(net.conv("c", net.concat("k", {net.relu("ra", a), net.relu("rb", b)}), 2));
  net.output(net.conv("d", "ra", 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.node = "ra"}).text() == R"(
Conv 'a', Conv 'b' -> Conv 'c', Conv 'd' (8 channels)
  matched by concat (test.dsl:9)
    Conv 'a': scale )" + aligned(net, "a", {"a", "b"}) + "\n    Conv 'b': scale " +
                                                             aligned(net, "b", {"a", "b"}) + "\n");
  CHECK(Explained(net, kRules, {.rules = {"pair"}, .node = "ra"}).text() == R"(
Conv 'a', Conv 'b' -> Conv 'c', Conv 'd' (8 channels)
  pair (test.dsl:2)
    Concat 'k' joins inside, and the region (test.dsl:3) has no `join`
  scaled by concat (test.dsl:9)
)");
}

TEST_CASE("explain: two separate additions of one convolution, whose scale all of them share") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4, {.spread = 3}), b = net.conv("b", x, 4, {.spread = 3}),
             c = net.conv("c", x, 4, {.spread = 3});
  net.output(net.conv("d", net.add("s1", a, b), 2));
  net.output(net.conv("e", net.add("s2", a, c), 2));
  net.calibrate();
  const std::string scale = shared(net, {"a", "b", "c"});
  CHECK(Explained(net, kRules, {.node = "a"}).text() == fmt::format(R"(
Conv 'a', Conv 'b', Conv 'c' -> Conv 'd', Conv 'e' (4 channels)
  matched by residual (test.dsl:17)
    Conv 'a': scale {0}
    Conv 'b': scale {0}
    Conv 'c': scale {0}
)",
                                                                    scale));
}

TEST_CASE("explain: a concat of a convolution, its pool and the pool of that is one parent, told once") {
  Net net;
  const auto a = net.conv("a", net.image(), 4, {.spread = 4});
  const auto p1 = net.max_pool("p1", a, 3, 1), p2 = net.max_pool("p2", p1, 3, 1);
  const auto q1 = net.op("Pad", "q1", {p1, net.ints("pads1", {0, 0, 1, 1, 0, 0, 1, 1})});
  const auto q2 = net.op("Pad", "q2", {p2, net.ints("pads2", {0, 0, 2, 2, 0, 0, 2, 2})});
  net.output(net.conv("c", net.concat("k", {a, q1, q2}), 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.node = "q2"}).text() == R"(
Conv 'a' -> Conv 'c' (4 channels)
  matched by concat (test.dsl:9)
    Conv 'a': scale )" + aligned(net, "a", {"a"}) + "\n");
}

TEST_CASE("explain: chained additions, and one of a tensor and its own pool, name each parent once") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4, {.spread = 3}), b = net.conv("b", x, 4, {.spread = 3});
  const auto s2 = net.add("s2", net.add("s1", a, b), a);
  const auto pooled = net.op("MaxPool", "p", {s2}, {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}});
  net.output(net.conv("c", net.add("s3", s2, pooled), 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.node = "s3"}).text() == fmt::format(R"(
Conv 'a', Conv 'b' -> Conv 'c' (4 channels)
  matched by residual (test.dsl:17)
    Conv 'a': scale {0}
    Conv 'b': scale {0}
)",
                                                                     shared(net, {"a", "b"})));
}

TEST_CASE("explain: a concat with the network's input, scaled beside what leaks") {
  Net net;
  const auto x = net.image();
  net.output(net.conv("c", net.concat("k", {net.conv("a", x, 4), x}), 2));
  const std::string rule = R"(rule pinned {
  region r { parents Conv as p
    join Concat
    children Conv as c
    leak pin }
  do scale(p, 2)
})";
  CHECK(Explained(net, rule, {.node = "k"}).text() == R"(
Conv 'a' -> Conv 'a', Conv 'c' (7 channels)
  matched by pinned (test.dsl:1)
    Conv 'a': scale 2
  leak: 'x' is an input of the network (pins no channel that a parent offers)
)");
}

TEST_CASE("explain: a dead and an always negative parent of a concat match, and keep their scale or get one > 0") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 3, {.dead = {0, 1, 2}}), b = net.conv("b", x, 3, {.negative = true}),
             d = net.conv("d", x, 3, {.spread = 3});
  net.output(net.conv("c", net.concat("k", {net.relu("ra", a), b, net.relu("rd", d)}), 2));
  net.calibrate();
  for (const double most : net.ranges().at("b").max) REQUIRE(most < 0);
  // The dead one has no range to grow: it asks for the least, 1. The negative one has no largest value to align: it
  // gets what its own range asks for.
  CHECK(Explained(net, kRules, {.node = "k"}).text() == fmt::format(R"(
Conv 'a', Conv 'b', Conv 'd' -> Conv 'c' (9 channels)
  matched by concat (test.dsl:9)
    Conv 'a': scale 1
    Conv 'b': scale {}
    Conv 'd': scale {}
)",
                                                                    paired(net, "b"),
                                                                    aligned(net, "d", {"a", "b", "d"})));
}

TEST_CASE("explain: swish, HardSwish and Softmax leak") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4);
  // Pinned by the Sigmoid, `a` is the gate of the product: the other factor is tied to what comes out, not `a`.
  net.output(net.conv("c", net.op("Mul", "m", {a, net.op("Sigmoid", "g", {a})}), 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.rules = {"pair"}, .node = "a"}).text() == R"(
Conv 'a' -> nothing (4 channels)
  pair (test.dsl:2)
    1 leak (below)
    nothing absorbs its scale
    every channel that a parent offers is pinned
  leak: Conv 'a' channel 0 -> Sigmoid 'g': it carries no scale (pins 4 of 4 channels)
  remedy: none in these rules: all of its channels are pinned
)");
  for (const char* type : {"HardSwish", "Softmax"}) {
    Net other;
    const auto b = other.conv("b", other.image(), 4);
    other.output(other.conv("c", other.op(type, "f", {b}), 2));
    other.calibrate();
    CHECK(Explained(other, kRules, {.rules = {"pair"}, .node = "b"}).text() == fmt::format(R"(
Conv 'b' -> nothing (4 channels)
  pair (test.dsl:2)
    1 leak (below)
    nothing absorbs its scale
    every channel that a parent offers is pinned
  leak: Conv 'b' channel 0 -> {} 'f': it carries no scale (pins 4 of 4 channels)
  remedy: none in these rules: all of its channels are pinned
)",
                                                                                           type));
  }
}

TEST_CASE("explain: two convolutions that share a weight have regions of their own") {
  Net net;
  const auto a = net.conv("a", net.image(), 4, {.spread = 4});
  const auto s = net.conv("s", net.relu("ra", a), 4, {.spread = 3});
  const auto t = net.conv("t", net.relu("rs", s), 4, {.bias = false, .weight = "s.weight"});
  net.output(net.conv("c", net.relu("rt", t), 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.node = "s"}).text() == fmt::format(R"(
Conv 'a' -> Conv 's' (4 channels)
  matched by pair (test.dsl:2)
    Conv 'a': scale {}

Conv 's' -> Conv 't' (4 channels)
  matched by pair (test.dsl:2)
    Conv 's': scale {}
)",
                                                                    paired(net, "a"), paired(net, "s"),
                                                                    paired(net, "t")));
}

TEST_CASE("explain: a convolution that is parent and child of one region stands on both sides of it") {
  Net net;
  const auto a = net.conv("a", net.image(), 4, {.spread = 4});
  const auto c = net.conv("c", net.relu("r", a), 4, {.spread = 4});
  net.output(net.conv("d", net.add("s", a, c), 2));
  net.calibrate();
  CHECK(Explained(net, kRules, {.node = "c"}).text() == fmt::format(R"(
Conv 'a', Conv 'c' -> Conv 'c', Conv 'd' (4 channels)
  matched by residual (test.dsl:17)
    Conv 'a': scale {0}
    Conv 'c': scale {0}
)",
                                                                    shared(net, {"a", "c"})));
}

TEST_CASE("explain: a later rule sees the ranges that an earlier one has scaled") {
  Net net;
  net.output(net.conv("b", net.relu("r", net.conv("a", net.image(), 4)), 2));
  net.calibrate();
  const std::vector<double>& max = net.ranges().at("r").max;
  const double least = *std::min_element(max.begin(), max.end()), most = *std::max_element(max.begin(), max.end());
  const auto rules = [&](int first) {
    return fmt::format(R"(rule first {{
  region r {{ parents Conv as p
    through Relu
    children Conv as c }}
  do scale(p, {})
}}
rule second {{
  region r {{ parents Conv as p
    through Relu
    children Conv as c }}
  again
  where all p: largest(p.max) < {} else "a range is large"
  do scale(p, 0.5)
}}
)",
                       first, 2 * most);
  };
  // As calibrated the ranges are small enough, four times as large they are not.
  CHECK(Explained(net, rules(4), {.rules = {"second"}, .node = "a"}).text() == fmt::format(R"(
Conv 'a' -> Conv 'b' (4 channels)
  second (test.dsl:7)
    a range is large (test.dsl:12): p.max = {:.6g} .. {:.6g} ('a')
  scaled by first (test.dsl:1)
)",
                                                                                           4 * least, 4 * most));
  CHECK(Explained(net, rules(1), {.node = "a"}).text() == R"(
Conv 'a' -> Conv 'b' (4 channels)
  matched by first (test.dsl:1)
  matched by second (test.dsl:7)
    Conv 'a': scale 0.5
)");
}
