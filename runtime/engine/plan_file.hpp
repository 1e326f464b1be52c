// What a run decided, as a plan that can be saved and applied on its own (graph/formats/plan/plan_file.hpp).
#pragma once

#include "dsl/load.hpp"
#include "graph/formats/plan/plan_file.hpp"
#include "runtime/engine/run.hpp"

namespace rw::runtime {

// With the checksums that the rewriting has noted, and the `op` lines of the files but for those of std. Every factor
// names the rule and the region (its first parent) that it comes from; where two regions meet in one factor, the one at
// the operator's output.
graph::PlanFile plan_file(const Outcome& outcome, const dsl::Loaded& rules);

}  // namespace rw::runtime
