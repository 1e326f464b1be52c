#include "runtime/explain/recipes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <set>

#include "graph/base/error.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"

namespace rw::runtime {
namespace {

// What is in the way, and the shipped file that takes it away.
struct Help {
  const char* file;
  const char* says;
  const char* op;  // whose naming in a clause is worth nothing then
  bool (*is_needed)(const Outcome& base);
  bool behind = false;  // the given rules
};

template <typename Is>
bool any_operator(const Outcome& base, std::string_view type, Is is) {
  const graph::Network& network = *base.analysis.network;
  for (OperatorId op = 0; op < network.operators().size(); ++op)
    if (!network.removed(op) && network.type_of(op) == type && is(op)) return true;
  return false;
}

// In front of them a scale can be given back. (std.dsl has the list, for files of rules.)
constexpr std::array<std::string_view, 4> kCurves = {"Sigmoid", "HardSigmoid", "Swish", "HardSwish"};

bool leaks_at_a_curve(const Outcome& base) {
  const graph::Network& network = *base.analysis.network;
  return std::any_of(kCurves.begin(), kCurves.end(), [&](std::string_view curve) {
    return any_operator(base, curve, [&](OperatorId op) {
      const auto inputs = network.op(op).inputs;
      const auto region = inputs.empty() || inputs[0] == kNone ? std::nullopt : base.regions.region_of(inputs[0]);
      return region && !base.regions[*region].parents.empty();
    });
  });
}

// They run before the rules that scale, where nothing else is said.
constexpr std::array kHelps = {
    Help{"prepare", "folds BatchNormalization into the layers before it", "BatchNormalization",
         [](const Outcome& base) { return any_operator(base, "BatchNormalization", [](OperatorId) { return true; }); }},
    Help{"clip", "lets scales pass Clip", "Clip",
         [](const Outcome& base) {
           return any_operator(base, "Clip", [&](OperatorId op) { return base.analysis.law(op).name != "bounded"; });
         }},
    Help{"restore", "gives scales back in front of curves, by a Mul", "Sigmoid", leaks_at_a_curve, true},
};

// Scales by weights alone.
constexpr const char* kWithoutRanges = "cross_layer";

bool is_needs(const dsl::Step& step) { return step.form == dsl::Step::Form::needs; }

bool asks_for_data(const dsl::Rule& rule) { return std::any_of(rule.steps.begin(), rule.steps.end(), is_needs); }

// A region failed because there is none, or would come to that: some rule asks for data.
bool lacks_ranges(const Outcome& base, const dsl::Program& program) {
  if (base.statistics_use.used > 0) return false;
  for (const RegionOutcome& region : base.visited)
    for (const RuleMiss& each : base.misses.of(region.misses))
      if (each.miss.obstacle == Obstacle::data) return true;
  const auto rules = dsl::running(program);
  return std::any_of(rules.begin(), rules.end(), asks_for_data);
}

// As if the data that conditions ask for were there.
void drop_needs(dsl::Program& program) {
  for (dsl::Rule& rule : program.rules) std::erase_if(rule.steps, is_needs);
}

bool scaled_by_a_rule(const RegionOutcome& region) { return region.taken_by != kNone; }

// Layers that some rule scales: parents of a linear law.
std::set<OperatorId> scaled_layers(const Outcome& outcome) {
  std::set<OperatorId> layers;
  for (const RegionOutcome& region : outcome.visited)
    if (scaled_by_a_rule(region))
      for (const OperatorId op : outcome.regions[region.region].parents)
        if (outcome.analysis.law(op).name == "linear") layers.insert(op);
  return layers;
}

}  // namespace

std::string file_that_helps(std::string_view op) {
  const bool curve = std::find(kCurves.begin(), kCurves.end(), op) != kCurves.end();
  for (const Help& help : kHelps)
    if (op == help.op || (curve && help.op == kCurves[0]))
      return fmt::format("the rule file {} {}", help.file, help.says);
  return {};
}

struct Recipes::Trial {
  dsl::Loaded rules;
  std::optional<graph::Model> model;  // where it needs one of its own
  Outcome outcome;
};

Recipes::Recipes(const Subject& subject, const std::vector<std::string>& files) : subject_(subject) {
  if (files.empty()) return;
  const dsl::Loaded& rules = subject.rules;
  const Outcome& base = subject.outcome;
  const auto read = [&](std::string_view file) {
    for (std::uint32_t i = 0; i < rules.sources.size(); ++i)
      if (rules.sources[i].name == file) return true;
    return false;
  };
  std::vector<const Help*> helps;
  for (const Help& help : kHelps)
    if (!read(help.file) && help.is_needed(base)) helps.push_back(&help);
  const bool lacks = lacks_ranges(base, rules.program), folds = !helps.empty() && helps[0] == kHelps.data();
  // Every choice of them, those of one file first, before the given files, and before what needs no ranges.
  std::vector<unsigned> choices;
  for (unsigned choice = 0; choice < 1U << helps.size(); ++choice) choices.push_back(choice);
  std::stable_sort(choices.begin(), choices.end(),
                   [](unsigned a, unsigned b) { return std::popcount(a) < std::popcount(b); });
  for (const bool instead : {false, true}) {
    if (instead && (!lacks || read(kWithoutRanges))) continue;
    for (const unsigned choice : choices) {
      if (choice == 0 && !instead) continue;
      if (instead && folds && (choice & 1U) == 0) continue;  // factors that could be folded
      Remedy remedy{.instead = instead, .needs_ranges = lacks && !instead};
      std::vector<std::string> says;
      std::vector<std::string> behind;
      for (std::size_t i = 0; i < helps.size(); ++i) {
        if ((choice >> i & 1U) == 0) continue;
        (helps[i]->behind ? behind : remedy.files).emplace_back(helps[i]->file);
        says.push_back(fmt::format("{} {}", helps[i]->file, helps[i]->says));
      }
      if (instead) {
        remedy.files.emplace_back(kWithoutRanges);
        says.push_back(fmt::format("{} needs no ranges of activations", kWithoutRanges));
      } else {
        remedy.files.insert(remedy.files.end(), files.begin(), files.end());
      }
      remedy.files.insert(remedy.files.end(), behind.begin(), behind.end());
      remedy.steps = {fmt::format("{}", fmt::join(says, ", and "))};
      attempt(std::move(remedy));
    }
  }
}

Recipes::~Recipes() = default;

void Recipes::attempt(Remedy remedy) {
  ++tries_;
  auto trial = std::make_unique<Trial>(
      Trial{dsl::load(remedy.files, rule_library(ShippedTests::left_out), vocabulary()), std::nullopt, Outcome()});
  if (dsl::has_errors(trial->rules.diagnostics)) return;
  if (remedy.needs_ranges) drop_needs(trial->rules.program);
  RunOptions matching = subject_.options;
  matching.match_only = true;
  matching.only.clear();  // they name rules of other files
  try {
    trial->outcome = run_instead(subject_, trial->rules.program, matching, trial->model);
  } catch (const graph::Error&) {
    return;
  } catch (const Refusal&) {
    return;
  }
  const std::set<OperatorId> before = scaled_layers(subject_.outcome), after = scaled_layers(trial->outcome);
  const auto is_new = [&](OperatorId op) { return after.count(op) != 0 && before.count(op) == 0; };
  for (const OperatorId op : after) remedy.layers += is_new(op) ? 1 : 0;
  for (const RegionOutcome& region : trial->outcome.visited) {
    const auto parents = trial->outcome.regions[region.region].parents;
    if (!scaled_by_a_rule(region) || std::none_of(parents.begin(), parents.end(), is_new)) continue;
    ++remedy.regions;
    remedy.channels += free_classes(trial->outcome.regions, region.region, trial->outcome.analysis);
  }
  // What one more file does not improve is left out.
  const auto as_good = [&](const Remedy& other) {
    return other.instead == remedy.instead && other.layers >= remedy.layers;
  };
  if (remedy.layers == 0 || std::any_of(all_.begin(), all_.end(), as_good)) return;
  std::string files;
  for (const std::string& file : remedy.files) files += (files.empty() ? "" : " ") + file;
  remedy.steps = {fmt::format("run `{}`: {} ({} more {} scaled)", files, remedy.steps[0], remedy.layers,
                              remedy.layers == 1 ? "layer is" : "layers are")};
  if (remedy.needs_ranges) remedy.steps.emplace_back("give their ranges (--stats FILE, or --data FILES)");
  all_.push_back(std::move(remedy));
  trials_.push_back(std::move(trial));
}

std::vector<Cure> Recipes::find(const Region& region) const {
  std::vector<Cure> cures;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const bool found = !cures.empty() && all_[cures.back().remedy].instead == all_[i].instead;
    if (const auto cure = found ? std::nullopt : cure_by(i, region.parents[0])) cures.push_back(*cure);
  }
  return cures;
}

std::optional<Cure> Recipes::cure_by(std::size_t remedy, OperatorId parent) const {
  const Outcome& outcome = trials_[remedy]->outcome;
  for (const RegionOutcome& each : outcome.visited) {
    const auto parents = outcome.regions[each.region].parents;
    if (!scaled_by_a_rule(each) || std::find(parents.begin(), parents.end(), parent) == parents.end()) continue;
    return Cure{.remedy = remedy,
                .by = trials_[remedy]->rules.program.rules[each.taken_by].name,
                .channels = free_classes(outcome.regions, each.region, outcome.analysis),
                .of = outcome.regions[each.region].classes};
  }
  return std::nullopt;
}

bool Recipes::replaces(std::size_t remedy, const Remedy& change) const {
  const std::vector<std::string>& files = all_[remedy].files;
  return std::any_of(change.changes.begin(), change.changes.end(), [&](const Change& each) {
    return std::any_of(kHelps.begin(), kHelps.end(), [&](const Help& help) {
      return each.op == help.op && std::find(files.begin(), files.end(), help.file) != files.end();
    });
  });
}

}  // namespace rw::runtime
