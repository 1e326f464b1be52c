// Edits of one constant in other words.
#pragma once

#include <span>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "runtime/laws/law.hpp"

namespace rw::runtime {

// A plan says along which axis of the constant a factor runs where one axis says it; laws know it over axes of the view
// that they have. The edit in the words of the handles of the constant; as it is where they have none for it.
//
// Where input and output channels are the same elements (a depthwise convolution), the factors alone do not say which
// side they belong to: what the input asks for is the one side's, the rest the other's. `asked(handle)`: what the
// scale of its input asks for, one value for each element of the handle; empty: it cannot be told.
Edit as_handles_see(const Edit& edit, std::uint32_t slot, std::span<const Handle> handles,
                    graph::FunctionRef<std::vector<double>(const Handle&)> asked);

}  // namespace rw::runtime
