#include "dsl/check/check.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "dsl/check/formula.hpp"
#include "dsl/check/scope.hpp"
#include "dsl/check/terms.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

// What the file declares, also where it could not be read, so that "declared further down" and "unknown" differ.
void collect_names(CheckContext& context, FileNames& names) {
  for (const tree::Declaration& declaration : names.file->declarations) {
    if (const auto* set = std::get_if<tree::Set>(&declaration.what)) {
      names.later_sets.emplace(set->name.text, set->name.at);
    } else if (const auto* function = std::get_if<tree::Function>(&declaration.what)) {
      names.later_functions.emplace(function->name.text, function->name.at);
    }
  }
  for (const tree::Broken& broken : names.file->broken) {
    switch (broken.what) {
      case tree::Declares::set:
        names.sets.emplace(broken.name.text, SetEntry{broken.name.at, {}, true});
        break;
      case tree::Declares::function:
        names.functions.emplace(broken.name.text, FunctionEntry{broken.name.at, nullptr, &names, true});
        break;
      case tree::Declares::rule:
        names.rules.emplace(broken.name.text, broken.name.at);
        break;
      case tree::Declares::op:
        context.laws_are_known = false;
        break;
    }
  }
}

void taken(CheckContext& context, const tree::Word& word, std::string_view sort, Position before) {
  context.reporter.error("duplicate-name", word.at, fmt::format("{} '{}' is there already", sort, word.text),
                         fmt::format("in {}: choose another name", context.sources.name_and_line(before)));
}

void check_declaration(CheckContext& context, FileNames& names, const tree::Op& op, Position at) {
  const auto& laws = context.vocabulary.laws;
  const auto law = std::find_if(laws.begin(), laws.end(), [&](auto& row) { return row.name == op.law.text; });
  for (const tree::Word& word : op.operators) context.bound_operators.insert(word.text);
  if (law == laws.end()) {
    context.laws_are_known = false;
    std::vector<std::string_view> candidates;
    for (const LawWord& row : laws) candidates.push_back(row.name);
    context.reporter.error("unknown-name", op.law.at, fmt::format("unknown law '{}'", op.law.text),
                           meant_or_all(op.law.text, candidates));
    return;
  }
  LawBinding binding;
  binding.line = at;
  binding.law = static_cast<std::uint32_t>(law - laws.begin());
  binding.elementwise = op.elementwise.has_value();
  if (op.elementwise && !law->elementwise) {
    context.reporter.error("misplaced", op.elementwise->at,
                           fmt::format("`elementwise` is not said of law {}", law->name));
  }
  for (const tree::NumberArgument& argument : op.parameters) {
    const auto& words = law->parameters;
    if (std::find(words.begin(), words.end(), argument.name.text) == words.end()) {
      context.reporter.error("unknown-name", argument.name.at,
                             fmt::format("law {} has no parameter '{}'", law->name, argument.name.text),
                             did_you_mean(argument.name.text, {words.begin(), words.end()}));
    } else if (!binding.parameters.emplace(argument.name.text, argument.value).second) {
      context.reporter.error("duplicate-name", argument.name.at,
                             fmt::format("'{}' is given twice", argument.name.text));
    }
  }
  std::vector<Term> operators;
  for (const tree::Word& word : op.operators) operators.push_back({word.text, kNoLaw, false, {}, word.at});
  if (op.guard != tree::kNoFormula) binding.guard = check_guard(context, names, op.guard, operators);
  for (const tree::Word& word : op.operators) {
    binding.op = word.text;
    binding.at = word.at;
    context.program.laws.push_back(binding);
    OperatorList& obeying = context.operators_of_laws[binding.law];
    const auto& known = obeying.known;
    if (std::find(known.begin(), known.end(), word.text) == known.end())
      list_operator(context.vocabulary, word.text, obeying);
  }
}

void check_declaration(CheckContext& context, FileNames& names, const tree::Set& set, Position) {
  const Found<SetEntry> before = find_name(names, &FileNames::sets, set.name.text);
  if (before.entry != nullptr) taken(context, set.name, "a set", before.entry->at);
  WrittenTerms written = write_out(context, names, set.terms);
  if (before.entry == nullptr) {
    names.sets.emplace(set.name.text, SetEntry{set.name.at, std::move(written.terms), written.broken});
  }
}

// A formula by itself: its names, and mistakes that it makes whatever it is called with.
bool check_formula(CheckContext& context, const FileNames& names, const tree::Function& function) {
  Surroundings around;
  around.place = Surroundings::Place::function;
  std::vector<Expr> exprs;
  std::uint32_t slots = 0;
  Scope scope;
  bool fine = true;
  for (const tree::Word& param : function.params) {
    if (scope.add(param.text, {Meaning::Sort::open, 0, {}, true, true, param.at, false})) continue;
    context.reporter.error("duplicate-name", param.at, fmt::format("parameter '{}' is there already", param.text));
    fine = false;
  }
  const std::size_t before = context.reporter.errors();
  FormulaChecker formulas(context, names, around, exprs, slots);
  formulas.check(function.body, scope);
  context.exprs -= exprs.size();  // nothing of it stays
  fine = fine && context.reporter.errors() == before;
  for (const tree::Word& param : function.params) {
    if (!fine || scope.find(param.text)->used) continue;
    context.reporter.warning("unused", param.at, fmt::format("parameter '{}' is never used", param.text));
  }
  return fine;
}

void check_declaration(CheckContext& context, FileNames& names, const tree::Function& function, Position) {
  const auto& words = context.vocabulary.functions;
  const std::string& name = function.name.text;
  const Found<FunctionEntry> before = find_name(names, &FileNames::functions, name);
  const auto& more = context.vocabulary.pattern_functions;
  const auto named = [&](const auto& row) { return row.name == name; };
  const bool built_in = std::any_of(words.begin(), words.end(), named) || std::any_of(more.begin(), more.end(), named);
  if (built_in) {
    context.reporter.error("duplicate-name", function.name.at, fmt::format("'{}' is a function of the language", name),
                           "choose another name");
  } else if (before.entry != nullptr) {
    taken(context, function.name, "a function", before.entry->at);
  }
  const bool fine = check_formula(context, names, function);
  if (built_in || before.entry != nullptr) return;
  names.functions.emplace(name, FunctionEntry{function.name.at, &function, &names, !fine});
}

void check_declaration(CheckContext& context, FileNames& names, const tree::Test& test, Position) {
  RuleTest checked = check_test(context, *names.file, test);
  const Found<std::uint32_t> rule = find_name(names, &FileNames::rule_indices, test.rule.text);
  if (rule.entry != nullptr) {
    checked.rule = *rule.entry;
    context.program.tests.push_back(std::move(checked));
  } else if (find_name(names, &FileNames::rules, test.rule.text).entry == nullptr) {
    context.reporter.error("unknown-name", test.rule.at, fmt::format("unknown rule '{}'", test.rule.text),
                           did_you_mean(test.rule.text, visible_names(names, &FileNames::rules)));
  }
}

void check_declaration(CheckContext& context, FileNames& names, const tree::Rule& rule, Position) {
  if (const auto before = context.rules.find(rule.name.text); before != context.rules.end()) {
    taken(context, rule.name, "a rule", before->second);
  }
  context.rules.emplace(rule.name.text, rule.name.at);
  const std::size_t errors = context.reporter.errors();
  Rule checked = check_rule(context, names, rule);
  names.rules.emplace(rule.name.text, rule.name.at);
  if (context.reporter.errors() != errors) return;
  names.rule_indices.emplace(rule.name.text, static_cast<std::uint32_t>(context.program.rules.size()));
  context.program.rules.push_back(std::move(checked));
}

void check_declaration(CheckContext&, FileNames&, const tree::Use&, Position) {}  // followed already, by load

}  // namespace

void check(CheckContext& context, FileNames& names) {
  collect_names(context, names);
  for (const tree::Declaration& declaration : names.file->declarations) {
    if (context.reporter.is_full(names.file->source)) return;
    std::visit([&](const auto& what) { check_declaration(context, names, what, declaration.at); }, declaration.what);
  }
}

}  // namespace rw::dsl
