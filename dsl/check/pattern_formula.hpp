// Checks formulas of rules with `match`, about tensors, constants and lists, and writes them out: each name resolved,
// each function in the place of its call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/check/pattern_names.hpp"

namespace rw::dsl {

// A checked formula. After an error its kind is open, so that one mistake is one message.
struct PatternValue {
  PatternExprId expr = kNoExpr;
  PatternKind kind = PatternKind::anything;
  Position at;
  NameId name = kNoName;  // of a name alone
};

class PatternFormulas {
 public:
  explicit PatternFormulas(PatternDraft& draft) : draft_(draft), names_(&draft.names) {}

  PatternValue check(tree::FormulaId formula, PatternScope& scope);
  PatternValue check(tree::FormulaId formula) { return check(formula, draft_.scope); }
  PatternValue check_condition(tree::FormulaId formula);  // of a clause
  PatternValue check_value_of(tree::FormulaId formula);   // of a let
  // A number, list or constant, or the name of a tensor: what an operator reads.
  PatternValue check_operand(tree::FormulaId formula);
  PatternValue check_setting(tree::FormulaId formula, PatternKind kind);

 private:
  using Formula = tree::Formula;
  const Formula& formula_of(tree::FormulaId id) const { return names_->file->formulas[id]; }

  PatternValue check_number(const Formula&, PatternScope&);
  PatternValue check_text(const Formula&, PatternScope&);
  PatternValue check_name(const Formula&, PatternScope&);
  PatternValue check_operator(const Formula&, PatternScope&);
  PatternValue check_field(const Formula&, PatternScope&);
  PatternValue check_call(const Formula&, PatternScope&);
  PatternValue check_negate(const Formula&, PatternScope&);
  PatternValue check_not(const Formula&, PatternScope&);
  PatternValue check_arithmetic(const Formula&, PatternScope&);
  PatternValue check_compare(const Formula&, PatternScope&);
  PatternValue check_like(const Formula&, PatternScope&);
  PatternValue check_logic(const Formula&, PatternScope&);
  PatternValue check_if(const Formula&, PatternScope&);
  PatternValue check_let(const Formula&, PatternScope&);
  PatternValue check_quantifier(const Formula&, PatternScope&);
  PatternValue check_list(const Formula&, PatternScope&);
  PatternValue check_spread(const Formula&, PatternScope&);
  PatternValue check_element(const Formula&, PatternScope&);
  PatternValue check_slice(const Formula&, PatternScope&);
  PatternValue check_absent(const Formula&, PatternScope&);

  PatternValue spread_item(const Formula& formula, PatternScope& scope);
  PatternValue item(tree::FormulaId id, PatternScope& scope);
  PatternValue want(PatternValue value, PatternKind kind);
  bool refuse_name(const PatternValue& value);
  PatternMeaning* find(const Formula& formula, const std::string& name, PatternScope& scope);
  PatternValue unknown_name(const Formula& formula, const PatternScope& scope);
  bool usable(const Formula& formula, NameId id);
  PatternValue of_name(Position at, NameId id);
  PatternValue field_of(const Formula& formula, NameId id);
  PatternValue no_field(const Formula& formula, NameId id);

  PatternValue call_word(const Formula& formula, const PatternFunctionWord& word, PatternScope& scope);
  PatternValue call_user(const Formula& formula, const FunctionEntry& entry, PatternScope& scope);
  PatternValue unknown_function(const Formula& formula, PatternScope& scope);
  PatternValue call_of_name(const Formula& formula, PatternScope& scope);
  PatternMeaning argument(tree::FormulaId id, PatternScope& scope, std::vector<std::pair<NameId, PatternExprId>>& lets);
  void check_arguments(const Formula& formula, PatternScope& scope);

  PatternValue add(PatternOp op, Position at, std::vector<PatternExprId> operands, PatternKind kind);
  PatternValue add(PatternExpr expr, PatternKind kind);
  PatternValue open(const Formula& formula) { return {kNoExpr, PatternKind::anything, formula.at, kNoName}; }
  void too_large(Position at, bool deep);
  void error(std::string_view code, Position at, std::string message, std::string hint = "");

  PatternDraft& draft_;
  const FileNames* names_;             // of the file or function that is checked
  std::vector<std::uint32_t> depths_;  // of the expressions
  std::uint32_t level_ = 0;
  bool full_ = false;  // too many expressions, too deep, or too many errors: said already
  struct Inlined {
    Position call;  // the outermost one is where messages point
    std::string function;
  };
  std::vector<Inlined> calls_;
};

}  // namespace rw::dsl
