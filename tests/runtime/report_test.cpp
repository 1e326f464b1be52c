// What the report says where nothing happened: the reasons that explain has.
#include "runtime/report/report.hpp"

#include "tests/runtime/explained.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;

namespace {

std::string report_and_explain(const Engine& engine) {
  const graph::Written nothing;
  return runtime::text_report({.model = engine.model(),
                               .rules = engine.rules(),
                               .outcome = engine.outcome(),
                               .written = nothing,
                               .explain = "EXPLAIN"},
                              false);
}

}  // namespace

TEST_CASE("report: operators that offer no scale are told where nothing was scaled, and only there") {
  Net net;
  const auto x = net.image(), w = net.input("w", {4, 3, 3, 3});
  net.output(net.op("Conv", "a", {x, w}));
  const std::string nothing = report_and_explain(Engine(net, "equalization"));
  CHECK(contains(nothing, "\noffer no scale:\n      1  Conv: its weight is no constant (first: Conv 'a')\n"));
  CHECK(contains(nothing, "  what would help: EXPLAIN\n"));
  net.output(net.conv("d", net.relu("r", net.conv("c", x, 4)), 2));
  net.calibrate();
  CHECK_FALSE(contains(report_and_explain(Engine(net, "equalization")), "offer no scale"));
}

TEST_CASE("report: what was found and left alone is told with the reason") {
  Net net;
  const auto a = net.clip("f", net.conv("a", net.image(), 4), 0, 4), b = net.clip("g", net.conv("b", a, 4), 0, 3);
  net.output(net.conv("c", b, 2));
  const std::string text = report_and_explain(Engine(net, "relu6"));
  INFO(text);
  CHECK(
      contains(text, "\nfound and left as they are:\n      2  relu6: its bounds are not 0 and 6 (first: Clip 'f')\n"));
}

TEST_CASE("report: where nothing happened, random networks have a line for every reason of explain") {
  int told = 0;
  for (std::uint64_t seed = 1; seed <= unless_sanitized(60U, 20U); ++seed) {
    const Net net = random_net(seed, {.most = 12, .samples = 0});
    for (const char* rules : {"smoothquant", "relu6", "equalization"}) {
      const Explained explained(net, rules);
      const std::string text = report_and_explain(explained.engine());
      std::uint32_t happened = 0;
      for (const runtime::RuleOutcome& rule : explained.engine().outcome().rules) happened += rule.regions + rule.edits;
      if (happened > 0) continue;
      INFO("seed " << seed << ", " << rules << '\n' << text);
      if (contains(text, "more reasons")) continue;
      for (const runtime::Bystander& each : explained.explanation().bystanders) {
        CHECK(contains(text, ": " + each.kind + " (first: "));
        ++told;
      }
      for (const runtime::EditView& view : explained.explanation().edits) {
        for (const runtime::Declined& each : view.left) {
          if (!each.whole) continue;
          CHECK(contains(text, ": " + each.reason + " (first: "));
          ++told;
        }
      }
      for (const runtime::RegionView& view : explained.explanation().missed)
        told += contains(text, "not rewritten: ") && !view.rules.empty();
    }
  }
  CHECK(told > unless_sanitized(60, 20));
}
