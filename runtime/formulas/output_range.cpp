#include "runtime/formulas/output_range.hpp"

#include <algorithm>

#include "runtime/formulas/planned_ranges.hpp"
#include "runtime/laws/clip_bounds.hpp"
#include "runtime/laws/operators.hpp"

namespace rw::runtime {
namespace {

std::optional<OutputRange> measured(const graph::Statistics& statistics, const Plan& plan, TensorId tensor) {
  const PlannedRanges ranges = planned_ranges(statistics, plan, tensor);
  if (ranges.min.empty() || ranges.max.empty()) return std::nullopt;
  return OutputRange{*std::min_element(ranges.min.begin(), ranges.min.end()),
                     *std::max_element(ranges.max.begin(), ranges.max.end())};
}

}  // namespace

std::optional<OutputRange> output_range(const Analysis& analysis, const graph::Statistics& statistics, const Plan& plan,
                                        OperatorId op) {
  const Site site = analysis.site(op);
  if (site.output() == kNone) return std::nullopt;
  if (const auto own = measured(statistics, plan, site.output())) return own;
  if (!traits(site).clips || !site.has(0)) return std::nullopt;
  const ClipBounds bounds = clip_bounds(site);
  const auto given = bounds.known() ? measured(statistics, plan, site.input(0)) : std::nullopt;
  if (!given) return std::nullopt;
  // The upper bound counts where the lower one is larger.
  const auto clipped = [&](double x) { return std::min(std::max(x, bounds.low.value), bounds.high.value); };
  return OutputRange{clipped(given->min), clipped(given->max)};
}

}  // namespace rw::runtime
