#include "runtime/balance/gain.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "runtime/balance/balance.hpp"

namespace rw::runtime {
namespace {

void multiply(std::vector<double>& scales, const Region& region, std::span<const double> factors) {
  assert(factors.size() == region.classes);
  for (std::size_t i = 0; i < factors.size(); ++i) scales[region.first_class + i] *= factors[i];
}

double sum_of(const std::vector<NoiseValue>& terms) {
  NoiseValue sum;
  for (const NoiseValue& each : terms)
    for (std::size_t part = 0; part < kNoiseParts; ++part) sum.parts[part] += each.parts[part];
  const BalanceTarget target;
  return sum.of_both(target.per_channel, target.activations);
}

}  // namespace

Gain::Known& Gain::known() {
  if (known_) return *known_;
  known_.emplace(Known{Noise(analysis_, regions_, statistics_, plan_, kUsualHeadroom), {}, {}, {}});
  known_->terms = known_->noise.terms_by_class();
  known_->scales.assign(known_->noise.classes(), 1.0);
  for (std::uint32_t i = 0; i < known_->noise.terms(); ++i)
    known_->values.push_back(known_->noise.term(i, known_->scales));
  return *known_;
}

std::vector<std::uint32_t> Gain::terms_of(const Region& region) const {
  std::vector<std::uint32_t> terms;
  for (std::uint32_t i = 0; i < region.classes; ++i) {
    const auto& of_class = known_->terms[region.first_class + i];
    terms.insert(terms.end(), of_class.begin(), of_class.end());
  }
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

double Gain::of(const Region& region, std::span<const double> factors) {
  Known& now = known();
  const double before = sum_of(now.values);
  std::vector<double> scales = now.scales;
  multiply(scales, region, factors);
  std::vector<NoiseValue> values = now.values;
  for (const std::uint32_t term : terms_of(region)) values[term] = now.noise.term(term, scales);
  const double after = sum_of(values);
  return before > 0 && after > 0 && std::isfinite(before / after) ? 10 * std::log10(before / after) : 0;
}

void Gain::scaled(const Region& region, std::span<const double> factors) {
  if (!known_) return;
  multiply(known_->scales, region, factors);
  for (const std::uint32_t term : terms_of(region)) known_->values[term] = known_->noise.term(term, known_->scales);
}

}  // namespace rw::runtime
