#include "dsl/check/pattern_formula.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "dsl/check/formula_parts.hpp"
#include "dsl/check/scope.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

constexpr PatternOp kPatternSigns[] = {
    PatternOp::add,       PatternOp::subtract, PatternOp::multiply,   PatternOp::divide,  PatternOp::equal,
    PatternOp::not_equal, PatternOp::less,     PatternOp::less_equal, PatternOp::greater, PatternOp::greater_equal};

// Whether a value of kind `is` can stand where `wanted` is.
bool fits(PatternKind is, PatternKind wanted) {
  using enum PatternKind;
  if (is == anything || wanted == anything || is == wanted) return true;
  if (wanted == rest) return is == list || is == constant;
  if (wanted == numeric) return is == number || is == list || is == constant;
  return wanted == list && is == constant;  // a constant of one axis
}

bool is_numeric(PatternKind kind) { return fits(kind, PatternKind::numeric); }

// What numbers, lists and constants make together.
PatternKind together(PatternKind a, PatternKind b) {
  using enum PatternKind;
  if (a == anything || b == anything) return anything;
  if (a == constant || b == constant) return constant;
  return a == list || b == list ? list : number;
}

// A condition, or one for each element.
PatternKind compared(PatternKind a, PatternKind b, bool equality) {
  using enum PatternKind;
  if (a == anything || b == anything) return anything;
  if (a == constant || b == constant) return conditions;
  if (a == list || b == list) return a == b && equality ? condition : conditions;
  return condition;
}

}  // namespace

// ---- what all have in common ----

// Inside of a function that was fine by itself, it is the call that is wrong: the message points there.
void PatternFormulas::error(std::string_view code, Position at, std::string message, std::string hint) {
  if (!calls_.empty()) {
    const std::string in =
        fmt::format("in '{}' ({})", calls_.back().function, draft_.context.sources.name_and_line(at));
    hint = hint.empty() ? in : fmt::format("{}: {}", in, hint);
    at = calls_.front().call;
  }
  draft_.error(code, at, std::move(message), std::move(hint));
}

void PatternFormulas::too_large(Position at, bool deep) {
  full_ = true;
  if (!calls_.empty()) at = calls_.front().call;
  if (deep)
    return draft_.error("too-deep", at, fmt::format("this formula is more than {} operations deep", kMaxExprDepth),
                        "give a part of it a name with `let`");
  const bool all = draft_.context.exprs >= kMaxProgramExprs;
  draft_.error("too-large", at,
               fmt::format("with its functions written out this has more than {} operations",
                           all ? kMaxProgramExprs : kMaxRuleExprs),
               "write less of it, or call fewer functions within functions");
}

PatternValue PatternFormulas::add(PatternExpr expr, PatternKind kind) {
  auto& exprs = draft_.pattern.exprs;
  std::uint32_t depth = 1;
  for (const PatternExprId operand : expr.operands) {
    if (operand != kNoExpr) depth = std::max(depth, depths_[operand] + 1);
  }
  const bool many = exprs.size() >= kMaxRuleExprs || draft_.context.exprs >= kMaxProgramExprs;
  if (!full_ && (many || depth > kMaxExprDepth)) too_large(expr.at, depth > kMaxExprDepth);
  const PatternValue value = {full_ ? kNoExpr : static_cast<PatternExprId>(exprs.size()),
                              full_ ? PatternKind::anything : kind, expr.at, kNoName};
  if (full_) return value;
  ++draft_.context.exprs;
  exprs.push_back(std::move(expr));
  depths_.push_back(depth);
  return value;
}

PatternValue PatternFormulas::add(PatternOp op, Position at, std::vector<PatternExprId> operands, PatternKind kind) {
  PatternExpr expr;
  expr.op = op;
  expr.at = at;
  expr.operands = std::move(operands);
  return add(std::move(expr), kind);
}

PatternValue PatternFormulas::check(tree::FormulaId id, PatternScope& scope) {
  using Handler = PatternValue (PatternFormulas::*)(const Formula&, PatternScope&);
  using F = PatternFormulas;
  static constexpr std::array<Handler, 26> kHandlers = {
      &F::check_number,  &F::check_text,       &F::check_name,       &F::check_operator,   &F::check_field,
      &F::check_call,    &F::check_negate,     &F::check_not,        &F::check_arithmetic, &F::check_arithmetic,
      &F::check_compare, &F::check_like,       &F::check_logic,      &F::check_logic,      &F::check_if,
      &F::check_let,     &F::check_quantifier, &F::check_quantifier, &F::check_quantifier, &F::check_list,
      &F::check_spread,  &F::check_element,    &F::check_slice,      &F::check_absent,     &F::check_operator,
      &F::check_operator};
  const Formula& formula = formula_of(id);
  if (draft_.context.reporter.is_full(draft_.rule.at.source)) full_ = true;
  if (!full_ && level_ >= kMaxExprDepth) too_large(formula.mark, true);
  if (full_) return open(formula);
  ++level_;
  PatternValue value = (this->*kHandlers[static_cast<std::size_t>(formula.form)])(formula, scope);
  --level_;
  value.at = formula.at;
  return value;
}

// Names that are no values by themselves.
bool PatternFormulas::refuse_name(const PatternValue& value) {
  const std::string name = value.name == kNoName ? "this" : "'" + draft_.pattern.names[value.name].name + "'";
  switch (value.kind) {
    case PatternKind::tensor:
      error("wrong-kind", value.at, fmt::format("{} is computed by the network: a formula reads constants", name),
            "match it as one: constant w");
      return true;
    case PatternKind::operation:
      error("wrong-kind", value.at, fmt::format("{} is an operator, not a value", name),
            "a setting of it is a value: y.axis");
      return true;
    case PatternKind::rest:
      error("wrong-kind", value.at, fmt::format("{} stands for several operands", name),
            "an operator reads them: Concat(parts...)");
      return true;
    default:
      return false;
  }
}

PatternValue PatternFormulas::want(PatternValue value, PatternKind kind) {
  if (fits(value.kind, kind)) return value;
  if (kind == PatternKind::operation && value.name != kNoName) {
    error("wrong-name", value.at,
          fmt::format("'{}' is no operator of the match", draft_.pattern.names[value.name].name),
          "an operator is called like its first output, or as `as` says");
    value.kind = PatternKind::anything;
    return value;
  }
  const bool named = kind == PatternKind::tensor || kind == PatternKind::operation;
  value.kind = !named && refuse_name(value) ? PatternKind::anything : value.kind;
  if (value.kind == PatternKind::anything) return value;
  const bool many = value.kind == PatternKind::conditions && kind == PatternKind::condition;
  error("wrong-kind", value.at, fmt::format("expected {}, this is {}", kind_name(kind), kind_name(value.kind)),
        many                             ? "write all(...), any(...) or none(...) around it"
        : kind == PatternKind::condition ? "compare it: x == y"
                                         : fmt::format("write {} here", kind_name(kind)));
  value.kind = PatternKind::anything;
  return value;
}

PatternValue PatternFormulas::check_condition(tree::FormulaId id) { return want(check(id), PatternKind::condition); }

PatternValue PatternFormulas::check_value_of(tree::FormulaId id) {
  PatternValue value = check(id);
  if (refuse_name(value)) value.kind = PatternKind::anything;
  return value;
}

PatternValue PatternFormulas::check_operand(tree::FormulaId id) {
  const PatternValue value = check(id);
  return value.kind == PatternKind::tensor ? value : want(value, PatternKind::numeric);
}

PatternValue PatternFormulas::check_setting(tree::FormulaId id, PatternKind kind) {
  const PatternValue value = check(id);
  const bool text = value.kind == PatternKind::text;
  if (kind == PatternKind::anything && text) return value;
  if (kind == PatternKind::anything) return want(value, PatternKind::numeric);
  return want(value, kind == PatternKind::text ? PatternKind::text : PatternKind::numeric);
}

// ---- values by themselves ----

PatternValue PatternFormulas::check_number(const Formula& formula, PatternScope&) {
  PatternExpr expr;
  expr.at = formula.at;
  expr.number = formula.number;
  return add(std::move(expr), PatternKind::number);
}

PatternValue PatternFormulas::check_text(const Formula& formula, PatternScope&) {
  PatternExpr expr;
  expr.op = PatternOp::text;
  expr.at = formula.at;
  expr.text = formula.word.text;
  return add(std::move(expr), PatternKind::text);
}

PatternValue PatternFormulas::check_operator(const Formula& formula, PatternScope&) {
  if (formula.form == tree::Form::operator_name) {
    error("wrong-name", formula.at, fmt::format("'{}' is an operator, not a value", formula.word.text),
          fmt::format("to make one write {}(x); to ask for one: y.op == \"{}\"", formula.word.text, formula.word.text));
  } else {
    error("misplaced", formula.at, "an operator is made by a line of `replace`, or is an operand of another one",
          "to calculate with what it gives write Mul(Relu(x), 2)");
  }
  return open(formula);
}

PatternValue PatternFormulas::check_absent(const Formula& formula, PatternScope&) {
  error("wrong-name", formula.at, "`none` is no value: it is what an operator lacks", "has(w) asks for it");
  return open(formula);
}

PatternValue PatternFormulas::of_name(Position at, NameId id) {
  ++draft_.entries[id].places;
  PatternExpr expr;
  expr.op = PatternOp::name;
  expr.at = at;
  expr.index = id;
  PatternValue value = add(std::move(expr), draft_.entries[id].kind);
  value.name = id;
  return value;
}

// What a name means; null: nothing.
PatternMeaning* PatternFormulas::find(const Formula& formula, const std::string& name, PatternScope& scope) {
  const auto found = scope.find(name);
  if (found == scope.end()) {
    unknown_name(formula, scope);
    return nullptr;
  }
  PatternMeaning& meaning = found->second;
  if (meaning.sort == PatternMeaning::Sort::parameter) draft_.used_params[meaning.index] = 1;
  if (meaning.sort == PatternMeaning::Sort::name && !usable(formula, meaning.index)) return nullptr;
  return &meaning;
}

// Of a name that only one of several alternatives binds nobody knows what it is.
bool PatternFormulas::usable(const Formula& formula, NameId id) {
  if (draft_.entries[id].bound) return true;
  const std::string& name = draft_.pattern.names[id].name;
  if (draft_.matching) {
    error("not-yet-known", formula.word.at, fmt::format("'{}' is used before it is bound", name),
          "a setting is bound where its name stands alone: perm p");
  } else {
    error("not-yet-known", formula.word.at, fmt::format("'{}' is bound in one of several alternatives only", name),
          "bind it in each of them");
  }
  return false;
}

PatternValue PatternFormulas::check_name(const Formula& formula, PatternScope& scope) {
  const PatternMeaning* meaning = find(formula, formula.word.text, scope);
  if (meaning == nullptr) return open(formula);
  PatternExpr expr;
  switch (meaning->sort) {
    case PatternMeaning::Sort::open:
      return open(formula);
    case PatternMeaning::Sort::name:
      return of_name(formula.at, meaning->index);
    case PatternMeaning::Sort::alias:
      expr = draft_.pattern.exprs[meaning->index];
      expr.at = formula.at;
      return add(std::move(expr), meaning->kind);
    case PatternMeaning::Sort::parameter:
      break;
  }
  expr.op = PatternOp::parameter;
  expr.at = formula.at;
  expr.index = meaning->index;
  return add(std::move(expr), PatternKind::number);
}

PatternValue PatternFormulas::unknown_name(const Formula& formula, const PatternScope& scope) {
  const std::string& name = formula.word.text;
  const bool own = calls_.empty();
  if (const auto later = draft_.later.find(name); own && later != draft_.later.end()) {
    const std::size_t line = draft_.line_of(later->second);
    if (draft_.matching && formula.form == tree::Form::name)
      error("duplicate-name", formula.word.at, fmt::format("'{}' stands for something else in line {}", name, line),
            "a setting has a name of its own");
    else
      error("not-yet-known", formula.word.at, fmt::format("'{}' is used before it is bound", name),
            fmt::format("it is bound in line {}", line));
    return open(formula);
  }
  std::vector<std::string_view> candidates;
  for (const auto& [each, meaning] : scope) candidates.push_back(each);
  std::string hint = did_you_mean(name, candidates);
  const auto& words = draft_.context.vocabulary.pattern_functions;
  if (std::any_of(words.begin(), words.end(), [&](auto& row) { return row.name == name; }) ||
      find_name(*names_, &FileNames::functions, name).entry != nullptr)
    hint = fmt::format("a function is called: {}(...)", name);
  if (hint.empty()) hint = meant_or_all(name, candidates);
  error("unknown-name", formula.word.at, fmt::format("unknown name '{}'", name), std::move(hint));
  return open(formula);
}

// ---- operations ----

PatternValue PatternFormulas::check_negate(const Formula& formula, PatternScope& scope) {
  const PatternValue value = want(check(formula.operands[0], scope), PatternKind::numeric);
  return add(PatternOp::negate, formula.at, {value.expr}, value.kind);
}

// Of conditions for each element there is one for each.
PatternValue PatternFormulas::check_not(const Formula& formula, PatternScope& scope) {
  PatternValue value = check(formula.operands[0], scope);
  if (value.kind != PatternKind::conditions) value = want(value, PatternKind::condition);
  return add(PatternOp::not_, formula.at, {value.expr}, value.kind);
}

// From left to right, as floating point has it.
PatternValue PatternFormulas::check_arithmetic(const Formula& formula, PatternScope& scope) {
  PatternValue left = want(check(formula.operands[0], scope), PatternKind::numeric);
  for (std::size_t i = 1; i < formula.operands.size() && !full_; ++i) {
    const PatternValue right = want(check(formula.operands[i], scope), PatternKind::numeric);
    left = add(kPatternSigns[static_cast<std::size_t>(formula.signs[i - 1])], formula.at, {left.expr, right.expr},
               together(left.kind, right.kind));
  }
  return left;
}

PatternValue PatternFormulas::check_compare(const Formula& formula, PatternScope& scope) {
  PatternValue left = check(formula.operands[0], scope);
  PatternValue right = check(formula.operands[1], scope);
  const bool equality = formula.signs[0] == tree::Sign::equal || formula.signs[0] == tree::Sign::not_equal;
  const auto number = [](PatternKind kind) { return kind != PatternKind::anything && is_numeric(kind); };
  const bool text = equality && (left.kind == PatternKind::text || right.kind == PatternKind::text);
  if (text && (number(left.kind) || number(right.kind))) {
    error("wrong-kind", formula.mark,
          fmt::format("{} is never equal to {}", kind_name(left.kind), kind_name(right.kind)),
          "compare two of one kind");
    return open(formula);
  }
  left = want(left, text ? PatternKind::text : PatternKind::numeric);
  right = want(right, text ? PatternKind::text : PatternKind::numeric);
  return add(kPatternSigns[static_cast<std::size_t>(formula.signs[0])], formula.at, {left.expr, right.expr},
             text ? PatternKind::condition : compared(left.kind, right.kind, equality));
}

PatternValue PatternFormulas::check_like(const Formula& formula, PatternScope& scope) {
  const PatternValue text = want(check(formula.operands[0], scope), PatternKind::text);
  if (const Formula& glob = formula_of(formula.operands[1]); glob.form != tree::Form::text) {
    error("syntax", glob.at, fmt::format("expected a pattern in quotes after `like`, found '{}'", glob.word.text),
          fmt::format("write like \"{}*\"", glob.word.text));
    return open(formula);
  }
  const PatternValue pattern = check(formula.operands[1], scope);
  return add(PatternOp::like, formula.at, {text.expr, pattern.expr}, PatternKind::condition);
}

// Long chains are halved again and again, so that they are not deep.
PatternValue PatternFormulas::check_logic(const Formula& formula, PatternScope& scope) {
  const PatternOp op = formula.form == tree::Form::and_ ? PatternOp::and_ : PatternOp::or_;
  std::vector<PatternValue> values;
  PatternKind kind = PatternKind::condition;
  for (const tree::FormulaId operand : formula.operands) {
    PatternValue value = check(operand, scope);
    if (value.kind == PatternKind::conditions) {
      kind = PatternKind::conditions;
    } else {
      value = want(value, PatternKind::condition);
    }
    values.push_back(value);
  }
  while (values.size() > 1) {
    std::vector<PatternValue> halved;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2)
      halved.push_back(add(op, formula.at, {values[i].expr, values[i + 1].expr}, kind));
    if (values.size() % 2 == 1) halved.push_back(values.back());
    values = std::move(halved);
  }
  return values[0];
}

PatternValue PatternFormulas::check_if(const Formula& formula, PatternScope& scope) {
  const PatternValue condition = want(check(formula.operands[0], scope), PatternKind::condition);
  const PatternValue yes = check(formula.operands[1], scope);
  PatternValue no = check(formula.operands[2], scope);
  const bool numbers = is_numeric(yes.kind) && is_numeric(no.kind);
  if (!numbers) no = want(no, yes.kind);
  return add(PatternOp::if_, formula.at, {condition.expr, yes.expr, no.expr},
             numbers ? together(yes.kind, no.kind) : yes.kind);
}

PatternValue PatternFormulas::check_let(const Formula& formula, PatternScope& scope) {
  PatternValue value = check(formula.operands[0], scope);
  if (refuse_name(value)) value.kind = PatternKind::anything;
  const std::string& name = formula.word.text;
  if (scope.contains(name)) {
    error("duplicate-name", formula.word.at, fmt::format("'{}' is taken", name), "choose another name");
    return open(formula);
  }
  const NameId id = draft_.add(formula.word, NameSort::local, value.kind);
  draft_.entries[id].bound = true;
  scope.emplace(name, PatternMeaning{PatternMeaning::Sort::name, id, value.kind});
  const PatternValue body = check(formula.operands[1], scope);
  scope.erase(name);
  if (draft_.entries[id].places == 0 && calls_.empty() && body.expr != kNoExpr)
    draft_.context.reporter.warning("unused", formula.word.at, fmt::format("'{}' is never used", name),
                                    "take it out, or use it");
  PatternExpr expr;
  expr.op = PatternOp::let_;
  expr.at = formula.at;
  expr.index = id;
  expr.operands = {value.expr, body.expr};
  return add(std::move(expr), body.kind);
}

PatternValue PatternFormulas::check_quantifier(const Formula& formula, PatternScope& scope) {
  constexpr PatternOp kOps[] = {PatternOp::all, PatternOp::any, PatternOp::none};
  constexpr std::string_view kWords[] = {"all", "any", "none"};
  const auto which = static_cast<std::size_t>(formula.form) - static_cast<std::size_t>(tree::Form::all);
  if (!formula.word.text.empty()) {
    error("wrong-name", formula.word.at, "a rule with `match` has no sets of nodes",
          fmt::format("{}(C) is about the elements of a list or constant", kWords[which]));
    return open(formula);
  }
  PatternValue value = check(formula.operands[0], scope);
  if (value.kind != PatternKind::conditions) value = want(value, PatternKind::condition);
  return add(kOps[which], formula.at, {value.expr}, PatternKind::condition);
}

// ---- lists ----

PatternValue PatternFormulas::item(tree::FormulaId id, PatternScope& scope) {
  if (formula_of(id).form == tree::Form::spread) return spread_item(formula_of(id), scope);
  const PatternValue value = check(id, scope);
  if (value.kind == PatternKind::list) {
    error("wrong-kind", value.at, "an item of a list is a number, this is a list",
          "its items are put in with ... behind it: [1, s..., 4]");
    return open(formula_of(id));
  }
  return want(value, PatternKind::number);
}

PatternValue PatternFormulas::check_list(const Formula& formula, PatternScope& scope) {
  std::vector<PatternExprId> items;
  for (const tree::FormulaId id : formula.operands) {
    items.push_back(item(id, scope).expr);
    if (full_) break;
  }
  return add(PatternOp::list, formula.at, std::move(items), PatternKind::list);
}

PatternValue PatternFormulas::spread_item(const Formula& formula, PatternScope& scope) {
  const bool name = formula.operands.empty();
  PatternValue list = name ? check_name(formula, scope) : check(formula.operands[0], scope);
  if (name) list.at = formula.word.at;
  list = want(list, PatternKind::list);
  return add(PatternOp::spread, formula.at, {list.expr}, PatternKind::list);
}

PatternValue PatternFormulas::check_spread(const Formula& formula, PatternScope&) {
  error("misplaced", formula.at, "what has `...` behind it stands in a list, or is what an operator reads",
        "[1, s...] or Concat(parts...)");
  return open(formula);
}

PatternValue PatternFormulas::check_element(const Formula& formula, PatternScope& scope) {
  const PatternValue list = want(check(formula.operands[0], scope), PatternKind::list);
  const PatternValue index = want(check(formula.operands[1], scope), PatternKind::numeric);
  const PatternKind kind = index.kind == PatternKind::number ? PatternKind::number
                           : index.kind == PatternKind::list ? PatternKind::list
                                                             : PatternKind::anything;
  return add(PatternOp::element, formula.at, {list.expr, index.expr}, kind);
}

PatternValue PatternFormulas::check_slice(const Formula& formula, PatternScope& scope) {
  std::vector<PatternExprId> operands = {want(check(formula.operands[0], scope), PatternKind::list).expr};
  for (std::size_t i = 1; i < 3; ++i) {
    const tree::FormulaId id = formula.operands[i];
    operands.push_back(id == tree::kNoFormula ? kNoExpr : want(check(id, scope), PatternKind::number).expr);
  }
  return add(PatternOp::slice, formula.at, std::move(operands), PatternKind::list);
}

}  // namespace rw::dsl
