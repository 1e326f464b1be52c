// Magnitudes of constants against their definition: every element by itself, its place found by division.
#include "runtime/weights/edited.hpp"

#include <cmath>
#include <random>

#include "graph/base/error.hpp"
#include "graph/values/elements.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/threads.hpp"

using namespace rw;
using namespace rw::runtime;
using test::Threads;

namespace {

using Dims = std::vector<std::int64_t>;

std::size_t place_along(std::size_t index, const Dims& view, graph::AxisMask axes) {
  std::size_t place = 0, stride = 1;
  for (std::size_t axis = view.size(); axis-- > 0;) {
    const auto extent = static_cast<std::size_t>(view[axis]);
    if (axes.contains(axis)) {
      place += index % extent * stride;
      stride *= extent;
    }
    index /= extent;
  }
  return place;
}

std::size_t count_along(const Dims& view, graph::AxisMask axes) {
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < view.size(); ++axis)
    if (axes.contains(axis)) count *= static_cast<std::size_t>(view[axis]);
  return count;
}

std::vector<std::byte> random_elements(graph::DType dtype, std::size_t count, std::mt19937& random) {
  std::normal_distribution<double> normal;
  std::vector<std::byte> bytes(count * graph::size(dtype));
  graph::with_codec(dtype, [&](auto codec) {
    using Codec = decltype(codec);
    if constexpr (Codec::kFloating)
      for (std::size_t i = 0; i < count; ++i) {
        const auto stored = Codec::narrow(random() % 8 == 0 ? 0.0 : normal(random));
        std::memcpy(bytes.data() + i * sizeof(stored), &stored, sizeof(stored));
      }
  });
  return bytes;
}

}  // namespace

TEST_CASE("Magnitudes are those of every element, however channels and factors run") {
  std::mt19937 random(3);
  constexpr std::array kTypes = {graph::DType::float32, graph::DType::float16, graph::DType::bfloat16,
                                 graph::DType::float64};
  const auto draw = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  for (int round = 0; round < 600; ++round) {
    const graph::DType dtype = kTypes[static_cast<std::size_t>(round % 4)];
    Dims view(static_cast<std::size_t>(draw(1, 4)));
    for (std::int64_t& dim : view) dim = draw(0, 3) == 0 ? draw(17, 40) : draw(1, 4);
    const std::size_t count = count_along(view, graph::AxisMask::first_axes(static_cast<int>(view.size())));
    const std::vector<std::byte> bytes = random_elements(dtype, count, random);
    graph::Tensor tensor{.name = "w", .dtype = dtype};
    const graph::Literal literal{dtype, graph::Shape(view), bytes};
    tensor.constant = &literal;
    const auto some_axes = [&] {
      graph::AxisMask axes;
      for (std::size_t axis = 0; axis < view.size(); ++axis)
        if (draw(0, 1) == 1) axes.add(axis);
      return axes;
    };
    const Handle handle{.read = Handle::Read::weight, .shape = view, .view = view, .axes = some_axes()};
    Edit edit{.shape = view, .view = view};
    for (int i = draw(0, 2); i > 0; --i) {
      graph::Factor factor{.axes = some_axes()};
      for (std::size_t k = count_along(view, factor.axes); k > 0; --k)
        factor.values.push_back(draw(0, 3) == 0 ? 1 : 0.1 + draw(0, 1000) / 91.0);
      factor.folded = draw(0, 2) == 0;
      edit.factors.push_back(factor);
    }
    const std::size_t channels = count_along(view, handle.axes);
    std::vector<double> expected(channels, 0.0), largest(channels, 0.0), smallest(channels, INFINITY);
    for (std::size_t i = 0; i < count; ++i) {
      double factor = 1;
      for (const graph::Factor& each : edit.factors) factor *= each.values[place_along(i, view, each.axes)];
      const double value = graph::element(*tensor.constant, i), size = std::fabs(value * factor);
      const std::size_t channel = place_along(i, view, handle.axes);
      expected[channel] = std::max(expected[channel], size);
      if (value == 0 || factor == 1) continue;
      largest[channel] = std::max(largest[channel], size);
      smallest[channel] = std::min(smallest[channel], size);
    }
    const Edit* changed = edit.factors.empty() ? nullptr : &edit;
    REQUIRE(magnitudes(tensor, handle, changed, channels) == expected);
    const std::vector<Extremes> extremes = changed_extremes(tensor, handle, changed, channels);
    REQUIRE(extremes.size() == channels);
    for (std::size_t i = 0; i < channels; ++i) {
      REQUIRE(extremes[i].largest == largest[i]);
      REQUIRE(extremes[i].smallest == smallest[i]);
    }
  }
}

TEST_CASE("Magnitudes of a large weight are the same for any number of threads") {
  std::mt19937 random(5);
  const Dims view = {129, 67, 11, 11};  // 4 MiB, which several threads share
  const std::vector<std::byte> bytes =
      random_elements(graph::DType::float32, count_along(view, AxisMask::first_axes(4)), random);
  graph::Tensor tensor{.name = "w", .dtype = graph::DType::float32};
  const graph::Literal literal{graph::DType::float32, graph::Shape(view), bytes};
  tensor.constant = &literal;
  Edit edit{.shape = view, .view = view, .factors = {{.axes = AxisMask::single(1), .values = std::vector<double>(67)}}};
  for (std::size_t i = 0; i < 67; ++i) edit.factors[0].values[i] = 0.25 + static_cast<double>(i * i % 59) / 7;
  for (const AxisMask axes : {AxisMask(), AxisMask::of({0}), AxisMask::of({1}), AxisMask::of({0, 1}),
                              AxisMask::of({2, 3}), AxisMask::first_axes(4)}) {
    const Handle handle{.read = Handle::Read::weight, .shape = view, .view = view, .axes = axes};
    std::vector<double> expected(count_along(view, axes), 0.0);
    for_each_element(tensor, handle, &edit, [&](double value, double factor, std::size_t channel) {
      expected[channel] = std::max(expected[channel], std::fabs(value * factor));
    });
    for (const unsigned count : {1U, 2U, 7U}) {
      const Threads set(count);
      CHECK(magnitudes(tensor, handle, &edit, expected.size()) == expected);
    }
  }
}

TEST_CASE("A channel that comes to nothing in its type has magnitude 0") {
  const std::vector<float> values = {1e-20F, 3, 1e-38F, 2};
  graph::Tensor tensor{.name = "w", .dtype = graph::DType::float32};
  const Dims view = {2, 2};
  const graph::Literal literal{graph::DType::float32, graph::Shape(view), std::as_bytes(std::span(values))};
  tensor.constant = &literal;
  const Edit edit{
      .shape = view, .view = view, .factors = {{.axes = AxisMask::single(0), .values = {1e-70, 1e-7}, .folded = true}}};
  const Handle handle{.read = Handle::Read::weight, .shape = view, .view = view, .axes = AxisMask::single(0)};
  CHECK(magnitudes(tensor, handle, &edit, 2) == std::vector<double>{0, 2 * 1e-7});
  const Handle by_column{.read = Handle::Read::weight, .shape = view, .view = view, .axes = AxisMask::single(1)};
  CHECK(magnitudes(tensor, by_column, &edit, 2)[0] == Approx(1e-45).epsilon(0.01));  // half of a step, and rounds up
}

TEST_CASE("A weight that is not finite is named wherever it stands") {
  const Dims view = {3, 37};
  for (const std::size_t at : {0U, 36U, 70U, 110U}) {
    std::vector<float> values(111, 1.0F);
    values[at] = at % 2 ? INFINITY : NAN;
    graph::Tensor tensor{.name = "w", .dtype = graph::DType::float32};
    const graph::Literal literal{graph::DType::float32, graph::Shape(view), std::as_bytes(std::span(values))};
    tensor.constant = &literal;
    for (const AxisMask axes : {AxisMask::of({0}), AxisMask::of({1}), AxisMask::of({0, 1}), AxisMask()}) {
      const Handle handle{.read = Handle::Read::weight, .shape = view, .view = view, .axes = axes};
      REQUIRE_THROWS_AS(magnitudes(tensor, handle, nullptr, count_along(view, axes)), graph::Error);
    }
  }
}
