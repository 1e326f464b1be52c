#include "runtime/engine/waves.hpp"

#include <algorithm>

#include "runtime/weights/constant_bytes.hpp"

namespace rw::runtime {
namespace {

using Reads = RuleFormulas::Reads;

constexpr std::size_t kMost = 2048;                        // regions of a wave
constexpr std::size_t kOfRegion = std::size_t{1} << 11U;   // work where no weights are read
constexpr std::size_t kOfWeights = std::size_t{1} << 16U;  // and where they are, however small

template <typename F>
void each_operator(const Region& region, F f) {
  for (const auto& operators : {region.parents, region.children, region.inner})
    for (const OperatorId op : operators) f(op);
}

// Regions that touch an operator one after the other.
std::vector<std::size_t> levels_of(const Analysis& analysis, const Regions& regions,
                                   std::span<const RegionId> visited) {
  std::vector<std::size_t> levels, next(analysis.operators.size(), 0);  // by region; by operator
  for (const RegionId id : visited) {
    std::size_t level = 0;
    each_operator(regions[id], [&](OperatorId op) { level = std::max(level, next[op]); });
    each_operator(regions[id], [&](OperatorId op) { next[op] = level + 1; });
    levels.push_back(level);
  }
  return levels;
}

std::size_t work_of(Reads reads, const Analysis& analysis, const Region& region) {
  if (reads == Reads::region) return kOfRegion;
  std::size_t work = kOfWeights;
  each_operator(region, [&](OperatorId op) { work += constant_bytes(*analysis.network, op); });
  return work;
}

}  // namespace

std::vector<Wave> waves_of(Reads reads, const Analysis& analysis, const Regions& regions,
                           std::span<const RegionId> visited) {
  std::vector<std::vector<std::size_t>> by_level;
  if (reads == Reads::constants) {
    const std::vector<std::size_t> levels = levels_of(analysis, regions, visited);
    for (std::size_t i = 0; i < levels.size(); ++i) {
      if (levels[i] >= by_level.size()) by_level.resize(levels[i] + 1);
      by_level[levels[i]].push_back(i);
    }
  } else {
    by_level.emplace_back();
    for (std::size_t i = 0; i < visited.size(); ++i) by_level[0].push_back(i);
  }
  const std::size_t most = reads == Reads::network ? 1 : kMost;
  std::vector<Wave> waves;
  for (const std::vector<std::size_t>& level : by_level)
    for (std::size_t i = 0; i < level.size(); ++i) {
      if (i % most == 0) waves.emplace_back();
      waves.back().regions.push_back(level[i]);
      waves.back().work += work_of(reads, analysis, regions[visited[level[i]]]);
    }
  return waves;
}

}  // namespace rw::runtime
