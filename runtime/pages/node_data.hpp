// Decibels by operator for a graph viewer: the node data of Model Explorer (google-ai-edge/model-explorer).
#pragma once

#include <string>

#include "graph/network.hpp"
#include "runtime/report/layers.hpp"

namespace rw::pages {

// After the run, or before where nothing else is known; keys are names of operators, which the viewer's adapter for
// ONNX takes for ids of nodes. Of a network with a name it is said to be of this graph. Infinite values are left out.
std::string node_data(const graph::Network& network, const runtime::Layers& layers);

}  // namespace rw::pages
