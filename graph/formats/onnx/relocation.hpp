// Where the external data of a model goes when the model is written.
//
// Files that lie beside the output already are left, and keep their names. All others get names made from the output's:
// what a model calls its files is no name for a file that a run makes.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/formats/onnx/encode.hpp"
#include "graph/formats/onnx/locations.hpp"
#include "graph/formats/onnx/onnx.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/formats/output/pieces.hpp"

namespace rw::graph::onnx {

class Relocation {
 public:
  // `changed`: an external tensor changes or gets a copy.
  Relocation(const Model& model, const OnnxOrigin& origin, const std::filesystem::path& out, bool changed);

  bool moves() const { return moves_; }  // external initializers go to one new file

  // New names of files that are copied as they are.
  const Renames& renames() const { return renames_; }

  // A place in the new file. Equal ranges of the old files that are kept as they are share one. (moves())
  ExternalPlace keep(std::span<const std::byte> bytes);
  ExternalPlace scale(const Literal& source, const Edit& edit, std::string_view name);

  // The new file and the copies of others. Afterwards the names are final. True where they are not those that were
  // given so far, and the model has to be laid out again.
  bool write(Output& output);

 private:
  struct Copy {
    std::string location;
    std::shared_ptr<const MappedFile> from;
  };

  void name(std::string_view stem);
  std::string ending(std::size_t copy) const;
  ExternalPlace align(std::span<const std::byte> bytes, std::uint64_t size);

  bool moves_;
  std::string stem_, location_;
  Pieces data_;
  std::vector<Copy> copies_;
  Renames renames_;
  using Range = std::pair<const std::byte*, std::size_t>;
  struct HashOf {
    std::size_t operator()(const Range& range) const {
      return std::hash<const std::byte*>()(range.first) ^ range.second;
    }
  };
  std::unordered_map<Range, std::uint64_t, HashOf> kept_;
};

}  // namespace rw::graph::onnx
