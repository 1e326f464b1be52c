// What is counted of the activations of a network, channel by channel, and what is told of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/calibrate/histogram.hpp"

namespace rw::calibrate {

struct Channel {
  float min = 0, max = 0;
  std::uint64_t positive = 0, zero = 0;
  double sum = 0, squares = 0;
  Histogram histogram;
};

struct TensorTotals {
  std::optional<int> axis;  // along which the channels run, below 0 from the end; nothing: one range for the tensor
  std::uint64_t count = 0;  // values of each channel; 0: only the ranges are known, and nothing else below
  std::vector<Channel> channels;
};

struct Totals {
  std::map<std::string, TensorTotals> tensors;
  std::uint64_t samples = 0;
  bool random = false;            // some of them were drawn
  std::vector<std::string> from;  // names of what was read, for whoever reads the file
};

// A percentile: of the values of a channel the one that so many percent do not exceed, by nearest rank. Exact where it
// is 0, else wrong by less than 1/2048 of the channel's range.
double percentile(const TensorTotals& tensor, const Channel& channel, double percent);

// A file of statistics (docs/formats.md, 4), with percentiles under "p99.9". `counts`: with what adding up needs
// (histograms).
std::string statistics_text(const Totals& totals, const std::vector<double>& percentiles, bool counts = true);

// "99.9"
std::string percent_text(double percent);

}  // namespace rw::calibrate
