// How much two series of numbers differ: what `compare` tells of an output, and `score` of the noise of quantization.
// Everything is accumulated in double, part by part, so that any amount of data takes no memory.
#pragma once

#include <cstdint>
#include <span>

namespace rw::measures {

// Of values b, against values a, which are taken for the right ones. Where one of a pair is not finite the other must
// be the same (infinity of one sign, or both NaN): such a pair has no difference and counts for nothing else; any other
// is infinitely far apart.
class Difference {
 public:
  // As many of the one as of the other. Integers and booleans have no units in the last place.
  void add(std::span<const float> a, std::span<const float> b);
  void add(std::span<const std::int64_t> a, std::span<const std::int64_t> b);

  std::uint64_t count() const { return count_; }      // of pairs
  std::uint64_t unequal() const { return unequal_; }  // of pairs; 0 and -0 are equal
  double largest() const { return largest_; }         // |a - b|
  double magnitude() const { return magnitude_; }     // the largest |a| that is finite
  // The largest |a - b| over the largest |a|: what a tolerance bounds. 0 where nothing differs, infinity where every a
  // is 0 and something does.
  double relative() const;
  // How many float32 lie between a and b at most, b among them. The largest number there is where a pair is infinitely
  // far apart.
  std::uint64_t ulps() const { return ulps_; }

  double signal() const { return signal_; }  // sum of a^2
  double noise() const { return noise_; }    // sum of (a - b)^2
  double decibels() const;                   // of signal to noise, as decibels() below

 private:
  void add_pair(double a, double b);

  std::uint64_t count_ = 0, unequal_ = 0, ulps_ = 0;
  double largest_ = 0, magnitude_ = 0, signal_ = 0, noise_ = 0;
};

// 10 log10(signal / noise): infinity where there is no noise, minus infinity where there is no signal but noise.
double decibels(double signal, double noise);

// How many float32 lie between two finite ones, b among them: 0 for equal ones, 0 and -0 too.
std::uint64_t units_in_last_place(float a, float b);

}  // namespace rw::measures
