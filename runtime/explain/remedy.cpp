#include "runtime/explain/remedy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <set>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/formulas/field.hpp"
#include "runtime/formulas/function.hpp"
#include "runtime/laws/operators.hpp"

namespace rw::runtime {
namespace {

constexpr int kMostRounds = 5;  // of looking what else is in the way

// --- the table of changes

using Text = std::string (*)(const dsl::Loaded&, const Change&);
using Apply = void (*)(dsl::Program&, const Change&);

std::string at(const dsl::Loaded& rules, const Change& change) { return rules.sources.name_and_line(change.at); }

// A term that could admit operators of a type, if it asked no more of them: it names them, or a law that they may have.
bool names(const dsl::Term& term, const dsl::Program& program, const std::string& op) {
  if (term.law == dsl::kNoLaw) return term.op == op;
  return std::any_of(program.laws.begin(), program.laws.end(),
                     [&](const dsl::LawBinding& binding) { return binding.op == op && binding.law == term.law; });
}

std::string name_in(const dsl::Loaded& rules, const Change& change, const char* clause) {
  const dsl::Terms* terms = terms_at(rules.program, change.at);
  if (terms && std::any_of(terms->terms.begin(), terms->terms.end(),
                           [&](const dsl::Term& each) { return names(each, rules.program, change.op); }))
    return fmt::format("admit every {} in `{}` ({})", graph::printable(change.op), clause, at(rules, change));
  return fmt::format("add {} to `{}` ({})", graph::printable(change.op), clause, at(rules, change));
}

dsl::RegionPattern& pattern(dsl::Program& program, const Change& change) { return *program.rules[change.rule].region; }

bool has_join(const dsl::Loaded& rules, const Change& change) {
  return !rules.program.rules[change.rule].region->joins.empty();
}

dsl::Term term(const Change& change) { return {.op = change.op, .at = change.at}; }

void add_law(dsl::Program& program, const Change& change) {
  const auto all = laws();
  const auto found = std::find(all.begin(), all.end(), find_law(change.law)) - all.begin();
  program.laws.push_back({.op = change.op, .law = static_cast<std::uint32_t>(found)});
}

void drop_step(dsl::Program& program, const Change& change) {
  auto& steps = program.rules[change.rule].steps;
  const auto is_it = [&](const dsl::Step& step) {
    return step.form != dsl::Step::Form::act && step.form != dsl::Step::Form::let && step.at == change.at;
  };
  steps.erase(std::remove_if(steps.begin(), steps.end(), is_it), steps.end());
}

struct RemedyRow {
  ChangeKind kind;
  bool claims;  // the user must answer for it
  Text text;
  Apply apply;
};

const std::array kRows = {
    RemedyRow{ChangeKind::name_parent, false,
              [](const dsl::Loaded& rules, const Change& change) { return name_in(rules, change, "parents"); },
              [](dsl::Program& program, const Change& change) {
                pattern(program, change).parents.terms.push_back(term(change));
              }},
    RemedyRow{ChangeKind::name_child, false,
              [](const dsl::Loaded& rules, const Change& change) { return name_in(rules, change, "children"); },
              [](dsl::Program& program, const Change& change) {
                pattern(program, change).children.terms.push_back(term(change));
              }},
    RemedyRow{ChangeKind::name_inner, false,
              [](const dsl::Loaded& rules, const Change& change) {
                if (rules.program.rules[change.rule].region->through.empty())
                  return fmt::format("add `through {}` to the region ({})", graph::printable(change.op),
                                     at(rules, change));
                return name_in(rules, change, "through");
              },
              [](dsl::Program& program, const Change& change) {
                auto& through = pattern(program, change).through;
                if (through.empty()) through.emplace_back();
                through[0].terms.push_back(term(change));
              }},
    RemedyRow{ChangeKind::name_join, false,
              [](const dsl::Loaded& rules, const Change& change) {
                if (!has_join(rules, change))
                  return fmt::format("add `may join {}` to the region ({})", graph::printable(change.op),
                                     at(rules, change));
                return name_in(rules, change, "join");
              },
              [](dsl::Program& program, const Change& change) {
                auto& joins = pattern(program, change).joins;
                if (joins.empty()) joins.emplace_back();
                joins[0].terms.push_back(term(change));
              }},
    RemedyRow{ChangeKind::relax_join, false,
              [](const dsl::Loaded& rules, const Change& change) {
                return fmt::format("write `may join` for `join` ({})", at(rules, change));
              },
              [](dsl::Program& program, const Change& change) {
                for (dsl::Terms& join : pattern(program, change).joins)
                  if (join.at == change.at) join.required = false;
              }},
    RemedyRow{ChangeKind::relax_through, false,
              [](const dsl::Loaded& rules, const Change& change) {
                return fmt::format("write `through` for `must through` ({})", at(rules, change));
              },
              [](dsl::Program& program, const Change& change) {
                for (dsl::Terms& through : pattern(program, change).through)
                  if (through.at == change.at) through.required = false;
              }},
    RemedyRow{
        ChangeKind::pin_leaks, false,
        [](const dsl::Loaded& rules, const Change& change) {
          return fmt::format("add `leak pin` to the region ({})", at(rules, change));
        },
        [](dsl::Program& program, const Change& change) { pattern(program, change).leaks = dsl::LeakPolicy::pin; }},
    RemedyRow{ChangeKind::teach, true,
              [](const dsl::Loaded&, const Change& change) {
                return fmt::format("teach the law of {0}: `op {0} law {1}` ({2}; it is believed)",
                                   graph::printable(change.op), change.law, kAdviceHolds);
              },
              add_law},
    RemedyRow{ChangeKind::bound, false,
              [](const dsl::Loaded&, const Change& change) {
                return fmt::format("add `op {} law {}` (its bounds become constants, one a channel)",
                                   graph::printable(change.op), change.law);
              },
              add_law},
    RemedyRow{ChangeKind::drop_where, false,
              [](const dsl::Loaded& rules, const Change& change) {
                return fmt::format("take out or widen `where` ({})", at(rules, change));
              },
              drop_step},
    RemedyRow{ChangeKind::give_stats, false,
              [](const dsl::Loaded&, const Change&) {
                return std::string("give their ranges (--stats FILE, or --data FILES)");
              },
              drop_step},
    RemedyRow{ChangeKind::drop_needs, false,
              [](const dsl::Loaded& rules, const Change& change) {
                return fmt::format("take out or widen `needs` ({})", at(rules, change));
              },
              drop_step},
};

const RemedyRow& row(const Change& change) {
  const RemedyRow& found = kRows[static_cast<std::size_t>(change.kind)];
  assert(found.kind == change.kind);  // rows stand in the order of the enumeration
  return found;
}

// Operators that are added to one clause, and the laws that must be taught first, are one thing to do:
// "add Reshape and Swirl to `through` (rules.dsl:12) after teaching the law of Swirl: `op Swirl law pass` (...)".
std::vector<std::string> texts_of(const dsl::Loaded& rules, const Changes& changes) {
  std::vector<std::string> texts;
  std::set<std::string> taught;
  const auto lesson_of = [&](const Change& change) -> const Change* {
    for (const Change& each : changes)
      if (each.kind == ChangeKind::teach && each.op == change.op) return &each;
    return nullptr;
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Change change = changes[i];
    if (change.kind == ChangeKind::teach && taught.count(change.op) != 0) continue;
    std::string lessons;
    const bool names = !change.op.empty() && change.rule != kNone;
    for (std::size_t k = i; names && k < changes.size() && changes[k].kind == change.kind &&
                            changes[k].rule == change.rule && changes[k].at == change.at;
         ++k) {
      if (k > i)
        change.op +=
            (k + 1 < changes.size() && changes[k + 1].kind == change.kind && changes[k + 1].at == change.at ? ", "
                                                                                                            : " and ") +
            changes[k].op;
      if (const Change* lesson = lesson_of(changes[k]); lesson && taught.insert(lesson->op).second)
        lessons += (lessons.empty() ? "" : ", ") + row(*lesson).text(rules, *lesson);
      i = k;
    }
    std::string text = row(change).text(rules, change);
    if (!lessons.empty()) text += ", after you " + lessons;
    texts.push_back(std::move(text));
  }
  return texts;
}

bool reads_statistics(const dsl::Rule& rule, dsl::ExprId root) {
  const RuleFormulas formulas(rule, std::vector<double>(rule.params.size(), 0));
  for (const dsl::ExprId id : formulas.needed(root)) {
    const dsl::Expr& expr = rule.exprs[id];
    if (expr.op == dsl::ExprOp::call && functions()[expr.index]->form == dsl::FunctionForm::data) return true;
    if (expr.op == dsl::ExprOp::field && fields()[expr.index].measured) return true;
  }
  return false;
}

bool add(Changes& changes, Change change) {
  const auto place = std::lower_bound(changes.begin(), changes.end(), change);
  if (place != changes.end() && *place == change) return false;
  changes.insert(place, std::move(change));
  return true;
}

// Of the channels that are free and that parents offer, and of those offered at all.
std::uint32_t offered_classes(const Outcome& outcome, RegionId id) {
  std::vector<bool> offered(outcome.regions[id].classes, false);
  for (const OperatorId op : outcome.regions[id].parents)
    for (const std::uint32_t each : outcome.regions.classes(outcome.analysis.network->op(op).outputs[0]))
      offered[each] = true;
  return static_cast<std::uint32_t>(std::count(offered.begin(), offered.end(), true));
}

}  // namespace

// The rules with changes.
struct Remedies::Trial {
  dsl::Program program;
  std::optional<graph::Model> model;      // where it needs one of its own
  std::optional<Outcome> outcome;         // no value where the run stopped
  std::vector<std::uint32_t> visited_of;  // by region

  const RegionOutcome* region_of(OperatorId parent) const {
    const graph::Operator& op = outcome->analysis.network->op(parent);
    if (op.outputs.empty()) return nullptr;
    const auto region = outcome->regions.region_of(op.outputs[0]);
    if (!region || visited_of[*region] == kNone) return nullptr;
    return &outcome->visited[visited_of[*region]];
  }
};

Remedies::Remedies(const Subject& subject)
    : subject_(subject), rules_(subject.rules), base_(subject.outcome), advice_(law_advice(base_.analysis)) {
  const std::uint64_t bytes = subject.model.bytes, operators = base_.analysis.network->operators().size();
  most_tries_ = std::clamp<std::uint64_t>(2'000'000 / (operators + bytes / 1000 + 1), 3, 64);
  most_full_tries_ = std::clamp<std::uint64_t>(100'000'000 / (bytes + 1), 1, 6);
  base_region_of_parent_.assign(operators, kNone);
  for (std::uint32_t i = 0; i < base_.visited.size(); ++i)
    for (const OperatorId op : base_.regions[base_.visited[i].region].parents) base_region_of_parent_[op] = i;
}

Remedies::~Remedies() = default;

const Remedies::Trial* Remedies::attempt(const Changes& changes) {
  const auto found = trials_.find(changes);
  if (found != trials_.end()) return found->second.get();
  if (tries_ >= most_tries_) {
    capped_ = true;
    return nullptr;
  }
  ++tries_;
  auto trial = std::make_unique<Trial>(Trial{.program = rules_.program});
  for (const Change& change : changes) row(change).apply(trial->program, change);
  RunOptions options = subject_.options;
  options.match_only = true;
  try {
    trial->outcome = run_instead(subject_, trial->program, options, trial->model);
    trial->visited_of.assign(trial->outcome->regions.size(), kNone);
    for (std::uint32_t i = 0; i < trial->outcome->visited.size(); ++i)
      trial->visited_of[trial->outcome->visited[i].region] = i;
  } catch (const graph::Error&) {
    trial.reset();  // a shape or weight that does not fit what the law says
  } catch (const Refusal&) {
    trial.reset();
  }
  return trials_.emplace(changes, std::move(trial)).first->second.get();
}

std::vector<Miss> Remedies::misses(const Pattern& pattern, const Outcome& outcome, const RegionOutcome& region,
                                   std::uint32_t rule) {
  std::vector<Miss> all;
  for (const auto& [of, miss] : outcome.misses.of(region.misses))
    if (of == rule && miss.obstacle == Obstacle::claimed) return {miss};
  all = pattern.misses(outcome.regions, region.region);
  if (!all.empty()) return all;
  for (const auto& [of, miss] : outcome.misses.of(region.misses))
    if (of == rule) all.push_back(miss);
  return all;
}

// --- from a miss to the change that would take it out of the way

bool Remedies::treat_leak(const Miss& miss, std::uint32_t rule, LeakPolicy policy, const Outcome& outcome,
                          Changes& changes) const {
  const Change pin = {.kind = ChangeKind::pin_leaks, .rule = rule, .at = miss.clause};
  if (policy == LeakPolicy::pin) return add(changes, pin), true;
  const bool unknown = miss.op != kNone && outcome.analysis.operators[miss.op].unknown;
  if (miss.op != kNone) {
    const Site site = outcome.analysis.site(miss.op);
    const std::string type(site.network().type_of(miss.op));
    if (unknown)
      if (const auto advice = advice_.find(type); advice != advice_.end() && !advice->second.law.empty())
        return add(changes, {.kind = ChangeKind::teach, .op = type, .law = std::string(advice->second.law)}), true;
    if (const auto other = traits(site).other_law; !other.empty() && outcome.analysis.law(miss.op).name != other)
      return add(changes, {.kind = ChangeKind::bound, .op = type, .law = std::string(other)}), true;
  }
  if (policy == LeakPolicy::teach_and_pin) return add(changes, pin), true;
  return false;
}

bool Remedies::add_change(const Miss& miss, std::uint32_t rule, LeakPolicy policy, const Outcome& outcome,
                          Changes& changes) const {
  const auto named = [&](ChangeKind kind) {
    const dsl::Terms* clause = terms_at(rules_.program, miss.clause);
    if (clause && is_excepted(*clause, outcome.analysis, miss.op)) return false;
    add(changes,
        {.kind = kind, .rule = rule, .op = std::string(outcome.analysis.network->type_of(miss.op)), .at = miss.clause});
    return true;
  };
  const auto about_clause = [&](ChangeKind kind) {
    add(changes, {.kind = kind, .rule = rule, .at = miss.clause});
    return true;
  };
  switch (miss.obstacle) {
    case Obstacle::parent:
      return named(ChangeKind::name_parent);
    case Obstacle::child:
      return named(ChangeKind::name_child);
    case Obstacle::inner:
      return named(outcome.regions.is_joining(miss.op) ? ChangeKind::name_join : ChangeKind::name_inner);
    case Obstacle::no_through:
      return about_clause(ChangeKind::relax_through);
    case Obstacle::no_join:
      return about_clause(ChangeKind::relax_join);
    case Obstacle::leak:
      return treat_leak(miss, rule, policy, outcome, changes);
    case Obstacle::condition:
      return about_clause(ChangeKind::drop_where);
    case Obstacle::data: {
      const dsl::Rule& of = rules_.program.rules[rule];
      for (const dsl::Step& step : of.steps)
        if (step.at == miss.clause && step.form == dsl::Step::Form::needs && !reads_statistics(of, step.expr))
          return about_clause(ChangeKind::drop_needs);
      return about_clause(ChangeKind::give_stats);
    }
    case Obstacle::no_child:  // both go where a leak goes, if it does
    case Obstacle::no_free_channel:
      return policy != LeakPolicy::pin;
    case Obstacle::claimed:
      return false;
  }
  return false;
}

// Takes away one layer of obstacles after the other until the region matches.
std::optional<Cure> Remedies::repair(const RegionOutcome& region, std::uint32_t rule, LeakPolicy policy,
                                     std::size_t most) {
  const OperatorId parent = base_.regions[region.region].parents[0];
  Changes changes;
  const dsl::Program* program = &rules_.program;
  const Outcome* outcome = &base_;
  const RegionOutcome* now = &region;
  for (int round = 0; round < kMostRounds; ++round) {
    const Pattern pattern(*program->rules[rule].region, outcome->analysis);
    const std::size_t before = changes.size();
    for (const Miss& miss : misses(pattern, *outcome, *now, rule))
      if (!add_change(miss, rule, policy, *outcome, changes)) return std::nullopt;
    // A leak that the rule pins is no obstacle, until nothing is left to scale.
    if (policy != LeakPolicy::pin && program->rules[rule].region->leaks == dsl::LeakPolicy::pin)
      for (const Leak& leak : outcome->regions[now->region].leaks)
        if (!treat_leak({.op = leak.op, .tensor = leak.tensor}, rule, policy, *outcome, changes)) return std::nullopt;
    if (changes.size() == before || changes.size() > most) return std::nullopt;
    const Trial* trial = attempt(changes);
    if (!trial) return std::nullopt;
    now = trial->region_of(parent);
    if (!now) return std::nullopt;
    program = &trial->program;
    outcome = &*trial->outcome;
    if (now->taken_by == kNone) continue;
    trial = smallest(changes, parent, trial);
    now = trial->region_of(parent);
    outcome = &*trial->outcome;
    return Cure{.remedy = remember(changes, *trial),
                .by = program->rules[now->taken_by].name,
                .channels = free_classes(outcome->regions, now->region, outcome->analysis),
                .of = offered_classes(*outcome, now->region)};
  }
  return std::nullopt;
}

// What one change brings may have made another one needless.
const Remedies::Trial* Remedies::smallest(Changes& changes, OperatorId parent, const Trial* trial) {
  for (std::size_t i = 0; i < changes.size() && changes.size() > 1;) {
    Changes fewer = changes;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    const Trial* tried = attempt(fewer);
    const RegionOutcome* region = tried ? tried->region_of(parent) : nullptr;
    if (!region || region->taken_by == kNone) {
      ++i;
      continue;
    }
    changes = std::move(fewer);
    trial = tried;
  }
  return trial;
}

// --- what it unlocks

void Remedies::count(const Trial& trial, Remedy& remedy) const {
  for (const RegionOutcome& region : trial.outcome->visited) {
    if (region.taken_by == kNone) continue;
    bool fresh = false;
    std::set<std::uint32_t> before;
    for (const OperatorId op : trial.outcome->regions[region.region].parents) {
      // A rule with a pattern may have inserted an operator that the base does not have.
      const std::uint32_t old = op < base_region_of_parent_.size() ? base_region_of_parent_[op] : kNone;
      const bool was_taken = old != kNone && base_.visited[old].taken_by != kNone;
      fresh |= !was_taken;
      if (was_taken) before.insert(old);
    }
    if (!fresh) continue;
    std::uint32_t channels = free_classes(trial.outcome->regions, region.region, trial.outcome->analysis);
    for (const std::uint32_t old : before)
      channels -= std::min(channels, free_classes(base_.regions, base_.visited[old].region, base_.analysis));
    ++remedy.regions;
    remedy.channels += channels;
  }
}

// The formulas too: parents that share a scale may ask for different ones.
void Remedies::try_fully(Remedy& remedy) {
  const bool lacks_data = std::any_of(remedy.changes.begin(), remedy.changes.end(), [](const Change& change) {
    return change.kind == ChangeKind::give_stats || change.kind == ChangeKind::drop_needs;
  });
  if (lacks_data) return;
  if (full_tries_ >= most_full_tries_) {
    capped_ = true;
    return;
  }
  ++full_tries_;
  dsl::Program program = rules_.program;
  for (const Change& change : remedy.changes) row(change).apply(program, change);
  std::optional<graph::Model> model;
  try {
    const Outcome outcome = run_instead(subject_, program, subject_.options, model);
    if (!outcome.certificate.holds) remedy.refused = "the certificate does not hold: " + outcome.certificate.why;
  } catch (const graph::Error& error) {
    remedy.refused = error.message;
  } catch (const Refusal& refusal) {
    remedy.refused = refusal.message;
  }
  remedy.tried_fully = true;
}

std::size_t Remedies::remember(const Changes& changes, const Trial& trial) {
  const auto [found, fresh] = index_.emplace(changes, all_.size());
  if (!fresh) return found->second;
  Remedy remedy{.changes = changes, .steps = texts_of(rules_, changes)};
  remedy.claims = std::any_of(changes.begin(), changes.end(), [](const Change& each) { return row(each).claims; });
  count(trial, remedy);
  try_fully(remedy);
  all_.push_back(std::move(remedy));
  return all_.size() - 1;
}

// --- the smallest one

std::vector<Cure> Remedies::find(const RegionOutcome& region, std::uint32_t only) {
  struct Candidate {
    std::uint32_t rule;
    std::size_t changes;
  };
  const auto better = [&](const Cure& a, const std::optional<Cure>& b) {
    if (!b) return true;
    const Remedy &x = all_[a.remedy], &y = all_[b->remedy];
    return std::tuple(!x.refused.empty(), x.changes.size(), UINT32_MAX - a.channels) <
           std::tuple(!y.refused.empty(), y.changes.size(), UINT32_MAX - b->channels);
  };
  std::vector<Cure> cures;
  for (const auto& policies :
       {std::vector{LeakPolicy::pin}, std::vector{LeakPolicy::teach, LeakPolicy::teach_and_pin}}) {
    std::optional<Cure> best;
    std::vector<Candidate> candidates;
    for (std::uint32_t rule = 0; rule < rules_.program.rules.size(); ++rule) {
      if (!base_.rules[rule].ran || !rules_.program.rules[rule].region || (only != kNone && only != rule)) continue;
      const Pattern pattern(*rules_.program.rules[rule].region, base_.analysis);
      Changes changes;
      const auto all = misses(pattern, base_, region, rule);
      if (std::all_of(all.begin(), all.end(),
                      [&](const Miss& miss) { return add_change(miss, rule, policies.back(), base_, changes); }))
        candidates.push_back({rule, changes.size()});
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.changes < b.changes; });
    for (const Candidate& candidate : candidates) {
      const bool settled = best && all_[best->remedy].refused.empty();
      if (settled && candidate.changes >= all_[best->remedy].changes.size()) break;
      for (const LeakPolicy policy : policies)
        if (const auto cure = repair(region, candidate.rule, policy, kMostChanges); cure && better(*cure, best))
          best = cure;
    }
    if (best && (cures.empty() || best->channels > cures[0].channels)) cures.push_back(*best);
  }
  return cures;
}

}  // namespace rw::runtime
