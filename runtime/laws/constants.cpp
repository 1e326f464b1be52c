#include "runtime/laws/constants.hpp"

#include <algorithm>

#include "runtime/plan/scales.hpp"

namespace rw::runtime {

Handle broadcast_handle(const Site& site, std::uint32_t slot, const graph::Shape& shape, AxisMask axes) {
  return broadcast_handle(slot, site.shape(slot), shape, axes);
}

Handle broadcast_handle(std::uint32_t slot, const graph::Shape& constant, const graph::Shape& shape, AxisMask axes) {
  const int first = axes.empty() ? shape.rank() : *axes.begin();
  const int rank = std::max(constant.rank(), shape.rank() - first);
  Handle handle;
  handle.slot = slot;
  handle.shape.assign(static_cast<std::size_t>(rank), 1);
  for (int i = 0; i < rank; ++i) {  // counted from the last axis
    std::int64_t& dim = handle.shape[static_cast<std::size_t>(rank - 1 - i)];
    if (i < constant.rank()) dim = constant[constant.rank() - 1 - i];
    const int axis = shape.rank() - 1 - i;
    if (axis < 0 || !axes.contains(axis)) continue;
    if (dim == 1) dim = shape[axis];
    handle.axes.add(rank - 1 - i);
  }
  handle.view = handle.shape;
  return handle;
}

std::optional<Scale> broadcast_scale(const Edit* edit, const graph::Shape& shape) {
  if (!edit) return Scale{};
  if (edit->factors.size() != 1 || edit->view != edit->shape) return std::nullopt;
  const int shift = shape.rank() - static_cast<int>(edit->shape.size());
  const AxisMask edited = edit->factors[0].axes, axes = edited.moved(shift);
  if (axes.count() != edited.count()) return std::nullopt;  // along an axis that the shape does not have
  if (elements(axes, shape) != static_cast<std::int64_t>(edit->factors[0].values.size())) return std::nullopt;
  return make_scale(axes, edit->factors[0].values, shape);
}

}  // namespace rw::runtime
