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
};

// `scales`: of all classes of the regions, what they were multiplied by since `noise` was made.
Prediction predict(const Noise& noise, std::span<const double> scales);

// The same of a network whose plan is made: scales are those of the plan. Nothing where it scales nothing, or where
// reading all weights would take too long (more than kPredictedBytes).
std::optional<Prediction> predict(const Analysis& analysis, const Regions& regions, const graph::Statistics& statistics,
                                  const Plan& plan);
inline constexpr std::size_t kPredictedBytes = std::size_t{1} << 30U;

// By class of a region, what a plan says.
std::vector<double> planned_scales(const Regions& regions, RegionId id, const Plan& plan);

}  // namespace rw::runtime
