// Which regions of a rule may be judged side by side: what comes out is what one after the other gives.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/formulas/rule_formulas.hpp"
#include "runtime/regions/analysis.hpp"
#include "runtime/regions/regions.hpp"

namespace rw::runtime {

struct Wave {
  std::vector<std::size_t> regions;  // by their place among those of the rule, ascending
  std::size_t work = 0;              // what judging takes, in bytes of weights
};

// Every region, each in the wave behind those of the regions before it that change what it reads: nothing, the
// constants of operators that both touch, or everything. Waves are bounded, so that judged regions need little memory.
std::vector<Wave> waves_of(RuleFormulas::Reads reads, const Analysis& analysis, const Regions& regions,
                           std::span<const RegionId> visited);

}  // namespace rw::runtime
