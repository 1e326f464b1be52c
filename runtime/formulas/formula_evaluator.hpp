// Evaluates formulas on one region.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/balance/gain.hpp"
#include "runtime/formulas/bound_region.hpp"
#include "runtime/formulas/formula_value.hpp"
#include "runtime/formulas/rule_formulas.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/weights/pair_maxima.hpp"

namespace rw::runtime {

// Values are kept, so that an expression is computed once.
class FormulaEvaluator {
 public:
  // `gain`: of the rule. `maxima`: of a rule that reads weights again and again; null: weights are read where they lie.
  FormulaEvaluator(const RuleFormulas& formulas, const BoundRegion& view, const Plan& plan, Gain& gain,
                   PairMaximaTable* maxima);

  const RuleFormulas& formulas() const { return formulas_; }
  const BoundRegion& view() const { return view_; }
  const Plan& plan() const { return plan_; }
  Gain& gain() const { return gain_; }

  // graph::Error: NaN or infinity in a constant that is read.
  const FormulaValue& value(dsl::ExprId root);
  // The value of an expression of a clause that was evaluated; null: it was not needed.
  const FormulaValue* known(dsl::ExprId id) const { return values_[id] ? &*values_[id] : nullptr; }
  // What the fields that `root` reads are at one channel of a family: "p.max = 0, p.min = 0".
  std::string explain(dsl::ExprId root, dsl::BindingIndex family, std::size_t channel);

  // `value` with one number for each channel of a family (or for each class where the family is null).
  std::vector<double> over_channels(const FormulaValue& value, const Family& family) const;
  // One number for each thing that `type` is about, which is what the value is about or more.
  std::vector<double> spread(const FormulaValue& value, const dsl::Type& type) const;
  std::size_t size_of(const dsl::Type& type) const;

 private:
  FormulaValue compute(const dsl::Expr& expr);
  FormulaValue field(const dsl::Expr& expr) const;
  FormulaValue attribute(const dsl::Expr& expr) const;
  FormulaValue list(const dsl::Expr& expr) const;
  FormulaValue element(const dsl::Expr& expr) const;
  FormulaValue call(const dsl::Expr& expr) const;
  FormulaValue operation(const dsl::Expr& expr) const;
  FormulaValue quantifier(const dsl::Expr& expr) const;
  const FormulaValue& operand(const dsl::Expr& expr, std::size_t i) const { return *values_[expr.operands[i]]; }

  const RuleFormulas& formulas_;
  const BoundRegion& view_;
  const Plan& plan_;
  Gain& gain_;
  PairMaximaTable* maxima_;
  std::vector<std::optional<FormulaValue>> values_;  // by expression
};

}  // namespace rw::runtime
