// The mean of repeated measurements, and how far they lie apart.
#pragma once

#include <span>

namespace rw::measures {

struct Spread {
  double mean = 0;
  double deviation = 0;  // standard deviation of one measurement; 0 of fewer than two
};

// Infinite measurements (an output without noise) make the mean infinite and the deviation 0.
Spread spread_of(std::span<const double> values);

}  // namespace rw::measures
