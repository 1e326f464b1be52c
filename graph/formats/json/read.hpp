// Reads model.json (version 1): one pass over the mapped file, names and values into the network's arena.
#pragma once

#include <filesystem>

#include "graph/formats/reading/model_files.hpp"
#include "graph/model.hpp"

namespace rw::graph {

// Error: anything wrong with the model file, its weight files or its calibration.
// The files that the model at `path` names (weights, and what their index names), and its mark.
ModelFiles files_of_json(const std::filesystem::path& path);

Model read_json(const std::filesystem::path& path);

}  // namespace rw::graph
