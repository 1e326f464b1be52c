#include "runtime/measures/spread.hpp"

#include <cmath>

namespace rw::measures {

Spread spread_of(std::span<const double> values) {
  if (values.empty()) return {};
  const auto count = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  if (!std::isfinite(mean) || values.size() < 2) return {mean, 0};
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / (count - 1))};
}

}  // namespace rw::measures
