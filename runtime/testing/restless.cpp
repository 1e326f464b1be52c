#include "runtime/testing/restless.hpp"

#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

#include "graph/base/error.hpp"
#include "runtime/engine/run_patterns.hpp"

namespace rw::runtime {
namespace {

using RuleSet = std::set<std::uint32_t>;

struct Stopped {
  RuleSet rules;        // that still make edits when a run stops them
  std::string refusal;  // why a run would be refused; empty: it would not
};

PatternRules pattern_rules(const dsl::Program& program) {
  PatternRules all;
  for (std::uint32_t i = 0; i < program.rules.size(); ++i) {
    if (!program.rules[i].pattern || !program.rules[i].runs) continue;
    all.rules.push_back(i);
    std::vector<double>& params = all.params.emplace_back();
    for (const dsl::Param& param : program.rules[i].params) params.push_back(param.value);
  }
  return all;
}

// What a run of all rules on this network comes to. What cannot be run says nothing.
Stopped stopped_on(const trials::Instance& instance, const dsl::Program& program, const PatternRules& rules) {
  Stopped stopped;
  try {
    graph::Network network = trials::network_of(instance);
    const Analysis analysis = analyse(network, program.laws);
    const graph::Statistics statistics;
    std::vector<RuleOutcome> outcomes(program.rules.size());
    Plan plan;
    const RunOptions untried{.values = false, .trial_seconds = 0};
    run_patterns(network, program, rules, analysis, statistics, plan, untried, outcomes);
    for (std::uint32_t i = 0; i < outcomes.size(); ++i)
      if (outcomes[i].still_fires) stopped.rules.insert(i);
  } catch (const graph::Error&) {
  } catch (const Refusal& refusal) {
    stopped.refusal = refusal.message;
  }
  return stopped;
}

std::string names(const RuleSet& set, const dsl::Program& program) {
  std::string text;
  std::size_t i = 0;
  for (const std::uint32_t index : set) {
    const std::string_view before = i == 0 ? "" : i + 1 == set.size() ? " and " : ", ";
    text += fmt::format("{}'{}'", before, program.rules[index].name);
    ++i;
  }
  return text;
}

std::string what_is_wrong(const Stopped& stopped, const dsl::Program& program) {
  if (!stopped.refusal.empty()) return stopped.refusal;
  return fmt::format("{} {}, so that a run stops after ten rounds", names(stopped.rules, program),
                     stopped.rules.size() == 1 ? "finds again what it has made" : "undo each other");
}

Restless restless(const Stopped& stopped, const dsl::Rule& tried, const dsl::Program& program,
                  const trials::Instance& instance) {
  const bool several = stopped.rules.size() > 1;
  const dsl::Rule& rule = stopped.rules.empty() ? tried : program.rules[*stopped.rules.begin()];
  return {{dsl::Severity::warning, "never-at-rest", rule.pattern->replace, what_is_wrong(stopped, program),
           several ? "leave out one of them, or let each have networks of its own"
                   : "add a condition that what it makes does not fulfil"},
          fmt::format("a network on which '{0}' does not come to rest:\n\ntest {0} \"it comes to rest\" {{\n{1}}}\n",
                      rule.name, trials::lines_of(instance))};
}

}  // namespace

std::vector<Restless> restless_rules(const dsl::Program& program, std::span<const TriedRule> tried) {
  const PatternRules rules = pattern_rules(program);
  std::vector<Restless> out;
  std::set<std::string> told;
  for (const TriedRule& each : tried)
    for (const trials::Instance& instance : each.trials.examples) {
      const Stopped stopped = stopped_on(instance, program, rules);
      if (stopped.rules.empty() && stopped.refusal.empty()) continue;
      if (told.insert(what_is_wrong(stopped, program)).second)
        out.push_back(restless(stopped, *each.rule, program, instance));
    }
  return out;
}

}  // namespace rw::runtime
