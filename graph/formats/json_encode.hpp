// Writes a model of another format as model.json and a safetensors file beside it.
#pragma once

#include <filesystem>

#include "graph/formats/output.hpp"
#include "graph/model.hpp"

namespace rw::graph {

// Weights go to OUT.safetensors, short lists of integers into the JSON. Constant operators become constants; statistics
// become the calibration. Error: what model.json has no place for: names that are not UTF-8, graphs within operators, inputs
// that are no tensors, constants of types without a name there.
void encode_json(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out, Output& output);

}  // namespace rw::graph
