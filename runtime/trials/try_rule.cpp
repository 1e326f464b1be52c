#include "runtime/trials/try_rule.hpp"

#include <algorithm>
#include <map>

#include "runtime/settings/numbers.hpp"
#include "runtime/trials/clock.hpp"
#include "runtime/trials/draw.hpp"
#include "runtime/trials/guards.hpp"
#include "runtime/trials/ledger.hpp"
#include "runtime/trials/run_instance.hpp"
#include "runtime/trials/shrink.hpp"

namespace rw::trials {
namespace {

using Form = InstanceRun::Form;

constexpr std::size_t kExamples = 4;

class Trier {
 public:
  Trier(const dsl::Rule& rule, std::span<const dsl::LawBinding> laws, const DrawLimits& limits)
      : rule_(rule), laws_(laws), limits_(limits) {
    for (const dsl::Param& param : rule.params) params_.push_back(param.value);
    bounds_ = bounds_of(*rule.pattern, params_);
    guards_ = add_guards(rule_);
    for (const CandidateGuard& each : guards_) conditions_.push_back(each.condition);
    held_.resize(guards_.size());
  }

  RuleTrials run() {
    const double began = thread_seconds();
    std::map<std::string, std::size_t> reasons;
    for (std::uint64_t seed = 1; out_.draws < limits_.draws && out_.accepted < limits_.accepted; ++seed) {
      if (thread_seconds() - began > limits_.seconds) break;
      ++out_.draws;
      Choices choices(seed);
      note(attempt(choices), choices, reasons);
    }
    for (const auto& [why, count] : reasons) out_.refusals.emplace_back(why, count);
    std::stable_sort(out_.refusals.begin(), out_.refusals.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    wanted_ = out_.differing > 0 ? Form::differs : Form::changes;
    if (out_.differing + out_.changing > 0) {
      make_small();
      suggest();
    }
    out_.seconds = thread_seconds() - began;
    return std::move(out_);
  }

 private:
  struct Attempt {
    Instance instance;
    InstanceRun run;
  };

  Attempt attempt(Choices& choices) {
    Attempt out;
    try {
      out.instance = draw(rule_, params_, laws_, choices);
      out.run = run_instance(rule_, params_, laws_, out.instance, bounds_, conditions_);
    } catch (const patterns::NoValue& why) {
      out.run.why = why.what();
    }
    return out;
  }

  void note(Attempt made, const Choices& choices, std::map<std::string, std::size_t>& reasons) {
    const InstanceRun& run = made.run;
    if (run.form == Form::refused || run.form == Form::changes) {
      ++(run.form == Form::refused ? out_.refused : out_.changing);
      ++reasons[run.why];
    }
    if (run.form == Form::changes) {
      for (std::size_t i = 0; i < held_.size() && i < run.conditions.size(); ++i)
        held_[i].changing += run.conditions[i] ? 1 : 0;
      if (out_.differing == 0) keep_smallest(std::move(made), choices);
    }
    if (run.form != Form::agrees && run.form != Form::differs) return;
    ++out_.accepted;
    out_.largest_difference = std::max(out_.largest_difference, run.difference);
    const bool good = run.form == Form::agrees;
    good ? ++good_ : ++out_.differing;
    for (std::size_t i = 0; i < held_.size() && i < run.conditions.size(); ++i)
      if (run.conditions[i]) ++(good ? held_[i].good : held_[i].bad);
    if (good) {
      if (out_.examples.size() < kExamples) out_.examples.push_back(std::move(made.instance));
      return;
    }
    if (out_.differing == 1) smallest_.clear();  // what only changes is not asked for any more
    keep_smallest(std::move(made), choices);
  }

  void keep_smallest(Attempt made, const Choices& choices) {
    if (!smallest_.empty() && made.instance.size() >= size_) return;
    smallest_ = choices.made();
    size_ = made.instance.size();
    best_ = std::move(made);
  }

  // ---- smaller

  bool still_differs(const std::vector<std::uint32_t>& choices) {
    Choices played(choices);
    Attempt made = attempt(played);
    if (made.run.form != wanted_) return false;
    const std::size_t size = made.instance.size();
    if (!is_smaller(size, choices, size_, smallest_)) return false;
    size_ = size;
    smallest_ = choices;
    smallest_.resize(std::min(smallest_.size(), played.used()));
    best_ = std::move(made);
    return true;
  }

  void make_small() {
    const double began = thread_seconds();
    const auto time_left = [&] { return thread_seconds() - began < limits_.seconds; };
    shrink(
        smallest_, [&](const std::vector<std::uint32_t>& choices) { return still_differs(choices); }, time_left);
    const bool differs = wanted_ == Form::differs;
    out_.counterexample = {lines_of(differs ? best_.run.with_values : best_.instance), best_.run.difference,
                           best_.run.result};
  }

  // ---- what would mend it

  void suggest() {
    constexpr double kMostKept = 0.9;
    constexpr std::size_t kLeast = 20;
    for (std::size_t i = 0; i < guards_.size(); ++i) {
      if ((wanted_ == Form::differs ? held_[i].bad : held_[i].changing) > 0 || held_[i].good < kLeast) continue;
      out_.guards.push_back({guards_[i].text,
                             static_cast<double>(held_[i].good) / static_cast<double>(std::max<std::size_t>(good_, 1)),
                             false});
    }
    std::stable_sort(out_.guards.begin(), out_.guards.end(),
                     [](const auto& a, const auto& b) { return a.kept > b.kept; });
    if (out_.guards.size() > 3) out_.guards.resize(3);
    for (SuggestedGuard& each : out_.guards)
      if (each.kept >= kMostKept) each.confirmed = confirmed(each);
    std::stable_partition(out_.guards.begin(), out_.guards.end(), [](const auto& each) { return each.confirmed; });
  }

  // On fresh instances in which the guard holds.
  bool confirmed(const SuggestedGuard& guard) {
    const auto at =
        std::find_if(guards_.begin(), guards_.end(), [&](const auto& each) { return each.text == guard.condition; });
    dsl::Rule guarded = rule_;
    dsl::PatternStep step;
    step.expr = at->condition;
    guarded.pattern->steps.push_back(step);
    const double began = thread_seconds();
    std::size_t agreed = 0;
    for (std::uint64_t seed = 1'000'001; agreed < 200 && thread_seconds() - began < limits_.seconds / 2; ++seed) {
      Choices choices(seed);
      try {
        const Instance instance = draw(guarded, params_, laws_, choices);
        const InstanceRun run = run_instance(guarded, params_, laws_, instance, bounds_, {});
        if (run.form == wanted_) return false;
        agreed += run.form == Form::agrees ? 1 : 0;
      } catch (const patterns::NoValue&) {
      }
    }
    return agreed >= 20;
  }

  struct Held {
    std::size_t good = 0, bad = 0, changing = 0;
  };

  dsl::Rule rule_;
  std::span<const dsl::LawBinding> laws_;
  DrawLimits limits_;
  std::vector<double> params_, bounds_;
  std::vector<CandidateGuard> guards_;
  std::vector<dsl::PatternExprId> conditions_;
  std::vector<Held> held_;
  std::size_t good_ = 0, size_ = 0;
  Form wanted_ = Form::differs;  // of the counterexample
  std::vector<std::uint32_t> smallest_;
  Attempt best_;
  RuleTrials out_;
};

}  // namespace

RuleTrials try_rule(const dsl::Rule& rule, std::span<const dsl::LawBinding> laws, const DrawLimits& limits) {
  return Trier(rule, laws, limits).run();
}

}  // namespace rw::trials
