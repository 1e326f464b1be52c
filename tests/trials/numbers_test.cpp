// Numbers that formulas of patterns compute with: shapes that cannot be are told, never computed with.
#include <limits>

#include "runtime/settings/numbers.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {
namespace {

using patterns::count;
using patterns::Dims;
using patterns::NoValue;
using patterns::Numbers;
using patterns::reshaped;

constexpr std::int64_t kHuge = std::int64_t{1} << 62U;

Numbers of(Dims shape, std::vector<double> values) { return {std::move(shape), std::move(values), {}}; }

}  // namespace

TEST_CASE("A shape of too many elements has no count, however it is said") {
  CHECK(count(Dims{2, 3}) == 6);
  CHECK(count(Dims{}) == 1);
  CHECK(count(Dims{2, 0, 3}) == 0);
  CHECK(count(Dims{0, 1 << 20, 1 << 20}) == 0);
  for (const Dims& shape : {Dims{kHuge}, Dims{kHuge, kHuge}, Dims{1 << 20, 1 << 20}, Dims{0, kHuge}, Dims{kHuge, 0},
                            Dims{2, -1}, Dims{0, -1}})
    CHECK_THROWS_AS(count(shape), NoValue);
}

TEST_CASE("A shape with one open dimension is that of the elements, or none") {
  const Numbers six = of({6}, {1, 2, 3, 4, 5, 6}), none = of({0}, {});
  CHECK(reshaped(six, {2, -1}).shape == Dims{2, 3});
  CHECK(reshaped(six, {-1}).shape == Dims{6});
  CHECK(reshaped(six, {1, 6, 1}).shape == Dims{1, 6, 1});
  CHECK(reshaped(none, {0, -1}).shape == Dims{0, 0});
  for (const Dims& shape :
       {Dims{4, -1}, Dims{-1, -1}, Dims{-2, -3}, Dims{5}, Dims{0, -1}, Dims{kHuge, kHuge, -1}, Dims{kHuge, 4, -1}})
    CHECK_THROWS_AS(reshaped(six, shape), NoValue);
}

TEST_CASE("A number that its type does not hold is told") {
  using graph::DType;
  struct Row {
    DType dtype;
    double least, most;
  };
  for (const Row& row : {Row{DType::int8, -128, 127}, Row{DType::uint8, 0, 255}, Row{DType::int16, -32768, 32767},
                         Row{DType::uint16, 0, 65535}, Row{DType::int32, -2147483648.0, 2147483647.0},
                         Row{DType::uint32, 0, 4294967295.0}, Row{DType::boolean, 0, 1}}) {
    INFO(graph::name(row.dtype));
    for (const double value : {row.least, row.most}) {
      Numbers one = of({1}, {value});
      one.dtype = row.dtype;
      CHECK(patterns::bytes_of(one).size() == graph::size(row.dtype));
    }
    for (const double value : {row.least - 1, row.most + 1, 0.5, std::numeric_limits<double>::infinity()}) {
      Numbers one = of({1}, {value});
      one.dtype = row.dtype;
      CHECK_THROWS_AS(patterns::bytes_of(one), NoValue);
    }
  }
}

}  // namespace rw::test
