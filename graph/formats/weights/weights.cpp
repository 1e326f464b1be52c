#include "graph/formats/weights/weights.hpp"

#include <fmt/format.h>

#include <array>
#include <set>

#include "graph/base/name_table.hpp"
#include "graph/formats/output/beside.hpp"

namespace rw::graph {
namespace {

constexpr std::string_view kIndexEnding = ".json";

auto names_of(const Safetensors& shard) {
  return [&shard](std::uint32_t index) { return shard.tensors[index].name; };
}

NameTable table_of(const Safetensors& shard) {
  NameTable table;
  for (std::size_t i = 0; i < shard.tensors.size(); ++i)
    table.intern(shard.tensors[i].name, static_cast<std::uint32_t>(i), names_of(shard));
  return table;
}

// Reads an index file; its files are opened as they are met.
class IndexReader {
 public:
  IndexReader(const std::filesystem::path& model, std::string_view name)
      : model_(model), folder_(std::filesystem::path(std::string(name)).parent_path()) {
    weights_.form = WeightForm::index;
    weights_.index.file = open_beside(model, name);
  }

  Weights read() {
    const MappedFile& file = *weights_.index.file;
    try {
      json::Document(file.text()).read([&](json::Value& root) { json::read_keys(root, kKeys, *this); });
    } catch (const Error& error) {
      if (!error.file.empty()) throw;  // of a weight file
      throw Error(file.path().string(), error.place, error.message);
    }
    file.check_intact();
    return std::move(weights_);
  }

 private:
  void read_metadata(json::Value& value) {
    if (value.kind() != json::Kind::object) return value.check();
    value.object([&](std::string_view key, json::Value& each) {
      const auto size = key == "total_size" ? each.if_integer() : std::nullopt;
      if (!size) return each.check();
      weights_.index.bytes = static_cast<std::uint64_t>(*size);
      weights_.index.total_size = each.range();
    });
  }

  void read_map(json::Value& value) {
    value.object([&](std::string_view tensor, json::Value& each) {
      const std::size_t shard = shard_named(each.string());
      if (!tables_[shard].find(tensor, names_of(weights_.shards[shard])))
        throw each.error(fmt::format("tensor '{}' is not in '{}', where the index says it is", tensor, each.string()));
      weights_.index.entries.push_back({weights_.index.arena.store(tensor), shard, each.key_begin(), each.range()});
    });
  }

  std::size_t shard_named(std::string_view name) {
    const auto fresh = static_cast<std::uint32_t>(files_.size());
    const std::uint32_t known = by_file_.intern(name, fresh, [&](std::uint32_t index) { return files_[index]; });
    if (known != fresh) return known;
    files_.push_back(weights_.index.arena.store(name));
    const std::filesystem::path path = folder_ / std::filesystem::path(std::string(name));
    weights_.shards.push_back(read_safetensors(open_beside(model_, path.string())));
    tables_.push_back(table_of(weights_.shards.back()));
    return fresh;
  }

  static const std::array<json::Key<IndexReader>, 2> kKeys;

  const std::filesystem::path& model_;
  std::filesystem::path folder_;         // of the index, relative to the model's
  std::vector<std::string_view> files_;  // as weights_.shards
  NameTable by_file_;
  std::vector<NameTable> tables_;  // of the tensors in each file
  Weights weights_;
};

const std::array<json::Key<IndexReader>, 2> IndexReader::kKeys = {{
    {"metadata", false, &IndexReader::read_metadata},
    {"weight_map", true, &IndexReader::read_map},
}};

}  // namespace

WeightNames read_weight_names(json::Value& value) {
  if (value.kind() == json::Kind::array) {
    WeightNames names{WeightForm::list, {}};
    value.array([&](json::Value& each) { names.files.emplace_back(each.string()); });
    return names;
  }
  if (value.kind() != json::Kind::string)
    throw value.expected("the name of a weight file, of an index, or a list of names");
  const std::string_view name = value.string();
  return {name.ends_with(kIndexEnding) ? WeightForm::index : WeightForm::single, {std::string(name)}};
}

std::vector<std::string> read_index_names(const std::filesystem::path& model, const std::string& index) {
  const std::filesystem::path folder = std::filesystem::path(index).parent_path();
  std::set<std::string> names;
  const auto file = open_beside(model, index);
  json::Document(file->text()).read([&](json::Value& root) {
    root.find("weight_map", [&](json::Value& map) {
      map.object([&](std::string_view, json::Value& each) { names.insert((folder / each.string()).string()); });
    });
  });
  return {names.begin(), names.end()};
}

Weights read_weights(const std::filesystem::path& model, const WeightNames& names) {
  if (names.form == WeightForm::index) return IndexReader(model, names.files.front()).read();
  Weights weights;
  weights.form = names.form;
  for (const std::string& file : names.files) weights.shards.push_back(read_safetensors(open_beside(model, file)));
  return weights;
}

}  // namespace rw::graph
