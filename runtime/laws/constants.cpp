#include "runtime/laws/constants.hpp"

#include <algorithm>

#include "runtime/plan/scales.hpp"

namespace rw::runtime {

Handle broadcast_handle(const Site& site, std::uint32_t slot, const graph::Shape& shape, AxisMask axes) {
  return broadcast_handle(slot, site.shape(slot), shape, axes);
}

Handle broadcast_handle(std::uint32_t slot, const graph::Shape& constant, const graph::Shape& shape, AxisMask axes) {
  int first = shape.rank();
  for (int axis = shape.rank() - 1; axis >= 0; --axis)
    if (has_bit(axes, axis)) first = axis;
  const int rank = std::max(constant.rank(), shape.rank() - first);
  Handle handle;
  handle.slot = slot;
  handle.shape.assign(static_cast<std::size_t>(rank), 1);
  for (int i = 0; i < rank; ++i) {  // counted from the last axis
    std::int64_t& dim = handle.shape[static_cast<std::size_t>(rank - 1 - i)];
    if (i < constant.rank()) dim = constant[constant.rank() - 1 - i];
    const int axis = shape.rank() - 1 - i;
    if (axis < 0 || !has_bit(axes, axis)) continue;
    if (dim == 1) dim = shape[axis];
    handle.axes |= bit(rank - 1 - i);
  }
  handle.view = handle.shape;
  return handle;
}

std::optional<Scale> broadcast_scale(const Edit* edit, const graph::Shape& shape) {
  if (!edit) return Scale{};
  if (edit->factors.size() != 1 || edit->view != edit->shape) return std::nullopt;
  const int shift = shape.rank() - static_cast<int>(edit->shape.size());
  AxisMask axes = edit->factors[0].axes;
  if (shift < 0 && (axes & ((AxisMask{1} << static_cast<unsigned>(-shift)) - 1)) != 0) return std::nullopt;
  axes = shift < 0 ? axes >> static_cast<unsigned>(-shift) : axes << static_cast<unsigned>(shift);
  if (elements(axes, shape) != static_cast<std::int64_t>(edit->factors[0].values.size())) return std::nullopt;
  return make_scale(axes, edit->factors[0].values, shape);
}

}  // namespace rw::runtime
