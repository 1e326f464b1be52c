#include "runtime/testing/rule_trials.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/base/parallel.hpp"

namespace rw::runtime {
namespace {

constexpr std::size_t kFew = 20;  // instances, below which nothing much was tried

std::string mending(const trials::RuleTrials& tried) {
  std::string text;
  for (const trials::SuggestedGuard& each : tried.guards) {
    if (each.confirmed) return fmt::format("it holds where {0}: write `where {0}`", each.condition);
    text += fmt::format("{}{} ({:.0f} % of those that agree)", text.empty() ? "it held wherever " : ", or ",
                        each.condition, 100 * each.kept);
  }
  return text;
}

std::string refusals(const trials::RuleTrials& tried) {
  std::string text;
  for (std::size_t i = 0; i < tried.refusals.size() && i < 3; ++i)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", tried.refusals[i].second, tried.refusals[i].first);
  return text;
}

// Whether the files test the rule on a network that it rewrites, or (negative) leaves as it is.
bool has_test(const dsl::Program& program, const dsl::Rule& rule, bool negative) {
  return std::ranges::any_of(program.tests, [&](const dsl::RuleTest& test) {
    return &program.rules[test.rule] == &rule && std::ranges::any_of(test.expectations, [&](const auto& each) {
      return (each.form == dsl::Expectation::Form::no_match) == negative;
    });
  });
}

}  // namespace

std::vector<TriedRule> try_rules(const dsl::Loaded& rules, const trials::DrawLimits& limits) {
  std::vector<TriedRule> out;
  for (const dsl::Rule& rule : dsl::running(rules.program))
    if (rule.pattern)
      out.push_back({&rule, has_test(rules.program, rule, false), has_test(rules.program, rule, true), {}});
  graph::parallel_for_parts(out.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      out[i].trials = trials::try_rule(*out[i].rule, rules.program.laws, limits);
  });
  return out;
}

namespace {

// Networks are left alone that no condition of the rule tells: most of them, or some, and its author has written no
// test of what stays as it is.
bool changes(const TriedRule& tried) {
  const trials::RuleTrials& result = tried.trials;
  return result.changing > (tried.has_negative_test ? result.accepted : 0);
}
// Nor do tests of its own say what it does and where it does nothing.
bool hardly_tried(const TriedRule& tried) {
  const trials::RuleTrials& result = tried.trials;
  const bool hardly = result.accepted < kFew || result.refused > result.accepted;
  return hardly && !(tried.has_positive_test && tried.has_negative_test);
}

}  // namespace

std::string counterexample(const TriedRule& tried) {
  const trials::RuleTrials& result = tried.trials;
  const bool wrong = result.differing > 0 && !tried.rule->pattern->approximate;
  if (!result.counterexample || (!wrong && !changes(tried))) return {};
  const std::string_view what = wrong ? "that shows what is wrong with" : "that is left alone by";
  return fmt::format("a network {0} '{1}':\n\ntest {1} \"it stays as it is\" {{\n{2}  expect no match\n}}\n", what,
                     tried.rule->name, result.counterexample->lines);
}

dsl::Diagnostics wrong_rules(std::span<const TriedRule> tried) {
  dsl::Diagnostics out;
  for (const TriedRule& each : tried) {
    const trials::RuleTrials& result = each.trials;
    const dsl::Rule& rule = *each.rule;
    if (result.differing > 0 && !rule.pattern->approximate) {
      out.push_back(
          {dsl::Severity::error, "wrong-rule", rule.pattern->replace,
           fmt::format("'{}' does not compute the same: in {} of {} networks that were drawn, up to {:.2g} of "
                       "the largest value",
                       rule.name, result.differing, result.accepted, result.largest_difference),
           result.guards.empty() ? "say in a `where` when it holds, or write approximate \"why\"" : mending(result)});
      continue;
    }
    if (changes(each)) {
      out.push_back({dsl::Severity::warning, "changes-results", rule.pattern->replace,
                     fmt::format("'{}' leaves {} of {} networks alone: a result would have another shape or type",
                                 rule.name, result.changing, result.changing + result.accepted),
                     mending(result)});
      continue;
    }
    if (!hardly_tried(each)) continue;
    std::string hint = "give it tests of its own, of what it rewrites and of what it leaves alone; ";
    hint += result.refused > 0 ? "why not, how often: " + refusals(result) : "it matched in none of the others";
    out.push_back({dsl::Severity::warning, "hardly-tried", rule.pattern->match,
                   fmt::format("'{}' was tried on {} networks only: of {} that were drawn {} could not be compared",
                               rule.name, result.accepted, result.draws, result.refused),
                   std::move(hint)});
  }
  return out;
}

}  // namespace rw::runtime
