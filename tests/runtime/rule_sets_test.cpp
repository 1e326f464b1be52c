// The rule files that ship, each on a network where it helps and on one that it must leave alone.
#include <algorithm>
#include <cmath>

#include "runtime/engine/library.hpp"
#include "runtime/engine/shipped.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "tests/runtime/applied.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/quantize.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;

namespace {

// Largest magnitude of a weight along one of its axes, after the plan.
std::vector<double> ranges(const Engine& engine, const std::string& node, std::size_t axis) {
  const auto& ops = engine.network().operators();
  const auto op = std::find_if(ops.begin(), ops.end(), [&](const auto& each) { return each.name == node; });
  REQUIRE(op != ops.end());
  const auto& tensor = engine.network().tensor(op->inputs[1]);
  const Arrays edited = edited_constants(engine);
  const auto found = edited.find(std::string(tensor.name));
  const Array weight = found != edited.end() ? found->second : read_literal(*tensor.constant);
  std::vector<double> largest(static_cast<std::size_t>(weight.dim(axis)), 0.0);
  const auto stride = static_cast<std::size_t>(strides_of(weight.shape())[axis]);
  for (std::size_t i = 0; i < weight.count(); ++i) {
    double& range = largest[i / stride % largest.size()];
    range = std::max<double>(range, std::fabs(weight.floats()[i]));
  }
  return largest;
}

bool all_ones(const std::vector<double>& scale) {
  return std::all_of(scale.begin(), scale.end(), [](double value) { return value == 1; });
}

// Of cross_layer, so that the ranges of weights are all that it looks at.
const std::map<std::string, std::map<std::string, double>> kWeightsAlone = {{"cross_layer", {{"bias", 0}}}};

Net pair(const char* between = "Relu") {
  Net net(3);
  const auto a = net.conv("a", net.input("x", {1, 3, 6, 6}), 5, {.spread = 5});
  net.output(net.conv("c", net.op(between, "r", {a}), 4));
  net.calibrate();
  return net;
}

// Pre-norm: a normalization that two projections read.
Net normalized(bool leaks) {
  Net net(5);
  const auto x = net.matmul("a", net.input("x", {2, 4, 6}), 8);
  const auto gamma = net.constant("gamma", float_array({8}, {1, 20, 0.5F, 3, 0.1F, 1, 7, 2}));
  const auto n = net.op("LayerNormalization", "n", {x, gamma});
  net.output(net.matmul("q", n, 4));
  net.output(net.matmul("k", n, 4));
  if (leaks) net.output(n);
  net.calibrate(4, -1);
  return net;
}

}  // namespace

TEST_CASE("wide: a DenseNet with BatchNormalization behind its concats, and an addition that joins them") {
  Net net(7);
  const auto a = net.conv("a", net.input("x", {1, 3, 6, 6}), 4, {.spread = 4});
  const auto k = net.concat("k", {a, net.conv("b", a, 4, {.spread = 4})});
  const auto n = net.relu("rn", net.batch_norm("n", k, 3));
  const auto s = net.add("s", net.conv("d", n, 4, {.spread = 4}), a);
  net.output(net.conv("e", s, 2));
  net.calibrate();
  const Engine classic(net), engine(net, "wide");
  CHECK(all_ones(classic.scale("k")));
  CHECK(engine.rule_of("k") == "wide");
  CHECK(engine.same_region("k", "s"));
  CHECK_FALSE(all_ones(engine.scale("k")));
  CHECK_FALSE(all_ones(engine.scale("rn")));
  CHECK(difference_of_functions(net, engine, 1e-5) == "");
}

TEST_CASE("wide leaves alone what leaks everywhere") {
  const Engine engine(pair("Sigmoid"), "wide");
  CHECK(engine.outcome().plan.empty());
  CHECK(engine.reason("a") == "leaks at Sigmoid 'r': it carries no scale");
}

TEST_CASE("cross_layer: the weights that make a channel and those that read it get one range") {
  const Net net = pair();
  const Engine engine(net, "cross_layer", {.params = kWeightsAlone});
  REQUIRE(engine.rule_of("r") == "cross_layer");
  const Engine before(net, "rule nothing { region r { parents Gemm as p children Gemm as c } do scale(p, 2) }");
  const auto made = ranges(engine, "a", 0), read = ranges(engine, "c", 1), made_before = ranges(before, "a", 0),
             read_before = ranges(before, "c", 1);
  // Ten half-way sweeps leave a 1024th of the logarithm.
  for (std::size_t i = 0; i < made.size(); ++i)
    CHECK(std::log(made[i] / read[i]) == Approx(std::log(made_before[i] / read_before[i]) / 1024).margin(1e-4));
  CHECK(difference_of_functions(net, engine, 1e-5) == "");
}

TEST_CASE("cross_layer: a chain is repeated until every pair agrees") {
  Net net(4);
  std::string x = net.conv("a", net.input("x", {1, 3, 6, 6}), 4, {.spread = 4});
  for (const char* name : {"b", "c", "d"}) x = net.conv(name, net.relu(std::string("r") + name, x), 4, {.spread = 4});
  net.output(net.conv("e", net.relu("re", x), 4));
  const Engine engine(net, "cross_layer", {.params = kWeightsAlone});
  CHECK(engine.outcome().rules.back().sweeps > 1);
  const std::vector<std::pair<const char*, const char*>> pairs = {{"a", "b"}, {"b", "c"}, {"c", "d"}, {"d", "e"}};
  for (const auto& [first, second] : pairs) {
    const auto made = ranges(engine, first, 0), read = ranges(engine, second, 1);
    for (std::size_t i = 0; i < made.size(); ++i) CHECK(made[i] == Approx(read[i]).epsilon(0.03));
  }
  CHECK(difference_of_functions(net, engine, 1e-5) == "");
}

TEST_CASE("cross_layer: a tenth of the bias counts in what makes a channel") {
  Net net;
  const auto a = net.op("Conv", "a",
                        {net.input("x", {1, 1, 4, 4}), net.constant("wa", float_array({2, 1, 1, 1}, {1, 1e-8F})),
                         net.constant("ba", float_array({2}, {0, 1}))});
  net.output(net.op("Conv", "c", {net.relu("r", a), net.constant("wc", float_array({1, 2, 1, 1}, {1, 1}))}));
  // made = 0.1, read = 1: sqrt(10), of whose logarithm ten half-way sweeps leave a 1024th.
  CHECK(Engine(net, "cross_layer").scale("r")[1] == Approx(std::pow(10, 0.5 * 1023 / 1024)));
  CHECK(Engine(net, "cross_layer", {.params = kWeightsAlone}).scale("r")[1] ==
        Approx(std::pow(1e8, 0.5 * 1023 / 1024)));
}

TEST_CASE("cross_layer leaves alone what a Sigmoid separates") {
  CHECK(Engine(pair("Sigmoid"), "cross_layer").outcome().plan.empty());
}

TEST_CASE("mixed: children^0.5 = parents^0.25 activations^0.25 where it ends") {
  const Net net = pair();
  const Engine engine(net, "mixed");
  REQUIRE(engine.rule_of("r") == "mixed");
  const auto made = ranges(engine, "a", 0), read = ranges(engine, "c", 1), scale = engine.scale("r");
  const NetRange& range = net.ranges().at("r");
  for (std::size_t i = 0; i < made.size(); ++i) {
    const double seen = std::max(std::fabs(range.min[i]), std::fabs(range.max[i])) * scale[i];
    CHECK(std::sqrt(read[i]) == Approx(std::pow(made[i] * seen, 0.25)).epsilon(0.02));
  }
  CHECK(difference_of_functions(net, engine, 1e-5) == "");
}

TEST_CASE("mixed without statistics does not run, and says so") {
  Net net(3);
  net.output(net.conv("c", net.relu("r", net.conv("a", net.input("x", {1, 3, 6, 6}), 5)), 4));
  const Engine engine(net, "mixed");
  CHECK(engine.outcome().plan.empty());
  CHECK_THAT(engine.reason("r"), Catch::Matchers::Contains("activation ranges are missing"));
}

TEST_CASE("smoothquant: equation 4 of the paper, on the side of the normalization") {
  const Net net = normalized(false);
  const Engine engine(net, "smoothquant");
  REQUIRE(engine.rule_of("n") == "smoothquant");
  const NetRange& range = net.ranges().at("n");
  const Engine before(net, "rule nothing { region r { parents Conv as p children Conv as c } do scale(p, 2) }");
  const auto q = ranges(before, "q", 0), k = ranges(before, "k", 0), scale = engine.scale("n");
  REQUIRE(scale.size() == q.size());
  for (std::size_t i = 0; i < scale.size(); ++i) {
    const double x = std::max(std::fabs(range.min[i]), std::fabs(range.max[i])), w = std::max(q[i], k[i]);
    CHECK(1 / scale[i] == Approx(std::pow(x, 0.5) / std::pow(w, 1 - 0.5)).epsilon(1e-6));
  }
  CHECK(difference_of_functions(net, engine, 1e-5) == "");
}

TEST_CASE("smoothquant: the network loses less when it is rounded to eight bits") {
  const Net net = normalized(false);
  const TemporaryFolder folder;
  const Rewritten rewritten = rewrite_through_files(net, "smoothquant", folder);
  const Arrays inputs = net.inputs(1);
  const double before = signal_to_noise(rewritten.before.network, inputs, "q"),
               after = signal_to_noise(rewritten.after.network, inputs, "q");
  INFO(before << " dB, " << after << " dB");
  CHECK(after > before + 3);
}

TEST_CASE("smoothquant leaves alone a normalization that is read otherwise, and networks without one") {
  CHECK(Engine(normalized(true), "smoothquant").outcome().plan.empty());
  CHECK(Engine(pair(), "smoothquant").outcome().plan.empty());
}

TEST_CASE("relu6: Clip(0, 6) becomes Relu, and is named as approximate; other bounds stay") {
  const auto bounded_by = [](float high) {
    Net net(8);
    net.output(net.conv("c", net.clip("f", net.conv("a", net.input("x", {1, 3, 6, 6}), 4, {.spread = 3}), 0, high), 3));
    return net;
  };
  const Engine six(bounded_by(6), "relu6 cross_layer"), four(bounded_by(4), "relu6 cross_layer");
  CHECK(six.rule_of("f") == "cross_layer");
  CHECK_FALSE(six.outcome().rules[0].approximate.empty());
  CHECK(four.outcome().plan.empty());
  CHECK(four.outcome().rules[0].approximate.empty());
}

TEST_CASE("relu6 leaves alone a Clip whose statistics, or those of its input, reach its bound, and says so") {
  const auto engine = [](double spread) {
    Net net(8);
    const auto a = net.conv("a", net.input("x", {1, 3, 6, 6}), 4, {.kernel = 1, .spread = spread});
    net.output(net.conv("c", net.clip("f", a, 0, 6), 3));
    net.calibrate();
    return Engine(net, "relu6");
  };
  const auto declines = [](const Engine& of) {
    const auto& rule = of.outcome().rules[0];
    REQUIRE(rule.edits + rule.declined.size() == 1);
    return rule.edits == 0 && rule.declined[0].reason.starts_with("its statistics reach its bound");
  };
  CHECK(declines(engine(6)));
  CHECK_FALSE(declines(engine(0)));
  // Where its input alone was calibrated, or neither.
  const auto input_alone = [](const std::string& statistics) {
    Net net(8);
    net.output(net.conv("c", net.clip("f", net.conv("a", net.input("x", {1, 3, 6, 6}), 2, {.kernel = 1}), 0, 6), 3));
    return Engine(with_statistics(net, statistics), "relu6");
  };
  CHECK(declines(input_alone(R"("a": {"min": [-2, -9], "max": [1, 6.5]})")));
  CHECK(declines(input_alone(R"("a": {"min": [-2, -9], "max": [1, 6]})")));
  CHECK_FALSE(declines(input_alone(R"("a": {"min": [-20, -9], "max": [1, 5.5]})")));
  CHECK_FALSE(declines(input_alone("")));
  // Its own statistics are more precise.
  CHECK_FALSE(
      declines(input_alone(R"("a": {"min": [-2, -9], "max": [1, 6.5]}, "f": {"min": [0, 0], "max": [1, 5.5]})")));
}

TEST_CASE("what ships is the same without its tests, line by line") {
  namespace rt = rw::runtime;
  namespace dsl = rw::dsl;
  const auto told = [](const dsl::Loaded& loaded) {
    std::string text = fmt::format("{} messages\n", loaded.diagnostics.size());
    for (const dsl::Rule& rule : loaded.program.rules)
      text += fmt::format("{} {} {} {}\n", rule.name, loaded.sources.locate(rule.at).line, rule.steps.size(),
                          rule.exprs.size());
    for (const dsl::LawBinding& law : loaded.program.laws) text += law.op + "\n";
    return text;
  };
  std::size_t tests = 0;
  for (const rt::ShippedFile& file : rt::shipped_files()) {
    INFO(file.name);
    const auto load = [&](rt::ShippedTests which) {
      return dsl::load({std::string(file.name)}, rt::rule_library(which), rt::vocabulary());
    };
    const dsl::Loaded all = load(rt::ShippedTests::kept), rules = load(rt::ShippedTests::left_out);
    CHECK(told(rules) == told(all));
    CHECK(rules.program.tests.empty());
    tests += all.program.tests.size();
  }
  CHECK(tests > 100);
}
