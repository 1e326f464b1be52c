// Small floats, judged against the definition of the formats: every pattern of bits, and every border between two.
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "graph/values/elements.hpp"
#include "tests/support/catch.hpp"

using namespace rw::graph;

namespace {

// The value by the definition: sign * 2^(exponent - bias) * 1.mantissa, or 2^(1 - bias) * 0.mantissa.
long double by_definition(std::uint16_t bits, int mantissa_bits, int exponent_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int mantissa = bits & ((1 << mantissa_bits) - 1);
  const int exponent = bits >> mantissa_bits & ((1 << exponent_bits) - 1);
  const long double sign = bits >> 15 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1)
    return mantissa ? std::numeric_limits<long double>::quiet_NaN()
                    : sign * std::numeric_limits<long double>::infinity();
  const long double significand = std::ldexp(static_cast<long double>(mantissa), -mantissa_bits);
  if (exponent == 0) return sign * std::ldexp(significand, 1 - bias);
  return sign * std::ldexp(1 + significand, exponent - bias);
}

template <typename Small, int kMantissa, int kExponent>
void check_every_pattern() {
  for (std::uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const auto pattern = static_cast<std::uint16_t>(bits);
    const auto expected = static_cast<double>(by_definition(pattern, kMantissa, kExponent));
    const double widened = Small::widen(pattern);
    if (std::isnan(expected)) {
      REQUIRE(std::isnan(widened));
      REQUIRE(std::isnan(Small::widen(Small::narrow(widened))));
      continue;
    }
    REQUIRE(widened == expected);
    REQUIRE(std::signbit(widened) == (pattern >> 15 != 0));
    REQUIRE(Small::narrow(widened) == pattern);
  }
}

// Between two neighbours: the middle goes to the even one, and the smallest step beside the middle decides otherwise.
template <typename Small, int kMantissa, int kExponent>
void check_every_border() {
  const auto infinity = static_cast<std::uint16_t>(((1 << kExponent) - 1) << kMantissa);
  for (std::uint16_t low = 0; low < infinity; ++low) {
    const auto high = static_cast<std::uint16_t>(low + 1);
    const long double below = by_definition(low, kMantissa, kExponent);
    // The last border is where the next value would be if the exponents went on.
    const long double above = high == infinity
                                  ? 2 * below - by_definition(static_cast<std::uint16_t>(low - 1), kMantissa, kExponent)
                                  : by_definition(high, kMantissa, kExponent);
    const auto middle = static_cast<double>((below + above) / 2);
    const std::uint16_t even = low % 2 == 0 ? low : high;
    REQUIRE(Small::narrow(middle) == even);
    REQUIRE(Small::narrow(-middle) == (even | 0x8000));
    REQUIRE(Small::narrow(std::nextafter(middle, 0.0)) == low);
    REQUIRE(Small::narrow(std::nextafter(middle, INFINITY)) == high);
  }
}

}  // namespace

TEST_CASE("float16: every value widens exactly and narrows to itself") { check_every_pattern<Float16, 10, 5>(); }
TEST_CASE("bfloat16: every value widens exactly and narrows to itself") { check_every_pattern<BFloat16, 7, 8>(); }
TEST_CASE("float16: every border between neighbours rounds to nearest even") { check_every_border<Float16, 10, 5>(); }
TEST_CASE("bfloat16: every border between neighbours rounds to nearest even") { check_every_border<BFloat16, 7, 8>(); }

TEST_CASE("What is beyond the largest or below the smallest value") {
  CHECK(Float16::narrow(65520) == 0x7C00);
  CHECK(Float16::narrow(65519.99) == 0x7BFF);
  CHECK(Float16::narrow(1e300) == 0x7C00);
  CHECK(Float16::narrow(-INFINITY) == 0xFC00);
  CHECK(Float16::narrow(std::numeric_limits<double>::denorm_min()) == 0);
  CHECK(Float16::narrow(-1e-300) == 0x8000);
  CHECK(BFloat16::narrow(std::numeric_limits<double>::max()) == 0x7F80);
}

TEST_CASE("Elements of every type are read, wherever their bytes lie") {
  const auto check = [](DType dtype, auto value, double expected) {
    std::vector<std::byte> bytes(1 + 2 * sizeof(value));  // one byte off, so that nothing is aligned
    std::memcpy(bytes.data() + 1 + sizeof(value), &value, sizeof(value));
    const std::int64_t dims[] = {2};
    const Literal literal = {dtype, Shape(dims), std::span<const std::byte>(bytes).subspan(1)};
    INFO(name(dtype));
    CHECK(count(literal) == 2);
    CHECK(element(literal, 0) == 0);
    CHECK(element(literal, 1) == expected);
    CHECK(to_double(literal) == std::vector<double>{0, expected});
  };
  check(DType::float32, 1.5F, 1.5);
  check(DType::float64, -0.1, -0.1);
  check(DType::float16, std::uint16_t{0xC000}, -2);
  check(DType::bfloat16, std::uint16_t{0x4049}, 3.140625);
  check(DType::int8, std::int8_t{-128}, -128);
  check(DType::uint8, std::uint8_t{255}, 255);
  check(DType::int16, std::int16_t{-2}, -2);
  check(DType::uint16, std::uint16_t{65535}, 65535);
  check(DType::int32, std::int32_t{-7}, -7);
  check(DType::uint32, std::uint32_t{4000000000U}, 4e9);
  check(DType::int64, std::int64_t{1} << 52, 4503599627370496.0);
  check(DType::uint64, std::uint64_t{1} << 63U, 9223372036854775808.0);
  check(DType::boolean, std::uint8_t{1}, 1);
}
