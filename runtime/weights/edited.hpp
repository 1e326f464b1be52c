// Constants read through the plan.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "graph/network.hpp"
#include "runtime/laws/law.hpp"
#include "runtime/plan/plan.hpp"

namespace rw::runtime {

// For each element of a constant as `handle` views it: its value as it was read, the product of the edits on it, and
// the channel (along handle.axes) that it belongs to. Row-major over the handle's shape. graph::Error: the constant
// holds NaN or infinity, and formulas read it (Handle::read).
void for_each_element(const graph::Tensor& constant, const Handle& handle, const Edit* edit,
                      graph::FunctionRef<void(double value, double factor, std::size_t channel)> visit);

// For each channel the largest magnitude of its elements, through the plan, and 0 where that would be 0 in the tensor's
// type: one pass over the elements where they lie.
// graph::Error as above.
std::vector<double> magnitudes(const graph::Tensor& constant, const Handle& handle, const Edit* edit,
                               std::size_t channels);

// What comes to nothing in an element type will be 0 there.
void drop_what_vanishes(std::span<double> magnitudes, graph::DType dtype);

// Of the elements of one channel that an edit changes: the largest magnitude, and the smallest that is not 0.
struct Extremes {
  double largest = 0, smallest = std::numeric_limits<double>::infinity();
};
// Of each channel, through the plan; infinite elements are left out. graph::Error as above.
std::vector<Extremes> changed_extremes(const graph::Tensor& constant, const Handle& handle, const Edit* edit,
                                       std::size_t channels);

// Finds the handle of an operator that formulas read in this way on that side; returns nothing where its law has none.
std::optional<Handle> find_handle(const Law& law, const Site& site, Handle::Side side, Handle::Read read);

}  // namespace rw::runtime
