// The calibrated values of a tensor as they will be.
#pragma once

#include <string_view>
#include <vector>

#include "graph/statistics.hpp"
#include "runtime/plan/plan.hpp"

namespace rw::runtime {

struct PlannedRanges {
  std::vector<double> min, max;  // by channel; empty: there are none, or some are not finite
};

PlannedRanges planned_ranges(const graph::Statistics& statistics, const Plan& plan, graph::TensorId tensor);

// What the entry of a tensor has under a key ("mean", "p99.9"), by channel. Empty: it has none, some are not finite, or
// nobody can tell what becomes of them.
std::vector<double> planned_statistic(const graph::Statistics& statistics, const Plan& plan, graph::TensorId tensor,
                                      std::string_view key);

}  // namespace rw::runtime
