// Checks formulas and writes them out: each name resolved, each function in the place of its call, each value with its
// type. The result goes behind the expressions of a rule or guard.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/check/names.hpp"
#include "dsl/check/scope.hpp"
#include "dsl/program/program.hpp"
#include "dsl/syntax/tree.hpp"

namespace rw::dsl {

// A checked formula. After an error its type is open, so that one mistake is one message.
struct CheckedFormula {
  ExprId expr = 0;
  Type type;
  bool any_kind = false;
  bool any_about = false;
  Position at;
};

// What a formula may speak of.
struct Surroundings {
  enum class Place : std::uint8_t {
    rule,
    guard,     // of one operator
    function,  // by itself, before anybody calls it: what its parameters are is open
  } place = Place::rule;
  const std::vector<Binding>* bindings = nullptr;        // of the rule
  const std::vector<OperatorList>* operators = nullptr;  // for each binding
  const std::vector<Param>* params = nullptr;            // of the rule
  OperatorList own;                                      // of the guard
  NameTable<Position> bound_later;                       // names of the rule that are bound further down
  bool incomplete =
      false;  // a clause that would bind names is missing: those that are not bound are not complained about
};

class FormulaChecker {
 public:
  // Writes into `exprs` and counts let slots in `slots`; all references outlive it.
  FormulaChecker(CheckContext& context, const FileNames& names, const Surroundings& around, std::vector<Expr>& exprs,
                 std::uint32_t& slots)
      : context_(context), names_(&names), home_(names.file->source), around_(around), exprs_(exprs), slots_(slots) {}

  CheckedFormula check(tree::FormulaId formula, Scope& scope);

  // The same, and an error where the value does not fit.
  CheckedFormula check_condition(tree::FormulaId formula, Scope& scope);  // of a clause or guard: about nothing
  CheckedFormula expect_kind(CheckedFormula value, Kind kind);
  CheckedFormula one_number(CheckedFormula value);  // about nothing
  // Whether it can be what parents are scaled by; kNoBinding: any parents.
  bool check_scale(const CheckedFormula& value, BindingIndex parents);

  // Binding that a bare name stands for; null after an error. `wanted`: "a set of nodes", for the message.
  const Meaning* check_binding(tree::FormulaId formula, Scope& scope, unsigned roles, std::string_view wanted);

  std::string call_them(const CheckedFormula& value) const;  // "a value for each channel of p"

 private:
  using Formula = tree::Formula;
  const Formula& formula_of(tree::FormulaId id) const { return names_->file->formulas[id]; }

  CheckedFormula check_number(const Formula&, Scope&);
  CheckedFormula check_text(const Formula&, Scope&);
  CheckedFormula check_name(const Formula&, Scope&);
  CheckedFormula check_operator_name(const Formula&, Scope&);
  CheckedFormula check_field(const Formula&, Scope&);
  CheckedFormula check_call(const Formula&, Scope&);
  CheckedFormula check_negate(const Formula&, Scope&);
  CheckedFormula check_not(const Formula&, Scope&);
  CheckedFormula check_arithmetic(const Formula&, Scope&);
  CheckedFormula check_compare(const Formula&, Scope&);
  CheckedFormula check_like(const Formula&, Scope&);
  CheckedFormula check_logic(const Formula&, Scope&);
  CheckedFormula check_if(const Formula&, Scope&);
  CheckedFormula check_let(const Formula&, Scope&);
  CheckedFormula check_quantifier(const Formula&, Scope&);
  CheckedFormula check_list(const Formula&, Scope&);
  CheckedFormula check_items(const Formula&, Scope&);
  CheckedFormula check_element(const Formula&, Scope&);

  bool refused_in_guard(const Formula& formula, std::string_view what);
  CheckedFormula own_word(const Formula& formula, const std::string& name);
  CheckedFormula attribute(const Formula& formula, const tree::Word& word, const OperatorList& operators,
                           BindingIndex family);
  bool others_have(const std::string& name, const OperatorList& operators) const;
  std::string in_a_guard(const std::string& name, const OperatorList& operators) const;
  std::string function_like(const Formula& formula, const std::string& name) const;
  std::string what_there_is(BindingIndex family) const;
  bool attribute_of_named(const Formula& formula, const tree::Word& word, const OperatorList& operators,
                          BindingIndex family, std::optional<Kind>& kind);
  bool attribute_by_law(const tree::Word& word, const OperatorList& operators, BindingIndex family,
                        std::optional<Kind>& kind);
  bool attribute_of_kind(const tree::Word& word, const std::string& op, const AttributeWord& row,
                         std::optional<Kind>& kind);
  std::string meant(const std::string& name, std::span<const std::string_view> attributes, BindingIndex family) const;
  CheckedFormula field_of(const Formula& formula, const Meaning& meaning, Scope& scope);
  CheckedFormula nothing_in_brackets(const Formula& formula);
  std::optional<ExprId> key_of(const Formula& formula, const FieldWord& field, Scope& scope);

  CheckedFormula unknown_name(const Formula& formula, const Scope& scope);

  CheckedFormula call_numeric(const Formula& formula, std::uint32_t function, Scope& scope);
  CheckedFormula call_per_node(const Formula& formula, std::uint32_t function, Scope& scope);
  CheckedFormula call_collect(const Formula& formula, std::uint32_t function, Scope& scope);
  CheckedFormula call_groups(const Formula& formula, std::uint32_t function, Scope& scope);
  CheckedFormula call_channels(const Formula& formula, std::uint32_t function, Scope& scope);
  std::optional<std::uint32_t> reduction_of(const Formula& formula);
  CheckedFormula call_count(const Formula& formula, std::uint32_t function, Scope& scope);
  CheckedFormula call_data(const Formula& formula, std::uint32_t function, Scope& scope);
  CheckedFormula call_gain(const Formula& formula, std::uint32_t function, Scope& scope);
  CheckedFormula call_best(const Formula& formula, std::uint32_t function, Scope& scope);
  CheckedFormula call_user(const Formula& formula, const FunctionEntry& entry, Scope& scope);
  CheckedFormula unknown_function(const Formula& formula, Scope& scope);
  bool of_patterns(const Formula& formula) const;
  std::optional<double> known_number(const Expr& expr) const;
  std::optional<bool> known_condition(ExprId condition) const;
  void check_bounds(const Formula& formula, const std::vector<ExprId>& operands);
  std::string binding_of(unsigned roles) const;
  bool right_count(const Formula& formula, std::size_t least, std::size_t most, const std::string& as_called);
  std::string meant_set(const Formula& formula, Scope& scope) const;
  void check_arguments(const Formula& formula, Scope& scope);
  Meaning argument_meaning(tree::FormulaId formula, Scope& scope, std::vector<std::pair<std::uint32_t, ExprId>>& lets);

  std::string hint_for_kind(const CheckedFormula& value, Kind wanted) const;
  void warn_of_fractions(const Formula& formula, const CheckedFormula& left, const CheckedFormula& right);
  std::string hint_for_equality(const CheckedFormula& left, const CheckedFormula& right) const;

  // The type of what a and b make together; after an error it is open.
  CheckedFormula meet(const CheckedFormula& a, const CheckedFormula& b, Position mark);

  CheckedFormula add(Expr expr, const CheckedFormula& like);
  CheckedFormula open(const Formula& formula);
  void error(std::string_view code, Position at, std::string message, std::string hint = "");

  CheckContext& context_;
  const FileNames* names_;  // of the file or function that is checked
  std::uint32_t home_;      // the source that messages are about
  const Surroundings& around_;
  std::vector<Expr>& exprs_;
  std::uint32_t& slots_;
  std::vector<std::uint32_t> depths_;  // of exprs_
  std::uint32_t level_ = 0;
  bool full_ = false;  // too many expressions, too deep, or too many errors: said already
  struct Inlined {
    Position call;  // the outermost one is where messages point
    std::string function;
    Position at;
    std::size_t errors_before = 0;  // one mistake of a call is one message
    std::string meant;              // what an argument may have been meant to be
  };
  std::vector<Inlined> calls_;
};

}  // namespace rw::dsl
