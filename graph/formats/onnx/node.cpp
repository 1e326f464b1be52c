#include "graph/formats/onnx/node.hpp"

#include <fmt/format.h>

#include "graph/formats/onnx/attribute.hpp"
#include "graph/formats/onnx/schema.hpp"

namespace rw::graph::onnx {
namespace {

using Names = std::vector<std::string_view>;

Names names_of(const Field& node, std::uint32_t number) {
  Names names;
  for (Fields fields(node); fields.next();)
    if (fields->number == number) names.push_back(fields->text());
  return names;
}

// What a graph in the node reads stands behind its own inputs in the network, but nowhere in the file.
bool has_graph(const Field& node) {
  for (Fields fields(node); fields.next();) {
    if (fields->number != NodeProto::kAttribute) continue;
    for (Fields inner(*fields); inner.next();)
      if (inner->number == AttributeProto::kGraph || inner->number == AttributeProto::kGraphs) return true;
  }
  return false;
}

void check_slots(const Field& node, const OperatorChange& change, const Rewritten& rewritten, std::size_t own) {
  if (change.inputs.empty() || change.inputs.rbegin()->first < own || !has_graph(node)) return;
  throw node.error(fmt::format("'{}' cannot take the place of a tensor that a graph within a node reads",
                               rewritten.name(change.inputs.rbegin()->second)));
}

// Writes the whole list where its first entry stood.
struct List {
  std::uint32_t number;
  Names names;
  bool written = false;

  void write(std::string& out) {
    if (written) return;
    for (const std::string_view name : names) append_text(number, name, out);
    written = true;
  }
};

// An operator of ONNX itself needs no domain.
void append_type(std::string_view type, std::string& out) {
  const std::size_t colons = type.rfind("::");
  const bool plain = colons == std::string_view::npos;
  append_text(NodeProto::kOpType, plain ? type : type.substr(colons + 2), out);
  if (!plain) append_text(NodeProto::kDomain, type.substr(0, colons), out);
}

bool dropped_with_type(std::uint32_t number) {
  return number == NodeProto::kAttribute || number == NodeProto::kDomain || number == NodeProto::kOverload;
}

}  // namespace

std::string changed_node(const Field& node, const OperatorChange& change, const Rewritten& rewritten) {
  List inputs{NodeProto::kInput, names_of(node, NodeProto::kInput)},
      outputs{NodeProto::kOutput, names_of(node, NodeProto::kOutput)};
  check_slots(node, change, rewritten, inputs.names.size());
  const auto name = [&](TensorId id) { return rewritten.name(id); };
  inputs.names = change.inputs_of(std::move(inputs.names), std::string_view(), name);
  outputs.names = change.outputs_of(std::move(outputs.names), std::string_view(), name);
  std::string message;
  for (Fields fields(node); fields.next();) {
    if (fields->number == NodeProto::kInput)
      inputs.write(message);
    else if (fields->number == NodeProto::kOutput)
      outputs.write(message);
    else if (change.type && fields->number == NodeProto::kOpType)
      append_type(*change.type, message);
    else if (!change.type || !dropped_with_type(fields->number))
      message += fields->whole;
  }
  inputs.write(message);  // where the file had none
  outputs.write(message);
  return header(GraphProto::kNode, message.size()) + message;
}

std::string inserted_node(const InsertedOperator& node) {
  std::string message;
  for (const std::string& name : node.inputs) append_text(NodeProto::kInput, name, message);
  for (const std::string& name : node.outputs) append_text(NodeProto::kOutput, name, message);
  append_text(NodeProto::kName, node.name, message);
  append_type(node.type, message);
  return header(GraphProto::kNode, message.size()) + message;
}

}  // namespace rw::graph::onnx
