// New messages for ONNX files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "graph/formats/output/pieces.hpp"
#include "graph/values/dtype.hpp"

namespace rw::graph::onnx {

// Where an external tensor stands.
struct ExternalPlace {
  std::string_view location;
  std::uint64_t offset = 0, length = 0;
};

// TensorProto without its elements.
std::string tensor_head(std::string_view name, DType dtype, std::span<const std::int64_t> dims);

void append_dims(std::span<const std::int64_t> dims, std::string& out);  // of a TensorProto
void append_external(const ExternalPlace& place, std::string& out);      // of a TensorProto
// A StringStringEntryProto.
void append_entry(std::uint32_t number, std::string_view key, std::string_view value, std::string& out);

// A field `number` that is a TensorProto with raw data: its head, and what follows it as `elements`.
void append_tensor(std::uint32_t number, const std::string& head, Pieces&& elements, Pieces& out);

}  // namespace rw::graph::onnx
