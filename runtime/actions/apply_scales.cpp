#include "runtime/actions/apply_scales.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "runtime/plan/planned_ranges.hpp"
#include "runtime/weights/constant.hpp"
#include "runtime/weights/edited.hpp"

namespace rw::runtime {
namespace {

// Every operator that a region touches, with the handles that follow the region's scale.
struct Follower {
  OperatorId op;
  TensorId tensor;  // whose channels the handle follows
  Handle handle;
};

std::vector<Follower> followers(const BoundRegion& view) {
  std::vector<Follower> all;
  std::vector<OperatorId> ops;
  const Region& region = view.region();
  for (const auto& list : {region.parents, region.children, region.inner})
    ops.insert(ops.end(), list.begin(), list.end());
  std::sort(ops.begin(), ops.end());
  ops.erase(std::unique(ops.begin(), ops.end()), ops.end());
  for (const OperatorId op : ops) {
    const Law& law = view.analysis().law(op);
    if (!law.handles) continue;
    const Site site = view.analysis().site(op);
    std::vector<Handle> handles;
    law.handles(site, handles);
    for (Handle& handle : handles) {
      const TensorId tensor = handle.side == Handle::Side::in ? site.input(handle.activation) : site.output();
      if (tensor != kNone && view.regions().region_of(tensor) == view.id())
        all.push_back({op, tensor, std::move(handle)});
    }
  }
  return all;
}

std::vector<double> factor_of(const BoundRegion& view, const Follower& follower, const std::vector<double>& scales) {
  std::vector<double> factor;
  const auto classes = view.regions().classes(follower.tensor);
  factor.reserve(classes.size() / follower.handle.run);
  for (std::size_t i = 0; i < classes.size(); i += follower.handle.run)
    factor.push_back(follower.handle.inverse ? 1.0 / scales[classes[i]] : scales[classes[i]]);
  return factor;
}

bool all_one(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double each) { return each == 1.0; });
}

// The whole edits of the constants around the region, as they would be with these scales.
Plan trial_of(const ActionContext& context, const std::vector<Follower>& all, const std::vector<double>& scales) {
  Plan trial;
  for (const Follower& each : all) {
    const Edit* old = context.plan.edit(each.op, each.handle.slot);
    if (old && !trial.edit(each.op, each.handle.slot))
      for (const graph::Factor& factor : old->factors)
        (trial.*(factor.folded ? &Plan::fold : &Plan::multiply))(each.op, each.handle.slot, old->shape, old->view,
                                                                 factor.axes, factor.values);
    trial.multiply(each.op, each.handle.slot, each.handle.shape, each.handle.view, each.handle.axes,
                   factor_of(context.view, each, scales));
  }
  return trial;
}

// The least and the largest magnitude.
std::pair<double, double> magnitudes_of(const graph::Factor& factor) {
  const auto [low, high] = std::minmax_element(factor.values.begin(), factor.values.end(),
                                               [](double x, double y) { return std::fabs(x) < std::fabs(y); });
  return {std::fabs(*low), std::fabs(*high)};
}

// Factors with which no sane weight of a wide type leaves its range: such constants are not read.
bool harmless(const Edit& edit, const graph::DTypeRow& type) {
  constexpr double kHarmless = 0x1p48, kWide = 1e30;
  if (type.largest < kWide) return false;
  double least = 1, most = 1;
  for (const graph::Factor& factor : edit.factors) {
    const auto [low, high] = magnitudes_of(factor);
    least *= std::min(1.0, low);
    most *= std::max(1.0, high);
  }
  return most <= kHarmless && least >= 1 / kHarmless;
}

// By the largest stored element of each channel and the factors around it, no channel overflows or comes to nothing.
// False: the elements must be looked at one by one.
bool within(std::span<const float> stored, const graph::DTypeRow& type, const Handle& handle, const Edit& edit) {
  if (stored.empty()) return false;
  const std::size_t channels = stored.size();
  std::vector<double> own(channels, 1.0);
  double least = 1, most = 1;  // of all other factors
  for (const graph::Factor& factor : edit.factors) {
    if (factor.axes == handle.axes) {
      for (std::size_t i = 0; i < channels; ++i) own[i] *= std::fabs(factor.values[i]);
      continue;
    }
    const auto [low, high] = magnitudes_of(factor);
    least *= low;
    most *= high;
  }
  for (std::size_t i = 0; i < channels; ++i) {
    const double size = double{stored[i]} * own[i];
    if (stored[i] != 0 && !(size * most <= type.largest && size * least >= type.smallest)) return false;
  }
  return true;
}

// Which channels of a constant would be worth less after their edit. With --exact, where scales are powers of two and a
// product is exact within the range of normal numbers: those of which an element leaves it. Else those that overflow,
// and those all of whose elements fall below the normal numbers.
std::vector<bool> damaged(const ActionContext& context, const Follower& each, const Plan& trial) {
  const Site site = context.view.analysis().site(each.op);
  const Constant held(site, each.handle);
  const graph::Tensor& constant = held.tensor();
  const graph::DTypeRow& type = graph::row(constant.dtype);
  const std::size_t channels = context.view.regions().classes(each.tensor).size() / each.handle.run;
  std::vector<bool> result(channels, false);
  const Edit* edit = trial.edit(each.op, each.handle.slot);
  if (!context.exact) {
    if (harmless(*edit, type)) return result;
    const Law& law = context.view.analysis().law(each.op);
    if (within(context.stored.find(each.op, law, site, each.handle), type, each.handle, *edit)) return result;
  }
  const std::vector<Extremes> after = changed_extremes(constant, each.handle, edit, channels);
  std::vector<double> before;
  for (std::size_t i = 0; i < channels; ++i) {
    const bool overflows = after[i].largest > type.largest, underflows = after[i].smallest < type.smallest;
    result[i] = overflows || (context.exact && underflows);
    if (result[i] || !underflows || after[i].largest >= type.smallest) continue;
    if (before.empty())
      before = magnitudes(constant, each.handle, context.plan.edit(each.op, each.handle.slot), channels);
    result[i] = before[i] >= type.smallest;
  }
  return result;
}

// Puts classes back to 1 that would damage a weight, until none is left. How many.
std::uint32_t keep_weights(const ActionContext& context, const std::vector<Follower>& all,
                           std::vector<double>& scales) {
  std::uint32_t resets = 0;
  bool again = true;
  while (again) {
    again = false;
    const Plan trial = trial_of(context, all, scales);
    for (const Follower& each : all) {
      const std::vector<bool> channels = damaged(context, each, trial);
      const auto classes = context.view.regions().classes(each.tensor);
      for (std::size_t i = 0; i < classes.size(); ++i) {
        double& scale = scales[classes[i]];
        if (!channels[i / each.handle.run] || scale == 1) continue;
        scale = 1;
        ++resets;
        again = true;
      }
    }
  }
  return resets;
}

// Calibrated values times the scale stay so many times below the largest number of their type, as data that was not
// seen may reach farther.
constexpr double kHeadroom = 4;

// Makes scales smaller that would bring activations near infinity in their type. How many.
std::uint32_t keep_activations(const ActionContext& context, std::vector<double>& scales) {
  const BoundRegion& view = context.view;
  std::vector<double> most(scales.size(), INFINITY);
  for (const TensorId tensor : view.region().tensors) {
    const graph::DType dtype = view.analysis().network->tensor(tensor).dtype;
    const auto ranges = planned_ranges(view.statistics(), context.plan, tensor);
    if (!graph::floating(dtype) || ranges.max.empty() || ranges.min.empty()) continue;
    const auto classes = view.regions().classes(tensor);
    for (std::size_t i = 0; i < classes.size(); ++i) {
      const double range = std::max(std::fabs(ranges.min[i]), std::fabs(ranges.max[i]));
      most[classes[i]] = std::min(most[classes[i]], graph::row(dtype).largest / kHeadroom / range);
    }
  }
  std::uint32_t capped = 0;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const double limit = std::max(1.0, context.exact ? std::exp2(std::floor(std::log2(most[i]))) : most[i]);
    if (!(scales[i] > limit)) continue;
    scales[i] = limit;
    ++capped;
  }
  return capped;
}

// What an operator that only gives the scale back multiplies by stays within these bounds, whatever is asked of a
// channel that is (nearly) dead.
constexpr double kMostRestored = 0x1p20;

void keep_restored(const ActionContext& context, std::vector<double>& scales) {
  const BoundRegion& view = context.view;
  std::vector<bool> restored(scales.size(), false);
  for (const OperatorId op : view.region().children)
    if (view.regions().is_restoring(op))
      for (const TensorId input : view.analysis().network->op(op).inputs)
        if (input != kNone && view.regions().region_of(input) == view.id())
          for (const std::uint32_t each : view.regions().classes(input)) restored[each] = true;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const double whole = context.scales[i] * scales[i];
    if (restored[i] && !(whole <= kMostRestored && whole >= 1 / kMostRestored))
      scales[i] = std::clamp(whole, 1 / kMostRestored, kMostRestored) / context.scales[i];
  }
}

}  // namespace

Effect apply_scales(ActionContext& context, std::vector<double> scales) {
  const BoundRegion& view = context.view;
  const std::vector<Follower> all = followers(view);
  Effect effect;
  keep_restored(context, scales);
  effect.capped = keep_activations(context, scales);
  effect.reset = keep_weights(context, all, scales);
  for (const Follower& each : all) {
    const auto factor = factor_of(view, each, scales);
    if (!all_one(factor))
      context.plan.multiply(each.op, each.handle.slot, each.handle.shape, each.handle.view, each.handle.axes, factor);
  }
  std::vector<double> values;
  for (const TensorId tensor : view.region().tensors) {
    values.clear();
    for (const std::uint32_t scale_class : view.regions().classes(tensor)) values.push_back(scales[scale_class]);
    if (!all_one(values)) context.plan.scale(tensor, values);
  }
  effect.smallest = effect.largest = scales.empty() ? 1 : scales[0];
  for (std::size_t i = 0; i < scales.size(); ++i) {
    effect.channels += scales[i] != 1;
    effect.smallest = std::min(effect.smallest, scales[i]);
    effect.largest = std::max(effect.largest, scales[i]);
    context.scales[i] *= scales[i];
    if (!context.swept.empty()) context.swept[i] *= scales[i];
  }
  return effect;
}

}  // namespace rw::runtime
