// The calibrated values of a tensor as they will be.
#pragma once

#include <vector>

#include "graph/statistics.hpp"
#include "runtime/plan/plan.hpp"

namespace rw::runtime {

struct PlannedRanges {
  std::vector<double> min, max;  // by channel; empty: there are none, or some are not finite
};

PlannedRanges planned_ranges(const graph::Statistics& statistics, const Plan& plan, graph::TensorId tensor);

}  // namespace rw::runtime
