// Writes model.json by copying the text it was read from, byte for byte but for what a rewriting changes: the names of
// the weight files, inline constants that are edited or copied, inputs that read a copy, and the calibration. Nested
// networks and keys that nobody knows come out as they went in.
#pragma once

#include <filesystem>

#include "graph/formats/output/output.hpp"
#include "graph/model.hpp"
#include "graph/rewritten.hpp"

namespace rw::graph {

// Weight files go beside `out` (OUT.json): OUT.safetensors, or OUT-00001-of-0000N.safetensors and so on where the model
// has a list or an index of them; the index is OUT.safetensors.index.json. Error: a value that cannot be scaled.
void write_json(const Model& model, const Rewritten& rewritten, const std::filesystem::path& out, Output& output);

}  // namespace rw::graph
