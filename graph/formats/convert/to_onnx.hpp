// Writes a model of another format as ONNX.
#pragma once

#include <filesystem>

#include "graph/formats/convert/named.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/model.hpp"

namespace rw::graph {

// Constants become initializers: within the file, or, where they take more than a gigabyte together, in OUT.onnx.data.
// What the model declares becomes value_info. Statistics go to OUT.stats.json. Error: the model has operators of ONNX
// itself and does not say its opset.
void encode_onnx(const Model& model, const Rewritten& rewritten, const std::filesystem::path& out, Output& output);

}  // namespace rw::graph
