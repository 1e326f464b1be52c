// Writes ONNX files.
//
// A model that was read as ONNX is copied byte for byte, but for the initializers that are scaled, the nodes that
// change, what is added, and the lengths of the messages around them. Without changes the files are the same.
//
// External data: where one such tensor changes, all external initializers go to one new file, OUT.onnx.data, each
// aligned as it was (up to a page). All other files that the model names keep their names where they lie beside the
// output already; else they are copied to OUT.onnx.data, or OUT-00001-of-00002.onnx.data where there are several, and
// the model says these names, also within functions, graphs in nodes and attributes.
//
// Where the model has statistics, OUT.stats.json holds them afterwards.
#pragma once

#include <filesystem>

#include "graph/formats/output/output.hpp"
#include "graph/model.hpp"
#include "graph/rewritten.hpp"

namespace rw::graph {

// `model` was read by read_onnx. Error: a value that cannot be scaled.
void write_onnx(const Model& model, const Rewritten& rewritten, const std::filesystem::path& out, Output& output);

}  // namespace rw::graph
