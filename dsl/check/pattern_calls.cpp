// Fields and calls in formulas of rules with `match`: of the functions of the language, and of those that rule files
// declare, which are written out.
#include <fmt/core.h>

#include <algorithm>

#include "dsl/check/formula_parts.hpp"
#include "dsl/check/pattern_formula.hpp"
#include "dsl/check/scope.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

PatternKind kind_of_setting(const AttributeWord& row) {
  if (!row.kind) return PatternKind::list;
  return *row.kind == Kind::text ? PatternKind::text : PatternKind::number;
}

// What an operator's settings with this name are; nothing where it has none.
std::optional<PatternKind> setting_of(const Vocabulary& vocabulary, const std::string& op, const std::string& name) {
  std::optional<PatternKind> kind;
  const auto rows = vocabulary.settings(op);
  if (!rows) return PatternKind::anything;
  for (const AttributeWord& row : *rows) {
    if (row.name != name) continue;
    kind = kind && *kind != kind_of_setting(row) ? PatternKind::anything : kind_of_setting(row);
  }
  return kind;
}

std::vector<std::string_view> settings_of(const CheckContext& context, const OperatorList& operators) {
  std::vector<std::string_view> out;
  const auto add = [&](const std::string& op) {
    if (const auto rows = context.vocabulary.settings(op))
      for (const AttributeWord& row : *rows) out.push_back(row.name);
  };
  for (const std::string& op : operators.known) add(op);
  for (const std::uint32_t law : operators.laws) {
    const auto obeying = context.operators_of_laws.find(law);
    if (obeying == context.operators_of_laws.end()) continue;
    for (const std::string& op : obeying->second.known) add(op);
  }
  return out;
}

std::string settings_there_are(const CheckContext& context, const OperatorList& operators, const std::string& name) {
  std::vector<std::string_view> all = settings_of(context, operators);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (std::string hint = did_you_mean(name, all); !hint.empty()) return hint;
  std::string list;
  for (const std::string_view each : all) list += fmt::format("{}{}", list.empty() ? "" : ", ", each);
  return list.empty() ? "it has none" : "there are: " + list;
}

}  // namespace

void add_operators(OperatorList& all, const OperatorList& more) {
  for (const std::string& op : more.known)
    if (std::find(all.known.begin(), all.known.end(), op) == all.known.end()) all.known.push_back(op);
  all.has_unknown |= more.has_unknown;
  all.laws.insert(more.laws.begin(), more.laws.end());
}

PatternKind setting_kind(PatternDraft& draft, const OperatorList& operators, const tree::Word& word) {
  std::optional<PatternKind> kind;
  const auto meet = [&](PatternKind other) { kind = kind && *kind != other ? PatternKind::anything : other; };
  const Vocabulary& vocabulary = draft.context.vocabulary;
  for (const std::string& op : operators.known) {
    if (const auto one = setting_of(vocabulary, op, word.text)) {
      meet(*one);
      continue;
    }
    draft.error("unknown-name", word.at, fmt::format("{} has no setting '{}'", op, word.text),
                settings_there_are(draft.context, operators, word.text));
    return PatternKind::anything;
  }
  bool open = operators.has_unknown || !draft.context.laws_are_known;
  for (const std::uint32_t law : operators.laws) {
    const auto obeying = draft.context.operators_of_laws.find(law);
    if (obeying == draft.context.operators_of_laws.end()) continue;
    open |= obeying->second.has_unknown;
    for (const std::string& op : obeying->second.known)
      if (const auto one = setting_of(vocabulary, op, word.text)) meet(*one);
  }
  if (!kind && !open && !operators.laws.empty())
    draft.error("unknown-name", word.at,
                fmt::format("no operator of law {} has a setting '{}'", vocabulary.laws[*operators.laws.begin()].name,
                            word.text),
                settings_there_are(draft.context, operators, word.text));
  return open ? PatternKind::anything : kind.value_or(PatternKind::anything);
}

// ---- fields ----

PatternValue PatternFormulas::check_field(const Formula& formula, PatternScope& scope) {
  if (!formula.operands.empty()) {
    error("misplaced", formula.at,
          fmt::format("{}.{} takes nothing in brackets here", formula.word.text, formula.fields[0].text),
          "statistics are read by name in rules with a region");
    return open(formula);
  }
  const PatternMeaning* meaning = find(formula, formula.word.text, scope);
  if (meaning == nullptr || meaning->sort == PatternMeaning::Sort::open) return open(formula);
  if (formula.fields.size() == 2) {
    const bool attribute = formula.fields[0].text == "attribute";
    error("unknown-name", formula.fields[1].at, "a field has no fields",
          attribute ? fmt::format("a setting is written {}.{}", formula.word.text, formula.fields[1].text) : "");
    return open(formula);
  }
  if (meaning->sort != PatternMeaning::Sort::name) {
    error("wrong-name", formula.word.at, fmt::format("'{}' is a value: it has no fields", formula.word.text),
          "fields are of tensors and operators of the match: x.shape, y.op");
    return open(formula);
  }
  return field_of(formula, meaning->index);
}

PatternValue PatternFormulas::field_of(const Formula& formula, NameId id) {
  const tree::Word& word = formula.fields[0];
  const NameSort sort = draft_.pattern.names[id].sort;
  const bool tensor = sort == NameSort::tensor || sort == NameSort::constant ||
                      (sort == NameSort::local && draft_.entries[id].kind != PatternKind::number &&
                       draft_.entries[id].kind != PatternKind::text);
  const auto& rows = draft_.context.vocabulary.pattern_fields;
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const PatternFieldWord& each) {
    return each.name == word.text && (each.of_operator ? draft_.is_operator(id) : tensor);
  });
  PatternKind kind = PatternKind::anything;
  if (row != rows.end()) {
    kind = row->value;
    if (row->measured && sort == NameSort::tensor) draft_.statistics.push_back(word.at);
  } else if (draft_.is_operator(id) && (!tensor || draft_.entries[id].always_operator)) {
    // Of several operators it is enough that one has it: a condition before may ask which one it is.
    OperatorList having = draft_.entries[id].operators;
    std::erase_if(having.known, [&](auto& op) { return !setting_of(draft_.context.vocabulary, op, word.text); });
    if (having.known.empty() && !draft_.entries[id].operators.known.empty()) return no_field(formula, id);
    const std::size_t errors = draft_.context.reporter.errors();
    kind = setting_kind(draft_, having, word);
    if (draft_.context.reporter.errors() != errors) return open(formula);
  } else {
    return no_field(formula, id);
  }
  const PatternValue name = of_name(formula.word.at, id);
  PatternExpr expr;
  expr.op = PatternOp::field;
  expr.at = formula.at;
  expr.text = word.text;
  expr.operands = {name.expr};
  return add(std::move(expr), kind);
}

PatternValue PatternFormulas::no_field(const Formula& formula, NameId id) {
  const tree::Word& word = formula.fields[0];
  const std::string& name = draft_.pattern.names[id].name;
  const auto& regions = draft_.context.vocabulary.fields;
  const bool operation = draft_.is_operator(id);
  std::vector<std::string_view> candidates;
  for (const PatternFieldWord& row : draft_.context.vocabulary.pattern_fields)
    if (!row.of_operator || operation) candidates.push_back(row.name);
  if (operation)
    for (const std::string_view each : settings_of(draft_.context, draft_.entries[id].operators))
      candidates.push_back(each);
  std::string hint = did_you_mean(word.text, candidates);
  const auto named = [&](const auto& row) { return row.name == word.text; };
  if (draft_.pattern.names[id].sort == NameSort::rest)
    hint = fmt::format("length({}) is how many there are", name);
  else if (std::any_of(regions.begin(), regions.end(), named) && (word.text == "weight" || word.text == "bias"))
    hint = "it is a field of regions; here the constant gets a name: law linear(x, constant w)";
  else if (hint.empty() && operation && !draft_.entries[id].always_operator)
    hint = "it is an operator in some of the alternatives only";
  else if (hint.empty() && operation)
    hint = settings_there_are(draft_.context, draft_.entries[id].operators, word.text);
  else if (hint.empty())
    hint = fmt::format("'{}' is {}: settings are of operators that the match names", name,
                       sort_name(draft_.pattern.names[id].sort));
  error("unknown-name", word.at, fmt::format("'{}' has no field or setting '{}'", name, word.text), std::move(hint));
  return open(formula);
}

// ---- calls ----

// Of a call that is wrong already: for the mistakes in its arguments. Names are fine wherever they stand.
void PatternFormulas::check_arguments(const Formula& formula, PatternScope& scope) {
  for (const tree::FormulaId id : formula.operands) {
    const tree::Form form = formula_of(id).form;
    if (form != tree::Form::spread && form != tree::Form::absent && form != tree::Form::made &&
        form != tree::Form::given)
      check(id, scope);
  }
}

PatternValue PatternFormulas::check_call(const Formula& formula, PatternScope& scope) {
  if (calls_.empty() && draft_.find(formula.word.text) != kNoName) return call_of_name(formula, scope);
  const auto& words = draft_.context.vocabulary.pattern_functions;
  const auto word = std::find_if(words.begin(), words.end(), [&](auto& row) { return row.name == formula.word.text; });
  if (word != words.end()) return call_word(formula, *word, scope);
  const Found<FunctionEntry> found = find_name(*names_, &FileNames::functions, formula.word.text);
  if (found.second != nullptr) {
    error("duplicate-name", formula.word.at, fmt::format("two files that are used declare '{}'", formula.word.text),
          fmt::format("{} and {}", draft_.context.sources.name_and_line(found.entry->at),
                      draft_.context.sources.name_and_line(found.second->at)));
    return open(formula);
  }
  if (found.entry == nullptr) return unknown_function(formula, scope);
  return call_user(formula, *found.entry, scope);
}

// A name of the match, written like a function.
PatternValue PatternFormulas::call_of_name(const Formula& formula, PatternScope& scope) {
  const std::string& name = formula.word.text;
  const auto& words = draft_.context.vocabulary.pattern_functions;
  const bool function = std::any_of(words.begin(), words.end(), [&](auto& row) { return row.name == name; }) ||
                        find_name(*names_, &FileNames::functions, name).entry != nullptr;
  const NameId id = draft_.find(name);
  if (function) {
    error("wrong-name", formula.word.at, fmt::format("'{}' is a name of this rule and a function", name),
          fmt::format("give another name to what is bound in line {}", draft_.line_of(draft_.pattern.names[id].at)));
  } else if (draft_.is_operator(id)) {
    error("misplaced", formula.at,
          fmt::format("'{}' is made again by a line of `replace`, or as an operand of one", name),
          "to calculate with what it gives write Mul(y(x), 2)");
  } else {
    error("wrong-name", formula.word.at, fmt::format("'{}' is no function and no operator of the match", name),
          "to multiply write *");
  }
  check_arguments(formula, scope);
  return open(formula);
}

PatternValue PatternFormulas::unknown_function(const Formula& formula, PatternScope& scope) {
  const std::string& name = formula.word.text;
  const auto& of_regions = draft_.context.vocabulary.functions;
  const auto later = names_->later_functions.find(name);
  if (later != names_->later_functions.end()) {
    error("not-yet-known", formula.word.at, fmt::format("function '{}' is used before it is declared", name),
          fmt::format("move it up from line {}", draft_.line_of(later->second)));
  } else if (std::any_of(of_regions.begin(), of_regions.end(), [&](auto& row) { return row.name == name; })) {
    error("misplaced", formula.word.at, fmt::format("'{}' is a function of rules with a region", name),
          "a rule with `match` goes by tensors and constants: x.max, length(x.shape), sqrt(w)");
    return open(formula);
  } else {
    std::vector<std::string_view> candidates = visible_names(*names_, &FileNames::functions);
    for (const PatternFunctionWord& row : draft_.context.vocabulary.pattern_functions) candidates.push_back(row.name);
    if (calls_.empty())
      for (const auto& [each, meaning] : draft_.scope)
        if (meaning.sort == PatternMeaning::Sort::name && draft_.is_operator(meaning.index)) candidates.push_back(each);
    error("unknown-name", formula.word.at, fmt::format("unknown function '{}'", name), meant_or_all(name, candidates));
  }
  check_arguments(formula, scope);
  return open(formula);
}

PatternValue PatternFormulas::call_word(const Formula& formula, const PatternFunctionWord& word, PatternScope& scope) {
  const std::size_t given = formula.operands.size();
  if (given < word.least || given > word.most) {
    const std::string wanted =
        word.most == word.least ? fmt::format("{}", word.least) : fmt::format("{} to {}", word.least, word.most);
    error("wrong-count", formula.word.at,
          fmt::format("{} takes {} argument{}, not {}", word.name, wanted, wanted == "1" ? "" : "s", given),
          std::string(word.help));
    check_arguments(formula, scope);
    return open(formula);
  }
  std::vector<PatternExprId> operands;
  PatternKind all = PatternKind::number;
  for (std::size_t i = 0; i < given && !full_; ++i) {
    const PatternKind kind = word.arguments[std::min(i, word.arguments.size() - 1)];
    PatternValue value = check(formula.operands[i], scope);
    const bool name = value.name != kNoName;
    const bool fine = (kind == PatternKind::tensor && name && value.kind == PatternKind::constant) ||
                      (kind == PatternKind::operation && name && draft_.is_operator(value.name));
    if (!fine) value = want(value, kind);
    if (kind == PatternKind::numeric) {
      const bool open_kind = value.kind == PatternKind::anything || all == PatternKind::anything;
      all = open_kind ? PatternKind::anything : std::max(all, value.kind);
    }
    operands.push_back(value.expr);
  }
  PatternExpr expr;
  expr.op = PatternOp::call;
  expr.at = formula.at;
  expr.text = word.name;
  expr.operands = std::move(operands);
  return add(std::move(expr), word.value == PatternKind::numeric ? all : word.value);
}

// What a parameter stands for while the function is written out. A name stays a name; a value that is more is worked
// out once, in a local.
PatternMeaning PatternFormulas::argument(tree::FormulaId id, PatternScope& scope,
                                         std::vector<std::pair<NameId, PatternExprId>>& lets) {
  const PatternValue value = check(id, scope);
  if (value.expr == kNoExpr) return {};
  if (value.name != kNoName) return {PatternMeaning::Sort::name, value.name, value.kind};
  const PatternOp op = draft_.pattern.exprs[value.expr].op;
  if (op == PatternOp::number || op == PatternOp::text || op == PatternOp::parameter)
    return {PatternMeaning::Sort::alias, value.expr, value.kind};
  const NameId local = draft_.add({"", value.at}, NameSort::local, value.kind);
  draft_.entries[local].bound = true;
  lets.emplace_back(local, value.expr);
  return {PatternMeaning::Sort::name, local, value.kind};
}

PatternValue PatternFormulas::call_user(const Formula& formula, const FunctionEntry& entry, PatternScope& scope) {
  const std::size_t given = formula.operands.size();
  if (entry.function != nullptr && (given < entry.least() || given > entry.most())) {
    error("wrong-count", formula.word.at,
          fmt::format("{} takes {}{} argument{}, not {}", formula.word.text,
                      entry.least() < entry.most() ? fmt::format("{} to ", entry.least()) : "", entry.most(),
                      entry.most() == 1 ? "" : "s", given),
          "each has a place between the brackets, with commas between them");
    check_arguments(formula, scope);
    return open(formula);
  }
  std::vector<std::pair<NameId, PatternExprId>> lets;
  PatternScope inner;
  for (std::size_t i = 0; i < formula.operands.size(); ++i) {
    const PatternMeaning meaning = argument(formula.operands[i], scope, lets);
    if (entry.function == nullptr) continue;
    const std::string& param = entry.function->params[i].name.text;
    if (meaning.sort == PatternMeaning::Sort::name && draft_.pattern.names[meaning.index].name.empty())
      draft_.pattern.names[meaning.index].name = param;
    inner.emplace(param, meaning);
  }
  for (std::size_t i = given; entry.function != nullptr && i < entry.most(); ++i) {
    const tree::FunctionParam& param = entry.function->params[i];
    PatternExpr number;
    number.op = PatternOp::number;
    number.at = formula.at;
    number.number = param.otherwise->value;
    const PatternValue value = add(std::move(number), PatternKind::number);
    inner.emplace(param.name.text, PatternMeaning{PatternMeaning::Sort::alias, value.expr, PatternKind::number});
  }
  if (entry.broken || entry.function == nullptr) return open(formula);

  const FileNames* outside = names_;
  calls_.push_back({formula.word.at, formula.word.text});
  names_ = entry.home;
  PatternValue value = check(entry.function->body, inner);
  names_ = outside;
  calls_.pop_back();
  if (lets.empty()) return value;

  for (std::size_t i = lets.size(); i-- > 0;) {
    PatternExpr let;
    let.op = PatternOp::let_;
    let.at = formula.at;
    let.index = lets[i].first;
    let.operands = {lets[i].second, value.expr};
    value = add(std::move(let), value.kind);
  }
  return value;
}

}  // namespace rw::dsl
