// Calibrated ranges of activation tensors, channel by channel, as they came with the model or in a file of their own.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "graph/network.hpp"

namespace rw::graph {

// One entry. Spans live in the network's arena; an absent key is an empty span. All present keys have the same length.
struct Statistic {
  std::string_view name;                // as the file has it
  TensorId tensor = kNone;              // kNone: the network has no such tensor (kept, not used)
  int axis = 1;                         // counted from 0; the axis of the tensor along which the values run
  bool whole = false;                   // one range for the whole tensor: lists of one number, along no axis
  std::span<const double> min, max;     // scaled by s (min <= max, where both are finite)
  std::span<const double> mean;         // scaled by s
  std::span<const double> mean_square;  // scaled by s * s
  std::string_view text;                // the whole entry as JSON, with the keys that are not read
  // Keys with numbers of which nobody knows how they scale: left out where the tensor is scaled.
  std::span<const std::string_view> strangers = {};
  bool finite = true;  // false: some number of min or max is not; nobody reads this range, but it is scaled
};

// The same of another tensor, as an entry of its own.
Statistic copied(const Statistic& entry, Network& network, TensorId tensor);

class Statistics {
 public:
  // Adds an entry; where its tensor has one already the later one wins (--stats wins over the model's own).
  void add(const Statistic& entry);
  const Statistic* find(TensorId tensor) const;                    // null: none
  const Statistic* find_finite(TensorId tensor) const;             // null: none, or one that nobody can read
  std::span<const Statistic> entries() const { return entries_; }  // in the order first seen
  bool empty() const { return entries_.empty(); }

 private:
  std::vector<Statistic> entries_;
  std::vector<std::uint32_t> by_tensor_;  // index + 1 into entries_, by TensorId; 0: none
};

}  // namespace rw::graph
