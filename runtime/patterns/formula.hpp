// Formulas of a rule with a pattern, about what it has found.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "dsl/program/program.hpp"
#include "runtime/patterns/match.hpp"
#include "runtime/patterns/view.hpp"

namespace rw::patterns {

class Formulas {
 public:
  // Borrows all. `params`: the values of the rule's parameters.
  Formulas(const dsl::Rule& rule, std::span<const double> params, const View& view, Match& match)
      : pattern_(*rule.pattern), params_(params), view_(view), match_(match) {}

  const View& view() const { return view_; }
  Value value(dsl::PatternExprId id);  // NoValue, with the reason
  Truth holds(dsl::PatternExprId id);  // the same; a condition for each element must be put into all() or any()

  // Numbers with a shape, whatever a value is made of: the elements of a constant, too.
  Numbers numbers_of(const Value& value) const;
  // A list, or the elements of a constant of one axis.
  List as_list(const Value& value) const;
  // The names of a condition and what they are: "e = 1e-05, x.shape = [1, 3]"; empty: it names none.
  std::string seen(dsl::PatternExprId id);

 private:
  Value name(dsl::NameId id);
  Value field(const dsl::PatternExpr& expr);
  Value call(const dsl::PatternExpr& expr);
  Value list(const dsl::PatternExpr& expr);
  Value element(const dsl::PatternExpr& expr);
  Value slice(const dsl::PatternExpr& expr);
  Value arithmetic(const dsl::PatternExpr& expr);
  Value comparison(const dsl::PatternExpr& expr);
  Value quantified(const dsl::PatternExpr& expr);

  const dsl::Pattern& pattern_;
  std::span<const double> params_;
  const View& view_;
  Match& match_;

  friend struct FormulaCalls;
};

bool agree(double a, double b);  // within 4 units in the last place of float32
// Every element of the constant is this number, within 4 units in the last place of its type.
bool is_number(const graph::Literal& literal, double number);
// The same type, shape and elements.
bool same_constant(const graph::Literal& a, const graph::Literal& b);
// Whether two settings are equal; numbers within 4 units in the last place of float32.
bool same_setting(const Value& a, const Value& b);

}  // namespace rw::patterns
