// How much two arrays differ.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "runtime/evaluator/array.hpp"

namespace rw::evaluator {

// Largest difference of two elements over the largest magnitude of any element; 0 where all of them are 0. Infinity
// where shape or type differ, or where a value is not finite and its counterpart is not the same.
inline double difference(const Array& a, const Array& b) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (a.shape() != b.shape() || a.is_float() != b.is_float()) return kInfinity;
  const std::vector<float> x = a.to_floats(), y = b.to_floats();
  double largest = 0, magnitude = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) {
      if (!(x[i] == y[i])) return kInfinity;
      continue;
    }
    largest = std::max(largest, std::fabs(static_cast<double>(x[i]) - static_cast<double>(y[i])));
    magnitude = std::max<double>({magnitude, std::fabs(x[i]), std::fabs(y[i])});
  }
  return largest == 0 ? 0 : largest / magnitude;
}

// Equal bit by bit: -0 is not 0, and NaN is itself.
inline bool identical(const Array& a, const Array& b) {
  if (a.shape() != b.shape() || a.is_float() != b.is_float()) return false;
  if (!a.is_float()) return a.ints() == b.ints();
  return a.count() == 0 || std::memcmp(a.floats().data(), b.floats().data(), a.count() * sizeof(float)) == 0;
}

}  // namespace rw::evaluator
