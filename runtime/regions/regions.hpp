// Regions: maximal sets of tensors that are connected by tied channels, with the operators at their boundary.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
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
  OperatorId op = kNone;                        // kNone: the tensor is an input or output of the network
  std::uint32_t first = 0, count = UINT32_MAX;  // of its channels, as many as there are
  std::span<const std::uint32_t> among(std::span<const std::uint32_t> classes) const {
    return classes.subspan(first, std::min<std::size_t>(count, classes.size() - first));
  }
};

// What a region is made of; every list in the order of the file, every operator once.
struct Region {
  std::span<const TensorId> tensors;
  std::span<const OperatorId> parents;         // offer a scale to it
  std::span<const OperatorId> children;        // absorb its scale
  std::span<const OperatorId> inner;           // tie channels within it
  std::span<const Leak> leaks;                 // those of single channels behind the others
  std::uint32_t first_class = 0, classes = 0;  // its scale classes: 0..classes-1 within the region
};

// A copy shares what was found with what it is a copy of.
class Regions {
 public:
  std::size_t size() const { return found_->regions.size(); }
  const Region& operator[](RegionId id) const { return found_->regions[id]; }
  // Whether the tensor was there when the regions were found.
  bool knows(TensorId tensor) const { return tensor < found_->region_of.size(); }
  std::optional<RegionId> region_of(TensorId tensor) const {
    return found_->region_of[tensor] == kNone ? std::nullopt : std::optional<RegionId>(found_->region_of[tensor]);
  }
  // The scale class, within the region, of each channel of a tensor that lies in a region.
  std::span<const std::uint32_t> classes(TensorId tensor) const { return found_->classes(tensor); }
  bool pinned(const Region& region, std::uint32_t scale_class) const {
    return found_->pinned[region.first_class + scale_class];
  }
  // The operator ties the channels of two or more of its activation inputs.
  bool is_joining(OperatorId op) const { return found_->joining[op]; }
  // A child that multiplies or divides by a constant alone, and of which every output channel is pinned: it gives the
  // scale back in front of what blocks. It has no weights that a quantizer rounds.
  bool is_restoring(OperatorId op) const { return found_->restoring[op]; }
  // The children that read values: without those that only give the scale back, where there are others.
  std::vector<OperatorId> readers(const Region& region) const;

 private:
  friend class RegionFinder;
  struct Found {
    graph::Growing<Region> regions;
    std::vector<std::uint32_t> region_of;     // by tensor
    std::vector<std::uint32_t> first, count;  // by tensor: its channels in class_of
    std::vector<std::uint32_t> class_of;
    std::vector<bool> pinned;
    std::vector<bool> joining, restoring;  // by operator
    std::vector<TensorId> tensors;
    std::vector<OperatorId> parents, children, inner;
    std::vector<Leak> leaks;
    std::span<const std::uint32_t> classes(TensorId tensor) const {
      return {class_of.data() + first[tensor], count[tensor]};
    }
  };
  std::shared_ptr<const Found> found_ = std::make_shared<Found>();
};

Regions find_regions(const Analysis& analysis);

}  // namespace rw::runtime
