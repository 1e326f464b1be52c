#include "graph/formats/onnx/locations.hpp"

#include <array>

#include "graph/base/function_ref.hpp"
#include "graph/formats/onnx/attribute.hpp"
#include "graph/formats/onnx/encode.hpp"
#include "graph/formats/onnx/external.hpp"
#include "graph/formats/onnx/schema.hpp"

namespace rw::graph::onnx {
namespace {

enum class Message : std::uint8_t { model, function, graph, node, attribute, sparse, tensor };

// Where messages stand in one another on the way to a tensor.
struct ChildRow {
  Message parent;
  std::uint32_t number;
  Message child;
};
constexpr std::array<ChildRow, 15> kChildren = {{
    {Message::model, ModelProto::kGraph, Message::graph},
    {Message::model, ModelProto::kFunctions, Message::function},
    {Message::function, FunctionProto::kNode, Message::node},
    {Message::graph, GraphProto::kInitializer, Message::tensor},
    {Message::graph, GraphProto::kSparseInitializer, Message::sparse},
    {Message::graph, GraphProto::kNode, Message::node},
    {Message::node, NodeProto::kAttribute, Message::attribute},
    {Message::attribute, AttributeProto::kTensor, Message::tensor},
    {Message::attribute, AttributeProto::kTensors, Message::tensor},
    {Message::attribute, AttributeProto::kGraph, Message::graph},
    {Message::attribute, AttributeProto::kGraphs, Message::graph},
    {Message::attribute, AttributeProto::kSparseTensor, Message::sparse},
    {Message::attribute, AttributeProto::kSparseTensors, Message::sparse},
    {Message::sparse, SparseTensorProto::kValues, Message::tensor},
    {Message::sparse, SparseTensorProto::kIndices, Message::tensor},
}};

constexpr std::uint32_t kNumbers = 32;  // those of the rows are smaller

std::optional<Message> child_of(Message parent, std::uint32_t number) {
  static constexpr auto kByNumber = [] {
    std::array<std::array<std::optional<Message>, kNumbers>, 7> all{};
    for (const ChildRow& row : kChildren) all.at(static_cast<std::size_t>(row.parent)).at(row.number) = row.child;
    return all;
  }();
  return number < kNumbers ? kByNumber[static_cast<std::size_t>(parent)][number] : std::nullopt;
}

int deeper(Message kind, const Field& message, int depth) {
  if (kind == Message::graph && ++depth > kMaxDepth) throw message.error("graphs are nested too deep");
  return depth;
}

// Calls f for every tensor in a message within so many graphs; `main`: it is an initializer of the main graph.
void each_tensor(Message kind, const Field& message, int depth, FunctionRef<void(const Field& tensor, bool main)> f) {
  depth = deeper(kind, message, depth);
  for (Fields fields(message); fields.next();) {
    const auto child = child_of(kind, fields->number);
    if (child == Message::tensor)
      f(*fields, kind == Message::graph && depth == 1);
    else if (child)
      each_tensor(*child, *fields, depth, f);
  }
}

std::string tensor_at(const Field& tensor, std::string_view location) {
  std::string out;
  for (Fields fields(tensor); fields.next();) {
    ExternalText text;
    if (fields->number == TensorProto::kExternalData) text.take(*fields);
    if (text.location.empty())
      out += fields->whole;
    else
      append_entry(TensorProto::kExternalData, "location", location, out);
  }
  return out;
}

std::optional<std::string> renamed(Message kind, const Field& message, int depth, const Renames& renames) {
  if (kind == Message::tensor) {
    const auto found = renames.find(external_location(message));
    return found == renames.end() ? std::nullopt : std::optional(tensor_at(message, found->second));
  }
  bool any = false;
  each_tensor(kind, message, depth, [&](const Field& tensor, bool) {
    any = any || renames.find(external_location(tensor)) != renames.end();
  });
  if (!any) return std::nullopt;
  depth = deeper(kind, message, depth);
  std::string out;
  for (Fields fields(message); fields.next();) {
    const auto child = child_of(kind, fields->number);
    if (const auto inner = child ? renamed(*child, *fields, depth, renames) : std::nullopt)
      append_text(fields->number, *inner, out);
    else
      out += fields->whole;
  }
  return out;
}

}  // namespace

std::set<std::string> external_locations(std::string_view model, bool initializers) {
  std::set<std::string> found;
  for (Fields fields(model, 0); fields.next();) {
    const auto child = child_of(Message::model, fields->number);
    if (!child) continue;
    each_tensor(*child, *fields, *child == Message::graph ? 0 : 1, [&](const Field& tensor, bool main) {
      if (main && !initializers) return;
      if (const std::string_view location = external_location(tensor); !location.empty()) found.emplace(location);
    });
  }
  return found;
}

std::string_view external_location(const Field& tensor) {
  ExternalText text;
  bool external = false;
  for (Fields fields(tensor); fields.next();) {
    if (fields->number == TensorProto::kExternalData) text.take(*fields);
    if (fields->number == TensorProto::kDataLocation) external = fields->integer() == 1;
  }
  return external ? text.location : std::string_view();
}

std::optional<std::string> renamed_tensor(const Field& tensor, const Renames& renames) {
  return renamed(Message::tensor, tensor, 1, renames);
}

std::optional<std::string> renamed_sparse(const Field& sparse, const Renames& renames) {
  return renamed(Message::sparse, sparse, 1, renames);
}

std::optional<std::string> renamed_node(const Field& node, const Renames& renames) {
  return renamed(Message::node, node, 1, renames);
}

std::optional<std::string> renamed_function(const Field& function, const Renames& renames) {
  return renamed(Message::function, function, 1, renames);
}

}  // namespace rw::graph::onnx
