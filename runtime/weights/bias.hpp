// The bias of a linear operator, which may be absent and made.
#pragma once

#include <vector>

#include "runtime/laws/site.hpp"
#include "runtime/plan/plan.hpp"

namespace rw::runtime {

// The input where it stands, or would stand; kNone: the operator takes none.
inline std::uint32_t bias_slot(const Site& site) { return site.form().bias.value_or(graph::kNone); }

// One for each channel of the output, through the plan: what was added to it, and the scale of the output. The
// operator has a bias slot; a bias that is there has one value, or one for each channel.
std::vector<double> bias_of(const Site& site, const Plan& plan);

}  // namespace rw::runtime
