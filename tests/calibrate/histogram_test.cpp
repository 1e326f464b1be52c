// Histograms and percentiles against sorted values.
#include "runtime/calibrate/histogram.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/calibrate/totals.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

using namespace rw;
using calibrate::Histogram;

namespace {

// Values of many kinds: around zero or far from it, of one sign or both, wide and narrow, with zeros and outliers.
std::vector<float> drawn(test::Random& random, std::size_t count) {
  const double size = std::ldexp(1.0, static_cast<int>(random.between(-140, 100)));
  const double shift =
      random.chance(0.5) ? 0 : random.uniform(-1, 1) * std::ldexp(size, static_cast<int>(random.between(0, 20)));
  const double power = random.uniform(0.3, 6);
  const bool relu = random.chance(0.3);
  std::vector<float> values(count);
  for (float& value : values) {
    const double x = random.uniform(-1, 1);
    value = static_cast<float>(shift + size * std::copysign(std::pow(std::fabs(x), power), x));
    if (relu) value = std::max(value, 0.0F);
  }
  return values;
}

calibrate::Channel counted(const std::vector<float>& values) {
  calibrate::Channel channel;
  channel.min = *std::min_element(values.begin(), values.end());
  channel.max = *std::max_element(values.begin(), values.end());
  for (const float value : values) {
    channel.positive += value > 0 ? 1 : 0;
    channel.zero += value == 0 ? 1 : 0;
  }
  channel.histogram.reach(static_cast<double>(channel.min), static_cast<double>(channel.max));
  channel.histogram.add(values.data(), values.size());
  return channel;
}

bool same(const Histogram& a, const Histogram& b) {
  if (a.exponent() != b.exponent() || a.first() != b.first() || a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a.count(i) != b.count(i)) return false;
  return true;
}

}  // namespace

TEST_CASE("Percentiles are wrong by 1/2048 of the range at most, and a histogram has few bins") {
  test::Random random(1);
  for (int i = 0; i < 400; ++i) {
    std::vector<float> values = drawn(random, 1000);
    const calibrate::Channel channel = counted(values);
    CHECK(channel.histogram.size() <= static_cast<std::size_t>(Histogram::kBins));
    std::sort(values.begin(), values.end());
    const double range = static_cast<double>(values.back()) - static_cast<double>(values.front());
    const calibrate::TensorTotals tensor{.axis = 1, .count = values.size(), .channels = {}};
    for (const double percent : {0.0, 0.1, 1.0, 25.0, 50.0, 75.0, 99.0, 99.9, 100.0}) {
      const auto rank = static_cast<std::size_t>(std::max(std::ceil(percent * 10), 1.0)) - 1;
      const double error =
          std::fabs(calibrate::percentile(tensor, channel, percent) - static_cast<double>(values[rank]));
      if (!(error <= range / 2048)) FAIL("draw " << i << ", " << percent << " %: " << error << " of " << range);
    }
  }
  CHECK(Histogram::kBins * 3 <= 7 * 1024);
}

TEST_CASE("Parts of the data in any order, added up, are the histogram of all of it") {
  test::Random random(2);
  for (int i = 0; i < 200; ++i) {
    std::vector<float> values = drawn(random, 300);
    const Histogram all = counted(values).histogram;
    // As it grows: value by value, in pieces.
    Histogram grown;
    double least = INFINITY, most = -INFINITY;
    for (std::size_t at = 0; at < values.size();) {
      const std::size_t part =
          std::min<std::size_t>(values.size() - at, static_cast<std::size_t>(random.between(1, 60)));
      for (std::size_t j = at; j < at + part; ++j) {
        least = std::min(least, static_cast<double>(values[j]));
        most = std::max(most, static_cast<double>(values[j]));
      }
      grown.reach(least, most);
      grown.add(values.data() + at, part);
      at += part;
    }
    CHECK(same(grown, all));
    // As it is merged: bins of another histogram.
    const std::vector<float> half(values.begin() + 150, values.end());
    values.resize(150);
    Histogram sum = counted(values).histogram;
    const Histogram other = counted(half).histogram;
    sum.reach(least, most);
    for (std::size_t bin = 0; bin < other.size(); ++bin)
      if (other.count(bin) > 0)
        sum.add(other.first() + static_cast<std::int64_t>(bin), other.exponent(), other.count(bin));
    CHECK(same(sum, all));
  }
}

TEST_CASE("Counts beyond 24 bits are kept, and moved with their bins") {
  Histogram histogram;
  histogram.reach(0, 1);
  const std::int64_t at = 0;
  histogram.add(at, histogram.exponent(), 0xFFFFFFU);
  const float zero = 0;
  histogram.add(&zero, 1);
  CHECK(histogram.count(0) == 0x1000000U);
  histogram.add(at, histogram.exponent(), std::uint64_t{1} << 40U);
  CHECK(histogram.count(0) == (std::uint64_t{1} << 40U) + 0x1000000U);
  histogram.reach(-1000, 1000);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < histogram.size(); ++i) sum += histogram.count(i);
  CHECK(sum == (std::uint64_t{1} << 40U) + 0x1000000U);
}

TEST_CASE("Ranges at the ends of what floats can be") {
  for (const auto& [least, most] : {std::pair(0.0F, 0.0F),
                                    {-3.4028235e38F, 3.4028235e38F},
                                    {1.4e-45F, 1.4e-45F},
                                    {-1.4e-45F, 3.4028235e38F},
                                    {1e30F, 1e30F},
                                    {16777216.0F, 16777218.0F}}) {
    const calibrate::Channel channel = counted({least, most});
    const calibrate::TensorTotals tensor{.axis = {}, .count = 2, .channels = {}};
    const double range = static_cast<double>(most) - static_cast<double>(least);
    CHECK(std::fabs(calibrate::percentile(tensor, channel, 10) - static_cast<double>(least)) <= range / 2048);
    CHECK(std::fabs(calibrate::percentile(tensor, channel, 90) - static_cast<double>(most)) <= range / 2048);
  }
}
