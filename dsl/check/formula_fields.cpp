// What stands behind a dot, and the bare attributes of a guard.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "dsl/check/formula.hpp"
#include "dsl/check/formula_parts.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

// The words of an operator itself, in a guard.
struct OwnWord {
  std::string_view name;
  Kind kind;
};
constexpr OwnWord kOwnWords[] = {
    {"name", Kind::text}, {"op", Kind::text}, {"channels", Kind::number}, {"activations", Kind::number}};

}  // namespace

bool is_percentile(std::string_view key) {
  if (key.size() < 2 || key[0] != 'p' || key.find_first_not_of("0123456789.", 1) != std::string_view::npos)
    return false;
  const double percent = std::strtod(std::string(key.substr(1)).c_str(), nullptr);
  return percent >= 0 && percent <= 100;
}

CheckedFormula FormulaChecker::own_word(const Formula& formula, const std::string& name) {
  const auto own =
      std::find_if(std::begin(kOwnWords), std::end(kOwnWords), [&](auto& row) { return row.name == name; });
  if (own == std::end(kOwnWords)) return attribute(formula, formula.word, around_.own, kNoBinding);
  Expr expr;
  expr.op = ExprOp::attribute;
  expr.at = formula.at;
  expr.text = name;
  expr.index = kOwnWord;
  return add(std::move(expr), {0, {own->kind, About::nothing, kNoBinding}, false, false, formula.at});
}

// What could have been meant by the name of an attribute that is none.
std::string FormulaChecker::meant(const std::string& name, std::span<const std::string_view> attributes,
                                  BindingIndex family) const {
  std::string hint = did_you_mean(name, {attributes.begin(), attributes.end()});
  if (!hint.empty()) return hint;
  return did_you_mean(name, family == kNoBinding ? words_of(kOwnWords) : words_of(context_.vocabulary.fields));
}

// Each of the operators that are named must have the attribute.
bool FormulaChecker::others_have(const std::string& name, const OperatorList& operators) const {
  return std::any_of(operators.known.begin(), operators.known.end(), [&](const std::string& op) {
    const auto words = words_of(*context_.vocabulary.attributes(op));
    return std::find(words.begin(), words.end(), name) != words.end();
  });
}

// Those that have the attribute, as a clause would name them.
std::string FormulaChecker::in_a_guard(const std::string& name, const OperatorList& operators) const {
  for (const std::string& op : operators.known) {
    const auto rows = *context_.vocabulary.attributes(op);
    for (const AttributeWord& row : rows)
      if (row.name == name)
        return fmt::format("ask those that have it, in the clause: {} where {} == {}", op, name,
                           row.kind == Kind::list   ? "[1, 1]"
                           : row.kind == Kind::text ? "\"...\""
                                                    : "1");
  }
  return "";
}

// A function that is written like a field.
std::string FormulaChecker::function_like(const Formula& formula, const std::string& name) const {
  const auto& functions = context_.vocabulary.functions;
  const auto takes_a_set = [&](const FunctionWord& row) {
    return row.name == name &&
           (row.form == FunctionForm::data || row.form == FunctionForm::count || row.form == FunctionForm::channels);
  };
  const bool there = std::any_of(functions.begin(), functions.end(), takes_a_set);
  return there ? fmt::format("write {}({})", name, formula.word.text) : "";
}

// The fields that a set has.
std::string FormulaChecker::what_there_is(BindingIndex family) const {
  if (family == kNoBinding || around_.bindings == nullptr)
    return fmt::format("besides attributes there are: {}", fmt::join(words_of(kOwnWords), ", "));
  std::string all;
  for (const FieldWord& row : context_.vocabulary.fields)
    if ((row.roles & bit((*around_.bindings)[family].role)) != 0)
      all += fmt::format("{}{}", all.empty() ? "" : ", ", row.name);
  return fmt::format("its fields are: {}", all);
}

bool FormulaChecker::attribute_of_named(const Formula& formula, const tree::Word& word, const OperatorList& operators,
                                        BindingIndex family, std::optional<Kind>& kind) {
  for (const std::string& op : operators.known) {
    const auto rows = *context_.vocabulary.attributes(op);
    const auto row = std::find_if(rows.begin(), rows.end(), [&](auto& r) { return r.name == word.text; });
    if (row == rows.end()) {
      std::string hint = function_like(formula, word.text);
      if (hint.empty() && others_have(word.text, operators)) hint = in_a_guard(word.text, operators);
      if (hint.empty()) hint = meant(word.text, words_of(rows), family);
      if (hint.empty()) hint = what_there_is(family);
      error("unknown-name", word.at, fmt::format("{} has no attribute '{}'", op, word.text), std::move(hint));
      return false;
    }
    if (!attribute_of_kind(word, op, *row, kind)) return false;
  }
  return true;
}

// One of the operators that have one of the laws must have the attribute; of the others it is not known, as it is of an
// operator that leaves it out.
bool FormulaChecker::attribute_by_law(const tree::Word& word, const OperatorList& operators, BindingIndex family,
                                      std::optional<Kind>& kind) {
  if (operators.laws.empty()) return true;
  bool found = !operators.known.empty() || operators.has_unknown;
  for (const std::uint32_t law : operators.laws) {
    const OperatorList& obeying = context_.operators_of_laws[law];
    found |= obeying.has_unknown;
    for (const std::string& op : obeying.known) {
      const auto rows = *context_.vocabulary.attributes(op);
      for (const AttributeWord& row : rows) {
        if (row.name != word.text) continue;
        if (!attribute_of_kind(word, op, row, kind)) return false;
        found = true;
      }
    }
  }
  if (found) return true;
  std::vector<std::string_view> names;
  for (const std::uint32_t law : operators.laws)
    for (const std::string& op : context_.operators_of_laws[law].known) {
      const auto rows = words_of(*context_.vocabulary.attributes(op));
      names.insert(names.end(), rows.begin(), rows.end());
    }
  error("unknown-name", word.at,
        fmt::format("no operator of law {} has an attribute '{}'",
                    context_.vocabulary.laws[*operators.laws.begin()].name, word.text),
        meant(word.text, names, family));
  return false;
}

bool FormulaChecker::attribute_of_kind(const tree::Word& word, const std::string& op, const AttributeWord& row,
                                       std::optional<Kind>& kind) {
  if (row.kind && (!kind || *kind == *row.kind)) {
    kind = row.kind;
    return true;
  }
  error("wrong-kind", word.at,
        row.kind ? fmt::format("'{}' is not {} of every operator here", word.text, kind_name(*kind))
                 : fmt::format("'{}' of {} is a tensor: formulas cannot read it", word.text, op),
        "ask those of one kind alone, in a clause or set of their own");
  return false;
}

CheckedFormula FormulaChecker::attribute(const Formula& formula, const tree::Word& word, const OperatorList& operators,
                                         BindingIndex family) {
  std::optional<Kind> kind;
  if (!attribute_of_named(formula, word, operators, family, kind) || !attribute_by_law(word, operators, family, kind)) {
    return open(formula);
  }
  Expr expr;
  expr.op = ExprOp::attribute;
  expr.at = formula.at;
  expr.text = word.text;
  expr.family = family;
  const bool one_node = family == kNoBinding || around_.bindings == nullptr;
  const Type type = {kind.value_or(Kind::number), one_node ? About::nothing : About::node,
                     one_node ? kNoBinding : family};
  return add(std::move(expr), {0, type, !kind.has_value(), false, formula.at});
}

CheckedFormula FormulaChecker::check_field(const Formula& formula, Scope& scope) {
  const bool says_attribute = formula.fields.size() == 2;
  if (says_attribute && formula.fields[0].text != "attribute") {
    error("unknown-name", formula.fields[1].at, "a value has no fields",
          fmt::format("an attribute is written {}.attribute.{}", formula.word.text, formula.fields[1].text));
    return open(formula);
  }
  Meaning* meaning = scope.use(formula.word.text);
  if (meaning == nullptr) {
    if (around_.place == Surroundings::Place::guard) {
      if (formula.word.text == "attribute" && !says_attribute) {
        return attribute(formula, formula.fields[0], around_.own, kNoBinding);
      }
      error("wrong-name", formula.word.at, "a guard speaks of one operator by itself",
            fmt::format("its attribute is written {}", formula.fields.back().text));
      return open(formula);
    }
    Formula name = formula;  // only for the message, which points at the name alone
    name.at = formula.word.at;
    return unknown_name(name, scope);
  }
  if (meaning->sort == Meaning::Sort::open) {
    for (const tree::FormulaId operand : formula.operands) check(operand, scope);  // its names are used
    return open(formula);
  }
  if (meaning->sort != Meaning::Sort::binding) {
    error("wrong-name", formula.word.at, fmt::format("'{}' is a value: it has no fields", formula.word.text),
          "fields are of sets and of the region: p.max, r.size");
    return open(formula);
  }
  if (!says_attribute) return field_of(formula, *meaning, scope);
  if (!formula.operands.empty()) return nothing_in_brackets(formula);
  if ((*around_.bindings)[meaning->index].role == Role::region) {
    error("wrong-name", formula.fields[0].at, "a region has no attributes", "ask its parents: p.group");
    return open(formula);
  }
  return attribute(formula, formula.fields[1], (*around_.operators)[meaning->index], meaning->index);
}

CheckedFormula FormulaChecker::nothing_in_brackets(const Formula& formula) {
  const std::string& name = formula.fields.back().text;
  error("wrong-count", formula.fields.back().at, fmt::format("'{}' takes nothing in brackets", name),
        fmt::format("write {}.{}; a statistic by its name is {}.stat(\"p99.9\")", formula.word.text, name,
                    formula.word.text));
  return open(formula);
}

// What stands in the brackets of p.stat(...): a text, or the number of a percentile. Nothing after an error.
std::optional<ExprId> FormulaChecker::key_of(const Formula& formula, const FieldWord& field, Scope& scope) {
  const auto known = context_.vocabulary.statistics;
  if (formula.operands.empty()) {
    error("wrong-count", formula.fields[0].at,
          fmt::format("'{}' wants the name of a statistic in brackets", field.name),
          fmt::format("{}.{}(\"p99.9\")", formula.word.text, field.name));
    return std::nullopt;
  }
  const CheckedFormula key = check(formula.operands[0], scope);
  if (key.any_about || full_) return std::nullopt;
  if (key.type.kind != Kind::text) return one_number(key).expr;
  const Expr& expr = exprs_[key.expr];
  if (expr.op != ExprOp::text) {
    error("wrong-kind", key.at, "the name of a statistic is a text that stands here", "p.stat(\"p99.9\")");
    return std::nullopt;
  }
  if (std::find(known.begin(), known.end(), expr.text) != known.end() || is_percentile(expr.text)) return key.expr;
  std::string hint = did_you_mean(expr.text, {known.begin(), known.end()});
  if (hint.empty()) {
    hint = "there are percentiles, as \"p99.9\"";
    for (const std::string_view each : known) hint += fmt::format(", \"{}\"", each);
  }
  error("unknown-name", key.at, fmt::format("nobody knows statistic '{}', nor how it is scaled", expr.text),
        std::move(hint));
  return std::nullopt;
}

CheckedFormula FormulaChecker::field_of(const Formula& formula, const Meaning& meaning, Scope& scope) {
  const tree::Word& word = formula.fields[0];
  const Role role = (*around_.bindings)[meaning.index].role;
  const auto& fields = context_.vocabulary.fields;
  // A name may have a row for some roles and another for others.
  const auto named = [&](const FieldWord& row) { return row.name == word.text; };
  const auto field =
      std::find_if(fields.begin(), fields.end(), [&](auto& r) { return named(r) && (r.roles & bit(role)); });
  if (field == fields.end()) {
    if (std::any_of(fields.begin(), fields.end(), named)) {
      error("wrong-name", word.at, fmt::format("'{}' is not known of {}", word.text, role_name(role)),
            role == Role::region ? what_there_is(meaning.index)
                                 : fmt::format("an attribute is {}.attribute.{}", formula.word.text, word.text));
      return open(formula);
    }
    if (role != Role::region) return attribute(formula, word, (*around_.operators)[meaning.index], meaning.index);
    const std::string hint = did_you_mean(word.text, words_of(fields));
    error("unknown-name", word.at, fmt::format("a region has no '{}'", word.text),
          hint.empty() ? what_there_is(meaning.index) : hint);
    return open(formula);
  }
  std::optional<ExprId> key;
  if (field->takes_key && !(key = key_of(formula, *field, scope))) return open(formula);
  if (!field->takes_key && !formula.operands.empty()) return nothing_in_brackets(formula);
  constexpr About kAbouts[] = {About::node, About::channel, About::region_class, About::nothing};
  Type type = {field->kind, kAbouts[static_cast<std::size_t>(field->about)], meaning.index};
  if (type.about == About::nothing || type.about == About::region_class) type.family = kNoBinding;
  Expr expr;
  expr.op = ExprOp::field;
  expr.at = formula.at;
  expr.index = static_cast<std::uint32_t>(field - fields.begin());
  expr.family = meaning.index;
  if (key) expr.operands = {*key};
  return add(std::move(expr), {0, type, false, false, formula.at});
}

}  // namespace rw::dsl
