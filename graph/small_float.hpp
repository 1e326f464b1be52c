// The 16-bit floats by bits: to double exactly, and from double with one rounding to nearest even (denormals included;
// what lies beyond the largest value becomes infinity, as IEEE 754 has it).
#pragma once

#include <bit>
#include <cstdint>

namespace rw::graph {

// kMantissa stored bits of mantissa below kExponent bits of exponent below the sign.
template <int kMantissa, int kExponent>
struct SmallFloat {
  static_assert(kMantissa + kExponent == 15);
  static constexpr int kBias = (1 << (kExponent - 1)) - 1;
  static constexpr std::uint16_t kInfinity = ((1 << kExponent) - 1) << kMantissa;

  static constexpr double widen(std::uint16_t bits) {
    const std::uint64_t sign = std::uint64_t{bits} >> 15U << 63U;
    const std::uint64_t magnitude = bits & 0x7FFFU;
    const std::uint64_t shifted = magnitude << (52 - kMantissa);
    if (magnitude >= kInfinity) return std::bit_cast<double>(sign | (std::uint64_t{0x7FF} << 52U) | shifted);
    // Bit for bit this would be a double whose exponent is too small by the difference of the biases. The power of two
    // that makes up for it is exact, also for denormals: those are put in as their distance from the smallest normal.
    constexpr double kSmallestNormal = std::bit_cast<double>(std::uint64_t{1023 + 1 - kBias} << 52U);
    if (magnitude >> kMantissa == 0) {
      const double value = std::bit_cast<double>(std::bit_cast<std::uint64_t>(kSmallestNormal) | shifted);
      return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value - kSmallestNormal) | sign);
    }
    return std::bit_cast<double>(sign | (shifted + (std::uint64_t{1023 - kBias} << 52U)));
  }

  static constexpr std::uint16_t narrow(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto sign = static_cast<std::uint16_t>(bits >> 63U << 15U);
    const int exponent = static_cast<int>((bits >> 52U) & 0x7FFU) - 1023;
    const std::uint64_t mantissa = bits & ((std::uint64_t{1} << 52U) - 1);
    if (exponent == 1024 && mantissa != 0) return sign | kInfinity | (1U << (kMantissa - 1));  // a quiet NaN
    if (exponent > kBias) return sign | kInfinity;
    const int below = exponent < 1 - kBias ? 1 - kBias - exponent : 0;  // binades below the smallest normal
    const int shift = 52 - kMantissa + below;
    if (shift > 53) return sign;  // less than half of the smallest denormal
    const std::uint64_t significand = mantissa | (std::uint64_t{1} << 52U);
    const std::uint64_t rest = significand & ((std::uint64_t{1} << shift) - 1);
    const std::uint64_t half = std::uint64_t{1} << (shift - 1);
    std::uint64_t kept = significand >> shift;
    if (rest > half || (rest == half && (kept & 1U) != 0)) ++kept;
    // A carry out of the mantissa runs into the exponent: the next binade, the first normal, or infinity.
    const std::uint64_t base = below > 0 ? 0 : static_cast<std::uint64_t>(exponent + kBias - 1) << kMantissa;
    return static_cast<std::uint16_t>(sign | (base + kept));
  }
};

using Float16 = SmallFloat<10, 5>;   // IEEE binary16
using BFloat16 = SmallFloat<7, 8>;  // the upper half of a float32

}  // namespace rw::graph
