// Tries the rules with a pattern of rule files, as `check` and `test` do, and says what is wrong with them.
#pragma once

#include "dsl/load.hpp"
#include "dsl/text/diagnostic.hpp"
#include "runtime/trials/try_rule.hpp"

namespace rw::runtime {

struct TriedRule {
  const dsl::Rule* rule = nullptr;
  // The files have tests of networks that it rewrites, and of some that it leaves as they are.
  bool has_positive_test = false, has_negative_test = false;
  trials::RuleTrials trials;
};

// Every rule with a pattern, in order. `rules` has no errors.
std::vector<TriedRule> try_rules(const dsl::Loaded& rules, const trials::DrawLimits& limits = {});

// What differs is an error, with the condition that would mend it. Warnings: a rule that leaves networks alone for
// which its replacement has another shape or type, though no condition and no test of its file says so; a rule that
// could hardly be tried, and has no tests of both kinds either.
dsl::Diagnostics wrong_rules(std::span<const TriedRule> tried);

// The smallest network that was found in which a wrong rule does not compute the same, or that a rule with that warning
// leaves alone, as a `test` block; empty: none.
std::string counterexample(const TriedRule& tried);

}  // namespace rw::runtime
