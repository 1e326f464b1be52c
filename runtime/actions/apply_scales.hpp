// What actions that scale a region have in common.
#pragma once

#include <vector>

#include "runtime/actions/action.hpp"

namespace rw::runtime {

// Multiplies the classes of the region by `scales`, one for each, into the plan: the constants around follow by their
// handles, statistics too. Classes whose weights or activations would suffer are scaled less, or not at all (Effect).
Effect apply_scales(ActionContext& context, std::vector<double> scales);

}  // namespace rw::runtime
