#include "runtime/formulas/planned_ranges.hpp"

namespace rw::runtime {
namespace {

std::vector<double> planned(std::span<const double> values, const Plan& plan, graph::TensorId tensor) {
  std::vector<double> range(values.begin(), values.end());
  if (range.empty()) return range;
  if (const auto* shift = plan.shift_of(tensor))
    for (std::size_t i = 0; i < range.size(); ++i) range[i] -= (*shift)[i];
  if (const auto* scale = plan.scale_of(tensor))
    for (std::size_t i = 0; i < range.size(); ++i) range[i] *= (*scale)[i];
  return range;
}

}  // namespace

PlannedRanges planned_ranges(const graph::Statistics& statistics, const Plan& plan, graph::TensorId tensor) {
  const graph::Statistic* entry = statistics.find_finite(tensor);
  if (!entry) return {};
  return {planned(entry->min, plan, tensor), planned(entry->max, plan, tensor)};
}

}  // namespace rw::runtime
