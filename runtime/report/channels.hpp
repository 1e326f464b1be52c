// A region channel by channel: what its activations reach and how large the weights around it are, before the run and
// after it. The report as data and the page read this, and nobody else works it out.
#pragma once

#include <vector>

#include "runtime/engine/run.hpp"

namespace rw::runtime {

// The calibrated range of each channel; empty: nobody knows.
struct ChannelRanges {
  std::vector<double> low, high;
  bool known() const { return !high.empty(); }
};

struct ActivationChannels {
  TensorId tensor = kNone;
  std::vector<double> scale;    // by channel; empty: the region was not scaled
  ChannelRanges before, after;  // both or none
};

// The largest magnitude of a linear operator's weight, as it was read and as it will be written.
struct WeightChannels {
  OperatorId op = kNone;
  bool parent = false;                // by output channel; a child's: by input channel
  std::vector<double> before, after;  // as many
};

// A channel that fills less of the range of its tensor, or of its weight, than others do: a step for the whole tensor
// leaves it few levels. What is 0 throughout is none, and neither is the widest one.
struct NarrowChannel {
  TensorId tensor = kNone;       // kNone: of a weight
  OperatorId op = kNone;         // of the weight
  std::size_t channel = 0;       // counted from 0
  double before = 0, after = 0;  // the part that it fills, 0 to 1
  double scale = 1;
};

struct RegionChannels {
  std::vector<ActivationChannels> activations;  // in the order of Region::tensors
  std::vector<WeightChannels> weights;          // parents, then children; of those whose weights can be read
  std::vector<NarrowChannel> narrow;            // the narrowest first, after the run; a few
  std::vector<bool> at_bound;                   // by class (classes_at_bound)
};

// Reads the weights around the region, which cost as much as they are large, unless they are not wanted.
RegionChannels channels_of(const Outcome& outcome, const RegionOutcome& region, bool with_weights);

// By class of a region: its scale is a bound that the rule reached.
std::vector<bool> classes_at_bound(const Outcome& outcome, const RegionOutcome& region);
std::size_t count_at_bound(const Outcome& outcome, const RegionOutcome& region);

// The smallest and the largest scale of a region's classes; 1 where it was not scaled.
struct ScaleRange {
  double smallest = 1, largest = 1;
};
ScaleRange scale_range_of(const RegionOutcome& region);

// Weights of more bytes are not read for a report: those of the whole network.
bool weights_are_told(const graph::Network& network);

}  // namespace rw::runtime
