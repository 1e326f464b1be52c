#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "graph/base/printable.hpp"
#include "runtime/explain/explain.hpp"
#include "runtime/text/painter.hpp"

namespace rw::runtime {

std::string path_text(const Told& told, const LeakPath& path) {
  const bool several = told.analysis.channels.count(told.analysis.network->op(path.parent).outputs[0]) > 1;
  std::string text = node_name(told, path.parent);
  if (several) text += fmt::format(" channel {}", path.channel);
  std::uint32_t channel = path.channel;
  OperatorId last = kNone;
  for (const PathStep& step : path.steps) {
    if (step.op != last) text += " -> " + node_name(told, step.op);  // into an addition and out of another input
    last = step.op;
    if (step.channel != channel) text += fmt::format(" channel {}", step.channel);
    channel = step.channel;
  }
  const bool written =
      path.leak.op != kNone && told.analysis.network->tensor(path.leak.tensor).producer == path.leak.op;
  if (path.leak.op == kNone)
    text += fmt::format(" -> {}", told.analysis.network->tensor(path.leak.tensor).is_output ? "output of the network"
                                                                                            : "input of the network");
  else
    text += fmt::format(" {} {}", written ? "<-" : "->", node_name(told, path.leak.op));
  return text;
}

namespace {

constexpr std::size_t kMostMisses = 6;  // kinds, of one rule
constexpr std::size_t kMostNames = 4;   // of operators in a headline
constexpr std::size_t kMostRemedies = 5;
constexpr std::size_t kMostBystanders = 5;
constexpr std::size_t kMostLeft = 5;  // that one rule left alone

using graph::plural;

class Words {
 public:
  Words(const ExplainInput& input, bool colour)
      : input_(input),
        explanation_(input.explanation),
        told_{input.rules, input.outcome.analysis, input.outcome.regions},
        paint_(colour) {}

  std::string run() {
    const std::size_t regions = explanation_.missed.size() + explanation_.matched.size();
    text_ = fmt::format("{}: {} with parents{}: {} matched, {} left alone\n",
                        graph::printable(input_.model.path.string()), plural(regions, "region"),
                        input_.options.node.empty() ? "" : " around " + graph::printable(input_.options.node),
                        explanation_.matched.size(), explanation_.missed.size());
    std::size_t told = 0;
    const std::vector<std::vector<const RegionView*>> alike = grouped();
    for (; told < std::min(alike.size(), input_.options.most_regions); ++told) missed(alike[told]);
    if (told < alike.size()) {
      std::size_t more = 0;
      for (std::size_t i = told; i < alike.size(); ++i) more += alike[i].size();
      text_ += fmt::format("\nand {} more: --limit N tells more of them, --node GLOB those around an operator\n",
                           plural(more, "region"));
    }
    bystanders();
    edits();
    matched();
    remedies();
    return std::move(text_);
  }

 private:
  std::string nodes(std::span<const OperatorId> ops) const {
    if (ops.empty()) return "nothing";
    std::string text;
    for (std::size_t i = 0; i < std::min(ops.size(), kMostNames); ++i)
      text += (i ? ", " : "") + node_name(told_, ops[i]);
    if (ops.size() > kMostNames) text += fmt::format(" and {} more", ops.size() - kMostNames);
    return text;
  }

  const std::string& rule_name(std::uint32_t rule) const { return input_.rules.program.rules[rule].name; }

  // Regions that were left alone for the like of one reason and that the same remedy helps: one is told in full.
  std::vector<std::vector<const RegionView*>> grouped() const {
    std::vector<std::vector<const RegionView*>> groups;
    std::map<std::string, std::size_t> index;
    for (const RegionView& view : explanation_.missed) {
      const RegionOutcome& region = *view.region;
      std::string key =
          chief_kind(told_, chief_of(input_.outcome.regions[region.region], input_.outcome.misses.of(region.misses)));
      for (const Cure& cure : view.cures) key += fmt::format(" {}", cure.remedy);
      if (!input_.options.node.empty()) key += fmt::format(" region {}", groups.size());
      const auto [found, fresh] = index.emplace(std::move(key), groups.size());
      if (fresh) groups.emplace_back();
      groups[found->second].push_back(&view);
    }
    return groups;
  }

  void missed(const std::vector<const RegionView*>& alike) {
    missed(*alike[0]);
    if (alike.size() == 1) return;
    std::string names;
    for (std::size_t i = 1; i < std::min(alike.size(), kMostNames); ++i)
      names += (i > 1 ? ", " : "") + node_name(told_, input_.outcome.regions[alike[i]->region->region].parents[0]);
    if (alike.size() > kMostNames) names += ", ...";
    text_ += fmt::format("  {} like it: {}\n", plural(alike.size() - 1, "more region"), names);
  }

  std::string no_remedy(const RegionView& view) const {
    if (explanation_.capped) return "none found within the tries that a network of this size gets";
    if (free_classes(input_.outcome.regions, view.region->region, input_.outcome.analysis) == 0)
      return "none in these rules: all of its channels are pinned";
    return "none: no small change of these rules makes it match";
  }

  void headline(const RegionView& view) {
    const Region& shape = input_.outcome.regions[view.region->region];
    text_ += fmt::format("\n{} -> {} ({})\n", paint_.strong(nodes(shape.parents)), paint_.strong(nodes(shape.children)),
                         plural(shape.classes, "channel"));
  }

  // Of a region that the rules that are asked for did not take, unless one of them said so already.
  void scaled_by_another(const RegionView& view) {
    if (view.region->taken_by == kNone) return;
    for (const RuleView& each : view.rules)
      if (each.misses[0].obstacle == Obstacle::claimed) return;
    text_ += fmt::format("  scaled by {} ({})\n", rule_name(view.region->taken_by),
                         place(told_, input_.rules.program.rules[view.region->taken_by].at));
  }

  void leaks(const RegionView& view) {
    for (const LeakPath& path : view.leaks) leak(path);
    const std::size_t more = input_.outcome.regions[view.region->region].leaks.size() - view.leaks.size();
    if (more > 0 && !view.leaks.empty()) text_ += fmt::format("  and {}\n", plural(more, "other leak"));
  }

  // "... and `children` (mine.dsl:7) does not name it" without the place of the clause, which differs from rule to
  // rule.
  static std::size_t place_in(const std::string& line) {
    if (line.starts_with("claimed by")) return std::string::npos;  // the place is that of the other rule
    for (std::size_t at = line.find(" ("); at != std::string::npos; at = line.find(" (", at + 1)) {
      const std::size_t end = line.find(')', at), colon = line.rfind(':', end);
      if (end != std::string::npos && colon != std::string::npos && colon > at && colon + 1 < end &&
          line.find_first_not_of("0123456789", colon + 1) == end)
        return at;
    }
    return std::string::npos;
  }
  static std::string without_place(const std::string& line) {
    const std::size_t at = place_in(line);
    if (at == std::string::npos) return line;
    const std::size_t end = line.find(')', at);
    return end == std::string::npos ? line : line.substr(0, at) + line.substr(end + 1);
  }
  std::string clause_of(const dsl::Rule& rule, const std::string& line) const {
    const std::size_t at = place_in(line), end = at == std::string::npos ? at : line.find(')', at);
    return end == std::string::npos ? fmt::format("{} ({})", rule.name, place(told_, rule.at))
                                    : fmt::format("{}{}", rule.name, line.substr(at, end + 1 - at));
  }

  // What stands in the way of several rules alike is said once, and then of which; returns what was said.
  std::set<std::string> facts(const RegionView& view) {
    std::vector<std::pair<std::string, std::vector<std::string>>> all;
    for (const RuleView& each : view.rules)
      for (const std::string& line : reasons(each)) {
        const std::string fact = without_place(line);
        auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first == fact; });
        if (found == all.end()) found = all.insert(all.end(), {fact, {}});
        found->second.push_back(clause_of(input_.rules.program.rules[each.rule], line));
      }
    std::set<std::string> shared;
    for (const auto& [fact, rules] : all) {
      if (rules.size() < 2) continue;
      shared.insert(fact);
      text_ += fmt::format("  {}: {}\n", fact, fmt::join(rules, ", "));
    }
    return shared;
  }

  // Remedies that scale as much are alternatives.
  void cures(const RegionView& view) {
    std::vector<std::vector<const Cure*>> alike;
    for (const Cure& cure : view.cures) {
      const bool refused = !explanation_.remedies[cure.remedy].refused.empty();
      const auto same = [&](const std::vector<const Cure*>& others) {
        return !refused && others[0]->channels == cure.channels && others[0]->of == cure.of &&
               explanation_.remedies[others[0]->remedy].refused.empty();
      };
      const auto found = std::find_if(alike.begin(), alike.end(), same);
      found == alike.end() ? alike.push_back({&cure}) : found->push_back(&cure);
    }
    for (const std::vector<const Cure*>& each : alike) each.size() == 1 ? tell(*each[0]) : tell(each);
  }

  void tell(const std::vector<const Cure*>& alike) {
    std::string all;
    for (const Cure* cure : alike) all += (all.empty() ? "" : "; or ") + steps(explanation_.remedies[cure->remedy]);
    text_ += fmt::format("  {}: {}; either way {} of {} would be scaled here\n", paint_.good("remedy"), all,
                         alike[0]->channels, plural(alike[0]->of, "channel"));
  }

  void missed(const RegionView& view) {
    headline(view);
    const std::set<std::string> shared = facts(view);
    for (const RuleView& each : view.rules) {
      const dsl::Rule& rule = input_.rules.program.rules[each.rule];
      std::vector<std::string> own = reasons(each);
      std::erase_if(own, [&](const std::string& line) { return shared.contains(without_place(line)); });
      if (own.empty()) continue;
      text_ += fmt::format("  {} ({})\n", rule.name, place(told_, rule.at));
      for (const std::string& line : own) text_ += fmt::format("    {}\n", line);
    }
    leaks(view);
    scaled_by_another(view);
    cures(view);
    if (view.cures.empty() && view.region->taken_by == kNone)
      text_ += fmt::format("  {}: {}\n", paint_.strong("remedy"), no_remedy(view));
  }

  std::string reason_of(const MissGroup& group) const {
    if (group.first.obstacle == Obstacle::leak) return fmt::format("{} (below)", plural(group.count, "leak"));
    std::string text = describe(told_, group.first);
    if (group.count > 1) text += fmt::format("; {} more like it", group.count - 1);
    return text;
  }

  std::vector<std::string> reasons(const RuleView& view) const {
    std::vector<std::string> lines;
    for (const MissGroup& group : view.groups) lines.push_back(reason_of(group));
    if (lines.size() > kMostMisses) {
      const std::size_t more = lines.size() - (kMostMisses - 1);
      lines.resize(kMostMisses - 1);
      lines.push_back(fmt::format("and {} kinds more", more));
    }
    return lines;
  }

  void leak(const LeakPath& path) {
    std::string text = path.parent != kNone ? path_text(told_, path) : leak_text(told_, path.leak);
    if (path.parent != kNone && path.leak.op != kNone) text += ": " + told_.analysis.why_blocked(path.leak.op);
    text_ += fmt::format("  {}: {} ({})\n", paint_.bad("leak"), text,
                         path.pinned ? fmt::format("pins {} of {}", path.pinned, plural(path.offered, "channel"))
                                     : "pins no channel that a parent offers");
  }

  std::string steps(const Remedy& remedy) const { return fmt::format("{}", fmt::join(remedy.steps, ", and ")); }

  std::string unlocks(const Remedy& remedy) const {
    return fmt::format("{}, {}", plural(remedy.regions, "region"), plural(remedy.channels, "channel"));
  }

  void tell(const Cure& cure) {
    const Remedy& remedy = explanation_.remedies[cure.remedy];
    text_ += fmt::format("  {}: {}; then {} would scale {} of {} here", paint_.good("remedy"), steps(remedy), cure.by,
                         cure.channels, plural(cure.of, "channel"));
    text_ += remedy.regions > 1 ? fmt::format("; in all it unlocks {}\n", unlocks(remedy)) : "\n";
    if (!remedy.refused.empty())
      text_ += fmt::format("    {}: its formula then stops the run: {}\n", paint_.bad("but"), remedy.refused);
  }

  void bystanders() {
    if (explanation_.bystanders.empty()) return;
    text_ += "\noffer no scale:\n";
    std::map<std::string, std::pair<std::size_t, OperatorId>> by_reason;
    std::vector<std::string> order;
    for (const Bystander& each : explanation_.bystanders) {
      const std::string why = fmt::format("{}: {}", graph::printable(told_.analysis.network->type_of(each.op)),
                                          graph::printable(each.kind));
      auto& [count, first] = by_reason[why];
      if (count++ == 0) {
        first = each.op;
        order.push_back(why);
      }
    }
    for (std::size_t i = 0; i < std::min(order.size(), kMostBystanders); ++i) {
      const auto& [count, first] = by_reason.at(order[i]);
      text_ += fmt::format("  {:>5}  {} (first: {})\n", count, order[i], node_name(told_, first));
    }
    if (order.size() > kMostBystanders) text_ += fmt::format("  and {} more reasons\n", order.size() - kMostBystanders);
  }

  void edits() {
    for (const EditView& each : explanation_.edits) {
      text_ += fmt::format("\n{} ({}): {}\n", paint_.strong(rule_name(each.rule)),
                           place(told_, input_.rules.program.rules[each.rule].at), plural(each.edits, "edit"));
      for (std::size_t i = 0; i < std::min(each.left.size(), kMostLeft); ++i)
        text_ += fmt::format("  {} is left as it is: {}\n", node_name(told_, each.left[i].op), each.left[i].text());
      if (each.left.size() > kMostLeft)
        text_ += fmt::format("  and {} more\n", plural(each.left.size() - kMostLeft, "operator"));
    }
  }

  void matched() {
    if (explanation_.matched.empty()) return;
    if (!input_.options.node.empty()) {
      for (const RegionView& view : explanation_.matched) matched(view);
      return;
    }
    std::map<std::uint32_t, std::size_t> by_rule;
    for (const RegionView& view : explanation_.matched)
      for (const RuleView& each : view.rules)
        if (each.misses.empty()) ++by_rule[each.rule];
    text_ += "\nmatched:";
    for (const auto& [rule, count] : by_rule)
      text_ += fmt::format("{} {} {}", rule == by_rule.begin()->first ? "" : ",", rule_name(rule), count);
    text_ += "\n";
  }

  void matched(const RegionView& view) {
    headline(view);
    for (const RuleView& each : view.rules)
      if (each.misses.empty())
        text_ += fmt::format("  {} by {} ({})\n", paint_.good("matched"), rule_name(each.rule),
                             place(told_, input_.rules.program.rules[each.rule].at));
    for (std::size_t i = 0; i < std::min(view.scales.size(), kMostNames); ++i)
      text_ += fmt::format("    {}: scale {}\n", node_name(told_, view.scales[i].parent),
                           scale_range(view.scales[i].smallest, view.scales[i].largest));
    if (view.scales.size() > kMostNames)
      text_ += fmt::format("    and {} more\n", plural(view.scales.size() - kMostNames, "parent"));
    leaks(view);
  }

  void remedies() {
    const bool any = !explanation_.by_gain.empty() && explanation_.remedies[explanation_.by_gain[0]].refused.empty();
    if (any && (explanation_.missed.size() > 1 || explanation_.by_gain.size() > 1)) {
      text_ += "\n" + paint_.strong("what would unlock most") + "\n";
      std::string before;
      for (std::size_t i = 0; i < std::min(explanation_.by_gain.size(), kMostRemedies); ++i) {
        const Remedy& remedy = explanation_.remedies[explanation_.by_gain[i]];
        if (!remedy.refused.empty()) break;
        if (unlocks(remedy) == before)
          text_ += fmt::format("; or {}. {}", i + 1, steps(remedy));
        else
          text_ += fmt::format("{}  {}. {:>21}  {}", before.empty() ? "" : "\n", i + 1, unlocks(remedy), steps(remedy));
        before = unlocks(remedy);
      }
      text_ += "\n";
    }
    if (explanation_.capped || explanation_.not_tried > 0)
      text_ += fmt::format("note: {} tried on this network; there may be others\n",
                           plural(explanation_.tries, "change") + (explanation_.tries == 1 ? " was" : " were"));
  }

  const ExplainInput& input_;
  const Explanation& explanation_;
  Told told_;
  Painter paint_;
  std::string text_;
};

}  // namespace

std::string explain_text(const ExplainInput& input, bool colour) { return Words(input, colour).run(); }

}  // namespace rw::runtime
