// What a region's scales change of the predicted noise (noise.hpp), for rules that decide region by region.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "runtime/balance/noise.hpp"

namespace rw::runtime {

// Of one rule, whose actions it is told of. The network is looked at when the first gain is asked for; from then on a
// region costs what the operators and tensors around it cost.
class Gain {
 public:
  // All borrowed.
  Gain(const Analysis& analysis, const Regions& regions, const graph::Statistics& statistics, const Plan& plan)
      : analysis_(analysis), regions_(regions), statistics_(statistics), plan_(plan) {}

  // How many dB less noise there is if the classes of `region` take these factors, > 0, on top of what the plan has; 0
  // where nothing comes to an output. Steps of weights: not known whether for a tensor or for each channel.
  // graph::Error: NaN or infinity in a weight.
  double of(const Region& region, std::span<const double> factors);

  void scaled(const Region& region, std::span<const double> factors);  // the plan has them now
  void changed() { known_.reset(); }                                   // the plan has something else

 private:
  struct Known {
    Noise noise;
    std::vector<std::vector<std::uint32_t>> terms;  // by class
    std::vector<double> scales;                     // by class, on top of the plan as the noise was made of it
    std::vector<NoiseValue> values;                 // by term
  };
  Known& known();
  std::vector<std::uint32_t> terms_of(const Region& region) const;

  const Analysis& analysis_;
  const Regions& regions_;
  const graph::Statistics& statistics_;
  const Plan& plan_;
  std::optional<Known> known_;
};

}  // namespace rw::runtime
