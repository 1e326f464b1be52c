#include "runtime/formulas/operation.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>

#include "runtime/laws/guard.hpp"
#include "runtime/text/glob.hpp"

namespace rw::runtime {
namespace {

using dsl::About;
using dsl::ExprOp;
using dsl::Kind;

struct BinaryRow {
  ExprOp op;
  double (*apply)(double x, double y);
};

constexpr BinaryRow kBinary[] = {
    {ExprOp::add, [](double x, double y) { return x + y; }},
    {ExprOp::subtract, [](double x, double y) { return x - y; }},
    {ExprOp::multiply, [](double x, double y) { return x * y; }},
    {ExprOp::divide, [](double x, double y) { return x / y; }},
    {ExprOp::equal, [](double x, double y) { return x == y ? 1.0 : 0.0; }},
    {ExprOp::not_equal, [](double x, double y) { return x != y ? 1.0 : 0.0; }},
    {ExprOp::less, [](double x, double y) { return x < y ? 1.0 : 0.0; }},
    {ExprOp::less_equal, [](double x, double y) { return x <= y ? 1.0 : 0.0; }},
    {ExprOp::greater, [](double x, double y) { return x > y ? 1.0 : 0.0; }},
    {ExprOp::greater_equal, [](double x, double y) { return x >= y ? 1.0 : 0.0; }},
    {ExprOp::and_, [](double x, double y) { return x != 0 && y != 0 ? 1.0 : 0.0; }},
    {ExprOp::or_, [](double x, double y) { return x != 0 || y != 0 ? 1.0 : 0.0; }},
};

FormulaValue unary(const dsl::Expr& expr, const FormulaValue& operand) {
  FormulaValue result = operand;
  for (double& each : result.numbers) each = expr.op == ExprOp::negate ? -each : (each == 0 ? 1.0 : 0.0);
  return result;
}

// One text or list for each thing that `type` is about.
template <typename Things>
Things spread_things(const FormulaEvaluator& evaluator, const FormulaValue& value, Things FormulaValue::*member,
                     const dsl::Type& type) {
  FormulaValue places{.type = value.type};
  for (std::size_t i = 0; i < (value.*member).size(); ++i) places.numbers.push_back(static_cast<double>(i));
  Things things;
  for (const double place : evaluator.spread(places, type))
    things.push_back((value.*member)[static_cast<std::size_t>(place)]);
  return things;
}

template <typename Things>
void choose_things(const FormulaEvaluator& evaluator, Things FormulaValue::*member, std::span<const double> decide,
                   const FormulaValue& then, const FormulaValue& otherwise, FormulaValue& result) {
  const Things yes = spread_things(evaluator, then, member, result.type),
               no = spread_things(evaluator, otherwise, member, result.type);
  for (std::size_t i = 0; i < decide.size(); ++i) (result.*member).push_back(decide[i] != 0 ? yes[i] : no[i]);
}

FormulaValue choose(const FormulaEvaluator& evaluator, const dsl::Expr& expr,
                    std::span<const FormulaValue* const> operands) {
  const FormulaValue &condition = *operands[0], &then = *operands[1], &otherwise = *operands[2];
  FormulaValue result{.type = expr.type};
  result.inherit(condition);
  // What a branch misses that nobody takes does not matter.
  const auto taken = [&](bool branch) {
    return std::any_of(condition.numbers.begin(), condition.numbers.end(),
                       [&](double each) { return (each != 0) == branch; });
  };
  if (taken(true)) result.inherit(then);
  if (taken(false)) result.inherit(otherwise);
  const std::vector<double> decide = evaluator.spread(condition, expr.type);
  if (expr.type.kind == Kind::text) {
    choose_things(evaluator, &FormulaValue::texts, decide, then, otherwise, result);
    return result;
  }
  if (expr.type.kind == Kind::list) {
    choose_things(evaluator, &FormulaValue::lists, decide, then, otherwise, result);
    return result;
  }
  const auto yes = evaluator.spread(then, expr.type), no = evaluator.spread(otherwise, expr.type);
  for (std::size_t i = 0; i < decide.size(); ++i) result.numbers.push_back(decide[i] != 0 ? yes[i] : no[i]);
  return result;
}

void compare_texts(const FormulaEvaluator& evaluator, const dsl::Expr& expr, const FormulaValue& left,
                   const FormulaValue& right, FormulaValue& result) {
  const auto a = spread_things(evaluator, left, &FormulaValue::texts, expr.type),
             b = spread_things(evaluator, right, &FormulaValue::texts, expr.type);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool holds = expr.op == ExprOp::like ? matches(b[i], a[i]) : (a[i] == b[i]) == (expr.op == ExprOp::equal);
    result.numbers.push_back(holds ? 1 : 0);
  }
}

// Lists of different lengths differ; of items that are not known nobody knows whether they are equal.
void compare_lists(const FormulaEvaluator& evaluator, const dsl::Expr& expr, const FormulaValue& left,
                   const FormulaValue& right, FormulaValue& result) {
  const auto a = spread_things(evaluator, left, &FormulaValue::lists, expr.type),
             b = spread_things(evaluator, right, &FormulaValue::lists, expr.type);
  for (std::size_t i = 0; i < a.size(); ++i) {
    bool equal = a[i].size() == b[i].size(), open = false;
    for (std::size_t k = 0; equal && k < a[i].size(); ++k) {
      const bool known = !std::isnan(a[i][k]) && !std::isnan(b[i][k]);
      open |= !known;
      equal = !known || a[i][k] == b[i][k];
    }
    if (equal && open && result.missing.empty()) result.missing = {"a size is not known", "of a list that is compared"};
    result.numbers.push_back(equal == (expr.op == ExprOp::equal) ? 1 : 0);
  }
}

// The left side alone decides an `and` or `or` for all: what the other misses does not matter.
bool is_decided(const dsl::Expr& expr, const FormulaValue& left) {
  if (left.type.about != About::nothing || !left.missing.empty() || left.type.kind != Kind::condition) return false;
  return expr.op == ExprOp::and_ ? left.numbers[0] == 0 : expr.op == ExprOp::or_ && left.numbers[0] != 0;
}

bool is_attribute(const FormulaEvaluator& evaluator, dsl::ExprId id) {
  return evaluator.formulas().rule().exprs[id].op == ExprOp::attribute;
}

FormulaValue binary(const FormulaEvaluator& evaluator, const dsl::Expr& expr, const FormulaValue& left,
                    const FormulaValue& right) {
  FormulaValue result{.type = expr.type};
  result.inherit(left);
  if (!is_decided(expr, left)) result.inherit(right);
  if (left.type.kind == Kind::text) {
    compare_texts(evaluator, expr, left, right, result);
    return result;
  }
  if (left.type.kind == Kind::list) {
    compare_lists(evaluator, expr, left, right, result);
    return result;
  }
  const auto row =
      std::find_if(std::begin(kBinary), std::end(kBinary), [&](const auto& each) { return each.op == expr.op; });
  assert(row != std::end(kBinary));
  const auto a = evaluator.spread(left, expr.type), b = evaluator.spread(right, expr.type);
  const bool equality = expr.op == ExprOp::equal || expr.op == ExprOp::not_equal;
  if (equality && (is_attribute(evaluator, expr.operands[0]) || is_attribute(evaluator, expr.operands[1]))) {
    for (std::size_t i = 0; i < a.size(); ++i)
      result.numbers.push_back(equal_attributes(a[i], b[i]) == (expr.op == ExprOp::equal) ? 1 : 0);
    return result;
  }
  for (std::size_t i = 0; i < a.size(); ++i) result.numbers.push_back(row->apply(a[i], b[i]));
  return result;
}

}  // namespace

FormulaValue operate(const FormulaEvaluator& evaluator, const dsl::Expr& expr,
                     std::span<const FormulaValue* const> operands) {
  switch (operands.size()) {
    case 1:
      return unary(expr, *operands[0]);
    case 2:
      return binary(evaluator, expr, *operands[0], *operands[1]);
    default:
      return choose(evaluator, expr, operands);
  }
}

}  // namespace rw::runtime
