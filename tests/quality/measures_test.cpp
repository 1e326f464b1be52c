// The measures, against numbers worked out by hand.
#include "runtime/measures/classes.hpp"
#include "runtime/measures/difference.hpp"
#include "runtime/measures/spread.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/catch.hpp"

using namespace rw;
using measures::Difference;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Difference of(const std::vector<float>& a, const std::vector<float>& b) {
  Difference difference;
  difference.add(a, b);
  return difference;
}

}  // namespace

TEST_CASE("Differences: absolute, over the largest value, and signal to noise, as by hand") {
  const Difference some = of({3, -4, 0, 1}, {3, -4.5F, 0, 1.25F});
  CHECK(some.count() == 4);
  CHECK(some.unequal() == 2);
  CHECK(some.largest() == 0.5);
  CHECK(some.magnitude() == 4);
  CHECK(some.relative() == 0.125);
  CHECK(some.signal() == 9 + 16 + 1);
  CHECK(some.noise() == 0.25 + 0.0625);
  CHECK(some.decibels() == Approx(10 * std::log10(26 / 0.3125)));

  Difference parts;  // the same in two parts
  parts.add(std::vector<float>{3, -4}, std::vector<float>{3, -4.5F});
  parts.add(std::vector<float>{0, 1}, std::vector<float>{0, 1.25F});
  CHECK(parts.decibels() == some.decibels());
  CHECK(parts.ulps() == some.ulps());
}

TEST_CASE("Differences: nothing, everything, and what is not finite") {
  CHECK(of({1, -0.0F, kInfinity, kNan}, {1, 0.0F, kInfinity, kNan}).unequal() == 0);
  CHECK(of({1}, {1}).decibels() == kInfinity);
  CHECK(of({1}, {1}).relative() == 0);
  CHECK(of({}, {}).relative() == 0);
  CHECK(of({0, 0}, {0, 1}).relative() == kInfinity);
  CHECK(of({0, 0}, {0, 1}).decibels() == -kInfinity);
  for (const auto& [a, b] : {std::pair{kInfinity, 1.0F}, {1.0F, kNan}, {kNan, 1.0F}, {kInfinity, -kInfinity}}) {
    const Difference apart = of({2, a}, {2, b});
    CHECK(apart.unequal() == 1);
    CHECK(apart.relative() == kInfinity);
    CHECK(apart.decibels() == -kInfinity);
    CHECK(apart.ulps() == std::numeric_limits<std::uint64_t>::max());
  }
  Difference integers;
  integers.add(std::vector<std::int64_t>{5, 9007199254740993}, std::vector<std::int64_t>{7, 9007199254740992});
  CHECK(integers.unequal() == 2);
  CHECK(integers.largest() == 2);
  CHECK(integers.ulps() == 0);
}

TEST_CASE("Units in the last place count the float32 that lie between") {
  CHECK(measures::units_in_last_place(1, 1) == 0);
  CHECK(measures::units_in_last_place(0.0F, -0.0F) == 0);
  CHECK(measures::units_in_last_place(1, std::nextafter(1.0F, 2.0F)) == 1);
  CHECK(measures::units_in_last_place(1, std::nextafter(1.0F, 0.0F)) == 1);
  CHECK(measures::units_in_last_place(1, 2) == 1U << 23U);  // a binade has 2^23
  CHECK(measures::units_in_last_place(0, std::numeric_limits<float>::denorm_min()) == 1);
  CHECK(measures::units_in_last_place(-std::numeric_limits<float>::denorm_min(),
                                      std::numeric_limits<float>::denorm_min()) == 2);
  CHECK(of({1, 4}, {std::nextafter(1.0F, 2.0F), 4}).ulps() == 1);
}

TEST_CASE("Classes: which outputs score them, and which class is the best of a row") {
  CHECK(measures::class_count(std::vector<std::int64_t>{8, 10}) == 10);
  CHECK(measures::class_count(std::vector<std::int64_t>{8, 10, 1, 1}) == 10);
  CHECK_FALSE(measures::class_count(std::vector<std::int64_t>{8, 10, 2, 1}));
  CHECK_FALSE(measures::class_count(std::vector<std::int64_t>{8, 1}));
  CHECK_FALSE(measures::class_count(std::vector<std::int64_t>{10}));
  const std::vector<float> scores = {1, 3, 3, kNan, -2, -1, kNan, kNan, kNan};
  CHECK(measures::best_classes(scores, 3) == std::vector<std::int64_t>{1, 2, 0});
  measures::Agreement agreement;
  agreement.add(std::vector<std::int64_t>{1, 2, 0, 4}, std::vector<std::int64_t>{1, 2, 3, 4});
  CHECK(agreement.rows == 4);
  CHECK(agreement.share() == 0.75);
}

TEST_CASE("The spread is the standard deviation of one measurement") {
  CHECK(measures::spread_of(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9}).mean == 5);
  CHECK(measures::spread_of(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9}).deviation == Approx(std::sqrt(32.0 / 7)));
  CHECK(measures::spread_of(std::vector<double>{3}).deviation == 0);
  CHECK(measures::spread_of(std::vector<double>{3, kInfinity}).mean == kInfinity);
  CHECK(measures::spread_of(std::vector<double>{3, kInfinity}).deviation == 0);
}
