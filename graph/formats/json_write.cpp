#include "graph/formats/json_write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/formats/json_origin.hpp"
#include "graph/formats/json_text.hpp"
#include "graph/formats/splices.hpp"

namespace rw::graph {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".json";

// A copy of a constant in one scope. Names do not reach across the border of a nested network, so that a copy that is
// read on both sides of one is stored on both.
struct PlacedCopy {
  std::size_t copy;
  std::uint32_t scope;
  std::string name;  // with the prefix of the scope
};

// What the names of the files that are written are made of.
struct Names {
  fs::path folder;
  std::string stem;

  explicit Names(const fs::path& out) : folder(out.parent_path()), stem(out.filename().string()) {
    stem.resize(stem.size() - kEnding.size());
  }
  std::string single() const { return stem + ".safetensors"; }
  std::string index() const { return stem + ".safetensors.index.json"; }
  std::string shard(std::size_t i, std::size_t count) const {
    return fmt::format("{}-{:05}-of-{:05}.safetensors", stem, i + 1, count);
  }
};

class JsonWriter {
 public:
  JsonWriter(const Model& model, const Rewriting& rewriting, const fs::path& out, Output& output)
      : model_(model),
        origin_(static_cast<const JsonOrigin&>(*model.origin)),
        rewriting_(rewriting),
        out_(out),
        names_(out),
        output_(output) {}

  void write();

 private:
  std::string_view text() const { return origin_.file->text(); }
  const Tensor& tensor(TensorId id) const { return model_.network.tensor(id); }

  // Constants.
  void look_up_edits();
  void place_copies();
  std::string name_of_copy(const ConstantCopy& copy, const JsonOrigin::Scope& scope);
  std::string_view local_name(const PlacedCopy& copy) const;
  std::string inline_text(const ConstantEdit& edit, std::string_view name, const TensorText* in_place);
  void edit_inline_tensors();
  void add_inline_copies();
  void rebind();

  // Weight files.
  std::string weight_file(std::size_t shard) const;
  void name_weights();
  void check_targets() const;
  void write_weights();
  void write_index();

  // Calibration.
  std::string entry_text(const Statistic& statistic, const StatisticEdit* edit) const;
  bool is_ours(const Statistic& statistic) const;
  void edit_calibration();
  void remove_entries(const std::vector<bool>& removed);
  void add_entries(const std::string& entries, bool first);

  const Model& model_;
  const JsonOrigin& origin_;
  const Rewriting& rewriting_;
  const fs::path& out_;
  Names names_;
  Output& output_;
  Splices splices_;
  std::unordered_map<TensorId, const ConstantEdit*> edits_;
  std::unordered_map<TensorId, std::vector<std::size_t>> copies_of_;  // into copies_
  std::vector<PlacedCopy> copies_;
  std::map<std::pair<std::size_t, std::uint32_t>, std::size_t> place_;  // (copy, scope): into copies_
  std::set<std::string, std::less<>> new_names_;
};

// --- constants

void JsonWriter::look_up_edits() {
  for (const ConstantEdit& edit : rewriting_.constants) {
    const bool fresh = edits_.emplace(edit.tensor, &edit).second;
    assert(fresh);  // at most one edit for each constant
    static_cast<void>(fresh);
  }
}

std::string JsonWriter::name_of_copy(const ConstantCopy& copy, const JsonOrigin::Scope& scope) {
  std::string name = copy.name;
  if (!name.starts_with(scope.prefix)) name = scope.prefix + name;
  const auto taken = [&](const std::string& wanted) {
    return model_.network.find(wanted).has_value() || new_names_.count(wanted) != 0;
  };
  std::string wanted = name;
  for (int i = 2; taken(wanted); ++i) wanted = fmt::format("{}_{}", name, i);
  new_names_.insert(wanted);
  return wanted;
}

void JsonWriter::place_copies() {
  for (const Rebinding& each : rewriting_.rebindings) {
    const std::uint32_t scope = origin_.nodes[each.op].scope;
    if (!place_.emplace(std::pair(each.copy, scope), copies_.size()).second) continue;
    const ConstantCopy& copy = rewriting_.copies[each.copy];
    copies_of_[copy.edit.tensor].push_back(copies_.size());
    copies_.push_back({each.copy, scope, name_of_copy(copy, origin_.scopes[scope])});
  }
}

std::string_view JsonWriter::local_name(const PlacedCopy& copy) const {
  return std::string_view(copy.name).substr(origin_.scopes[copy.scope].prefix.size());
}

// The edited constant as JSON, or, where it is edited in place, changes to the text that is there.
std::string JsonWriter::inline_text(const ConstantEdit& edit, std::string_view name, const TensorText* in_place) {
  const Literal& source = *tensor(edit.tensor).constant;
  const std::vector<std::byte> bytes = Scaler(source, edit, name).result();
  const Literal result = {source.dtype, Shape(std::span<const std::int64_t>(edit.shape)), bytes};
  if (!in_place) return write_tensor(result);
  splices_.replace(in_place->data, write_data(result));
  if (!(result.shape == source.shape)) splices_.replace(in_place->shape, write_shape(edit.shape));
  return {};
}

void JsonWriter::edit_inline_tensors() {
  for (const JsonOrigin::InlineTensor& each : origin_.tensors)
    if (const auto edit = edits_.find(each.tensor); edit != edits_.end())
      inline_text(*edit->second, tensor(each.tensor).name, &each.text);
}

void JsonWriter::add_inline_copies() {
  std::map<std::uint32_t, std::string> items;  // by scope
  for (const JsonOrigin::InlineTensor& each : origin_.tensors) {
    const auto copies = copies_of_.find(each.tensor);
    if (copies == copies_of_.end()) continue;
    for (const std::size_t index : copies->second) {
      const PlacedCopy& copy = copies_[index];
      std::string& text = items[copy.scope];
      fmt::format_to(std::back_inserter(text), "{}{}: {}", text.empty() ? "" : ", ", json::quoted(local_name(copy)),
                     inline_text(rewriting_.copies[copy.copy].edit, copy.name, nullptr));
    }
  }
  for (const auto& [id, text] : items) {
    const JsonOrigin::Scope& scope = origin_.scopes[id];
    if (scope.tensors)
      splices_.insert(*scope.tensors + 1, text + (scope.has_tensors ? ", " : ""));
    else
      splices_.insert(scope.begin + 1, fmt::format("\"tensors\": {{{}}}, ", text));
  }
}

void JsonWriter::rebind() {
  std::map<OperatorId, std::map<std::uint32_t, std::string>> names;  // by node and slot
  for (const Rebinding& each : rewriting_.rebindings) {
    const std::size_t copy = place_.at({each.copy, origin_.nodes[each.op].scope});
    names[each.op][each.slot] = json::quoted(local_name(copies_[copy]));
  }
  for (const auto& [op, slots] : names) {
    const json::Range range = origin_.nodes[op].inputs;
    assert(!range.empty());  // an operator that reads a constant stands in the text
    const auto& by_slot = slots;
    std::uint32_t slot = 0;
    json::Document(text(), range)
        .read(
            [&](json::Value& list) {
              list.array([&](json::Value& each) {
                if (const auto found = by_slot.find(slot++); found != by_slot.end())
                  splices_.replace(each.range(), found->second);
              });
            },
            json::Kind::array);
  }
}

// --- weight files

std::string JsonWriter::weight_file(std::size_t shard) const {
  return origin_.weights.form == WeightForm::single ? names_.single()
                                                    : names_.shard(shard, origin_.weights.shards.size());
}

void JsonWriter::name_weights() {
  std::string list;
  for (std::size_t i = 0; i < origin_.weights.shards.size(); ++i)
    list += (i == 0 ? "" : ", ") + json::quoted(weight_file(i));
  switch (origin_.weights.form) {
    case WeightForm::none:
      return;
    case WeightForm::single:
      return splices_.replace(origin_.weights_value, list);
    case WeightForm::list:
      return splices_.replace(origin_.weights_value, "[" + list + "]");
    case WeightForm::index:
      return splices_.replace(origin_.weights_value, json::quoted(names_.index()));
  }
}

void JsonWriter::check_targets() const {
  for (std::size_t i = 0; i < origin_.weights.shards.size(); ++i) output_.check(names_.folder / weight_file(i));
  if (origin_.weights.form == WeightForm::index) output_.check(names_.folder / names_.index());
  output_.check(out_);
}

void JsonWriter::write_weights() {
  for (std::size_t i = 0; i < origin_.weights.shards.size(); ++i) {
    const Safetensors& shard = origin_.weights.shards[i];
    std::vector<TensorToStore> tensors;
    std::vector<TensorToStore> added;
    for (std::size_t k = 0; k < shard.tensors.size(); ++k) {
      const TensorId id = origin_.stored[i][k];
      const Literal& value = shard.tensors[k].value;
      const auto edit = edits_.find(id);
      tensors.push_back({shard.tensors[k].name, &value, edit == edits_.end() ? nullptr : edit->second});
      if (const auto copies = copies_of_.find(id); copies != copies_of_.end())
        for (const std::size_t index : copies->second)
          added.push_back({copies_[index].name, &value, &rewriting_.copies[copies_[index].copy].edit});
    }
    tensors.insert(tensors.end(), added.begin(), added.end());
    write_safetensors(shard, tensors, names_.folder / weight_file(i), output_);
  }
}

void JsonWriter::write_index() {
  const WeightIndex& index = origin_.weights.index;
  Splices splices;
  std::uint64_t bytes = index.bytes;
  for (const WeightIndex::Entry& each : index.entries) {
    const std::string file = json::quoted(weight_file(each.shard));
    splices.replace(each.value, file);
    const TensorId id = *model_.network.find(each.tensor);
    const Literal& source = *tensor(id).constant;
    const auto size_after = [&](const ConstantEdit& edit) { return result_size(source, edit); };
    if (const auto edit = edits_.find(id); edit != edits_.end())
      bytes += size_after(*edit->second) - source.bytes.size();
    if (const auto copies = copies_of_.find(id); copies != copies_of_.end())
      for (const std::size_t copy : copies->second) {
        splices.insert(each.value.end, fmt::format(", {}: {}", json::quoted(copies_[copy].name), file));
        bytes += size_after(rewriting_.copies[copies_[copy].copy].edit);
      }
  }
  if (index.total_size && bytes != index.bytes) splices.replace(*index.total_size, std::to_string(bytes));
  OutputFile& out = output_.add(names_.folder / names_.index(), splices.size(index.file->text()));
  splices.apply(index.file->text(), [&](std::string_view piece) { out.write(piece); });
}

// --- calibration

bool JsonWriter::is_ours(const Statistic& statistic) const {
  return origin_.file->offset_of(statistic.text.data()).has_value();
}

// The entry as it was read, from whichever file, with its scale.
std::string JsonWriter::entry_text(const Statistic& statistic, const StatisticEdit* edit) const {
  if (!edit) return std::string(statistic.text);
  for (const auto& source : model_.sources) {
    const auto begin = source->offset_of(statistic.text.data());
    if (!begin) continue;
    const json::Range range = {static_cast<std::uint32_t>(*begin),
                               static_cast<std::uint32_t>(*begin + statistic.text.size())};
    return scaled_entry(source->text(), range, edit->scale);
  }
  assert(false && "the text of a statistic lies in a file of the model");
  return {};
}

// Every entry of the text is kept, scaled, replaced by that of --stats, or left out; what only --stats has comes
// behind.
void JsonWriter::edit_calibration() {
  std::unordered_map<TensorId, const StatisticEdit*> edits;
  for (const StatisticEdit& each : rewriting_.statistics) edits.emplace(each.tensor, &each);
  const auto edit_of = [&](TensorId id) {
    const auto found = edits.find(id);
    return found == edits.end() ? nullptr : found->second;
  };
  std::vector<bool> removed(origin_.entries.size(), false);
  std::set<TensorId> present;
  for (std::size_t i = 0; i < origin_.entries.size(); ++i) {
    const StatisticText& entry = origin_.entries[i];
    if (entry.tensor == kNone) continue;
    const Statistic* statistic = model_.statistics.find(entry.tensor);
    const StatisticEdit* edit = edit_of(entry.tensor);
    const bool ours = is_ours(*statistic);
    present.insert(entry.tensor);
    removed[i] = edit && edit->scale.empty();
    if (removed[i] || (ours && !edit)) continue;
    // Two names of one tensor have an entry each: ours is the one that stands here.
    splices_.replace(entry.value, ours ? scaled_entry(text(), entry.value, edit->scale) : entry_text(*statistic, edit));
  }
  remove_entries(removed);
  std::string added;
  for (const Statistic& each : model_.statistics.entries()) {
    if (each.tensor == kNone || present.count(each.tensor) != 0 || is_ours(each)) continue;
    const StatisticEdit* edit = edit_of(each.tensor);
    if (edit && edit->scale.empty()) continue;
    added += fmt::format("{}\n  {}: {}", added.empty() ? "" : ",", json::quoted(each.name), entry_text(each, edit));
  }
  if (!added.empty()) add_entries(added, std::find(removed.begin(), removed.end(), false) == removed.end());
}

// Takes entries out together with the comma that they leave behind: up to the next entry, or from the end of the one
// before.
void JsonWriter::remove_entries(const std::vector<bool>& removed) {
  const std::vector<StatisticText>& entries = origin_.entries;
  for (std::size_t i = 0; i < removed.size(); ++i) {
    if (!removed[i]) continue;
    const std::size_t begin = i;
    while (i + 1 < removed.size() && removed[i + 1]) ++i;
    const bool last = i + 1 == removed.size();
    const std::uint32_t from = last && begin > 0 ? entries[begin - 1].value.end : entries[begin].key;
    splices_.replace({from, last ? entries[i].value.end : entries[i + 1].key}, "");
  }
}

void JsonWriter::add_entries(const std::string& entries, bool first) {
  if (origin_.calibration) {
    const std::uint32_t at =
        origin_.entries.empty() ? origin_.calibration->begin + 1 : origin_.entries.back().value.end;
    return splices_.insert(at, (first ? "" : ",") + entries);
  }
  // Behind the last key of the model.
  const std::uint32_t brace = origin_.root.end - 1;
  const std::size_t at = text().find_last_not_of(" \t\r\n", brace - 1) + 1;
  splices_.insert(static_cast<std::uint32_t>(at), fmt::format(",\n\"calibration\": {{{}\n}}", entries));
}

// --- all of it

void JsonWriter::write() {
  check_targets();
  look_up_edits();
  place_copies();
  edit_inline_tensors();
  add_inline_copies();
  rebind();
  name_weights();
  edit_calibration();
  write_weights();
  if (origin_.weights.form == WeightForm::index) write_index();
  OutputFile& out = output_.add(out_, splices_.size(text()));
  splices_.apply(text(), [&](std::string_view piece) { out.write(piece); });
}

}  // namespace

void write_json(const Model& model, const Rewriting& rewriting, const fs::path& out, Output& output) {
  // Not written yet: a model that lacks them would be wrong.
  if (!rewriting.removed.empty() || !rewriting.replacements.empty() || !rewriting.added.empty() ||
      !rewriting.inputs.empty() || !rewriting.outputs.empty())
    throw Error(out.string(), "",
                "edits of the graph cannot be written to model.json: give an output that ends in .onnx");

  JsonWriter(model, rewriting, out, output).write();
}

}  // namespace rw::graph
