#include "runtime/calibrate/histogram.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace rw::calibrate {
namespace {

constexpr int kLeastExponent = -160;  // below the smallest float
constexpr double kMostBin = 0x1p40;

double bin_of(double value, int exponent) { return std::floor(std::ldexp(value, -exponent)); }

}  // namespace

int Histogram::exponent_for(double least, double most) {
  const double magnitude = std::max(std::fabs(least), std::fabs(most)), range = most - least;
  int exponent = kLeastExponent;
  if (magnitude > 0) exponent = std::max(exponent, std::ilogb(magnitude) - 40);
  if (range > 0) exponent = std::max(exponent, std::ilogb(range) - 13);
  const auto fits = [&] {
    const double first = bin_of(least, exponent), last = bin_of(most, exponent);
    return last - first < static_cast<double>(kBins) && -first < kMostBin && last < kMostBin;
  };
  while (!fits()) ++exponent;
  return exponent;
}

std::uint64_t Histogram::count(std::size_t bin) const {
  std::uint64_t count = low_[bin] + (std::uint64_t{high_[bin]} << 16U);
  for (const auto& [carried, times] : carried_)
    if (carried == bin) count += std::uint64_t{times} << 24U;
  return count;
}

void Histogram::carry(std::size_t bin) {
  for (auto& [carried, times] : carried_)
    if (carried == bin) {
      ++times;
      return;
    }
  carried_.emplace_back(static_cast<std::uint32_t>(bin), 1);
}

void Histogram::add_many(std::size_t bin, std::uint64_t count) {
  const std::uint64_t all = low_[bin] + (std::uint64_t{high_[bin]} << 16U) + count;
  low_[bin] = static_cast<std::uint16_t>(all);
  high_[bin] = static_cast<std::uint8_t>(all >> 16U);
  const std::uint64_t times = all >> 24U;
  if (times == 0) return;
  carry(bin);
  for (auto& [carried, sum] : carried_)
    if (carried == bin) sum += static_cast<std::uint32_t>(times - 1);
}

void Histogram::reach(double least, double most) {
  const int exponent = exponent_for(least, most);
  const auto first = static_cast<std::int64_t>(bin_of(least, exponent));
  const auto last = static_cast<std::int64_t>(bin_of(most, exponent));
  const auto bins = static_cast<std::size_t>(last - first + 1);
  if (!empty() && exponent == exponent_ && first == first_ && bins == size()) return;
  Histogram wider;
  wider.exponent_ = exponent;
  wider.first_ = first;
  wider.low_.resize(bins);
  wider.high_.resize(bins);
  if (exponent == exponent_ && !empty())
    move_to(wider);
  else
    add_to(wider);
  *this = std::move(wider);
}

// Bins of the same width, which are what they were.
void Histogram::move_to(Histogram& wider) const {
  const std::int64_t before = first_ - wider.first_;
  std::copy(low_.begin(), low_.end(), wider.low_.begin() + before);
  std::copy(high_.begin(), high_.end(), wider.high_.begin() + before);
  wider.carried_ = carried_;
  for (auto& [bin, times] : wider.carried_) bin += static_cast<std::uint32_t>(before);
}

void Histogram::add_to(Histogram& wider) const {
  for (std::size_t i = 0; i < size(); ++i)
    if (low_[i] != 0 || high_[i] != 0)
      wider.add(first_ + static_cast<std::int64_t>(i), exponent_, low_[i] + (std::uint64_t{high_[i]} << 16U));
  for (const auto& [bin, times] : carried_)
    wider.add(first_ + static_cast<std::int64_t>(bin), exponent_, std::uint64_t{times} << 24U);
}

void Histogram::add(std::int64_t bin, int exponent, std::uint64_t count) {
  assert(exponent <= exponent_);
  // A shift to the right rounds down, also below zero.
  const std::int64_t wide = bin >> std::min(exponent_ - exponent, 63);
  assert(wide >= first_ && wide < first_ + static_cast<std::int64_t>(size()));
  add_many(static_cast<std::size_t>(wide - first_), count);
}

void Histogram::add(const float* values, std::size_t count, std::size_t stride) {
  const double inverse = std::ldexp(1.0, -exponent_);
  for (std::size_t i = 0; i < count; ++i) {
    const double place = static_cast<double>(values[i * stride]) * inverse;  // exact
    auto bin = static_cast<std::int64_t>(place);
    bin -= place < static_cast<double>(bin) ? 1 : 0;
    const auto at = static_cast<std::size_t>(bin - first_);
    assert(at < size());
    if (++low_[at] == 0 && ++high_[at] == 0) carry(at);
  }
}

double Histogram::at(std::uint64_t rank, double least, double most) const {
  const double width = std::ldexp(1.0, exponent_);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    below += count(i);
    if (below <= rank) continue;
    const double begin = static_cast<double>(first_ + static_cast<std::int64_t>(i)) * width;
    return (std::max(begin, least) + std::min(begin + width, most)) / 2;
  }
  return most;
}

}  // namespace rw::calibrate
