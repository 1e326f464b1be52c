#include "runtime/balance/restoring.hpp"

#include <algorithm>
#include <cmath>

namespace rw::runtime {
namespace {

constexpr double kHundredths = 100;

class Chooser {
 public:
  Chooser(const Noise& noise, const std::vector<bool>& free, std::span<const Restorable> restorable,
          const BalanceTarget& target, double cost)
      : noise_(noise), free_(free), restorable_(restorable), target_(target), cost_(cost) {
    std::unordered_map<TensorId, std::uint32_t> group;
    for (std::uint32_t i = 0; i < restorable.size(); ++i)
      for (const TensorId each : restorable[i].given) group.emplace(each, i);
    given_ = noise.rounding(group, restorable.size());
  }

  Restored run() {
    Restored none = with(std::vector<bool>(restorable_.size(), false));
    if (restorable_.empty() || (target_.per_channel == 1 && target_.activations == 0)) return none;
    Restored all = with(std::vector<bool>(restorable_.size(), true));
    if (!wins(all, none)) return none;
    std::vector<bool> taken = paying(none, all);
    if (std::find(taken.begin(), taken.end(), false) == taken.end()) return all;
    Restored some = with(std::move(taken));
    if (wins(some, none)) return some;
    return gain(all, none) > cost_of_all() ? all : none;
  }

 private:
  Restored with(std::vector<bool> taken) const {
    std::vector<bool> free = free_;
    for (std::size_t i = 0; i < taken.size(); ++i)
      for (const std::uint32_t each : restorable_[i].classes)
        if (!taken[i]) free[each] = false;
    return {balance(noise_, free, target_), std::move(taken)};
  }

  // What is put in for nothing is not there, and is not rounded.
  double noise_of(NoiseValue value, const std::vector<bool>& taken) const {
    for (std::size_t i = 0; i < taken.size(); ++i)
      if (!taken[i]) value.parts[kActivations] -= given_[i];
    value.parts[kActivations] = std::max(value.parts[kActivations], 0.0);
    return value.of_both(target_.per_channel, target_.activations);
  }

  // In dB.
  double gain(const Restored& restored, const Restored& none) const {
    return 10 *
           std::log10(noise_of(none.balanced.after, none.taken) / noise_of(restored.balanced.after, restored.taken));
  }

  // What is predicted to win less may as well lose.
  bool wins(const Restored& restored, const Restored& none) const {
    constexpr double kLeastGain = 3;  // dB
    const double won = gain(restored, none);
    return won >= kLeastGain && std::isfinite(won);
  }

  // Of all regions, what their elements must win.
  double cost_of_all() const {
    double elements = 0;
    for (const Restorable& each : restorable_) elements += each.elements;
    return cost_ * kHundredths * elements;
  }

  // Levels of J are wrong by more from layer to layer than a region wins, so that the sum shows the noisiest layers
  // alone. So each region is judged by the noise of the layers around it before and after, in dB, as the part of all
  // layers that these are.
  std::vector<bool> paying(const Restored& none, const Restored& all) const {
    std::vector<std::uint32_t> group(noise_.classes(), kNone);
    for (std::uint32_t i = 0; i < restorable_.size(); ++i)
      for (const std::uint32_t each : restorable_[i].classes) group[each] = i;
    const auto before = noise_.around(none.balanced.scales, group, restorable_.size()),
               after = noise_.around(all.balanced.scales, group, restorable_.size());
    std::vector<bool> taken;
    for (std::size_t i = 0; i < restorable_.size(); ++i) {
      NoiseValue with = after[i].noise;
      with.parts[kActivations] += given_[i];
      const auto of_both = [&](const NoiseValue& value) {
        return value.of_both(target_.per_channel, target_.activations);
      };
      const double won = 10 * std::log10(of_both(before[i].noise) / of_both(with));
      const double part = static_cast<double>(after[i].layers) / static_cast<double>(noise_.layers());
      taken.push_back(won * part > cost_ * kHundredths * restorable_[i].elements);
    }
    return taken;
  }

  const Noise& noise_;
  const std::vector<bool>& free_;
  const std::span<const Restorable> restorable_;
  const BalanceTarget target_;
  const double cost_;
  std::vector<double> given_;  // noise of what is put in, by region
};

}  // namespace

Restored balance_restoring(const Noise& noise, const std::vector<bool>& free, std::span<const Restorable> restorable,
                           const BalanceTarget& target, double cost) {
  return Chooser(noise, free, restorable, target, cost).run();
}

}  // namespace rw::runtime
