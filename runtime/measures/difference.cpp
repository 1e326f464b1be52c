#include "runtime/measures/difference.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace rw::measures {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Floats in their order as whole numbers, neighbours one apart; both zeros are 0.
std::int64_t position(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto magnitude = static_cast<std::int64_t>(bits & 0x7FFFFFFFU);
  return bits >> 31U ? -magnitude : magnitude;
}

}  // namespace

std::uint64_t units_in_last_place(float a, float b) {
  return static_cast<std::uint64_t>(std::llabs(position(a) - position(b)));
}

double decibels(double signal, double noise) {
  if (noise == 0) return kInfinity;
  if (signal == 0) return -kInfinity;
  return 10 * std::log10(signal / noise);
}

void Difference::add_pair(double a, double b) {
  magnitude_ = std::max(magnitude_, std::fabs(a));
  signal_ += a * a;
  if (a == b) return;
  ++unequal_;
  const double difference = std::fabs(a - b);
  largest_ = std::max(largest_, difference);
  noise_ += difference * difference;
}

void Difference::add(std::span<const float> a, std::span<const float> b) {
  assert(a.size() == b.size());
  count_ += a.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isfinite(a[i]) && std::isfinite(b[i])) {
      add_pair(static_cast<double>(a[i]), static_cast<double>(b[i]));
      if (a[i] != b[i]) ulps_ = std::max(ulps_, units_in_last_place(a[i], b[i]));
    } else if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) {
      ++unequal_;
      largest_ = noise_ = kInfinity;
      ulps_ = std::numeric_limits<std::uint64_t>::max();
    }
  }
}

void Difference::add(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  assert(a.size() == b.size());
  count_ += a.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    add_pair(static_cast<double>(a[i]), static_cast<double>(b[i]));
    // Large numbers may be one double and yet differ.
    if (a[i] != b[i] && static_cast<double>(a[i]) == static_cast<double>(b[i])) {
      ++unequal_;
      largest_ = std::max(largest_, 1.0);
      noise_ += 1;
    }
  }
}

double Difference::relative() const {
  if (largest_ == 0) return 0;
  return largest_ / magnitude_;  // infinity where the magnitude is 0
}

double Difference::decibels() const { return measures::decibels(signal_, noise_); }

}  // namespace rw::measures
