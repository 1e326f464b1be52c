// Element types of outputs, as the ONNX operator specification says them. What no rule knows stays unknown: it is never
// guessed, because integers carry no scale.
#include "graph/operators/form_functions.hpp"

namespace rw::graph::type_of {
namespace {

DType of_input(const Node& node, std::size_t slot) {
  return node.has(slot) ? node.tensor(slot).dtype : DType::undefined;
}

DType of_onnx(std::int64_t code) { return dtype_of_onnx(static_cast<int>(code)).value_or(DType::undefined); }

// An attribute that names a type; nothing where it is absent.
std::optional<DType> named(const Node& node, std::string_view attribute) {
  const AttributeValue* value = node.op().find(attribute);
  if (!value) return std::nullopt;
  const auto* code = std::get_if<std::int64_t>(value);  // a text before operator set 6
  return code && *code > 0 && *code < 1000 ? of_onnx(*code) : DType::undefined;
}

// As input 0, and from output 1 on this.
DType then(const Node& node, std::uint32_t output, DType further) { return output == 0 ? of_input(node, 0) : further; }

}  // namespace

DType same(const Node& node, std::uint32_t) { return of_input(node, 0); }

DType common(const Node& node, std::uint32_t) {
  for (std::size_t slot = 0; slot < node.input_count(); ++slot)
    if (const DType dtype = of_input(node, slot); dtype != DType::undefined) return dtype;
  return DType::undefined;
}

DType of_second(const Node& node, std::uint32_t) { return of_input(node, 1); }
DType of_third(const Node& node, std::uint32_t) { return of_input(node, 2); }
DType of_eighth(const Node& node, std::uint32_t) { return of_input(node, 7); }

DType where(const Node& node, std::uint32_t) {
  const DType yes = of_input(node, 1);
  return yes != DType::undefined ? yes : of_input(node, 2);
}

DType boolean(const Node&, std::uint32_t) { return DType::boolean; }
DType int32(const Node&, std::uint32_t) { return DType::int32; }
DType int64(const Node&, std::uint32_t) { return DType::int64; }
DType uint8(const Node&, std::uint32_t) { return DType::uint8; }
DType float32(const Node&, std::uint32_t) { return DType::float32; }

DType then_int64(const Node& node, std::uint32_t output) { return then(node, output, DType::int64); }
DType int64_second(const Node&, std::uint32_t output) { return output == 1 ? DType::int64 : DType::undefined; }

// Before operator set 10 the mask has the type of the input.
DType dropout(const Node& node, std::uint32_t output) {
  return then(node, output, node.network().opset().value_or(10) < 10 ? of_input(node, 0) : DType::boolean);
}

// Mean and variance may have another type, in which they came in.
DType batch_normalization(const Node& node, std::uint32_t output) { return then(node, output, of_input(node, 3)); }

// What it works in: float32 unless it says otherwise.
DType layer_normalization(const Node& node, std::uint32_t output) {
  return then(node, output, of_onnx(node.integer("stash_type", 1)));
}

// Keys and values keep their types.
DType attention(const Node& node, std::uint32_t output) { return of_input(node, output == 2 ? 2 : 0); }

DType cast(const Node& node, std::uint32_t) { return named(node, "to").value_or(DType::undefined); }

DType constant(const Node& node, std::uint32_t) {
  const auto* literal = node.op().attributes.empty() ? nullptr : std::get_if<Literal>(&node.op().attributes[0].value);
  if (literal) return literal->dtype;
  if (node.op().find("value_int") || node.op().find("value_ints")) return DType::int64;
  return node.op().find("value_float") || node.op().find("value_floats") ? DType::float32 : DType::undefined;
}

DType constant_of_shape(const Node& node, std::uint32_t) {
  const AttributeValue* value = node.op().find("value");
  if (!value) return DType::float32;
  const auto* literal = std::get_if<Literal>(value);
  return literal ? literal->dtype : DType::undefined;
}

DType named_or_same(const Node& node, std::uint32_t) { return named(node, "dtype").value_or(of_input(node, 0)); }
DType named_or_float32(const Node& node, std::uint32_t) { return named(node, "dtype").value_or(DType::float32); }
DType named_or_int32(const Node& node, std::uint32_t) { return named(node, "dtype").value_or(DType::int32); }

DType output_datatype(const Node& node, std::uint32_t) {
  return named(node, "output_datatype").value_or(DType::float32);
}

DType quantized(const Node& node, std::uint32_t) {
  if (node.has(2)) return of_input(node, 2);
  return node.integer("output_dtype", 0) == 0 ? DType::uint8 : *named(node, "output_dtype");
}

DType dequantized(const Node& node, std::uint32_t) {
  return node.integer("output_dtype", 0) == 0 ? of_input(node, 1) : *named(node, "output_dtype");
}

DType dynamic_quantized(const Node&, std::uint32_t output) { return output == 1 ? DType::float32 : DType::uint8; }

DType user(const Node& node, std::uint32_t) {
  return of_input(node, static_cast<std::size_t>(node.form().user.weight.value_or(1)));
}

}  // namespace rw::graph::type_of
