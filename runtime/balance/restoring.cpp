#include "runtime/balance/restoring.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rw::runtime {
namespace {

class Chooser {
 public:
  Chooser(const Noise& noise, const std::vector<bool>& free, std::span<const Restorable> restorable,
          const BalanceTarget& target, double cost)
      : noise_(noise), free_(free), restorable_(restorable), target_(target), cost_(cost) {
    for (const Restorable& each : restorable) given_.push_back(noise.rounding(each.given));
  }

  Restored run() {
    Restored best = with(std::vector<bool>(restorable_.size(), false));
    if (restorable_.empty() || (target_.per_channel == 1 && target_.activations == 0)) return best;
    double most = worth(best);
    Restored all = with(std::vector<bool>(restorable_.size(), true));
    const std::vector<std::size_t> order = most_useful_first(all);
    // Eighths of them: J is flat around the best number.
    constexpr std::size_t kParts = 8;
    std::vector<std::size_t> counts;
    for (std::size_t part = 1; part <= kParts; ++part) {
      const std::size_t count = (order.size() * part + kParts - 1) / kParts;
      if (counts.empty() || counts.back() != count) counts.push_back(count);
    }
    for (const std::size_t count : counts) {
      std::vector<bool> taken(restorable_.size(), false);
      for (std::size_t i = 0; i < count; ++i) taken[order[i]] = true;
      Restored some = count == order.size() ? std::move(all) : with(std::move(taken));
      if (!(worth(some) > most)) continue;
      most = worth(some);
      best = std::move(some);
    }
    return best;
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

  // In dB, what it costs taken off.
  double worth(const Restored& restored) const {
    constexpr double kHundredths = 100;
    double elements = 0;
    for (std::size_t i = 0; i < restored.taken.size(); ++i)
      if (restored.taken[i]) elements += restorable_[i].elements;
    return -10 * std::log10(noise_of(restored.balanced.after, restored.taken)) - cost_ * kHundredths * elements;
  }

  // By how much the noise grows when one region alone goes back to scale 1, for each of its elements.
  std::vector<std::size_t> most_useful_first(const Restored& all) const {
    const double least = noise_of(all.balanced.after, all.taken);
    std::vector<double> use;
    for (std::size_t i = 0; i < restorable_.size(); ++i) {
      std::vector<double> scales = all.balanced.scales;
      for (const std::uint32_t each : restorable_[i].classes) scales[each] = 1;
      std::vector<bool> taken = all.taken;
      taken[i] = false;
      const double noise = noise_of(noise_.value(scales), taken);
      use.push_back((std::log(noise) - std::log(least)) / std::max(restorable_[i].elements, 1e-9));
    }
    std::vector<std::size_t> order(use.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return use[a] > use[b]; });
    return order;
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
