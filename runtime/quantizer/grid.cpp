#include "runtime/quantizer/grid.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace rw::quantizer {
namespace {

// Numbers below it make no step: float32 would lose digits of them.
constexpr double kTiny = std::numeric_limits<float>::min();

// Added and taken away again it leaves whole numbers, halves rounded to even: float32 between 2^23 and 2^24 have no
// digits behind the point.
constexpr float kWhole = 12582912.0F;  // 1.5 * 2^23
static_assert((1U << kMostBits) < (1U << 22U), "values stay where that holds");

std::uint64_t mixed(std::uint64_t bits) {  // the last step of splitmix64
  bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBU;
  return bits ^ (bits >> 31U);
}

}  // namespace

Grid asymmetric_grid(double low, double high, unsigned bits, double stretch) {
  assert(bits >= kLeastBits && bits <= kMostBits && stretch >= 1);
  Grid grid{1, 0, 0, static_cast<std::int32_t>((1U << bits) - 1)};
  low = std::min(low, 0.0);
  high = std::max(high, 0.0);
  const double step = (high - low) / grid.highest * stretch;
  if (step < kTiny) return grid;
  grid.step = static_cast<float>(step);
  grid.zero =
      static_cast<std::int32_t>(std::nearbyint(std::clamp(-low / step, 0.0, static_cast<double>(grid.highest))));
  return grid;
}

Grid symmetric_grid(double largest, unsigned bits, double stretch) {
  assert(bits >= kLeastBits && bits <= kMostBits && stretch >= 1);
  const auto most = static_cast<std::int32_t>((1U << (bits - 1)) - 1);
  Grid grid{1, 0, -most, most};
  const double step = largest / most * stretch;
  if (step < kTiny) return grid;
  grid.step = static_cast<float>(step);
  return grid;
}

void round_to(const Grid& grid, std::span<float> values) {
  const float low = static_cast<float>(grid.lowest - grid.zero), high = static_cast<float>(grid.highest - grid.zero);
  const float step = grid.step;
  for (float& value : values) {
    float steps = value / step;
    steps = steps < low ? low : steps;  // written so that NaN stays
    steps = steps > high ? high : steps;
    value = ((steps + kWhole) - kWhole) * step;
  }
}

double stretch_of(std::string_view tensor, std::size_t channel, std::uint64_t draw, double most) {
  std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
  for (const char c : tensor) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  const std::uint64_t bits = mixed(mixed(hash + 0x9E3779B97F4A7C15U * (draw + 1)) + channel);
  return 1 + most * static_cast<double>(bits >> 11U) * 0x1p-53;
}

}  // namespace rw::quantizer
