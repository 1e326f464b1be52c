// Scales of all free classes at once at which the predicted noise (noise.hpp) is least.
#pragma once

#include <vector>

#include "runtime/balance/noise.hpp"

namespace rw::runtime {

// What balance.dsl says where nobody says otherwise.
inline constexpr double kUsualActivations = 0.3, kUsualHeadroom = 3e-6;

struct BalanceTarget {
  double per_channel = 0.5;  // steps of weights: for a tensor (0), for each channel (1), not known (between)
  double activations = kUsualActivations;  // how much their noise counts (NoiseValue::of_both)
  bool powers_of_two = false;
  bool roughly = false;  // in a quarter of the time, most of what can be won
};

struct Balanced {
  std::vector<double> scales;  // by class; 1 where it is not free, and everywhere where nothing is better
  NoiseValue before, after;    // at scale 1, at `scales`
};

// `free`: the classes that may be scaled.
Balanced balance(const Noise& noise, const std::vector<bool>& free, const BalanceTarget& target);

}  // namespace rw::runtime
