// Constants that meet a tensor by broadcasting (a bias, a factor, an operand of Add).
#pragma once

#include "runtime/laws/law.hpp"

namespace rw::runtime {

// A handle on the constant at input `slot`, aligned at the last axis of a tensor of `shape` whose channels lie on
// `axes`. Where the constant has size 1 (or nothing) along a channel axis, the handle's shape expands it.
Handle broadcast_handle(const Site& site, std::uint32_t slot, const graph::Shape& shape, AxisMask axes);
// The same for a constant of shape `constant` that is no input.
Handle broadcast_handle(std::uint32_t slot, const graph::Shape& constant, const graph::Shape& shape, AxisMask axes);

// The edit of such a constant as a scale over the axes of that tensor; nothing where it is no such scale.
std::optional<Scale> broadcast_scale(const Edit* edit, const graph::Shape& shape);

}  // namespace rw::runtime
