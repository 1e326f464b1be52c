#include "runtime/explain/explain.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "runtime/explain/recipes.hpp"
#include "runtime/text/glob.hpp"

namespace rw::runtime {
namespace {

constexpr std::size_t kMostCured = 200;    // regions for which ways of leaks and remedies are looked for
constexpr std::size_t kMostLeakPaths = 3;  // of one region
constexpr const char* kNoParent = "no operator offers a scale to what it reads or writes";

std::vector<MissGroup> grouped(const graph::Network& network, std::span<const Miss> misses) {
  std::vector<MissGroup> groups;
  for (const Miss& miss : misses) {
    const auto same = [&](const MissGroup& group) {
      const Miss& first = group.first;
      if (first.obstacle != miss.obstacle) return false;
      if (miss.obstacle == Obstacle::leak) return true;
      return first.clause == miss.clause && (first.op == kNone) == (miss.op == kNone) &&
             (miss.op == kNone || network.op(first.op).type == network.op(miss.op).type);
    };
    const auto found = std::find_if(groups.begin(), groups.end(), same);
    if (found == groups.end())
      groups.push_back({miss});
    else
      ++found->count;
  }
  return groups;
}

class Explainer {
 public:
  Explainer(const Subject& subject, const ExplainOptions& what)
      : rules_(subject.rules),
        outcome_(subject.outcome),
        network_(*outcome_.analysis.network),
        what_(what),
        recipes_(subject, what.files),
        remedies_(subject) {
    patterns_.resize(rules_.program.rules.size());
    for (std::uint32_t i = 0; i < patterns_.size(); ++i)
      if (rules_.program.rules[i].region && is_asked(i))
        patterns_[i].emplace(*rules_.program.rules[i].region, outcome_.analysis);
  }

  Explanation run() {
    for (const RegionOutcome& region : outcome_.visited) {
      if (!is_asked(region)) continue;
      RegionView view = look_at(region);
      (is_taken(view) ? result_.matched : result_.missed).push_back(std::move(view));
    }
    std::stable_sort(result_.missed.begin(), result_.missed.end(), [&](const RegionView& a, const RegionView& b) {
      return std::pair(a.obstacles, UINT32_MAX - channels(a)) < std::pair(b.obstacles, UINT32_MAX - channels(b));
    });
    for (std::size_t i = 0; i < result_.missed.size(); ++i) {
      if (i >= kMostCured) {
        ++result_.not_tried;
        continue;
      }
      trace_leaks(result_.missed[i]);
      cure(result_.missed[i]);
    }
    for (std::size_t i = 0; i < result_.matched.size(); ++i) {
      look_at_scales(result_.matched[i]);
      if (i < kMostCured) trace_leaks(result_.matched[i]);
    }
    std::stable_partition(result_.missed.begin(), result_.missed.end(),
                          [](const RegionView& view) { return !view.cures.empty(); });
    find_bystanders();
    find_edits();
    result_.remedies = recipes_.all();
    result_.remedies.insert(result_.remedies.end(), remedies_.all().begin(), remedies_.all().end());
    for (std::size_t i = 0; i < result_.remedies.size(); ++i) result_.by_gain.push_back(i);
    std::stable_sort(result_.by_gain.begin(), result_.by_gain.end(), [&](std::size_t a, std::size_t b) {
      const Remedy &x = result_.remedies[a], &y = result_.remedies[b];
      return std::tuple(!x.refused.empty(), is_replaced(x), x.files.empty(), UINT32_MAX - x.channels,
                        x.changes.size()) <
             std::tuple(!y.refused.empty(), is_replaced(y), y.files.empty(), UINT32_MAX - y.channels, y.changes.size());
    });
    result_.tries = remedies_.tries() + recipes_.tries();
    result_.capped = remedies_.capped();
    return std::move(result_);
  }

 private:
  bool is_asked(std::uint32_t rule) const {
    return outcome_.rules[rule].ran &&
           (what_.rules.empty() ||
            std::find(what_.rules.begin(), what_.rules.end(), rules_.program.rules[rule].name) != what_.rules.end());
  }

  bool names(OperatorId op) const { return matches(what_.node, network_.op(op).name); }

  bool is_asked(const RegionOutcome& region) const {
    if (std::none_of(patterns_.begin(), patterns_.end(), [](const auto& each) { return each.has_value(); }))
      return false;  // no rule that is asked for speaks of regions
    if (what_.node.empty()) return true;
    const Region& shape = outcome_.regions[region.region];
    const auto any = [&](std::span<const OperatorId> ops) {
      return std::any_of(ops.begin(), ops.end(), [&](OperatorId op) { return names(op); });
    };
    return any(shape.parents) || any(shape.children) || any(shape.inner) ||
           std::any_of(shape.leaks.begin(), shape.leaks.end(),
                       [&](const Leak& leak) { return leak.op != kNone && names(leak.op); });
  }

  // Where rules are named, what others did is in the way like everything else.
  bool is_taken(const RegionView& view) const {
    return std::any_of(view.rules.begin(), view.rules.end(), [](const RuleView& each) { return each.misses.empty(); });
  }

  std::uint32_t channels(const RegionView& view) const { return outcome_.regions[view.region->region].classes; }

  RegionView look_at(const RegionOutcome& region) const {
    RegionView view{.region = &region};
    for (std::uint32_t rule = 0; rule < patterns_.size(); ++rule) {
      if (!patterns_[rule]) continue;
      RuleView each{rule, Remedies::misses(*patterns_[rule], outcome_, region, rule), {}};
      each.groups = grouped(network_, each.misses);
      view.rules.push_back(std::move(each));
    }
    std::stable_sort(view.rules.begin(), view.rules.end(),
                     [](const RuleView& a, const RuleView& b) { return a.groups.size() < b.groups.size(); });
    view.obstacles = view.rules.empty() ? 0 : view.rules[0].groups.size();
    return view;
  }

  void trace_leaks(RegionView& view) const {
    const Region& shape = outcome_.regions[view.region->region];
    if (shape.leaks.empty()) return;
    const RegionTies ties(outcome_.analysis, outcome_.regions, view.region->region);
    for (std::size_t i = 0; i < std::min(shape.leaks.size(), kMostLeakPaths); ++i)
      view.leaks.push_back(ties.path_of(shape.leaks[i]));
  }

  void look_at_scales(RegionView& view) const {
    for (const OperatorId op : outcome_.regions[view.region->region].parents) {
      ParentScale scale{.parent = op, .smallest = INFINITY, .largest = 0};
      for (const std::uint32_t each : outcome_.regions.classes(network_.op(op).outputs[0])) {
        scale.smallest = std::min(scale.smallest, view.region->scales[each]);
        scale.largest = std::max(scale.largest, view.region->scales[each]);
      }
      view.scales.push_back(scale);
    }
  }

  void cure(RegionView& view) {
    if (view.region->taken_by != kNone) return;  // claimed by another rule than those asked for
    std::uint32_t only = kNone;
    if (what_.rules.size() == 1 && !view.rules.empty()) only = view.rules[0].rule;
    view.cures = remedies_.find(*view.region, only);
    const std::vector<Cure> recipes = recipes_.find(outcome_.regions[view.region->region]);
    std::erase_if(view.cures, [&](const Cure& each) {
      return std::any_of(recipes.begin(), recipes.end(), [&](const Cure& recipe) {
        return recipes_.replaces(recipe.remedy, remedies_.all()[each.remedy]);
      });
    });
    for (Cure& each : view.cures) each.remedy += recipes_.all().size();
    view.cures.insert(view.cures.begin(), recipes.begin(), recipes.end());
  }

  // Other rule files do what this change of the given ones would.
  bool is_replaced(const Remedy& change) const {
    for (std::size_t i = 0; i < recipes_.all().size(); ++i)
      if (recipes_.replaces(i, change)) return true;
    return false;
  }

  void find_edits() {
    for (std::uint32_t rule = 0; rule < rules_.program.rules.size(); ++rule) {
      if (rules_.program.rules[rule].region || !is_asked(rule)) continue;
      EditView view{rule, outcome_.rules[rule].edits, outcome_.rules[rule].declined};
      if (!what_.node.empty()) std::erase_if(view.left, [&](const Declined& each) { return !names(each.op); });
      std::sort(view.left.begin(), view.left.end(), [](const Declined& a, const Declined& b) { return a.op < b.op; });
      if (what_.node.empty() || !view.left.empty()) result_.edits.push_back(std::move(view));
    }
  }

  // Operators that look like parents and are none; around an operator that is asked for, those that no region has.
  void find_bystanders() {
    if (what_.node.empty()) {
      std::vector<bool> asked;
      for (const auto& pattern : patterns_) asked.push_back(pattern.has_value());
      const Told told = {rules_, outcome_.analysis, outcome_.regions};
      for (const OperatorId op : idle_parents(told, asked)) add_bystander(op);
      return;
    }
    std::set<OperatorId> around;
    for (const RegionOutcome& region : outcome_.visited) {
      const Region& shape = outcome_.regions[region.region];
      for (const auto& list : {shape.parents, shape.children, shape.inner}) around.insert(list.begin(), list.end());
      for (const Leak& leak : shape.leaks)
        if (leak.op != kNone) around.insert(leak.op);
    }
    for (OperatorId op = 0; op < network_.operators().size(); ++op)
      if (!network_.removed(op) && names(op) && around.count(op) == 0) add_bystander(op);
  }

  void add_bystander(OperatorId op) {
    if (outcome_.analysis.holds(op))
      result_.bystanders.push_back({op, kNoParent, kNoParent});
    else
      result_.bystanders.push_back({op, outcome_.analysis.why_blocked(op), outcome_.analysis.kind_of_block(op)});
  }

  const dsl::Loaded& rules_;
  const Outcome& outcome_;
  const graph::Network& network_;
  const ExplainOptions& what_;
  std::vector<std::optional<Pattern>> patterns_;  // by rule; no value where it was not asked for
  Recipes recipes_;
  Remedies remedies_;
  Explanation result_;
};

}  // namespace

Explanation explain(const Subject& subject, const ExplainOptions& what) { return Explainer(subject, what).run(); }

}  // namespace rw::runtime
