// scale(p, s): every scale class of the region that a parent offers and nothing pins takes the scale asked for it; with
// scale(p, s, lo, hi) no more of it than brings what the rule has scaled it by, over all of its sweeps, to a bound. The
// constants of all operators around follow by their handles. The network's function stays: y = W x holds for
// s_out W / s_in between x' = s_in x and y' = s_out y, and every law inside the region carries one scale through.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "runtime/actions/apply_scales.hpp"
#include "runtime/actions/rule_mistake.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime {
namespace {

constexpr std::array kScaleArguments = {dsl::ArgumentForm::parents, dsl::ArgumentForm::number_per_channel,
                                        dsl::ArgumentForm::number, dsl::ArgumentForm::number};

[[noreturn]] void refuse(const ActionContext& context, const dsl::Step& step, std::string message, std::string hint) {
  throw RuleMistake(context.formulas.rule(), step.at, std::move(message), std::move(hint));
}

// What the whole scale of a class must stay within.
struct Bounds {
  double lo = 0, hi = INFINITY;
};

// Nothing: none were given. Under --exact the powers of two within.
std::optional<Bounds> bounds_of(ActionContext& context, const dsl::Step& step) {
  if (step.arguments.size() == 2) return std::nullopt;
  const auto number = [&](std::size_t argument) {
    return context.evaluator.value(step.arguments[argument].expr).numbers[0];
  };
  Bounds bounds{number(2), number(3)};
  if (!(bounds.lo > 0) || !(bounds.hi >= bounds.lo) || !std::isfinite(bounds.hi))
    refuse(context, step, fmt::format("asks for scales from {} to {}", bounds.lo, bounds.hi),
           "both bounds are finite and > 0, and the first is not the larger");
  if (context.exact) bounds = {std::exp2(std::ceil(std::log2(bounds.lo))), std::exp2(std::floor(std::log2(bounds.hi)))};
  return bounds;
}

double power_of_two(double scale) { return std::ldexp(1.0, std::ilogb(scale)); }

// The part of `asked` that leaves `before * it` within the bounds.
double bounded(double asked, double before, const Bounds& bounds, bool exact, Effect& effect) {
  const double whole = asked * before;
  ++effect.bounded;
  effect.at_lower += whole < bounds.lo && !near(whole, bounds.lo);
  effect.at_upper += whole > bounds.hi && !near(whole, bounds.hi);
  if (bounds.hi < bounds.lo) return 1;  // no power of two is within
  const double within = std::min(std::max(exact ? power_of_two(asked) * before : whole, bounds.lo), bounds.hi);
  return within == whole ? asked : within / before;
}

// The scale asked for each class; 1 for pinned classes and those that no parent offers.
std::vector<double> asked_scales(ActionContext& context, const dsl::Step& step, Effect& effect) {
  const BoundRegion& view = context.view;
  const dsl::Step::Argument &set = step.arguments[0], &formula = step.arguments[1];
  const Family& parents = view.family(set.binding);
  auto asked = context.evaluator.over_channels(context.evaluator.value(formula.expr), parents);
  const auto name = [&](std::size_t node) { return view.analysis().network->op(parents.nodes[node]).name; };
  struct First {
    std::size_t node = 0;
    std::uint32_t channel = 0;
    double scale = 0;
  };
  const std::optional<Bounds> bounds = bounds_of(context, step);
  if (bounds)  // what a quotient of ranges overflows or underflows to is no mistake then
    for (double& each : asked)
      if (each >= 0) each = std::clamp(each, std::numeric_limits<double>::min(), std::numeric_limits<double>::max());
  std::vector<First> first(view.region().classes);
  std::vector<double> scales(view.region().classes, 1.0);
  for (std::size_t node = 0; node < parents.nodes.size(); ++node) {
    for (std::uint32_t i = parents.first[node]; i < parents.first[node + 1]; ++i) {
      const std::uint32_t scale_class = parents.classes[i], channel = i - parents.first[node];
      if (view.regions().pinned(view.region(), scale_class)) continue;
      if (!std::isfinite(asked[i]) || !(asked[i] > 0)) {
        const std::string values = context.evaluator.explain(formula.expr, set.binding, i);
        refuse(context, step,
               fmt::format("asks for scale {} of channel {} of '{}'{}", asked[i], channel, name(node),
                           values.empty() ? "" : fmt::format(", where {}", values)),
               "a scale is finite and > 0: clamp(x, lo, hi) keeps it so, and so does x / max(y, 1e-30)");
      }
      First& earlier = first[scale_class];
      if (earlier.scale == 0) {
        earlier = {node, channel, asked[i]};
      } else if (!near(asked[i], earlier.scale)) {
        refuse(context, step,
               fmt::format("asks {} for channel {} of '{}' and {} for channel {} of '{}', which share one scale",
                           earlier.scale, earlier.channel, name(earlier.node), asked[i], channel, name(node)),
               "across(min, x) makes one value of all that share a scale");
      }
    }
  }
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const double wish = first[i].scale;
    if (wish == 0) continue;
    const double before = context.swept.empty() ? 1 : context.swept[i];
    scales[i] = bounds          ? bounded(wish, before, *bounds, context.exact, effect)
                : context.exact ? power_of_two(wish)
                                : wish;
  }
  return scales;
}

Effect scale(ActionContext& context, const dsl::Step& step) {
  Effect asked;
  const std::vector<double> scales = asked_scales(context, step, asked);
  Effect effect = apply_scales(context, scales);
  effect.bounded = asked.bounded;
  effect.at_lower = asked.at_lower;
  effect.at_upper = asked.at_upper;
  return effect;
}

}  // namespace

extern const Action kScaleAction = {
    .name = "scale",
    .arguments = kScaleArguments,
    .optional = 2,
    .bit_exact = true,
    .help =
        "scales the parents' output channels and divides the children's input channels; the whole scale of a "
        "channel stays within the two numbers: exact",
    .run = scale,
};

}  // namespace rw::runtime
