#include "runtime/laws/clip_bounds.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace rw::runtime {
namespace {

// The largest finite value of a type, which exporters write for "no bound".
double largest_of(graph::DType dtype) {
  if (dtype == graph::DType::float16) return 65504;
  if (dtype == graph::DType::float64) return std::numeric_limits<double>::max();
  return std::numeric_limits<float>::max();
}

ClipBound bound_of(const Site& site, std::uint32_t slot, std::string_view attribute, double sign) {
  ClipBound bound{.slot = slot, .attribute = attribute, .value = sign * INFINITY};
  graph::DType dtype = site.has(0) ? site.tensor(0).dtype : graph::DType::undefined;
  if (site.has(slot)) {
    const auto value = site.scalar_of(slot);
    bound.known = value && !std::isnan(*value);
    if (bound.known) bound.value = *value;
    dtype = site.tensor(slot).dtype;
  } else if (site.op().find(attribute)) {
    bound.value = site.number(attribute);
    bound.known = !std::isnan(bound.value);
  }
  if (bound.value * sign >= largest_of(dtype)) bound.value = sign * INFINITY;
  return bound;
}

}  // namespace

ClipBounds clip_bounds(const Site& site) { return {bound_of(site, 1, "min", -1), bound_of(site, 2, "max", 1)}; }

std::string ClipBounds::text() const {
  const auto one = [](const ClipBound& bound) { return bound.none() ? "none" : fmt::format("{}", bound.value); };
  return fmt::format("{}..{}", one(low), one(high));
}

}  // namespace rw::runtime
