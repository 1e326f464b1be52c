// Running a network on data and counting its activations.
#pragma once

#include <string>
#include <vector>

#include "graph/network.hpp"
#include "graph/operators/channel_axes.hpp"
#include "runtime/calibrate/totals.hpp"
#include "runtime/data/data.hpp"

namespace rw::calibrate {

// The tensors of which something is counted: inputs of the network and what operators compute, of a float type or one
// that nobody knows.
std::vector<graph::TensorId> activations(const graph::Network& network);

// On the axis on which the engine sees the channels; the whole tensor where it sees none, or two. graph::Error: an
// operator that cannot be run, data that cannot be read, an activation that is not finite, named.
Totals collect(const graph::Network& network, const graph::ChannelAxes& channels, data::Data& data);

}  // namespace rw::calibrate
