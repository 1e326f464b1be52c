// How much less noise int8 quantization is predicted to make after a run than before.
#pragma once

#include <optional>
#include <span>

#include "runtime/balance/noise.hpp"

namespace rw::runtime {

// In dB, > 0: less noise at the outputs. Differences alone mean something: levels are off by up to 30 dB.
struct Prediction {
  double per_tensor = 0, per_channel = 0;  // of weights with one step a tensor, an output channel
  std::optional<double> activations;       // nothing: no tensor has statistics
  double left = 0;                         // what `balance` would win beyond it, its target not known; 0: it was run
  NoiseValue before, after;
  // The same by tensor (Noise::by_tensor), of which each has as many, in one order.
  std::vector<TensorNoise> tensors_before, tensors_after;

  // Of weights and, where asked for, activations together.
  double of(bool steps_by_channel, bool with_activations) const;
};

// `scales`: of all classes of the regions, what they were multiplied by since `noise` was made.
Prediction predict(const Noise& noise, std::span<const double> scales);

// The same of a network whose plan is made, by rules that have not balanced it: scales are those of the plan. Nothing
// where reading all weights would take too long (more than kPredictedBytes), one of them is not finite, or no region
// could be scaled.
// `added`: tensors that the run has added, of which rounding is a part of the noise after it alone.
std::optional<Prediction> predict(const Analysis& analysis, const Regions& regions, const graph::Statistics& statistics,
                                  const Plan& plan, std::span<const TensorId> added = {});
inline constexpr std::size_t kPredictedBytes = std::size_t{1} << 28U;

// By class of a region, what a plan says.
std::vector<double> planned_scales(const Regions& regions, RegionId id, const Plan& plan);

}  // namespace rw::runtime
