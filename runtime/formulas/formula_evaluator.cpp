#include "runtime/formulas/formula_evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <set>

#include "graph/base/printable.hpp"
#include "runtime/formulas/field.hpp"
#include "runtime/formulas/function.hpp"
#include "runtime/formulas/operation.hpp"
#include "runtime/laws/guard.hpp"

namespace rw::runtime {

using dsl::About;
using dsl::ExprOp;
using dsl::Kind;

FormulaEvaluator::FormulaEvaluator(const RuleFormulas& formulas, const BoundRegion& view, const Plan& plan, Gain& gain,
                                   PairMaximaTable* maxima)
    : formulas_(formulas),
      view_(view),
      plan_(plan),
      gain_(gain),
      maxima_(maxima),
      values_(formulas.rule().exprs.size()) {}

const FormulaValue& FormulaEvaluator::value(dsl::ExprId root) {
  if (values_[root]) return *values_[root];
  for (const dsl::ExprId id : formulas_.needed(root))
    if (!values_[id]) values_[id] = compute(formulas_.rule().exprs[id]);
  return *values_[root];
}

std::size_t FormulaEvaluator::size_of(const dsl::Type& type) const {
  switch (type.about) {
    case About::nothing:
      return 1;
    case About::node:
      return view_.family(type.family).nodes.size();
    case About::channel:
      return view_.family(type.family).classes.size();
    case About::region_class:
      return view_.region().classes;
  }
  return 0;
}

std::vector<double> FormulaEvaluator::over_channels(const FormulaValue& value, const Family& family) const {
  std::vector<double> numbers(family.classes.size());
  switch (value.type.about) {
    case About::nothing:
      std::fill(numbers.begin(), numbers.end(), value.numbers[0]);
      break;
    case About::channel:
      numbers = value.numbers;
      break;
    case About::region_class:
      for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = value.numbers[family.classes[i]];
      break;
    case About::node:
      for (std::size_t node = 0; node + 1 < family.first.size(); ++node)
        for (std::uint32_t i = family.first[node]; i < family.first[node + 1]; ++i) numbers[i] = value.numbers[node];
      break;
  }
  return numbers;
}

std::vector<double> FormulaEvaluator::spread(const FormulaValue& value, const dsl::Type& type) const {
  if (value.type.about == type.about) return value.numbers;
  if (value.type.about == About::nothing) return std::vector<double>(size_of(type), value.numbers[0]);
  assert(type.about == About::channel);  // the checker lets nothing else pass
  return over_channels(value, view_.family(type.family));
}

FormulaValue FormulaEvaluator::compute(const dsl::Expr& expr) {
  switch (expr.op) {
    case ExprOp::number:
      return {.type = expr.type, .numbers = {expr.number}};
    case ExprOp::text:
      return {.type = expr.type, .texts = {expr.text}};
    case ExprOp::parameter:
      return {.type = expr.type, .numbers = {formulas_.param(expr.index)}};
    case ExprOp::local:
      return *values_[formulas_.local(expr.index)];
    case ExprOp::let_:
      return operand(expr, 1);
    case ExprOp::field:
      return field(expr);
    case ExprOp::list:
      return list(expr);
    case ExprOp::element:
      return element(expr);
    case ExprOp::attribute:
      return attribute(expr);
    case ExprOp::call:
      return call(expr);
    case ExprOp::all:
    case ExprOp::any:
    case ExprOp::none:
      return quantifier(expr);
    default:
      return operation(expr);
  }
}

FormulaValue FormulaEvaluator::list(const dsl::Expr& expr) const {
  FormulaValue result{.type = expr.type};
  result.lists.resize(size_of(expr.type));
  for (const dsl::ExprId id : expr.operands) {
    result.inherit(*values_[id]);
    const std::vector<double> items = spread(*values_[id], expr.type);
    for (std::size_t i = 0; i < items.size(); ++i) result.lists[i].push_back(items[i]);
  }
  return result;
}

FormulaValue FormulaEvaluator::element(const dsl::Expr& expr) const {
  FormulaValue result{.type = expr.type};
  const FormulaValue &lists = operand(expr, 0), &position = operand(expr, 1);
  result.inherit(lists);
  result.inherit(position);
  for (const std::vector<double>& each : lists.lists) {
    result.numbers.push_back(item_of(each, position.numbers[0]));
    if (!std::isnan(result.numbers.back()) || !result.missing.empty()) continue;
    result.missing = {"an item of a list is missing",
                      fmt::format("[{:.6g}] of {}", position.numbers[0], graph::plural(each.size(), "item"))};
  }
  return result;
}

FormulaValue FormulaEvaluator::operation(const dsl::Expr& expr) const {
  std::vector<const FormulaValue*> operands;
  for (const dsl::ExprId id : expr.operands) operands.push_back(&*values_[id]);
  return operate(*this, expr, operands);
}

FormulaValue FormulaEvaluator::quantifier(const dsl::Expr& expr) const {
  const FormulaValue& condition = operand(expr, 0);
  const auto met = static_cast<std::size_t>(
      std::count_if(condition.numbers.begin(), condition.numbers.end(), [](double each) { return each != 0; }));
  // A condition about nothing holds for every node or for none.
  const std::size_t nodes = view_.family(expr.family).nodes.size();
  const bool any = nodes > 0 && met > 0, all = nodes == 0 || met == condition.numbers.size();
  const bool holds = expr.op == ExprOp::all ? all : expr.op == ExprOp::any ? any : !any;
  return {.type = expr.type, .numbers = {holds ? 1.0 : 0.0}, .missing = condition.missing};
}

FormulaValue FormulaEvaluator::call(const dsl::Expr& expr) const {
  const Function& function = *functions()[expr.index];
  FormulaValue result{.type = expr.type};
  std::vector<const FormulaValue*> arguments;
  for (const dsl::ExprId id : expr.operands) {
    arguments.push_back(&*values_[id]);
    result.inherit(*arguments.back());
  }
  if (!function.each) {
    result.numbers = function.apply({*this, expr, arguments});
    return result;
  }
  std::vector<std::vector<double>> spreads;
  for (const FormulaValue* argument : arguments) spreads.push_back(spread(*argument, expr.type));
  result.numbers.resize(size_of(expr.type));
  std::vector<double> given(spreads.size());
  for (std::size_t i = 0; i < result.numbers.size(); ++i) {
    for (std::size_t k = 0; k < given.size(); ++k) given[k] = spreads[k][i];
    result.numbers[i] = function.each(given.data());
  }
  return result;
}

FormulaValue FormulaEvaluator::attribute(const dsl::Expr& expr) const {
  FormulaValue result{.type = expr.type};
  const Family& family = view_.family(expr.family);
  for (const OperatorId op : family.nodes) {
    const Site site = view_.analysis().site(op);
    if (expr.type.kind == Kind::text) {
      result.texts.emplace_back(site.text(expr.text));
    } else if (expr.type.kind == Kind::list) {
      auto list = attribute_list(site, expr.text);
      if (!list && result.missing.empty())
        result.missing = {"an attribute is missing", fmt::format("'{}' has no {}", site.op().name, expr.text)};
      result.lists.push_back(list ? std::move(*list) : std::vector<double>());
    } else {
      const double number = attribute_number(site, expr.text);
      if (std::isnan(number) && result.missing.empty())
        result.missing = {"an attribute is missing", fmt::format("'{}' has no {}", site.op().name, expr.text)};
      result.numbers.push_back(number);
    }
  }
  return result;
}

FormulaValue FormulaEvaluator::field(const dsl::Expr& expr) const {
  FormulaValue result{.type = expr.type};
  const FormulaValue* key = expr.operands.empty() ? nullptr : &operand(expr, 0);
  if (key) result.inherit(*key);
  fields()[expr.index].read({view_, plan_, expr, maxima_, key}, result);
  return result;
}

std::string FormulaEvaluator::explain(dsl::ExprId root, dsl::BindingIndex binding, std::size_t channel) {
  std::string text;
  std::set<std::string> told;
  for (const dsl::ExprId id : formulas_.needed(root)) {
    const dsl::Expr& expr = formulas_.rule().exprs[id];
    if (expr.op != ExprOp::field || expr.type.kind != Kind::number || !values_[id]) continue;
    const std::string name =
        fmt::format("{}.{}", formulas_.rule().bindings[expr.family].name, fields()[expr.index].name);
    if (expr.family != binding || expr.type.about != About::channel || !told.insert(name).second) continue;
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, values_[id]->numbers[channel]);
  }
  return text;
}

}  // namespace rw::runtime
