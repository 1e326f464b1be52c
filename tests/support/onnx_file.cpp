#include "tests/support/onnx_file.hpp"

namespace rw::test::onnx {

Message varint(std::uint64_t value) {
  Message text;
  for (; value > 127; value /= 128) text += static_cast<char>(value % 128 + 128);
  return text + static_cast<char>(value);
}

Message number(std::uint32_t field, std::int64_t value) {
  return varint(std::uint64_t{field} * 8U) + varint(static_cast<std::uint64_t>(value));
}

Message bytes(std::uint32_t field, std::string_view value) {
  return varint(field * 8U + 2) + varint(value.size()) + std::string(value);
}

Message real(std::uint32_t field, float value) { return varint(field * 8U + 5) + raw(std::vector<float>{value}); }

Message tensor_head(const std::string& name, int type, const Dims& dims) {
  Message text;
  for (const std::int64_t dim : dims) text += number(1, dim);
  return text + number(2, type) + bytes(8, name);
}

Message tensor(const std::string& name, int type, const Dims& dims, const std::string& raw_data) {
  return tensor_head(name, type, dims) + bytes(9, raw_data);
}

Message floats(const std::string& name, const Dims& dims, const std::vector<float>& values) {
  return tensor(name, 1, dims, raw(values));
}

Message ints(const std::string& name, const Dims& dims, const std::vector<std::int64_t>& values) {
  return tensor(name, 7, dims, raw(values));
}

Message external(const std::string& name, int type, const Dims& dims, const std::string& location,
                 const std::string& offset, const std::string& length) {
  const auto entry = [](const std::string& key, const std::string& text) {
    return text.empty() ? Message() : bytes(13, bytes(1, key) + bytes(2, text));
  };
  return tensor_head(name, type, dims) + entry("location", location) + entry("offset", offset) +
         entry("length", length) + number(14, 1);
}

Message sparse(const Message& values, const Dims& places, const Dims& dims) {
  Message text = bytes(1, values) + bytes(2, ints("places", {static_cast<std::int64_t>(places.size())}, places));
  for (const std::int64_t dim : dims) text += number(3, dim);
  return text;
}

Message attribute(const std::string& name, std::int64_t value) {
  return bytes(1, name) + number(3, value) + number(20, 2);
}
Message attribute(const std::string& name, float value) { return bytes(1, name) + real(2, value) + number(20, 1); }

Message attribute(const std::string& name, const Dims& values) {
  Message text = bytes(1, name);
  for (const std::int64_t each : values) text += number(8, each);
  return text + number(20, 7);
}

Message attribute_text(const std::string& name, const std::string& value) {
  return bytes(1, name) + bytes(4, value) + number(20, 3);
}

Message attribute_tensor(const std::string& name, const Message& tensor) {
  return bytes(1, name) + bytes(5, tensor) + number(20, 4);
}

Message attribute_graph(const std::string& name, const Message& graph) {
  return bytes(1, name) + bytes(6, graph) + number(20, 5);
}

Message attribute_sparse(const std::string& name, const Message& sparse) {
  return bytes(1, name) + bytes(22, sparse) + number(20, 11);
}

Message node(const std::string& type, const Names& inputs, const Names& outputs, const Parts& attributes,
             const std::string& name, const std::string& domain) {
  Message text;
  for (const std::string& each : inputs) text += bytes(1, each);
  for (const std::string& each : outputs) text += bytes(2, each);
  if (!name.empty()) text += bytes(3, name);
  text += bytes(4, type);
  for (const Message& each : attributes) text += bytes(5, each);
  if (!domain.empty()) text += bytes(7, domain);
  return text;
}

Message value(const std::string& name, const Dims& dims, int type) {
  Message shape;
  for (const std::int64_t dim : dims) shape += bytes(1, dim < 0 ? bytes(2, "n") : number(1, dim));
  return bytes(1, name) + bytes(2, bytes(1, number(1, type) + bytes(2, shape)));
}

Message graph(const Parts& nodes, const Parts& initializers, const Parts& inputs, const Parts& outputs) {
  Message text;
  for (const Message& each : nodes) text += bytes(1, each);
  text += bytes(2, "tiny");
  for (const Message& each : initializers) text += bytes(5, each);
  for (const Message& each : inputs) text += bytes(11, each);
  for (const Message& each : outputs) text += bytes(12, each);
  return text;
}

Message model(const Message& graph, std::int64_t opset) {
  return number(1, 8) + bytes(7, graph) + bytes(8, number(2, opset));
}

}  // namespace rw::test::onnx
