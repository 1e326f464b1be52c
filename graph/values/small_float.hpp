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
    const std::uint64_t magnitude = bits << 1U >> 1U;
    const int exponent = static_cast<int>(magnitude >> 52U) - 1023;
    if (exponent < 1 - kBias) return sign | denormal(magnitude, exponent);
    if (exponent <= kBias) {
      // The same digits, but for the last ones and the bias; a carry out of the mantissa runs into the exponent, where
      // it is the next binade or infinity.
      constexpr unsigned kShift = 52 - kMantissa;
      const std::uint64_t even = magnitude >> kShift & 1U;
      const std::uint64_t rounded = (magnitude + (std::uint64_t{1} << (kShift - 1)) - 1 + even) >> kShift;
      return static_cast<std::uint16_t>(sign | (rounded - (std::uint64_t{1023 - kBias} << kMantissa)));
    }
    const bool nan = magnitude > std::uint64_t{0x7FF} << 52U;
    return sign | kInfinity | (nan ? 1U << (kMantissa - 1) : 0U);
  }

 private:
  // Multiples of the smallest value; rounding up may make it the smallest normal one.
  static constexpr std::uint16_t denormal(std::uint64_t magnitude, int exponent) {
    const int shift = 52 - kMantissa + (1 - kBias - exponent);
    if (shift > 53) return 0;  // less than half of the smallest value
    const std::uint64_t significand = (magnitude & ((std::uint64_t{1} << 52U) - 1)) | (std::uint64_t{1} << 52U);
    const std::uint64_t even = significand >> shift & 1U;
    return static_cast<std::uint16_t>((significand + (std::uint64_t{1} << (shift - 1)) - 1 + even) >> shift);
  }
};

using Float16 = SmallFloat<10, 5>;  // IEEE binary16
using BFloat16 = SmallFloat<7, 8>;  // the upper half of a float32

}  // namespace rw::graph
