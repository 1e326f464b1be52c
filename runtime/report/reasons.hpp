// Why a region was left alone, in words. The report at the end of a run, its data and `explain` all speak through this.
#pragma once

#include <string>
#include <vector>

#include "dsl/load.hpp"
#include "runtime/matching/misses.hpp"

namespace rw::runtime {

// What reasons are about; all borrowed.
struct Told {
  const dsl::Loaded& rules;
  const Analysis& analysis;
  const Regions& regions;
};

// The clause of a region that stands there and can name operators; null: none does.
const dsl::Terms* terms_at(const dsl::Program& program, dsl::Position at);

std::string place(const Told& told, dsl::Position at);       // "rules/mine.dsl:7"
std::string node_name(const Told& told, OperatorId op);      // "Conv 'conv1'"
std::string tensor_name(const Told& told, TensorId tensor);  // "'conv1.out'"
std::string scale_range(double smallest, double largest);    // "1 .. 6.203", "1"
std::string leak_text(const Told& told, const Leak& leak);   // "leaks at Sigmoid 's': it carries no scale"
std::string leak_kind(const Told& told, const Leak& leak);  // the same of many: "leaks at Sigmoid: it carries no scale"

// Operators of types that the rules of `asked` name as parents (or that may have a law which they name), but whose own
// law does not hold, so that they offer no scale. In the order of the file. `asked`: by rule.
std::vector<OperatorId> idle_parents(const Told& told, const std::vector<bool>& asked);

// One miss of one rule: "Gemm 'fc' absorbs its scale, and `children` (rules.dsl:9) does not name it".
std::string describe(const Told& told, const Miss& miss);

// The miss that stands for a region where only one can be told: that of the rule that came furthest; before it, unless
// a condition failed, the region's first leak. Null obstacle list: no rule ran.
struct Chief {
  const Miss* miss = nullptr;  // null: it is `leak`, or no rule ran
  const Leak* leak = nullptr;
};
Chief chief_of(const Region& region, Misses::Range misses);

std::string chief_text(const Told& told, const Chief& chief);  // of this region
std::string chief_kind(const Told& told, const Chief& chief);  // of all regions that were left alone for the like of it

}  // namespace rw::runtime
