// How often the values of a channel fall where, in bounded memory and one pass: bins of one width, which is a power of
// two, at multiples of it. The width is the smallest with which the bins reach from the least to the largest value so
// far, so that it depends on these alone: histograms of parts of the data, added up, are the histogram of all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace rw::calibrate {

class Histogram {
 public:
  // More than 2 * 1152: behind a doubling of the width at least 1152 bins reach from the least value to the largest, so
  // that half a bin is less than 1/2048 of their distance. With counts of three bytes that is less than 7 KiB.
  static constexpr std::int64_t kBins = 2312;

  // The exponent of the width for values from `least` to `most`, finite floats.
  static int exponent_for(double least, double most);

  bool empty() const { return low_.empty(); }
  int exponent() const { return exponent_; }     // the width is 2^exponent
  std::int64_t first() const { return first_; }  // the first bin begins at first * width
  std::size_t size() const { return low_.size(); }
  std::uint64_t count(std::size_t bin) const;

  // Makes room for values from `least` to `most`, which are those of all values so far and to come.
  void reach(double least, double most);
  // Asks the processor for the counts, which it has hardly at hand where there are many channels.
  void fetch() const {
    for (std::size_t bin = 0; bin < low_.size(); bin += 32) __builtin_prefetch(&low_[bin], 1);
  }
  // `count` floats, `stride` apart, within what reach() was told.
  void add(const float* values, std::size_t count, std::size_t stride = 1);
  // `count` values of bin number `bin` (from zero: `bin` * 2^exponent and up), no wider than these, within reach.
  void add(std::int64_t bin, int exponent, std::uint64_t count);

  // Where value number `rank` (from 0, in ascending order) lies, by half a bin at most; all of them are between `least`
  // and `most`.
  double at(std::uint64_t rank, double least, double most) const;

 private:
  void move_to(Histogram& wider) const;
  void add_to(Histogram& wider) const;
  void carry(std::size_t bin);
  void add_many(std::size_t bin, std::uint64_t count);

  int exponent_ = 0;
  std::int64_t first_ = 0;
  // Counts of 24 bits, the lower 16 where they are changed most; what goes beyond stands apart, for few bins.
  std::vector<std::uint16_t> low_;
  std::vector<std::uint8_t> high_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> carried_;  // bin, times 2^24
};

}  // namespace rw::calibrate
