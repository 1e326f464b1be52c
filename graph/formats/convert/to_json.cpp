#include "graph/formats/convert/to_json.hpp"

#include <fmt/format.h>

#include <string>
#include <variant>

#include "graph/base/error.hpp"
#include "graph/base/utf8.hpp"
#include "graph/formats/convert/body.hpp"
#include "graph/formats/convert/named.hpp"
#include "graph/formats/onnx/onnx.hpp"
#include "graph/formats/output/pieces.hpp"
#include "graph/formats/statistics/file.hpp"
#include "graph/formats/text/json_text.hpp"
#include "graph/formats/text/tensor.hpp"
#include "graph/mark.hpp"

namespace rw::graph {

std::string utf8_text(std::string_view text) {
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8 point = decode_utf8(rest);
    if (!point.valid) throw Error("", "", fmt::format("'{}' is no UTF-8: model.json cannot have it", text));
    rest.remove_prefix(point.size);
  }
  return json::quoted(text);
}

namespace {

constexpr std::int64_t kInline = 64;  // integers: axes, shapes, pads

// Always with a point or an exponent, so that a float stays one; "inf" and the like are text.
std::string real(double value) {
  std::string text;
  json::append_number(value, text);
  if (text.find_first_of(".e\"") == std::string::npos) text += ".0";
  return text;
}

std::string names(const std::vector<std::string_view>& list) { return json::list(list, utf8_text); }

struct AttributeText {
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return real(value); }
  std::string operator()(std::string_view value) const { return utf8_text(value); }
  std::string operator()(std::span<const std::int64_t> values) const {
    return json::list(values, [](std::int64_t each) { return fmt::format("{}", each); });
  }
  std::string operator()(std::span<const double> values) const { return json::list(values, real); }
  std::string operator()(std::span<const std::string_view> values) const { return json::list(values, utf8_text); }
  std::string operator()(const Literal& value) const { return fmt::format(R"({{"tensor": {}}})", write_tensor(value)); }
  std::string operator()(const Opaque& graph) const { return fmt::format(R"({{"graph": {}}})", graph.text); }
};

}  // namespace

std::string node_text(const NamedNode& node) {
  std::string attributes;
  for (const Attribute& each : node.attributes)
    attributes += fmt::format("{}{}: {}", attributes.empty() ? "" : ", ", utf8_text(each.name),
                              std::visit(AttributeText(), each.value));
  std::string text = fmt::format(R"({{"name": {}, "op": {}, "inputs": {}, "outputs": {})", utf8_text(node.name),
                                 utf8_text(node.type), names(node.inputs), names(node.outputs));
  if (!attributes.empty()) text += fmt::format(R"(, "attributes": {{{}}})", attributes);
  return text + "}";
}

std::string declared_text(const Declared& said) {
  std::string text = fmt::format(R"({{"name": {})", utf8_text(said.name));
  if (said.dtype != DType::undefined) text += fmt::format(R"(, "dtype": "{}")", name(said.dtype));
  if (said.shape.known() && !said.shape.any_front())
    text += fmt::format(R"(, "shape": {})", write_shape(said.shape.dims()));
  return text + "}";
}

namespace {

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
class Weights {
 public:
  explicit Weights(const Model& model) : data_(model.sources) {}

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
  return !constant.edit && !floating(constant.value->dtype) && constant.value->shape.count().value_or(0) <= kInline;
}

std::string input_text(const Tensor& tensor) {
  if (tensor.dtype == DType::undefined)
    throw Error("", fmt::format("input '{}'", tensor.name),
                "its element type is not said or not known: model.json needs it");
  return declared_text({tensor.name, tensor.dtype, tensor.shape});
}

std::string graph_text(const Model& model, const NamedNetwork& named) {
  const Network& network = model.network;
  Block inputs, nodes, shapes;
  for (const TensorId id : network.inputs()) inputs.add(input_text(network.tensor(id)));
  for (const NamedNode& each : named.nodes) nodes.add(node_text(each));
  for (const NamedNode& each : named.nodes)
    for (const std::string_view output : each.outputs)
      if (const auto id = network.find(output);
          id && network.tensor(*id).shape.known() && !network.tensor(*id).shape.any_front())
        shapes.add(fmt::format("{}: {}", utf8_text(output), write_shape(network.tensor(*id).shape.dims())));
  std::vector<std::string_view> outputs;
  for (const TensorId id : network.outputs()) outputs.push_back(network.tensor(id).name);
  std::string opsets;
  for (const auto& [domain, version] : network.opsets())
    opsets += fmt::format("{}{}: {}", opsets.empty() ? "" : ", ", utf8_text(domain), version);
  return fmt::format(R"(  "name": {}, "opset": {{{}}},
  "inputs": {},
  "outputs": {},
  "nodes": {},
  "shapes": {})",
                     utf8_text(network.name()), opsets, inputs.list(), names(outputs), nodes.list(), shapes.object());
}

}  // namespace

void encode_json(const Model& model, const Rewritten& rewritten, const std::filesystem::path&, Output& output) {
  if (const auto* onnx = dynamic_cast<const OnnxOrigin*>(model.origin.get()); onnx && onnx->functions)
    throw Error("", "", "the model defines functions, for which model.json has no place: keep the model's format");
  const NamedNetwork network = named(model, rewritten, "model.json", [](std::string_view graph, const Model& from) {
    return json_body(graph, from.path);
  });
  Block tensors;
  Weights weights(model);
  for (const RewrittenConstant& each : network.constants) {
    if (stands_inline(each))
      tensors.add(fmt::format("{}: {}", utf8_text(each.name), write_tensor(*each.value)));
    else
      weights.add(each);
  }
  std::string text = "{\n  \"format\": \"rewrite-engine/model\", ";
  if (!output.mark().value_or("").empty()) text += fmt::format("\"mark\": \"{}\", ", *output.mark());
  text += "\"version\": 1,\n" + graph_text(model, network);
  if (!weights.empty()) {
    constexpr std::string_view kEnding = ".safetensors";
    weights.write(kEnding, output);
    text += fmt::format(",\n  \"weights\": {}", utf8_text(output.choose_stem() + std::string(kEnding)));
  }
  if (!tensors.empty()) text += fmt::format(",\n  \"tensors\": {}", tensors.object());
  if (!model.statistics.empty())
    text += fmt::format(",\n  \"calibration\": {}", scaled_statistics(model, rewritten.rewriting()));
  text += "\n}\n";
  output.add_model(text.size()).write(text);
}

}  // namespace rw::graph
