// The operators of formulas: arithmetic, comparisons, conditions.
#pragma once

#include <span>

#include "runtime/formulas/formula_evaluator.hpp"

namespace rw::runtime {

// `expr` is none of field, attribute, call, quantifier, number, name.
FormulaValue operate(const FormulaEvaluator& evaluator, const dsl::Expr& expr,
                     std::span<const FormulaValue* const> operands);

}  // namespace rw::runtime
