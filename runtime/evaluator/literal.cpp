#include "runtime/evaluator/literal.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

namespace rw::evaluator {
namespace {

using graph::DType;

static_assert(std::endian::native == std::endian::little, "elements are copied as they lie");

// How elements of one stored type become floats or integers, and back.
struct Codec {
  DType dtype;
  Array (*decode)(Dims shape, std::span<const std::byte> bytes);
  std::vector<std::byte> (*encode)(const Array& array);
};

template <typename Stored>
std::vector<std::byte> bytes_of(const std::vector<Stored>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

template <typename To, typename Stored, typename F>
std::vector<To> converted(std::span<const std::byte> bytes, F to) {
  std::vector<To> values(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored value;
    std::memcpy(&value, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = to(value);
  }
  return values;
}

template <typename Stored, auto to_float, auto from_float>
constexpr Codec floating(DType dtype) {
  return {dtype,
          [](Dims shape, std::span<const std::byte> bytes) {
            return Array(std::move(shape), converted<float, Stored>(bytes, to_float));
          },
          [](const Array& array) {
            std::vector<Stored> values;
            for (const float value : array.to_floats()) values.push_back(from_float(value));
            return bytes_of(values);
          }};
}

template <typename Stored>
constexpr Codec integer(DType dtype) {
  return {dtype,
          [](Dims shape, std::span<const std::byte> bytes) {
            return Array(std::move(shape), converted<std::int64_t, Stored>(
                                               bytes, [](Stored value) { return static_cast<std::int64_t>(value); }));
          },
          [](const Array& array) {
            std::vector<Stored> values;
            for (const std::int64_t value : array.ints()) values.push_back(static_cast<Stored>(value));
            return bytes_of(values);
          }};
}

float same(float value) { return value; }
float narrow(double value) { return static_cast<float>(value); }
double widen(float value) { return value; }

constexpr Codec kCodecs[] = {
    floating<float, same, same>(DType::float32),
    floating<std::uint16_t, half_to_float, float_to_half>(DType::float16),
    floating<std::uint16_t, bfloat_to_float, float_to_bfloat>(DType::bfloat16),
    floating<double, narrow, widen>(DType::float64),
    integer<std::int8_t>(DType::int8),
    integer<std::uint8_t>(DType::uint8),
    integer<std::int16_t>(DType::int16),
    integer<std::uint16_t>(DType::uint16),
    integer<std::int32_t>(DType::int32),
    integer<std::uint32_t>(DType::uint32),
    integer<std::int64_t>(DType::int64),
    integer<std::uint64_t>(DType::uint64),
    integer<std::uint8_t>(DType::boolean),
};

const Codec& codec(DType dtype) {
  for (const Codec& each : kCodecs)
    if (each.dtype == dtype) return each;
  throw std::invalid_argument(fmt::format("no values of type '{}'", graph::name(dtype)));
}

}  // namespace

Array read_literal(const graph::Literal& literal) {
  const auto dims = literal.shape.dims();
  return codec(literal.dtype).decode(Dims(dims.begin(), dims.end()), literal.bytes);
}

std::vector<std::byte> encode(const Array& array, DType dtype) { return codec(dtype).encode(array); }

float half_to_float(std::uint16_t bits) {
  const int exponent = (bits >> 10U) & 31U;
  const auto fraction = static_cast<float>(bits & 1023U);
  const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024.0F + fraction, exponent - 25);
}

std::uint16_t float_to_half(float value) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000U : 0U;
  const float magnitude = std::fabs(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7E00U);
  if (magnitude >= 65520.0F) return static_cast<std::uint16_t>(sign | 0x7C00U);  // halfway to the next power rounds up
  // Counted in steps of the last place: 2^-24 below the normal range, 2^(e - 10) in it. nearbyint rounds to even, and
  // a carry out of the fraction runs into the exponent as it should.
  const int exponent = magnitude < 0x1p-14F ? -14 : std::ilogb(magnitude);
  const auto steps = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
  const std::uint32_t bits = (static_cast<std::uint32_t>(exponent + 14) << 10U) + steps;
  return static_cast<std::uint16_t>(sign | bits);
}

float bfloat_to_float(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16U); }

std::uint16_t float_to_bfloat(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

}  // namespace rw::evaluator
