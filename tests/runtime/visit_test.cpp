// Rules on so many regions that several threads judge them: what comes out is what one after the other would give,
// worked out here by hand.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "graph/model.hpp"
#include "runtime/engine/waves.hpp"
#include "tests/runtime/engine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell.hpp"
#include "tests/support/threads.hpp"

using namespace rw;
using namespace rw::test;

namespace {

constexpr int kLength = 5000;

// conv0 -> relu0 -> conv1 -> relu1 -> ...: convolutions of `channels` channels and one pixel, whose weights are
// weight(i) on the diagonal; relu(i) has the ranges of calibration(i), "" for none. After each `links` of them another
// chain begins at x.
graph::Model chain(int channels, const std::function<double(int)>& weight,
                   const std::function<std::string(int)>& calibration, int links = kLength + 1) {
  std::string nodes, tensors, ranges, outputs, last = "x";
  for (int i = 0; i <= kLength; ++i) {
    if (i > 0 && i % links == 0) outputs += fmt::format(R"("{}", )", std::exchange(last, "x"));
    std::string data;
    for (int k = 0; k < channels * channels; ++k)
      data += fmt::format("{}{}", k ? ", " : "", k % (channels + 1) == 0 ? weight(i) : 0.0);
    tensors += fmt::format(R"({}"w{}": {{"dtype": "float64", "shape": [{}, {}, 1, 1], "data": [{}]}})", i ? ",\n" : "",
                           i, channels, channels, data);
    nodes += fmt::format(
        R"({}{{"op": "Conv", "name": "conv{}", "inputs": ["{}", "w{}"], "outputs": ["c{}"]}},
{{"op": "Relu", "inputs": ["c{}"], "outputs": ["r{}"]}})",
        i ? ",\n" : "", i, last, i, i, i, i);
    if (const std::string said = calibration(i); !said.empty())
      ranges += fmt::format(R"({}"r{}": {})", ranges.empty() ? "" : ",\n", i, said);
    last = fmt::format("r{}", i);
  }
  const TemporaryFolder folder;
  write_file(folder / "m.json", fmt::format(R"({{"format": "rewrite-engine/model", "version": 1,
"inputs": [{{"name": "x", "dtype": "float64", "shape": [1, {}, 1, 1]}}], "outputs": [{}"{}"],
"tensors": {{{}}}, "nodes": [{}], "calibration": {{{}}}}})",
                                            channels, outputs, last, tensors, nodes, ranges));
  return graph::read_model(folder / "m.json");
}

std::string rule(const std::string& clauses) {
  return "rule s { region r { parents Conv as p through Relu children Conv as c } " + clauses + "}";
}

double small(int i) { return 1.0 + i % 7; }  // the range of channel 0; channel 1 has 4
bool known(int i) { return i % 3 != 0; }

}  // namespace

TEST_CASE("Regions that threads judge are scaled, and left alone, as each would be by itself") {
  const std::string rules = rule(R"(
  needs stats(p) else "no ranges"
  where any p: smallest(p.max) < 4 else "level"
  do scale(p, 8 / p.max)
)");
  for (const unsigned count : {1U, 4U}) {
    const Threads set(count);
    const Engine engine(
        chain(
            2, [](int) { return 1.0; },
            [](int i) { return known(i) ? fmt::format(R"({{"min": [0, 0], "max": [{}, 4]}})", small(i)) : ""; }),
        rules);
    int scaled = 0, wrong = 0;
    for (int i = 0; i < kLength; ++i) {
      const std::string tensor = fmt::format("r{}", i);
      const bool wanted = known(i) && small(i) < 4;
      const std::vector<double> expected = wanted ? std::vector{8 / small(i), 2.0} : std::vector{1.0, 1.0};
      const std::string reason = engine.reason(tensor);
      wrong += engine.scale(tensor) != expected;
      wrong += contains(reason, "no ranges") == known(i);
      wrong += contains(reason, "level") != (known(i) && !wanted);
      scaled += wanted;
    }
    CHECK(wrong == 0);
    CHECK(engine.outcome().rules[0].regions == static_cast<std::uint32_t>(scaled));
    CHECK(scaled > 1000);
  }
}

TEST_CASE("A rule that reads weights sees them as the regions before have left them, whatever the number of threads") {
  const std::string rules = rule(R"(
  repeat 3 until change < 0
  do scale(p, sqrt(across(max, c.weight) / across(max, p.weight)))
)");
  const auto weight = [](int i) { return 0.5 + i * 37 % 101; };
  // One chain, whose regions wait for one another, and chains of four that do not.
  for (const int links : {kLength + 1, 4}) {
    const auto ends = [&](std::size_t i) { return (i + 1) % static_cast<std::size_t>(links) == 0; };
    std::vector<double> weights, scales(kLength, 1.0);
    for (int i = 0; i <= kLength; ++i) weights.push_back(weight(i));
    for (int sweep = 0; sweep < 3; ++sweep)
      for (std::size_t i = 0; i < scales.size(); ++i) {
        if (ends(i)) continue;
        const double scale = std::sqrt(weights[i + 1] / weights[i]);
        weights[i] *= scale;
        weights[i + 1] /= scale;
        scales[i] *= scale;
      }
    for (const unsigned count : {1U, 4U}) {
      const Threads set(count);
      const Engine engine(chain(
                              1, weight, [](int) { return std::string(); }, links),
                          rules);
      double worst = 0;
      for (std::size_t i = 0; i < scales.size(); ++i)
        worst = std::max(worst, std::fabs(engine.scale(fmt::format("r{}", i)).at(0) / scales[i] - 1));
      CHECK(worst < 1e-12);
    }
  }
}

TEST_CASE("Regions are judged side by side unless they touch an operator or read the predicted noise") {
  using Reads = runtime::RuleFormulas::Reads;
  const Engine engine(chain(
                          1, [](int) { return 1.0; }, [](int) { return std::string(); }, 4),
                      rule("do scale(p, 2)"));
  std::vector<runtime::RegionId> visited;
  for (const runtime::RegionOutcome& each : engine.outcome().visited) visited.push_back(each.region);
  const auto waves = [&](Reads reads) {
    return runtime::waves_of(reads, engine.outcome().analysis, engine.outcome().regions, visited);
  };
  CHECK(waves(Reads::network).size() == visited.size());
  CHECK(waves(Reads::region).size() == (visited.size() + 2047) / 2048);
  std::vector<std::size_t> seen;
  std::map<runtime::OperatorId, std::size_t> last;  // the region that touched it
  for (const runtime::Wave& wave : waves(Reads::constants)) {
    std::set<runtime::OperatorId> touched;
    for (const std::size_t i : wave.regions) {
      const runtime::Region& region = engine.outcome().regions[visited[i]];
      for (const auto& operators : {region.parents, region.children})
        for (const runtime::OperatorId op : operators) {
          CHECK(touched.insert(op).second);
          const auto [before, first] = last.try_emplace(op, i);
          CHECK((first || before->second < i));
          before->second = i;
        }
      seen.push_back(i);
    }
  }
  CHECK(waves(Reads::constants).size() < 10);
  std::sort(seen.begin(), seen.end());
  for (std::size_t i = 0; i < visited.size(); ++i) CHECK(seen.at(i) == i);
}
