// How much there is to read, before anything is read.
#pragma once

#include <cstddef>

#include "graph/network.hpp"

namespace rw::runtime {

std::size_t constant_bytes(const graph::Network& network);                        // of all tensors
std::size_t constant_bytes(const graph::Network& network, graph::OperatorId op);  // of those that an operator reads

}  // namespace rw::runtime
