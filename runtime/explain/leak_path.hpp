// How a pin reaches a parent: the shortest way through the tied channels of a region, worked out when it is asked for
// by listening to the laws of its operators once more.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "runtime/regions/regions.hpp"

namespace rw::runtime {

// The scale goes through `op` and comes to channel `channel` of `tensor`.
struct PathStep {
  OperatorId op = kNone;
  TensorId tensor = kNone;
  std::uint32_t channel = 0;
};

struct LeakPath {
  Leak leak;
  // From channel `channel` of the parent's output on; the last tensor is that of the leak. No parent: none offers a
  // channel that the leak pins (it pins what comes from elsewhere), or the way is longer than is looked for.
  OperatorId parent = kNone;
  std::uint32_t channel = 0;
  std::vector<PathStep> steps;
  std::uint32_t pinned = 0;   // scale classes that the leak pins and a parent offers
  std::uint32_t offered = 0;  // scale classes that a parent offers
};

// The ties of one region, to find several ways in it. Borrows what it is given.
class RegionTies {
 public:
  RegionTies(const Analysis& analysis, const Regions& regions, RegionId region);
  LeakPath path_of(const Leak& leak) const;

 private:
  class Listener;
  struct Link {
    OperatorId op;
    TensorId a, b;
    std::uint32_t a0, a_step, b0, b_step, count;
  };

  std::optional<std::uint32_t> across(const Link& link, TensorId from, std::uint32_t channel) const;
  bool offered(TensorId tensor, std::uint32_t channel) const;
  bool is_parent_output(TensorId tensor) const;
  void find_way(LeakPath& path) const;

  const Analysis& analysis_;
  const Regions& regions_;
  RegionId region_;
  std::vector<bool> offered_;  // by class
  std::vector<Link> links_;
  std::unordered_map<TensorId, std::vector<std::uint32_t>> links_of_;
};

}  // namespace rw::runtime
