#include "runtime/engine/plan_file.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace rw::runtime {
namespace {

constexpr std::string_view kStandard = "std";  // the file of rules that every run reads

class Provenance {
 public:
  Provenance(const Outcome& outcome, const dsl::Program& program) : outcome_(outcome), program_(program) {
    visited_of_.assign(outcome.regions.size(), kNone);
    for (std::uint32_t i = 0; i < outcome.visited.size(); ++i) visited_of_[outcome.visited[i].region] = i;
  }

  // Names rule and region of the factor over `axes` of what `op` reads at `slot`.
  void name(OperatorId op, std::uint32_t slot, AxisMask axes, graph::PlanOrigin& origin) const {
    const Law& law = outcome_.analysis.law(op);
    if (!law.handles) return;
    const Site site = outcome_.analysis.site(op);
    std::vector<Handle> handles;
    law.handles(site, handles);
    for (const Handle::Side side : {Handle::Side::out, Handle::Side::in})
      for (const Handle& handle : handles) {
        if (handle.slot != slot || handle.axes != axes || handle.side != side) continue;
        if (name(side == Handle::Side::in ? site.input(handle.activation) : site.output(), origin)) return;
      }
  }

 private:
  bool name(TensorId tensor, graph::PlanOrigin& origin) const {
    const auto region = tensor == kNone ? std::nullopt : outcome_.regions.region_of(tensor);
    if (!region || visited_of_[*region] == kNone) return false;
    const RegionOutcome& visited = outcome_.visited[visited_of_[*region]];
    if (visited.taken_by == kNone) return false;
    origin.rule = program_.rules[visited.taken_by].name;
    origin.region = outcome_.analysis.network->op(outcome_.regions[*region].parents[0]).name;
    return true;
  }

  const Outcome& outcome_;
  const dsl::Program& program_;
  std::vector<std::uint32_t> visited_of_;  // by region
};

void add_operators(const dsl::Loaded& rules, graph::PlanFile& plan) {
  for (const dsl::LawBinding& each : rules.program.laws) {
    if (rules.sources[each.line.source].name == kStandard) continue;
    std::string line(rules.sources.text(each.line));
    if (plan.operators.empty() || plan.operators.back() != line) plan.operators.push_back(std::move(line));
  }
}

// Those before a network output are scaled, those before a curve are what was there.
void add_new_tensors(const Outcome& outcome, graph::PlanFile& plan) {
  const graph::Network& network = *outcome.analysis.network;
  std::unordered_map<std::string, std::size_t> entries;  // of `plan`, by tensor
  for (std::size_t i = 0; i < plan.statistics.size(); ++i) entries.emplace(plan.statistics[i].tensor, i);
  for (const RuleOutcome& rule : outcome.rules)
    for (const Restorer& each : rule.restorers) {
      const std::string fresh(network.tensor(each.fresh()).name), of(network.tensor(each.old()).name);
      const auto entry = entries.find(fresh);
      if (entry == entries.end())
        plan.statistics.push_back({.tensor = fresh, .of = of});
      else if (graph::PlanStatistic& scaled = plan.statistics[entry->second]; !scaled.multiply.empty())
        scaled.of = of;
    }
}

void add_statistics(const Outcome& outcome, graph::PlanFile& plan) {
  std::map<TensorId, std::vector<double>> scales(outcome.plan.scales().begin(), outcome.plan.scales().end());
  for (const auto& [tensor, shift] : outcome.plan.shifts()) scales.try_emplace(tensor, shift.size(), 1.0);
  for (const auto& [tensor, scale] : scales) {
    const std::vector<double>* shift = outcome.plan.shift_of(tensor);
    if (!shift && std::all_of(scale.begin(), scale.end(), [](double each) { return each == 1; })) continue;
    const AxisMask axes = outcome.analysis.channels.axes(tensor);
    graph::PlanStatistic entry{.tensor = std::string(outcome.analysis.network->tensor(tensor).name)};
    if (const auto axis = axes.only()) entry.axis = *axis;
    if (axes.count() < 2) {
      entry.multiply = scale;
      if (shift) entry.subtract = *shift;
    }
    plan.statistics.push_back(std::move(entry));
  }
  add_new_tensors(outcome, plan);
}

}  // namespace

graph::PlanFile plan_file(const Outcome& outcome, const dsl::Loaded& rules) {
  const graph::Rewriting& rewriting = outcome.rewriting;
  const graph::Network& network = *outcome.analysis.network;
  graph::PlanFile plan = graph::plan_of(graph::Rewritten(network, rewriting));
  const Provenance provenance(outcome, rules.program);
  add_operators(rules, plan);
  if (plan.scales.empty()) plan.checksums.emplace();  // of nothing
  const auto name = [&](graph::PlanScale& scale, const graph::Edit& edit, OperatorId op, std::uint32_t slot) {
    for (std::size_t i = 0; i < scale.origins.size(); ++i)
      provenance.name(op, slot, edit.factors[i].axes, scale.origins[i]);
  };
  const std::size_t first = rewriting.constants.size();  // of the copies among the scales
  for (std::size_t i = 0; i < first; ++i)
    for (const graph::Use& use : network.consumers(rewriting.constants[i].tensor)) {
      if (!outcome.plan.edit(use.op, use.slot)) continue;
      name(plan.scales[i], rewriting.constants[i].edit, use.op, use.slot);
      break;
    }
  for (const graph::Rebinding& each : rewriting.rebindings)
    name(plan.scales[first + each.copy], rewriting.copies[each.copy].edit, each.op, each.slot);
  add_statistics(outcome, plan);
  return plan;
}

}  // namespace rw::runtime
