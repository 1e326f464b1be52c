#include "runtime/weights/pair_layout.hpp"

namespace rw::runtime {
namespace {

std::size_t extent(const std::vector<std::int64_t>& view, AxisMask axes) {
  std::size_t size = 1;
  for (const int axis : axes) size *= static_cast<std::size_t>(view[static_cast<std::size_t>(axis)]);
  return size;
}

bool stands_before(AxisMask first, AxisMask second) {
  for (const int axis : first)
    for (const int other : second)
      if (axis > other) return false;
  return true;
}

}  // namespace

std::optional<PairLayout> PairLayout::of(const graph::Literal& weight, const Handle& out, const Handle& in) {
  const AxisMask groups = out.axes & in.axes, outs = out.axes.without(groups), ins = in.axes.without(groups);
  const AxisMask pairs = out.axes | in.axes;
  const std::size_t all = extent(out.view, AxisMask::first_axes(static_cast<int>(out.view.size())));
  if (weight.layout || graph::count(weight) != all || all == 0 || outs.empty() || ins.empty() || out.slot != in.slot ||
      out.view != in.view)
    return std::nullopt;
  const bool out_first = stands_before(outs, ins);
  if (!stands_before(groups, outs | ins) || (!out_first && !stands_before(ins, outs))) return std::nullopt;
  AxisMask kernel;
  for (std::size_t axis = 0; axis < out.view.size(); ++axis)
    if (!pairs.contains(axis) && out.view[axis] != 1) kernel.add(axis);
  if (!stands_before(pairs, kernel)) return std::nullopt;
  return PairLayout{.row_axes = out_first ? out.axes : in.axes,
                    .column_axes = out_first ? in.axes : out.axes,
                    .groups = extent(out.view, groups),
                    .rows = extent(out.view, out_first ? outs : ins),
                    .columns = extent(out.view, out_first ? ins : outs),
                    .taps = all / extent(out.view, pairs)};
}

}  // namespace rw::runtime
