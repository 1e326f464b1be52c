// The bounds of a Clip: attributes (operator sets below 11) or constant inputs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/laws/site.hpp"

namespace rw::runtime {

struct ClipBound {
  std::uint32_t slot = 0;      // the input where it stands, or would stand in newer operator sets
  std::string_view attribute;  // "min", "max"
  bool known = true;           // false: an activation, NaN, or several numbers
  double value = 0;            // an infinity where there is none; what exporters write for "none" counts as none
  bool none() const { return value - value != 0; }
  bool moves() const { return !none() && value != 0; }  // with a scale
};

struct ClipBounds {
  ClipBound low, high;
  bool known() const { return low.known && high.known; }
  bool is_relu() const { return known() && low.value == 0 && high.none(); }
  std::string text() const;  // "0..6", "none..0"
};

ClipBounds clip_bounds(const Site& site);

}  // namespace rw::runtime
