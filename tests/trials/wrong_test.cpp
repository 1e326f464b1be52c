// Rules that are wrong are found, and rules that are right pass: tests/trials/wrong.dsl and right.dsl.
#include <fmt/format.h>

#include <ctime>
#include <string>

#include "dsl/load.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/testing/rule_test.hpp"
#include "runtime/testing/rule_trials.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

dsl::Loaded loaded(const std::string& file) {
  const std::vector<std::string> files = {file};
  dsl::Loaded rules = dsl::load(files, runtime::rule_library(), runtime::vocabulary());
  std::string wrong;
  for (const dsl::Diagnostic& each : rules.diagnostics)
    if (each.severity == dsl::Severity::error) wrong += dsl::draw(each, rules.sources);
  INFO(wrong);
  REQUIRE(wrong.empty());
  return rules;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// Under sanitizers the same networks take many times as long.
const trials::DrawLimits kLimits = {.seconds = unless_sanitized(1.0, 20.0)};

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

TEST_CASE("every wrong rule is found, with a network that a person could have written") {
  const dsl::Loaded rules = loaded(source_path("tests/trials/wrong.dsl"));
  CHECK(rules.program.rules.size() >= 25);
  for (const dsl::Rule& rule : rules.program.rules) {
    const double before = processor_seconds();
    const trials::RuleTrials tried = trials::try_rule(rule, rules.program.laws, kLimits);
    INFO(rule.name << ": " << tried.draws << " drawn, " << tried.accepted << " accepted, " << tried.refused
                   << " refused");
    // Some show only in shapes and types: the engine then leaves the network alone, and `check` says so.
    const bool left_alone = rule.doc.starts_with("left alone");
    const runtime::TriedRule judged{.rule = &rule, .trials = tried};
    const dsl::Diagnostics said_of_it = runtime::wrong_rules(std::span(&judged, 1));
    REQUIRE(said_of_it.size() == 1);
    CHECK((said_of_it[0].severity == dsl::Severity::error) == !left_alone);
    CHECK((left_alone ? tried.changing + tried.refused : tried.differing) > 0);
    CHECK(processor_seconds() - before < unless_sanitized(5.0, 100.0));
    if (!tried.counterexample) continue;
    INFO(tried.counterexample->lines);
    CHECK(lines_of(tried.counterexample->lines) <= 12);
    CHECK(tried.counterexample->lines.size() < 1200);
    // The condition that would mend it is said.
    constexpr std::string_view kMended = "mended by ";
    const std::size_t mended = rule.doc.find(kMended);
    if (mended == std::string::npos) continue;
    std::string guards;
    bool said = false;
    for (const trials::SuggestedGuard& each : tried.guards) {
      guards += each.condition + "; ";
      said = said || (each.confirmed && each.condition == rule.doc.substr(mended + kMended.size()));
    }
    INFO(guards);
    CHECK(said);
  }
}

// Before operator set 13 a Softmax goes over all axes from its own on.
TEST_CASE("what is shown of a wrong rule says its operator set, and can be written into the file as a test") {
  const auto middle = [](std::string_view condition, const std::string& test) {
    return fmt::format(
        "rule middle {{\n  match {{ y = Softmax(x) axis 1 }}\n  where x.rank == 3{}\n"
        "  replace {{ y = Transpose(Softmax(Transpose(x) perm [0, 2, 1]) axis 2) perm [0, 2, 1] }}\n}}\n{}",
        condition, test);
  };
  const TemporaryFolder folder;
  const auto rules_of = [&](const std::string& text) {
    write_file(folder / "middle.dsl", text);
    return loaded((folder / "middle.dsl").string());
  };
  const dsl::Loaded rules = rules_of(middle("", ""));
  const runtime::TriedRule tried{.rule = &rules.program.rules[0],
                                 .trials = trials::try_rule(rules.program.rules[0], rules.program.laws, kLimits)};
  REQUIRE(tried.trials.differing > 0);
  const std::string shown = runtime::counterexample(tried);
  INFO(shown);
  CHECK(shown.find("\n  opset ") != std::string::npos);
  const std::string test = shown.substr(shown.find("\ntest "));
  const dsl::Loaded as_it_was = rules_of(middle("", test)), mended = rules_of(middle(" and y.opset >= 13", test));
  REQUIRE(as_it_was.program.tests.size() == 1);
  CHECK(dsl::has_errors(runtime::run_test(as_it_was, as_it_was.program.tests[0])));
  CHECK_FALSE(dsl::has_errors(runtime::run_test(mended, mended.program.tests[0])));
}

TEST_CASE("no right rule is called wrong") {
  std::size_t all = 0, well_tried = 0;
  for (const std::string file : {"tests/trials/right.dsl", "rules/prepare.dsl", "rules/simplify.dsl"}) {
    const dsl::Loaded rules = loaded(source_path(file));
    for (const dsl::Rule& rule : rules.program.rules) {
      if (!rule.pattern || rule.pattern->approximate) continue;
      const trials::RuleTrials tried = trials::try_rule(rule, rules.program.laws, kLimits);
      INFO(file << " " << rule.name << ": " << tried.draws << " drawn, " << tried.accepted << " accepted, "
                << tried.refused << " refused " << (tried.refusals.empty() ? "" : tried.refusals[0].first));
      INFO((tried.counterexample ? tried.counterexample->lines : ""));
      CHECK(tried.differing == 0);
      CHECK(tried.accepted >= 1);  // fewer than 20 are a warning of check
      if (tried.accepted >= 20) ++well_tried;
      ++all;
    }
  }
  CHECK(10 * well_tried >= 9 * all);
}

}  // namespace rw::test
