// The weight files of a model.json: what its "weights" says, in whichever of its three forms.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/formats/text/json.hpp"
#include "graph/formats/weights/safetensors.hpp"

namespace rw::graph {

enum class WeightForm : std::uint8_t {
  none,    // no "weights"
  single,  // "tiny.safetensors"
  list,    // ["a.safetensors", "b.safetensors"]
  index,   // "tiny.safetensors.index.json", which says for each tensor in which file it is
};

// The index file and where in it the parts stand that a rewriting changes.
struct WeightIndex {
  struct Entry {
    std::string_view tensor;  // in the arena
    std::size_t shard;
    std::uint32_t key;  // the opening quote of its name
    json::Range value;  // its file name, quotes included
  };
  std::shared_ptr<const MappedFile> file;
  Arena arena;
  std::vector<Entry> entries;
  std::optional<json::Range> total_size;  // "metadata": {"total_size": bytes}
  std::uint64_t bytes = 0;                // what it says
};

struct Weights {
  WeightForm form = WeightForm::none;
  std::vector<Safetensors> shards;
  WeightIndex index;
};

// What "weights" says, not yet opened.
struct WeightNames {
  WeightForm form = WeightForm::none;
  std::vector<std::string> files;  // relative to the model's folder
};
WeightNames read_weight_names(json::Value& value);

// The files that an index names, unopened. Error: as read_weights().
std::vector<std::string> read_index_names(const std::filesystem::path& model, const std::string& index);

// Opens and reads the files. Error: a file or its path, see beside.hpp and safetensors.hpp; an index
// that names a tensor that its file does not have.
Weights read_weights(const std::filesystem::path& model, const WeightNames& names);

}  // namespace rw::graph
