#include "runtime/engine/visit.hpp"

#include <cassert>

#include "runtime/formulas/seen.hpp"

namespace rw::runtime {

using Form = dsl::Step::Form;

Visit::Visit(const VisitContext& context, RegionId region)
    : formulas_(context.formulas),
      view_(context.formulas.rule(), context.pattern, context.analysis, context.statistics, context.regions, region),
      evaluator_(context.formulas, view_, context.plan, context.gain, context.maxima) {}

void Visit::judge(Judges what) {
  assert(!stop_);
  action_ = nullptr;
  const std::vector<dsl::Step>& steps = formulas_.rule().steps;
  while (next_ < steps.size()) {
    const dsl::Step& step = steps[next_++];
    if (step.form == Form::let) continue;  // its value is taken where it is used
    const bool acts = step.form == Form::act;
    if (!acts)
      stop_ = judge_condition(step, what);
    else if (what != Judges::conditions)
      stop_ = judge_arguments(step);
    if (stop_) return;
    if (!acts) continue;
    action_ = &step;
    return;
  }
}

void Visit::refuse(std::string_view reason) {
  assert(action_);
  stop_ = Stop{Obstacle::condition, action_->at, reason, {}};
  action_ = nullptr;
}

std::optional<Visit::Stop> Visit::judge_condition(const dsl::Step& step, Judges what) {
  const FormulaValue& value = evaluator_.value(step.expr);
  if (const Missing& missing = value.missing; !missing.empty()) {
    const bool said = !step.reason.empty();
    return Stop{Obstacle::data, step.at, said ? step.reason : missing.kind, said ? missing.sentence() : missing.text};
  }
  if (value.numbers[0] != 0) return std::nullopt;
  Stop stop{step.form == Form::needs ? Obstacle::data : Obstacle::condition, step.at, step.reason, {}};
  if (what == Judges::all_and_tells) stop.seen = seen_values(formulas_, view_, evaluator_, step.expr);
  return stop;
}

std::optional<Visit::Stop> Visit::judge_arguments(const dsl::Step& step) {
  for (const dsl::Step::Argument& argument : step.arguments) {
    if (argument.binding != dsl::kNoBinding) continue;
    if (const Missing& missing = evaluator_.value(argument.expr).missing; !missing.empty())
      return Stop{Obstacle::data, step.at, missing.kind, missing.text};
  }
  return std::nullopt;
}

}  // namespace rw::runtime
