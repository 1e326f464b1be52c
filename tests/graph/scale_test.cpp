// Scaling constants, judged by a computation of its own: indices by division, one element after the other.
#include "graph/values/scale.hpp"

#include <cmath>
#include <random>

#include "graph/values/elements.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"

using namespace rw::graph;
using rw::test::error_of;

namespace {

using Dims = std::vector<std::int64_t>;

struct Sample {
  DType dtype;
  Dims shape;
  std::vector<std::byte> bytes;
  Literal literal() const { return {dtype, Shape(shape), bytes}; }
};

template <typename Codec>
Sample random_constant(DType dtype, Dims shape, std::mt19937& random) {
  std::int64_t count = 1;
  for (const auto dim : shape) count *= dim;
  std::normal_distribution<double> normal;
  std::vector<std::byte> bytes;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto stored = Codec::narrow(normal(random));
    const auto* raw = reinterpret_cast<const std::byte*>(&stored);
    bytes.insert(bytes.end(), raw, raw + sizeof(stored));
  }
  return {dtype, std::move(shape), std::move(bytes)};
}

std::vector<std::int64_t> position(std::int64_t index, const Dims& shape) {
  std::vector<std::int64_t> place(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0; index /= shape[axis]) place[axis] = index % shape[axis];
  return place;
}

double factor_at(std::int64_t index, const Edit& edit) {
  const auto place = position(index, edit.view);
  double product = 1;
  bool begun = false;
  for (const Factor& factor : edit.factors) {
    std::size_t at = 0;
    for (std::size_t axis = 0; axis < edit.view.size(); ++axis)
      if (factor.axes.contains(axis))
        at = at * static_cast<std::size_t>(edit.view[axis]) + static_cast<std::size_t>(place[axis]);
    product = begun ? product * factor.values[at] : factor.values[at];
    begun = true;
  }
  return product;
}

double source_at(const Literal& literal, std::int64_t index, const Dims& shape) {
  const auto place = position(index, shape);
  const auto from = literal.shape.dims();
  std::size_t at = 0;
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    const auto coordinate = from[axis] == 1 ? 0 : place[shape.size() - from.size() + axis];
    at = at * static_cast<std::size_t>(from[axis]) + static_cast<std::size_t>(coordinate);
  }
  return element(literal, at);
}

std::vector<double> random_factor(std::size_t count, std::mt19937& random) {
  std::uniform_real_distribution<double> exponent(-3, 3);
  std::vector<double> values(count);
  for (double& each : values) each = std::exp2(exponent(random));
  return values;
}

void check_against_definition(const Sample& constant, const Edit& edit) {
  const Literal literal = constant.literal();
  const Scaler scaler(literal, edit, "w");
  const std::vector<std::byte> result = scaler.result();
  const Literal scaled = {literal.dtype, Shape(edit.shape), result};
  REQUIRE(scaled.shape.count() == static_cast<std::int64_t>(count(scaled)));
  with_codec(literal.dtype, [&](auto codec) {
    for (std::size_t i = 0; i < count(scaled); ++i) {
      const auto index = static_cast<std::int64_t>(i);
      const double exact = source_at(literal, index, edit.shape) * factor_at(index, edit);
      const double expected = codec.widen(codec.narrow(exact));
      REQUIRE(element(scaled, i) == expected);
    }
  });
  // In pieces of any size, the same comes out.
  std::vector<std::byte> pieces(result.size());
  const std::size_t step = size(literal.dtype);
  std::size_t length = 1;
  for (std::size_t first = 0; first < count(scaled); first += length, length = length * 2 + 1) {
    const std::size_t part = std::min(length, count(scaled) - first);
    scaler.write(first, std::span(pieces).subspan(first * step, part * step));
  }
  REQUIRE(pieces == result);
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("Every float type is scaled along any axes of the view", "", ((int kCase), kCase), 0, 1, 2, 3) {
  constexpr std::array kTypes = {DType::float32, DType::float16, DType::bfloat16, DType::float64};
  const DType dtype = kTypes[kCase];
  std::mt19937 random(17 + kCase);
  with_codec(dtype, [&](auto codec) {
    using Codec = decltype(codec);
    // Convolution of 2 groups, 3 output and 5 input channels each, a kernel of 3 x 3.
    const Sample conv = random_constant<Codec>(dtype, {6, 5, 3, 3}, random);
    const Dims view = {2, 3, 5, 9};
    const Factor out = {AxisMask::of({0, 1}), random_factor(6, random)};
    const Factor in = {AxisMask::of({0, 2}), random_factor(10, random)};
    const Factor tap = {AxisMask::of({3}), random_factor(9, random)};
    const Factor all = {AxisMask(), {0.3}};
    check_against_definition(conv, {{6, 5, 3, 3}, view, {out}});
    check_against_definition(conv, {{6, 5, 3, 3}, view, {in}});
    check_against_definition(conv, {{6, 5, 3, 3}, view, {out, in}});
    check_against_definition(conv, {{6, 5, 3, 3}, view, {in, tap, all}});
    check_against_definition(conv, {{6, 5, 3, 3}, view, {}});
    // A matrix larger than a block, scaled along its rows and along its columns.
    const Sample matrix = random_constant<Codec>(dtype, {37, 91}, random);
    check_against_definition(matrix, {{37, 91}, {37, 91}, {{AxisMask::of({0}), random_factor(37, random)}}});
    check_against_definition(matrix, {{37, 91}, {37, 91}, {{AxisMask::of({1}), random_factor(91, random)}}});
    check_against_definition(
        matrix, {{37, 91}, {37, 91}, {{AxisMask::of({0, 1}), random_factor(std::size_t{37} * 91, random)}}});
    // A scalar, and nothing at all.
    check_against_definition(random_constant<Codec>(dtype, {}, random), {{}, {}, {{AxisMask(), {1.7}}}});
    check_against_definition(random_constant<Codec>(dtype, {0, 4}, random),
                             {{0, 4}, {0, 4}, {{AxisMask::of({1}), {1, 2, 3, 4}}}});
  });
}

TEST_CASE("Dimensions of size 1 expand as in broadcasting") {
  std::mt19937 random(5);
  using Codec = PlainCodec<float>;
  const Sample scalar = random_constant<Codec>(DType::float32, {}, random);
  check_against_definition(scalar, {{4, 1, 1}, {4}, {{AxisMask::of({0}), {1, 2, 3, 4}}}});
  const Sample one = random_constant<Codec>(DType::float32, {1, 5}, random);
  check_against_definition(one, {{3, 5}, {3, 5}, {{AxisMask::of({0}), {2, 0.5, 0.1}}}});
  check_against_definition(one, {{2, 3, 5}, {6, 5}, {{AxisMask::of({1}), {1, 2, 3, 4, 5}}}});
  const Sample inner = random_constant<Codec>(DType::float32, {3, 1}, random);
  check_against_definition(inner, {{3, 700}, {3, 700}, {{AxisMask::of({1}), random_factor(700, random)}}});
}

TEST_CASE("Float16 denormals and signed zeros stay what they are") {
  const std::vector<std::uint16_t> bits = {0x0001, 0x8001, 0x03FF, 0x8000, 0x0000, 0x0400};
  const auto* raw = reinterpret_cast<const std::byte*>(bits.data());
  const Sample constant = {DType::float16, {6}, std::vector<std::byte>(raw, raw + 12)};
  const Literal literal = constant.literal();
  const auto scaled = [&](double factor) {
    const Edit edit = {{6}, {6}, {{AxisMask(), {factor}}}};
    const auto bytes = Scaler(literal, edit, "w").result();
    std::vector<std::uint16_t> result(6);
    std::memcpy(result.data(), bytes.data(), 12);
    return result;
  };
  CHECK(scaled(2) == std::vector<std::uint16_t>{0x0002, 0x8002, 0x07FE, 0x8000, 0x0000, 0x0800});
  CHECK(scaled(0.5) == std::vector<std::uint16_t>{0x0000, 0x8000, 0x0200, 0x8000, 0x0000, 0x0200});
  CHECK(scaled(1.5) == std::vector<std::uint16_t>{0x0002, 0x8002, 0x05FE, 0x8000, 0x0000, 0x0600});
}

TEST_CASE("A value that cannot be scaled is named with its place") {
  const auto error = [](const std::vector<std::uint16_t>& bits, const Dims& shape, const std::vector<double>& factors) {
    const auto* raw = reinterpret_cast<const std::byte*>(bits.data());
    const Sample constant = {DType::float16, shape, std::vector<std::byte>(raw, raw + 2 * bits.size())};
    const Literal literal = constant.literal();
    const Edit edit = {shape, shape, {{AxisMask::of({1}), factors}}};
    return error_of([&] { Scaler(literal, edit, "conv.weight").result(); });
  };
  CHECK(error({0, 0, 0, 0x7B53}, {2, 2}, {1, 2}) ==
        "tensor 'conv.weight': its element [1, 1]: value 60000 scaled by 2 overflows float16");
  CHECK(error({0, 0x7E00}, {1, 2}, {1, 1}) ==
        "tensor 'conv.weight': its element [0, 1] is nan, which cannot be scaled");
  CHECK(error({0, 0x7BFF}, {1, 2}, {1, 1}) == "no error");
}

TEST_CASE("Infinity stays infinity in every type and with every kernel, and its neighbours are scaled") {
  for (const DType dtype : {DType::float32, DType::float16, DType::bfloat16, DType::float64}) {
    for (const std::int64_t columns : {2, 100}) {
      for (const double factor : {2.0, 0x1p-120, -1.0}) {  // fast and plain kernels
        if (dtype == DType::float16 && factor == 0x1p-120) continue;
        INFO(name(dtype) << ", " << columns << " columns, factor " << factor);
        std::vector<double> values(static_cast<std::size_t>(columns), 3);
        values.front() = INFINITY;
        values.back() = -INFINITY;
        const Dims shape = {1, columns};
        const Sample constant = {dtype, shape, from_double(values, dtype)};
        const Literal literal = constant.literal();
        const Edit edit = {shape, shape, {{AxisMask::of({0}), {factor}}}};
        const std::vector<std::byte> bytes = Scaler(literal, edit, "mask").result();
        const Literal scaled = {dtype, literal.shape, bytes};
        for (std::size_t i = 0; i < values.size(); ++i) CHECK(element(scaled, i) == values[i] * factor);
      }
    }
  }
}
