// What explain says of conditions, guards, claims and data that are missing, and whether its remedies do what they
// promise.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "graph/base/mapped_file.hpp"
#include "graph/formats/text/json.hpp"
#include "tests/runtime/explained.hpp"
#include "tests/runtime/formulas.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;

namespace {

std::string one_rule(const std::string& clauses, const std::string& before = "", const std::string& leak = "") {
  return before + "rule s {\n  region r {\n    parents Conv as p\n    through Relu\n    children Conv as c\n" + leak +
         "  }\n" + clauses + "  do scale(p, 2)\n}\n";
}

}  // namespace

TEST_CASE("explain: what matched, and what an earlier rule claimed") {
  Net net;
  const auto a = net.conv("a", net.image(), 4);
  net.output(net.conv("b", net.relu("r", a), 2));
  net.calibrate();
  const std::string twice = std::string(kRules) + one_rule("");
  const Scales scales = equalization(parent_ranges(net, {"a"})[0]);
  const auto [low, high] = std::minmax_element(scales.begin(), scales.end());
  const std::string scale = fmt::format("{:.4g} .. {:.4g}", *low, *high);
  CHECK(Explained(net, twice, {.node = "a"}).text() == R"(
Conv 'a' -> Conv 'b' (4 channels)
  matched by pair (test.dsl:2)
    Conv 'a': scale )" + scale + "\n");
  CHECK(Explained(net, twice, {.rules = {"s"}}).text() == R"(
Conv 'a' -> Conv 'b' (4 channels)
  s (test.dsl:25)
    claimed by pair (test.dsl:2)

Conv 'b' -> nothing (2 channels)
  s (test.dsl:25)
    1 leak (below)
    nothing absorbs its scale
    every channel that a parent offers is pinned
  leak: Conv 'b' channel 0 -> output of the network (pins 2 of 2 channels)
  remedy: none in these rules: all of its channels are pinned
)");
}

TEST_CASE("explain: what stands in the way of several rules is said once, and then the line of each") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4), b = net.conv("b", x, 4);
  net.output(net.conv("c", net.add("s", a, b), 2));
  const std::string text = Explained(net, R"(rule p {
  region r { parents Conv as p children Conv }
  do scale(p, 2)
}
rule q {
  region r { parents Conv as p children Conv as c }
  where count(c) > 3 else "few"
  do scale(p, 3)
}
rule t {
  region r { parents Conv as p may join Add children Conv as c }
  where count(c) > 4 else "few"
  do scale(p, 3)
}
rule u {
  region r { parents Conv as p may join Add children Conv as c }
  where count(c) > 5 else "few"
  do scale(p, 3)
}
)")
                               .text();
  INFO(text);
  CHECK(contains(text, "\n  Add 's' joins inside, and the region has no `join`: p (test.dsl:2), q (test.dsl:6)\n"));
  CHECK_FALSE(contains(text, "and the region (test.dsl"));
}

TEST_CASE("explain: a condition with the values that it saw") {
  Net net;
  const auto a = net.conv("a", net.image(), 4), b = net.depthwise("b", net.relu("r", a));
  net.output(net.conv("c", b, 2));
  net.calibrate();
  CHECK(Explained(net, one_rule("  where all c: c.group == 1 else \"children have groups\"\n"), {.node = "a"}).text() ==
        R"(
Conv 'a' -> Conv 'b' (4 channels)
  s (test.dsl:1)
    children have groups (test.dsl:7): c.group = 4 ('b')
  remedy: take out or widen `where` (test.dsl:7); then s would scale 4 of 4 channels here
)");
}

TEST_CASE("explain: ranges that are missing") {
  Net net;
  const auto a = net.conv("a", net.image(), 4);
  net.output(net.conv("b", net.relu("r", a), 2));
  CHECK(Explained(net, kRules, {.rules = {"pair"}}).text() == R"(
Conv 'a' -> Conv 'b' (4 channels)
  pair (test.dsl:2)
    could not run: ranges are missing (test.dsl:6): stats(p) = nothing for 'r'
  remedy: give their ranges (--stats FILE, or --data FILES); then pair would scale 4 of 4 channels here

Conv 'b' -> nothing (2 channels)
  pair (test.dsl:2)
    1 leak (below)
    nothing absorbs its scale
    every channel that a parent offers is pinned
  leak: Conv 'b' channel 0 -> output of the network (pins 2 of 2 channels)
  remedy: none in these rules: all of its channels are pinned

what would unlock most
  1.  1 region, 4 channels  give their ranges (--stats FILE, or --data FILES)
)");
}

TEST_CASE("explain: ranges that a formula lacks are told tensor by tensor, and by the report as one line") {
  Net net;
  const auto a = net.conv("a", net.image(), 4), b = net.conv("b", net.relu("r", a), 4);
  net.output(net.conv("c", net.relu("q", b), 2));
  const std::string rules = one_rule("  where any p: largest(p.max) > 0\n");
  const auto explain = [&](const std::string& node) { return Explained(net, rules, {.node = node}).text(); };
  const std::string said = "could not run: statistics are missing (test.dsl:7): ";
  CHECK(contains(explain("a"), said + "'r' has none\n"));
  CHECK(contains(explain("c"), said + "'q' has none\n"));
  const std::string reasoned = one_rule("  where any p: largest(p.max) > 0 else \"too small\"\n");
  CHECK(contains(Explained(net, reasoned, {.node = "a"}).text(),
                 "could not run: too small (test.dsl:7): statistics are missing: 'r' has none\n"));
  const Engine engine(net, rules);
  const graph::Written nothing;
  const std::string report = runtime::text_report(
      {.model = engine.model(), .rules = engine.rules(), .outcome = engine.outcome(), .written = nothing}, false);
  CHECK(contains(report, "2  could not run: statistics are missing (first: Conv 'a')\n"));
}

TEST_CASE("explain: a guard of a term, with the attribute") {
  Net net;
  const auto a = net.conv("a", net.image(), 4), b = net.depthwise("b", net.relu("r", a));
  net.output(net.conv("c", b, 2));
  net.calibrate();
  CHECK(Explained(net,
                  "rule s {\n  region r { parents Conv as p\n  through Relu\n  children Conv where group == 1 as c }\n "
                  " do scale(p, 2) }",
                  {.node = "a"})
            .text() == R"(
Conv 'a' -> Conv 'b' (4 channels)
  s (test.dsl:1)
    Conv 'b' absorbs its scale, and `children` (test.dsl:4) names Conv only where group == 1 (here group = 4)
  remedy: admit every Conv in `children` (test.dsl:4); then s would scale 4 of 4 channels here
)");
}

TEST_CASE("explain: an operator that nobody knows must be taught before a clause can name it") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4), swirl = net.op("Elu", "w", {net.relu("r", a)});
  net.output(net.conv("c", swirl, 2));
  const auto b = net.conv("b", x, 4);
  net.output(net.conv("d", net.op("Elu", "v", {b}), 2));
  net.calibrate();
  const TemporaryFolder folder;
  const auto path = net.save(folder.path(), "m");
  std::string text = read_file(path);
  for (std::size_t at = 0; (at = text.find("\"Elu\"")) != std::string::npos;) text.replace(at, 5, "\"my::Swirl\"");
  write_file(path, text);
  const Explained explained([&] { return graph::read_model(path); }, one_rule(""));
  CHECK(explained.text() == R"(
Conv 'a' -> nothing (4 channels)
  s (test.dsl:1)
    1 leak (below)
    nothing absorbs its scale
    every channel that a parent offers is pinned
  leak: Conv 'a' channel 0 -> Relu 'r' -> my::Swirl 'w': no law is known for it (pins 4 of 4 channels)
  remedy: add my::Swirl to `through` (test.dsl:4), after you teach the law of my::Swirl: `op my::Swirl law pass` (only if it treats every channel alike; it is believed); then s would scale 4 of 4 channels here; in all it unlocks 2 regions, 8 channels
  1 more region like it: Conv 'b'

Conv 'c' -> nothing (2 channels)
  s (test.dsl:1)
    1 leak (below)
    nothing absorbs its scale
    every channel that a parent offers is pinned
  leak: Conv 'c' channel 0 -> output of the network (pins 2 of 2 channels)
  remedy: none in these rules: all of its channels are pinned
  1 more region like it: Conv 'd'

what would unlock most
  1. 2 regions, 8 channels  add my::Swirl to `through` (test.dsl:4), after you teach the law of my::Swirl: `op my::Swirl law pass` (only if it treats every channel alike; it is believed)
)");
  REQUIRE(explained.explanation().remedies.size() == 1);
  CHECK(explained.explanation().remedies[0].claims);
  // And that is what comes of it.
  const Engine after(graph::read_model(path),
                     "op my::Swirl law pass\nset more = Relu, my::Swirl\n" +
                         std::string("rule s { region r { parents Conv as p through more children Conv as c } "
                                     "do scale(p, 2) }"));
  CHECK(after.outcome().rules[0].regions == 2);
  CHECK(after.outcome().rules[0].channels == 8);
}

TEST_CASE("explain: what a remedy promises is what the changed rules do") {
  // Without statistics, so that no formula stands between matching and scaling.
  const auto rules = [](const std::string& through, const std::string& join, const std::string& leak) {
    return "rule s { region r { parents Conv, ConvTranspose as p through " + through + " " + join +
           " children Conv, ConvTranspose as c " + leak + " } do scale(p, 2) }";
  };
  const auto count = [](const Net& net, const std::string& text) {
    const Engine engine(net, text);
    return std::pair(engine.outcome().rules[0].regions, engine.outcome().rules[0].channels);
  };
  int seen = 0;
  for (std::uint64_t seed = 1; seed <= unless_sanitized(150U, 60U); ++seed) {
    const Net net = random_net(seed, {.most = 30, .samples = 0});
    const auto before = count(net, rules("Relu", "may join Add", ""));
    const Explained explained(net, rules("Relu", "may join Add", ""));
    for (const runtime::Remedy& remedy : explained.explanation().remedies) {
      if (remedy.changes.size() != 1 || remedy.changes[0].kind == runtime::ChangeKind::bound) continue;
      const runtime::Change& change = remedy.changes[0];
      std::string through = "Relu", join = "may join Add", leak;
      if (change.kind == runtime::ChangeKind::name_inner) through += ", " + change.op;
      if (change.kind == runtime::ChangeKind::name_join) join += ", " + change.op;
      if (change.kind == runtime::ChangeKind::pin_leaks) leak = "leak pin";
      if (through == "Relu" && join == "may join Add" && leak.empty()) continue;
      const auto after = count(net, rules(through, join, leak));
      INFO("seed " << seed << ": " << remedy.steps[0]);
      CHECK(remedy.regions == after.first - before.first);
      CHECK(remedy.channels == after.second - before.second);
      ++seen;
    }
  }
  CHECK(seen > unless_sanitized(20, 6));
}

TEST_CASE("explain: a model is read again only where a rule edits its network, or a law changes its shapes") {
  Net net;
  const auto a = net.conv("a", net.image(), 4);
  net.output(net.conv("b", net.clip("r", a, 0.0F, 6.0F), 2));
  const auto reads = [&](const std::string& rules, const std::vector<std::string>& files) {
    int count = 0;
    const auto read = [&] {
      ++count;
      return net.model();
    };
    const Explained explained(read, rules, {.files = files});
    CHECK(explained.explanation().tries > 0);
    return count;
  };
  CHECK(reads(one_rule(""), {}) == 1);
  CHECK(reads("equalization", {"equalization"}) == 1);
  CHECK(reads("prepare equalization", {"prepare", "equalization"}) > 1);
}

TEST_CASE("explain: rules on what is known of a network do what they do on one that is read anew") {
  int shared = 0;
  for (std::uint64_t seed = 1; seed <= unless_sanitized(40U, 15U); ++seed) {
    const Net net = random_net(seed, {.most = 30});
    Engine given(net, "equalization");
    for (const std::string other : {"cross_layer", "clip equalization", "mixed", "equalization"}) {
      INFO("seed " << seed << ": " << other);
      const Engine anew(net, other);
      auto ground = runtime::ground_for(anew.rules().program, given.outcome(), given.rules().program, {});
      REQUIRE(ground);
      const runtime::Outcome outcome = runtime::run(given.model(), anew.rules().program, {}, std::move(ground));
      CHECK(outcome.certificate.holds);
      REQUIRE(outcome.visited.size() == anew.outcome().visited.size());
      for (std::size_t i = 0; i < outcome.visited.size(); ++i) {
        CHECK(outcome.visited[i].taken_by == anew.outcome().visited[i].taken_by);
        CHECK(outcome.visited[i].scales == anew.outcome().visited[i].scales);
        shared += outcome.visited[i].scales.empty() ? 0 : 1;
      }
    }
    const auto known = [&](const std::string& law) {
      const Engine anew(net, law + "rule s { region r { parents Conv as p children Conv as c } do scale(p, 2) }");
      return runtime::ground_for(anew.rules().program, given.outcome(), given.rules().program, {}).has_value();
    };
    CHECK(known("op Relu law block\n"));
    if (given.network().find_type("Relu")) CHECK_FALSE(known("op Relu law linear(weight = 1)\n"));
  }
  CHECK(shared > 100);
}

TEST_CASE("explain: the way of a leak goes from a parent through operators and channels that are tied") {
  int ways = 0;
  for (std::uint64_t seed = 1; seed <= unless_sanitized(100U, 25U); ++seed) {
    const Net net = random_net(seed, {.most = 40, .samples = 0});
    const Engine engine(net, kTakeAll);
    const auto& [analysis, regions] = std::tie(engine.outcome().analysis, engine.outcome().regions);
    for (runtime::RegionId id = 0; id < regions.size(); ++id) {
      if (regions[id].parents.empty()) continue;
      const runtime::RegionTies ties(analysis, regions, id);
      for (const runtime::Leak& leak : regions[id].leaks) {
        const runtime::LeakPath path = ties.path_of(leak);
        INFO("seed " << seed << ", leak of " << engine.network().tensor(leak.tensor).name);
        REQUIRE((path.pinned > 0) == (path.parent != graph::kNone));
        if (path.parent == graph::kNone) continue;
        graph::TensorId tensor = engine.network().op(path.parent).outputs[0];
        std::uint32_t channel = path.channel;
        const std::uint32_t scale_class = regions.classes(tensor)[channel];
        for (const runtime::PathStep& step : path.steps) {
          const graph::Operator& op = engine.network().op(step.op);
          std::set<graph::TensorId> around(op.inputs.begin(), op.inputs.end());
          around.insert(op.outputs.begin(), op.outputs.end());
          CHECK(around.count(tensor) == 1);
          CHECK(around.count(step.tensor) == 1);
          tensor = step.tensor;
          channel = step.channel;
          CHECK(regions.classes(tensor)[channel] == scale_class);
        }
        CHECK(tensor == leak.tensor);
        ++ways;
      }
    }
  }
  CHECK(ways > unless_sanitized(200, 50));
}

TEST_CASE("explain: the data says what the text says") {
  Net net;
  const auto x = net.image();
  const auto a = net.conv("a", x, 4), b = net.conv("b", x, 4);
  net.output(net.conv("c", net.concat("k", {a, b}), 2));
  net.output(net.op("Sigmoid", "g", {net.relu("r", b)}));
  net.calibrate();
  const std::string json = Explained(net, kRules, {.rules = {"concat"}, .node = "a"}).json();
  const std::string padded = json + std::string(graph::MappedFile::kPadding, '\0');
  const std::string_view text = std::string_view(padded).substr(0, json.size());
  std::map<std::string, std::string> said;
  graph::json::Document(text, {0, static_cast<std::uint32_t>(text.size())}).read([&](graph::json::Value& root) {
    root.object([&](std::string_view key, graph::json::Value& value) { said[std::string(key)] = value.text(); });
  });
  CHECK(said["format"] == "\"rewrite-engine/explain\"");
  CHECK(said["matched"] == "0");
  CHECK(said["left_alone"] == "1");
  CHECK(said["regions"] == R"j([
  {"rule": null, "parents": ["a", "b"], "children": ["c"], "inside": ["k", "r"], "channels": 8, "bounded": 0, "before": null, "after": null,
   "rules": [{"rule": "concat", "matched": false, "misses": [{"obstacle": "leak", "operator": "g", "tensor": "r", "clause": "test.dsl:10", "why": "leaks at Sigmoid 'g': it carries no scale"}]}],
   "scales": [],
   "leaks": [{"tensor": "r", "operator": "g", "why": "leaks at Sigmoid 'g': it carries no scale", "pins": 4, "of": 8, "parent": "b", "channel": 0, "path": [{"operator": "r", "tensor": "r", "channel": 0}]}],
   "remedies": [{"remedy": 0, "rule": "concat", "channels": 4, "of": 8}]}
])j");
  CHECK(said["remedies"] == R"j([
  {"remedy": 0, "changes": ["add `leak pin` to the region (test.dsl:10)"], "files": [], "claims_a_law": false, "layers": null, "regions": 1, "channels": 4, "formula_tried": true, "stops_the_run": null}
])j");
}

TEST_CASE("Explain: rules with a pattern tell their edits and what they left alone") {
  Net net;
  const auto a = net.conv("a", net.image(), 4), n = net.batch_norm("n", net.conv("b", a, 4));
  net.output(net.add("s", net.batch_norm("m", a), net.clip("k", n, 0.0F, 6.0F)));
  net.calibrate();
  const char* const rules = R"(
rule fold {
  match {
    y = Conv(x, constant w, constant c or 0)
    z = BatchNormalization(y, constant gain, constant shift, constant mean, constant variance) epsilon e
  }
  let f = gain / sqrt(variance + e)
  replace { z = y(x, w * per_output(y, f), (c - mean) * f + shift) }
}
rule relu {
  match   { y = Clip(x) min 0 max m or inf }
  where m > 6 else "it has an upper bound"
  replace { y = Relu(x) }
}
)";
  CHECK(Explained(net, rules).text() == R"(
fold (test.dsl:2): 1 edit
  BatchNormalization 'm' is left as it is: 'a' is read by 'b' too

relu (test.dsl:10): 0 edits
  Clip 'k' is left as it is: it has an upper bound: m = 6
)");
  CHECK(Explained(net, rules, {.rules = {"relu"}}).text() == R"(
relu (test.dsl:10): 0 edits
  Clip 'k' is left as it is: it has an upper bound: m = 6
)");
  const std::string json = Explained(net, rules).json();
  CHECK(json.find(R"("patterns": [{"rule": "fold", "edits": 1, "left": [{"operator": "m", )"
                  R"("why": "'a' is read by 'b' too"}]}, {"rule": "relu", "edits": 0, "left": [{"operator": "k", )"
                  R"("why": "it has an upper bound: m = 6"}]}])") != std::string::npos);
}
