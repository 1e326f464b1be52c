// High-bias absorption: exact where it is said to be, refused where it would be wrong.
#include <algorithm>
#include <functional>

#include "tests/runtime/engine.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/quantize.hpp"

using namespace rw::test;

namespace {

// A 1x1 convolution whose channels all stay far above 0 (inputs lie in [-1, 1)), to be looked at as 'a'.
void high(Net& net, std::int64_t channels = 3) {
  std::vector<float> weight(static_cast<std::size_t>(channels * 2)), bias;
  for (float& value : weight) value = static_cast<float>(net.random().uniform(-1, 1));
  for (std::int64_t i = 0; i < channels; ++i) bias.push_back(static_cast<float>(net.random().uniform(4, 6)));
  net.op("Conv", "a",
         {net.input("x", {2, 2, 4, 4}), net.constant("aw", float_array({channels, 2, 1, 1}, weight)),
          net.constant("ab", float_array({channels}, bias))});
}

// The rule that ships, which takes `share` of what is safe.
struct Result {
  double difference = 0;
  std::uint32_t regions = 0, approximate = 0;
  std::vector<float> bias;  // of 'a', afterwards
  std::string reason;
};

Result absorb(Net& net, const std::string& before = "") {
  net.calibrate(4);
  const TemporaryFolder folder;
  rw::runtime::RunOptions options;
  options.params["absorb_bias"]["share"] = 0.5;  // other inputs than those of calibration fall a little lower
  const Rewritten rewritten =
      rewrite_through_files(net, before + read_file(source_path("rules/absorb_bias.dsl")), folder, options);
  Result result;
  result.difference = largest_difference(net, rewritten, 4);
  const auto& rule = rewritten.outcome.rules.back();
  result.regions = rule.regions;
  for (const auto& [what, times] : rule.approximate) result.approximate += times;
  const auto& after = rewritten.after.network;
  for (const auto& op : after.operators())
    if (op.name == "a") result.bias = read_literal(*after.tensor(op.inputs[2]).constant).floats();
  const rw::graph::Written written;
  for (const auto& region : rewritten.outcome.visited)
    if (region.taken_by == rw::graph::kNone && result.reason.empty())
      result.reason = rw::runtime::reason({rewritten.before, rewritten.rules, rewritten.outcome, written}, region);
  return result;
}

std::vector<float> bias_before(const Net& net) { return net.value("ab").floats(); }

}  // namespace

TEST_CASE("absorb_bias: through a Relu it is approximate, and right where values stay above what was taken") {
  Net net(1);
  high(net);
  net.output(net.conv("c", net.relu("r", "a"), 4, {.pad = 0}));
  const Result result = absorb(net);
  CHECK(result.regions == 1);
  CHECK(result.approximate == 1);
  CHECK(result.difference < 1e-6);
  REQUIRE(result.bias.size() == 3);
  const NetRange& seen = net.ranges().at("r");
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(result.bias[i] == Approx(bias_before(net)[i] - 0.5 * seen.min[i]).epsilon(1e-6));
}

TEST_CASE("absorb_bias: without an activation it is exact, through poolings and views too") {
  const std::vector<std::function<std::string(Net&)>> ways = {
      [](Net&) { return std::string("a"); },
      [](Net& net) { return net.max_pool("f", "a"); },
      [](Net& net) { return net.average_pool("f", "a"); },
      [](Net& net) {
        return net.op("AveragePool", "f", {"a"}, {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}});
      },
      [](Net& net) {
        return net.concat("f", {"a", "a"});
      },
  };
  for (const auto& way : ways) {
    Net net(2);
    high(net);
    net.output(net.conv("c", way(net), 4, {.kernel = 1, .bias = false}));  // which gets one
    const Result result = absorb(net);
    CHECK(result.regions == 1);
    CHECK(result.approximate == 0);
    CHECK(result.difference < 1e-6);
    CHECK(result.bias != bias_before(net));
  }
}

TEST_CASE("absorb_bias: into a Gemm behind Flatten, and into grouped convolutions") {
  Net net(3);
  high(net, 4);
  const auto r = net.relu("r", "a");
  net.output(net.gemm("g", net.op("Flatten", "f", {r}), 3));
  net.output(net.conv("c", r, 4, {.group = 2, .pad = 0}));
  const Result result = absorb(net);
  CHECK(result.regions == 1);
  CHECK(result.difference < 1e-6);
  CHECK(result.bias != bias_before(net));
}

TEST_CASE("absorb_bias after a rule that scales: in the units of now") {
  Net net(4);
  high(net);
  net.output(net.conv("c", net.relu("r", "a"), 4, {.pad = 0}));
  const std::string scales =
      "rule first { region r { parents Conv as p through Relu children Conv as c } do scale(p, 4 / p.weight) }\n";
  const Result result = absorb(net, scales);
  CHECK(result.regions == 1);
  CHECK(result.difference < 1e-6);
  Net alone(4);
  high(alone);
  alone.output(alone.conv("c", alone.relu("r", "a"), 4, {.pad = 0}));
  CHECK(absorb(alone).bias != result.bias);
}

TEST_CASE("absorb_bias: a network rounded to eight bits loses less") {
  Net net(6);
  high(net);
  net.output(net.conv("c", net.relu("r", "a"), 4, {.pad = 0}));
  net.calibrate(4);
  const TemporaryFolder folder;
  const Rewritten rewritten = rewrite_through_files(net, "absorb_bias", folder);
  const double before = signal_to_noise(rewritten.before.network, net.inputs(0), "c"),
               after = signal_to_noise(rewritten.after.network, net.inputs(0), "c");
  INFO(before << " dB, " << after << " dB");
  CHECK(after > before + 2);
}

TEST_CASE("absorb_bias leaves alone what it would change") {
  struct Case {
    std::function<void(Net&)> build;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {[](Net& net) { net.output(net.conv("c", net.relu("r", "a"), 4)); },
       "Conv pads with zeros, from which nothing can be taken"},
      {[](Net& net) {
         net.output(net.conv("c",
                             net.op("AveragePool", "f", {"a"},
                                    {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}, {"count_include_pad", 1}}),
                             4, {.pad = 0}));
       },
       "AveragePool does not pass a difference"},
      {[](Net& net) {
         net.output(
             net.conv("c", net.op("Clip", "f", {"a", "", net.constant("zero", float_array({}, {0}))}), 4, {.pad = 0}));
       },
       "Clip does not pass a difference"},
      {[](Net& net) {
         net.output(
             net.op("Gemm", "g",
                    {net.op("Flatten", "f", {"a"}), net.constant("w", float_array({48, 1}, std::vector<float>(48, 1)))},
                    {{"alpha", 0.5}}));
       },
       "Gemm weighs its bias"},
      {[](Net& net) {
         net.output(net.conv("c", "a", 4, {.pad = 0}));
         net.output("a");
       },
       "'a' is an output of the network"},
  };
  for (const Case& each : cases) {
    Net net(5);
    high(net);
    each.build(net);
    const Result result = absorb(net);
    INFO(each.reason);
    CHECK(result.regions == 0);
    CHECK_THAT(result.reason, Catch::Matchers::Contains(each.reason));
    CHECK(result.bias == bias_before(net));
  }
}

TEST_CASE("absorb_bias: the certificate sees a bias or a shift that is another one") {
  const std::vector<std::function<std::string(Net&)>> ways = {
      [](Net& net) { return net.conv("c", net.relu("r", "a"), 4, {.pad = 0}); },
      [](Net& net) { return net.conv("c", net.max_pool("m", net.relu("r", "a")), 4, {.kernel = 1, .bias = false}); },
      [](Net& net) {
        return net.conv("c", net.concat("k", {"a", net.relu("r", "a")}), 4, {.group = 2, .pad = 0});
      },
      [](Net& net) { return net.gemm("g", net.op("Flatten", "f", {net.relu("r", "a")}), 3); },
      [](Net& net) {
        const auto halves = net.ops("Split", "s", 2, {net.relu("r", "a")}, {{"axis", 1}});
        return net.add("sum", net.conv("c", halves[0], 2, {.pad = 0}), net.conv("d", halves[1], 2, {.pad = 0}));
      }};
  for (const auto& way : ways) {
    Net net(5);
    high(net, 4);
    net.output(way(net));
    net.calibrate();
    for (const char* rules : {"absorb_bias", "cross_layer absorb_bias"}) {
      const Engine engine(net, rules);
      const auto& analysis = engine.outcome().analysis;
      const rw::runtime::Plan& plan = engine.outcome().plan;
      REQUIRE(plan.added_biases().size() >= 2);
      REQUIRE(plan.shifts().size() >= 2);
      const auto holds = [&](const auto& change, std::size_t channels, std::size_t channel) {
        std::vector<double> by(channels, 0);
        by[channel] = 0.001;
        rw::runtime::Plan changed = plan;
        change(changed, by);
        return certificate_of(analysis, changed).holds;
      };
      for (const auto& [op, added] : plan.added_biases())
        for (std::size_t i = 0; i < added.size(); ++i)
          CHECK_FALSE(holds([id = op](auto& changed, auto& by) { changed.add_bias(id, by); }, added.size(), i));
      for (const auto& [tensor, shift] : plan.shifts())
        for (std::size_t i = 0; i < shift.size(); ++i)
          CHECK_FALSE(holds([id = tensor](auto& changed, auto& by) { changed.shift(id, by); }, shift.size(), i));
    }
  }
}

TEST_CASE("absorb_bias: the statistics are those that the network has then") {
  const std::vector<std::function<std::string(Net&)>> ways = {
      [](Net& net) { return net.relu("r", "a"); }, [](Net& net) { return net.max_pool("m", net.relu("r", "a")); },
      [](Net& net) {
        return net.concat("k", {net.relu("r", "a"), "a"});
      }};
  for (const auto& way : ways)
    for (const char* rules : {"absorb_bias", "cross_layer absorb_bias"}) {
      Net net(6);
      high(net);
      net.output(net.conv("c", way(net), 3, {.kernel = 1}));
      net.calibrate(4);
      const TemporaryFolder folder;
      const Rewritten rewritten = rewrite_through_files(net, rules, folder);
      const auto& network = rewritten.after.network;
      int compared = 0;
      for (const rw::graph::Statistic& entry : rewritten.after.statistics.entries()) {
        if (entry.tensor == rw::graph::kNone ||
            !rewritten.outcome.plan.shift_of(*rewritten.before.network.find(entry.name)))
          continue;
        std::vector<double> low(entry.min.size(), INFINITY), high(entry.max.size(), -INFINITY);
        for (std::uint64_t sample = 0; sample < 4; ++sample) {
          const Array value = evaluate(network, net.inputs(sample)).at(std::string(entry.name));
          const auto stride = static_cast<std::size_t>(strides_of(value.shape())[1]);
          for (std::size_t i = 0; i < value.count(); ++i) {
            const std::size_t channel = i / stride % low.size();
            low[channel] = std::min<double>(low[channel], value.floats()[i]);
            high[channel] = std::max<double>(high[channel], value.floats()[i]);
          }
        }
        for (std::size_t i = 0; i < low.size(); ++i) {
          CHECK(entry.min[i] == Approx(low[i]).margin(1e-4 * (high[i] - low[i])));
          CHECK(entry.max[i] == Approx(high[i]).epsilon(1e-4));
        }
        ++compared;
      }
      CHECK(compared >= 2);
    }
}
