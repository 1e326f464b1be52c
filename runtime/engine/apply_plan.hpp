// From the plan to what a writer must do: which tensors change in place, which are copied because their users' edits
// differ.
#pragma once

#include "graph/rewriting.hpp"
#include "graph/statistics.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/regions/analysis.hpp"

namespace rw::runtime {

// `all`: every entry of the model; `used`: those that run along the channels of their tensor.
graph::Rewriting apply_plan(const Analysis& analysis, const Plan& plan, const graph::Statistics& all,
                            const graph::Statistics& used);

}  // namespace rw::runtime
