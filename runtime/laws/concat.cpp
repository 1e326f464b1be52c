// Channels side by side where the axis is that of the channels, and those of a constant keep scale 1; else every input
// has the scale of the output, constants too.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/laws/conditions.hpp"
#include "runtime/laws/constants.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime::law_concat {
namespace {

int axis_of(const Site& site) { return site.output_shape().axis(site.integer("axis", 1)).value_or(-1); }

// Over the channel axes of a tensor: how many channels lie before, along and behind `axis`.
struct Extent {
  std::uint32_t before = 1, along = 1, behind = 1;
};

Extent extent_of(const graph::Shape& shape, AxisMask axes, int axis) {
  Extent extent;
  for (const int i : axes) {
    (i < axis ? extent.before : i == axis ? extent.along : extent.behind) *= static_cast<std::uint32_t>(shape[i]);
  }
  return extent;
}

// Along another axis than that of the channels a constant has all of them, and is scaled along.
bool follows(const Site& site, std::uint32_t slot) {
  return site.is_constant(slot) && !site.channels().axes(site.output()).contains(axis_of(site));
}

// Why constant `slot` cannot be scaled along.
std::string unscalable(const Site& site, std::uint32_t slot) {
  const graph::Tensor& constant = site.tensor(slot);
  if (!graph::floating(constant.dtype))
    return fmt::format("its constant '{}' is {}", constant.name, name(constant.dtype));
  const graph::Shape out = site.output_shape();
  const AxisMask axes = site.channels().axes(site.output());
  bool fits = constant.shape.rank() == out.rank();
  for (int axis = 0; fits && axis < out.rank(); ++axis)
    fits = !axes.contains(axis) || constant.shape[axis] == out[axis];
  return fits ? std::string()
              : fmt::format("its constant '{}' {} has not the channels of its output {}", constant.name,
                            to_string(constant.shape), to_string(out));
}

}  // namespace

std::string condition(const Site& site) {
  std::string why = channels_missing(site, site.output());
  if (!why.empty()) return why;
  const int axis = axis_of(site);
  if (axis < 0) return fmt::format("axis = {} is none of {}", site.integer("axis", 1), to_string(site.output_shape()));
  const AxisMask axes = site.channels().axes(site.output());
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot) {
    if (follows(site, slot)) why = unscalable(site, slot);
    if (!why.empty()) return why;
    if (!site.is_activation(slot)) continue;  // a constant beside the channels pins its own
    why = channels_missing(site, site.input(slot));
    if (!why.empty()) return why;
    // Along the joined axis an input may have one element, which its own axes leave out.
    if (site.channels().axes(site.input(slot)).with(axis) != axes.with(axis))
      return fmt::format("the channels of '{}' {} do not lie where those of its output {} do", site.tensor(slot).name,
                         to_string(site.shape(slot)), to_string(site.output_shape()));
  }
  if (!axes.contains(axis)) return {};
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot)
    if (site.shape(slot).rank() != site.output_shape().rank() || site.shape(slot)[axis] < 0)
      return fmt::format("the shape of '{}' is not known along axis {}", site.tensor(slot).name, axis);
  return {};
}

void tie(const Site& site, Tie& tie) {
  const TensorId out = site.output();
  const int axis = axis_of(site);
  const AxisMask axes = site.channels().axes(out);
  tie.ties_output(0);
  if (!axes.contains(axis)) {
    for (std::uint32_t slot = 0; slot < site.input_count(); ++slot) {
      if (!site.is_activation(slot)) continue;
      tie.ties(slot);
      tie.same(site.input(slot), out);
    }
    return;
  }
  const Extent whole = extent_of(site.output_shape(), axes, axis);
  std::uint32_t offset = 0;
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot) {
    const auto part = static_cast<std::uint32_t>(site.shape(slot)[axis]);
    const std::uint32_t run = part * whole.behind;
    if (site.is_activation(slot)) tie.ties(slot);
    for (std::uint32_t i = 0; i < whole.before; ++i) {
      const std::uint32_t first = (i * whole.along + offset) * whole.behind;
      if (site.is_activation(slot))
        tie.link(site.input(slot), i * run, 1, out, first, 1, run);
      else
        tie.keeps(out, first, run);
    }
    offset += part;
  }
}

void handles(const Site& site, std::vector<Handle>& handles) {
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot)
    if (follows(site, slot))
      handles.push_back(broadcast_handle(site, slot, site.shape(slot), site.channels().axes(site.output())));
}

std::string carry(const Site& site, Carry& carry) {
  const graph::Shape shape = site.output_shape();
  const int axis = axis_of(site);
  std::vector<Scale> scales;
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot) {
    const auto edited = broadcast_scale(carry.edit(slot), site.shape(slot));
    if (!edited)
      return fmt::format("its constant '{}' was edited in another way than along its axes", site.tensor(slot).name);
    scales.push_back(site.is_activation(slot) ? carry.input(slot) : *edited);
  }
  AxisMask axes;
  bool scaled = false, differ = false;
  for (const Scale& scale : scales) {
    const Scale& first = scales.front();
    axes |= scale.axes;
    scaled |= !scale.is_one();
    differ |= scale.axes != first.axes || scale.is_one() != first.is_one() ||
              (!scale.is_one() && !near(*scale.values, *first.values));
  }
  if (!scaled) return {};
  if (axis < 0) return "its axis is not known";
  // Scales that differ must stand side by side along the axis; equal ones that do not run along it come out as they
  // are. One for all channels equals one of each channel that is the same.
  const auto over_all = [&](std::uint32_t slot) { return spread(scales[slot], axes, site.shape(slot)); };
  const auto equal = [&] {
    const std::vector<double> first = over_all(0);
    for (std::uint32_t slot = 1; slot < site.input_count(); ++slot)
      if (!near(over_all(slot), first)) return false;
    return true;
  };
  if (!axes.contains(axis) && (!differ || equal())) {
    carry.output(0, differ ? make_scale(axes, over_all(0), shape) : scales.front());
    return {};
  }
  axes.add(axis);
  const Extent whole = extent_of(shape, axes, axis);
  std::vector<double> out(std::size_t{1} * whole.before * whole.along * whole.behind, 1.0);
  std::size_t offset = 0;
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot) {
    const auto part = static_cast<std::size_t>(site.shape(slot)[axis]);
    const std::vector<double> values = spread(scales[slot], axes, site.shape(slot));
    const std::size_t run = part * whole.behind;
    for (std::size_t i = 0; i < whole.before; ++i)
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(i * run), run,
                  out.begin() + static_cast<std::ptrdiff_t>((i * whole.along + offset) * whole.behind));
    offset += part;
  }
  carry.output(0, make_scale(axes, std::move(out), shape));
  return {};
}

}  // namespace rw::runtime::law_concat

namespace rw::runtime {

extern const Law kConcatLaw = {
    .name = "concat",
    .help = "channels side by side; along another axis the inputs are tied one to one, and constants are scaled along",
    .ties_channels = true,
    .joins = true,
    .pins = "the channels of its constant stay as they are",
    .condition = law_concat::condition,
    .tie = law_concat::tie,
    .handles = law_concat::handles,
    .carry = law_concat::carry,
};

}  // namespace rw::runtime
