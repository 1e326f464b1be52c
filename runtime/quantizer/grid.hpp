// The values that a quantizer rounds to: step * (q - zero) for whole numbers q from `lowest` to `highest`. What
// QuantizeLinear and DequantizeLinear compute one after the other, in their arithmetic: float32, halves to even.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rw::quantizer {

struct Grid {
  float step = 1;  // > 0
  std::int32_t zero = 0, lowest = 0, highest = 255;
};

inline constexpr unsigned kLeastBits = 2, kMostBits = 16;

// For values from `low` to `high`, 0 always among them: as many steps as 2^bits numbers allow (unsigned; int8 with a
// zero point has the same values). `stretch` multiplies the step. Where low and high are 0 the step is 1 and zero is 0.
Grid asymmetric_grid(double low, double high, unsigned bits, double stretch = 1);

// For values from -largest to largest, zero is 0: from -(2^(bits-1) - 1) to 2^(bits-1) - 1.
Grid symmetric_grid(double largest, unsigned bits, double stretch = 1);

// Each value becomes the nearest of the grid. NaN stays.
void round_to(const Grid& grid, std::span<float> values);

// By what a step is multiplied so that roundings fall otherwise: 1 to 1 + most, evenly. It depends on the name, the
// channel and the draw alone, so that networks with tensors of the same name are rounded with the same luck.
double stretch_of(std::string_view tensor, std::size_t channel, std::uint64_t draw, double most);

inline constexpr double kJitter = 0.08;  // the most that is usual

}  // namespace rw::quantizer
