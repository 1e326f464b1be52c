// Every kernel must give the bits of the plain one, whatever the processor can.
#include "graph/values/scale_kernels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "graph/values/elements.hpp"
#include "tests/support/catch.hpp"

using namespace rw::graph;

namespace {

struct Scaled {
  std::vector<std::byte> bytes;
  bool finite = false;
};

// `count` elements, which begin at an odd address.
Scaled scaled(ScaleKernel kernel, const std::vector<std::byte>& source, std::size_t count, StretchFactors factors) {
  std::vector<std::byte> from(source.size() + 1), to(source.size() + 1);
  std::copy(source.begin(), source.end(), from.begin() + 1);
  Scaled result;
  result.finite = kernel(to.data() + 1, from.data() + 1, count, factors);
  result.bytes.assign(to.begin() + 1, to.end());
  // In place the same comes out.
  kernel(from.data() + 1, from.data() + 1, count, factors);
  REQUIRE(std::equal(from.begin() + 1, from.end(), result.bytes.begin(), result.bytes.end()));
  return result;
}

template <typename T>
std::vector<std::byte> raw_bytes(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<double> some_factors() {
  std::vector<double> factors = {1,           0.5,  2,       1.0 / 3,  3,       1.1,     1 + 0x1p-11,    1 + 0x1p-12,
                                 1 - 0x1p-12, 1e-5, 0x1p-20, 0x1p-100, 65504.,  1 / 1e3, 0x1p-14,        0x1.8p-25,
                                 1 + 0x1p-52, 1.5,  -1,      1e30,     0x1p100, 7,       0x1.fffffep-90, 0x1p-60};
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> exponent(-12, 12);
  for (int i = 0; i < 40; ++i) factors.push_back(std::exp2(exponent(random)));
  return factors;
}

template <typename T>
bool same_bits(T a, T b) {
  using Bits = std::array<std::byte, sizeof(T)>;
  return std::bit_cast<Bits>(a) == std::bit_cast<Bits>(b);
}

// Element by element by the definition: one product in double, one rounding.
template <typename Codec>
void check_finite(const std::vector<typename Codec::Stored>& source, const std::vector<typename Codec::Stored>& result,
                  double factor) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const auto expected = Codec::narrow(Codec::widen(source[i]) * factor);
    wrong += !same_bits(expected, result[i]);
  }
  REQUIRE(wrong == 0);
}

// All finite values of a 16-bit type, times one factor; those that would overflow are left out.
template <typename Small>
void check_all_values(DType dtype) {
  using Codec = SmallCodec<Small>;
  for (const double factor : some_factors()) {
    std::vector<std::uint16_t> values;
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
      const double product = Codec::widen(static_cast<std::uint16_t>(bits)) * factor;
      if (std::isfinite(Codec::widen(Codec::narrow(product)))) values.push_back(static_cast<std::uint16_t>(bits));
    }
    const std::vector<double> row(values.size(), factor / 1.25);
    const std::vector<float> rough(row.begin(), row.end());
    for (const StretchFactors& factors : {StretchFactors{factor}, StretchFactors{1.25, row.data(), rough.data()}})
      for (const ScaleKernel kernel : scale_kernels(dtype)) {
        const Scaled result = scaled(kernel, raw_bytes(values), values.size(), factors);
        REQUIRE(result.finite);
        std::vector<std::uint16_t> got(values.size());
        std::memcpy(got.data(), result.bytes.data(), result.bytes.size());
        check_finite<Codec>(values, got, factors.each ? row[0] * 1.25 : factor);
      }
  }
}

}  // namespace

TEST_CASE("Every float16 value is scaled with one rounding") { check_all_values<Float16>(DType::float16); }
TEST_CASE("Every bfloat16 value is scaled with one rounding") { check_all_values<BFloat16>(DType::bfloat16); }

TEST_CASE("float32 values of any exponent are scaled with one rounding") {
  std::mt19937_64 random(7);
  for (const double factor : some_factors()) {
    std::vector<float> values;
    while (values.size() < 20'003) {
      const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
      if (std::isfinite(value) && std::isfinite(static_cast<float>(value * factor))) values.push_back(value);
    }
    const Scaled result = scaled(fast_scale_kernel(DType::float32), raw_bytes(values), values.size(), {factor});
    REQUIRE(result.finite);
    std::vector<float> got(values.size());
    std::memcpy(got.data(), result.bytes.data(), result.bytes.size());
    check_finite<PlainCodec<float>>(values, got, factor);
  }
}

TEMPLATE_TEST_CASE_SIG("Kernels agree on rows of factors, any count, and on what is not finite", "",
                       ((int kCase), kCase), 0, 1, 2, 3) {
  constexpr std::array kTypes = {DType::float32, DType::float16, DType::bfloat16, DType::float64};
  const DType dtype = kTypes[kCase];
  std::mt19937_64 random(11 + kCase);
  std::uniform_real_distribution<double> exponent(-3, 3);
  for (std::size_t count = 0; count < 70; ++count) {
    std::vector<std::byte> source(count * size(dtype));
    for (std::byte& each : source) each = static_cast<std::byte>(random());
    std::vector<double> row(count);
    for (double& each : row) each = std::exp2(exponent(random));
    const std::vector<float> rough(row.begin(), row.end());
    const StretchFactors factors = count % 2 ? StretchFactors{std::exp2(exponent(random)), row.data(), rough.data()}
                                             : StretchFactors{std::exp2(exponent(random))};
    const Scaled plain = scaled(plain_scale_kernel(dtype), source, count, factors);
    for (const ScaleKernel kernel : scale_kernels(dtype)) {
      const Scaled other = scaled(kernel, source, count, factors);
      REQUIRE(other.finite == plain.finite);
      if (plain.finite) REQUIRE(other.bytes == plain.bytes);
    }
  }
}

TEST_CASE("One value that is not finite is seen at every place") {
  const std::uint16_t one = 0x3C00, infinity = 0x7C00, nan = 0x7E01;
  for (const std::uint16_t bad : {infinity, nan})
    for (std::size_t at = 0; at < 19; ++at) {
      std::vector<std::uint16_t> values(19, one);
      values[at] = bad;
      for (const ScaleKernel kernel : scale_kernels(DType::float16))
        REQUIRE_FALSE(scaled(kernel, raw_bytes(values), values.size(), {0.5}).finite);
      for (std::uint16_t& each : values)
        each = static_cast<std::uint16_t>(each == bad ? 0x7F80 | (bad & 0x7F) : 0x3F80);
      for (const ScaleKernel kernel : scale_kernels(DType::bfloat16))
        REQUIRE_FALSE(scaled(kernel, raw_bytes(values), values.size(), {0.5}).finite);
    }
}
