// The files in which an ONNX model keeps tensors outside of itself ("external data").
// https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/base/mapped_file.hpp"
#include "graph/formats/onnx/wire.hpp"

namespace rw::graph::onnx {

// What TensorProto.external_data says.
struct ExternalText {
  std::string_view location;  // relative to the model's folder; empty: none is said
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;  // in bytes

  // Takes one entry of external_data. Error: a number that is none. Other keys are passed over.
  void take(const Field& entry);
};

class ExternalFiles {
 public:
  struct File {
    std::string location;  // as the model has it
    std::shared_ptr<const MappedFile> file;
  };

  explicit ExternalFiles(std::filesystem::path model) : model_(std::move(model)) {}

  // The `size` bytes of a tensor, in the mapped file, which is opened at its first use. Error: a location that is not
  // in the model's folder or below (see beside.hpp), bytes that leave the file, another length than `size`.
  std::span<const std::byte> view(const ExternalText& text, std::uint64_t size);

  const std::vector<File>& files() const { return files_; }

 private:
  std::filesystem::path model_;
  std::vector<File> files_;  // in the order of their first use
};

}  // namespace rw::graph::onnx
