// balance(p, per_channel, activations, headroom): the scales of all regions that the rule wants are chosen together, so
// that the noise which int8 quantization is predicted to make at the outputs is least (runtime/balance).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "graph/base/error.hpp"
#include "runtime/actions/action.hpp"
#include "runtime/balance/balance.hpp"

namespace rw::runtime {
namespace {

constexpr std::array kBalanceArguments = {dsl::ArgumentForm::parents, dsl::ArgumentForm::number,
                                          dsl::ArgumentForm::number, dsl::ArgumentForm::number};

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

Solved balance(const SolveContext& context, const dsl::Step& step) {
  const double per_channel = number_of(context, step, 1, "weights per channel", 0, 1),
               activations = number_of(context, step, 2, "activations", 0, 1000),
               headroom = number_of(context, step, 3, "headroom", 0, 1);
  const BoundRegion& first = context.places[0].view;
  Solved solved;
  const auto noise =
      std::make_shared<Noise>(first.analysis(), first.regions(), first.statistics(), context.plan, headroom);
  const std::vector<bool> free = free_classes(context, step.arguments[0].binding, noise->classes());
  std::vector<double> scales = balance(*noise, free, {per_channel, activations, context.exact}).scales;
  const std::vector<double> seen = noise->ranges(scales).seen;
  const bool changed = std::any_of(scales.begin(), scales.end(), [](double each) { return each != 1; });
  for (const SolveContext::Place& place : context.places) {
    const Region& region = place.view.region();
    const std::span<double> of_region(scales.data() + region.first_class, region.classes);
    bool all_free = changed;
    for (std::size_t i = 0; i < of_region.size(); ++i) all_free &= free[region.first_class + i];
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
    .bit_exact = true,
    .help = "scales all regions of the rule at once, so that the predicted int8 noise at the outputs is least: exact",
    .solve = balance,
};

}  // namespace rw::runtime
