#include "runtime/balance/balance.hpp"

#include <algorithm>
#include <cmath>

namespace rw::runtime {
namespace {

constexpr double kLeast = 0x1p-14, kMost = 0x1p14;

class Balancer {
 public:
  Balancer(const Noise& noise, const std::vector<bool>& free, const BalanceTarget& target)
      : noise_(noise), free_(free), target_(target), scales_(noise.classes(), 1.0) {}

  Balanced run() {
    Balanced result;
    result.before = noise_.value(scales_);
    restart(result.before, scales_);
    // Nothing comes to an output, or numbers are beyond what can be weighed.
    if (!(least_ > 0) || !std::isfinite(least_)) return {scales_, result.before, result.before};
    const int soft = target_.roughly ? 1 : 6, hard = target_.roughly ? 2 : 8;
    start(target_.roughly ? 3 : 10);
    for (int i = 0; i < soft; ++i) sweep(2, scales_);
    for (int i = 0; i < hard; ++i) sweep(4, scales_);
    keep(noise_.value(scales_), scales_);
    if (target_.powers_of_two) to_powers_of_two();
    result.scales = best_;
    result.after = of_best_;
    return result;
  }

 private:
  double target_of(const NoiseValue& value) const { return value.of_both(target_.per_channel, target_.activations); }

  void keep(const NoiseValue& value, const std::vector<double>& scales) {
    if (target_of(value) < least_) restart(value, scales);
  }

  void restart(const NoiseValue& value, const std::vector<double>& scales) {
    least_ = target_of(value);
    of_best_ = value;
    best_ = scales;
  }

  static double bounded(double scale) { return std::clamp(scale, kLeast, kMost); }

  // A balance of the ranges before, behind and between, which are read^(1/2) = made^(1/4) seen^(1/4) in the end; each
  // step goes half of the way. A side that is missing drops out; activations that are always 0 say nothing.
  void start(int steps) {
    for (int step = 0; step < steps; ++step) {
      const Noise::Ranges ranges = noise_.ranges(scales_);
      for (std::size_t i = 0; i < scales_.size(); ++i) {
        if (!free_[i]) continue;
        double log = 0, powers = 0;
        const auto take = [&](double range, double power, double sign) {
          if (!(range > 0)) return;
          log += sign * power * std::log(range);
          powers += power;
        };
        const bool seen = ranges.seen[i] > 0;
        take(ranges.read[i], 0.5, 1);
        take(ranges.made[i], seen ? 0.25 : 0.5, -1);
        take(ranges.seen[i], 0.25, -1);
        if (powers > 0) scales_[i] = bounded(std::sqrt(scales_[i] * std::exp(log / powers)));
      }
    }
  }

  // One step at the scales of all classes, from the slopes at `at`, which are kept if they are the best so far.
  void sweep(int squarings, std::vector<double>& at) {
    const std::vector<double> step = step_at(squarings, at);
    for (std::size_t i = 0; i < at.size(); ++i)
      if (free_[i]) at[i] = bounded(at[i] * step[i]);
  }

  std::vector<double> step_at(int squarings, const std::vector<double>& at) {
    const double channel = target_.per_channel, activations = target_.activations;
    const NoiseValue value = noise_.value(at, {squarings, channel<1, channel> 0}, slopes_);
    keep(value, at);
    const double tensors = value.parts[kPerTensor] + activations * value.parts[kActivations],
                 channels = value.parts[kPerChannel] + activations * value.parts[kActivations];
    const double of_tensors = tensors > 0 ? (1 - channel) / tensors : 0,
                 of_channels = channels > 0 ? channel / channels : 0;
    const double root = 1.0 / (2 + (1 << squarings));
    std::vector<double> step(at.size(), 1.0);
    for (std::size_t i = 0; i < at.size(); ++i) {
      if (!free_[i]) continue;
      const auto slope = [&](std::vector<double> NoiseSlopes::*side) {
        return of_tensors * (slopes_[kPerTensor].*side)[i] + of_channels * (slopes_[kPerChannel].*side)[i] +
               (of_tensors + of_channels) * activations * (slopes_[kActivations].*side)[i];
      };
      const double up = slope(&NoiseSlopes::up), down = slope(&NoiseSlopes::down);
      if (!(up > 0) && !(down > 0)) continue;
      const double wanted = std::pow(down / up, root);
      step[i] = wanted <= std::exp(1) ? std::max(wanted, std::exp(-1)) : std::exp(1);
    }
    return step;
  }

  static std::vector<double> rounded(const std::vector<double>& scales, double shift) {
    std::vector<double> result;
    for (const double each : scales) result.push_back(std::exp2(std::round(std::log2(each) + shift)));
    return result;
  }

  // Sweeps go on from the optimum, with slopes taken where the scales are rounded: what rounding did to one class the
  // others answer to. Where to begin: what is rounded down and up changes with a common factor.
  void to_powers_of_two() {
    const std::vector<double> optimum = best_;
    const std::vector<double> ones(best_.size(), 1.0);
    restart(noise_.value(ones), ones);
    constexpr int kShifts = 4, kSweeps = 8;
    double shift = 0, least = INFINITY;
    for (int i = 0; i < kShifts; ++i) {
      const double each = static_cast<double>(i) / kShifts - 0.5;
      std::vector<double> scales = free_only(rounded(optimum, each));
      const NoiseValue value = noise_.value(scales);
      keep(value, scales);
      if (target_of(value) < least) least = target_of(value), shift = each;
    }
    std::vector<double> latent = optimum;
    for (double& each : latent) each *= std::exp2(shift);
    for (int i = 0; i < kSweeps; ++i) {
      const std::vector<double> at = free_only(rounded(latent, 0));
      const std::vector<double> step = step_at(4, at);
      for (std::size_t k = 0; k < latent.size(); ++k)
        if (free_[k]) latent[k] = bounded(latent[k] * step[k]);
    }
    const std::vector<double> last = free_only(rounded(latent, 0));
    keep(noise_.value(last), last);
  }

  std::vector<double> free_only(std::vector<double> scales) const {
    for (std::size_t i = 0; i < scales.size(); ++i)
      if (!free_[i]) scales[i] = 1;
    return scales;
  }

  const Noise& noise_;
  const std::vector<bool>& free_;
  const BalanceTarget target_;
  std::vector<double> scales_, best_;
  NoiseValue of_best_;
  double least_ = 0;  // what counts of it
  std::array<NoiseSlopes, kNoiseParts> slopes_;
};

}  // namespace

Balanced balance(const Noise& noise, const std::vector<bool>& free, const BalanceTarget& target) {
  return Balancer(noise, free, target).run();
}

}  // namespace rw::runtime
