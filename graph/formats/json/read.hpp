// Reads model.json (version 1): one pass over the mapped file, names and values into the network's arena.
#pragma once

#include <filesystem>

#include "graph/model.hpp"

namespace rw::graph {

// Error: anything wrong with the model file, its weight files or its calibration.
Model read_json(const std::filesystem::path& path);

}  // namespace rw::graph
