#include <fmt/format.h>

#include "graph/base/error.hpp"
#include "graph/formats/convert/body.hpp"
#include "graph/formats/convert/to_json.hpp"
#include "graph/formats/json/node.hpp"
#include "graph/formats/onnx/declared.hpp"
#include "graph/formats/text/json_text.hpp"
#include "graph/formats/text/tensor.hpp"
#include "graph/values/element.hpp"

namespace rw::graph {
namespace {

[[noreturn]] void no_place(const std::string& type) {
  throw Error("", "", fmt::format("its type {} has no place in model.json; keep the model's format", type));
}

std::string element_text(std::int32_t code) {
  if (!can_be_declared(code)) no_place(element_name(code));
  return fmt::format("\"{}\"", element_name(code));
}

std::string shape_text(const ValueType& type) {
  if (type.names.empty()) return write_shape(type.shape.dims());
  std::string text;
  for (std::size_t i = 0; i < type.names.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ",
                        type.names[i].empty() ? fmt::format("{}", type.shape.dims()[i]) : utf8_text(type.names[i]));
  return "[" + text + "]";
}

std::string type_text(const ValueType& type);

// The keys that say the type, with a comma before each.
std::string type_keys(const ValueType& type) {
  std::string text;
  if (type.kind == ValueType::Kind::none) return text;
  if (type.kind == ValueType::Kind::sparse) no_place("sparse tensor");
  if (type.kind == ValueType::Kind::opaque) no_place("opaque");
  if (type.kind == ValueType::Kind::tensor) {
    if (type.element != 0) text += fmt::format(R"(, "dtype": {})", element_text(type.element));
    if (type.shape.known()) text += fmt::format(R"(, "shape": {})", shape_text(type));
    return text;
  }
  const std::string held = type.of ? type_text(*type.of) : "{}";
  if (type.kind == ValueType::Kind::map)
    return fmt::format(R"(, "map": {{"key": {}, "value": {}}})", element_text(type.element), held);
  return fmt::format(R"(, "{}": {})", type.kind == ValueType::Kind::sequence ? "sequence" : "optional", held);
}

std::string type_text(const ValueType& type) {
  const std::string text = type_keys(type);
  return "{" + (text.empty() ? text : text.substr(2)) + "}";
}

template <typename Text>
std::string with_name(const Declared& said, Text text) {
  try {
    return text();
  } catch (const Error& error) {
    throw Error(error.file, fmt::format("tensor '{}'", said.name), error.message);
  }
}

}  // namespace

std::string json_type(std::string_view type) {
  Arena arena;
  onnx::Field field;
  field.wire = onnx::Wire::bytes;
  field.payload = field.whole = type;
  return type_text(onnx::read_type(field, arena));
}

std::string declared_text(const Declared& said) {
  return with_name(said, [&] {
    return fmt::format(R"({{"name": {}{}{}}})", utf8_text(said.name), type_keys(said.type),
                       said.constant ? R"(, "constant": true)" : "");
  });
}

std::string inner_text(const Declared& said) {
  return with_name(said, [&] { return fmt::format("{}: {}", utf8_text(said.name), type_text(said.type)); });
}

}  // namespace rw::graph
