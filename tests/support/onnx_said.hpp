// What an ONNX file says, by a walk over its bytes that shares nothing with the engine: the judge of conversions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rw::test {

// One ONNX model. Types are spelled "1[batch, 3, ?]" (1: TensorProto.DataType), "sequence(...)"; "": nothing is said.
struct OnnxSaid {
  struct Value {
    std::string name, type;
  };
  struct Node {
    std::string name, text;  // all but the name
    std::vector<std::string> outputs;
  };
  std::map<std::string, std::int64_t> opsets;  // by domain
  std::vector<Value> inputs, outputs;
  std::map<std::string, std::string> inner;      // value_info by name, the first of each
  std::map<std::string, std::string> constants;  // type, and elements as raw data; outputs of Constant nodes too
  std::vector<Node> nodes;                       // but for Constant, and what neither reads nor gives anything
  std::string name;                              // of the graph; ONNX wants one: "graph" where there is none
  bool external = false;                         // some elements are in another file
};

// Error (std::runtime_error): bytes that are no message.
OnnxSaid onnx_said(std::string_view model);

// What the second says otherwise, one sentence each. Of what the first says nothing, or of one tensor in two ways, the
// second may say what it likes.
std::vector<std::string> differences(const OnnxSaid& before, const OnnxSaid& after);

}  // namespace rw::test
