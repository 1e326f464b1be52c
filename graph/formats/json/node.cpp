#include "graph/formats/json/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <variant>

#include "graph/base/error.hpp"
#include "graph/base/utf8.hpp"
#include "graph/formats/text/json_text.hpp"
#include "graph/formats/text/tensor.hpp"

namespace rw::graph {

std::string utf8_text(std::string_view text) {
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8 point = decode_utf8(rest);
    if (!point.valid) throw Error("", "", fmt::format("'{}' is no UTF-8: model.json cannot have it", text));
    rest.remove_prefix(point.size);
  }
  return json::quoted(text);
}

namespace {

// Always with a point or an exponent, so that a float stays one; "inf" and the like are text.
std::string real(double value) {
  std::string text;
  json::append_number(value, text);
  if (text.find_first_of(".e\"") == std::string::npos) text += ".0";
  return text;
}

std::string names(const std::vector<std::string_view>& list) { return json::list(list, utf8_text); }

struct AttributeText {
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const {
    return std::isfinite(value) ? real(value) : fmt::format(R"({{"float": {}}})", real(value));
  }
  std::string operator()(std::string_view value) const { return utf8_text(value); }
  std::string operator()(std::span<const std::int64_t> values) const {
    return json::list(values, [](std::int64_t each) { return fmt::format("{}", each); });
  }
  // A list says its type by an element that can be of no other one, or by this name.
  static std::string list(bool says, const char* type, const std::string& text) {
    return says ? text : fmt::format(R"({{"{}": {}}})", type, text);
  }
  std::string operator()(std::span<const double> values) const {
    const bool says = std::any_of(values.begin(), values.end(), [](double each) { return std::isfinite(each); });
    return list(says, "floats", json::list(values, real));
  }
  std::string operator()(std::span<const std::string_view> values) const {
    return list(!values.empty(), "strings", json::list(values, utf8_text));
  }
  std::string operator()(const Literal& value) const { return fmt::format(R"({{"tensor": {}}})", write_tensor(value)); }
  std::string operator()(const Opaque& value) const {
    return list(false, value.type ? "type" : "graph", std::string(value.text));
  }
};

std::string attribute_text(std::string_view node, const Attribute& attribute) {
  try {
    return fmt::format("{}: {}", utf8_text(attribute.name), std::visit(AttributeText(), attribute.value));
  } catch (const Error& error) {
    throw Error(error.file, fmt::format("node '{}'", node),
                fmt::format("attribute '{}': {}", attribute.name, error.message));
  }
}

}  // namespace

std::string attributes_text(std::string_view node, std::span<const Attribute> attributes) {
  std::string text;
  for (const Attribute& each : attributes) text += (text.empty() ? "" : ", ") + attribute_text(node, each);
  return "{" + text + "}";
}

std::string node_text(const NamedNode& node) {
  std::string text = fmt::format(R"({{"name": {}, "op": {}, "inputs": {}, "outputs": {})", utf8_text(node.name),
                                 utf8_text(node.type), names(node.inputs), names(node.outputs));
  if (!node.attributes.empty()) text += ", \"attributes\": " + attributes_text(node.name, node.attributes);
  return text + "}";
}

}  // namespace rw::graph
