// scale(p, s): every scale class of the region that a parent offers and nothing pins takes the scale asked for it; the
// constants of all operators around follow by their handles. The network's function stays: y = W x holds for
// s_out W / s_in between x' = s_in x and y' = s_out y, and every law inside the region carries one scale through.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "graph/base/error.hpp"
#include "runtime/actions/apply_scales.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime {
namespace {

constexpr std::array kScaleArguments = {dsl::ArgumentForm::parents, dsl::ArgumentForm::number_per_channel};

using graph::Error;

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

Effect scale(ActionContext& context, const dsl::Step& step) {
  return apply_scales(context, asked_scales(context, step));
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
