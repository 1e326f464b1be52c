// Operators in the place of a Clip: Relu, Max and Min with constants for each channel.
#pragma once

#include <span>
#include <string>

#include "graph/rewritten.hpp"
#include "runtime/laws/law.hpp"

namespace rw::runtime {

// Why `limits`, one behind the other, are not Clip(x, a, b) for x scaled by `given`: with s * a and s * b as bounds, by
// the values of their constants; empty: they are. `site`: the Clip.
std::string check_unfolded(const Site& site, const graph::Rewritten& rewritten,
                           std::span<const graph::RewrittenOperator> limits, const Scale& given);

}  // namespace rw::runtime
