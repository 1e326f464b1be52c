// Calls: of the functions of the language, and of those that rule files declare, which are written out.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "dsl/check/formula.hpp"
#include "dsl/check/formula_parts.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

// Functions of two numbers that are taken for one over the channels.
struct Confused {
  std::string_view name, hint;
};
constexpr Confused kConfused[] = {{"max", "the largest channel is largest(x)"},
                                  {"min", "the smallest channel is smallest(x)"}};

std::string called(const tree::Function& function) {
  std::string out;
  for (const tree::FunctionParam& param : function.params)
    out += fmt::format("{}{}{}", out.empty() ? "" : ", ", param.name.text,
                       param.otherwise ? " = " + param.otherwise->spelled.text : "");
  return fmt::format("{}({})", function.name.text, out);
}

}  // namespace

// "they are p", where a name has one of the roles.
std::string FormulaChecker::binding_of(unsigned roles) const {
  for (const Binding& binding : *around_.bindings)
    if ((roles & bit(binding.role)) != 0) return fmt::format("did you mean '{}'?", binding.name);
  return "";
}

const Meaning* FormulaChecker::check_binding(tree::FormulaId id, Scope& scope, unsigned roles,
                                             std::string_view wanted) {
  const Formula& formula = formula_of(id);
  const auto refuse = [&](std::string_view why, std::string hint = "") {
    error("wrong-name", formula.at, fmt::format("expected {}, {}", wanted, why), std::move(hint));
    return nullptr;
  };
  if (formula.form != tree::Form::name) return refuse("this is a formula");
  const Meaning* meaning = scope.use(formula.word.text);
  if (meaning == nullptr) {
    unknown_name(formula, scope);
    return nullptr;
  }
  if (meaning->sort == Meaning::Sort::open) return meaning;
  if (meaning->sort != Meaning::Sort::binding) return refuse(fmt::format("'{}' is a value", formula.word.text));
  const Role role = (*around_.bindings)[meaning->index].role;
  if ((roles & bit(role)) == 0)
    return refuse(fmt::format("'{}' is {}", formula.word.text, role_name(role)), binding_of(roles));
  return meaning;
}

bool FormulaChecker::right_count(const Formula& formula, std::size_t least, std::size_t most,
                                 const std::string& as_called) {
  const std::size_t given = formula.operands.size();
  if (given >= least && given <= most) return true;
  const std::string& name = formula.word.text;
  const auto confused =
      std::find_if(std::begin(kConfused), std::end(kConfused), [&](auto& row) { return row.name == name; });
  if (confused != std::end(kConfused) && given == 1) {
    error("wrong-count", formula.word.at, fmt::format("{} compares two values, this is one", name),
          std::string(confused->hint));
  } else {
    error("wrong-count", formula.word.at,
          fmt::format("{} takes {}{} argument{}, not {}", name, least < most ? fmt::format("{} to ", least) : "", most,
                      most == 1 ? "" : "s", given),
          fmt::format("write {}", as_called));
  }
  return false;
}

// Of a call that is wrong already: for the mistakes in its arguments. Names of sets are fine wherever they stand.
void FormulaChecker::check_arguments(const Formula& formula, Scope& scope) {
  for (const tree::FormulaId argument : formula.operands) {
    const Formula& value = formula_of(argument);
    const auto& ways = context_.vocabulary.reductions;  // the first argument of a function that collects
    if (value.form == tree::Form::name &&
        (scope.use(value.word.text) != nullptr || std::find(ways.begin(), ways.end(), value.word.text) != ways.end()))
      continue;
    check(argument, scope);
  }
}

CheckedFormula FormulaChecker::check_call(const Formula& formula, Scope& scope) {
  using Handler = CheckedFormula (FormulaChecker::*)(const Formula&, std::uint32_t, Scope&);
  static constexpr std::array<Handler, 10> kHandlers = {
      &FormulaChecker::call_numeric,   // numeric
      &FormulaChecker::call_per_node,  // per_node
      &FormulaChecker::call_collect,   // collect_classes
      &FormulaChecker::call_collect,   // collect_all
      &FormulaChecker::call_groups,    // collect_groups
      &FormulaChecker::call_count,     // count
      &FormulaChecker::call_data,      // data
      &FormulaChecker::call_channels,  // channels
      &FormulaChecker::call_gain,      // gain
      &FormulaChecker::call_best,      // best
  };
  if (refused_in_guard(formula, "functions")) return open(formula);
  if (around_.place == Surroundings::Place::function && of_patterns(formula)) {
    check_arguments(formula, scope);
    return open(formula);
  }
  const auto& functions = context_.vocabulary.functions;
  const auto row =
      std::find_if(functions.begin(), functions.end(), [&](auto& r) { return r.name == formula.word.text; });
  if (row != functions.end()) {
    const auto arity = static_cast<std::size_t>(row->arity);
    if (!right_count(formula, arity, std::max(arity, static_cast<std::size_t>(row->most)), called(*row))) {
      check_arguments(formula, scope);
      return open(formula);
    }
    return (this->*kHandlers[static_cast<std::size_t>(row->form)])(
        formula, static_cast<std::uint32_t>(row - functions.begin()), scope);
  }
  const Found<FunctionEntry> found = find_name(*names_, &FileNames::functions, formula.word.text);
  if (found.second != nullptr) {
    error("duplicate-name", formula.word.at, fmt::format("two files that are used declare '{}'", formula.word.text),
          fmt::format("{} and {}", context_.sources.name_and_line(found.entry->at),
                      context_.sources.name_and_line(found.second->at)));
    return open(formula);
  }
  if (found.entry == nullptr) return unknown_function(formula, scope);
  return call_user(formula, *found.entry, scope);
}

// Whether this can be a call in a rule with `match`.
bool FormulaChecker::of_patterns(const Formula& formula) const {
  const auto& words = context_.vocabulary.pattern_functions;
  return std::any_of(words.begin(), words.end(), [&](const PatternFunctionWord& row) {
    const bool either = std::any_of(context_.vocabulary.functions.begin(), context_.vocabulary.functions.end(),
                                    [&](auto& other) { return other.name == row.name; });
    const std::size_t given = formula.operands.size();
    return row.name == formula.word.text && (!either || (given != 1 && given >= row.least && given <= row.most));
  });
}

CheckedFormula FormulaChecker::unknown_function(const Formula& formula, Scope& scope) {
  const std::string& name = formula.word.text;
  const auto later = names_->later_functions.find(name);
  const auto& actions = context_.vocabulary.actions;
  if (later != names_->later_functions.end()) {
    const bool itself = later->second.offset <= formula.at.offset && !names_->functions.contains(name) &&
                        around_.place == Surroundings::Place::function;
    error("not-yet-known", formula.word.at,
          itself ? fmt::format("'{}' cannot call itself", name)
                 : fmt::format("function '{}' is used before it is declared", name),
          itself ? "write the formula out"
                 : fmt::format("move it up from line {}", context_.sources.locate(later->second).line));
  } else if (std::any_of(actions.begin(), actions.end(), [&](auto& row) { return row.name == name; })) {
    error("wrong-name", formula.word.at, fmt::format("'{}' is an action, not a function", name),
          fmt::format("write `do {}(...)`", name));
  } else if (of_patterns(formula)) {
    error("misplaced", formula.word.at, fmt::format("'{}' is a function of rules with `match`", name),
          "`rewrite-engine ops` lists those of rules with a region");
  } else if (scope.find(name) != nullptr) {
    error("wrong-name", formula.word.at, fmt::format("'{}' is not a function", name), "to multiply write *");
  } else {
    std::vector<std::string_view> candidates = visible_names(*names_, &FileNames::functions);
    for (const FunctionWord& row : context_.vocabulary.functions) candidates.push_back(row.name);
    error("unknown-name", formula.word.at, fmt::format("unknown function '{}'", name), meant_or_all(name, candidates));
  }
  check_arguments(formula, scope);
  return open(formula);
}

// A number, or what a parameter is where nobody says otherwise.
std::optional<double> FormulaChecker::known_number(const Expr& expr) const {
  if (expr.op == ExprOp::number) return expr.number;
  if (expr.op == ExprOp::parameter && around_.params != nullptr) return (*around_.params)[expr.index].value;
  return std::nullopt;
}

// clamp(x, 20, 1): what is at least 20 is not at most 1.
void FormulaChecker::check_bounds(const Formula& formula, const std::vector<ExprId>& operands) {
  if (formula.word.text != "clamp" || operands.size() != 3 || full_) return;
  const auto least = known_number(exprs_[operands[1]]), most = known_number(exprs_[operands[2]]);
  if (!least || !most || *least <= *most) return;
  error("out-of-range", formula.at, fmt::format("nothing is at least {} and at most {}", *least, *most),
        "clamp(x, lo, hi): the smaller bound stands first");
}

CheckedFormula FormulaChecker::call_numeric(const Formula& formula, std::uint32_t function, Scope& scope) {
  std::vector<ExprId> operands;
  CheckedFormula value;
  for (std::size_t i = 0; i < formula.operands.size(); ++i) {
    const CheckedFormula argument = expect_kind(check(formula.operands[i], scope), Kind::number);
    value = i == 0 ? argument : meet(value, argument, formula.word.at);
    operands.push_back(argument.expr);
  }
  check_bounds(formula, operands);
  value.at = formula.at;
  Expr expr = operation(ExprOp::call, formula.at, std::move(operands));
  expr.index = function;
  return add(std::move(expr), value);
}

CheckedFormula FormulaChecker::call_per_node(const Formula& formula, std::uint32_t function, Scope& scope) {
  CheckedFormula value = expect_kind(check(formula.operands[0], scope), Kind::number);
  if (!value.any_about && value.type.about != About::channel) {
    const bool of_region = value.type.about == About::region_class;
    error("nothing-to-collect", value.at,
          fmt::format("{} is over the channels of each node, this is {}", formula.word.text, call_them(value)),
          of_region ? "overall(max, x) is over the whole region" : "it takes a field of channels, as p.max");
    value.any_about = true;
  }
  Expr expr = operation(ExprOp::call, formula.at, {value.expr});
  expr.index = function;
  expr.family = value.type.family;
  value.type.about = About::node;
  value.at = formula.at;
  return add(std::move(expr), value);
}

// The first argument of a function that collects; nothing after an error.
std::optional<std::uint32_t> FormulaChecker::reduction_of(const Formula& formula) {
  const auto& reductions = context_.vocabulary.reductions;
  const Formula& by = formula_of(formula.operands[0]);
  const auto reduction = std::find(reductions.begin(), reductions.end(), std::string_view(by.word.text));
  if (by.form == tree::Form::name && reduction != reductions.end())
    return static_cast<std::uint32_t>(reduction - reductions.begin());
  const std::vector<std::string_view> names(reductions.begin(), reductions.end());
  std::string hint = by.form == tree::Form::name ? did_you_mean(by.word.text, names) : "";
  if (hint.empty())
    hint = fmt::format("write {}({}, x{})", formula.word.text, names.empty() ? "" : names.front(),
                       formula.operands.size() > 2 ? ", 4" : "");
  error("unknown-name", by.at, fmt::format("{} takes the way to collect first", formula.word.text), std::move(hint));
  return std::nullopt;
}

CheckedFormula FormulaChecker::call_collect(const Formula& formula, std::uint32_t function, Scope& scope) {
  const bool of_classes = context_.vocabulary.functions[function].form == FunctionForm::collect_classes;
  const auto reduction = reduction_of(formula);
  if (!reduction) {
    check(formula.operands[1], scope);
    return open(formula);
  }
  const CheckedFormula argument = expect_kind(check(formula.operands[1], scope), Kind::number);
  const About about = argument.type.about;
  if (!argument.any_about && (about == About::nothing || (of_classes && about == About::region_class))) {
    error(
        "nothing-to-collect", argument.at,
        fmt::format("{} collects the values of nodes or channels, this is {}", formula.word.text, call_them(argument)),
        "it takes a field of a set, as p.max, or what is made of one");
  }
  Expr expr = operation(ExprOp::call, formula.at, {argument.expr});
  expr.index = function;
  expr.reduction = *reduction;
  expr.family = argument.type.family;
  const Type type = {Kind::number, of_classes ? About::region_class : About::nothing, kNoBinding};
  return add(std::move(expr), {0, type, false, false, formula.at});
}

// grouped(max, x, 4): of each channel the largest x of its group, which are neighbours.
CheckedFormula FormulaChecker::call_groups(const Formula& formula, std::uint32_t function, Scope& scope) {
  const auto reduction = reduction_of(formula);
  CheckedFormula value = expect_kind(check(formula.operands[1], scope), Kind::number);
  const CheckedFormula size = one_number(check(formula.operands[2], scope));
  if (!reduction) return open(formula);
  if (!value.any_about && value.type.about != About::channel) {
    error("nothing-to-collect", value.at,
          fmt::format("{} collects neighbouring channels of a node, this is {}", formula.word.text, call_them(value)),
          "it takes a field of channels, as p.max");
    value.any_about = true;
  }
  if (const auto known = full_ ? std::nullopt : known_number(exprs_[size.expr]);
      known && !size.any_about && !(*known >= 1 && *known == std::floor(*known)))
    error("out-of-range", size.at, "a group has a whole number of channels, from 1 on", "write grouped(max, x, 4)");
  Expr expr = operation(ExprOp::call, formula.at, {value.expr, size.expr});
  expr.index = function;
  expr.reduction = *reduction;
  expr.family = value.type.family;
  value.at = formula.at;
  return add(std::move(expr), value);
}

// channel(p): which channel it is, counted from 0.
CheckedFormula FormulaChecker::call_channels(const Formula& formula, std::uint32_t function, Scope& scope) {
  const Meaning* set = check_binding(formula.operands[0], scope, kSets, "a set of nodes");
  if (set == nullptr || set->sort == Meaning::Sort::open) return open(formula);
  Expr expr = operation(ExprOp::call, formula.at, {});
  expr.index = function;
  expr.family = set->index;
  return add(std::move(expr), {0, {Kind::number, About::channel, set->index}, false, false, formula.at});
}

bool FormulaChecker::check_scale(const CheckedFormula& value, BindingIndex parents) {
  const bool of_nodes = value.type.about == About::node || value.type.about == About::channel;
  if (value.any_about || !of_nodes || around_.bindings == nullptr) return true;
  const std::vector<Binding>& bindings = *around_.bindings;
  const Binding& others = bindings[value.type.family];
  const bool any = parents == kNoBinding;
  if (any ? others.role == Role::parents : value.type.family == parents) return true;
  error("families-meet", value.at,
        fmt::format("a scale for {} cannot be {}", any ? "parents" : bindings[parents].name, call_them(value)),
        fmt::format("across(max, ...) makes a value of the region from those of {}", others.name));
  return false;
}

// gain(p, s): how many dB scaling p by s wins.
CheckedFormula FormulaChecker::call_gain(const Formula& formula, std::uint32_t function, Scope& scope) {
  const Meaning* parents = check_binding(formula.operands[0], scope, bit(Role::parents), "the parents of the region");
  const CheckedFormula scale = expect_kind(check(formula.operands[1], scope), Kind::number);
  if (parents == nullptr || parents->sort == Meaning::Sort::open) return open(formula);
  check_scale(scale, parents->index);
  Expr expr = operation(ExprOp::call, formula.at, {scale.expr});
  expr.index = function;
  expr.family = parents->index;
  return add(std::move(expr), {0, {Kind::number, About::nothing, kNoBinding}, false, false, formula.at});
}

// best(s, t): the one of these scales that wins most.
CheckedFormula FormulaChecker::call_best(const Formula& formula, std::uint32_t function, Scope& scope) {
  CheckedFormula value = call_numeric(formula, function, scope);
  if (full_) return value;
  for (const ExprId operand : exprs_[value.expr].operands) {
    const Expr& expr = exprs_[operand];
    value.any_about |= !check_scale({operand, expr.type, value.any_kind, value.any_about, expr.at}, kNoBinding);
  }
  return value;
}

CheckedFormula FormulaChecker::one_number(CheckedFormula value) {
  value = expect_kind(value, Kind::number);
  if (value.any_about || value.type.about == About::nothing) return value;
  error("unreduced", value.at, fmt::format("one number is wanted here, not {}", call_them(value)),
        "largest(x), overall(max, x) and their kin make one of many");
  value.any_about = true;
  return value;
}

CheckedFormula FormulaChecker::call_count(const Formula& formula, std::uint32_t function, Scope& scope) {
  const Meaning* set = check_binding(formula.operands[0], scope, kSets, "a set of nodes");
  Expr expr = operation(ExprOp::call, formula.at, {});
  expr.index = function;
  if (set != nullptr) expr.family = set->index;
  return add(std::move(expr), {0, {Kind::number, About::nothing, kNoBinding}, false, false, formula.at});
}

CheckedFormula FormulaChecker::call_data(const Formula& formula, std::uint32_t function, Scope& scope) {
  const Meaning* set =
      check_binding(formula.operands[0], scope, bit(Role::parents) | bit(Role::join) | bit(Role::region),
                    "parents, joins or the region");
  Expr expr = operation(ExprOp::call, formula.at, {});
  expr.index = function;
  if (set != nullptr) expr.family = set->index;
  return add(std::move(expr), {0, {Kind::condition, About::nothing, kNoBinding}, false, false, formula.at});
}

// What a parameter stands for while the function is written out. A set stays a set; a value that is more than a name is
// worked out once, in a let slot.
Meaning FormulaChecker::argument_meaning(tree::FormulaId id, Scope& scope,
                                         std::vector<std::pair<std::uint32_t, ExprId>>& lets) {
  const Formula& formula = formula_of(id);
  if (formula.form == tree::Form::name) {
    if (const Meaning* meaning = scope.use(formula.word.text)) {
      if (meaning->sort == Meaning::Sort::binding || meaning->sort == Meaning::Sort::open) return *meaning;
    }
  }
  const CheckedFormula value = check(id, scope);
  Meaning meaning{Meaning::Sort::alias, value.expr, value.type, value.any_kind, value.any_about, formula.at, false};
  if (full_ || (value.any_kind && value.any_about)) {
    meaning.sort = Meaning::Sort::open;
    return meaning;
  }
  const ExprOp op = exprs_[value.expr].op;
  if (op != ExprOp::number && op != ExprOp::text && op != ExprOp::parameter && op != ExprOp::local) {
    meaning.sort = Meaning::Sort::local;
    meaning.index = slots_++;
    lets.emplace_back(meaning.index, value.expr);
  }
  return meaning;
}

// Where a call is given the region, which few functions take: the set that may be meant.
std::string FormulaChecker::meant_set(const Formula& formula, Scope& scope) const {
  for (const tree::FormulaId id : formula.operands) {
    const Formula& argument = formula_of(id);
    const Meaning* meaning = argument.form == tree::Form::name ? scope.find(argument.word.text) : nullptr;
    if (meaning == nullptr || meaning->sort != Meaning::Sort::binding) continue;
    if ((*around_.bindings)[meaning->index].role != Role::region) continue;
    for (const Binding& binding : *around_.bindings)
      if (binding.role == Role::parents)
        return fmt::format("'{}' is a region: did you mean '{}'?", argument.word.text, binding.name);
  }
  return "";
}

CheckedFormula FormulaChecker::call_user(const Formula& formula, const FunctionEntry& entry, Scope& scope) {
  if (entry.function != nullptr && !right_count(formula, entry.least(), entry.most(), called(*entry.function))) {
    check_arguments(formula, scope);
    return open(formula);
  }
  std::vector<std::pair<std::uint32_t, ExprId>> lets;
  Scope inner;
  for (std::size_t i = 0; i < formula.operands.size(); ++i) {
    const Meaning meaning = argument_meaning(formula.operands[i], scope, lets);
    if (entry.function != nullptr) inner.add(entry.function->params[i].name.text, meaning);
  }
  for (std::size_t i = formula.operands.size(); entry.function != nullptr && i < entry.most(); ++i) {
    const tree::FunctionParam& param = entry.function->params[i];
    Expr number = operation(ExprOp::number, formula.at, {});
    number.number = param.otherwise->value;
    const Type type = {Kind::number, About::nothing, kNoBinding};
    const CheckedFormula value = add(std::move(number), {0, type, false, false, formula.at});
    inner.add(param.name.text, {Meaning::Sort::alias, value.expr, type, false, full_, formula.at, false});
  }
  // By itself a function was checked where it is declared; what it makes of open parameters is open.
  if (entry.broken || entry.function == nullptr || around_.place == Surroundings::Place::function) return open(formula);

  const FileNames* outside = names_;
  calls_.push_back(
      {formula.word.at, formula.word.text, entry.at, context_.reporter.errors(), meant_set(formula, scope)});
  names_ = entry.home;
  CheckedFormula value = check(entry.function->body, inner);
  names_ = outside;
  calls_.pop_back();

  for (std::size_t i = lets.size(); i-- > 0;) {
    Expr let = operation(ExprOp::let_, formula.at, {lets[i].second, value.expr});
    let.index = lets[i].first;
    value = add(std::move(let), value);
  }
  value.at = formula.at;
  return value;
}

}  // namespace rw::dsl
