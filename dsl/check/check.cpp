#include "dsl/check/check.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

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

// Whether somebody knows what an operator computes.
bool has_meaning(const CheckContext& context, const std::string& op) {
  const auto& all = context.program.meanings;
  return context.vocabulary.attributes(op) ||
         std::any_of(all.begin(), all.end(), [&](const OperatorMeaning& each) { return each.op == op; });
}

void check_meaning(CheckContext& context, const FileNames& names, const tree::Op& op) {
  const tree::Means& means = *op.means;
  OperatorMeaning meaning;
  meaning.at = means.at;
  const auto known = [&](const std::string& used, Position at) {
    if (has_meaning(context, used)) return true;
    const std::vector<std::string> all = context.vocabulary.operators();
    std::string hint = did_you_mean(used, {all.begin(), all.end()});
    if (hint.empty()) hint = "an operator of your own gets its meaning in a line before";
    context.reporter.error("unknown-operator", at, fmt::format("nobody knows what {} computes", used), std::move(hint));
    return false;
  };
  bool fine = true;
  if (means.op) {
    fine = known(means.op->text, means.op->at);
    meaning.as = means.op->text;
  }
  for (const tree::TestLine& line : means.lines) fine = known(line.op.text, line.op.at) && fine;
  const std::size_t errors = context.reporter.errors();
  if (!means.op) meaning.body = check_body(context, *names.file, means);
  for (const tree::Word& word : op.operators) {
    if (context.vocabulary.attributes(word.text)) {
      context.reporter.error("misplaced", word.at, fmt::format("it is known what {} computes", word.text),
                             "take `means` out: it is for operators of your own");
      fine = false;
    }
    meaning.op = word.text;
    if (fine && context.reporter.errors() == errors) context.program.meanings.push_back(meaning);
  }
}

constexpr double kMostInputs = 1'000;  // of an operator, and axes of a tensor

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
  if (op.means) check_meaning(context, names, op);
  LawBinding binding;
  binding.line = at;
  binding.law = static_cast<std::uint32_t>(law - laws.begin());
  binding.elementwise = op.elementwise.has_value();
  if (op.elementwise && !law->elementwise) {
    context.reporter.error("misplaced", op.elementwise->at,
                           fmt::format("`elementwise` is not said of law {}", law->name),
                           "it is said of law pass: take it out");
  }
  for (const tree::NumberArgument& argument : op.parameters) {
    const auto& words = law->parameters;
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const LawParameter& each) { return each.name == argument.name.text; });
    const bool whole = argument.value == std::floor(argument.value) && std::abs(argument.value) <= kMostInputs;
    if (word == words.end()) {
      std::vector<std::string_view> all;
      for (const LawParameter& each : words) all.push_back(each.name);
      context.reporter.error("unknown-name", argument.name.at,
                             fmt::format("law {} has no parameter '{}'", law->name, argument.name.text),
                             words.empty() ? "take it out: it has none" : meant_or_all(argument.name.text, all));
    } else if (!whole || (argument.value < 0 && !word->from_end)) {
      context.reporter.error(
          "out-of-range", argument.spelled.at,
          word->from_end ? fmt::format("'{}' is a whole number", word->name)
                         : fmt::format("'{}' is the number of an input", word->name),
          word->from_end ? "axes are counted from 0, or from the end by -1" : "inputs are counted from 0: weight = 1");
    } else if (!binding.parameters.emplace(argument.name.text, argument.value).second) {
      context.reporter.error("duplicate-name", argument.name.at, fmt::format("'{}' is given twice", argument.name.text),
                             "take one of them out");
    }
  }
  std::vector<Term> operators;
  for (const tree::Word& word : op.operators) operators.push_back({word.text, kNoLaw, false, {}, word.at, {}});
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
  WrittenTerms written = write_out(context, names, set.terms, set.excepted);
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
  bool optional = false;
  for (const tree::FunctionParam& each : function.params) {
    const tree::Word& param = each.name;
    if (optional && !each.otherwise) {
      context.reporter.error("missing-clause", param.at,
                             fmt::format("'{}' stands behind a parameter that may be left out", param.text),
                             fmt::format("move it up, or say what it is where it is left out: {} = 1", param.text));
      fine = false;
    }
    optional = optional || each.otherwise.has_value();
    if (scope.add(param.text, {Meaning::Sort::open, 0, {}, true, true, param.at, false})) continue;
    context.reporter.error("duplicate-name", param.at, fmt::format("parameter '{}' is there already", param.text),
                           "choose another name");
    fine = false;
  }
  const std::size_t before = context.reporter.errors();
  FormulaChecker formulas(context, names, around, exprs, slots);
  formulas.check(function.body, scope);
  context.exprs -= exprs.size();  // nothing of it stays
  fine = fine && context.reporter.errors() == before;
  for (const tree::FunctionParam& param : function.params) {
    if (!fine || scope.find(param.name.text)->used) continue;
    context.reporter.warning("unused", param.name.at, fmt::format("parameter '{}' is never used", param.name.text),
                             "take it out, or use it");
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
  if (built_in || before.entry != nullptr) return;
  const bool fine = check_formula(context, names, function);
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
                           meant_or_all(test.rule.text, visible_names(names, &FileNames::rules)));
  }
}

void check_declaration(CheckContext& context, FileNames& names, const tree::Rule& rule, Position) {
  const std::size_t errors = context.reporter.errors();
  Rule checked = check_rule(context, names, rule);
  if (!names.rules.emplace(rule.name.text, rule.name.at).second)
    taken(context, rule.name, "a rule", names.rules.at(rule.name.text));
  names.runs.push_back({rule.name, std::nullopt, nullptr, false});
  if (context.reporter.errors() != errors) return;
  names.runs.back().index = static_cast<std::uint32_t>(context.program.rules.size());
  names.rule_indices.emplace(rule.name.text, *names.runs.back().index);
  context.program.rules.push_back(std::move(checked));
}

// Followed already, by load.
void check_declaration(CheckContext&, FileNames& names, const tree::Use& use, Position) {
  const auto file = names.followed.find(use.path.at.offset);
  if (use.runs && file != names.followed.end())
    names.runs.push_back({{}, std::nullopt, file->second, use.as_far_as_exact});
}

}  // namespace

void check(CheckContext& context, FileNames& names) {
  collect_names(context, names);
  for (const tree::Declaration& declaration : names.file->declarations) {
    if (context.reporter.is_full(names.file->source)) return;
    std::visit([&](const auto& what) { check_declaration(context, names, what, declaration.at); }, declaration.what);
  }
  for (const tree::Broken& broken : names.file->broken)
    if (broken.rule) check_beginning(context, names, *broken.rule);
}

}  // namespace rw::dsl
