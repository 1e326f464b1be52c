// Bounds of scales: of scale(p, s, lo, hi) over all sweeps of a rule, and how many channels the report says stand at
// one. The numbers are worked out by hand.
#include "graph/base/error.hpp"
#include "tests/runtime/engine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;
using rw::runtime::BoundReached;

namespace {

// Two channels, made by weights 1 and `made` and read by weights of 1.
Net two_channels(float made) {
  Net net;
  const auto a =
      net.op("Conv", "a", {net.input("x", {1, 1, 4, 4}), net.constant("wa", float_array({2, 1, 1, 1}, {1, made}))});
  net.output(net.op("Conv", "c", {net.relu("r", a), net.constant("wc", float_array({1, 2, 1, 1}, {1, 1}))}));
  return net;
}

std::string bounded_rule(const std::string& action, const std::string& repeat = "") {
  return "rule s(lo = 0.3, hi = 5) { region r { parents Conv as p through Relu children Conv as c } " + repeat +
         " do " + action + " }\n";
}

const std::vector<BoundReached>& bounds_of(const Engine& engine) { return engine.outcome().rules.back().bounds; }

// The whole message of graph::Error.
std::string refusal(const std::string& rules) {
  try {
    Engine(two_channels(8), rules);
  } catch (const rw::graph::Error& error) {
    return error.message;
  }
  return {};
}

}  // namespace

TEST_CASE("scale(p, s, lo, hi): the whole of what a rule scales by stays within, over all of its sweeps") {
  // 2, 4, and of the third 2 as much as leads to 5; the fourth sweep finds nothing to do.
  const Engine engine(two_channels(8), bounded_rule("scale(p, 2, lo, hi)", "repeat 9 until change < 0.01"));
  CHECK(engine.scale("a") == std::vector<double>{5, 5});
  CHECK(engine.outcome().rules[0].sweeps == 4);
  REQUIRE(bounds_of(engine).size() == 1);
  CHECK(bounds_of(engine)[0].parameter == "hi");
  CHECK(bounds_of(engine)[0].upper);
  CHECK(bounds_of(engine)[0].value == 5);
  CHECK(bounds_of(engine)[0].channels == 2);
  CHECK(bounds_of(engine)[0].of == 2);
  const Engine down(two_channels(8), bounded_rule("scale(p, 0.5, 0.2, 1)", "repeat 9 until change < 0.01"));
  CHECK(down.scale("a") == std::vector<double>{0.2, 0.2});
  REQUIRE(bounds_of(down).size() == 1);
  CHECK(bounds_of(down)[0].parameter.empty());
  CHECK_FALSE(bounds_of(down)[0].upper);
  const Engine within(two_channels(8), bounded_rule("scale(p, 2, lo, hi)", "repeat 2 until change < 0.01"));
  CHECK(within.scale("a") == std::vector<double>{4, 4});
  CHECK(bounds_of(within).empty());
}

TEST_CASE("scale(p, s, lo, hi): what a rule before has scaled does not count") {
  const Engine engine(
      two_channels(8),
      "rule before { region r { parents Conv as p through Relu children Conv as c } do scale(p, 100) }\n"
      "rule s(hi = 3) { region r { parents Conv as p through Relu children Conv as c } again "
      "repeat 4 until change < 0.01 do scale(p, 2, 0.5, hi) }\n");
  CHECK(engine.scale("a") == std::vector<double>{300, 300});
}

TEST_CASE("scale(p, s, lo, hi): --exact takes the powers of two within") {
  const Engine engine(two_channels(8), bounded_rule("scale(p, 3, lo, hi)", "repeat 4 until change < 0.01"),
                      {.exact = true});
  CHECK(engine.scale("a") == std::vector<double>{4, 4});
  const Engine none(two_channels(8), bounded_rule("scale(p, 3, 2.5, 3.5)"), {.exact = true});
  CHECK(none.scale("a") == std::vector<double>{1, 1});
}

TEST_CASE("scale(p, s, lo, hi): a scale that overflows or underflows stands at its bound; NaN stays a mistake") {
  CHECK(Engine(two_channels(0), bounded_rule("scale(p, 1 / p.weight, lo, hi)")).scale("a") ==
        std::vector<double>{1, 5});
  CHECK(Engine(two_channels(0), bounded_rule("scale(p, p.weight, lo, hi)")).scale("a") == std::vector<double>{1, 0.3});
  CHECK(refusal(bounded_rule("scale(p, 0 * (1 / (p.weight - p.weight)), lo, hi)")).find("asks for scale") !=
        std::string::npos);
  CHECK(refusal(bounded_rule("scale(p, 0 - p.weight, lo, hi)")).find("asks for scale -") != std::string::npos);
}

TEST_CASE("scale(p, s, lo, hi): bounds that hold no scale are a mistake") {
  CHECK(refusal(bounded_rule("scale(p, 2, 2 + 1, 1)")) == "asks for scales from 3 to 1");
  CHECK_FALSE(refusal(bounded_rule("scale(p, 2, 1 - 1, 1)")).empty());
  CHECK_FALSE(refusal(bounded_rule("scale(p, 2, lo, 1 / 0)")).empty());
}

TEST_CASE("cross_layer: hi bounds the whole scale, not each sweep") {
  // sqrt(1 / 1e-8) = 10,000 is asked in all: half of the way is 100, which is more than 10 at once.
  const Engine engine(two_channels(1e-8F), "cross_layer", {.params = {{"cross_layer", {{"hi", 10}, {"bias", 0}}}}});
  CHECK(engine.scale("a")[1] == Approx(10));
  REQUIRE(bounds_of(engine).size() == 1);
  CHECK(bounds_of(engine)[0].parameter == "hi");
  CHECK(bounds_of(engine)[0].channels == 1);
  CHECK(bounds_of(engine)[0].of == 2);
}

TEST_CASE("report: channels at a parameter that a formula clamps to") {
  Net net;
  const auto a = net.conv("a", net.image(), 3);
  net.output(net.conv("c", net.relu("r", a), 2));
  // 8 / 0.1 = 80 and 8 / 0 are more than hi = 20, 8 / 8 = 1 is lo and stands there by itself.
  const Engine engine(with_statistics(net, R"("r": {"min": [0, 0, 0], "max": [0.1, 0, 8]})"), "equalization");
  CHECK(engine.scale("a") == std::vector<double>{20, 20, 1});
  CHECK(contains(report_of(engine), "\nstand at a bound:\n  pair: 2 of 3 channels at hi = 20: --param pair.hi\n"));
  CHECK(contains(data_of(engine),
                 R"("bounds": [{"parameter": "hi", "upper": true, "value": 20, "channels": 2, "of": 3}])"));
  // Where a channel's most negative value is its largest, less than 1 is asked.
  const Engine low(with_statistics(net, R"("r": {"min": [0, -16, 0], "max": [8, 1, 8]})"), "equalization");
  CHECK(contains(report_of(low), "  pair: 1 of 3 channels at lo = 1: --param pair.lo\n"));
}

TEST_CASE("report: channels at bounds that no parameter has") {
  const Engine engine(two_channels(8), bounded_rule("scale(p, 1 / p.weight, 0.25, 4)"));
  CHECK(engine.scale("a") == std::vector<double>{1, 0.25});
  CHECK(contains(report_of(engine), "  s: 1 of 2 channels at 0.25, its lower bound\n"));
  CHECK(contains(data_of(engine),
                 R"("bounds": [{"parameter": null, "upper": false, "value": 0.25, "channels": 1, "of": 2}])"));
}
