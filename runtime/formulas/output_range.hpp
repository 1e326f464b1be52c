// The calibrated range of what an operator of a chain gives.
#pragma once

#include <optional>

#include "graph/statistics.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/regions/analysis.hpp"

namespace rw::runtime {

struct OutputRange {
  double min = 0, max = 0;  // over all channels
};

// Of its first output, through the plan; of a Clip without statistics that of its input within its bounds. Nothing:
// there are none.
std::optional<OutputRange> output_range(const Analysis& analysis, const graph::Statistics& statistics, const Plan& plan,
                                        OperatorId op);

}  // namespace rw::runtime
