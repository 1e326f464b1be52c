#include "graph/formats/convert/to_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "graph/base/error.hpp"
#include "graph/formats/convert/body.hpp"
#include "graph/formats/convert/named.hpp"
#include "graph/formats/json/node.hpp"
#include "graph/formats/onnx/attribute.hpp"
#include "graph/formats/onnx/declared.hpp"
#include "graph/formats/onnx/onnx.hpp"
#include "graph/formats/output/pieces.hpp"
#include "graph/formats/statistics/file.hpp"
#include "graph/formats/text/json_text.hpp"
#include "graph/formats/text/tensor.hpp"
#include "graph/mark.hpp"
#include "graph/values/element.hpp"

namespace rw::graph {

namespace {

constexpr std::int64_t kInline = 64;  // integers: axes, shapes, pads

using onnx::kind_of_attribute, onnx::read_declarations;

// Entries one a line, between brackets.
class Block {
 public:
  void add(const std::string& entry) { text_ += (text_.empty() ? "\n    " : ",\n    ") + entry; }
  bool empty() const { return text_.empty(); }
  std::string object() const { return "{" + text_ + "\n  }"; }
  std::string list() const { return "[" + text_ + "\n  ]"; }

 private:
  std::string text_;
};

// The header and the data of a safetensors file.
class WeightFile {
 public:
  explicit WeightFile(const Model& model) : data_(model.sources) {}

  void add(const RewrittenConstant& constant) {
    if (constant.name == "__metadata__")
      throw Error("", "tensor '__metadata__'", "no tensor of a safetensors file can have this name");
    const std::uint64_t begin = data_.size();
    if (constant.edit)
      data_.scaled(*constant.value, *constant.edit, constant.name);
    else
      data_.copy({reinterpret_cast<const char*>(constant.value->bytes.data()), constant.value->bytes.size()});
    header_ += fmt::format(R"({}{}: {{"dtype": "{}", "shape": {}, "data_offsets": [{}, {}]}})",
                           header_.empty() ? "" : ", ", utf8_text(constant.name),
                           row(constant.value->dtype).safetensors, write_shape(constant.shape()), begin, data_.size());
  }

  bool empty() const { return header_.empty(); }

  void write(std::string_view ending, Output& output) const {
    const std::string mark = output.mark().value_or("").empty()
                                 ? ""
                                 : fmt::format(R"("__metadata__": {{"{}": "{}"}}, )", kMarkKey, *output.mark());
    std::string header = "{" + mark + header_ + "}";
    header.resize((header.size() + 7) / 8 * 8, ' ');  // the data begins at a multiple of eight
    const auto length = static_cast<std::uint64_t>(header.size());
    OutputFile& file = output.add_named(std::string(ending), sizeof length + length + data_.size());
    file.write(std::as_bytes(std::span(&length, 1)));
    file.write(header);
    data_.write(file);
  }

 private:
  std::string header_;
  Pieces data_;
};

bool stands_inline(const RewrittenConstant& constant) {
  return can_be_text(*constant.value) && !constant.edit && !floating(constant.value->dtype) &&
         constant.value->shape.count().value_or(0) <= kInline;
}

// What the file declares, as far as it is of the network as it will be, and as far as it does not contradict itself.
class Declaring {
 public:
  Declaring(const OnnxOrigin& origin, const Model& model, const NamedNetwork& named)
      : network_(model.network), all_(read_declarations(origin.graph, arena_)) {
    for (const RewrittenConstant& each : named.constants) constants_.emplace(each.name, &each);
    for (const NamedNode& node : named.nodes) made_.insert(node.outputs.begin(), node.outputs.end());
  }

  std::string inputs() {
    Block block;
    for (Declared& each : all_.inputs) {
      each.constant = constants_.contains(each.name);
      if (!each.constant && !is_input(each.name)) continue;  // a constant that is gone
      if (!each.constant && (each.type.kind == Kind::none || (each.type.kind == Kind::tensor && !each.type.element)))
        throw Error("", fmt::format("input '{}'", each.name), "its element type is not said: model.json needs it");
      if (!take(each)) each.type = {};
      block.add(declared_text(each));
    }
    return block.list();
  }

  std::string outputs() {
    Block block;
    for (Declared& each : all_.outputs) {
      if (!take(each)) each.type = {};
      block.add(declared_text(each));
    }
    return block.list();
  }

  std::string inner() {
    Block block;
    std::set<std::string_view> said;
    for (Declared& each : all_.inner) {
      const bool here = constants_.contains(each.name) || made_.contains(each.name) || is_input(each.name);
      if (!here || each.type.kind == Kind::none || !said.insert(each.name).second || !take(each)) continue;
      block.add(inner_text(each));
    }
    return block.object();
  }

 private:
  using Kind = ValueType::Kind;

  bool is_input(std::string_view name) const {
    const auto id = network_.find(name);
    return id && network_.tensor(*id).is_input;
  }

  // Of a constant the file says what it is, and it may become another. False: it contradicts what was taken before.
  bool take(Declared& said) {
    Known more = {said.type.dtype(), said.type.known_shape(arena_)};
    const auto constant = constants_.find(said.name);
    if (constant != constants_.end()) {
      const RewrittenConstant& value = *constant->second;
      if (value.edit && more.shape.known() && !std::ranges::equal(value.shape(), value.value->shape.dims())) {
        said.type.shape = more.shape = Shape(value.shape());
        said.type.names = {};
      }
      known_.try_emplace(said.name, Known{value.value->dtype, Shape(value.shape())});
    }
    const auto [known, first] = known_.try_emplace(said.name, more);
    if (first) return true;
    const auto both = together(known->second, more, arena_);
    if (both) known->second = *both;
    return both.has_value();
  }

  Arena arena_;
  const Network& network_;
  Declarations all_;
  std::unordered_map<std::string_view, const RewrittenConstant*> constants_;
  std::unordered_set<std::string_view> made_;
  std::unordered_map<std::string_view, Known> known_;
};

std::string graph_text(const Model& model, const OnnxOrigin& origin, const NamedNetwork& named) {
  const Network& network = model.network;
  Block nodes;
  for (const NamedNode& each : named.nodes) nodes.add(node_text(each));
  std::string opsets;
  for (const auto& [domain, version] : network.opsets())
    opsets += fmt::format("{}{}: {}", opsets.empty() ? "" : ", ", utf8_text(domain), version);
  Declaring declaring(origin, model, named);
  const std::string inputs = declaring.inputs(), outputs = declaring.outputs(), inner = declaring.inner();
  return fmt::format(R"(  "name": {}, "opset": {{{}}},
  "inputs": {},
  "outputs": {},
  "nodes": {},
  "shapes": {})",
                     utf8_text(network.name()), opsets, inputs, outputs, nodes.list(), inner);
}

void check_constants(const Model& model, const OnnxOrigin& origin) {
  if (origin.held.empty()) return;
  const OnnxOrigin::Held& held = origin.held.front();
  const std::string what =
      held.element == 0 ? "a sparse constant" : fmt::format("a constant of type {}", element_name(held.element));
  throw Error("", fmt::format("initializer '{}'", model.network.tensor(held.tensor).name),
              what + " has no place in model.json; keep the model's format");
}

}  // namespace

void encode_json(const Model& model, const Rewritten& rewritten, const std::filesystem::path&, Output& output) {
  const auto& origin = dynamic_cast<const OnnxOrigin&>(*model.origin);
  if (origin.functions)
    throw Error("", "", "the model defines functions, for which model.json has no place; keep the model's format");
  check_constants(model, origin);
  const auto text_of = [&](const Opaque& each) {
    return each.type ? json_type(each.text) : json_body(each.text, model.path);
  };
  const auto kind = [&](OperatorId id, std::string_view name) { return kind_of_attribute(origin.graph, id, name); };
  const NamedNetwork network = named(model, rewritten, {text_of, kind});
  Block tensors;
  WeightFile weights(model);
  for (const RewrittenConstant& each : network.constants) {
    if (stands_inline(each))
      tensors.add(fmt::format("{}: {}", utf8_text(each.name), write_tensor(*each.value)));
    else
      weights.add(each);
  }
  std::string text = "{\n  \"format\": \"rewrite-engine/model\", ";
  if (!output.mark().value_or("").empty()) text += fmt::format("\"mark\": \"{}\", ", *output.mark());
  text += "\"version\": 1,\n" + graph_text(model, origin, network);
  if (!weights.empty()) {
    constexpr std::string_view kEnding = ".safetensors";
    weights.write(kEnding, output);
    text += fmt::format(",\n  \"weights\": {}", utf8_text(output.choose_stem() + std::string(kEnding)));
  }
  if (!tensors.empty()) text += fmt::format(",\n  \"tensors\": {}", tensors.object());
  if (!model.statistics.empty()) {
    text += ",\n  \"calibration\": ";
    append_scaled_statistics(model, rewritten.rewriting(), text);
  }
  text += "\n}\n";
  output.add_model(text.size()).write(text);
}

}  // namespace rw::graph
