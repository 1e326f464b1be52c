#include "graph/formats/json/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "graph/base/parallel.hpp"
#include "graph/builder.hpp"
#include "graph/formats/json/attribute.hpp"
#include "graph/formats/json/origin.hpp"
#include "graph/formats/reading/attribute_lists.hpp"
#include "graph/formats/text/shape.hpp"
#include "graph/mark.hpp"

namespace rw::graph {
namespace {

constexpr std::string_view kFormat = "rewrite-engine/model";
constexpr std::string_view kNested = "Graph";  // the operator that is a network itself
constexpr int kMaxNesting = 200;

// Names in nested networks are spelled out ("a/b/c/x"), which a hostile file could blow up; a real one stays far below.
constexpr std::uint64_t kNameGrowth = 32, kNameSpare = std::uint64_t{16} << 20U;

// The network that is being read: the model, or one nested in it.
struct Subgraph {
  std::uint32_t id = 0;  // Operator::subgraph, and in JsonOrigin::subgraphs
  std::string prefix;
  int depth = 0;
  // Tensors of the outer network by the names that they have in a nested one; kNone: the outer node gives nothing.
  std::map<std::string, TensorId, std::less<>> inputs, outputs;
};

// A node as far as it has been read; reused from node to node.
struct NodeEntry {
  std::string op, name;
  std::vector<std::string_view> input_names, output_names;
  std::vector<TensorId> inputs, outputs;  // once resolved
  AttributeLists::List attributes;
  std::vector<std::string> captured;
  json::Range text;
  bool named = false, has_inputs = false, has_outputs = false;
  bool has_graph = false, graph_read = false;

  void clear() {
    op.clear();
    name.clear();
    input_names.clear();
    output_names.clear();
    inputs.clear();
    outputs.clear();
    attributes = {};
    captured.clear();
    named = has_inputs = has_outputs = has_graph = graph_read = false;
  }
};

// A tensor that a nested network gives out although it has a name outside already.
struct Passed {
  TensorId from, to;
};

class ModelReader {
 public:
  ModelReader(std::shared_ptr<const MappedFile> file, const std::filesystem::path& path) : path_(path) {
    origin_->file = std::move(file);
    origin_->subgraphs.emplace_back();
  }

  Model read();

 private:
  friend class NodeReader;
  friend class NestedReader;

  // Keys of the model.
  void check_format(json::Value& root);
  void read_version(json::Value& value);
  void read_mark(json::Value& value) {
    mark_ = value.string();
    origin_->mark = {value.key_begin(), value.range().end};
  }
  void read_name(json::Value& value) { builder_.name(value.string()); }
  void read_opset(json::Value& value);
  void read_inputs(json::Value& value);
  void read_outputs(json::Value& value);
  void read_weight_files(json::Value& value);
  void read_tensors(json::Value& value) { read_tensors(value, top_); }
  void read_nodes(json::Value& value) { read_nodes(value, top_); }
  void read_shapes(json::Value& value) { read_shapes(value, top_); }
  void expect_calibration(json::Value&) { has_calibration_ = true; }  // needs the finished network

  // Keys that nested networks have too.
  void read_tensors(json::Value& value, Subgraph& subgraph);
  void read_nodes(json::Value& value, Subgraph& subgraph);
  void read_shapes(json::Value& value, Subgraph& subgraph);
  void declare(std::string_view name, const ValueType& type, JsonOrigin::InnerText text, const Subgraph& subgraph);
  void add_node(const Subgraph& subgraph, std::size_t index, NodeEntry& node);

  // Names.
  std::string_view full_name(std::string_view local, const Subgraph& subgraph);
  TensorId tensor(std::string_view local, const Subgraph& subgraph);
  std::string node_name(const Subgraph& subgraph, std::size_t index, const NodeEntry& node) const;
  std::string prefix_of(const Subgraph& outer, std::size_t index, const NodeEntry& node);

  // When all of the text but the calibration is read.
  Network finish();
  void add_weights();
  void check_inputs(const Network& network) const;
  void apply_declared(Network& network) const;
  void apply(const Declared& said, Network& network) const;

  static const std::array<json::Key<ModelReader>, 12> kKeys;

  NetworkBuilder builder_;
  std::shared_ptr<JsonOrigin> origin_ = std::make_shared<JsonOrigin>();
  std::filesystem::path path_;
  Subgraph top_;
  AttributeLists attribute_lists_;
  WeightNames weight_names_;
  std::future<Weights> coming_;  // weight files that another thread is reading
  std::vector<TensorId> inputs_;
  std::set<std::string, std::less<>> prefixes_;  // of nested networks: no two have the same
  std::string buffer_;
  std::uint64_t name_bytes_ = 0;
  bool has_calibration_ = false;
  std::string mark_;
};

const std::array<json::Key<ModelReader>, 12> ModelReader::kKeys = {{
    {"format", true, nullptr},
    {"mark", false, &ModelReader::read_mark},
    {"version", true, &ModelReader::read_version},
    {"name", false, &ModelReader::read_name},
    {"opset", false, &ModelReader::read_opset},
    {"inputs", true, &ModelReader::read_inputs},
    {"outputs", true, &ModelReader::read_outputs},
    {"weights", false, &ModelReader::read_weight_files},
    {"tensors", false, &ModelReader::read_tensors},
    {"nodes", true, &ModelReader::read_nodes},
    {"shapes", false, &ModelReader::read_shapes},
    {"calibration", false, &ModelReader::expect_calibration},
}};

// --- one node

class NodeReader {
 public:
  NodeReader(ModelReader& model, Subgraph& subgraph, std::size_t index, NodeEntry& node)
      : model_(model), subgraph_(subgraph), index_(index), node_(node) {}

  void read(json::Value& value) {
    node_.clear();
    json::read_keys(value, kKeys, *this);
    node_.text = value.range();
    if (node_.op.empty()) throw value.error("\"op\" is empty, expected the name of an operator");
    if (node_.op != kNested) {
      if (node_.has_graph) value.find("graph", [](json::Value& graph) { graph.check(); });
      resolve();
      return model_.add_node(subgraph_, index_, node_);
    }
    if (!node_.has_graph) throw value.error("the key \"graph\" is missing: \"Graph\" is a network of its own");
    if (!node_.graph_read) value.find("graph", [&](json::Value& graph) { read_nested(graph); });
  }

  std::string place() const { return fmt::format("node '{}'", model_.node_name(subgraph_, index_, node_)); }
  bool can_be_named() const { return !node_.name.empty() || !node_.op.empty(); }

 private:
  void take_name(json::Value& value) {
    node_.name = value.string();
    node_.named = true;
    if (subgraph_.id == 0) model_.builder_.prefetch_operator(node_.name);
  }
  void take_op(json::Value& value) { node_.op = value.string(); }
  void take_inputs(json::Value& value) {
    take_tensors(value, node_.input_names, "inputs");
    node_.has_inputs = true;
  }
  void take_outputs(json::Value& value) {
    take_tensors(value, node_.output_names, "outputs");
    node_.has_outputs = true;
  }
  void take_tensors(json::Value& value, std::vector<std::string_view>& names, std::string_view key) {
    if (value.kind() != json::Kind::array) throw value.expected(fmt::format("\"{}\" to be a list of names", key));
    value.array([&](json::Value& each) {
      if (each.kind() != json::Kind::string) throw each.expected(fmt::format("\"{}\" to be a list of names", key));
      const std::string_view name = each.string();
      if (&names == &node_.output_names && subgraph_.inputs.count(name) != 0)
        throw each.error(fmt::format("its output '{}' is an input of the nested network", name));
      names.push_back(name);
      if (subgraph_.id == 0) model_.builder_.prefetch_tensor(name);
    });
  }
  void resolve() {
    const auto tensor = [&](std::string_view name) { return name.empty() ? kNone : model_.tensor(name, subgraph_); };
    for (const std::string_view name : node_.input_names) node_.inputs.push_back(tensor(name));
    for (const std::string_view name : node_.output_names) node_.outputs.push_back(tensor(name));
  }
  void take_attributes(json::Value& value) {
    Arena& arena = model_.builder_.arena();
    node_.attributes = model_.attribute_lists_.list(value.unchecked_text(), arena, [&](auto& attributes) {
      read_attributes(value, arena, attributes, node_.captured);
    });
  }
  // A nested network is read where it stands if everything is known that it is bound to, and in a second look at the
  // node if not (keys have no order in JSON).
  void take_graph(json::Value& value) {
    node_.has_graph = true;
    if (node_.op == kNested && node_.named && node_.has_inputs && node_.has_outputs) read_nested(value);
  }
  void read_nested(json::Value& value);

  static const std::array<json::Key<NodeReader>, 6> kKeys;

  ModelReader& model_;
  Subgraph& subgraph_;
  std::size_t index_;
  NodeEntry& node_;
};

const std::array<json::Key<NodeReader>, 6> NodeReader::kKeys = {{
    {"name", false, &NodeReader::take_name},
    {"op", true, &NodeReader::take_op},
    {"inputs", true, &NodeReader::take_inputs},
    {"outputs", true, &NodeReader::take_outputs},
    {"attributes", false, &NodeReader::take_attributes},
    {"graph", false, &NodeReader::take_graph},
}};

void ModelReader::read_nodes(json::Value& value, Subgraph& subgraph) {
  NodeEntry node;
  std::size_t index = 0;
  value.array([&](json::Value& each) {
    NodeReader reader(*this, subgraph, index, node);
    try {
      reader.read(each);
    } catch (const Error& error) {
      // An error that has a place but no name yet gets the node's.
      if (!error.place.starts_with("line ") || !reader.can_be_named()) throw;
      throw json::at_place(error, reader.place());
    }
    ++index;
  });
}

void ModelReader::add_node(const Subgraph& subgraph, std::size_t index, NodeEntry& node) {
  // What a nested graph reads from around it is read by the operator too: behind its own inputs, so that the tensor has
  // this consumer and nobody takes it for free to change.
  for (const std::string& name : node.captured) node.inputs.push_back(tensor(name, subgraph));
  std::string full;
  const bool as_it_stands = subgraph.id == 0 && !node.name.empty();
  if (!as_it_stands) full = node_name(subgraph, index, node);
  name_bytes_ += subgraph.prefix.size();
  const OperatorId id = builder_.add(node.op, as_it_stands ? node.name : full, node.inputs, node.outputs,
                                     node.attributes, static_cast<std::uint32_t>(node.captured.size()));
  builder_.nest(id, subgraph.id);
  origin_->nodes.push_back(node.text);
}

// --- nested networks

class NestedReader {
 public:
  NestedReader(ModelReader& model, const NodeEntry& node, Subgraph& subgraph)
      : model_(model), node_(node), subgraph_(subgraph) {}

  // What is inside can be read once both lists of names are known; where they stand behind it, it is read in a second
  // look at the object.
  void read(json::Value& value) {
    json::read_keys(value, kKeys, *this);
    for (const Late& late : late_) value.find(late.key, [&](json::Value& each) { (this->*late.read)(each); });
    for (const Passed& each : passed_) add_identity(each);
  }

 private:
  using Method = void (NestedReader::*)(json::Value&);
  struct Late {
    std::string_view key;
    Method read;
  };

  bool bound() const { return has_inputs_ && has_outputs_; }
  void now_or_later(json::Value& value, std::string_view key, Method method) {
    if (bound())
      (this->*method)(value);
    else
      late_.push_back({key, method});
  }
  void take_tensors(json::Value& value) { now_or_later(value, "tensors", &NestedReader::read_tensors); }
  void take_nodes(json::Value& value) { now_or_later(value, "nodes", &NestedReader::read_nodes); }
  void take_shapes(json::Value& value) { now_or_later(value, "shapes", &NestedReader::read_shapes); }
  void read_tensors(json::Value& value) { model_.read_tensors(value, subgraph_); }
  void read_nodes(json::Value& value) { model_.read_nodes(value, subgraph_); }
  void read_shapes(json::Value& value) { model_.read_shapes(value, subgraph_); }

  // Both lists can stand before the other, and a name in both is a tensor that passes through.
  void take_inputs(json::Value& value) {
    inputs_ = read_names(value, node_.inputs.size(), "inputs");
    has_inputs_ = true;
    bind(value);
  }
  void take_outputs(json::Value& value) {
    outputs_ = read_names(value, node_.outputs.size(), "outputs");
    has_outputs_ = true;
    bind(value);
  }

  std::vector<std::string> read_names(json::Value& value, std::size_t wanted, std::string_view key) {
    std::vector<std::string> names;
    value.array([&](json::Value& each) {
      const Declared entry = read_declared(each, model_.builder_.arena());
      if (entry.constant)
        throw each.error("an input of a nested network cannot be a constant: it stands in \"tensors\"");
      names.emplace_back(entry.name);
      model_.declare(entry.name, entry.type, {{}, each.range()}, subgraph_);
    });
    if (names.size() != wanted)
      throw value.error(fmt::format("the node has {} {}, its network {}", wanted, key, names.size()));
    return names;
  }

  void bind(const json::Value& value) {
    if (!bound()) return;
    for (std::size_t i = 0; i < inputs_.size(); ++i) bind_input(value, inputs_[i], node_.inputs[i]);
    for (std::size_t i = 0; i < outputs_.size(); ++i) bind_output(value, outputs_[i], node_.outputs[i]);
  }

  void bind_input(const json::Value& value, const std::string& name, TensorId outer) {
    if (!subgraph_.inputs.emplace(name, outer).second)
      throw value.error(fmt::format("'{}' stands twice among the inputs of its network", name));
    if (outer == kNone) return;
    model_.builder_.alias(model_.full_name(name, subgraph_), outer);
    model_.origin_->subgraphs[subgraph_.id].inputs.emplace_back(name, outer);
  }

  void bind_output(const json::Value& value, const std::string& name, TensorId outer) {
    if (outer == kNone) return;
    if (const auto input = subgraph_.inputs.find(name); input != subgraph_.inputs.end()) {
      if (input->second == kNone)
        throw value.error(fmt::format("its output '{}' is an input that the node does not have", name));
      passed_.push_back({input->second, outer});
      return;
    }
    const auto [entry, fresh] = subgraph_.outputs.emplace(name, outer);
    if (!fresh) return passed_.push_back({entry->second, outer});
    model_.builder_.alias(model_.full_name(name, subgraph_), outer);
    model_.origin_->subgraphs[subgraph_.id].outputs.emplace_back(name, outer);
  }

  void add_identity(const Passed& passed) {
    const std::string name = fmt::format("{}Identity", subgraph_.prefix);
    model_.builder_.nest(
        model_.builder_.add("Identity", name, std::span(&passed.from, 1), std::span(&passed.to, 1), {}), subgraph_.id);
    model_.origin_->nodes.emplace_back();
  }

  static const std::array<json::Key<NestedReader>, 5> kKeys;

  ModelReader& model_;
  const NodeEntry& node_;
  Subgraph& subgraph_;
  bool has_inputs_ = false, has_outputs_ = false;
  std::vector<std::string> inputs_, outputs_;
  std::vector<Late> late_;
  std::vector<Passed> passed_;
};

const std::array<json::Key<NestedReader>, 5> NestedReader::kKeys = {{
    {"inputs", true, &NestedReader::take_inputs},
    {"outputs", true, &NestedReader::take_outputs},
    {"tensors", false, &NestedReader::take_tensors},
    {"nodes", true, &NestedReader::take_nodes},
    {"shapes", false, &NestedReader::take_shapes},
}};

void NodeReader::read_nested(json::Value& value) {
  node_.graph_read = true;
  resolve();
  if (value.kind() != json::Kind::object) throw value.expected("\"graph\" to be an object");
  Subgraph inner;
  inner.depth = subgraph_.depth + 1;
  if (inner.depth > kMaxNesting)
    throw value.error(fmt::format("networks are nested more than {} levels deep", kMaxNesting));
  inner.prefix = model_.prefix_of(subgraph_, index_, node_);
  inner.id = model_.builder_.add_subgraph(inner.prefix);
  model_.origin_->subgraphs.push_back({.begin = value.begin()});
  NestedReader(model_, node_, inner).read(value);
}

// --- keys of networks

void ModelReader::read_tensors(json::Value& value, Subgraph& subgraph) {
  origin_->subgraphs[subgraph.id].tensors_begin = value.begin();
  value.object([&](std::string_view name, json::Value& each) {
    try {
      if (subgraph.inputs.count(name) != 0) throw each.error("it is an input of the nested network already");
      const TensorId id = tensor(name, subgraph);
      TensorText text;
      builder_.constant(id, builder_.arena().keep(read_tensor(each, builder_.arena(), &text)));
      origin_->tensors.push_back({id, subgraph.id, {each.key_begin(), text.whole.end}, text});
    } catch (const Error& error) {
      if (!error.place.starts_with("line ")) throw;
      throw json::at_place(error, fmt::format("tensor '{}{}'", subgraph.prefix, name));
    }
  });
  origin_->subgraphs[subgraph.id].tensors = {value.key_begin(), value.range().end};
}

void ModelReader::read_shapes(json::Value& value, Subgraph& subgraph) {
  value.object([&](std::string_view name, json::Value& each) {
    const ValueType type = read_type(each, builder_.arena());
    declare(name, type, {{each.key_begin(), each.range().end}, each.range()}, subgraph);
  });
}

void ModelReader::declare(std::string_view name, const ValueType& type, JsonOrigin::InnerText text,
                          const Subgraph& subgraph) {
  if (type.kind == ValueType::Kind::none) return;
  origin_->inner_texts.push_back(text);
  origin_->declared.inner.push_back({builder_.arena().store(full_name(name, subgraph)), type});
}

// --- names

std::string_view ModelReader::full_name(std::string_view local, const Subgraph& subgraph) {
  name_bytes_ += subgraph.prefix.size();
  if (name_bytes_ > kNameGrowth * origin_->file->text().size() + kNameSpare)
    throw Error("", "", "the names of its nested networks are too long");
  buffer_.assign(subgraph.prefix).append(local);
  return buffer_;
}

TensorId ModelReader::tensor(std::string_view local, const Subgraph& subgraph) {
  if (subgraph.id == 0) return builder_.tensor(local);
  if (const auto input = subgraph.inputs.find(local); input != subgraph.inputs.end()) return input->second;
  if (const auto output = subgraph.outputs.find(local); output != subgraph.outputs.end()) return output->second;
  return builder_.tensor(full_name(local, subgraph));
}

std::string ModelReader::node_name(const Subgraph& subgraph, std::size_t index, const NodeEntry& node) const {
  if (!node.name.empty()) return subgraph.prefix + node.name;
  return fmt::format("{}{}_{}", subgraph.prefix, node.op, index);
}

std::string ModelReader::prefix_of(const Subgraph& outer, std::size_t index, const NodeEntry& node) {
  std::string prefix = node_name(outer, index, node) + '/';
  for (std::size_t i = 1; !prefixes_.insert(prefix).second; ++i)
    prefix = fmt::format("{}{}_{}{}/", outer.prefix, node.op, index, i == 1 ? "" : fmt::format("_{}", i));
  full_name("", {0, prefix, 0, {}, {}});  // counts its length
  return prefix;
}

// --- keys of the model

void ModelReader::check_format(json::Value& root) {
  const bool found = root.find("format", [](json::Value& value) {
    if (value.kind() != json::Kind::string || value.string() != kFormat)
      throw value.expected(fmt::format("\"format\" to be \"{}\"", kFormat));
  });
  if (!found) throw root.error(fmt::format("is not a model: expected \"format\": \"{}\"", kFormat));
}

void ModelReader::read_version(json::Value& value) {
  if (value.if_integer() != 1) throw value.expected("\"version\" to be 1");
  origin_->version_begin = value.key_begin();
}

void ModelReader::read_opset(json::Value& value) {
  std::set<std::string, std::less<>> seen;
  value.object([&](std::string_view domain, json::Value& each) {
    if (!seen.emplace(domain).second) throw each.duplicate(domain);
    builder_.opset(domain, each.integer());
  });
}

void ModelReader::read_inputs(json::Value& value) {
  value.array([&](json::Value& each) {
    Declared entry = read_declared(each, builder_.arena());
    entry.name = builder_.arena().store(entry.name);
    const TensorId id = builder_.tensor(entry.name);
    inputs_.push_back(id);
    if (!entry.constant) {
      using Kind = ValueType::Kind;
      ValueType& type = entry.type;
      if (type.kind == Kind::none || (type.kind == Kind::tensor && type.element == 0)) {
        type.kind = Kind::tensor;
        type.element = row(DType::float32).onnx;
      }
      builder_.input(id);
      // A constant keeps its own type and shape; that it is an input as well is an error to be told later.
      builder_.describe(id, type.dtype(), type.known_shape(builder_.arena()));
    }
    origin_->declared.inputs.push_back(entry);
    origin_->input_texts.push_back(each.range());
  });
}

void ModelReader::read_outputs(json::Value& value) {
  value.array([&](json::Value& each) {
    Declared entry = read_declared(each, builder_.arena());
    if (entry.constant) throw each.error("an output cannot say that it is a constant");
    entry.name = builder_.arena().store(entry.name);
    builder_.output(builder_.tensor(entry.name));
    origin_->declared.outputs.push_back(entry);
  });
}

void ModelReader::read_weight_files(json::Value& value) {
  weight_names_ = read_weight_names(value);
  origin_->weights_value = value.range();
  // The headers of the weight files of a large model take half as long as its nodes: one thread does them beside those.
  constexpr std::size_t kWorthAThread = std::size_t{1} << 20U;
  if (threads() < 2 || origin_->file->text().size() < kWorthAThread) return;
  try {
    coming_ = std::async(std::launch::async, [this] { return read_weights(path_, weight_names_); });
  } catch (const std::system_error&) {
    // The system has no thread to give.
  }
}

// --- the end

void ModelReader::add_weights() {
  origin_->weights = coming_.valid() ? coming_.get() : read_weights(path_, weight_names_);
  for (const Safetensors& shard : origin_->weights.shards) {
    std::vector<TensorId>& ids = origin_->stored.emplace_back();
    ids.reserve(shard.tensors.size());
    constexpr std::size_t kAhead = 16;
    for (const StoredTensor& each : shard.tensors) {
      if (&each + kAhead < shard.tensors.end()) builder_.prefetch_tensor((&each + kAhead)->name);
      ids.push_back(builder_.tensor(each.name));
      try {
        builder_.constant(ids.back(), &each.value);
      } catch (const Error& error) {
        throw Error(shard.file->path().string(), fmt::format("tensor '{}'", each.name),
                    "it has a value already: from a node, from \"tensors\" or from another weight file");
      }
    }
  }
}

void ModelReader::check_inputs(const Network& network) const {
  std::vector<TensorId> sorted = inputs_;
  std::sort(sorted.begin(), sorted.end());
  const auto place = [&](TensorId id) { return fmt::format("input '{}'", network.tensor(id).name); };
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    throw Error("", place(*twice), "it stands twice among the inputs of the network");
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const bool constant = network.tensor(inputs_[i]).constant, said = origin_->declared.inputs[i].constant;
    if (constant && !said)
      throw Error("", place(inputs_[i]),
                  "it is a constant too: a tensor has one producer, unless its entry says \"constant\": true");
    if (said && (!constant || network.tensor(inputs_[i]).producer != kNone))
      throw Error("", place(inputs_[i]), "it says that it is a constant, but has no value");
  }
}

// What several places say of one tensor (an input, an output, "shapes", the inside of a nested network) completes each
// other.
void ModelReader::apply_declared(Network& network) const {
  const Declarations& all = origin_->declared;
  for (const Declared& each : all.inputs)
    if (each.constant) apply(each, network);
  for (const Declared& each : all.outputs) apply(each, network);
  for (const Declared& each : all.inner) apply(each, network);
}

void ModelReader::apply(const Declared& said, Network& network) const {
  const auto id = network.find(said.name);
  if (!id) return;
  const Tensor& tensor = network.tensor(*id);
  const Known known = {tensor.dtype, tensor.shape};
  const Known more = {said.type.dtype(), said.type.known_shape(network.arena())};
  if (const auto both = together(known, more, network.arena())) return network.set_shape(*id, both->shape, both->dtype);
  const bool types = known.dtype != more.dtype && known.dtype != DType::undefined && more.dtype != DType::undefined;
  throw Error("", fmt::format("tensor '{}'", said.name),
              fmt::format("has the {} {} in one place and {} in another", types ? "type" : "shape",
                          types ? std::string(name(known.dtype)) : to_string(known.shape),
                          types ? std::string(name(more.dtype)) : to_string(more.shape)));
}

Network ModelReader::finish() {
  add_weights();
  Network network = builder_.finish();
  check_inputs(network);
  apply_declared(network);
  return network;
}

Model ModelReader::read() {
  Model model;
  model.path = path_;
  const std::string_view text = origin_->file->text();
  json::Document document(text);
  document.read([&](json::Value& root) {
    check_format(root);
    json::read_keys(root, kKeys, *this);
    origin_->root = root.range();
    model.network = finish();
    if (!has_calibration_) return;
    root.find("calibration", [&](json::Value& value) {
      read_calibration(value, text, model.network, model.statistics, origin_->entries);
      origin_->calibration = value.range();
    });
  });
  agree(model.mark, mark_, path_);
  for (const Safetensors& shard : origin_->weights.shards) agree(model.mark, shard.mark, shard.file->path());
  model.sources.push_back(origin_->file);
  if (origin_->weights.index.file) model.sources.push_back(origin_->weights.index.file);
  for (const Safetensors& shard : origin_->weights.shards) model.sources.push_back(shard.file);
  model.origin = origin_;
  return model;
}

}  // namespace

ModelFiles files_of_json(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  WeightNames names;
  std::string mark;
  json::Document(file->text()).read([&](json::Value& root) {
    root.find("weights", [&](json::Value& value) { names = read_weight_names(value); });
    root.find("mark", [&](json::Value& value) { mark = value.string(); });
  });
  if (names.form == WeightForm::index)
    for (std::string& each : read_index_names(path, names.files.front())) names.files.push_back(std::move(each));
  return {names.files, mark};
}

Model read_json(const std::filesystem::path& path) { return ModelReader(MappedFile::open(path), path).read(); }

}  // namespace rw::graph
