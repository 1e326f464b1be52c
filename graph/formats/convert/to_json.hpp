// Writes a model of another format as model.json and a safetensors file beside it.
#pragma once

#include <filesystem>

#include "graph/formats/convert/named.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/formats/reading/declared.hpp"
#include "graph/model.hpp"

namespace rw::graph {

// Weights go to OUT.safetensors, short lists of integers into the JSON. Constant operators become constants; statistics
// become the calibration. Error: what model.json has no place for: names that are not UTF-8, inputs
// that are no tensors, functions, constants of types without a name there.
void encode_json(const Model& model, const Rewritten& rewritten, const std::filesystem::path& out, Output& output);

// Parts of it, for bodies of operators. Error: a name that is not UTF-8, a type for which model.json has no place.
std::string declared_text(const Declared& said);  // with its name
std::string inner_text(const Declared& said);     // with its name, as it stands under "shapes"

}  // namespace rw::graph
