#include "runtime/engine/predict.hpp"

#include <algorithm>
#include <cmath>

namespace rw::runtime {
namespace {

constexpr double kUsualHeadroom = 3e-6;  // as in balance.dsl

Prediction difference(const NoiseValue& before, const NoiseValue& after, bool measured) {
  const auto gain = [&](NoisePart part) {
    const double from = before.parts[part], to = after.parts[part];
    return from > 0 && to > 0 && std::isfinite(from / to) ? 10 * std::log10(from / to) : 0.0;
  };
  Prediction prediction{gain(kPerTensor), gain(kPerChannel), std::nullopt};
  if (measured) prediction.activations = gain(kActivations);
  return prediction;
}

bool quickly_read(const graph::Network& network) {
  std::size_t bytes = 0;
  for (const graph::Tensor& tensor : network.tensors())
    if (tensor.constant) bytes += tensor.constant->bytes.size();
  return bytes <= kPredictedBytes;
}

}  // namespace

Prediction predict(const Noise& noise, std::span<const double> scales) {
  return difference(noise.value(std::vector<double>(scales.size(), 1.0)), noise.value(scales), noise.measured());
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
                                  const Plan& plan) {
  if (plan.scales().empty() || !quickly_read(*analysis.network)) return std::nullopt;
  const Noise noise(analysis, regions, statistics, plan, kUsualHeadroom);
  std::vector<double> undone;  // the plan is in the noise already
  for (RegionId id = 0; id < regions.size(); ++id)
    for (const double each : planned_scales(regions, id, plan)) undone.push_back(1 / each);
  return difference(noise.value(undone), noise.value(std::vector<double>(undone.size(), 1.0)), noise.measured());
}

}  // namespace rw::runtime
