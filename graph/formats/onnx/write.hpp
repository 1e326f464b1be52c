// Writes ONNX files.
//
// A model that was read as ONNX is copied byte for byte, but for the initializers that are scaled, the nodes that
// change, what is added, and the lengths of the messages around them. Without changes the files are the same.
//
// External data: where one such tensor changes, all external initializers go to one new file, OUT.onnx.data, each
// aligned as it was (up to a page). Where none changes, the model keeps saying where they are, and their files are
// copied beside the output unless they are there; a file of that name with other content is never replaced: then, too,
// OUT.onnx.data is written. Files that are named within functions, graphs in nodes and attributes keep their names in
// any case.
//
// Where the model has statistics, OUT.stats.json holds them afterwards.
#pragma once

#include <filesystem>

#include "graph/formats/output/output.hpp"
#include "graph/model.hpp"
#include "graph/rewritten.hpp"

namespace rw::graph {

// `model` was read by read_onnx. Error: a value that cannot be scaled; a file of external data that has to lie beside
// the output where another one lies.
void write_onnx(const Model& model, const Rewritten& rewritten, const std::filesystem::path& out, Output& output);

}  // namespace rw::graph
