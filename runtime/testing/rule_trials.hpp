// Tries the rules with a pattern of rule files, as `check` and `test` do, and says what is wrong with them.
#pragma once

#include "dsl/load.hpp"
#include "dsl/text/diagnostic.hpp"
#include "runtime/trials/try_rule.hpp"

namespace rw::runtime {

struct TriedRule {
  const dsl::Rule* rule = nullptr;
  trials::RuleTrials trials;
};

// Every rule with a pattern, in order. `rules` has no errors.
std::vector<TriedRule> try_rules(const dsl::Loaded& rules, const trials::DrawLimits& limits = {});

// What differs is an error, with a network that shows it and the condition that would mend it; a rule that could hardly
// be tried is a warning.
dsl::Diagnostics wrong_rules(std::span<const TriedRule> tried);

// The smallest network that was found in which a wrong rule does not compute the same, as a `test` block; empty: none.
std::string counterexample(const TriedRule& tried);

}  // namespace rw::runtime
