// Scores, against a network rounded by hand and against the evaluator with roundings of the test's own.
#include "runtime/quality/score.hpp"

#include <algorithm>
#include <cmath>

#include "graph/base/error.hpp"
#include "runtime/quality/trial.hpp"
#include "tests/quality/samples.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_network.hpp"

using namespace rw;
using namespace rw::test;
namespace q = rw::quantizer;

namespace {

quality::ScoreOptions unjittered(unsigned draws = 1) {
  quality::ScoreOptions options;
  options.jitter = 0;
  options.draws = draws;
  return options;
}

}  // namespace

TEST_CASE("A network of one layer, rounded by hand") {
  Net n;
  const auto x = n.input("x", {1, 2, 1, 1});
  n.constant("w", float_array({1, 2, 1, 1}, {1.27F, -0.3F}));
  n.output(n.op("Conv", "y", {x, "w"}));
  const graph::Network network = network_of(n);
  const graph::TensorId input = network.inputs()[0];
  // The first sample sets the ranges: x from 0 to 1, y from 0 to 1.27 - 0.3 * 0.25 = 1.195.
  Samples data(
      {{{input, float_array({1, 2, 1, 1}, {1, 0.25F})}}, {{input, float_array({1, 2, 1, 1}, {0.41F, 0.73F})}}});
  const auto scored = quality::score_all({{"n", {network, "n"}, nullptr}}, data, nullptr, unjittered());
  REQUIRE(scored.size() == 1);
  const quality::Score& score = scored[0].score;
  // The second: 0.41 * 255 = 104.55 -> 105, 0.73 * 255 = 186.15 -> 186; the weights are 127 and -30 steps of 0.01.
  const double exact = 1.27 * 0.41 - 0.3 * 0.73, before = 1.27 * 105 / 255 - 0.3 * 186 / 255;
  const double step = 1.195 / 255, after = std::nearbyint(before / step) * step;  // 64.89 -> 65
  CHECK(std::nearbyint(before / step) == 65);
  CHECK(score.outputs.at(0).name == "y");
  CHECK(score.outputs[0].decibels.at(0) == Approx(20 * std::log10(exact / std::fabs(after - exact))).margin(0.01));
  CHECK(score.outputs[0].decibels[0] == Approx(40.3).margin(0.1));
  CHECK(score.decibels.at(0) == Approx(score.outputs[0].decibels[0]));
  CHECK(score.layers.at(0).decibels == Approx(score.outputs[0].decibels[0]));
  CHECK(score.layers[0].op == "y");
  CHECK(score.constants == 1);
  CHECK(score.activations == 2);
  CHECK(score.samples == 1);
  CHECK(scored[0].ranges.observed == 2);
  CHECK(scored[0].ranges.samples == 1);

  // Weights alone: they lie on their grid, but for the rounding of float32.
  quality::ScoreOptions weights = unjittered();
  weights.quantizer.activations = false;
  const auto exactly = quality::score_all({{"n", {network, "n"}, nullptr}}, data, nullptr, weights);
  CHECK(exactly[0].score.outputs[0].decibels.at(0) > 120);
  CHECK(exactly[0].score.samples == 2);  // nothing needs ranges
}

TEST_CASE("Scores are those of the evaluator with the same roundings") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    const Net n = random_net(seed, {.samples = 0});
    const graph::Network network = network_of(n);
    Samples data(n, network, 4);
    const q::Options options{.weights = seed % 2 ? q::WeightSteps::tensor : q::WeightSteps::channel};
    const q::Convention convention = q::convention(network, options);
    // Ranges, weights and activations once more, by the evaluator's own ways.
    std::map<std::string, q::Range> ranges;
    for (std::size_t sample = 0; sample < 2; ++sample)
      for (const auto& [name, array] : evaluate(network, n.inputs(sample)))
        if (array.is_float())
          for (const float value : array.to_floats()) {
            ranges[name].low = std::min<double>(ranges[name].low, value);
            ranges[name].high = std::max<double>(ranges[name].high, value);
          }
    Arrays constants;
    for (const q::RoundedConstant& each : convention.constants)
      constants.emplace(network.tensor(each.tensor).name, q::rounded(network, each, options));
    const auto on_grid = [&](const graph::Tensor& tensor, const Array& value) {
      for (const q::RoundedActivation& each : convention.activations) {
        if (network.tensor(each.tensor).name != tensor.name) continue;
        const q::Range range =
            each.range == graph::kNone ? q::Range{0, 1} : ranges.at(std::string(network.tensor(each.range).name));
        const double width = range.high > range.low ? (range.high - range.low) / 255 : 1;
        const auto step = static_cast<float>(width);
        const double zero = std::nearbyint(-range.low / width);
        std::vector<float> values = value.to_floats();
        for (float& v : values)
          v = static_cast<float>(std::clamp(static_cast<double>(std::nearbyint(v / step)), -zero, 255 - zero)) * step;
        return Array(value.shape(), values);
      }
      return value;
    };
    std::vector<measures::Difference> noise(network.outputs().size());
    for (std::size_t sample = 2; sample < 4; ++sample) {
      Arrays given = n.inputs(sample);
      const Arrays exact = evaluate(network, given);
      for (auto& [name, array] : given) array = on_grid(network.tensor(*network.find(name)), array);
      given.insert(constants.begin(), constants.end());
      const Arrays coarse = evaluate(network, given, on_grid);
      for (std::size_t i = 0; i < noise.size(); ++i) {
        const std::string name(network.tensor(network.outputs()[i]).name);
        if (exact.at(name).is_float()) noise[i].add(exact.at(name).floats(), coarse.at(name).floats());
      }
    }
    quality::ScoreOptions scoring = unjittered();
    scoring.quantizer = options;
    const auto scored = quality::score_all({{"n", {network, "n"}, nullptr}}, data, nullptr, scoring);
    REQUIRE(scored[0].score.outputs.size() == noise.size());
    for (std::size_t i = 0; i < noise.size(); ++i) {
      // Another order of sums may put a value on the other side of a half.
      const double found = scored[0].score.outputs[i].decibels.at(0);
      if (std::isinf(noise[i].decibels()))
        CHECK(found == noise[i].decibels());
      else
        CHECK(found == Approx(noise[i].decibels()).margin(0.5));
    }
  }
}

TEST_CASE("Draws share the batches out, and one pass is enough") {
  Net n;
  n.output(n.conv("b", n.relu("r", n.conv("a", n.image(), 4)), 2));
  const graph::Network network = network_of(n);
  const quality::Subject subject{network, "n"};
  Samples data(n, network, 9);
  quality::Ranges ranges;
  const auto tensors = quality::ranged(q::convention(network, {}));
  quality::observe(subject, tensors, {data, subject, 0, 9}, 1, ranges);
  CHECK(ranges.size() == tensors.size());
  const quality::Inputs inputs{data, subject, 1, 9};
  const quality::Reference reference = quality::reference_of(subject, inputs, 1);
  data.reads = 0;
  quality::ScoreOptions options;
  options.layers = false;
  const quality::Score score = quality::score(subject, ranges, inputs, &reference, options);
  CHECK(data.reads == 8);
  CHECK(score.samples == 8);
  CHECK(score.decibels.size() == 6);
  // The same without a reference, and layer by layer beside.
  const quality::Score again = quality::score(subject, ranges, inputs, nullptr, {});
  REQUIRE(again.decibels.size() == 6);
  for (std::size_t draw = 0; draw < 6; ++draw)  // layers that are watched are computed one by one
    CHECK(again.decibels[draw] == Approx(score.decibels[draw]).margin(0.01));
  CHECK(again.layers.size() == 2);
  CHECK(score.layers.empty());
  CHECK(quality::gain(score, score).mean == 0);
  CHECK(quality::gain(score, score).deviation == 0);
  // Three batches serve six draws, twice each and with other luck.
  data.reads = 0;
  const quality::Score few = quality::score(subject, ranges, {data, subject, 0, 3}, nullptr, {});
  CHECK(data.reads == 6);
  CHECK(few.samples == 3);
  CHECK(few.decibels[0] != few.decibels[3]);
}

TEST_CASE("The luck of a draw does not depend on what else a network has") {
  const auto build = [](bool more) {
    Net n(5);
    n.output(n.conv("a", n.image(), 4));
    if (more) n.output(n.op("Tanh", "t", {"a"}));
    return n;
  };
  const Net one = build(false), two = build(true);
  const graph::Network a = network_of(one), b = network_of(two);
  Samples data(one, a, 8);
  const auto scored = quality::score_all({{"a", {a, "a"}, nullptr}, {"b", {b, "b"}, nullptr}}, data, nullptr, {});
  for (std::size_t draw = 0; draw < 6; ++draw)
    CHECK(scored[0].score.outputs.at(0).decibels.at(draw) ==
          Approx(scored[1].score.outputs.at(0).decibels.at(draw)).margin(0.01));
  CHECK(scored[1].score.outputs.size() == 2);
}

TEST_CASE("A tensor of the range of what it is chosen from is rounded no second time, whatever the draw") {
  const auto decibels = [](double bound, bool twice) {
    Net n;
    auto y = n.clip("f", n.conv("a", n.image(), 4, {.spread = 3}), 0.0F, 0.5F);
    if (twice) y = n.op("Min", "m", {y, n.constant("bound", float_array({}, {static_cast<float>(bound)}))});
    n.output(n.conv("c", y, 2));
    const graph::Network network = network_of(n);
    Samples data(n, network, 12);
    return quality::score_all({{"n", {network, "n"}, nullptr}}, data, nullptr, {})[0].score.decibels;
  };
  CHECK(decibels(0.5, true) == decibels(0.5, false));
  CHECK(decibels(0.49, true) != decibels(0.49, false));
}

TEST_CASE("Ranges of statistics are those of all channels, and what they lack is observed") {
  Net n;
  n.output(n.conv("b", n.relu("r", n.conv("a", n.image(), 4)), 2));
  n.calibrate();
  const graph::Model model = n.model();
  const auto tensors = quality::ranged(q::convention(model.network, {}));
  const quality::Ranges ranges = quality::ranges_of(model.statistics, tensors);
  const graph::TensorId r = *model.network.find("r");
  const NetRange& known = n.ranges().at("r");
  CHECK(ranges.at(r).high == *std::max_element(known.max.begin(), known.max.end()));
  CHECK(ranges.at(r).low == *std::min_element(known.min.begin(), known.min.end()));
  Samples data(n, model.network, 4);
  const auto scored = quality::score_all({{"n", {model.network, "n"}, &model.statistics}}, data, nullptr, unjittered());
  CHECK(scored[0].ranges.from_statistics == ranges.size());
  CHECK(scored[0].ranges.observed == tensors.size() - ranges.size());
  CHECK(scored[0].score.samples == (tensors.size() == ranges.size() ? 4 : 2));
}

TEST_CASE("The best class: as in float, and as the labels say") {
  Net n;
  const auto x = n.input("x", {1, 3});
  n.constant("w", float_array({3, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1}));
  n.output(n.op("MatMul", "y", {x, "w"}));
  const graph::Network network = network_of(n);
  const graph::TensorId input = network.inputs()[0];
  std::vector<data::Batch> batches;
  for (int i = 0; i < 6; ++i) {  // the class is i % 3, as clear as can be
    std::vector<float> values = {0, 0, 0};
    values[static_cast<std::size_t>(i % 3)] = 1;
    batches.push_back({{input, float_array({1, 3}, values)}});
  }
  Samples data(std::move(batches));
  const std::vector<std::int64_t> labels = {1, 2, 0, 0, 1, 0};  // the first half sets the ranges; the last is wrong
  const auto scored = quality::score_all({{"n", {network, "n"}, nullptr}}, data, &labels, {});
  const auto& classes = scored[0].score.classes;
  REQUIRE(classes);
  CHECK(classes->output == "y");
  CHECK(classes->rows == 6);  // three batches serve six draws
  CHECK(classes->equal == 6);
  CHECK(classes->labelled);
  CHECK(classes->right == 4);
  CHECK(classes->right_in_float == 4);

  for (const std::int64_t wrong : {-1, 3}) {  // also where it is not scored
    std::vector<std::int64_t> some = labels;
    some[1] = wrong;
    std::string message;
    try {
      quality::score_all({{"n", {network, "n"}, nullptr}}, data, &some, {});
    } catch (const graph::Error& error) {
      message = error.what();
    }
    CHECK(message == "n: output 'y': has 3 classes, 0 to 2, and label 1 of the samples, counted from 0, is " +
                         std::to_string(wrong));
  }

  Net other;
  other.output(other.conv("c", other.image(), 3));
  const graph::Network without = network_of(other);
  Samples images(other, without, 2);
  const std::vector<std::int64_t> two = {0, 1};
  CHECK_THROWS_AS(quality::score_all({{"n", {without, "n"}, nullptr}}, images, &two, {}), graph::Error);
}
