#include "graph/formats/json/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/formats/json/node.hpp"
#include "graph/formats/json/origin.hpp"
#include "graph/formats/text/json_text.hpp"
#include "graph/formats/text/splices.hpp"
#include "graph/formats/text/tensor.hpp"

namespace rw::graph {
namespace {

constexpr std::string_view kIndexEnding = ".safetensors.index.json";
using Names = std::vector<std::string_view>;

class JsonWriter {
 public:
  JsonWriter(const Model& model, const Rewritten& rewritten, Output& output)
      : model_(model),
        origin_(static_cast<const JsonOrigin&>(*model.origin)),
        rewritten_(rewritten),
        rewriting_(rewritten.rewriting()),
        output_(output) {}

  void write();

 private:
  std::string_view text() const { return origin_.file->text(); }
  const Tensor& tensor(TensorId id) const { return model_.network.tensor(id); }

  // Constants.
  void place_copies();
  void place_added();
  std::string_view local_name(std::size_t copy) const;
  TensorId holder(TensorId id) const;
  std::string inline_text(const Literal& source, const Edit& edit, std::string_view name, const TensorText* in_place);
  std::set<std::uint32_t> emptied_subgraphs() const;
  void edit_inline_tensors();
  void add_inline_tensors();
  bool adds_inline() const;
  void add_inline_constants(std::map<std::uint32_t, std::string>& items);

  // Nodes.
  std::string_view name_within(std::uint32_t subgraph, TensorId id) const;
  bool is_inside_another(std::uint32_t subgraph, TensorId id) const;
  void change_nodes();
  void change_node(OperatorId op, const OperatorChange& change);
  std::string new_nodes(OperatorId place) const;
  void change_names(json::Range list, const std::vector<json::Range>& places, const Names& before, const Names& after);
  void insert_nodes();

  // Weight files.
  std::string ending(std::size_t shard) const;
  void name_weights(std::string_view stem);
  void write_weights();
  std::string index_text(std::string_view stem) const;

  void put_mark();

  // Declarations.
  void edit_declared();
  bool is_gone(std::size_t inner) const;
  void reshape(const Declared& said, json::Range text_of_it);

  // Calibration.
  bool is_ours(const Statistic& statistic) const;
  void edit_calibration();
  void add_entries(const std::string& entries, bool first);

  const Model& model_;
  const JsonOrigin& origin_;
  const Rewritten& rewritten_;
  const Rewriting& rewriting_;
  Output& output_;
  Splices splices_;
  std::unordered_map<TensorId, std::vector<std::size_t>> copies_of_;  // into Rewriting::copies
  std::vector<std::uint32_t> subgraph_of_;                            // by copy
  std::unordered_map<TensorId, std::uint32_t> added_in_;              // subgraphs of added constants; absent: 0
};

// --- constants

void JsonWriter::place_copies() {
  subgraph_of_.assign(rewriting_.copies.size(), 0);
  for (const Rebinding& each : rewriting_.rebindings) subgraph_of_[each.copy] = model_.network.op(each.op).subgraph;
  for (std::size_t i = 0; i < rewriting_.copies.size(); ++i)
    copies_of_[holder(rewriting_.copies[i].tensor)].push_back(i);
}

// The constant of the files whose elements this one has: the operators between only move them.
TensorId JsonWriter::holder(TensorId id) const {
  while (tensor(id).producer != kNone) id = model_.network.op(tensor(id).producer).inputs[0];
  return id;
}

std::string_view JsonWriter::local_name(std::size_t copy) const {
  const std::string_view name = rewriting_.copies[copy].name, prefix = model_.network.prefix(subgraph_of_[copy]);
  assert(name.starts_with(prefix));
  return name.substr(prefix.size());
}

// The edited constant as JSON, or, where it is edited in place, changes to the text that is there.
std::string JsonWriter::inline_text(const Literal& source, const Edit& edit, std::string_view name,
                                    const TensorText* in_place) {
  const std::vector<std::byte> bytes = Scaler(source, edit, name).result();
  const Literal result = {source.dtype, Shape(std::span<const std::int64_t>(edit.shape)), bytes};
  if (!in_place) return write_tensor(result);
  splices_.replace(in_place->data, write_data(result));
  if (!(result.shape == source.shape)) splices_.replace(in_place->shape, write_shape(edit.shape));
  return {};
}

// Nested networks whose "tensors" were all copies that are taken back: a run had put that key there.
std::set<std::uint32_t> JsonWriter::emptied_subgraphs() const {
  std::set<std::uint32_t> emptied, kept = {0};
  kept.insert(subgraph_of_.begin(), subgraph_of_.end());
  for (const auto& [constant, subgraph] : added_in_) kept.insert(subgraph);
  for (const JsonOrigin::InlineTensor& each : origin_.tensors)
    (rewritten_.orphaned(each.tensor) ? emptied : kept).insert(each.subgraph);
  for (const std::uint32_t subgraph : kept) emptied.erase(subgraph);
  return emptied;
}

void JsonWriter::edit_inline_tensors() {
  std::vector<json::Range> removed;
  const std::set<std::uint32_t> emptied = emptied_subgraphs();
  for (const JsonOrigin::InlineTensor& each : origin_.tensors) {
    const auto whole = emptied.count(each.subgraph) != 0 ? origin_.subgraphs[each.subgraph].tensors : std::nullopt;
    if (whole && (removed.empty() || removed.back().begin != whole->begin))
      removed.push_back(*whole);
    else if (!whole && rewritten_.orphaned(each.tensor))
      removed.push_back(each.entry);
    else if (const Edit* edit = rewritten_.edit(each.tensor))
      inline_text(*tensor(each.tensor).constant, *edit, tensor(each.tensor).name, &each.text);
  }
  splices_.remove_items(text(), removed);
}

// Added constants go where the weights are; without weight files they stand inline.
bool JsonWriter::adds_inline() const {
  return origin_.weights.shards.empty() ||
         (origin_.weights.form == WeightForm::index && origin_.weights.index.entries.empty());
}

void JsonWriter::add_inline_constants(std::map<std::uint32_t, std::string>& items) {
  if (!adds_inline()) return;
  for (const RewrittenConstant& each : rewritten_.added()) {
    const std::string value =
        each.edit ? inline_text(*each.value, *each.edit, each.name, nullptr) : write_tensor(*each.value);
    const auto reader = added_in_.find(each.id);
    const std::uint32_t subgraph = reader == added_in_.end() ? 0 : reader->second;
    const std::string_view local = each.name.substr(model_.network.prefix(subgraph).size());
    std::string& text = items[subgraph];
    fmt::format_to(std::back_inserter(text), "{}{}: {}", text.empty() ? "" : ", ", json::quoted(local), value);
  }
}

// An added constant stands in the network of its readers: they are new themselves, or read it now.
void JsonWriter::place_added() {
  if (origin_.subgraphs.size() == 1 || !adds_inline()) return;
  std::set<TensorId> added;
  for (const RewrittenConstant& each : rewritten_.added()) added.insert(each.id);
  const auto place = [&](OperatorId id) {
    if (rewritten_.removed(id)) return;
    const std::uint32_t subgraph = model_.network.op(id).subgraph;
    for (const TensorId input : rewritten_.op(id).inputs)
      if (added.contains(input) && rewritten_.name(input).starts_with(model_.network.prefix(subgraph)))
        added_in_.emplace(input, subgraph);
  };
  for (const auto& [id, change] : rewritten_.changes()) place(id);
  for (const PlacedOperator& each : rewriting_.graph.placed) place(each.op);
}

void JsonWriter::add_inline_tensors() {
  std::map<std::uint32_t, std::string> items;  // by subgraph
  for (const JsonOrigin::InlineTensor& each : origin_.tensors) {
    const auto copies = copies_of_.find(each.tensor);
    if (copies == copies_of_.end()) continue;
    for (const std::size_t index : copies->second) {
      const ConstantCopy& copy = rewriting_.copies[index];
      std::string& text = items[subgraph_of_[index]];
      fmt::format_to(std::back_inserter(text), "{}{}: {}", text.empty() ? "" : ", ", json::quoted(local_name(index)),
                     inline_text(*tensor(copy.tensor).constant, copy.edit, copy.name, nullptr));
    }
  }
  add_inline_constants(items);
  for (const auto& [id, text] : items) {
    const JsonOrigin::SubgraphText& subgraph = origin_.subgraphs[id];
    const bool others = std::any_of(origin_.tensors.begin(), origin_.tensors.end(), [&, in = id](const auto& each) {
      return each.subgraph == in && !rewritten_.orphaned(each.tensor);
    });
    if (subgraph.tensors)
      splices_.insert(subgraph.tensors_begin + 1, text + (others ? ", " : ""));
    else
      splices_.insert(subgraph.begin + 1, fmt::format("\"tensors\": {{{}}}, ", text));
  }
}

// --- nodes

// What a tensor is called within a nested network, or the outermost one.
std::string_view JsonWriter::name_within(std::uint32_t subgraph, TensorId id) const {
  if (const auto copy = rewritten_.copy_of(id)) return local_name(*copy);
  const std::string_view name = rewritten_.name(id), prefix = model_.network.prefix(subgraph);
  for (const auto* border : {&origin_.subgraphs[subgraph].outputs, &origin_.subgraphs[subgraph].inputs})
    for (const auto& [inside, outside] : *border)
      if (id == outside) return inside;
  if (name.starts_with(prefix) && !is_inside_another(subgraph, id)) return name.substr(prefix.size());
  throw Error("", fmt::format("tensor '{}'", name),
              subgraph == 0
                  ? "it has no name outside of its nested network"
                  : fmt::format("it has no name in the nested network '{}'", prefix.substr(0, prefix.size() - 1)));
}

// It is made in another network, which does not give it out: names do not reach across the border.
bool JsonWriter::is_inside_another(std::uint32_t subgraph, TensorId id) const {
  const OperatorId producer = rewritten_.is_new(id) ? kNone : tensor(id).producer;
  if (producer == kNone) return false;
  const std::uint32_t made_in = model_.network.op(producer).subgraph;
  return made_in != subgraph &&
         std::ranges::none_of(origin_.subgraphs[made_in].outputs, [&](const auto& each) { return each.second == id; });
}

void JsonWriter::change_nodes() {
  std::vector<json::Range> removed;
  for (const auto& [op, change] : rewritten_.changes()) {
    if (op >= origin_.nodes.size()) break;  // new ones, which are written as they are
    assert(!origin_.nodes[op].empty());     // an operator that is changed stands in the text
    if (!change.removed)
      change_node(op, change);
    else if (const std::string instead = new_nodes(op); !instead.empty())
      splices_.replace(origin_.nodes[op], instead);
    else
      removed.push_back(origin_.nodes[op]);
  }
  splices_.remove_items(text(), removed);
}

// What stands in front of an operator, or in its place; empty: nothing.
std::string JsonWriter::new_nodes(OperatorId place) const {
  std::string nodes;
  const std::uint32_t subgraph = model_.network.op(place).subgraph;
  const std::size_t prefix = model_.network.prefix(subgraph).size();
  rewritten_.for_each_in_front(place, [&](const RewrittenOperator& each) {
    const auto name = [&](TensorId id) { return id == kNone ? std::string_view() : name_within(subgraph, id); };
    NamedNode node = {each.type, each.name.substr(prefix), {}, {}, each.attributes};
    for (const TensorId id : each.inputs) node.inputs.push_back(name(id));
    for (const TensorId id : each.outputs) node.outputs.push_back(name(id));
    nodes += (nodes.empty() ? "" : ", ") + node_text(node);
  });
  return nodes;
}

// Changes what the node reads and gives out, and its type.
void JsonWriter::change_node(OperatorId op, const OperatorChange& change) {
  const auto name = [&, subgraph = model_.network.op(op).subgraph](TensorId id) { return name_within(subgraph, id); };
  json::Document(text(), origin_.nodes[op]).read([&](json::Value& object) {
    object.object([&](std::string_view key, json::Value& value) {
      if (key == "inputs" || key == "outputs") {
        Names names;
        std::vector<json::Range> places;
        value.array([&](json::Value& each) {
          names.push_back(each.string());
          places.push_back(each.range());
        });
        const std::string_view absent;
        change_names(value.range(), places, names,
                     key == "inputs" ? change.inputs_of(names, absent, name) : change.outputs_of(names, absent, name));
      } else if (change.type && (key == "op" || key == "attributes")) {
        value.check();
        splices_.replace(value.range(), key == "op" ? json::quoted(*change.type) : "{}");
      }
    });
  });
}

// Name by name where their number stays, so that the layout of the list does too.
void JsonWriter::change_names(json::Range list, const std::vector<json::Range>& places, const Names& before,
                              const Names& after) {
  if (before.size() != after.size()) {
    std::string names;
    for (const std::string_view name : after) names += (names.empty() ? "" : ", ") + json::quoted(name);
    return splices_.replace(list, "[" + names + "]");
  }
  for (std::size_t i = 0; i < after.size(); ++i)
    if (before[i] != after[i]) splices_.replace(places[i], json::quoted(after[i]));
}

void JsonWriter::insert_nodes() {
  if (!rewritten_.inserts()) return;
  for (OperatorId op = 0; op < origin_.nodes.size(); ++op) {
    if (rewritten_.removed(op)) continue;
    if (const std::string nodes = new_nodes(op); !nodes.empty()) splices_.insert(origin_.nodes[op].begin, nodes + ", ");
  }
}

// --- weight files

// What follows the stem in the name of a weight file.
std::string JsonWriter::ending(std::size_t shard) const {
  if (origin_.weights.form == WeightForm::single) return ".safetensors";
  return fmt::format("-{:05}-of-{:05}.safetensors", shard + 1, origin_.weights.shards.size());
}

void JsonWriter::name_weights(std::string_view stem) {
  std::string list;
  for (std::size_t i = 0; i < origin_.weights.shards.size(); ++i)
    list += (i == 0 ? "" : ", ") + json::quoted(fmt::format("{}{}", stem, ending(i)));
  switch (origin_.weights.form) {
    case WeightForm::none:
      return;
    case WeightForm::single:
      return splices_.replace(origin_.weights_value, list);
    case WeightForm::list:
      return splices_.replace(origin_.weights_value, "[" + list + "]");
    case WeightForm::index:
      return splices_.replace(origin_.weights_value, json::quoted(fmt::format("{}{}", stem, kIndexEnding)));
  }
}

void JsonWriter::write_weights() {
  std::vector<SafetensorsToWrite> files;
  for (std::size_t i = 0; i < origin_.weights.shards.size(); ++i) {
    const Safetensors& shard = origin_.weights.shards[i];
    std::vector<TensorToStore> tensors;
    std::vector<TensorToStore> added;
    for (std::size_t k = 0; k < shard.tensors.size(); ++k) {
      const TensorId id = origin_.stored[i][k];
      if (!rewritten_.orphaned(id))
        tensors.push_back({shard.tensors[k].name, &shard.tensors[k].value, rewritten_.edit(id)});
      if (const auto copies = copies_of_.find(id); copies != copies_of_.end())
        for (const std::size_t index : copies->second) {
          const ConstantCopy& copy = rewriting_.copies[index];
          added.push_back({copy.name, &*tensor(copy.tensor).constant, &copy.edit});
        }
    }
    tensors.insert(tensors.end(), added.begin(), added.end());
    if (i + 1 == origin_.weights.shards.size() && !adds_inline())
      for (const RewrittenConstant& each : rewritten_.added()) tensors.push_back({each.name, each.value, each.edit});
    files.push_back({&shard, std::move(tensors), output_.mark(),
                     [this, i](std::uint64_t size) -> OutputFile& { return output_.add_named(ending(i), size); }});
  }
  write_safetensors(files);
}

std::string JsonWriter::index_text(std::string_view stem) const {
  const WeightIndex& index = origin_.weights.index;
  Splices splices;
  std::uint64_t bytes = index.bytes;
  std::vector<json::Range> removed;
  std::vector<std::pair<std::string_view, std::string>> behind;  // names and files of what stands behind all entries
  const auto size_after = [](const Literal& source, const Edit* edit) {
    return edit ? result_size(source, *edit) : source.bytes.size();
  };
  for (const WeightIndex::Entry& each : index.entries) {
    const std::string file = json::quoted(fmt::format("{}{}", stem, ending(each.shard)));
    const TensorId id = *model_.network.find(each.tensor);
    const Literal& source = *tensor(id).constant;
    const bool orphan = rewritten_.orphaned(id);
    if (orphan) {
      removed.push_back({each.key, each.value.end});
      bytes -= source.bytes.size();
    } else {
      splices.replace(each.value, file);
    }
    if (const Edit* edit = rewritten_.edit(id); edit && !orphan)
      bytes += size_after(source, edit) - source.bytes.size();
    if (const auto copies = copies_of_.find(id); copies != copies_of_.end())
      for (const std::size_t copy : copies->second) {
        const ConstantCopy& made = rewriting_.copies[copy];
        if (orphan)
          behind.emplace_back(rewriting_.copies[copy].name, file);
        else
          splices.insert(each.value.end, fmt::format(", {}: {}", json::quoted(rewriting_.copies[copy].name), file));
        bytes += size_after(*tensor(made.tensor).constant, &made.edit);
      }
  }
  splices.remove_items(index.file->text(), removed);
  if (!adds_inline())
    for (const RewrittenConstant& each : rewritten_.added()) {
      behind.emplace_back(each.name,
                          json::quoted(fmt::format("{}{}", stem, ending(origin_.weights.shards.size() - 1))));
      bytes += size_after(*each.value, each.edit);
    }
  bool first = removed.size() == index.entries.size();
  for (const auto& [name, file] : behind) {
    splices.insert(index.entries.back().value.end,
                   fmt::format("{}{}: {}", first ? "" : ", ", json::quoted(name), file));
    first = false;
  }
  if (index.total_size && bytes != index.bytes) splices.replace(*index.total_size, std::to_string(bytes));
  return splices.apply(index.file->text());
}

// --- calibration

bool JsonWriter::is_ours(const Statistic& statistic) const {
  return origin_.file->offset_of(statistic.text.data()).has_value();
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
  std::vector<json::Range> removed;
  std::set<TensorId> present;
  for (const StatisticText& each : origin_.entries) {
    const TensorId id = each.entry.tensor;
    if (id == kNone) continue;
    const Statistic* statistic = model_.statistics.find(id);
    const StatisticEdit* edit = edit_of(id);
    const bool ours = is_ours(*statistic);
    present.insert(id);
    if (edit && edit->scale.empty()) removed.push_back({each.key, each.value.end});
    if (!edit ? ours : edit->scale.empty()) continue;
    // Two names of one tensor have an entry each: ours is the one that stands here.
    splices_.replace(each.value, scaled_entry(ours ? each.entry : *statistic, edit));
  }
  splices_.remove_items(text(), removed);
  std::string added;
  for (const Statistic& each : model_.statistics.entries()) {
    if (each.tensor == kNone || present.count(each.tensor) != 0 || is_ours(each)) continue;
    const StatisticEdit* edit = edit_of(each.tensor);
    if (edit && edit->scale.empty()) continue;
    added += fmt::format("{}\n  {}: {}", added.empty() ? "" : ",", json::quoted(each.name), scaled_entry(each, edit));
  }
  if (!added.empty()) add_entries(added, removed.size() == origin_.entries.size());
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

void JsonWriter::put_mark() {
  if (!output_.mark()) return;
  const std::string item = fmt::format("\"mark\": {}", json::quoted(*output_.mark()));
  if (output_.mark()->empty()) {
    if (origin_.mark) splices_.remove_items(text(), std::span(&*origin_.mark, 1));
  } else if (origin_.mark) {
    splices_.replace(*origin_.mark, item);
  } else {
    splices_.insert(origin_.version_begin, item + ", ");
  }
}

// An input that is a constant goes with it.
void JsonWriter::edit_declared() {
  std::vector<json::Range> removed;
  const Declarations& all = origin_.declared;
  for (std::size_t i = 0; i < all.inputs.size(); ++i) {
    if (!all.inputs[i].constant) continue;
    if (rewritten_.orphaned(*model_.network.find(all.inputs[i].name)))
      removed.push_back(origin_.input_texts[i]);
    else
      reshape(all.inputs[i], origin_.input_texts[i]);
  }
  splices_.remove_items(text(), removed);
  if (rewriting_.constants.empty() && rewriting_.graph.empty()) return;
  removed.clear();
  for (std::size_t i = 0; i < all.inner.size(); ++i)
    if (is_gone(i))
      removed.push_back(origin_.inner_texts[i].entry);
    else
      reshape(all.inner[i], origin_.inner_texts[i].type);
  splices_.remove_items(text(), removed);
}

// A tensor of which "shapes" speaks and that is no more.
bool JsonWriter::is_gone(std::size_t inner) const {
  if (rewriting_.graph.empty() || origin_.inner_texts[inner].entry.empty()) return false;
  const auto id = model_.network.find(origin_.declared.inner[inner].name);
  return id && (rewritten_.orphaned(*id) || !rewritten_.gives(*id));
}

// What the file says of the shape of a constant that gets another one.
void JsonWriter::reshape(const Declared& said, json::Range text_of_it) {
  const auto id = said.type.shape.known() ? model_.network.find(said.name) : std::nullopt;
  const Edit* edit = id ? rewritten_.edit(*id) : nullptr;
  if (!edit || std::ranges::equal(edit->shape, tensor(*id).constant->shape.dims())) return;
  const auto put = [&](json::Value& shape) {
    shape.check();
    splices_.replace(shape.range(), write_shape(edit->shape));
  };
  const bool list = text()[text_of_it.begin] == '[';
  json::Document(text(), text_of_it)
      .read([&](json::Value& type) { list ? put(type) : static_cast<void>(type.find("shape", put)); },
            list ? json::Kind::array : json::Kind::object);
}

void JsonWriter::write() {
  place_copies();
  place_added();
  edit_declared();
  change_nodes();
  insert_nodes();
  edit_inline_tensors();
  add_inline_tensors();
  edit_calibration();
  write_weights();
  if (origin_.weights.form == WeightForm::index)
    output_.add_named(std::string(kIndexEnding), [this](std::string_view stem) { return index_text(stem); });
  name_weights(output_.choose_stem());
  put_mark();
  OutputFile& out = output_.add_model(splices_.size(text()));
  splices_.apply(text(), [&](std::string_view piece) { out.write(piece); });
}

}  // namespace

void write_json(const Model& model, const Rewritten& rewritten, const std::filesystem::path&, Output& output) {
  JsonWriter(model, rewritten, output).write();
}

}  // namespace rw::graph
