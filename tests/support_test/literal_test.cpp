// Elements of constants; bit patterns by the definition of the formats.
#include "tests/support/judge.hpp"

#include <cmath>
#include <limits>

#include "tests/support/catch.hpp"

namespace rw::test {

TEST_CASE("halves have five bits of exponent and ten of fraction", "[literal]") {
  CHECK(half_to_float(0x3C00) == 1.0F);
  CHECK(half_to_float(0xC000) == -2.0F);
  CHECK(half_to_float(0x7BFF) == 65504.0F);
  CHECK(half_to_float(0x0001) == std::ldexp(1.0F, -24));
  CHECK(half_to_float(0x0400) == std::ldexp(1.0F, -14));
  CHECK(std::isinf(half_to_float(0x7C00)));
  CHECK(std::isnan(half_to_float(0x7E00)));
}

TEST_CASE("every half comes back from its float", "[literal]") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if ((half & 0x7C00U) == 0x7C00U && (half & 0x3FFU) != 0) continue;  // NaN
    if (float_to_half(half_to_float(half)) != half) FAIL("half " << bits);
  }
}

TEST_CASE("floats become the nearest half, ties even", "[literal]") {
  const float step = std::ldexp(1.0F, -10);
  CHECK(float_to_half(1 + step / 2) == 0x3C00);
  CHECK(float_to_half(1 + step * 3 / 2) == 0x3C02);
  CHECK(float_to_half(std::nextafter(1 + step / 2, 2.0F)) == 0x3C01);
  CHECK(float_to_half(2 - step / 4) == 0x4000);  // carries into the exponent
  CHECK(float_to_half(65519.0F) == 0x7BFF);      // below halfway to 65536
  CHECK(float_to_half(65520.0F) == 0x7C00);
  CHECK(float_to_half(std::ldexp(1.0F, -25)) == 0);  // halfway to the smallest
  CHECK(float_to_half(std::ldexp(1.5F, -25)) == 1);
  CHECK(float_to_half(-std::ldexp(1023.5F, -24)) == 0x8400);  // the smallest normal
  CHECK(float_to_half(-0.0F) == 0x8000);
}

TEST_CASE("bfloat16 is the upper half of a float", "[literal]") {
  CHECK(bfloat_to_float(0x3F80) == 1.0F);
  CHECK(float_to_bfloat(1.0F + 0x1p-8F) == 0x3F80);  // halfway, to the even one
  CHECK(float_to_bfloat(1.0F + 3 * 0x1p-8F) == 0x3F82);
  CHECK(float_to_bfloat(-2.0F) == 0xC000);
}

TEST_CASE("literals of every width are read as their values", "[literal]") {
  const std::vector<std::int64_t> dims = {2};
  const auto through = [&](graph::DType dtype, const Array& array) {
    const std::vector<std::byte> bytes = encode(array, dtype);
    CHECK(bytes.size() == 2 * graph::size(dtype));
    return read_literal({dtype, graph::Shape(dims), bytes});
  };
  using graph::DType;
  for (const DType dtype : {DType::float32, DType::float16, DType::bfloat16, DType::float64}) {
    INFO(graph::name(dtype));
    CHECK(through(dtype, float_array({2}, {1.5, -3})).floats() == std::vector<float>{1.5, -3});
  }
  for (const DType dtype : {DType::int8, DType::int16, DType::int32, DType::int64}) {
    INFO(graph::name(dtype));
    CHECK(through(dtype, int_array({2}, {-5, 100})).ints() == Dims{-5, 100});
  }
  for (const DType dtype : {DType::uint8, DType::uint16, DType::uint32, DType::uint64}) {
    INFO(graph::name(dtype));
    CHECK(through(dtype, int_array({2}, {5, 200})).ints() == Dims{5, 200});
  }
}

}  // namespace rw::test
