#include "runtime/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/error.hpp"
#include "runtime/scales.hpp"

namespace rw::runtime {
namespace {

// The entries that run along the channels of their tensor; the length of these must be right.
graph::Statistics usable(const graph::Model& model, const Analysis& analysis, std::size_t& unused) {
  graph::Statistics used;
  for (const graph::Statistic& entry : model.statistics.entries()) {
    if (entry.tensor == kNone || !analysis.channels.has(entry.tensor)) continue;
    const graph::Tensor& tensor = model.network.tensor(entry.tensor);
    const AxisMask axes = analysis.channels.axes(entry.tensor);
    const std::uint32_t count = analysis.channels.count(entry.tensor);
    const bool on_channels = axes == bit(entry.axis) || (axes == 0 && entry.axis < tensor.shape.rank());
    if (!on_channels) {
      ++unused;
      continue;
    }
    if (entry.max.size() != count)
      throw graph::Error("", fmt::format("calibration '{}'", entry.name),
                         fmt::format("has ranges for {} channels along axis {}, but the tensor {} has {}",
                                     entry.max.size(), entry.axis, to_string(tensor.shape), count));
    used.add(entry);
  }
  return used;
}

class Runner {
 public:
  Runner(const dsl::Program& program, const RunOptions& options, Outcome& outcome)
      : program_(program), options_(options), outcome_(outcome) {}

  void run() {
    for (RegionId id = 0; id < outcome_.regions.size(); ++id) {
      if (outcome_.regions[id].parents.empty()) continue;
      outcome_.visited.push_back({.region = id});
    }
    std::stable_sort(outcome_.visited.begin(), outcome_.visited.end(),
                     [&](const RegionOutcome& a, const RegionOutcome& b) {
                       return outcome_.regions[a.region].parents[0] < outcome_.regions[b.region].parents[0];
                     });
    outcome_.rules.resize(program_.rules.size());
    for (std::uint32_t i = 0; i < program_.rules.size(); ++i) {
      const dsl::Rule& rule = program_.rules[i];
      outcome_.rules[i].ran = options_.only.empty() ||
                              std::find(options_.only.begin(), options_.only.end(), rule.name) != options_.only.end();
      if (outcome_.rules[i].ran && rule.region) run_rule(i);
    }
  }

 private:
  std::vector<double> params_of(const dsl::Rule& rule) const {
    std::vector<double> values;
    for (const dsl::Param& param : rule.params) values.push_back(param.value);
    const auto set = options_.params.find(rule.name);
    if (set == options_.params.end()) return values;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (const auto found = set->second.find(rule.params[i].name); found != set->second.end())
        values[i] = found->second;
    return values;
  }

  void run_rule(std::uint32_t index) {
    const dsl::Rule& rule = program_.rules[index];
    const Pattern pattern(*rule.region, outcome_.analysis);
    const Formulas formulas(rule, params_of(rule));
    std::vector<RegionOutcome*> wanted;
    for (RegionOutcome& each : outcome_.visited) {
      if (each.taken_by != kNone && !rule.again) {
        each.misses.emplace_back(index,
                                 Miss{.obstacle = Obstacle::claimed, .clause = rule.at, .claimed_by = each.taken_by});
        continue;
      }
      if (const auto miss = pattern.match(outcome_.regions, each.region))
        each.misses.emplace_back(index, *miss);
      else
        wanted.push_back(&each);
    }
    const std::uint32_t sweeps = rule.repeat ? rule.repeat->count : 1;
    std::vector<bool> counted(wanted.size(), false);
    for (std::uint32_t sweep = 0; sweep < sweeps; ++sweep) {
      double change = 0;
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto effect = visit(formulas, pattern, *wanted[i], index, sweep == 0);
        if (!effect) continue;
        change = std::max({change, std::fabs(std::log2(effect->smallest)), std::fabs(std::log2(effect->largest))});
        if (!counted[i]) count(index, *wanted[i]);
        counted[i] = true;
        outcome_.rules[index].reset += effect->reset;
      }
      outcome_.rules[index].sweeps = sweep + 1;
      if (rule.repeat && change < rule.repeat->change) break;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (counted[i]) summarise(index, *wanted[i]);
  }

  // Carries out the clauses of a rule on one region; nothing where a condition fails.
  std::optional<Effect> visit(const Formulas& formulas, const Pattern& pattern, RegionOutcome& region,
                              std::uint32_t index, bool first) {
    const dsl::Rule& rule = formulas.rule();
    const RegionScope scope(rule, pattern, outcome_.analysis, outcome_.statistics, outcome_.regions, region.region);
    Evaluator evaluator(formulas, scope, outcome_.plan);
    std::optional<Effect> effect;
    const auto miss = [&](Obstacle obstacle, const dsl::Step& step, std::string reason) {
      if (first)
        region.misses.emplace_back(index, Miss{.obstacle = obstacle, .clause = step.at, .reason = std::move(reason)});
      return effect;
    };
    for (const dsl::Step& step : rule.steps) {
      if (step.form == dsl::Step::Form::let) continue;  // its value is taken where it is used
      if (step.form == dsl::Step::Form::act) {
        for (const dsl::Step::Argument& argument : step.arguments) {
          if (argument.binding != dsl::kNoBinding || !argument.op.empty()) continue;
          if (const std::string& missing = evaluator.value(argument.expr).missing; !missing.empty())
            return miss(Obstacle::data, step, missing);
        }
        if (region.scales.empty()) region.scales.assign(scope.region().classes, 1.0);
        ActionContext context{formulas, scope, evaluator, outcome_.plan, options_.exact, region.scales};
        effect = actions()[step.action].run(context, step);
        if (region.taken_by == kNone) region.taken_by = index;
        continue;
      }
      const Value& value = evaluator.value(step.expr);
      if (!value.missing.empty()) return miss(Obstacle::data, step, step.reason.empty() ? value.missing : step.reason);
      if (value.numbers[0] != 0) continue;
      return miss(step.form == dsl::Step::Form::needs ? Obstacle::data : Obstacle::condition, step, step.reason);
    }
    return effect;
  }

  void count(std::uint32_t index, const RegionOutcome& region) {
    RuleOutcome& rule = outcome_.rules[index];
    ++rule.regions;
    rule.parents += static_cast<std::uint32_t>(outcome_.regions[region.region].parents.size());
    rule.children += static_cast<std::uint32_t>(outcome_.regions[region.region].children.size());
  }

  void summarise(std::uint32_t index, const RegionOutcome& region) {
    RuleOutcome& rule = outcome_.rules[index];
    for (const double scale : region.scales) {
      rule.channels += scale != 1;
      rule.smallest = std::min(rule.smallest, scale);
      rule.largest = std::max(rule.largest, scale);
    }
  }

  const dsl::Program& program_;
  const RunOptions& options_;
  Outcome& outcome_;
};

}  // namespace

Outcome run(graph::Model& model, const dsl::Program& program, const RunOptions& options) {
  Outcome outcome{.analysis = analyse(model.network, program.laws, options.skip_nodes)};
  outcome.statistics = usable(model, outcome.analysis, outcome.unused_statistics);
  outcome.regions = find_regions(outcome.analysis);
  Runner(program, options, outcome).run();
  outcome.certificate = certify(outcome.analysis, outcome.plan);
  return outcome;
}

}  // namespace rw::runtime
