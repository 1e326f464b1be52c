// One region on its way through the clauses of a rule: conditions are judged up to the next action, which the caller
// carries out. Judging writes nothing that others see, so that several threads may judge regions side by side.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/formulas/formula_evaluator.hpp"
#include "runtime/matching/match.hpp"

namespace rw::runtime {

// What judging refers to; it must outlive the visit.
struct VisitContext {
  const RuleFormulas& formulas;
  const Pattern& pattern;
  const Analysis& analysis;
  const graph::Statistics& statistics;
  const Regions& regions;
  const Plan& plan;
  Gain& gain;  // as FormulaEvaluator takes both: visits that ask them are judged one after the other
  PairMaximaTable* maxima = nullptr;
};

class Visit {
 public:
  // Why a clause stopped it.
  struct Stop {
    Obstacle obstacle = Obstacle::condition;
    dsl::Position clause;
    std::string_view reason;  // lives as long as the rules, or as what refuse() is given
    std::string seen;
  };
  enum class Judges : std::uint8_t {
    conditions,  // and what actions ask for is left alone
    all,
    all_and_tells,  // and a condition that fails notes the values that it saw
  };

  Visit(const VisitContext& context, RegionId region);
  Visit(const Visit&) = delete;  // its evaluator refers to its view
  Visit& operator=(const Visit&) = delete;

  // Goes on to the next action, and evaluates what that asks for. graph::Error: NaN or infinity in a constant that is
  // read.
  void judge(Judges what);
  // The action that comes next; null: the clauses are through, or one stopped it.
  const dsl::Step* action() const { return action_; }
  const std::optional<Stop>& stop() const { return stop_; }
  // The action was not carried out.
  void refuse(std::string_view reason);

  const BoundRegion& view() const { return view_; }
  FormulaEvaluator& evaluator() { return evaluator_; }

 private:
  std::optional<Stop> judge_condition(const dsl::Step& step, Judges what);
  std::optional<Stop> judge_arguments(const dsl::Step& step);

  const RuleFormulas& formulas_;
  BoundRegion view_;
  FormulaEvaluator evaluator_;
  std::size_t next_ = 0;  // among the clauses
  const dsl::Step* action_ = nullptr;
  std::optional<Stop> stop_;
};

}  // namespace rw::runtime
