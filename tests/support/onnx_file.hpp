// ONNX files for tests, put together byte by byte: an encoder of its own, so that the engine's is not its own judge.
//
//   write_file(path, model(graph({node("Conv", {"x", "w"}, {"y"})}, {floats("w", {1, 1, 1, 1}, {2})},
//                                {value("x", {1, 1, 4, 4})}, {value("y", {})})));
//
// Field numbers are those of onnx.proto; a message is the std::string of its fields.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace rw::test::onnx {

using Message = std::string;
using Names = std::vector<std::string>;
using Parts = std::vector<Message>;
using Dims = std::vector<std::int64_t>;

// --- wire format
Message varint(std::uint64_t value);
Message number(std::uint32_t field, std::int64_t value);
Message bytes(std::uint32_t field, std::string_view value);  // strings and messages
Message real(std::uint32_t field, float value);

template <typename T>
Message raw(const std::vector<T>& values) {
  Message text(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(text.data(), values.data(), text.size());
  return text;
}

// --- TensorProto; types: 1 float32, 6 int32, 7 int64, 10 float16, 11 float64...
Message tensor_head(const std::string& name, int type, const Dims& dims);  // without elements
Message tensor(const std::string& name, int type, const Dims& dims, const std::string& raw_data);
Message floats(const std::string& name, const Dims& dims, const std::vector<float>& values);
Message ints(const std::string& name, const Dims& dims, const std::vector<std::int64_t>& values);
// Elements in another file.
Message external(const std::string& name, int type, const Dims& dims, const std::string& location,
                 const std::string& offset, const std::string& length);

// SparseTensorProto: these values stand at these places of a tensor of this shape.
Message sparse(const Message& values, const Dims& places, const Dims& dims);

// --- AttributeProto
Message attribute(const std::string& name, std::int64_t value);
Message attribute(const std::string& name, float value);
Message attribute(const std::string& name, const Dims& values);
Message attribute_text(const std::string& name, const std::string& value);
Message attribute_tensor(const std::string& name, const Message& tensor);
Message attribute_graph(const std::string& name, const Message& graph);
Message attribute_sparse(const std::string& name, const Message& sparse);

// --- NodeProto, ValueInfoProto, GraphProto, ModelProto
Message node(const std::string& type, const Names& inputs, const Names& outputs, const Parts& attributes = {},
             const std::string& name = "", const std::string& domain = "");
Message value(const std::string& name, const Dims& dims, int type = 1);  // -1: not known
Message graph(const Parts& nodes, const Parts& initializers, const Parts& inputs, const Parts& outputs);
Message model(const Message& graph, std::int64_t opset = 17);

}  // namespace rw::test::onnx
