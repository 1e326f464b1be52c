// What a caller puts into a network.
#pragma once

#include "graph/network.hpp"
#include "runtime/executor/session.hpp"

namespace rw::executor {

// std::runtime_error that names the input: it is missing, is none of the network's, has another element type or a shape
// that does not fit; dimensions that the network takes for equal are.
void check_inputs(const graph::Network& network, const Inputs& inputs);

}  // namespace rw::executor
