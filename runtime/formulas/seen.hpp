// The values that a condition saw, for whoever wonders why it failed.
#pragma once

#include <string>

#include "runtime/formulas/formula_evaluator.hpp"

namespace rw::runtime {

// What `root` reads, each with its value: "p.group = 4 (Conv 'a'), hi = 20". Of `all p: C` the first nodes for which C
// fails; of many channels the smallest and the largest value. `root` has been evaluated.
std::string seen_values(const RuleFormulas& formulas, const BoundRegion& view, FormulaEvaluator& evaluator,
                        dsl::ExprId root);

}  // namespace rw::runtime
