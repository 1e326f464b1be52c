// Element types of outputs, as the ONNX operator specification says them.
#include "graph/operators/form_functions.hpp"

namespace rw::graph::type_of {
namespace {

DType of_input(const Node& node, std::size_t slot) {
  return node.has(slot) ? node.tensor(slot).dtype : DType::undefined;
}

}  // namespace

DType same(const Node& node, std::uint32_t) { return of_input(node, 0); }
DType of_second(const Node& node, std::uint32_t) { return of_input(node, 1); }
DType boolean(const Node&, std::uint32_t) { return DType::boolean; }
DType int64(const Node&, std::uint32_t) { return DType::int64; }

DType indices_second(const Node& node, std::uint32_t output) { return output == 1 ? DType::int64 : of_input(node, 0); }

DType mask_second(const Node& node, std::uint32_t output) { return output == 1 ? DType::boolean : of_input(node, 0); }

DType cast(const Node& node, std::uint32_t) {
  return dtype_of_onnx(static_cast<int>(node.integer("to", 1))).value_or(DType::undefined);
}

DType constant_of_shape(const Node& node, std::uint32_t) {
  const AttributeValue* value = node.op().find("value");
  const auto* literal = value ? std::get_if<Literal>(value) : nullptr;
  return literal ? literal->dtype : DType::float32;
}

DType quantized(const Node& node, std::uint32_t) { return node.has(2) ? node.tensor(2).dtype : DType::uint8; }

}  // namespace rw::graph::type_of
