#include <fmt/format.h>

#include <set>
#include <vector>

#include "graph/base/error.hpp"
#include "graph/formats/convert/body.hpp"
#include "graph/formats/convert/to_json.hpp"
#include "graph/formats/json/node.hpp"
#include "graph/formats/onnx/attribute.hpp"
#include "graph/formats/onnx/declared.hpp"
#include "graph/formats/onnx/schema.hpp"
#include "graph/formats/onnx/tensor.hpp"
#include "graph/formats/text/tensor.hpp"
#include "graph/values/element.hpp"

namespace rw::graph {
namespace {

using namespace onnx;

class Items {
 public:
  void add(const std::string& item) { text_ += (text_.empty() ? "" : ", ") + item; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class JsonBody {
 public:
  explicit JsonBody(const std::filesystem::path& model) : files_(model) {}

  std::string write(std::string_view graph) {
    Items inputs, outputs, tensors, nodes, inner;
    std::string_view name;
    std::set<std::string_view> said;
    for (Fields fields(graph, 0); fields.next();) {
      if (fields->number == GraphProto::kName) name = fields->text();
      if (fields->number == GraphProto::kInput) inputs.add(declared_text(read_declared(*fields, arena_)));
      if (fields->number == GraphProto::kOutput) outputs.add(declared_text(read_declared(*fields, arena_)));
      if (fields->number == GraphProto::kInitializer) tensors.add(tensor(*fields));
      if (fields->number == GraphProto::kNode) nodes.add(node(*fields));
      if (fields->number == GraphProto::kValueInfo)
        if (const Declared each = read_declared(*fields, arena_); said.insert(each.name).second)
          inner.add(inner_text(each));
      if (fields->number == GraphProto::kSparseInitializer)
        throw Error("", "", "a sparse constant has no place in model.json; keep the model's format");
    }
    return fmt::format(R"({{"name": {}, "inputs": [{}], "outputs": [{}], "tensors": {{{}}}, "nodes": [{}]{}}})",
                       utf8_text(name), inputs.text(), outputs.text(), tensors.text(), nodes.text(),
                       inner.text().empty() ? "" : fmt::format(R"(, "shapes": {{{}}})", inner.text()));
  }

 private:
  std::string tensor(const Field& field) {
    const TensorMessage message = read_tensor(field, arena_, files_);
    if (!message.value)
      throw Error("", fmt::format("initializer '{}'", message.name),
                  fmt::format("a constant of type {} has no place in model.json; keep the model's format",
                              element_name(message.element)));
    return fmt::format("{}: {}", utf8_text(message.name), write_tensor(*message.value));
  }

  std::string node(const Field& message) {
    NamedNode node;
    std::string_view type, domain;
    std::vector<Attribute> attributes;
    std::vector<std::string_view> captured;
    for (Fields fields(message); fields.next();) {
      if (fields->number == NodeProto::kInput) node.inputs.push_back(fields->text());
      if (fields->number == NodeProto::kOutput) node.outputs.push_back(fields->text());
      if (fields->number == NodeProto::kName) node.name = fields->text();
      if (fields->number == NodeProto::kOpType) type = fields->text();
      if (fields->number == NodeProto::kDomain) domain = domain_of(fields->text());
      if (fields->number != NodeProto::kAttribute) continue;
      Attribute& each = attributes.emplace_back(read_attribute(*fields, arena_, files_, captured));
      if (const auto* graph = std::get_if<Opaque>(&each.value))
        each.value = Opaque{.text = inner(each, *graph, *fields), .type = graph->type};
    }
    const std::string full = full_type(domain, type);
    node.type = full;
    node.attributes = attributes;
    return node_text(node);
  }

  // Graphs within graphs are at most kMaxDepth deep: the reader of the model has looked at all of them.
  std::string_view inner(const Attribute& attribute, const Opaque& graph, const Field& message) {
    if (graph.text.empty())
      throw Error("", fmt::format("attribute '{}'", attribute.name),
                  fmt::format("{} has no place in model.json; keep the model's format", kind_of_attribute(message)));
    return arena_.store(std::string_view(graph.type ? json_type(graph.text) : write(graph.text)));
  }

  Arena arena_;
  ExternalFiles files_;
};

}  // namespace

std::string json_body(std::string_view graph, const std::filesystem::path& model) {
  return JsonBody(model).write(graph);
}

}  // namespace rw::graph
