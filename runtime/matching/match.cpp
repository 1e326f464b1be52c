#include "runtime/matching/match.hpp"

#include <algorithm>

#include "runtime/laws/guard.hpp"

namespace rw::runtime {
namespace {

bool names(const dsl::Term& term, const Analysis& analysis, OperatorId op) {
  return term.law != dsl::kNoLaw ? laws()[term.law] == &analysis.law(op) : analysis.network->type_of(op) == term.op;
}

bool asks_nothing(const dsl::Term& term) { return term.guards.empty() && !term.on_channel; }

bool is_met(const dsl::Term& term, const Analysis& analysis, OperatorId op);

bool takes_out(const dsl::TermList& terms, const Analysis& analysis, OperatorId op) {
  return std::any_of(terms.begin(), terms.end(),
                     [&](const dsl::Term& term) { return names(term, analysis, op) && is_met(term, analysis, op); });
}

// What a term says of an operator that it names.
bool is_met(const dsl::Term& term, const Analysis& analysis, OperatorId op) {
  if (term.excepted.empty() && asks_nothing(term)) return true;
  if (!asks_nothing(term) && !holds(term, analysis.site(op))) return false;
  return std::none_of(term.excepted.begin(), term.excepted.end(),
                      [&](const auto& list) { return takes_out(*list, analysis, op); });
}

}  // namespace

bool is_excepted(const dsl::Terms& terms, const Analysis& analysis, OperatorId op) {
  return std::any_of(terms.terms.begin(), terms.terms.end(), [&](const dsl::Term& term) {
    if (!names(term, analysis, op) || (!asks_nothing(term) && !holds(term, analysis.site(op)))) return false;
    return std::any_of(term.excepted.begin(), term.excepted.end(),
                       [&](const auto& list) { return takes_out(*list, analysis, op); });
  });
}

Clause::Clause(std::span<const dsl::Term> terms, const Analysis& analysis) : by_type_(analysis.network->type_count()) {
  for (const dsl::Term& term : terms) {
    if (term.law != dsl::kNoLaw) {
      by_law_[laws()[term.law]].push_back(&term);
    } else if (const auto type = analysis.network->find_type(term.op)) {
      by_type_[*type].push_back(&term);
    }
  }
}

bool Clause::admits(const Analysis& analysis, OperatorId op) const {
  const auto admitted = [&](const dsl::Term* term) { return is_met(*term, analysis, op); };
  const auto& named = by_type_[analysis.network->op(op).type];
  if (std::any_of(named.begin(), named.end(), admitted)) return true;
  const auto obeying = by_law_.find(&analysis.law(op));
  return obeying != by_law_.end() && std::any_of(obeying->second.begin(), obeying->second.end(), admitted);
}

Pattern::Pattern(const dsl::RegionPattern& pattern, const Analysis& analysis)
    : pattern_(pattern),
      analysis_(analysis),
      parents_(pattern.parents.terms, analysis),
      children_(pattern.children.terms, analysis) {
  for (const dsl::Terms& terms : pattern.through) through_.emplace_back(terms.terms, analysis);
  for (const dsl::Terms& terms : pattern.joins) joins_.emplace_back(terms.terms, analysis);
  if (pattern.restore) restore_.emplace(pattern.restore->terms, analysis);
}

bool Pattern::restores(OperatorId op) const { return restore_ && restore_->admits(analysis_, op); }

std::optional<Miss> Pattern::match(const Regions& regions, RegionId id) const {
  std::optional<Miss> first;
  examine(regions, id, [&](Miss miss) {
    first = std::move(miss);
    return false;
  });
  return first;
}

std::vector<Miss> Pattern::misses(const Regions& regions, RegionId id) const {
  std::vector<Miss> all;
  examine(regions, id, [&](Miss miss) {
    all.push_back(std::move(miss));
    return true;
  });
  return all;
}

dsl::Position Pattern::clause_of_inner(bool joining) const {
  if (joining) return pattern_.joins.empty() ? pattern_.at : pattern_.joins[0].at;
  return pattern_.through.empty() ? pattern_.at : pattern_.through[0].at;
}

void Pattern::examine(const Regions& regions, RegionId id, graph::FunctionRef<bool(Miss)> more) const {
  const Region& region = regions[id];
  for (const OperatorId op : region.parents)
    if (!parents_.admits(analysis_, op) &&
        !more({.obstacle = Obstacle::parent, .op = op, .clause = pattern_.parents.at}))
      return;
  // Where leaks are restored, what gives the scale back is no child that a clause would have to name, or that takes it.
  const auto gives_back = [&](OperatorId op) { return pattern_.restore && regions.is_restoring(op); };
  for (const OperatorId op : region.children)
    if (!gives_back(op) && !children_.admits(analysis_, op) &&
        !more({.obstacle = Obstacle::child, .op = op, .clause = pattern_.children.at}))
      return;
  const auto admits = [&](OperatorId op) {
    return [this, op](const Clause& clause) { return clause.admits(analysis_, op); };
  };
  for (const OperatorId op : region.inner) {
    const bool joining = regions.is_joining(op);
    const std::vector<Clause>& clauses = joining ? joins_ : through_;
    if (std::none_of(clauses.begin(), clauses.end(), admits(op)) &&
        !more({.obstacle = Obstacle::inner, .op = op, .clause = clause_of_inner(joining)}))
      return;
  }
  // Whether some operator inside is one that a clause must have.
  const auto has = [&](const Clause& clause, bool joining) {
    return std::any_of(region.inner.begin(), region.inner.end(), [&](OperatorId op) {
      return regions.is_joining(op) == joining && clause.admits(analysis_, op);
    });
  };
  for (std::size_t i = 0; i < through_.size(); ++i)
    if (pattern_.through[i].required && !has(through_[i], false) &&
        !more({.obstacle = Obstacle::no_through, .clause = pattern_.through[i].at}))
      return;
  for (std::size_t i = 0; i < joins_.size(); ++i)
    if (pattern_.joins[i].required && !has(joins_[i], true) &&
        !more({.obstacle = Obstacle::no_join, .clause = pattern_.joins[i].at}))
      return;
  if (pattern_.leaks == dsl::LeakPolicy::reject)
    for (const Leak& leak : region.leaks)
      if (!more({.obstacle = Obstacle::leak, .op = leak.op, .tensor = leak.tensor, .clause = pattern_.at})) return;
  if (std::all_of(region.children.begin(), region.children.end(), gives_back) &&
      !more({.obstacle = Obstacle::no_child, .clause = pattern_.children.at}))
    return;
  if (!has_free_class(regions, id, analysis_)) more({.obstacle = Obstacle::no_free_channel, .clause = pattern_.at});
}

std::vector<OperatorId> Pattern::joins(const Regions& regions, RegionId region, std::size_t clause) const {
  std::vector<OperatorId> ops;
  for (const OperatorId op : regions[region].inner)
    if (regions.is_joining(op) && joins_[clause].admits(analysis_, op)) ops.push_back(op);
  return ops;
}

std::uint32_t free_classes(const Regions& regions, RegionId id, const Analysis& analysis) {
  const Region& region = regions[id];
  std::vector<bool> offered(region.classes, false);
  for (const OperatorId op : region.parents)
    for (const std::uint32_t scale_class : regions.classes(analysis.network->op(op).outputs[0]))
      offered[scale_class] = true;
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < region.classes; ++i) count += offered[i] && !regions.pinned(region, i);
  return count;
}

bool has_free_class(const Regions& regions, RegionId id, const Analysis& analysis) {
  const Region& region = regions[id];
  for (const OperatorId op : region.parents)
    for (const std::uint32_t scale_class : regions.classes(analysis.network->op(op).outputs[0]))
      if (!regions.pinned(region, scale_class)) return true;
  return false;
}

}  // namespace rw::runtime
