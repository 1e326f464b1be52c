// ONNX files: read where they lie, and written by copying every byte that no rule touched.
// https://github.com/onnx/onnx/blob/main/docs/IR.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "graph/formats/onnx/external.hpp"
#include "graph/formats/onnx/wire.hpp"
#include "graph/formats/reading/model_files.hpp"
#include "graph/model.hpp"

namespace rw::graph {

// What is remembered of the file. Operators are its nodes in order, so that a node needs no entry of its own.
struct OnnxOrigin : Origin {
  explicit OnnxOrigin(const std::filesystem::path& model) : external(model) {}

  std::shared_ptr<const MappedFile> file;
  onnx::Field graph;                   // of the model
  bool functions = false;              // it defines some
  std::int64_t ir_version = 0;         // 0: not said
  std::vector<TensorId> initializers;  // in the order of the file
  struct Held {
    TensorId tensor;
    std::int32_t element;  // element.hpp; 0: it is sparse
  };
  std::vector<Held> held;  // initializers that are not read here
  onnx::ExternalFiles external;
};

// Reads a model. Initializers and Constant nodes become constants, viewed in the file; an initializer that is an input
// too is a constant. A node with graphs in it (If, Loop, Scan) reads, behind its own inputs, the tensors that these
// graphs read. A node that calls a function of the model has the function's name as its type. Error (file: `path`):
// "byte N", "node 'x'", "initializer 'w'" and what is wrong.
Model read_onnx(const std::filesystem::path& path);

// The files of external data that the model at `path` names, and its mark.
ModelFiles files_of_onnx(const std::filesystem::path& path);

}  // namespace rw::graph
