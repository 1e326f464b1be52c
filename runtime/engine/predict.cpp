#include "runtime/engine/predict.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "graph/base/error.hpp"
#include "runtime/balance/balance.hpp"
#include "runtime/weights/constant_bytes.hpp"

namespace rw::runtime {
namespace {

Prediction difference(const NoiseValue& before, const NoiseValue& after, bool measured) {
  const auto gain = [&](NoisePart part) {
    const double from = before.parts[part], to = after.parts[part];
    return from > 0 && to > 0 && std::isfinite(from / to) ? 10 * std::log10(from / to) : 0.0;
  };
  Prediction prediction{
      .per_tensor = gain(kPerTensor), .per_channel = gain(kPerChannel), .before = before, .after = after};
  if (measured) prediction.activations = gain(kActivations);
  return prediction;
}

NoiseValue sum_of(const std::vector<TensorNoise>& tensors) {
  NoiseValue sum;
  for (const TensorNoise& each : tensors)
    for (std::size_t part = 0; part < kNoiseParts; ++part) sum.parts[part] += each.noise.parts[part];
  return sum;
}

// `added`: tensors that were not there before.
Prediction between(const Noise& noise, std::span<const double> before, std::span<const double> after,
                   std::span<const TensorId> added = {}) {
  std::vector<TensorNoise> from = noise.by_tensor(before), to = noise.by_tensor(after);
  const std::unordered_set<TensorId> fresh(added.begin(), added.end());
  for (TensorNoise& each : from)
    if (fresh.contains(each.tensor)) each.noise.parts[kActivations] = 0;
  Prediction prediction = difference(sum_of(from), sum_of(to), noise.measured());
  prediction.tensors_before = std::move(from);
  prediction.tensors_after = std::move(to);
  return prediction;
}

// Of regions that something makes and something reads, the classes that nothing pins.
std::vector<bool> free_classes(const Regions& regions) {
  std::vector<bool> free;
  for (RegionId id = 0; id < regions.size(); ++id)
    for (std::uint32_t i = 0; i < regions[id].classes; ++i)
      free.push_back(!regions[id].parents.empty() && !regions[id].children.empty() && !regions.pinned(regions[id], i));
  return free;
}

}  // namespace

double Prediction::of(bool steps_by_channel, bool with_activations) const {
  const double count = with_activations ? kUsualActivations : 0;
  const double from = before.of_both(steps_by_channel, count), to = after.of_both(steps_by_channel, count);
  return from > 0 && to > 0 && std::isfinite(from / to) ? 10 * std::log10(from / to) : 0.0;
}

Prediction predict(const Noise& noise, std::span<const double> scales) {
  return between(noise, std::vector<double>(scales.size(), 1.0), scales);
}

std::vector<double> planned_scales(const Regions& regions, RegionId id, const Plan& plan) {
  std::vector<double> scales(regions[id].classes, 1.0);
  for (const TensorId tensor : regions[id].tensors) {
    const std::vector<double>* scale = plan.scale_of(tensor);
    if (!scale) continue;
    const auto classes = regions.classes(tensor);
    for (std::size_t i = 0; i < classes.size(); ++i) scales[classes[i]] = (*scale)[i];
  }
  return scales;
}

std::optional<Prediction> predict(const Analysis& analysis, const Regions& regions, const graph::Statistics& statistics,
                                  const Plan& plan, std::span<const TensorId> added) try {
  const std::vector<bool> free = free_classes(regions);
  if (std::find(free.begin(), free.end(), true) == free.end() || constant_bytes(*analysis.network) > kPredictedBytes)
    return std::nullopt;
  const Noise noise(analysis, regions, statistics, plan, kUsualHeadroom);
  std::vector<double> undone;  // the plan is in the noise already
  for (RegionId id = 0; id < regions.size(); ++id)
    for (const double each : planned_scales(regions, id, plan)) undone.push_back(1 / each);
  Prediction prediction = between(noise, undone, std::vector<double>(undone.size(), 1.0), added);
  const NoiseValue& now = prediction.after;
  const BalanceTarget target{.roughly = true};  // it is told in whole decibels
  const double from = now.of_both(target.per_channel, target.activations),
               to = balance(noise, free, target).after.of_both(target.per_channel, target.activations);
  if (from > to && to > 0) prediction.left = 10 * std::log10(from / to);
  return prediction;
} catch (const graph::Error&) {
  return std::nullopt;  // weights that are not finite: no rule has asked for them
}

}  // namespace rw::runtime
