#include "runtime/report/channels.hpp"

#include <algorithm>
#include <cmath>

#include "graph/base/error.hpp"
#include "runtime/plan/planned_ranges.hpp"
#include "runtime/weights/constant_bytes.hpp"
#include "runtime/weights/edited.hpp"

namespace rw::runtime {
namespace {

constexpr std::size_t kMostNarrow = 3;

ActivationChannels activation(const Outcome& outcome, const RegionOutcome& region, TensorId tensor) {
  ActivationChannels found{.tensor = tensor};
  if (!region.scales.empty())
    for (const std::uint32_t each : outcome.regions.classes(tensor)) found.scale.push_back(region.scales[each]);
  PlannedRanges before = planned_ranges(outcome.statistics, {}, tensor);
  PlannedRanges after = planned_ranges(outcome.statistics, outcome.plan, tensor);
  found.before = {std::move(before.min), std::move(before.max)};
  found.after = {std::move(after.min), std::move(after.max)};
  return found;
}

// Empty: the operator has no such weight, or it cannot be read.
WeightChannels weight(const Outcome& outcome, OperatorId op, bool parent) try {
  WeightChannels found{.op = op, .parent = parent};
  const Site site = outcome.analysis.site(op);
  const Law& law = outcome.analysis.law(op);
  const auto handle = find_handle(law, site, parent ? Handle::Side::out : Handle::Side::in, Handle::Read::weight);
  if (!handle || handle->attribute || !site.is_constant(handle->slot)) return found;
  std::size_t channels = 1;
  for (std::size_t axis = 0; axis < handle->view.size(); ++axis)
    if (handle->axes.contains(axis)) channels *= static_cast<std::size_t>(handle->view[axis]);
  const graph::Tensor& constant = site.tensor(handle->slot);
  found.before = magnitudes(constant, *handle, nullptr, channels);
  const Edit* edit = outcome.plan.edit(op, handle->slot);
  found.after = edit ? magnitudes(constant, *handle, edit, channels) : found.before;
  return found;
} catch (const graph::Error&) {
  return {.op = op, .parent = parent};  // NaN or infinity: no rule has asked for it
}

struct Fills {
  std::vector<double> before, after;  // magnitudes by channel
};

void add_narrow(const NarrowChannel& what, const Fills& fills, const std::vector<double>& scale,
                std::vector<NarrowChannel>& all) {
  const auto largest = [](const std::vector<double>& list) {
    return list.empty() ? 0.0 : *std::max_element(list.begin(), list.end());
  };
  const double before = largest(fills.before), after = largest(fills.after);
  if (!(before > 0 && after > 0)) return;
  for (std::size_t i = 0; i < fills.after.size(); ++i) {
    if (!(fills.after[i] > 0) || fills.after[i] == after) continue;
    NarrowChannel each = what;
    each.channel = i;
    each.before = fills.before[i] / before;
    each.after = fills.after[i] / after;
    if (i < scale.size()) each.scale = scale[i];
    all.push_back(each);
  }
}

std::vector<double> magnitudes_of(const ChannelRanges& ranges) {
  std::vector<double> all;
  for (std::size_t i = 0; i < ranges.high.size(); ++i)
    all.push_back(std::max(std::fabs(ranges.low[i]), std::fabs(ranges.high[i])));
  return all;
}

// Of activations where some are known, else of the weights of the parents.
std::vector<NarrowChannel> narrow_channels(const RegionChannels& region) {
  std::vector<NarrowChannel> all;
  for (const ActivationChannels& each : region.activations)
    if (each.before.known())
      add_narrow({.tensor = each.tensor}, {magnitudes_of(each.before), magnitudes_of(each.after)}, each.scale, all);
  if (all.empty())
    for (const WeightChannels& each : region.weights)
      if (each.parent) add_narrow({.op = each.op}, {each.before, each.after}, {}, all);
  const auto narrower = [](const NarrowChannel& a, const NarrowChannel& b) { return a.after < b.after; };
  const std::size_t count = std::min(kMostNarrow, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end(), narrower);
  all.resize(count);
  return all;
}

}  // namespace

RegionChannels channels_of(const Outcome& outcome, const RegionOutcome& region, bool with_weights) {
  const Region& shape = outcome.regions[region.region];
  RegionChannels found;
  for (const TensorId tensor : shape.tensors) found.activations.push_back(activation(outcome, region, tensor));
  const auto add_weight = [&](OperatorId op, bool parent) {
    WeightChannels each = weight(outcome, op, parent);
    if (!each.before.empty()) found.weights.push_back(std::move(each));
  };
  if (with_weights) {
    for (const OperatorId op : shape.parents) add_weight(op, true);
    for (const OperatorId op : shape.children) add_weight(op, false);
  }
  found.narrow = narrow_channels(found);
  found.at_bound = classes_at_bound(outcome, region);
  return found;
}

std::vector<bool> classes_at_bound(const Outcome& outcome, const RegionOutcome& region) {
  std::vector<bool> at(outcome.regions[region.region].classes, false);
  if (region.taken_by == kNone || region.scales.empty()) return at;
  for (const BoundReached& bound : outcome.rules[region.taken_by].bounds)
    for (std::size_t i = 0; i < at.size(); ++i)
      if (std::fabs(region.scales[i] - bound.value) <= 1e-9 * std::fabs(bound.value)) at[i] = true;
  return at;
}

std::size_t count_at_bound(const Outcome& outcome, const RegionOutcome& region) {
  const std::vector<bool> at = classes_at_bound(outcome, region);
  return static_cast<std::size_t>(std::count(at.begin(), at.end(), true));
}

ScaleRange scale_range_of(const RegionOutcome& region) {
  if (region.scales.empty()) return {};
  const auto [least, most] = std::minmax_element(region.scales.begin(), region.scales.end());
  return {*least, *most};
}

bool weights_are_told(const graph::Network& network) { return constant_bytes(network) <= kPredictedBytes; }

}  // namespace rw::runtime
