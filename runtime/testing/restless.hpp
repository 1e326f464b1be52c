// Rules with a pattern that never come to rest: one that matches what it makes, two that undo each other. `check` finds
// them on the networks on which the rules were tried.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dsl/text/diagnostic.hpp"
#include "runtime/testing/rule_trials.hpp"

namespace rw::runtime {

struct Restless {
  dsl::Diagnostic warning;
  std::string network;  // on which they are, as a `test` block
};

// Each set of rules that still made edits when a run would have stopped them. `program`: of `tried`.
std::vector<Restless> restless_rules(const dsl::Program& program, std::span<const TriedRule> tried);

}  // namespace rw::runtime
