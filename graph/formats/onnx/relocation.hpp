// Where the external data of a model goes when the model is written.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "graph/formats/onnx/encode.hpp"
#include "graph/formats/onnx/onnx.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/formats/output/pieces.hpp"

namespace rw::graph::onnx {

class Relocation {
 public:
  // `changed`: an external tensor changes or gets a copy.
  Relocation(const Model& model, const OnnxOrigin& origin, const std::filesystem::path& out, bool changed);

  bool moves() const { return moves_; }  // external initializers go to the new file

  // A place in the new file. Equal ranges of the old files that are kept as they are share one. (moves())
  ExternalPlace keep(std::span<const std::byte> bytes);
  ExternalPlace scale(const Literal& source, const Edit& edit, std::string_view name);

  void write(Output& output) const;  // the new file and the copies of others

 private:
  struct Copy {
    std::filesystem::path to;
    std::shared_ptr<const MappedFile> from;
  };
  enum class Target { there, free, taken };

  Target target(const std::filesystem::path& path, const MappedFile& source) const;
  void place_files(const Model& model, const OnnxOrigin& origin);
  ExternalPlace align(std::span<const std::byte> bytes, std::uint64_t size);

  std::filesystem::path folder_, path_;
  std::string location_;
  bool moves_;
  Pieces data_;
  std::vector<Copy> copies_;
  using Range = std::pair<const std::byte*, std::size_t>;
  struct HashOf {
    std::size_t operator()(const Range& range) const {
      return std::hash<const std::byte*>()(range.first) ^ range.second;
    }
  };
  std::unordered_map<Range, std::uint64_t, HashOf> kept_;
};

}  // namespace rw::graph::onnx
