// Functions of formulas in rules with a pattern: one row each.
#pragma once

#include "runtime/patterns/formula.hpp"

namespace rw::patterns {

Value call_function(Formulas& formulas, const dsl::PatternExpr& expr);  // NoValue, with the reason

// A value for each channel as numbers of the shape of the weight that it is laid along.
Numbers laid(const Formulas& formulas, const Along& along);

}  // namespace rw::patterns
