// Dimensions and sets of axes.
#include "graph/values/shape.hpp"
#include "tests/support/catch.hpp"

using namespace rw::graph;

namespace {

std::vector<int> listed(AxisMask axes) {
  std::vector<int> list;
  for (const int axis : axes) list.push_back(axis);
  return list;
}

constexpr std::int64_t kHalf = std::int64_t{1} << 62;

}  // namespace

TEST_CASE("A product of dimensions is checked, whatever their order") {
  using Dims = std::vector<std::int64_t>;
  CHECK(product(Dims{}) == 1);
  CHECK(product(Dims{2, 3, 5}) == 30);
  CHECK(product(Dims{2, 0, 5}) == 0);
  CHECK(product(Dims{INT64_MAX}) == INT64_MAX);
  CHECK(product(Dims{1, kHalf, 1}) == kHalf);
  for (const Dims& dims : {Dims{kHalf, 2}, Dims{2, kHalf}, Dims{0, kHalf, kHalf}, Dims{kHalf, 0, kHalf},
                           Dims{kHalf, kHalf, 0}, Dims{-1}, Dims{0, -1}, Dims{-7, 0}}) {
    CAPTURE(dims);
    CHECK(product(dims) == std::nullopt);
    CHECK(Shape(dims).count() == std::nullopt);
  }
  const Dims dims = {2, -1, kHalf, 3, 0};
  CHECK(product(dims, AxisMask()) == 1);
  CHECK(product(dims, AxisMask::of({0, 3})) == 6);
  CHECK(product(dims, AxisMask::of({0, 3, 4})) == 0);
  CHECK(product(dims, AxisMask::of({0, 1})) == std::nullopt);
  CHECK(product(dims, AxisMask::of({0, 2})) == std::nullopt);
  CHECK(Shape().count() == std::nullopt);
}

TEST_CASE("A set of axes is what a list of them would be") {
  const AxisMask axes = AxisMask::of({5, 1, 31});
  CHECK(listed(axes) == std::vector<int>{1, 5, 31});
  CHECK(axes.count() == 3);
  for (int axis = 0; axis < kMaxRank; ++axis) {
    CAPTURE(axis);
    const auto at = static_cast<std::size_t>(axis);
    CHECK(axes.contains(at) == (axis == 1 || axis == 5 || axis == 31));
    CHECK(AxisMask::single(at).only() == axis);
    CHECK(listed(AxisMask::first_axes(axis)).size() == at);
  }
  CHECK_FALSE(axes.contains(std::size_t{32}));
  CHECK_FALSE(axes.contains(static_cast<std::size_t>(-1)));
  CHECK(AxisMask().empty());
  CHECK(AxisMask().only() == std::nullopt);
  CHECK(axes.only() == std::nullopt);
  CHECK(AxisMask::all().count() == kMaxRank);
  CHECK(listed(AxisMask::range(2, 5)) == std::vector<int>{2, 3, 4});
  CHECK(AxisMask::range(3, 3).empty());
  CHECK(axes.with(2).without(std::size_t{1}) == AxisMask::of({2, 5, 31}));
  CHECK(axes.without(AxisMask::of({5, 6})) == AxisMask::of({1, 31}));
  CHECK(axes.contains(AxisMask::of({1, 31})));
  CHECK(axes.contains(AxisMask()));
  CHECK_FALSE(axes.contains(AxisMask::of({1, 2})));
  CHECK(listed(axes.moved(-2)) == std::vector<int>{3, 29});
  CHECK(listed(axes.moved(1)) == std::vector<int>{2, 6});
}
