// How far operators are from the inputs of their network.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/network.hpp"

namespace rw::runtime {

// For each operator, how many stand between it and the nearest input of the network: 0 where it reads one, or nothing
// but constants.
std::vector<std::uint32_t> depths_of(const graph::Network& network);

}  // namespace rw::runtime
