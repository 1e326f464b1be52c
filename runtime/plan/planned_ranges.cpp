#include "runtime/plan/planned_ranges.hpp"

#include "graph/formats/statistics/entries.hpp"

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

// One number of channel i, where values v become (v - c) s.
double followed(graph::Follows how, double value, double mean, double c, double s) {
  switch (how) {
    case graph::Follows::value:
      return (value - c) * s;
    case graph::Follows::spread:
      return value * s;
    case graph::Follows::spread_square:
      return value * s * s;
    case graph::Follows::square:
      return (value - 2 * c * mean + c * c) * s * s;
    default:
      return value;
  }
}

}  // namespace

PlannedRanges planned_ranges(const graph::Statistics& statistics, const Plan& plan, graph::TensorId tensor) {
  const graph::Statistic* entry = statistics.find_finite(tensor);
  if (!entry) return {};
  return {planned(entry->min, plan, tensor), planned(entry->max, plan, tensor)};
}

std::vector<double> planned_statistic(const graph::Statistics& statistics, const Plan& plan, graph::TensorId tensor,
                                      std::string_view key) {
  const graph::Statistic* entry = statistics.find_finite(tensor);
  auto found = entry ? graph::numbers_of_key(*entry, key) : std::nullopt;
  if (!found) return {};
  const std::vector<double>*shift = plan.shift_of(tensor), *scale = plan.scale_of(tensor);
  const bool by_mean = shift && found->follows == graph::Follows::square;
  if (shift && (found->follows == graph::Follows::sign || (by_mean && entry->mean.empty()))) return {};
  for (std::size_t i = 0; i < found->values.size(); ++i)
    found->values[i] = followed(found->follows, found->values[i], by_mean ? entry->mean[i] : 0, shift ? (*shift)[i] : 0,
                                scale ? (*scale)[i] : 1);
  return std::move(found->values);
}

}  // namespace rw::runtime
