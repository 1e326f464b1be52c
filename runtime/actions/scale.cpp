// scale(p, s): every scale class of the region that a parent offers and nothing pins takes the scale asked for it; the
// constants of all operators around follow by their handles. The network's function stays: y = W x holds for
// s_out W / s_in between x' = s_in x and y' = s_out y, and every law inside the region carries one scale through.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "graph/base/error.hpp"
#include "runtime/actions/action.hpp"
#include "runtime/plan/scales.hpp"
#include "runtime/weights/constant.hpp"
#include "runtime/weights/edited.hpp"

namespace rw::runtime {
namespace {

constexpr std::array kScaleArguments = {dsl::ArgumentForm::parents, dsl::ArgumentForm::number_per_channel};

using graph::Error;

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

[[noreturn]] void refuse(const ActionContext& context, std::string message) {
  throw Error("", fmt::format("rule '{}'", context.formulas.rule().name), std::move(message));
}

// The scale asked for each class; 1 for pinned classes and those that no parent offers.
std::vector<double> asked_scales(ActionContext& context, const dsl::Step& step) {
  const BoundRegion& view = context.view;
  const dsl::Step::Argument &set = step.arguments[0], &formula = step.arguments[1];
  const Family& parents = view.family(set.binding);
  const auto asked = context.evaluator.over_channels(context.evaluator.value(formula.expr), parents);
  const auto name = [&](std::size_t node) { return view.analysis().network->op(parents.nodes[node]).name; };
  struct First {
    std::size_t node = 0;
    std::uint32_t channel = 0;
    double scale = 0;
  };
  std::vector<First> first(view.region().classes);
  std::vector<double> scales(view.region().classes, 1.0);
  for (std::size_t node = 0; node < parents.nodes.size(); ++node) {
    for (std::uint32_t i = parents.first[node]; i < parents.first[node + 1]; ++i) {
      const std::uint32_t scale_class = parents.classes[i], channel = i - parents.first[node];
      if (view.regions().pinned(view.region(), scale_class)) continue;
      if (!std::isfinite(asked[i]) || !(asked[i] > 0)) {
        const std::string values = context.evaluator.explain(formula.expr, set.binding, i);
        refuse(context, fmt::format("asks scale {} for channel {} of '{}'{}: a scale must be finite and > 0", asked[i],
                                    channel, name(node), values.empty() ? "" : fmt::format(" ({})", values)));
      }
      First& earlier = first[scale_class];
      if (earlier.scale == 0) {
        earlier = {node, channel, asked[i]};
      } else if (!near(asked[i], earlier.scale)) {
        refuse(context,
               fmt::format("asks {} for channel {} of '{}' and {} for channel {} of '{}', which share one scale",
                           earlier.scale, earlier.channel, name(earlier.node), asked[i], channel, name(node)));
      }
      scales[scale_class] = context.exact ? std::ldexp(1.0, std::ilogb(earlier.scale)) : earlier.scale;
    }
  }
  return scales;
}

// Classes that would round, overflow or denormalise an edited weight go back to 1, until none is left. Scales are
// powers of two, so that a product is exact unless it leaves the range of normal numbers.
std::uint32_t keep_exact(const ActionContext& context, const std::vector<Follower>& all, std::vector<double>& scales) {
  const BoundRegion& view = context.view;
  std::uint32_t resets = 0;
  bool again = true;
  while (again) {
    again = false;
    Plan trial;  // holds the whole edit of the constants around this region as it would be
    for (const Follower& each : all) {
      if (const Edit* old = context.plan.edit(each.op, each.handle.slot); old && !trial.edit(each.op, each.handle.slot))
        for (const graph::Factor& factor : old->factors)
          (trial.*(factor.folded ? &Plan::fold : &Plan::multiply))(each.op, each.handle.slot, old->shape, old->view,
                                                                   factor.axes, factor.values);
      trial.multiply(each.op, each.handle.slot, each.handle.shape, each.handle.view, each.handle.axes,
                     factor_of(view, each, scales));
    }
    for (const Follower& each : all) {
      const Constant held(view.analysis().site(each.op), each.handle);
      const graph::Tensor& constant = held.tensor();
      const graph::DTypeRow& limits = graph::row(constant.dtype);
      const auto classes = view.regions().classes(each.tensor);
      for_each_element(constant, each.handle, trial.edit(each.op, each.handle.slot),
                       [&](double value, double factor, std::size_t channel) {
                         const double scaled = std::fabs(value * factor);
                         if (value == 0 || factor == 1 || !std::isfinite(value) ||
                             (scaled <= limits.largest && scaled >= limits.smallest))
                           return;
                         double& scale = scales[classes[channel * each.handle.run]];
                         if (scale == 1) return;
                         scale = 1;
                         ++resets;
                         again = true;
                       });
    }
  }
  return resets;
}

Effect scale(ActionContext& context, const dsl::Step& step) {
  const BoundRegion& view = context.view;
  std::vector<double> scales = asked_scales(context, step);
  const std::vector<Follower> all = followers(view);
  Effect effect;
  if (context.exact) effect.reset = keep_exact(context, all, scales);
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
  }
  return effect;
}

}  // namespace

extern const Action kScaleAction = {
    .name = "scale",
    .arguments = kScaleArguments,
    .bit_exact = true,
    .help = "scales the parents' output channels and divides the children's input channels: exact",
    .run = scale,
};

}  // namespace rw::runtime
