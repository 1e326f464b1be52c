// Carries out a replacement on the network.
#pragma once

#include <string>
#include <vector>

#include "runtime/patterns/pair.hpp"

namespace rw::patterns {

// Why a result cannot get the tensor that takes its place (`y = x`): both names must stay. Empty: all can.
std::string not_renamed(const View& view, const Match& match, const Replacement& replacement);

// Why it cannot be made where rules before have scaled what was found; empty: it can, or they have not. Scales stay
// where tensors alone change, where the operators put in pass any scale, and where one operator stays in place; each
// only if tensors that become one carry their channels on the same axes.
std::string not_under_scales(const View& view, const Match& match, const Replacement& replacement);

// Why it would read what has no name in the nested network in which it stands; empty: all has.
std::string not_within(const View& view, const Match& match, const Replacement& replacement);

struct Edited {
  std::vector<OperatorId> added;   // put in, or changed in place
  std::size_t removed = 0;         // operators, with those that nobody reads any more
  std::vector<OperatorId> around;  // that read what was made
};

// `pair` says the shapes of new tensors. `editor` edits `network`, whose view and plan are those of `view`.
Edited carry_out(graph::Network& network, graph::Editor& editor, runtime::Plan& plan, const View& view,
                 const Match& match, const Replacement& replacement, const Pair& pair);

}  // namespace rw::patterns
