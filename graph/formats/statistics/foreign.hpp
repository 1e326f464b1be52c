// Ranges of activations that other tools write: calibration tables of ONNX Runtime (TensorsData as JSON) and encodings
// of AIMET (versions 0.6 to 2.0).
#pragma once

#include "graph/base/arena.hpp"
#include "graph/formats/text/json.hpp"
#include "graph/network.hpp"
#include "graph/statistics.hpp"

namespace rw::graph {

// Adds the entries where `root` is of one of these forms: false, and nothing is read, where it is of none. Values live
// in the network's arena. A range of a whole tensor is Statistic::whole; several are those of the channels, along axis
// 1 where the file does not say it. Encodings of parameters and of floats are passed over. Error: as read_calibration.
bool read_foreign(json::Value& root, Network& network, Statistics& statistics);

}  // namespace rw::graph
