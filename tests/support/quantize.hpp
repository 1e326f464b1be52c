// What rounding to eight bits does to a network: the measure of what a rewriting is good for.
#pragma once

#include "tests/support/judge.hpp"

namespace rw::test {

// The signal-to-noise ratio in dB of an output of the network when all weights and activations are rounded to 256
// levels a tensor, against the same network in float: 10 log10(sum of y^2 / sum of (y - y')^2). Weights (input 1 of
// Conv, ConvTranspose, Gemm and MatMul) are symmetric, activations run from their smallest to their largest value over
// `inputs`, zero included, as an integer runtime has them; what an activation function reads is not rounded, because
// it is part of the layer before.
double signal_to_noise(const graph::Network& network, const Arrays& inputs, const std::string& output);

}  // namespace rw::test
