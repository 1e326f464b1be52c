// Rules to which an earlier rule leaves nothing: whatever region they want, the earlier one has scaled it. Said only
// where that is sure: the earlier rule's clauses admit every operator that the later one's admit, and whatever it asks
// beyond them (conditions, statistics) the later one asks too.
#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <span>

#include "dsl/check/check.hpp"

namespace rw::dsl {

namespace {

constexpr std::size_t kMostSteps = 10'000'000;  // comparisons of terms and formulas in a run; beyond it nothing is said
constexpr int kDeepest = 200;

bool is_condition(const Step& step) { return step.form == Step::Form::where || step.form == Step::Form::needs; }

// A formula with what its names stand for: parameters, and the values behind `let`.
class ExprView {
 public:
  explicit ExprView(const Rule& rule) : rule_(&rule), exprs_(rule.exprs), values_(rule.slots, kUnknown) {
    for (const Step& step : rule.steps)
      if (step.form == Step::Form::let) values_[step.slot] = step.expr;
    for (const Expr& expr : rule.exprs)
      if (expr.op == ExprOp::let_) values_[expr.index] = expr.operands[0];
  }
  explicit ExprView(const Guard& guard) : exprs_(guard.exprs) {}

  // A local is what it was given.
  const Expr& at(ExprId id) const {
    for (int i = 0; i < kDeepest && exprs_[id].op == ExprOp::local && values_[exprs_[id].index] != kUnknown; ++i)
      id = values_[exprs_[id].index];
    return exprs_[id];
  }
  double param(std::uint32_t index) const { return rule_->params[index].value; }
  // Parents, children and the region are one each; of several joins it is not known which is meant.
  std::optional<Role> role(BindingIndex binding) const {
    if (binding == kNoBinding || rule_ == nullptr) return std::nullopt;
    return rule_->bindings[binding].role;
  }

 private:
  static constexpr ExprId kUnknown = UINT32_MAX;
  const Rule* rule_ = nullptr;
  std::span<const Expr> exprs_;
  std::vector<ExprId> values_;  // by slot
};

class Shadows {
 public:
  Shadows(CheckContext& context, const BoundLaws& bound) : context_(context), bound_(bound) {}

  void check() {
    const std::vector<Rule>& rules = context_.program.rules;
    for (std::size_t later = 1; later < rules.size(); ++later) {
      if (!rules[later].runs || !rules[later].region || rules[later].again) continue;
      for (std::size_t earlier = 0; earlier < later && steps_ < kMostSteps; ++earlier) {
        if (!rules[earlier].region || !shadows(rules[earlier], rules[later])) continue;
        say(rules[earlier], rules[later]);
        break;
      }
    }
  }

 private:
  void say(const Rule& earlier, const Rule& later) {
    context_.reporter.warning(
        "shadowed", later.at,
        fmt::format("rule '{}' never gets a region: '{}' runs first and takes all that it wants", later.name,
                    earlier.name),
        fmt::format("{}: put this rule before it, or say `again`", context_.sources.name_and_line(earlier.at)));
  }

  bool shadows(const Rule& earlier, const Rule& later) {
    return admits(*earlier.region, *later.region) && asks_no_more(earlier, later);
  }

  // ---- clauses ----

  bool admits(const RegionPattern& wide, const RegionPattern& narrow) {
    if (wide.leaks == LeakPolicy::reject && narrow.leaks == LeakPolicy::pin) return false;
    if (narrow.restore) return false;  // it puts operators in, and its regions are others then
    if (!covers(wide.parents.terms, narrow.parents.terms) || !covers(wide.children.terms, narrow.children.terms))
      return false;
    std::vector<Term> wide_through, narrow_through, wide_joins, narrow_joins;
    gather(wide, wide_through, wide_joins);
    gather(narrow, narrow_through, narrow_joins);
    const auto asked = [&](const std::vector<Terms>& clauses, const std::vector<Terms>& others) {
      return std::all_of(clauses.begin(), clauses.end(),
                         [&](const Terms& clause) { return !clause.required || is_asked(clause, others); });
    };
    return covers(wide_through, narrow_through) && covers(wide_joins, narrow_joins) &&
           asked(wide.joins, narrow.joins) && asked(wide.through, narrow.through);
  }

  static void gather(const RegionPattern& pattern, std::vector<Term>& through, std::vector<Term>& joins) {
    for (const Terms& terms : pattern.through) through.insert(through.end(), terms.terms.begin(), terms.terms.end());
    for (const Terms& terms : pattern.joins) joins.insert(joins.end(), terms.terms.begin(), terms.terms.end());
  }

  // Some operator that the others ask for is one that the clause asks for.
  bool is_asked(const Terms& clause, const std::vector<Terms>& others) {
    return std::any_of(others.begin(), others.end(),
                       [&](const Terms& each) { return each.required && covers(clause.terms, each.terms); });
  }

  bool covers(const std::vector<Term>& wide, const std::vector<Term>& narrow) {
    return std::all_of(narrow.begin(), narrow.end(), [&](const Term& term) { return covers(wide, term); });
  }

  // For each operator that `narrow` admits, and each law that it may have then, some term of `wide` does.
  bool covers(const std::vector<Term>& wide, const Term& narrow) {
    constexpr std::uint32_t kNone[] = {kNoLaw};
    if (narrow.law == kNoLaw) {
      const auto laws = bound_.laws_of(narrow.op).empty() ? std::span(kNone) : bound_.laws_of(narrow.op);
      return std::all_of(laws.begin(), laws.end(),
                         [&](std::uint32_t law) { return covers(wide, narrow, narrow.op, law); });
    }
    const auto operators = bound_.operators_of(narrow.law);
    return std::all_of(operators.begin(), operators.end(),
                       [&](std::string_view op) { return covers(wide, narrow, op, narrow.law); });
  }

  bool covers(const std::vector<Term>& wide, const Term& narrow, std::string_view op, std::uint32_t law) {
    return std::any_of(wide.begin(), wide.end(), [&](const Term& each) {
      ++steps_;
      return (each.law == kNoLaw ? each.op == op : each.law == law) && asks_no_more(each, narrow);
    });
  }

  bool asks_no_more(const Term& wide, const Term& narrow) {
    if (steps_ > kMostSteps || (wide.on_channel && !narrow.on_channel)) return false;
    for (const auto& list : wide.excepted)
      if (std::find(narrow.excepted.begin(), narrow.excepted.end(), list) == narrow.excepted.end()) return false;
    return std::all_of(wide.guards.begin(), wide.guards.end(), [&](const auto& guard) {
      return std::any_of(narrow.guards.begin(), narrow.guards.end(), [&](const auto& other) {
        return guard == other || same(ExprView(*guard), guard->root, ExprView(*other), other->root, 0);
      });
    });
  }

  // ---- conditions and statistics ----

  bool asks_no_more(const Rule& earlier, const Rule& later) {
    const ExprView wide(earlier), narrow(later);
    for (const Step& step : earlier.steps) {
      if (!is_condition(step)) continue;
      const bool asked = std::any_of(later.steps.begin(), later.steps.end(), [&](const Step& other) {
        return is_condition(other) && same(wide, step.expr, narrow, other.expr, 0);
      });
      if (!asked) return false;
    }
    const std::set<std::uint32_t> needed = measured(earlier), known = measured(later);
    return std::includes(known.begin(), known.end(), needed.begin(), needed.end());
  }

  // The fields that statistics must be there for.
  std::set<std::uint32_t> measured(const Rule& rule) const {
    std::set<std::uint32_t> out;
    for (const Expr& expr : rule.exprs)
      if (expr.op == ExprOp::field && context_.vocabulary.fields[expr.index].measured) out.insert(expr.index);
    return out;
  }

  bool same(const ExprView& a, ExprId i, const ExprView& b, ExprId j, int depth) {
    if (++steps_ > kMostSteps || depth > kDeepest) return false;
    const Expr& x = a.at(i);
    const Expr& y = b.at(j);
    if (x.op != y.op || x.op == ExprOp::local || x.operands.size() != y.operands.size()) return false;
    if (x.op == ExprOp::parameter) return a.param(x.index) == b.param(y.index);
    const std::optional<Role> role = a.role(x.family);
    if (role != b.role(y.family) || role == Role::join) return false;
    if (x.number != y.number || x.text != y.text || x.reduction != y.reduction) return false;
    if (x.op != ExprOp::let_ && x.index != y.index) return false;
    for (std::size_t each = 0; each < x.operands.size(); ++each)
      if (!same(a, x.operands[each], b, y.operands[each], depth + 1)) return false;
    return true;
  }

  CheckContext& context_;
  const BoundLaws& bound_;
  std::size_t steps_ = 0;
};

}  // namespace

void check_shadows(CheckContext& context, const BoundLaws& bound) { Shadows(context, bound).check(); }

}  // namespace rw::dsl
