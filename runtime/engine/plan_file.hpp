// What a run decided, as a plan that can be saved and applied on its own (graph/formats/plan/plan_file.hpp).
#pragma once

#include "dsl/program/program.hpp"
#include "graph/formats/plan/plan_file.hpp"
#include "runtime/engine/run.hpp"

namespace rw::runtime {

// `rewriting` is what apply_plan made of the outcome. Every factor names the rule and the region (its first parent)
// that it comes from; where two regions meet in one factor, the one at the operator's output.
graph::PlanFile plan_file(const Outcome& outcome, const dsl::Program& program, const graph::Rewriting& rewriting);

}  // namespace rw::runtime
