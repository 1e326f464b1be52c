// The formulas of equalization, computed another way than std.dsl does: from the ranges that a test measured, in long
// double.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/net.hpp"

namespace rw::test {

using Scales = std::vector<long double>;  // one for each output channel of a parent

// The range of each output channel of a parent where it is observed.
struct ParentRange {
  std::string output;  // of the parent
  std::vector<long double> min, max;
};

// Of the operators with these names, in a network that is calibrated.
std::vector<ParentRange> parent_ranges(const Net& net, const std::vector<std::string>& parents);

Scales equalization(const ParentRange& p);                                  // within 1..20
Scales aligned(const ParentRange& p, const std::vector<ParentRange>& all);  // `all`: the parents of its region
// For each scale class the least of e / (least e of its node) over all its members, at least 1; by parent. `classes`:
// the scale class of each channel of each parent.
std::vector<Scales> shared(const std::vector<ParentRange>& parents,
                           const std::vector<std::vector<std::uint32_t>>& classes);

}  // namespace rw::test
