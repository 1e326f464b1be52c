#include <fmt/format.h>

#include <array>
#include <vector>

#include "graph/base/mapped_file.hpp"
#include "graph/formats/convert/body.hpp"
#include "graph/formats/convert/to_onnx.hpp"
#include "graph/formats/json/attribute.hpp"
#include "graph/formats/onnx/declared.hpp"
#include "graph/formats/onnx/encode.hpp"
#include "graph/formats/onnx/node.hpp"
#include "graph/formats/onnx/schema.hpp"
#include "graph/formats/onnx/wire.hpp"
#include "graph/formats/text/shape.hpp"
#include "graph/formats/text/tensor.hpp"

namespace rw::graph {
namespace {

using namespace onnx;
using Names = std::vector<std::string_view>;

void read_text(std::string_view text, FunctionRef<void(json::Value&)> read) {
  std::string padded(text);
  padded.append(MappedFile::kPadding, ' ');  // the JSON reader looks ahead
  const auto kind = text.starts_with('[') ? json::Kind::array : json::Kind::object;
  json::Document(padded, {0, static_cast<std::uint32_t>(text.size())}).read(read, kind);
}

// One node; its texts live in the arena.
struct BodyNode {
  Arena& arena;
  NamedNode node = {};
  std::vector<Attribute> attributes = {};
  std::vector<std::string> captured = {};

  void take_name(json::Value& value) { node.name = arena.store(value.string()); }
  void take_op(json::Value& value) { node.type = arena.store(value.string()); }
  void take_inputs(json::Value& value) { take_names(value, node.inputs); }
  void take_outputs(json::Value& value) { take_names(value, node.outputs); }
  void take_attributes(json::Value& value) { read_attributes(value, arena, attributes, captured); }
  void refuse(json::Value& value) { throw value.error("a nested network within a graph cannot be converted to ONNX"); }
  void take_names(json::Value& value, Names& names) const {
    value.array([&](json::Value& each) { names.push_back(arena.store(each.string())); });
  }
  static const std::array<json::Key<BodyNode>, 6> kKeys;
};
const std::array<json::Key<BodyNode>, 6> BodyNode::kKeys = {{
    {"name", false, &BodyNode::take_name},
    {"op", true, &BodyNode::take_op},
    {"inputs", true, &BodyNode::take_inputs},
    {"outputs", true, &BodyNode::take_outputs},
    {"attributes", false, &BodyNode::take_attributes},
    {"graph", false, &BodyNode::refuse},
}};

class OnnxBody {
 public:
  explicit OnnxBody(std::set<std::string, std::less<>>& domains) : domains_(domains) {}

  std::string write(std::string_view graph) {
    read_text(graph, [&](json::Value& root) { json::read_keys(root, kKeys, *this); });
    append_text(GraphProto::kName, name_.empty() ? "graph" : name_, message_);
    return std::move(message_);
  }

 private:
  void take_name(json::Value& value) { name_ = value.string(); }
  void take_inputs(json::Value& value) { take_boundary(value, GraphProto::kInput); }
  void take_outputs(json::Value& value) { take_boundary(value, GraphProto::kOutput); }

  void take_boundary(json::Value& value, std::uint32_t field) {
    value.array([&](json::Value& each) { append_text(field, value_info(read_declared(each, arena_)), message_); });
  }

  void take_shapes(json::Value& value) {
    value.object([&](std::string_view name, json::Value& each) {
      append_text(GraphProto::kValueInfo, value_info({name, read_type(each, arena_)}), message_);
    });
  }

  void take_tensors(json::Value& value) {
    value.object([&](std::string_view name, json::Value& each) {
      const Literal literal = read_tensor(each, arena_);
      std::string tensor = tensor_head(name, literal.dtype, literal.shape.dims());
      append_text(TensorProto::kRawData, {reinterpret_cast<const char*>(literal.bytes.data()), literal.bytes.size()},
                  tensor);
      append_text(GraphProto::kInitializer, tensor, message_);
    });
  }

  void take_nodes(json::Value& value) {
    value.array([&](json::Value& each) {
      BodyNode body{arena_};
      json::read_keys(each, BodyNode::kKeys, body);
      for (Attribute& attribute : body.attributes)
        if (const auto* graph = std::get_if<Opaque>(&attribute.value))
          attribute.value = Opaque{.text = arena_.store(std::string_view(
                                       graph->type ? onnx_type(graph->text) : onnx_body(graph->text, domains_))),
                                   .type = graph->type};
      body.node.attributes = body.attributes;
      domains_.emplace(domain_of_type(body.node.type));
      append_text(GraphProto::kNode, node_message(body.node), message_);
    });
  }

  static const std::array<json::Key<OnnxBody>, 6> kKeys;

  std::set<std::string, std::less<>>& domains_;
  Arena arena_;
  std::string name_, message_;
};
const std::array<json::Key<OnnxBody>, 6> OnnxBody::kKeys = {{
    {"name", false, &OnnxBody::take_name},
    {"inputs", false, &OnnxBody::take_inputs},
    {"outputs", true, &OnnxBody::take_outputs},
    {"tensors", false, &OnnxBody::take_tensors},
    {"nodes", true, &OnnxBody::take_nodes},
    {"shapes", false, &OnnxBody::take_shapes},
}};

}  // namespace

std::string onnx_body(std::string_view graph, std::set<std::string, std::less<>>& domains) {
  return OnnxBody(domains).write(graph);
}

std::string onnx_type(std::string_view type) {
  Arena arena;
  std::string message;
  read_text(type, [&](json::Value& value) { message = type_message(read_type(value, arena)); });
  return message;
}

}  // namespace rw::graph
