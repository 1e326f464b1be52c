// safetensors: eight bytes of header length, a JSON header that names each tensor's dtype, shape and place, then the
// bytes of all tensors without gaps. https://github.com/huggingface/safetensors
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/base/growing.hpp"
#include "graph/base/mapped_file.hpp"
#include "graph/network.hpp"
#include "graph/rewriting.hpp"

namespace rw::graph {

class OutputFile;

struct StoredTensor {
  std::string_view name;  // in the mapped file, or in the arena if it is spelled with escapes
  Literal value;          // bytes: in the mapped file, shape: in the arena
};

struct Safetensors {
  std::shared_ptr<const MappedFile> file;
  Arena arena;
  std::string_view metadata;      // JSON text of "__metadata__", in the mapped file; empty: none
  std::string mark;               // in the metadata (mark.hpp); empty: none
  Growing<StoredTensor> tensors;  // in the order of the header
};

// Reads the header; no byte of a tensor is touched.
// Error (file: its path): not safetensors, a header that is longer than the file or 100 MB, an element type that is not
// known here, tensors that share bytes, leave a gap, leave the file or are of another size than their shape, two of one
// name.
Safetensors read_safetensors(std::shared_ptr<const MappedFile> file);

// A tensor of a file that is to be written.
struct TensorToStore {
  std::string_view name;
  const Literal* source = nullptr;  // in the file that is copied, or anywhere: then it goes behind all others
  const Edit* edit = nullptr;       // null: as it is
};

// A file with these tensors, most of them from `from`: the header in the given order with the metadata of `from`, the
// data in the order of `from` with copies behind what they are copied from, so that every element stays as well aligned
// as it was.
struct SafetensorsToWrite {
  const Safetensors* from;
  std::vector<TensorToStore> tensors;
  std::optional<std::string> mark;  // that the file gets; empty: none; without a value it keeps its own
  std::function<OutputFile&(std::uint64_t size)> file;  // gives it, once its size is known
};

// Writes the files, several at a time. Error: a value that cannot be scaled.
void write_safetensors(std::span<const SafetensorsToWrite> files);

}  // namespace rw::graph
