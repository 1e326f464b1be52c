#include "runtime/formulas/operation.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

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

FormulaValue choose(const FormulaEvaluator& evaluator, const dsl::Expr& expr,
                    std::span<const FormulaValue* const> operands) {
  const FormulaValue &condition = *operands[0], &then = *operands[1], &otherwise = *operands[2];
  FormulaValue result{.type = expr.type};
  result.inherit(condition);
  // Where one condition decides for all, what the other branch misses does not matter.
  const bool one = condition.type.about == About::nothing;
  const bool first = condition.numbers[0] != 0;
  if (!one || first) result.inherit(then);
  if (!one || !first) result.inherit(otherwise);
  if (expr.type.kind == Kind::text) {
    result.texts = (first ? then : otherwise).texts;
    return result;
  }
  const auto decide = evaluator.spread(condition, expr.type), yes = evaluator.spread(then, expr.type),
             no = evaluator.spread(otherwise, expr.type);
  result.numbers.resize(evaluator.size_of(expr.type));
  for (std::size_t i = 0; i < result.numbers.size(); ++i) result.numbers[i] = decide[i] != 0 ? yes[i] : no[i];
  return result;
}

// Texts are compared, one with all or one by one.
void compare_texts(const dsl::Expr& expr, const FormulaValue& left, const FormulaValue& right, std::size_t size,
                   FormulaValue& result) {
  for (std::size_t i = 0; i < size; ++i) {
    const std::string &a = left.texts[left.texts.size() == 1 ? 0 : i],
                      &b = right.texts[right.texts.size() == 1 ? 0 : i];
    const bool holds = expr.op == ExprOp::like ? matches(b, a) : (a == b) == (expr.op == ExprOp::equal);
    result.numbers.push_back(holds ? 1 : 0);
  }
}

// The left side alone decides an `and` or `or` for all: what the other misses does not matter.
bool is_decided(const dsl::Expr& expr, const FormulaValue& left) {
  if (left.type.about != About::nothing || !left.missing.empty() || left.type.kind != Kind::condition) return false;
  return expr.op == ExprOp::and_ ? left.numbers[0] == 0 : expr.op == ExprOp::or_ && left.numbers[0] != 0;
}

FormulaValue binary(const FormulaEvaluator& evaluator, const dsl::Expr& expr, const FormulaValue& left,
                    const FormulaValue& right) {
  FormulaValue result{.type = expr.type};
  result.inherit(left);
  if (!is_decided(expr, left)) result.inherit(right);
  const std::size_t size = evaluator.size_of(expr.type);
  if (left.type.kind == Kind::text) {
    compare_texts(expr, left, right, size, result);
    return result;
  }
  const auto row =
      std::find_if(std::begin(kBinary), std::end(kBinary), [&](const auto& each) { return each.op == expr.op; });
  assert(row != std::end(kBinary));
  const auto a = evaluator.spread(left, expr.type), b = evaluator.spread(right, expr.type);
  result.numbers.resize(size);
  for (std::size_t i = 0; i < size; ++i) result.numbers[i] = row->apply(a[i], b[i]);
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
