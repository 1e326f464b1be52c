#include "dsl/check/formula.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "dsl/check/formula_parts.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

// The text of a formula where it is short enough to be quoted in a hint.
std::string quotable(const Sources& sources, Position at) {
  std::string text(sources.text(at));
  const bool long_or_broken = text.size() > 50 || text.find('\n') != std::string::npos;
  return long_or_broken ? "..." : text;
}

}  // namespace

// ---- what all have in common ----

// Inside of a function that was fine by itself, it is the call that is wrong: the message points there.
void FormulaChecker::error(std::string_view code, Position at, std::string message, std::string hint) {
  if (!calls_.empty()) {
    if (context_.reporter.errors() > calls_.front().errors_before) return;
    const std::string in = fmt::format("in '{}' ({})", calls_.back().function, context_.sources.name_and_line(at));
    if (!calls_.front().meant.empty()) hint = calls_.front().meant;
    hint = hint.empty() ? in : fmt::format("{}: {}", in, hint);
    at = calls_.front().call;
  }
  context_.reporter.error(code, at, std::move(message), std::move(hint));
}

CheckedFormula FormulaChecker::add(Expr expr, const CheckedFormula& like) {
  std::uint32_t depth = 1;
  for (const ExprId operand : expr.operands) depth = std::max(depth, depths_[operand] + 1);
  const bool too_deep = depth > kMaxExprDepth;
  const bool too_many = exprs_.size() >= kMaxRuleExprs || context_.exprs >= kMaxProgramExprs;
  if ((too_deep || too_many) && !full_) {
    full_ = true;
    const Position at = calls_.empty() ? expr.at : calls_.front().call;
    if (too_deep) {
      context_.reporter.error("too-deep", at,
                              fmt::format("this formula is more than {} operations deep", kMaxExprDepth),
                              "give a part of it a name with `let`");
    } else {
      context_.reporter.error("too-large", at,
                              fmt::format("with its functions written out this has more than {} operations",
                                          context_.exprs >= kMaxProgramExprs ? kMaxProgramExprs : kMaxRuleExprs),
                              "write less of it, or call fewer functions within functions");
    }
  }
  if (full_) return {0, like.type, true, true, like.at};
  ++context_.exprs;
  expr.type = like.type;
  exprs_.push_back(std::move(expr));
  depths_.push_back(depth);
  CheckedFormula value = like;
  value.expr = static_cast<ExprId>(exprs_.size() - 1);
  return value;
}

// Stands for a value that an error left unknown.
CheckedFormula FormulaChecker::open(const Formula& formula) {
  Expr expr;
  expr.at = formula.at;
  return add(std::move(expr), {0, {}, true, true, formula.at});
}

std::string FormulaChecker::call_them(const CheckedFormula& value) const {
  const auto family = [&] {
    return value.type.family == kNoBinding || around_.bindings == nullptr ? std::string("the set")
                                                                          : (*around_.bindings)[value.type.family].name;
  };
  switch (value.type.about) {
    case About::nothing:
      return "one value";
    case About::node:
      return fmt::format("a value for each node of {}", family());
    case About::channel:
      return fmt::format("a value for each channel of {}", family());
    case About::region_class:
      return "a value for each scale of the region";
  }
  return "";
}

// A value of an operator that nobody knows takes the kind that is wanted.
CheckedFormula FormulaChecker::expect_kind(CheckedFormula value, Kind kind) {
  if (value.any_kind) {
    value.any_kind = value.any_about;  // what an error left open stays open
    value.type.kind = kind;
    if (!full_ && exprs_[value.expr].op == ExprOp::attribute) exprs_[value.expr].type.kind = kind;
  } else if (value.type.kind != kind) {
    error("wrong-kind", value.at, fmt::format("expected {}, this is {}", kind_name(kind), kind_name(value.type.kind)),
          hint_for_kind(value, kind));
    value.type.kind = kind;
    value.any_kind = value.any_about = true;
  }
  return value;
}

// How what is there becomes what is wanted.
std::string FormulaChecker::hint_for_kind(const CheckedFormula& value, Kind wanted) const {
  const std::string text = quotable(context_.sources, value.at);
  if (wanted == Kind::number && value.type.kind == Kind::list) return fmt::format("one item of it is {}[0]", text);
  if (wanted == Kind::condition && value.type.kind == Kind::number) return fmt::format("compare it: {} > 0", text);
  if (wanted == Kind::condition && value.type.kind == Kind::text) return fmt::format("compare it: {} == \"...\"", text);
  if (wanted == Kind::number && value.type.kind == Kind::condition)
    return fmt::format("a number of it is `if {} then 1 else 0`", text);
  if (wanted == Kind::number && text.starts_with('"')) return "a number stands without quotes: 20";
  if (wanted == Kind::number && value.type.kind == Kind::text) return "a text is compared by ==, != and like";
  return "";
}

CheckedFormula FormulaChecker::check_condition(tree::FormulaId id, Scope& scope) {
  CheckedFormula value = expect_kind(check(id, scope), Kind::condition);
  if (value.any_about || value.type.about == About::nothing) return value;
  const std::string text = quotable(context_.sources, formula_of(id).at);
  if (value.type.about == About::region_class) {
    error("unreduced", value.at, "this condition has " + call_them(value).substr(2) + ", one is wanted",
          "compare with one number of the region: overall(max, x)");
  } else {
    const std::string& set = (*around_.bindings)[value.type.family].name;
    error("unreduced", value.at, fmt::format("this condition has {}, one is wanted", call_them(value)),
          fmt::format("{} is a set: write `all {}: {}`", set, set, text));
  }
  value.any_about = true;
  return value;
}

// Numbers spread; nodes meet their own channels; a value of the region is gathered where it meets nodes or channels.
CheckedFormula FormulaChecker::meet(const CheckedFormula& a, const CheckedFormula& b, Position mark) {
  CheckedFormula out = a;
  out.any_kind = a.any_kind && b.any_kind;
  out.any_about = a.any_about || b.any_about;
  if (out.any_about || b.type.about == About::nothing) return out;
  const Type left = a.type;
  const Type right = b.type;
  const auto of_nodes = [](const Type& type) { return type.about == About::node || type.about == About::channel; };
  if (left.about == About::nothing) {
    out.type.about = right.about;
    out.type.family = right.family;
  } else if (of_nodes(left) && of_nodes(right)) {
    if (left.family != right.family) {
      const auto name = [&](const Type& type) { return (*around_.bindings)[type.family].name; };
      const bool parents_right = (*around_.bindings)[right.family].role == Role::parents;
      error("families-meet", mark,
            fmt::format("values of {} and of {} do not meet: they are different nodes", name(left), name(right)),
            fmt::format("across(max, ...) makes a value of the region from those of {}",
                        name(parents_right ? left : right)));
      out.any_about = true;
    }
    if (right.about == About::channel) out.type.about = About::channel;
  } else if (left.about != right.about) {
    out.type.about = About::channel;
    out.type.family = of_nodes(left) ? left.family : right.family;
  }
  return out;
}

CheckedFormula FormulaChecker::check(tree::FormulaId id, Scope& scope) {
  using Handler = CheckedFormula (FormulaChecker::*)(const Formula&, Scope&);
  static constexpr std::array<Handler, 20> kHandlers = {
      &FormulaChecker::check_number,         // number
      &FormulaChecker::check_text,           // text
      &FormulaChecker::check_name,           // name
      &FormulaChecker::check_operator_name,  // operator_name
      &FormulaChecker::check_field,          // field
      &FormulaChecker::check_call,           // call
      &FormulaChecker::check_negate,         // negate
      &FormulaChecker::check_not,            // not_
      &FormulaChecker::check_arithmetic,     // sum
      &FormulaChecker::check_arithmetic,     // product
      &FormulaChecker::check_compare,        // compare
      &FormulaChecker::check_like,           // like
      &FormulaChecker::check_logic,          // and_
      &FormulaChecker::check_logic,          // or_
      &FormulaChecker::check_if,             // if_
      &FormulaChecker::check_let,            // let_
      &FormulaChecker::check_quantifier,     // all
      &FormulaChecker::check_quantifier,     // any
      &FormulaChecker::check_quantifier,     // none
      &FormulaChecker::check_list,           // list, and what is behind it
  };
  const Formula& formula = formula_of(id);
  if (context_.reporter.is_full(home_)) full_ = true;
  if (full_) return {0, {}, true, true, formula.at};
  if (level_ >= kMaxExprDepth) {
    full_ = true;
    context_.reporter.error("too-deep", calls_.empty() ? formula.mark : calls_.front().call,
                            fmt::format("this formula is more than {} operations deep", kMaxExprDepth),
                            "give a part of it a name with `let`");
    return {0, {}, true, true, formula.at};
  }
  ++level_;
  const auto form = std::min(static_cast<std::size_t>(formula.form), kHandlers.size() - 1);
  const CheckedFormula value = (this->*kHandlers[form])(formula, scope);
  --level_;
  return value;
}

// ---- values by themselves ----

CheckedFormula FormulaChecker::check_number(const Formula& formula, Scope&) {
  Expr expr;
  expr.op = ExprOp::number;
  expr.at = formula.at;
  expr.number = formula.number;
  return add(std::move(expr), {0, {Kind::number, About::nothing, kNoBinding}, false, false, formula.at});
}

CheckedFormula FormulaChecker::check_text(const Formula& formula, Scope&) {
  Expr expr;
  expr.op = ExprOp::text;
  expr.at = formula.at;
  expr.text = formula.word.text;
  return add(std::move(expr), {0, {Kind::text, About::nothing, kNoBinding}, false, false, formula.at});
}

namespace {

// Values of other languages.
struct OtherValue {
  std::string_view name, hint;
};
constexpr std::string_view kNoTruth = "a condition stands by itself: write C, or not C";
constexpr std::string_view kNoNull =
    "nothing is null: stats(p) asks for statistics, and an absent attribute has its default";
constexpr OtherValue kOtherValues[] = {{"true", kNoTruth}, {"false", kNoTruth}, {"True", kNoTruth}, {"False", kNoTruth},
                                       {"null", kNoNull},  {"None", kNoNull},   {"nil", kNoNull},   {"NULL", kNoNull}};

const OtherValue* other_value(std::string_view name) {
  const auto row =
      std::find_if(std::begin(kOtherValues), std::end(kOtherValues), [&](auto& each) { return each.name == name; });
  return row == std::end(kOtherValues) ? nullptr : row;
}

}  // namespace

CheckedFormula FormulaChecker::check_operator_name(const Formula& formula, Scope&) {
  if (const OtherValue* row = other_value(formula.word.text)) {
    error("wrong-name", formula.at, fmt::format("there is no '{}'", row->name), std::string(row->hint));
    return open(formula);
  }
  error("wrong-name", formula.at, fmt::format("'{}' is an operator, not a value", formula.word.text),
        "to ask for an operator: p.op == \"" + formula.word.text + "\"");
  return open(formula);
}

CheckedFormula FormulaChecker::check_name(const Formula& formula, Scope& scope) {
  Meaning* meaning = scope.use(formula.word.text);
  if (meaning == nullptr) {
    if (around_.place == Surroundings::Place::guard) return own_word(formula, formula.word.text);
    return unknown_name(formula, scope);
  }
  Expr expr;
  expr.at = formula.at;
  const CheckedFormula like = {0, meaning->type, meaning->any_kind, meaning->any_about, formula.at};
  switch (meaning->sort) {
    case Meaning::Sort::open:
      return open(formula);
    case Meaning::Sort::alias:
      expr = exprs_[meaning->index];
      expr.at = formula.at;
      return add(std::move(expr), like);
    case Meaning::Sort::parameter:
      expr.op = ExprOp::parameter;
      break;
    case Meaning::Sort::local:
      expr.op = ExprOp::local;
      break;
    case Meaning::Sort::binding: {
      const Role role = (*around_.bindings)[meaning->index].role;
      const std::string_view is = (kSets & bit(role)) != 0 ? "a set of nodes" : role_name(role);
      error("wrong-name", formula.at, fmt::format("'{}' is {}, not a value", formula.word.text, is),
            fmt::format("a field of it is a value: {}.max", formula.word.text));
      return open(formula);
    }
  }
  expr.index = meaning->index;
  return add(std::move(expr), like);
}

CheckedFormula FormulaChecker::unknown_name(const Formula& formula, const Scope& scope) {
  const std::string& name = formula.word.text;
  if (around_.incomplete) return open(formula);
  if (around_.place == Surroundings::Place::rule && calls_.empty() && around_.bound_later.contains(name)) {
    error("not-yet-known", formula.at, fmt::format("'{}' is used before it is bound", name),
          fmt::format("it is bound in line {}", context_.sources.locate(around_.bound_later.at(name)).line));
    return open(formula);
  }
  if (const OtherValue* row = other_value(name)) {
    error("wrong-name", formula.at, fmt::format("there is no '{}'", name), std::string(row->hint));
    return open(formula);
  }
  std::string hint = did_you_mean(name, scope.names());
  if (find_name(*names_, &FileNames::rules, name).entry != nullptr) {
    error("wrong-name", formula.at, fmt::format("'{}' is a rule, not a value", name),
          "a formula that several rules use is a function");
    return open(formula);
  }
  const auto& words = context_.vocabulary.functions;
  if (find_name(*names_, &FileNames::functions, name).entry != nullptr ||
      std::any_of(words.begin(), words.end(), [&](const FunctionWord& row) { return row.name == name; })) {
    hint = fmt::format("a function is called: {}(...)", name);
  } else if (find_name(*names_, &FileNames::sets, name).entry != nullptr) {
    hint = fmt::format("a set of nodes is bound with `as`: parents {} as p", name);
  } else if (hint.empty() && around_.operators != nullptr) {
    const auto has_it = [&](const std::string& op) {
      const auto attributes = *context_.vocabulary.attributes(op);
      return std::any_of(attributes.begin(), attributes.end(), [&](auto& row) { return row.name == name; });
    };
    for (std::size_t i = 0; i < around_.operators->size() && hint.empty(); ++i) {
      const std::vector<std::string>& known = (*around_.operators)[i].known;
      if (known.empty() || !std::all_of(known.begin(), known.end(), has_it)) continue;
      hint = fmt::format("an attribute is written {}.{}", (*around_.bindings)[i].name, name);
    }
  }
  if (hint.empty()) hint = meant_or_all(name, scope.names());
  error("unknown-name", formula.at, fmt::format("unknown name '{}'", name), std::move(hint));
  return open(formula);
}

// ---- operations ----

namespace {

constexpr ExprOp kSignOps[] = {ExprOp::add,     ExprOp::subtract,     ExprOp::multiply, ExprOp::divide,
                               ExprOp::equal,   ExprOp::not_equal,    ExprOp::less,     ExprOp::less_equal,
                               ExprOp::greater, ExprOp::greater_equal};

}  // namespace

CheckedFormula FormulaChecker::check_negate(const Formula& formula, Scope& scope) {
  CheckedFormula value = expect_kind(check(formula.operands[0], scope), Kind::number);
  value.at = formula.at;
  return add(operation(ExprOp::negate, formula.at, {value.expr}), value);
}

CheckedFormula FormulaChecker::check_not(const Formula& formula, Scope& scope) {
  CheckedFormula value = expect_kind(check(formula.operands[0], scope), Kind::condition);
  value.at = formula.at;
  return add(operation(ExprOp::not_, formula.at, {value.expr}), value);
}

// From left to right, as floating point has it.
CheckedFormula FormulaChecker::check_arithmetic(const Formula& formula, Scope& scope) {
  CheckedFormula left = expect_kind(check(formula.operands[0], scope), Kind::number);
  for (std::size_t i = 1; i < formula.operands.size(); ++i) {
    const CheckedFormula right = expect_kind(check(formula.operands[i], scope), Kind::number);
    CheckedFormula both = meet(left, right, i == 1 ? formula.mark : right.at);
    both.at = span(formula.at, formula_of(formula.operands[i]).at);
    left = add(operation(kSignOps[static_cast<std::size_t>(formula.signs[i - 1])], formula.at, {left.expr, right.expr}),
               both);
    if (full_) break;
  }
  left.at = formula.at;
  return left;
}

CheckedFormula FormulaChecker::check_compare(const Formula& formula, Scope& scope) {
  CheckedFormula left = check(formula.operands[0], scope);
  CheckedFormula right = check(formula.operands[1], scope);
  const bool equality = formula.signs[0] == tree::Sign::equal || formula.signs[0] == tree::Sign::not_equal;
  if (!equality) {
    left = expect_kind(left, Kind::number);
    right = expect_kind(right, Kind::number);
  } else if (left.any_kind != right.any_kind) {
    left = expect_kind(left, right.any_kind ? left.type.kind : right.type.kind);
    right = expect_kind(right, left.type.kind);
  } else if (!left.any_kind && left.type.kind != right.type.kind) {
    error("wrong-kind", formula.mark,
          fmt::format("{} is never equal to {}", kind_name(left.type.kind), kind_name(right.type.kind)),
          hint_for_equality(left, right));
    left.any_about = true;
  } else if (!left.any_kind && left.type.kind == Kind::condition) {
    error("wrong-kind", formula.mark, "conditions are not compared", "write `a and b or not a and not b`");
  }
  if (equality && calls_.empty()) warn_of_fractions(formula, left, right);
  CheckedFormula value = meet(left, right, formula.mark);
  value.type.kind = Kind::condition;
  value.any_kind = value.any_about;
  value.at = formula.at;
  return add(operation(kSignOps[static_cast<std::size_t>(formula.signs[0])], formula.at, {left.expr, right.expr}),
             value);
}

// What is measured or computed channel by channel is hardly ever 0.1.
void FormulaChecker::warn_of_fractions(const Formula& formula, const CheckedFormula& left,
                                       const CheckedFormula& right) {
  if (full_ || left.any_about || right.any_about) return;
  const auto is_fraction = [&](const CheckedFormula& value) {
    const Expr& expr = exprs_[value.expr];
    return expr.op == ExprOp::number && expr.number != std::floor(expr.number);
  };
  const auto varies = [](const CheckedFormula& value) {
    return value.type.about == About::channel || value.type.about == About::region_class;
  };
  if (!(is_fraction(left) && varies(right)) && !(is_fraction(right) && varies(left))) return;
  context_.reporter.warning("float-equality", formula.mark,
                            "values that are measured or computed are hardly ever equal to this",
                            "write abs(x - y) < 1e-6, or compare with < or >");
}

std::string FormulaChecker::hint_for_equality(const CheckedFormula& left, const CheckedFormula& right) const {
  const bool with_list = left.type.kind == Kind::list || right.type.kind == Kind::list;
  if (!with_list || (left.type.kind != Kind::number && right.type.kind != Kind::number))
    return left.type.kind == Kind::text || right.type.kind == Kind::text ? "a text is compared with a text: \"Conv\""
                                                                         : "compare two of one kind";
  const CheckedFormula& list = left.type.kind == Kind::list ? left : right;
  return fmt::format("one item of it is {0}[0]; all of them: {0} == [1, 1]", quotable(context_.sources, list.at));
}

CheckedFormula FormulaChecker::check_like(const Formula& formula, Scope& scope) {
  const CheckedFormula text = expect_kind(check(formula.operands[0], scope), Kind::text);
  if (const Formula& glob = formula_of(formula.operands[1]); glob.form != tree::Form::text) {
    error("syntax", glob.at, fmt::format("expected a pattern in quotes after `like`, found '{}'", glob.word.text),
          fmt::format("write like \"{}*\"", glob.word.text));
    return open(formula);
  }
  const CheckedFormula pattern = check(formula.operands[1], scope);
  const std::string& glob = formula_of(formula.operands[1]).word.text;
  const bool regular = glob.starts_with('^') || glob.ends_with('$') || glob.starts_with(".*") ||
                       glob.find_first_of("|\\") != std::string::npos;
  if (regular)
    context_.reporter.warning("odd-pattern", pattern.at, "this looks like a regular expression, which `like` has not",
                              "* stands for any characters, ? for one: like \"conv*\"");
  CheckedFormula value = text;
  value.type.kind = Kind::condition;
  value.at = formula.at;
  return add(operation(ExprOp::like, formula.at, {text.expr, pattern.expr}), value);
}

// Long chains are halved again and again, so that they are not deep.
CheckedFormula FormulaChecker::check_logic(const Formula& formula, Scope& scope) {
  const ExprOp op = formula.form == tree::Form::and_ ? ExprOp::and_ : ExprOp::or_;
  std::vector<CheckedFormula> values;
  for (const tree::FormulaId operand : formula.operands) {
    values.push_back(expect_kind(check(operand, scope), Kind::condition));
  }
  while (values.size() > 1) {
    std::vector<CheckedFormula> halved;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
      CheckedFormula both = meet(values[i], values[i + 1], formula.mark);
      both.at = formula.at;
      halved.push_back(add(operation(op, formula.at, {values[i].expr, values[i + 1].expr}), both));
    }
    if (values.size() % 2 == 1) halved.push_back(values.back());
    values = std::move(halved);
  }
  values[0].at = formula.at;
  return values[0];
}

// What a comparison of two numbers that stand there comes to.
std::optional<bool> FormulaChecker::known_condition(ExprId condition) const {
  if (full_) return std::nullopt;
  const Expr& expr = exprs_[condition];
  const bool compares = expr.op >= ExprOp::equal && expr.op <= ExprOp::greater_equal;
  if (!compares || exprs_[expr.operands[0]].op != ExprOp::number || exprs_[expr.operands[1]].op != ExprOp::number)
    return std::nullopt;
  const double a = exprs_[expr.operands[0]].number, b = exprs_[expr.operands[1]].number;
  switch (expr.op) {
    case ExprOp::equal:
      return a == b;
    case ExprOp::not_equal:
      return a != b;
    case ExprOp::less:
      return a < b;
    case ExprOp::less_equal:
      return a <= b;
    case ExprOp::greater:
      return a > b;
    default:
      return a >= b;
  }
}

CheckedFormula FormulaChecker::check_if(const Formula& formula, Scope& scope) {
  const CheckedFormula condition = expect_kind(check(formula.operands[0], scope), Kind::condition);
  CheckedFormula yes = check(formula.operands[1], scope);
  CheckedFormula no = check(formula.operands[2], scope);
  if (!yes.any_kind) no = expect_kind(no, yes.type.kind);
  if (!no.any_kind) yes = expect_kind(yes, no.type.kind);
  if (const auto known = known_condition(condition.expr)) {  // of a parameter of a function, as it is called
    CheckedFormula taken = *known ? yes : no;
    taken.at = formula.at;
    return taken;
  }
  const CheckedFormula branches = meet(yes, no, formula.mark);
  CheckedFormula value = meet(branches, condition, formula.mark);
  value.any_kind = branches.any_kind;
  value.at = formula.at;
  return add(operation(ExprOp::if_, formula.at, {condition.expr, yes.expr, no.expr}), value);
}

// A guard is asked for each operator of a network: it compares attributes, no more.
bool FormulaChecker::refused_in_guard(const Formula& formula, std::string_view what) {
  if (around_.place != Surroundings::Place::guard) return false;
  error("misplaced", formula.mark, fmt::format("a guard has no {}", what), "it compares attributes of one operator");
  return true;
}

CheckedFormula FormulaChecker::check_let(const Formula& formula, Scope& scope) {
  if (refused_in_guard(formula, "`let`")) return open(formula);
  const CheckedFormula value = check(formula.operands[0], scope);
  const std::string& name = formula.word.text;
  Meaning meaning{Meaning::Sort::local, slots_, value.type, value.any_kind, value.any_about, formula.word.at, false};
  if (around_.place == Surroundings::Place::function && calls_.empty() && value.any_about)
    meaning.sort = Meaning::Sort::open;
  if (const Meaning* taken = scope.find(name)) {
    error("duplicate-name", formula.word.at, fmt::format("'{}' is taken", name),
          fmt::format("it is bound in line {}: choose another name", context_.sources.locate(taken->at).line));
    return open(formula);
  }
  const std::uint32_t slot = slots_++;
  scope.add(name, meaning);
  CheckedFormula body = check(formula.operands[1], scope);
  if (!scope.find(name)->used && calls_.empty() && !body.any_about) {
    context_.reporter.warning("unused", formula.word.at, fmt::format("'{}' is never used", name),
                              "take it out, or use it");
  }
  scope.remove(name);
  Expr expr = operation(ExprOp::let_, formula.at, {value.expr, body.expr});
  expr.index = slot;
  body.at = formula.at;
  return add(std::move(expr), body);
}

CheckedFormula FormulaChecker::check_quantifier(const Formula& formula, Scope& scope) {
  if (refused_in_guard(formula, "sets")) return open(formula);
  if (formula.word.text.empty()) return check_list(formula, scope);
  constexpr ExprOp kOps[] = {ExprOp::all, ExprOp::any, ExprOp::none};
  const Meaning* set = scope.use(formula.word.text);
  if (set == nullptr) {
    Formula name = formula;
    name.at = formula.word.at;
    unknown_name(name, scope);
  } else if (set->sort != Meaning::Sort::open &&
             (set->sort != Meaning::Sort::binding || (kSets & bit((*around_.bindings)[set->index].role)) == 0)) {
    error("wrong-name", formula.word.at, fmt::format("'{}' is no set of nodes", formula.word.text),
          "`parents`, `children` and `join` name sets: parents Conv as p");
    set = nullptr;
  }
  const CheckedFormula condition = expect_kind(check(formula.operands[0], scope), Kind::condition);
  CheckedFormula value = {0, {Kind::condition, About::nothing, kNoBinding}, false, false, formula.at};
  if (set == nullptr || set->sort == Meaning::Sort::open || condition.any_about) {
    return add(operation(ExprOp::number, formula.at, {}), value);
  }
  const Type about = condition.type;
  if (about.about == About::nothing || (about.about != About::region_class && about.family != set->index)) {
    error("families-meet", condition.at, fmt::format("this condition says nothing of {}", formula.word.text),
          fmt::format("ask for a field of {0}: {0}.name", formula.word.text));
  } else if (about.about == About::region_class) {
    error("families-meet", condition.at, fmt::format("this condition is of the region, not of {}", formula.word.text),
          "compare with one number of the region: overall(max, x)");
  }
  Expr expr = operation(kOps[static_cast<std::size_t>(formula.form) - static_cast<std::size_t>(tree::Form::all)],
                        formula.at, {condition.expr});
  expr.family = set->index;
  return add(std::move(expr), value);
}

// `[1, 1]` and `p.strides[0]` are lists everywhere; parts and spreads belong to rules with `match`. Of a function
// nobody knows where it will be called: there only its names are looked at.
CheckedFormula FormulaChecker::check_list(const Formula& formula, Scope& scope) {
  using tree::Form;
  const bool makes = formula.form == Form::made || formula.form == Form::given || formula.form == Form::absent;
  const bool open_place = around_.place == Surroundings::Place::function && calls_.empty();
  if (makes) {
    error("misplaced", formula.at, "operators are made in `replace { }` of a rule with `match`",
          "to ask for an operator: p.op == \"Relu\"");
  } else if (!open_place && formula.form == Form::list) {
    return check_items(formula, scope);
  } else if (!open_place && formula.form == Form::element) {
    return check_element(formula, scope);
  } else if (!open_place) {
    const bool quantifier = formula.form == Form::all || formula.form == Form::any || formula.form == Form::none;
    error(
        "misplaced", formula.at,
        quantifier ? "conditions about a list are for rules with `match`" : "parts of lists are for rules with `match`",
        quantifier ? fmt::format("of a set of nodes: `{} p: ...`",
                                 formula.mark.length > 0 ? context_.sources.text(formula.mark) : "all")
                   : "lists are compared as a whole, or item by item: p.strides[0] == 2");
  } else if (formula.form == tree::Form::spread && formula.operands.empty()) {
    Formula name = formula;
    name.at = formula.word.at;
    check_name(name, scope);
  } else {
    for (const tree::FormulaId operand : formula.operands)
      if (operand != tree::kNoFormula) check(operand, scope);
  }
  return open(formula);
}

// A list of numbers: as many as there are, each about nothing or about the same nodes.
CheckedFormula FormulaChecker::check_items(const Formula& formula, Scope& scope) {
  CheckedFormula value = {0, {Kind::list, About::nothing, kNoBinding}, false, false, formula.at};
  std::vector<ExprId> items;
  for (const tree::FormulaId operand : formula.operands) {
    if (formula_of(operand).form == tree::Form::spread) return check_list(formula_of(operand), scope);
    const CheckedFormula item = expect_kind(check(operand, scope), Kind::number);
    if (!item.any_about && item.type.about != About::nothing && item.type.about != About::node) {
      error("unreduced", item.at, fmt::format("an item of a list is one number, this is {}", call_them(item)),
            "largest(x) makes one of the channels of a node");
      return open(formula);
    }
    value = meet(value, item, item.at);
    value.type.kind = Kind::list;
    value.any_kind = value.any_about;
    items.push_back(item.expr);
  }
  value.at = formula.at;
  return add(operation(ExprOp::list, formula.at, std::move(items)), value);
}

CheckedFormula FormulaChecker::check_element(const Formula& formula, Scope& scope) {
  CheckedFormula list = check(formula.operands[0], scope);
  if (!list.any_kind && list.type.kind != Kind::list) {
    error("wrong-kind", formula.mark, fmt::format("{} has no items", kind_name(list.type.kind)),
          list.type.about == About::channel ? "a channel of its own is told by channel(p)"
                                            : "lists have: p.shape[2], p.kernel_shape[0]");
    return open(formula);
  }
  if (!full_ && exprs_[list.expr].op == ExprOp::attribute) exprs_[list.expr].type.kind = Kind::list;
  const CheckedFormula position = one_number(check(formula.operands[1], scope));
  if (!full_ && !position.any_about)
    if (const Expr& at = exprs_[position.expr]; at.op == ExprOp::number && at.number != std::floor(at.number))
      error("out-of-range", position.at, "a position is a whole number, counted from 0",
            "the first item is [0], the last one [-1]");
  CheckedFormula value = list;
  value.type.kind = Kind::number;
  value.any_kind = value.any_about;
  value.at = formula.at;
  return add(operation(ExprOp::element, formula.at, {list.expr, position.expr}), value);
}

}  // namespace rw::dsl
