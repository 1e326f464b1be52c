// Regions: maximal sets of tensors that are connected by tied channels, with the operators at their boundary.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "graph/base/growing.hpp"
#include "runtime/regions/analysis.hpp"

namespace rw::runtime {

using RegionId = std::uint32_t;

// An operator or the boundary of the network that pins channels of a region.
struct Leak {
  TensorId tensor = kNone;
  OperatorId op = kNone;  // kNone: the tensor is an input or output of the network
};

// What a region is made of; every list in the order of the file, every operator once.
struct Region {
  std::span<const TensorId> tensors;
  std::span<const OperatorId> parents;   // offer a scale to it
  std::span<const OperatorId> children;  // absorb its scale
  std::span<const OperatorId> inner;     // tie channels within it
  std::span<const Leak> leaks;
  std::uint32_t first_class = 0, classes = 0;  // its scale classes: 0..classes-1 within the region
};

class Regions {
 public:
  std::size_t size() const { return regions_.size(); }
  const Region& operator[](RegionId id) const { return regions_[id]; }
  // Whether the tensor was there when the regions were found.
  bool knows(TensorId tensor) const { return tensor < region_of_.size(); }
  std::optional<RegionId> region_of(TensorId tensor) const {
    return region_of_[tensor] == kNone ? std::nullopt : std::optional<RegionId>(region_of_[tensor]);
  }
  // The scale class, within the region, of each channel of a tensor that lies in a region.
  std::span<const std::uint32_t> classes(TensorId tensor) const {
    return {class_.data() + first_[tensor], count_[tensor]};
  }
  bool pinned(const Region& region, std::uint32_t scale_class) const {
    return pinned_[region.first_class + scale_class];
  }
  // The operator ties the channels of two or more of its activation inputs.
  bool is_joining(OperatorId op) const { return joining_[op]; }
  // A child that multiplies or divides by a constant alone, and of which every output channel is pinned: it gives the
  // scale back in front of what blocks. It has no weights that a quantizer rounds.
  bool is_restoring(OperatorId op) const { return restoring_[op]; }
  // The children that read values: without those that only give the scale back, where there are others.
  std::vector<OperatorId> readers(const Region& region) const;

 private:
  friend class RegionFinder;
  graph::Growing<Region> regions_;
  std::vector<std::uint32_t> region_of_;      // by tensor
  std::vector<std::uint32_t> first_, count_;  // by tensor: its channels in class_
  std::vector<std::uint32_t> class_;
  std::vector<bool> pinned_;
  std::vector<bool> joining_, restoring_;  // by operator
  std::vector<TensorId> tensors_;
  std::vector<OperatorId> parents_, children_, inner_;
  std::vector<Leak> leaks_;
};

Regions find_regions(const Analysis& analysis);

}  // namespace rw::runtime
