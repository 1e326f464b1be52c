#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "dsl/check/check.hpp"
#include "dsl/check/formula.hpp"
#include "dsl/check/formula_parts.hpp"
#include "dsl/check/pattern_parts.hpp"
#include "dsl/check/terms.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

constexpr std::uint32_t kMaxRepeat = 1000;

// What actions edited the graph before there was `match`, and how it is said now.
struct Gone {
  std::string_view name, instead, example;
};
constexpr Gone kGone[] = {
    {"remove", "a `replace` without an operator takes it out", "match { y = Identity(x) } replace { y = x }"},
    {"replace", "a rule with `match` puts another operator in its place",
     "match { y = Pow(x, 2) } replace { y = Mul(x, x) }"},
    {"fold_affine", "a rule with `match` computes the new weight", "fold_factor in prepare.dsl shows how"},
};

// One rule while its clauses are checked in the order written.
class RuleChecker {
 public:
  RuleChecker(CheckContext& context, const FileNames& names, const tree::Rule& tree)
      : context_(context),
        names_(names),
        tree_(tree),
        formulas_(context, names, around_, rule_.exprs, rule_.slots),
        errors_before_(context.reporter.errors()) {
    around_.bindings = &rule_.bindings;
    around_.operators = &operators_;
    around_.params = &rule_.params;
  }

  // Clauses that bind names may be missing.
  void check_beginning() {
    for (const tree::NumberArgument& param : tree_.params) add_param(param);
    around_.incomplete = true;
    for (const tree::Clause& clause : tree_.clauses) check_clause(clause);
  }

  Rule check() {
    rule_.name = tree_.name.text;
    rule_.at = tree_.name.at;
    if (tree_.doc) rule_.doc = tree_.doc->text;
    for (const tree::NumberArgument& param : tree_.params) add_param(param);
    collect_later();
    around_.incomplete = !binds_all();
    for (const tree::Clause& clause : tree_.clauses) check_clause(clause);
    check_whole();
    return std::move(rule_);
  }

 private:
  void error(std::string_view code, Position at, std::string message, std::string hint = "") {
    context_.reporter.error(code, at, std::move(message), std::move(hint));
  }

  // ---- names ----

  bool add_name(const tree::Word& word, Meaning meaning) {
    meaning.at = word.at;
    around_.bound_later.erase(word.text);
    if (scope_.add(word.text, meaning)) return true;
    const Position before = scope_.find(word.text)->at;
    error("duplicate-name", word.at, fmt::format("'{}' is taken", word.text),
          fmt::format("it is bound in line {}: choose another name", context_.sources.locate(before).line));
    return false;
  }

  void add_param(const tree::NumberArgument& param) {
    const auto index = static_cast<std::uint32_t>(rule_.params.size());
    if (add_name(param.name, {Meaning::Sort::parameter, index, {}, false, false, {}, false})) {
      rule_.params.push_back({param.name.text, param.value, param.name.at});
    }
  }

  BindingIndex add_binding(const tree::Word& word, Role role, OperatorList operators) {
    const auto index = static_cast<BindingIndex>(rule_.bindings.size());
    if (!add_name(word, {Meaning::Sort::binding, index, {}, false, false, {}, false})) return kNoBinding;
    rule_.bindings.push_back({word.text, role, word.at});
    operators_.push_back(std::move(operators));
    return index;
  }

  // What clauses bind, for "used before it is bound".
  void collect_later() {
    auto& later = around_.bound_later;
    for (const tree::Clause& clause : tree_.clauses) {
      const bool binds = clause.form == tree::ClauseWord::let || clause.form == tree::ClauseWord::region;
      if (binds) later.emplace(clause.name.text, clause.name.at);
      for (const tree::RegionClause& part : clause.region) {
        if (part.as) later.emplace(part.as->text, part.as->at);
      }
    }
  }

  // Whether there is the clause that binds names: a region with parents and children.
  bool binds_all() const {
    using tree::ClauseWord, tree::RegionWord;
    const auto has = [](const tree::Clause& region, RegionWord word) {
      return std::any_of(region.region.begin(), region.region.end(), [&](auto& part) { return part.form == word; });
    };
    return std::any_of(tree_.clauses.begin(), tree_.clauses.end(), [&](const tree::Clause& clause) {
      return clause.form == ClauseWord::region && has(clause, RegionWord::parents) && has(clause, RegionWord::children);
    });
  }

  // ---- clauses ----

  void check_clause(const tree::Clause& clause) {
    using Handler = void (RuleChecker::*)(const tree::Clause&);
    static constexpr std::array<Handler, 10> kHandlers = {
        &RuleChecker::check_region, &RuleChecker::check_let,   &RuleChecker::check_where, &RuleChecker::check_needs,
        &RuleChecker::check_repeat, &RuleChecker::check_again, &RuleChecker::check_do,    &RuleChecker::of_pattern,
        &RuleChecker::of_pattern,   &RuleChecker::of_pattern};
    (this->*kHandlers[static_cast<std::size_t>(clause.form)])(clause);
  }

  void check_region(const tree::Clause& clause) {
    if (rule_.region) {
      error("duplicate-clause", clause.word, "a rule has one region", "make a rule of its own for each");
      return;
    }
    RegionPattern& region = rule_.region.emplace();
    region.at = clause.name.at;
    region.binding = add_binding(clause.name, Role::region, {});
    bool parents = false, children = false, leak = false;
    for (const tree::RegionClause& part : clause.region) check_region_clause(part, region, parents, children, leak);
    const auto lacks = [&](std::string_view word, std::string_view example) {
      error("missing-clause", clause.name.at, fmt::format("region '{}' has no `{}`", clause.name.text, word),
            fmt::format("say which operators {}", example));
    };
    if (!parents) lacks("parents", "offer a scale: parents Conv as p");
    if (!children) lacks("children", "absorb it: children Conv as c");
  }

  void check_region_clause(const tree::RegionClause& part, RegionPattern& region, bool& parents, bool& children,
                           bool& leak) {
    const auto once = [&](bool& seen, std::string_view word) {
      if (seen) {
        error("duplicate-clause", part.word, fmt::format("a region has one `{}`", word),
              "one clause lists all of them");
      }
      return !std::exchange(seen, true);
    };
    switch (part.form) {
      case tree::RegionWord::parents:
        if (Terms terms = check_terms(part, Role::parents); once(parents, "parents")) region.parents = std::move(terms);
        break;
      case tree::RegionWord::children:
        if (Terms terms = check_terms(part, Role::children); once(children, "children"))
          region.children = std::move(terms);
        break;
      case tree::RegionWord::through:
        region.through.push_back(check_terms(part, Role::join));
        break;
      case tree::RegionWord::must_through:
        region.through.push_back(check_terms(part, Role::join));
        region.through.back().required = true;
        break;
      case tree::RegionWord::join:
        region.joins.push_back(check_terms(part, Role::join));
        region.joins.back().required = true;
        break;
      case tree::RegionWord::may_join:
        region.joins.push_back(check_terms(part, Role::join));
        break;
      case tree::RegionWord::leak_pin:
      case tree::RegionWord::leak_reject:
        if (!once(leak, "leak")) break;
        if (part.form == tree::RegionWord::leak_pin) region.leaks = LeakPolicy::pin;
        if (!part.terms.empty()) region.restore = check_restore(part);
        break;
    }
  }

  // `output` stands for the outputs of the network; it is no set here.
  RestoreClause check_restore(const tree::RegionClause& part) {
    RestoreClause out;
    std::vector<tree::Term> terms;
    for (const tree::Term& term : part.terms) {
      const bool set = term.form == tree::TermForm::set;
      if (set && term.name.text != "output" && nearest(term.name.text, {"output"}) == "output" &&
          find_name(names_, &FileNames::sets, term.name.text).entry == nullptr) {
        error("unknown-name", term.at, fmt::format("unknown set '{}'", term.name.text), "did you mean 'output'?");
        continue;
      }
      if (!set || term.name.text != "output") {
        terms.push_back(term);
        continue;
      }
      out.outputs = true;
      if (term.on_channel || term.guard != tree::kNoFormula)
        error("misplaced", term.at, "`output` stands for all outputs of the network", "take out what is said of it");
    }
    out.terms = write_out(context_, names_, terms, part.excepted).terms;
    return out;
  }

  Terms check_terms(const tree::RegionClause& part, Role role) {
    Terms out;
    out.at = part.at;
    out.terms = write_out(context_, names_, part.terms, part.excepted).terms;
    if (part.as) out.binding = add_binding(*part.as, role, list_operators(context_, out.terms));
    return out;
  }

  void check_let(const tree::Clause& clause) {
    const CheckedFormula value = formulas_.check(clause.expr, scope_);
    Step step;
    step.form = Step::Form::let;
    step.expr = value.expr;
    step.slot = rule_.slots++;
    step.at = clause.at;
    const Meaning meaning = {Meaning::Sort::local, step.slot, value.type, value.any_kind, value.any_about, {}, false};
    if (add_name(clause.name, meaning)) lets_.push_back(&clause.name);
    rule_.steps.push_back(std::move(step));
  }

  void check_condition(const tree::Clause& clause, Step::Form form) {
    Step step;
    step.form = form;
    step.expr = formulas_.check_condition(clause.expr, scope_).expr;
    step.at = clause.at;
    if (clause.reason) step.reason = clause.reason->text;
    rule_.steps.push_back(std::move(step));
  }
  void check_where(const tree::Clause& clause) { check_condition(clause, Step::Form::where); }
  void check_needs(const tree::Clause& clause) { check_condition(clause, Step::Form::needs); }

  void check_repeat(const tree::Clause& clause) {
    if (rule_.repeat) {
      error("duplicate-clause", clause.word, "`repeat` stands twice", "take one of them out");
      return;
    }
    const double count = clause.count.value;
    if (!(count >= 1 && count <= kMaxRepeat) || count != std::floor(count)) {
      error("out-of-range", clause.count.spelled.at, fmt::format("a rule is repeated 1 to {} times", kMaxRepeat),
            count != std::floor(count)
                ? "write a whole number"
                : fmt::format("write {} at most; it ends sooner where little changes", kMaxRepeat));
      rule_.repeat = {1, 0, clause.at};
      return;
    }
    rule_.repeat = {static_cast<std::uint32_t>(count), clause.change.value, clause.at};
  }

  void check_again(const tree::Clause& clause) {
    if (rule_.again) error("duplicate-clause", clause.word, "`again` stands twice", "take one of them out");
    rule_.again = true;
  }

  // `match` and `replace` have a checker of their own.
  void of_pattern(const tree::Clause& clause) {
    error("misplaced", clause.word, "`approximate` is for rules with `match`",
          "take it out: actions say themselves whether they are exact");
  }

  // ---- actions ----

  void check_do(const tree::Clause& clause) {
    const auto& actions = context_.vocabulary.actions;
    const auto action =
        std::find_if(actions.begin(), actions.end(), [&](auto& row) { return row.name == clause.name.text; });
    acts_ = true;
    if (action == actions.end()) {
      const auto gone = std::find_if(std::begin(kGone), std::end(kGone),
                                     [&](const Gone& row) { return row.name == clause.name.text; });
      if (gone != std::end(kGone)) {
        edits_ = true;
        error("unknown-name", clause.name.at, fmt::format("'{}' is no action: {}", gone->name, gone->instead),
              std::string(gone->example));
        return;
      }
      std::vector<std::string_view> candidates;
      for (const ActionWord& row : actions) candidates.push_back(row.name);
      error("unknown-name", clause.name.at, fmt::format("unknown action '{}'", clause.name.text),
            meant_or_all(clause.name.text, candidates));
      return;
    }
    const std::size_t all = action->arguments.size(), least = all - action->optional, given = clause.arguments.size();
    if (given != all && given != least) {
      error("wrong-count", clause.name.at,
            fmt::format("{} takes {}{} argument{}, not {}", action->name,
                        least < all ? fmt::format("{} or ", least) : "", all, all == 1 ? "" : "s", given),
            as_written(*action));
      return;
    }
    Step step;
    step.form = Step::Form::act;
    step.at = clause.at;
    step.action = static_cast<std::uint32_t>(action - actions.begin());
    parents_ = kNoBinding;
    const std::size_t errors = context_.reporter.errors();
    for (std::size_t i = 0; i < given; ++i)
      step.arguments.push_back(check_argument(action->arguments[i], clause.arguments[i]));
    const bool understood = context_.reporter.errors() == errors;
    if (action->optional == 2 && given == all && understood) check_bounds(clause, step);
    rule_.steps.push_back(std::move(step));
  }

  // scale(p, x, 20, 1): the last two are the least and the most.
  void check_bounds(const tree::Clause& clause, const Step& step) {
    const auto number = [&](std::size_t back) -> std::optional<double> {
      const ExprId id = step.arguments[step.arguments.size() - back].expr;
      if (id >= rule_.exprs.size()) return std::nullopt;
      const Expr& expr = rule_.exprs[id];
      if (expr.op == ExprOp::parameter) return rule_.params[expr.index].value;
      return expr.op == ExprOp::number ? std::optional(expr.number) : std::nullopt;
    };
    const auto least = number(2), most = number(1);
    if (!least || !most || (*least > 0 && *least <= *most)) return;
    error("out-of-range", clause.at, fmt::format("no scale is at least {} and at most {}", *least, *most),
          "both bounds are > 0, and the smaller one stands first: do scale(p, x, 0.1, 10)");
  }

  // do scale(p, x, lo, hi)
  static std::string as_written(const ActionWord& action) {
    constexpr std::string_view kWords[] = {"p", "x", "number"};
    std::string out;
    for (const ArgumentForm each : action.arguments)
      out += fmt::format("{}{}", out.empty() ? "" : ", ", kWords[static_cast<std::size_t>(each)]);
    return fmt::format("write do {}({})", action.name, out);
  }

  Step::Argument check_argument(ArgumentForm form, tree::FormulaId id) {
    using Handler = Step::Argument (RuleChecker::*)(tree::FormulaId);
    static constexpr std::array<Handler, 3> kHandlers = {&RuleChecker::parents_argument, &RuleChecker::scale_argument,
                                                         &RuleChecker::number_argument};
    return (this->*kHandlers[static_cast<std::size_t>(form)])(id);
  }

  Step::Argument parents_argument(tree::FormulaId id) {
    const Meaning* parents = formulas_.check_binding(id, scope_, bit(Role::parents), "the parents of the region");
    if (parents != nullptr) parents_ = parents->index;
    return {parents != nullptr ? parents->index : kNoBinding, 0};
  }

  Step::Argument scale_argument(tree::FormulaId id) {
    const CheckedFormula value = formulas_.expect_kind(formulas_.check(id, scope_), Kind::number);
    if (parents_ != kNoBinding) formulas_.check_scale(value, parents_);
    if (const std::optional<double> number = constant(value); number && !(*number > 0))
      error("out-of-range", value.at, "a scale is larger than 0", "what shall stay as it is has scale 1");
    return {kNoBinding, value.expr};
  }

  // The number that a formula is, whatever the network.
  std::optional<double> constant(const CheckedFormula& value) const {
    if (value.any_about || value.expr >= rule_.exprs.size()) return std::nullopt;
    const Expr& expr = rule_.exprs[value.expr];
    if (expr.op == ExprOp::number) return expr.number;
    if (expr.op != ExprOp::negate || rule_.exprs[expr.operands[0]].op != ExprOp::number) return std::nullopt;
    return -rule_.exprs[expr.operands[0]].number;
  }

  Step::Argument number_argument(tree::FormulaId id) {
    return {kNoBinding, formulas_.one_number(formulas_.check(id, scope_)).expr};
  }

  // ---- the rule as a whole ----

  void check_whole() {
    const auto lacks = [&](std::string_view what, std::string_view hint) {
      error("missing-clause", tree_.name.at, fmt::format("rule '{}' has no {}", tree_.name.text, what),
            std::string(hint));
    };
    // An action that is gone has said what to write in place of the whole rule.
    if (!rule_.region && !edits_)
      lacks("region and no `match`", "say where it applies: region r { ... }, or match { ... }");
    if (!acts_) lacks("`do`", "say what to do: do scale(p, ...)");
    if (context_.reporter.errors() != errors_before_) return;  // what is wrong may be the use
    for (const tree::NumberArgument& param : tree_.params) warn_unused(param.name, "parameter");
    for (const tree::Word* let : lets_) warn_unused(*let, "name");
  }

  void warn_unused(const tree::Word& word, std::string_view sort) {
    const Meaning* meaning = scope_.find(word.text);
    if (meaning == nullptr || meaning->used || meaning->at != word.at) return;
    context_.reporter.warning("unused", word.at, fmt::format("{} '{}' is never used", sort, word.text),
                              "take it out, or use it");
  }

  CheckContext& context_;
  const FileNames& names_;
  const tree::Rule& tree_;
  Rule rule_;
  std::vector<OperatorList> operators_;  // for each binding
  Surroundings around_;
  FormulaChecker formulas_;
  Scope scope_;
  std::vector<const tree::Word*> lets_;
  BindingIndex parents_ = kNoBinding;  // of the action that is checked
  bool acts_ = false;
  bool edits_ = false;  // by an action that is gone
  std::size_t errors_before_;
};

bool has_pattern(const tree::Rule& rule) {
  return std::any_of(rule.clauses.begin(), rule.clauses.end(), [](const tree::Clause& clause) {
    return clause.form == tree::ClauseWord::match || clause.form == tree::ClauseWord::replace;
  });
}

}  // namespace

void check_beginning(CheckContext& context, const FileNames& names, const tree::Rule& rule) {
  if (!has_pattern(rule)) RuleChecker(context, names, rule).check_beginning();
}

Rule check_rule(CheckContext& context, const FileNames& names, const tree::Rule& rule) {
  return has_pattern(rule) ? check_pattern_rule(context, names, rule) : RuleChecker(context, names, rule).check();
}

}  // namespace rw::dsl
