// balance(p, per_channel, activations, headroom): the scales of all regions that the rule wants are chosen together, so
// that the noise which int8 quantization is predicted to make at the outputs is least (runtime/balance). A fifth
// argument says what an operator that gives a scale back must win (runtime/balance/restoring.hpp).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "graph/base/error.hpp"
#include "runtime/actions/action.hpp"
#include "runtime/balance/restoring.hpp"

namespace rw::runtime {
namespace {

constexpr std::array kBalanceArguments = {dsl::ArgumentForm::parents, dsl::ArgumentForm::number,
                                          dsl::ArgumentForm::number, dsl::ArgumentForm::number,
                                          dsl::ArgumentForm::number};

// An argument, which must be the same wherever it is evaluated.
double number_of(const SolveContext& context, const dsl::Step& step, std::size_t argument, std::string_view what,
                 double least, double most) {
  const auto refuse = [&](std::string message) {
    throw graph::Error("", fmt::format("rule '{}'", context.formulas.rule().name), std::move(message));
  };
  const dsl::ExprId expr = step.arguments[argument].expr;
  const double number = context.places[0].evaluator.value(expr).numbers[0];
  if (!(number >= least && number <= most))
    refuse(fmt::format("asks balance for {} = {}: it must be from {} to {}", what, number, least, most));
  for (const SolveContext::Place& place : context.places)
    if (const double other = place.evaluator.value(expr).numbers[0]; other != number)
      refuse(fmt::format("asks balance for {} = {} in one region and {} in another: all are balanced at once", what,
                         number, other));
  return number;
}

// The classes of the places' regions that parents offer and nothing pins.
std::vector<bool> free_classes(const SolveContext& context, dsl::BindingIndex parents, std::size_t classes) {
  std::vector<bool> free(classes, false);
  for (const SolveContext::Place& place : context.places) {
    const Region& region = place.view.region();
    for (const std::uint32_t each : place.view.family(parents).classes)
      if (!place.view.regions().pinned(region, each)) free[region.first_class + each] = true;
  }
  return free;
}

// Scales of a region all of whose classes are free may be multiplied by one factor: its largest activation keeps its
// range, and where none is known the scales are 1 in the mean of their logarithm.
void keep_level(std::span<double> scales, std::span<const double> seen, bool powers_of_two) {
  double before = 0, after = 0, log = 0;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    before = std::max(before, seen[i]);
    after = std::max(after, seen[i] * scales[i]);
    log -= std::log2(scales[i]) / static_cast<double>(scales.size());
  }
  if (after > 0) log = std::log2(before / after);
  const double factor = std::exp2(powers_of_two ? std::round(log) : log);
  for (double& each : scales) each *= factor;
}

// The places with operators that give scales back: by place, an index into what is returned; kNone: it has none.
std::vector<Restorable> restorables(const SolveContext& context, std::vector<std::uint32_t>& by_place) {
  std::vector<Restorable> all;
  by_place.assign(context.places.size(), kNone);
  std::unordered_map<RegionId, std::uint32_t> place_of;
  for (std::uint32_t i = 0; i < context.places.size(); ++i) place_of.emplace(context.places[i].view.id(), i);
  for (const SolveContext::Restoring& each : context.restoring) {
    const auto id = context.places[0].view.regions().region_of(each.from);
    const auto place = id ? place_of.find(*id) : place_of.end();
    if (place == place_of.end()) continue;
    const BoundRegion& view = context.places[place->second].view;
    std::uint32_t& index = by_place[place->second];
    if (index == kNone) {
      index = static_cast<std::uint32_t>(all.size());
      all.emplace_back();
    }
    Restorable& region = all[index];
    for (const std::uint32_t scale_class : view.regions().classes(each.from))
      region.classes.push_back(view.region().first_class + scale_class);
    region.given.push_back(each.to);
    region.elements += each.elements;
  }
  return all;
}

constexpr double kNever = 1e9;  // the largest cost, which nothing is worth

Solved balance(const SolveContext& context, const dsl::Step& step) {
  const double per_channel = number_of(context, step, 1, "weights per channel", 0, 1),
               activations = number_of(context, step, 2, "activations", 0, 1000),
               headroom = number_of(context, step, 3, "headroom", 0, 1),
               cost = step.arguments.size() > 4 ? number_of(context, step, 4, "the cost of giving back", 0, kNever) : 0;
  const BoundRegion& first = context.places[0].view;
  Solved solved;
  const auto noise =
      std::make_shared<Noise>(first.analysis(), first.regions(), first.statistics(), context.plan, headroom);
  const std::vector<bool> free = free_classes(context, step.arguments[0].binding, noise->classes());
  std::vector<std::uint32_t> by_place;
  const std::vector<Restorable> restorable = restorables(context, by_place);
  Restored restored = balance_restoring(*noise, free, restorable, {per_channel, activations, context.exact}, cost);
  std::vector<double>& scales = restored.balanced.scales;
  const std::vector<double> seen = noise->ranges(scales).seen;
  const bool changed = std::any_of(scales.begin(), scales.end(), [](double each) { return each != 1; });
  for (std::size_t k = 0; k < context.places.size(); ++k) {
    const SolveContext::Place& place = context.places[k];
    const Region& region = place.view.region();
    const std::span<double> of_region(scales.data() + region.first_class, region.classes);
    const bool given_up = by_place[k] != kNone && !restored.taken[by_place[k]];
    bool all_free = changed && !given_up;
    for (std::size_t i = 0; i < of_region.size(); ++i) all_free &= free[region.first_class + i];
    solved.refused.emplace_back(
        given_up && std::all_of(of_region.begin(), of_region.end(), [](double each) { return each == 1; })
            ? (cost < kNever ? "giving its scale back in front of a curve is predicted to win less than it costs"
                             : "nothing is put in front of curves: --fused-silu or restore_cost rules it out")
            : "");
    if (all_free) keep_level(of_region, std::span(seen).subspan(region.first_class, region.classes), context.exact);
    solved.scales.emplace_back(of_region.begin(), of_region.end());
  }
  solved.noise = noise;
  return solved;
}

}  // namespace

extern const Action kBalanceAction = {
    .name = "balance",
    .arguments = kBalanceArguments,
    .optional = 1,
    .bit_exact = true,
    .help = "scales all regions of the rule at once, so that the predicted int8 noise at the outputs is least: exact",
    .solve = balance,
};

}  // namespace rw::runtime
