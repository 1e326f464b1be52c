// The two halves of a rule with `match`, each in a file of its own.
#pragma once

#include "dsl/check/pattern_formula.hpp"

namespace rw::dsl {

// Fills Pattern::calls and Pattern::lines, and binds the names.
void check_match(PatternDraft& draft, PatternFormulas& formulas, const tree::Clause& clause);

// Fills Pattern::made and Pattern::replaced.
void check_replace(PatternDraft& draft, PatternFormulas& formulas, const tree::Clause& clause);

// One rule that has a `match` or a `replace`.
Rule check_pattern_rule(CheckContext& context, const FileNames& names, const tree::Rule& rule);

}  // namespace rw::dsl
