// One region as the formulas of a rule see it: the nodes that its names stand for, and their channels.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "dsl/program/program.hpp"
#include "graph/statistics.hpp"
#include "runtime/matching/match.hpp"
#include "runtime/regions/regions.hpp"

namespace rw::runtime {

// The nodes that a name of a rule stands for, with their channels and the classes these belong to.
struct Family {
  dsl::Role role = dsl::Role::parents;
  std::vector<OperatorId> nodes;
  std::vector<TensorId> tensors;       // by node: whose channels (output of a parent or join, input of a child)
  std::vector<std::uint32_t> first;    // by node: its first channel; one more entry at the end
  std::vector<std::uint32_t> classes;  // by channel: its class in the region

  std::size_t channels(std::size_t node) const { return first[node + 1] - first[node]; }
};

class BoundRegion {
 public:
  BoundRegion(const dsl::Rule& rule, const Pattern& pattern, const Analysis& analysis,
              const graph::Statistics& statistics, const Regions& regions, RegionId region);

  const Analysis& analysis() const { return analysis_; }
  const graph::Statistics& statistics() const { return statistics_; }
  const Regions& regions() const { return regions_; }
  RegionId id() const { return id_; }
  const Region& region() const { return regions_[id_]; }
  const Family& family(dsl::BindingIndex binding) const;  // made when it is first asked for
  std::span<const TensorId> tensors(dsl::BindingIndex binding) const { return made_once(binding).tensors; }

 private:
  Family& made_once(dsl::BindingIndex binding) const;  // its channels may be missing
  Family made(dsl::BindingIndex binding) const;

  const Analysis& analysis_;
  const graph::Statistics& statistics_;
  const Regions& regions_;
  RegionId id_;
  const dsl::Rule* rule_;
  const Pattern* pattern_ = nullptr;
  mutable std::vector<std::optional<Family>> families_;  // by binding
};

// The tensor on which the range of a parent is observed: behind the elementwise operators and Adds of a constant that
// follow one after the other as the only consumer, else its own output.
TensorId observed(const Analysis& analysis, const Regions& regions, TensorId output);

}  // namespace rw::runtime
