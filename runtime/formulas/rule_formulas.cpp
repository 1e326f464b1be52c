#include "runtime/formulas/rule_formulas.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <set>

#include "runtime/formulas/field.hpp"
#include "runtime/formulas/function.hpp"

namespace rw::runtime {

using dsl::ExprOp;

RuleFormulas::RuleFormulas(const dsl::Rule& rule, std::vector<double> params)
    : rule_(rule), params_(std::move(params)), locals_(rule.slots, 0) {
  for (const dsl::Expr& expr : rule.exprs) {
    if (expr.op == ExprOp::let_) locals_[expr.index] = expr.operands[0];
    if (expr.op == ExprOp::field && fields()[expr.index].reads_constants) reads_ = std::max(reads_, Reads::constants);
    if (expr.op == ExprOp::call && functions()[expr.index]->reads_network) reads_ = Reads::network;
  }
  for (const dsl::Step& step : rule.steps)
    if (step.form == dsl::Step::Form::let) locals_[step.slot] = step.expr;
  for (const dsl::Step& step : rule.steps) {
    if (step.form == dsl::Step::Form::where || step.form == dsl::Step::Form::needs)
      needed_.emplace(step.expr, order_of(step.expr));
    for (const dsl::Step::Argument& argument : step.arguments)
      if (argument.binding == dsl::kNoBinding) needed_.emplace(argument.expr, order_of(argument.expr));
  }
}

std::vector<dsl::ExprId> RuleFormulas::order_of(dsl::ExprId root) const {
  std::set<dsl::ExprId, std::greater<>> open = {root};  // operands come before their expression: largest first
  std::vector<dsl::ExprId> order;
  while (!open.empty()) {
    const dsl::ExprId id = *open.begin();
    open.erase(open.begin());
    order.push_back(id);
    const dsl::Expr& expr = rule_.exprs[id];
    for (const dsl::ExprId operand : expr.operands) {
      assert(operand < id);
      open.insert(operand);
    }
    if (expr.op == ExprOp::local) open.insert(locals_[expr.index]);
  }
  std::reverse(order.begin(), order.end());
  return order;
}

}  // namespace rw::runtime
