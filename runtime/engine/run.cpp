#include "runtime/engine/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "graph/base/error.hpp"
#include "graph/base/parallel.hpp"
#include "graph/base/printable.hpp"
#include "runtime/actions/apply_scales.hpp"
#include "runtime/engine/apply_plan.hpp"
#include "runtime/engine/restore.hpp"
#include "runtime/engine/run_patterns.hpp"
#include "runtime/engine/visit.hpp"
#include "runtime/engine/waves.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime {
namespace {

// The file that an entry was read from.
std::string file_of(const graph::Model& model, const graph::Statistic& entry) {
  const auto place = graph::find_source(model.sources, entry.text.data());
  return place ? place->file->path().string() : "";
}

// The range of a whole tensor is that of each of its channels. What else is told of the tensor is true of none of them.
graph::Statistic for_every_channel(const graph::Statistic& entry, std::uint32_t count, int axis, graph::Arena& arena) {
  const auto repeated = [&](double value) {
    const std::span<double> room = arena.make<double>(count);
    std::fill(room.begin(), room.end(), value);
    return std::span<const double>(room);
  };
  graph::Statistic each = entry;
  each.axis = axis;
  each.min = repeated(entry.min[0]);
  each.max = repeated(entry.max[0]);
  each.mean = each.mean_square = {};
  return each;
}

// The entries that run along the channels of their tensor; the length of these must be right. A tensor of one channel
// has no axis of its own: a single value is that of the channel, several run along something else.
graph::Statistics usable(graph::Model& model, const Analysis& analysis, StatisticsUse& use) {
  graph::Statistics used;
  use = {};
  const auto take = [&](const graph::Statistic& entry) {
    used.add(entry);
    ++use.used;
    if (!entry.finite && use.not_finite++ == 0) use.first_not_finite = entry.name;
  };
  use.entries = model.statistics.entries().size();
  for (const graph::Statistic& entry : model.statistics.entries()) {
    if (entry.tensor == kNone && use.unknown++ == 0) use.first_unknown = entry.name;
    if (entry.tensor == kNone || !analysis.channels.has(entry.tensor)) continue;
    const graph::Tensor& tensor = model.network.tensor(entry.tensor);
    const AxisMask axes = analysis.channels.axes(entry.tensor);
    const std::uint32_t count = analysis.channels.count(entry.tensor);
    if (entry.whole) {
      const int otherwise = tensor.shape.rank() > 1 ? 1 : 0;
      take(for_every_channel(entry, count, axes.only().value_or(otherwise), model.network.arena()));
      use.whole += count > 1 ? 1 : 0;
      continue;
    }
    const auto axis = tensor.shape.axis(entry.axis);
    const bool along = axis && (axes == AxisMask::single(*axis) || (axes.empty() && entry.max.size() == 1));
    // Of a shape of which only the last axes are known it cannot be told which axis it is.
    const bool on_channels = tensor.shape.any_front() ? entry.max.size() == count : along;
    if (!on_channels) {
      ++use.other_axis;
      continue;
    }
    if (entry.max.size() != count)
      throw graph::Error(
          file_of(model, entry), fmt::format("calibration '{}'", entry.name),
          fmt::format("has ranges for {} along axis {}, but the tensor {} has {}",
                      graph::plural(entry.max.size(), "channel"), entry.axis, to_string(tensor.shape), count));
    graph::Statistic counted = entry;
    counted.axis = axis.value_or(entry.axis);
    take(counted);
  }
  return used;
}

bool edits_networks(const dsl::Program& program) {
  return std::any_of(program.rules.begin(), program.rules.end(),
                     [](const dsl::Rule& rule) { return rule.pattern || rule.region->restore; });
}

// Of rules that were changed in memory, or read twice: guards of those that were read twice count as different.
bool same_laws(std::span<const dsl::LawBinding> a, std::span<const dsl::LawBinding> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const dsl::LawBinding& x, const dsl::LawBinding& y) {
    return x.op == y.op && x.law == y.law && x.elementwise == y.elementwise && x.parameters == y.parameters &&
           x.guard == y.guard;
  });
}

class Runner {
 public:
  Runner(graph::Model& model, const dsl::Program& program, const RunOptions& options, Outcome& outcome)
      : model_(model), program_(program), options_(options), outcome_(outcome) {}

  void run(std::optional<Ground> ground) {
    // The operators that rules may put in are known to the analysis before they are there.
    for (const dsl::Rule& rule : program_.rules)
      if (rule.pattern)
        for (const dsl::MadeCall& made : rule.pattern->made)
          if (!made.op.empty()) model_.network.add_type(made.op);
    if (std::any_of(program_.rules.begin(), program_.rules.end(),
                    [](const dsl::Rule& rule) { return rule.region && rule.region->restore; }))
      model_.network.add_type("Mul");
    if (!ground)
      analyse_network();
    else
      visit_anew(*std::move(ground));
    outcome_.rules.resize(program_.rules.size());
    for (std::uint32_t i = 0; i < program_.rules.size(); ++i) outcome_.rules[i].ran = is_wanted(i);
    for (std::uint32_t i = 0; i < program_.rules.size(); ++i) {
      const dsl::Rule& rule = program_.rules[i];
      if (rule.pattern) {
        i = run_patterns_from(i);
        continue;
      }
      if (outcome_.rules[i].ran) run_rule(i);
    }
    const auto acts =
        std::accumulate(outcome_.rules.begin(), outcome_.rules.end(), 0U,
                        [](unsigned sum, const auto& rule) { return sum + (rule.scaled ? rule.sweeps : 0); });
    std::vector<TensorId> added;
    for (const RuleOutcome& rule : outcome_.rules)
      for (const Restorer& each : rule.restorers) added.push_back(each.to);
    if (acts != 1 || put_in_) outcome_.prediction.reset();
    if (!outcome_.prediction && options_.predict)
      outcome_.prediction = predict(outcome_.analysis, outcome_.regions, outcome_.statistics, outcome_.plan, added);
    if (outcome_.prediction && balanced()) outcome_.prediction->left = 0;
  }

 private:
  // A rule that scales everything at once has done so, for its own target: nobody is advised to take it for another
  // one.
  bool balanced() const {
    for (std::size_t i = 0; i < program_.rules.size(); ++i)
      if (outcome_.rules[i].scaled && solves(program_.rules[i])) return true;
    return false;
  }

  bool is_wanted(std::uint32_t index) const {
    const dsl::Rule& rule = program_.rules[index];
    if (options_.alone != kNone) return options_.alone == index;
    return rule.runs && (options_.only.empty() ||
                         std::find(options_.only.begin(), options_.only.end(), rule.name) != options_.only.end());
  }

  // Rules with a pattern that stand one behind the other are run together; returns the last of them.
  std::uint32_t run_patterns_from(std::uint32_t first) {
    PatternRules rules;
    std::uint32_t i = first;
    for (; i < program_.rules.size() && program_.rules[i].pattern; ++i) {
      if (!outcome_.rules[i].ran) continue;
      rules.rules.push_back(i);
      rules.params.push_back(params_of(program_.rules[i]));
    }
    if (!rules.rules.empty() && run_patterns(model_.network, program_, rules, outcome_.analysis, model_.statistics,
                                             outcome_.plan, options_, outcome_.rules))
      analyse_again();
    return i - 1;
  }

  void analyse_network() {
    Ground ground;
    ground.analysis = analyse(model_.network, program_.laws, {options_.skip_nodes, options_.exact});
    ground.statistics = usable(model_, ground.analysis, ground.statistics_use);
    ground.regions = find_regions(ground.analysis);
    visit_anew(std::move(ground));
  }

  void visit_anew(Ground ground) {
    static_cast<Ground&>(outcome_) = std::move(ground);
    outcome_.visited.clear();
    std::vector<std::pair<OperatorId, RegionId>> order;  // by first parent
    const auto restores = [&](OperatorId op) { return outcome_.regions.is_restoring(op); };
    for (RegionId id = 0; id < outcome_.regions.size(); ++id)
      if (const auto parents = outcome_.regions[id].parents; !std::all_of(parents.begin(), parents.end(), restores))
        order.emplace_back(parents[0], id);
    std::sort(order.begin(), order.end());
    outcome_.visited.reserve(order.size());
    for (const auto& [parent, id] : order) outcome_.visited.push_back({.region = id});
  }

  // The network was edited: its regions are found again. One that has a tensor of a region of before takes over what is
  // known of that: who claimed it, and why others did not. (Of tensors that an edit joins, the later one stays.)
  void analyse_again() {
    const std::vector<RegionOutcome> before = std::move(outcome_.visited);
    const Misses misses = std::exchange(outcome_.misses, {});
    const Regions regions = std::move(outcome_.regions);
    stored_ = StoredMaxima(model_.sources);
    std::vector<const RegionOutcome*> known(regions.size(), nullptr);
    for (const RegionOutcome& each : before) known[each.region] = &each;
    analyse_network();
    for (RegionOutcome& each : outcome_.visited) {
      for (const TensorId tensor : outcome_.regions[each.region].tensors) {
        const auto old = regions.knows(tensor) ? regions.region_of(tensor) : std::nullopt;  // else an edit made it
        if (!old || !known[*old]) continue;
        if (each.misses.empty())
          for (const RuleMiss& miss : misses.of(known[*old]->misses)) outcome_.misses.add(each.misses, copied(miss));
        each.taken_by = std::min(each.taken_by, known[*old]->taken_by);
      }
      if (each.taken_by != kNone) each.scales = planned_scales(outcome_.regions, each.region, outcome_.plan);
    }
  }

  // A miss whose texts live in another list.
  RuleMiss copied(RuleMiss miss) {
    miss.miss.reason = outcome_.misses.keep(miss.miss.reason);
    miss.miss.seen = outcome_.misses.keep(miss.miss.seen);
    return miss;
  }

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

  // --- leaks that a rule restores

  // Puts in what the rule may give a scale back with, and takes out again what frees nothing.
  void put_in(std::uint32_t index) {
    constexpr int kMostRounds = 10;
    const dsl::Rule& rule = program_.rules[index];
    std::vector<Restorer>& restorers = outcome_.rules[index].restorers;
    std::vector<bool> claimed(outcome_.regions.size(), false);
    for (const RegionOutcome& each : outcome_.visited) claimed[each.region] = each.taken_by != kNone && !rule.again;
    restorers = put_in_restorers(model_, outcome_.plan, outcome_.analysis, outcome_.regions,
                                 Pattern(*rule.region, outcome_.analysis), rule, claimed);
    if (restorers.empty()) return;
    put_in_ = true;
    analyse_again();
    for (int round = 0; round < kMostRounds; ++round) {
      const Pattern pattern(*rule.region, outcome_.analysis);
      Freeing freeing(outcome_.analysis, outcome_.regions, pattern);
      if (!take_out_where(restorers, [&](const Restorer& each) { return !freeing.frees(each); })) return;
      analyse_again();
    }
  }

  // Where nothing was scaled after all, nothing is put in.
  void settle(std::uint32_t index) {
    if (options_.match_only) return;
    const auto idle = [&](const Restorer& each) { return is_idle(each, outcome_.plan); };
    if (take_out_where(outcome_.rules[index].restorers, idle)) analyse_again();
  }

  template <typename Is>
  bool take_out_where(std::vector<Restorer>& restorers, Is is) {
    const auto out =
        std::stable_partition(restorers.begin(), restorers.end(), [&](const auto& each) { return !is(each); });
    if (out == restorers.end()) return false;
    take_out(model_.network, outcome_.plan, {out, restorers.end()});
    restorers.erase(out, restorers.end());
    return true;
  }

  void run_rule(std::uint32_t index) {
    const dsl::Rule& rule = program_.rules[index];
    if (rule.region->restore) put_in(index);
    visit_regions(index);
    if (rule.region->restore) settle(index);
  }

  void visit_regions(std::uint32_t index) {
    const dsl::Rule& rule = program_.rules[index];
    const Pattern pattern(*rule.region, outcome_.analysis);
    const RuleFormulas formulas(rule, params_of(rule));
    const std::vector<RegionOutcome*> wanted = wanted_by(index, pattern);
    const std::uint32_t sweeps = rule.repeat && !options_.match_only ? rule.repeat->count : 1;
    sweeping_.emplace(formulas, outcome_);
    if (sweeps > 1 && formulas.reads() != RuleFormulas::Reads::region)
      sweeping_->maxima.emplace(model_.sources, outcome_.analysis.operators.size());
    std::vector<Wave> waves;
    if (!solves(rule)) {
      std::vector<RegionId> visited;
      for (const RegionOutcome* each : wanted) visited.push_back(each->region);
      waves = waves_of(formulas.reads(), outcome_.analysis, outcome_.regions, visited);
    }
    std::vector<bool> counted(wanted.size(), false), scaled(wanted.size(), false);
    for (std::uint32_t sweep = 0; sweep < sweeps; ++sweep) {
      double change = 0;
      sweeping_->bounds.begin_sweep();
      const auto done = [&](std::size_t i, const Effect& effect) {
        change = std::max({change, std::fabs(std::log2(effect.smallest)), std::fabs(std::log2(effect.largest))});
        if (!counted[i]) count(index, *wanted[i], effect);
        counted[i] = true;
        scaled[i] = scaled[i] || effect.scales;
        outcome_.rules[index].reset += effect.reset;
        outcome_.rules[index].capped += effect.capped;
      };
      if (solves(rule))
        visit_together(formulas, pattern, wanted, index, sweep == 0, done);
      else
        visit(formulas, pattern, wanted, waves, index, sweep == 0, done);
      outcome_.rules[index].sweeps = sweep + 1;
      if (rule.repeat && change < rule.repeat->change) break;
    }
    outcome_.rules[index].bounds = sweeping_->bounds.reached();
    sweeping_.reset();
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (scaled[i]) summarise(index, *wanted[i]);
  }

  // The regions whose structure the rule wants; what was in the way of the others is noted. Each region is looked at by
  // itself, so that several threads share them.
  std::vector<RegionOutcome*> wanted_by(std::uint32_t index, const Pattern& pattern) {
    constexpr std::size_t kWorthAThread = 4096;
    const dsl::Rule& rule = program_.rules[index];
    std::vector<RegionOutcome>& all = outcome_.visited;
    const auto look = [&](const RegionOutcome& region) -> std::optional<Miss> {
      if (region.taken_by != kNone && !rule.again)
        return Miss{.obstacle = Obstacle::claimed, .clause = rule.at, .claimed_by = region.taken_by};
      return pattern.match(outcome_.regions, region.region);
    };
    std::vector<std::optional<Miss>> looked(all.size());
    graph::parallel_for_parts(all.size(), kWorthAThread, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) looked[i] = look(all[i]);
    });
    std::vector<RegionOutcome*> wanted;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (looked[i])
        outcome_.misses.add(all[i].misses, {index, *looked[i]});
      else
        wanted.push_back(&all[i]);
    }
    return wanted;
  }

  // Calls done(i, effect) for each of `regions` on which an action was carried out. Those of a wave are judged by
  // several threads before the first of them is acted on.
  template <typename Done>
  void visit(const RuleFormulas& formulas, const Pattern& pattern, std::span<RegionOutcome* const> regions,
             std::span<const Wave> waves, std::uint32_t index, bool first, Done done) {
    constexpr std::size_t kWorthAThread = std::size_t{1} << 19U;
    const VisitContext context{
        formulas,         pattern,       outcome_.analysis, outcome_.statistics,
        outcome_.regions, outcome_.plan, sweeping_->gain,   sweeping_->maxima ? &*sweeping_->maxima : nullptr};
    const Visit::Judges judges = judges_of(first);
    std::size_t most = 0;
    for (const Wave& wave : waves) most = std::max(most, wave.regions.size());
    std::vector<std::optional<Visit>> visits(most);
    std::vector<std::optional<Visit::Stop>> stops(most);
    for (const auto& [wave, work] : waves) {
      const std::size_t part = std::max<std::size_t>(1, wave.size() * kWorthAThread / work);
      graph::parallel_for_parts(wave.size(), part, [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
          stops[i].reset();
          visits[i].emplace(context, regions[wave[i]]->region).judge(judges);
          if (visits[i]->action()) continue;
          stops[i] = visits[i]->stop();
          visits[i].reset();  // by the thread that has it in its cache
        }
      });
      for (std::size_t i = 0; i < wave.size(); ++i) {
        RegionOutcome& region = *regions[wave[i]];
        std::optional<Effect> effect;
        if (visits[i]) {
          effect = act(formulas, *visits[i], judges, region, index);
          stops[i] = visits[i]->stop();
          visits[i].reset();
        }
        if (first && stops[i]) note(region, index, *stops[i]);
        if (effect) done(wave[i], *effect);
      }
    }
  }

  Visit::Judges judges_of(bool first) const {
    return options_.match_only        ? Visit::Judges::conditions
           : first && options_.values ? Visit::Judges::all_and_tells
                                      : Visit::Judges::all;
  }

  static bool solves(const dsl::Rule& rule) {
    return std::any_of(rule.steps.begin(), rule.steps.end(), [](const dsl::Step& step) {
      return step.form == dsl::Step::Form::act && actions()[step.action]->solve;
    });
  }

  // The same for rules with an action that wants all its regions at once: each waits there until all have come.
  template <typename Done>
  void visit_together(const RuleFormulas& formulas, const Pattern& pattern, std::span<RegionOutcome* const> regions,
                      std::uint32_t index, bool first, Done done) {
    const VisitContext context{formulas,         pattern,       outcome_.analysis, outcome_.statistics,
                               outcome_.regions, outcome_.plan, sweeping_->gain};
    const Visit::Judges judges = judges_of(first);
    std::vector<std::optional<Visit>> visits(regions.size());
    std::vector<std::optional<Effect>> effects(regions.size());
    for (std::size_t i = 0; i < regions.size(); ++i) {
      visits[i].emplace(context, regions[i]->region).judge(judges);
      effects[i] = act(formulas, *visits[i], judges, *regions[i], index);
    }
    while (const dsl::Step* step = next_together(visits)) {
      std::vector<std::size_t> there;
      for (std::size_t i = 0; i < visits.size(); ++i)
        if (visits[i]->action() == step) there.push_back(i);
      act_together(formulas, *step, there, visits, regions, index, effects);
      for (const std::size_t i : there) {
        if (visits[i]->stop()) continue;
        visits[i]->judge(judges);
        if (auto effect = act(formulas, *visits[i], judges, *regions[i], index)) effects[i] = std::move(effect);
      }
    }
    for (std::size_t i = 0; i < regions.size(); ++i) {
      if (first && visits[i]->stop()) note(*regions[i], index, *visits[i]->stop());
      if (effects[i]) done(i, *effects[i]);
    }
  }

  // The first of the clauses at which visits wait for others; null: none does.
  const dsl::Step* next_together(std::span<const std::optional<Visit>> visits) const {
    const dsl::Step* next = nullptr;
    for (const std::optional<Visit>& visit : visits)
      if (const dsl::Step* step = options_.match_only ? nullptr : visit->action(); step && (!next || step < next))
        next = step;
    return next;
  }

  void act_together(const RuleFormulas& formulas, const dsl::Step& step, std::span<const std::size_t> there,
                    std::span<std::optional<Visit>> visits, std::span<RegionOutcome* const> regions,
                    std::uint32_t index, std::span<std::optional<Effect>> effects) {
    const Action& action = *actions()[step.action];
    std::vector<SolveContext::Place> places;
    for (const std::size_t i : there) places.push_back({visits[i]->view(), visits[i]->evaluator()});
    const bool first_act = outcome_.plan.scales().empty();
    const std::vector<SolveContext::Restoring> restoring = restoring_of(outcome_.rules[index].restorers);
    Solved solved = action.solve({formulas, places, outcome_.plan, options_.exact, restoring}, step);
    std::vector<double> applied(solved.noise->classes(), 1.0);
    for (std::size_t k = 0; k < there.size(); ++k) {
      const std::size_t i = there[k];
      RegionOutcome& region = *regions[i];
      if (!solved.refused[k].empty()) {
        visits[i]->refuse(outcome_.misses.keep(solved.refused[k]));
        continue;
      }
      const Region& classes = outcome_.regions[region.region];
      if (region.scales.empty()) region.scales.assign(classes.classes, 1.0);
      const std::vector<double> before = region.scales;
      ActionContext context{formulas, visits[i]->view(), visits[i]->evaluator(), outcome_.plan,
                            stored_,  options_.exact,    region.scales};
      effects[i] = apply_scales(context, std::move(solved.scales[k]));
      for (std::size_t c = 0; c < before.size(); ++c) applied[classes.first_class + c] = region.scales[c] / before[c];
      if (region.taken_by == kNone) region.taken_by = index;
    }
    // What it says of the whole run, if nothing else is done.
    if (first_act) outcome_.prediction = predict(*solved.noise, applied);
  }

  std::vector<SolveContext::Restoring> restoring_of(const std::vector<Restorer>& restorers) const {
    std::vector<SolveContext::Restoring> all;
    const double elements = restorers.empty() ? 1 : restored_elements(restorers, model_.network).all;
    for (const Restorer& each : restorers)
      all.push_back({each.from, each.to, elements_of(each.to, model_.network) / elements});
    return all;
  }

  // Carries out the actions of a rule on one region that is judged up to the first of them; nothing where none was. It
  // ends before one that wants all regions at once.
  std::optional<Effect> act(const RuleFormulas& formulas, Visit& visit, Visit::Judges judges, RegionOutcome& region,
                            std::uint32_t index) {
    std::optional<Effect> effect;
    for (; const dsl::Step* step = visit.action(); visit.judge(judges)) {
      if (!options_.match_only) {
        if (actions()[step->action]->solve) return effect;
        if (region.scales.empty()) region.scales.assign(visit.view().region().classes, 1.0);
        const Action& action = *actions()[step->action];
        ActionContext context{formulas, visit.view(),   visit.evaluator(), outcome_.plan,
                              stored_,  options_.exact, region.scales,     swept(action, *step, region)};
        if (leaves_alone(formulas.rule(), action)) {
          visit.refuse(kNotExact);
          return effect;
        }
        const std::vector<double> before = region.scales;
        Effect made = action.run(context, *step);
        tell_gain(visit.view().region(), before, region.scales);
        if (!made.refused.empty()) {
          visit.refuse(outcome_.misses.keep(made.refused));
          return effect;
        }
        check_exact(formulas.rule(), action);
        sweeping_->bounds.add(visit.view(), visit.evaluator(), *step, made);
        if (!made.approximate.empty()) ++outcome_.rules[index].approximate[made.approximate];
        effect = std::move(made);
      }
      if (region.taken_by == kNone) region.taken_by = index;
      if (options_.match_only) return Effect{};
    }
    return effect;
  }

  // What an action has done to a region.
  void tell_gain(const Region& region, std::span<const double> before, std::span<const double> after) {
    if (std::ranges::equal(before, after)) return sweeping_->gain.changed();
    std::vector<double> factors(before.size());
    for (std::size_t i = 0; i < factors.size(); ++i) factors[i] = after[i] / before[i];
    sweeping_->gain.scaled(region, factors);
  }

  // What the rule has scaled a region by, where the action was told a bound of it.
  std::span<double> swept(const Action& action, const dsl::Step& step, const RegionOutcome& region) {
    if (action.optional == 0 || step.arguments.size() < action.arguments.size()) return {};
    std::vector<double>& scales = sweeping_->swept[region.region];
    if (scales.empty()) scales.assign(region.scales.size(), 1.0);
    return scales;
  }

  void note(RegionOutcome& region, std::uint32_t index, const Visit::Stop& stop) {
    outcome_.misses.add(region.misses, {index,
                                        {.obstacle = stop.obstacle,
                                         .clause = stop.clause,
                                         .reason = stop.reason,
                                         .seen = outcome_.misses.keep(stop.seen)}});
  }

  void count(std::uint32_t index, const RegionOutcome& region, const Effect& effect) {
    RuleOutcome& rule = outcome_.rules[index];
    ++rule.regions;
    if (!effect.scales) rule.channels += effect.channels;
    rule.parents += static_cast<std::uint32_t>(outcome_.regions[region.region].parents.size());
    rule.children += static_cast<std::uint32_t>(outcome_.regions.readers(outcome_.regions[region.region]).size());
  }

  void summarise(std::uint32_t index, const RegionOutcome& region) {
    RuleOutcome& rule = outcome_.rules[index];
    for (const double scale : region.scales) {
      if (!std::exchange(rule.scaled, true)) rule.smallest = rule.largest = scale;
      rule.channels += scale != 1;
      rule.smallest = std::min(rule.smallest, scale);
      rule.largest = std::max(rule.largest, scale);
    }
  }

  // A rule that was used `as far as exact`.
  bool leaves_alone(const dsl::Rule& rule, const Action& action) const {
    return options_.exact && rule.as_far_as_exact && !action.bit_exact;
  }
  static constexpr std::string_view kNotExact = "--exact: the outputs would not stay bit for bit";

  // Of an action that did something: what it left alone is no reason to refuse.
  void check_exact(const dsl::Rule& rule, const Action& action) const {
    if (options_.exact && !action.bit_exact)
      throw Refusal{
          fmt::format("rule '{}': --exact asks for bit-exact outputs, which {} does not give", rule.name, action.name)};
  }

  graph::Model& model_;
  const dsl::Program& program_;
  const RunOptions& options_;
  Outcome& outcome_;
  // Of the rule that visits its regions.
  struct Sweeping {
    Sweeping(const RuleFormulas& formulas, const Outcome& outcome)
        : gain(outcome.analysis, outcome.regions, outcome.statistics, outcome.plan), bounds(formulas) {}
    Gain gain;
    std::optional<PairMaximaTable> maxima;
    BoundCounts bounds;
    std::unordered_map<RegionId, std::vector<double>> swept;
  };
  std::optional<Sweeping> sweeping_;
  bool put_in_ = false;  // some rule has put in what gives scales back
  StoredMaxima stored_{model_.sources};
};

}  // namespace

std::optional<Ground> ground_for(const dsl::Program& other, const Outcome& found, const dsl::Program& program,
                                 const RunOptions& options) {
  if (edits_networks(other) || edits_networks(program)) return std::nullopt;
  if (same_laws(other.laws, program.laws)) return Ground(found);
  auto analysis = analyse_under(other.laws, found.analysis, program.laws, {options.skip_nodes, options.exact});
  if (!analysis) return std::nullopt;
  const bool same = analysis->operators == found.analysis.operators;
  Ground ground{*std::move(analysis), {}, found.statistics, found.statistics_use};
  ground.regions = same ? found.regions : find_regions(ground.analysis);
  return ground;
}

Outcome run(graph::Model& model, const dsl::Program& program, const RunOptions& options, std::optional<Ground> ground) {
  Outcome outcome;
  Runner(model, program, options, outcome).run(std::move(ground));
  if (options.match_only) return outcome;
  outcome.rewriting = apply_plan(outcome.analysis, outcome.plan, model.statistics, outcome.statistics);
  outcome.certificate = certify(outcome.analysis, graph::Rewritten(model.network, outcome.rewriting),
                                outcome.plan.scales(), outcome.plan.shifts());
  return outcome;
}

}  // namespace rw::runtime
