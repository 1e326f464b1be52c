#include "runtime/testing/rule_trials.hpp"

#include <fmt/format.h>

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

}  // namespace

std::vector<TriedRule> try_rules(const dsl::Loaded& rules, const trials::DrawLimits& limits) {
  std::vector<TriedRule> out;
  for (const dsl::Rule& rule : rules.program.rules)
    if (rule.pattern) out.push_back({&rule, {}});
  graph::parallel_for_parts(out.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      out[i].trials = trials::try_rule(*out[i].rule, rules.program.laws, limits);
  });
  return out;
}

namespace {

// More networks are left alone than rewritten.
bool mostly_changes(const trials::RuleTrials& tried) { return tried.changing > tried.accepted; }
bool hardly_tried(const trials::RuleTrials& tried) {
  return tried.accepted < kFew || tried.refused > 2 * tried.accepted;
}

}  // namespace

std::string counterexample(const TriedRule& tried) {
  const trials::RuleTrials& result = tried.trials;
  const bool wrong = result.differing > 0 && !tried.rule->pattern->approximate;
  if (!result.counterexample || (!wrong && !mostly_changes(result))) return {};
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
           mending(result)});
      continue;
    }
    if (mostly_changes(result)) {
      out.push_back({dsl::Severity::warning, "changes-results", rule.pattern->replace,
                     fmt::format("'{}' leaves {} of {} networks alone: a result would have another shape or type",
                                 rule.name, result.changing, result.changing + result.accepted),
                     mending(result)});
      continue;
    }
    if (!hardly_tried(result)) continue;
    std::string hint = result.refused > 0 ? "why not, how often: " + refusals(result)
                                          : "it matched in none of the others; give it tests of its own";
    out.push_back({dsl::Severity::warning, "hardly-tried", rule.pattern->match,
                   fmt::format("'{}' was tried on {} networks only: of {} that were drawn {} could not be compared",
                               rule.name, result.accepted, result.draws, result.refused),
                   std::move(hint)});
  }
  return out;
}

}  // namespace rw::runtime
