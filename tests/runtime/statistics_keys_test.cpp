// What a rewriting writes of statistics is what would be measured: every key that the manual knows is measured before
// and after, on the same data, and what the engine wrote must be what was measured.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "graph/base/mapped_file.hpp"
#include "graph/formats/text/json.hpp"
#include "graph/formats/text/json_text.hpp"
#include "runtime/engine/apply_plan.hpp"
#include "tests/runtime/engine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;
namespace json = rw::graph::json;

namespace {

constexpr std::uint64_t kSamples = 16;
const std::vector<std::string> kTensors = {"a", "r", "c", "d", "s", "e"};

// All values of a channel, sorted.
using Values = std::vector<double>;

double mean_of(const Values& values, const std::function<double(double)>& f) {
  double sum = 0;
  for (const double each : values) sum += f(each);
  return sum / static_cast<double>(values.size());
}
double mean(const Values& values) {
  return mean_of(values, [](double v) { return v; });
}
double variance(const Values& values) {
  const double m = mean(values);
  return mean_of(values, [&](double v) { return (v - m) * (v - m); });
}
double percentile(const Values& values, double percent) {
  const double rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

// What rounding to float is relative to.
double size_of(const Values& values) { return std::max(std::fabs(values.front()), std::fabs(values.back())); }

// A key and how it is measured; `shifted`: it still follows where something was taken out of the values.
struct Key {
  std::string name;
  double (*measure)(const Values& values);
  bool shifted = true;
};
const std::vector<Key> kKeys = {
    {"min", [](const Values& v) { return v.front(); }},
    {"max", [](const Values& v) { return v.back(); }},
    {"mean", mean},
    {"mean_square", [](const Values& v) { return mean_of(v, [](double x) { return x * x; }); }},
    {"median", [](const Values& v) { return (v[v.size() / 2] + v[(v.size() - 1) / 2]) / 2; }},
    {"std", [](const Values& v) { return std::sqrt(variance(v)); }},
    {"variance", variance},
    {"p0.5", [](const Values& v) { return percentile(v, 0.5); }},
    {"p25", [](const Values& v) { return percentile(v, 25); }},
    {"p99.9", [](const Values& v) { return percentile(v, 99.9); }},
    {"count", [](const Values& v) { return static_cast<double>(v.size()); }},
    {"counts", [](const Values& v) { return static_cast<double>(v.size()); }},
    {"positive", [](const Values& v) { return mean_of(v, [](double x) { return x > 0; }); }, false},
    {"zero", [](const Values& v) { return mean_of(v, [](double x) { return x == 0; }); }, false},
    {"zeros", [](const Values& v) { return mean_of(v, [](double x) { return x == 0; }) * 256; }, false},
    {"share", [](const Values& v) { return mean_of(v, [](double x) { return x < 0; }); }, false},
};

// Of the tensors of a network over all samples, channel by channel.
std::map<std::string, std::vector<Values>> measured(const Net& net, const rw::graph::Network& network) {
  std::map<std::string, std::vector<Values>> all;
  for (std::uint64_t sample = 0; sample < kSamples; ++sample) {
    const Arrays values = evaluate(network, net.inputs(sample));
    for (const std::string& name : kTensors) {
      const Array& array = values.at(name);
      const auto channels = static_cast<std::size_t>(array.shape()[1]);
      all[name].resize(channels);
      for (std::size_t i = 0; i < array.count(); ++i)
        all[name][i / (array.count() / channels)].push_back(static_cast<double>(array.floats()[i]));
    }
  }
  for (auto& [name, channels] : all)
    for (Values& each : channels) std::sort(each.begin(), each.end());
  return all;
}

std::string list(const std::vector<Values>& channels, const std::function<std::string(const Values&)>& text) {
  return json::list(channels, text);
}

std::string number(double value) { return fmt::format("{:.17g}", value); }

// Histograms in both forms: a channel's quarters, and bins of one width from the least value.
std::vector<double> edges(const Values& values) {
  return {values.front(), percentile(values, 25), percentile(values, 50), percentile(values, 75), values.back()};
}
double width(const Values& values) { return (values.back() - values.front()) / 8; }

std::string entry_of(const std::vector<Values>& channels, const std::set<std::string>& without, bool bins) {
  std::string text = "{\"method\": \"drawn\"";
  for (const Key& key : kKeys)
    if (without.count(key.name) == 0)
      text += fmt::format(", \"{}\": {}", key.name,
                          list(channels, [&](const Values& each) { return number(key.measure(each)); }));
  text += ", \"kurtosis\": " + list(channels, [](const Values&) { return "3"; });
  const auto of = [&](double (*f)(const Values&)) {
    return list(channels, [&](const Values& v) { return number(f(v)); });
  };
  if (bins)
    text += fmt::format(R"(, "histogram": {{"low": {}, "width": {}, "counts": [1, 2]}})",
                        of([](const Values& v) { return v.front(); }), of(width));
  else
    text += fmt::format(R"(, "histogram": {{"counts": [1, 2], "edges": {}}})",
                        list(channels, [](const Values& v) { return json::list(edges(v), number); }));
  return text + "}";
}

// The numbers of an entry by key, "histogram.low" too; a list of lists one behind the other.
std::map<std::string, std::vector<double>> numbers_of(std::string_view entry) {
  std::string padded(entry);
  padded.append(rw::graph::MappedFile::kPadding, ' ');
  std::map<std::string, std::vector<double>> all;
  const std::function<void(const std::string&, json::Value&)> take = [&](const std::string& key, json::Value& value) {
    if (value.kind() == json::Kind::number) all[key].push_back(value.number());
    if (value.kind() == json::Kind::array) value.array([&](json::Value& each) { take(key, each); });
    if (value.kind() == json::Kind::object)
      value.object([&](std::string_view name, json::Value& each) { take(key + "." + std::string(name), each); });
  };
  json::Document document(padded, {0, static_cast<std::uint32_t>(entry.size())});
  document.read([&](json::Value& root) {
    root.object([&](std::string_view key, json::Value& value) { take(std::string(key), value); });
  });
  return all;
}

// Convolutions with a Relu between the first two and the second two; some channels lie far above 0, one below, one on
// both sides.
Net layers() {
  Net net(5);
  const auto conv = [&](const std::string& name, const std::string& x, std::int64_t in,
                        const std::vector<float>& bias) {
    const auto out = static_cast<std::int64_t>(bias.size());
    std::vector<float> weight(static_cast<std::size_t>(in * out));
    for (float& each : weight) each = static_cast<float>(net.random().uniform(-1, 1));
    return net.op("Conv", name,
                  {x, net.constant(name + ".weight", float_array({out, in, 1, 1}, weight)),
                   net.constant(name + ".bias", float_array({out}, bias))});
  };
  conv("a", net.input("x", {1, 2, 4, 4}), 2, {5, 0, 30, -4, 2.5F});
  conv("c", net.relu("r", "a"), 5, {4, 90, 0});
  conv("d", "c", 3, {50, 0.1F});
  net.output(conv("e", net.relu("s", "d"), 2, {0, 1}));
  return net;
}

const std::string kScale =
    "rule uneven { region r { parents Conv as p through Relu children Conv as c leak pin } "
    "do scale(p, 8 * p.weight * p.weight) }\n";

struct Case {
  std::string rules;
  bool shifts;
  std::set<std::string> without = {};  // keys that the file of statistics lacks
  std::set<std::string> lost = {};     // and keys that do not follow without them, where values are shifted
};

void check_case(const Case& test, bool bins) {
  const Net net = layers();
  const auto before = measured(net, net.network());
  std::string entries;
  for (const auto& [name, channels] : before)
    entries += fmt::format("{}\"{}\": {}", entries.empty() ? "" : ", ", name, entry_of(channels, test.without, bins));
  Engine engine(with_statistics(net, entries), test.rules);
  const TemporaryFolder folder;
  const auto& outcome = engine.outcome();
  const auto rewriting =
      rw::runtime::apply_plan(outcome.analysis, outcome.plan, engine.model().statistics, outcome.statistics);
  rw::graph::write_model(engine.model(), rewriting, folder / "after.json");
  const rw::graph::Model model = rw::graph::read_model(folder / "after.json");
  const auto after = measured(net, model.network);
  int shifted = 0, scaled = 0;
  for (const std::string& name : kTensors) {
    INFO("tensor " << name);
    const std::vector<double> scales = engine.scale(name);
    const auto id = *engine.network().find(name);
    const bool moves = outcome.plan.shift_of(id) != nullptr, changes = outcome.plan.scale_of(id) || moves;
    shifted += moves;
    scaled += changes;
    const auto* entry = model.statistics.find(*model.network.find(name));
    REQUIRE(entry);
    const auto numbers = numbers_of(entry->text);
    const auto same = [&](const std::string& key, const std::function<std::vector<double>(const Values&)>& measure) {
      INFO(key << " of " << entry->text);
      REQUIRE(numbers.count(key) == 1);
      std::size_t at = 0;
      for (std::size_t channel = 0; channel < after.at(name).size(); ++channel) {
        const double size = size_of(after.at(name)[channel]) + size_of(before.at(name)[channel]) * scales[channel];
        for (const double expected : measure(after.at(name)[channel])) {
          REQUIRE(at < numbers.at(key).size());
          CHECK(numbers.at(key)[at++] == Approx(expected).epsilon(1e-5).margin(4e-6 * std::max(size, size * size)));
        }
      }
      CHECK(at == numbers.at(key).size());
    };
    for (const Key& key : kKeys) {
      const bool kept =
          test.without.count(key.name) == 0 && (!moves || (key.shifted && test.lost.count(key.name) == 0));
      if (kept)
        same(key.name, [&](const Values& v) { return std::vector{key.measure(v)}; });
      else
        CHECK(numbers.count(key.name) == 0);
    }
    CHECK(numbers.count("kurtosis") == (changes ? 0 : 1));
    CHECK(contains(std::string(entry->text), "\"method\": \"drawn\""));
    if (bins) {
      same("histogram.low", [](const Values& v) { return std::vector{v.front()}; });
      same("histogram.width", [](const Values& v) { return std::vector{width(v)}; });
    } else {
      same("histogram.edges", edges);
    }
    CHECK(numbers.at("histogram.counts") == std::vector<double>{1, 2});
  }
  CHECK(scaled >= 3);
  CHECK((shifted > 0) == test.shifts);
  CHECK(contains(report_of(engine), "note: 'kurtosis' is left out of the statistics of scaled tensors"));
}

}  // namespace

TEST_CASE("Every key of statistics is, after a rewriting, what is measured then") {
  const std::string absorb = read_file(source_path("rules/absorb_bias.dsl"));
  const std::vector<Case> cases = {
      {kScale, false},           {absorb, true},
      {kScale + absorb, true},   {kScale + absorb, true, {"mean"}, {"mean_square"}},
      {kScale, false, {"mean"}},
  };
  for (const Case& each : cases)
    for (const bool bins : {false, true}) {
      INFO(each.rules << (bins ? "histograms by their bins" : "histograms by their edges"));
      check_case(each, bins);
    }
}
