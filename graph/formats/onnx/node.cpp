#include "graph/formats/onnx/node.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>
#include <variant>

#include "graph/formats/onnx/attribute.hpp"
#include "graph/formats/onnx/encode.hpp"
#include "graph/formats/onnx/schema.hpp"
#include "graph/operators/form.hpp"

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

// Domain and type; an operator of ONNX itself needs no domain.
std::pair<std::string_view, std::string_view> split_type(std::string_view type) {
  const std::size_t colons = type.rfind("::");
  if (colons == std::string_view::npos) return {"", type};
  return {type.substr(0, colons), type.substr(colons + 2)};
}

void append_type(std::string_view type, std::string& out) {
  const auto [domain, plain] = split_type(type);
  append_text(NodeProto::kOpType, plain, out);
  if (!domain.empty()) append_text(NodeProto::kDomain, domain, out);
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

namespace {

using A = AttributeProto;

struct AttributeFields {
  std::string& out;
  void type(std::int64_t code) const { append_integer(A::kType, code, out); }

  void operator()(std::int64_t value) const { append_integer(A::kInt, value, out), type(kTypeInt); }
  void operator()(double value) const { append_real(A::kFloat, static_cast<float>(value), out), type(kTypeFloat); }
  void operator()(std::string_view value) const { append_text(A::kString, value, out), type(kTypeString); }
  void operator()(std::span<const std::int64_t> values) const {
    for (const std::int64_t each : values) append_integer(A::kInts, each, out);
    type(kTypeInts);
  }
  void operator()(std::span<const double> values) const {
    for (const double each : values) append_real(A::kFloats, static_cast<float>(each), out);
    type(kTypeFloats);
  }
  void operator()(std::span<const std::string_view> values) const {
    for (const std::string_view each : values) append_text(A::kStrings, each, out);
    type(kTypeStrings);
  }
  void operator()(const Literal& value) const {
    std::string tensor = tensor_head("", value.dtype, value.shape.dims());
    append_text(TensorProto::kRawData, {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()}, tensor);
    append_text(A::kTensor, tensor, out);
    type(kTypeTensor);
  }
  void operator()(const Opaque& value) const {
    append_text(value.type ? A::kTypeProto : A::kGraph, value.text, out);
    type(value.type ? kTypeType : kTypeGraph);
  }
};

// JSON writes numbers that are not finite as text; an attribute that the operator's form knows as a number is one.
AttributeValue typed(const NamedNode& node, const Attribute& attribute) {
  const auto* text = std::get_if<std::string_view>(&attribute.value);
  const Form* form = text ? find_form(node.type) : nullptr;
  if (!form) return attribute.value;
  for (const AttributeRow& row : form->attributes) {
    if (row.name != attribute.name || row.form != AttributeForm::number) continue;
    if (*text == "inf") return std::numeric_limits<double>::infinity();
    if (*text == "-inf") return -std::numeric_limits<double>::infinity();
    if (*text == "nan") return std::numeric_limits<double>::quiet_NaN();
  }
  return attribute.value;
}

}  // namespace

std::string node_message(const NamedNode& node) {
  std::string message;
  for (const std::string_view each : node.inputs) append_text(NodeProto::kInput, each, message);
  for (const std::string_view each : node.outputs) append_text(NodeProto::kOutput, each, message);
  append_text(NodeProto::kName, node.name, message);
  const auto [domain, type] = split_type(node.type);
  append_text(NodeProto::kOpType, type, message);
  for (const Attribute& each : node.attributes) {
    std::string attribute;
    append_text(A::kName, each.name, attribute);
    std::visit(AttributeFields{attribute}, typed(node, each));
    append_text(NodeProto::kAttribute, attribute, message);
  }
  if (!domain.empty()) append_text(NodeProto::kDomain, domain, message);
  return message;
}

}  // namespace rw::graph::onnx
