// A rewritten network as one that can be run, made of what a writer would be told and by other means than a writer's.
#pragma once

#include <optional>

#include "graph/rewritten.hpp"

namespace rw::runtime {

// An edit that is left out, to see whether anything shows it: of a constant in place, or of a copy.
struct LeftOut {
  std::optional<std::size_t> constant, copy;  // into the rewriting
};

// With edited constants in place of the old ones, copies, added constants and inserted operators. It borrows attributes
// and the elements of constants that stay as they are.
graph::Network written_network(const graph::Rewritten& rewritten, const LeftOut& left_out = {});

}  // namespace rw::runtime
