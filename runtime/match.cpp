#include "runtime/match.hpp"

#include <algorithm>

#include "runtime/guard.hpp"

namespace rw::runtime {

Clause::Clause(const dsl::Terms& terms, const Analysis& analysis) : by_type_(analysis.network->type_count()) {
  for (const dsl::Term& term : terms.terms)
    if (const auto type = analysis.network->find_type(term.op)) by_type_[*type].push_back(&term);
}

bool Clause::admits(const Analysis& analysis, OperatorId op) const {
  const auto& terms = by_type_[analysis.network->op(op).type];
  return std::any_of(terms.begin(), terms.end(), [&](const dsl::Term* term) {
    return (term->guards.empty() && !term->on_channel) || runtime::admits(*term, analysis.site(op));
  });
}

Pattern::Pattern(const dsl::RegionPattern& pattern, const Analysis& analysis)
    : pattern_(pattern),
      analysis_(analysis),
      parents_(pattern.parents, analysis),
      children_(pattern.children, analysis) {
  for (const dsl::Terms& terms : pattern.through) through_.emplace_back(terms, analysis);
  for (const dsl::JoinClause& clause : pattern.joins) joins_.emplace_back(clause.terms, analysis);
}

std::optional<Miss> Pattern::match(const Regions& regions, RegionId id) const {
  const Region& region = regions[id];
  const auto unwanted = [&](std::span<const OperatorId> ops, const Clause& clause) {
    return std::find_if(ops.begin(), ops.end(), [&](OperatorId op) { return !clause.admits(analysis_, op); });
  };
  if (const auto op = unwanted(region.parents, parents_); op != region.parents.end())
    return Miss{.obstacle = Obstacle::parent, .op = *op, .clause = pattern_.parents.at};
  if (const auto op = unwanted(region.children, children_); op != region.children.end())
    return Miss{.obstacle = Obstacle::child, .op = *op, .clause = pattern_.children.at};
  std::vector<bool> met(joins_.size(), false);
  for (const OperatorId op : region.inner) {
    const bool joining = regions.is_joining(op);
    bool admitted = false;
    if (joining) {
      for (std::size_t i = 0; i < joins_.size(); ++i) {
        if (!joins_[i].admits(analysis_, op)) continue;
        met[i] = admitted = true;
      }
    } else {
      admitted = std::any_of(through_.begin(), through_.end(),
                             [&](const Clause& clause) { return clause.admits(analysis_, op); });
    }
    if (!admitted) return Miss{.obstacle = Obstacle::inner, .op = op, .clause = pattern_.at};
  }
  for (std::size_t i = 0; i < joins_.size(); ++i)
    if (pattern_.joins[i].required && !met[i])
      return Miss{.obstacle = Obstacle::no_join, .clause = pattern_.joins[i].terms.at};
  if (pattern_.leaks == dsl::LeakPolicy::reject && !region.leaks.empty())
    return Miss{
        .obstacle = Obstacle::leak, .op = region.leaks[0].op, .tensor = region.leaks[0].tensor, .clause = pattern_.at};
  if (region.children.empty()) return Miss{.obstacle = Obstacle::no_child, .clause = pattern_.children.at};
  if (!has_free_class(regions, id, analysis_))
    return Miss{.obstacle = Obstacle::no_free_channel, .clause = pattern_.at};
  return std::nullopt;
}

std::vector<OperatorId> Pattern::joins(const Regions& regions, RegionId region, std::size_t clause) const {
  std::vector<OperatorId> ops;
  for (const OperatorId op : regions[region].inner)
    if (regions.is_joining(op) && joins_[clause].admits(analysis_, op)) ops.push_back(op);
  return ops;
}

bool has_free_class(const Regions& regions, RegionId id, const Analysis& analysis) {
  const Region& region = regions[id];
  for (const OperatorId op : region.parents)
    for (const std::uint32_t scale_class : regions.classes(analysis.network->op(op).outputs[0]))
      if (!regions.pinned(region, scale_class)) return true;
  return false;
}

}  // namespace rw::runtime
