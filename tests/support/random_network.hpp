// Random networks for properties that must hold on every network.
#pragma once

#include <cstdint>

#include "tests/support/net.hpp"

namespace rw::test {

struct RandomOptions {
  std::int64_t least = 10, most = 60;  // operators
  double spread = 4;                   // channels out of balance by factors from 2^-spread to 2^spread
  bool bounded = true;                 // also operators that carry no scale: Clip(0, 6), Sigmoid, Softmax heads
  bool spatial_concat = true;          // also Concats on an axis that is not the channel axis
  int samples = 3;                     // random inputs to calibrate with; 0: no statistics
};

// A directed acyclic network of convolutions of every kind, activations, poolings, additions, concats that repeat and
// overlap, per-channel constants and chains of them, weights behind other operators, heads, shared weights, dead and
// negative layers, outputs inside, and dead ends. The same for the same seed and options. Pictures are at most 8x8 with
// at most a dozen channels, so that it runs in a moment.
Net random_net(std::uint64_t seed, const RandomOptions& options = {});

}  // namespace rw::test
