// What element types can hold: scales that would bring activations near infinity are capped, weights that would
// overflow or come to nothing put their channels back to 1, folds that would are left alone, and the report says so.
#include <fmt/format.h>

#include <cmath>

#include "graph/model.hpp"
#include "tests/runtime/engine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;
using graph::DType;

namespace {

struct Layers {
  DType dtype = DType::float16;
  std::vector<float> first = {1, 1}, second = {1, 1};  // weights of a, by output channel, and of c, by input channel
  std::string statistics = "";                         // entries of a and of r, which is behind it
};

// x -> Conv a -> Relu r -> Conv c, of 1x1 and with two channels in between.
graph::Model model(const Layers& layers) {
  Net net;
  const auto x = net.input("x", {1, 1, 4, 4}, layers.dtype);
  const auto a = net.op("Conv", "a", {x, net.constant("aw", Array({2, 1, 1, 1}, layers.first), layers.dtype)});
  net.output(
      net.op("Conv", "c", {net.relu("r", a), net.constant("cw", Array({1, 2, 1, 1}, layers.second), layers.dtype)}));
  return with_statistics(net, layers.statistics);
}

Engine scaled(const Layers& layers, double by, bool exact = false) {
  runtime::RunOptions options;
  options.exact = exact;
  return Engine(
      model(layers),
      fmt::format("rule ask {{ region r {{ parents Conv as p through Relu children Conv as c }} do scale(p, {}) }}",
                  by),
      options);
}

const char* const kCapped =
    "scaled less than asked: calibrated values stay 4 times below the largest of their element type";
const char* const kReset = "back at scale 1: a weight would have overflowed or come to nothing in its element type";

}  // namespace

TEST_CASE("limits: a scale keeps calibrated values 4 times below the largest of their type, channel by channel") {
  struct Case {
    DType dtype;
    double largest, range;
  };
  for (const Case& each : {Case{DType::float16, 65504, 1000}, Case{DType::float32, 0x1.fffffep127, 1e37},
                           Case{DType::bfloat16, 0x1.fep127, 1e37}})
    for (const bool below : {false, true}) {  // the larger magnitude counts, on either side
      const std::string statistics =
          fmt::format(R"("r": {{"min": [{}, 0], "max": [{}, 10]}})", below ? -each.range : 0, below ? 1 : each.range);
      const Engine engine = scaled({.dtype = each.dtype, .statistics = statistics}, 100);
      const double limit = each.largest / 4 / each.range;
      REQUIRE(engine.scale("r").size() == 2);
      CHECK(engine.scale("r")[0] == Approx(limit).epsilon(1e-12));
      CHECK(engine.scale("r")[1] == 100);
      CHECK(engine.scale("a") == engine.scale("r"));
      CHECK(engine.outcome().rules[0].capped == 1);
      CHECK(contains(report_of(engine), std::string("note: 1 channel is ") + kCapped + "\n"));
      CHECK(contains(data_of(engine), "\"capped\": 1"));
      // With --exact a power of two.
      CHECK(scaled({.dtype = each.dtype, .statistics = statistics}, 128, true).scale("r")[0] ==
            std::exp2(std::floor(std::log2(limit))));
    }
}

TEST_CASE("limits: every tensor of a class counts; what is near the largest already stays, and what shrinks may") {
  const std::string both = R"("a": {"min": [-2000, -8], "max": [1, 1]}, "r": {"min": [0, 0], "max": [1000, 8]})";
  CHECK(scaled({.statistics = both}, 100).scale("r")[0] == Approx(65504.0 / 4 / 2000));
  const Engine two = scaled({.statistics = R"("r": {"min": [0, 0], "max": [1000, 2000]})"}, 100);
  CHECK(two.outcome().rules[0].capped == 2);
  CHECK(contains(report_of(two), std::string("note: 2 channels are ") + kCapped + "\n"));
  const std::string large = R"("r": {"min": [0, 0], "max": [30000, 8]})";
  CHECK(scaled({.statistics = large}, 2).scale("r") == std::vector<double>{1, 2});
  CHECK(scaled({.statistics = large}, 0.5).scale("r") == std::vector<double>{0.5, 0.5});
  CHECK(scaled({.statistics = large}, 0.5).outcome().rules[0].capped == 0);
}

TEST_CASE("limits: float16 that is scaled up without statistics has a note, other types and what shrinks have none") {
  const std::string note = "tensors of float16 are scaled up without statistics: values beyond 65504 would be infinite";
  CHECK(contains(report_of(scaled({}, 100)), "note: 2 " + note));
  CHECK_FALSE(contains(report_of(scaled({}, 0.5)), note));
  CHECK_FALSE(contains(report_of(scaled({.dtype = DType::float32}, 100)), note));
  const std::string one = report_of(scaled({.statistics = R"("r": {"min": [0, 0], "max": [1, 1]})"}, 100));
  CHECK(contains(one, "note: 1 tensor of float16 is scaled up without statistics"));
}

TEST_CASE("limits: a weight that would overflow or come to nothing puts its channel back, in its type") {
  // Times 100: 1000 is too large for float16 alone. Divided by 100: 0.001 falls below its normal numbers.
  const Engine over = scaled({.first = {1000, 1}}, 100), under = scaled({.second = {1, 0.001F}}, 100);
  CHECK(over.scale("r") == std::vector<double>{1, 100});
  CHECK(under.scale("r") == std::vector<double>{100, 1});
  for (const Engine* each : {&over, &under}) {
    CHECK(each->outcome().rules[0].reset == 1);
    CHECK(contains(report_of(*each), std::string("note: 1 channel is ") + kReset + "\n"));
    CHECK(contains(data_of(*each), "\"reset\": 1"));
  }
  CHECK(contains(report_of(scaled({.first = {1000, 1000}}, 100)), std::string("note: 2 channels are ") + kReset));
  for (const DType dtype : {DType::float32, DType::bfloat16}) {
    const Engine wide = scaled({.dtype = dtype, .first = {1000, 1}, .second = {1, 0.001F}}, 100);
    CHECK(wide.scale("r") == std::vector<double>{100, 100});
    CHECK_FALSE(contains(report_of(wide), kReset));
  }
  // What was below the normal numbers already loses nothing that it has.
  CHECK(scaled({.second = {1, 1e-6F}}, 100).scale("r") == std::vector<double>{100, 100});
  CHECK(scaled({.first = {0, 1}}, 100).scale("r") == std::vector<double>{100, 100});
}

TEST_CASE("limits: a fold that would overflow or underflow weights is left alone, with the reason") {
  const auto why = [](std::vector<float> weight, std::vector<float> factor, DType dtype) {
    Net net;
    const auto x = net.input("x", {1, 1, 4, 4}, dtype);
    const auto a = net.op("Conv", "a", {x, net.constant("aw", Array({2, 1, 1, 1}, std::move(weight)), dtype)});
    net.output(net.op("Mul", "m", {a, net.constant("f", Array({2, 1, 1}, std::move(factor)), dtype)}));
    const Engine engine(net, "prepare");
    std::string reason;
    std::uint32_t edits = 0;
    for (std::size_t i = 0; i < engine.outcome().rules.size(); ++i) {
      edits += engine.outcome().rules[i].edits;
      if (engine.rules().program.rules[i].name != "fold_factor") continue;
      for (const auto& each : engine.outcome().rules[i].declined) reason = each.reason;
    }
    CHECK(edits == (reason.empty() ? 1 : 0));
    return reason;
  };
  CHECK(why({1, 1000}, {1, 100}, DType::float16) == "its weights would not be finite");
  CHECK(why({1, 0.01F}, {1, 0.001F}, DType::float16) ==
        "the weights of channel 1 would fall below the normal numbers of float16");
  CHECK(why({1, 0.01F}, {1, 0}, DType::float16).empty());
  CHECK(why({1, 1e30F}, {1, 1e30F}, DType::float32) == "its weights would not be finite");
  for (const DType dtype : {DType::float32, DType::bfloat16}) {
    CHECK(why({1, 1000}, {1, 100}, dtype).empty());
    CHECK(why({1, 0.01F}, {1, 0.001F}, dtype).empty());
  }
}
