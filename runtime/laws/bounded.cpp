// y = Min(Max(x, a), b), where a rule file says so of Clip: x' = s x and y' = s y for s > 0 where a' = s a and b' = s
// b. A bound that is not there or 0 stays as it is. A scale for each channel makes the others constants for each
// channel, which Clip cannot take: where one changes, the operator is written as Max and Min (apply_plan.cpp).
#include <fmt/format.h>

#include "runtime/laws/clip_bounds.hpp"
#include "runtime/laws/conditions.hpp"
#include "runtime/laws/constants.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime::law_bounded {
namespace {

std::vector<ClipBound> moving(const Site& site) {
  const ClipBounds bounds = clip_bounds(site);
  std::vector<ClipBound> all;
  for (const ClipBound& bound : {bounds.low, bounds.high})
    if (bound.known && bound.moves()) all.push_back(bound);
  return all;
}

// Why Max and Min cannot take the operator's place.
std::string irreplaceable(const Site& site) {
  if (!traits(site).clips) return "only a Clip has bounds that scale along";
  const auto opset = site.network().opset();
  constexpr std::int64_t kBroadcasts = 8;
  if (opset && *opset < kBroadcasts)
    return fmt::format("Max and Min have no bounds for each channel before operator set {}", kBroadcasts);
  if (site.op().nested()) return "it stands in a nested network, where no operator is exchanged";
  if (!graph::floating(site.tensor(0).dtype))
    return fmt::format("the element type of '{}' is not known", site.tensor(0).name);
  return {};
}

}  // namespace

std::string condition(const Site& site) {
  std::string why = first_missing(site, 0);
  if (!why.empty()) return why;
  if (!clip_bounds(site).known()) return "its bounds are no constants";
  const TensorId in = site.input(0), out = site.output();
  if (site.channels().axes(in) != site.channels().axes(out) || site.channels().count(in) != site.channels().count(out))
    return fmt::format("the channels of '{}' do not come out one by one", site.tensor(0).name);
  return moving(site).empty() ? std::string() : irreplaceable(site);
}

void tie(const Site& site, Tie& tie) {
  tie.ties(0);
  tie.ties_output(0);
  tie.same(site.input(0), site.output());
}

void handles(const Site& site, std::vector<Handle>& handles) {
  const AxisMask axes = site.channels().axes(site.output());
  for (const ClipBound& bound : moving(site)) {
    const graph::Shape scalar{std::span<const std::int64_t>()};
    const bool input = site.has(bound.slot);
    handles.push_back(broadcast_handle(bound.slot, input ? site.shape(bound.slot) : scalar, site.output_shape(), axes));
    if (!input) handles.back().attribute = bound.value;
  }
}

std::string carry(const Site& site, Carry& carry) {
  const Scale& given = carry.input(0);
  const graph::Shape shape = site.output_shape();
  const ClipBounds bounds = clip_bounds(site);
  for (const ClipBound& bound : {bounds.low, bounds.high}) {
    const auto edited = broadcast_scale(carry.edit(bound.slot), shape);
    if (!edited) return fmt::format("its bound {} was not edited along the channels", bound.attribute);
    if (!bound.moves()) {
      if (!edited->is_one()) return fmt::format("its bound {} was edited", bound.attribute);
      continue;
    }
    const AxisMask axes = edited->axes | given.axes;
    if (!near(spread(*edited, axes, shape), spread(given, axes, shape)))
      return fmt::format("its bound {} is not scaled as its input is", bound.attribute);
  }
  carry.output(0, given);
  return {};
}

}  // namespace rw::runtime::law_bounded

namespace rw::runtime {

extern const Law kBoundedLaw = {
    .name = "bounded",
    .help = "a Clip that passes; its bounds become constants per channel, in Max and Min",
    .ties_channels = true,
    .elementwise = true,
    .unfolds = true,
    .condition = law_bounded::condition,
    .tie = law_bounded::tie,
    .handles = law_bounded::handles,
    .carry = law_bounded::carry,
};

}  // namespace rw::runtime
