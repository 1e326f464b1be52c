#include "tests/support/onnx_said.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>
#include <stdexcept>

namespace rw::test {
namespace {

// --- the wire

struct Field {
  std::uint64_t number = 0, value = 0;
  std::string_view bytes;
  bool is_bytes = false;
};
using Message = std::vector<Field>;

std::uint64_t varint(std::string_view& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (rest.empty()) break;
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    if (shift < 64) value |= std::uint64_t{byte & 127U} << shift;
    if (byte < 128) return value;
  }
  throw std::runtime_error("no varint");
}

std::string_view take(std::string_view& rest, std::uint64_t size) {
  if (size > rest.size()) throw std::runtime_error("a field leaves its message");
  const std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(size);
  return taken;
}

Message fields(std::string_view rest) {
  Message list;
  while (!rest.empty()) {
    const std::uint64_t tag = varint(rest);
    Field field{tag >> 3U};
    if ((tag & 7U) == 0)
      field.value = varint(rest);
    else if ((tag & 7U) == 2)
      field.bytes = take(rest, varint(rest)), field.is_bytes = true;
    else if ((tag & 7U) == 1 || (tag & 7U) == 5)
      field.bytes = take(rest, (tag & 7U) == 1 ? 8 : 4);
    else
      throw std::runtime_error("no wire type");
    list.push_back(field);
  }
  return list;
}

const Field* last(const Message& message, std::uint64_t number) {
  const Field* found = nullptr;
  for (const Field& each : message)
    if (each.number == number) found = &each;
  return found;
}
std::string text(const Message& message, std::uint64_t number) {
  const Field* field = last(message, number);
  return field ? std::string(field->bytes) : std::string();
}
std::int64_t integer(const Message& message, std::uint64_t number) {
  const Field* field = last(message, number);
  return field ? static_cast<std::int64_t>(field->value) : 0;
}
// Of a repeated field, packed or one by one; `width` 0: varints, else what takes so many bytes.
std::vector<std::string> values(const Message& message, std::uint64_t number, std::size_t width) {
  std::vector<std::string> list;
  for (const Field& each : message) {
    if (each.number != number) continue;
    std::string_view rest = each.bytes;
    if (width == 0 && !each.is_bytes) list.push_back(std::to_string(static_cast<std::int64_t>(each.value)));
    while (!rest.empty())
      list.push_back(width == 0 ? std::to_string(static_cast<std::int64_t>(varint(rest)))
                                : std::string(take(rest, width)));
  }
  return list;
}

std::string joined(const std::vector<std::string>& list, const std::string& between = ", ") {
  std::string all;
  for (const std::string& each : list) all += (all.empty() ? "" : between) + each;
  return all;
}
std::string domain_of(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

// --- types

std::string type_text(std::string_view bytes);

std::string dims_text(std::string_view shape) {
  std::vector<std::string> dims;
  for (const Field& each : fields(shape)) {
    if (each.number != 1) continue;
    std::string dim = "?";
    for (const Field& part : fields(each.bytes)) {
      const auto size = static_cast<std::int64_t>(part.value);
      if (part.number == 1) dim = size < 0 ? "?" : std::to_string(size);
      if (part.number == 2) dim = part.bytes.empty() ? "?" : "'" + std::string(part.bytes) + "'";
    }
    dims.push_back(dim);
  }
  return "[" + joined(dims) + "]";
}

std::string type_text(std::string_view bytes) {
  std::string type;
  for (const Field& each : fields(bytes)) {
    const Message parts = each.is_bytes ? fields(each.bytes) : Message();
    const auto within = [&](std::uint64_t number) {
      const Field* inner = last(parts, number);
      return inner ? type_text(inner->bytes) : std::string();
    };
    if (each.number == 1) {
      const Field* shape = last(parts, 2);
      type = std::to_string(integer(parts, 1)) + (shape ? dims_text(shape->bytes) : "");
    }
    if (each.number == 4) type = "sequence(" + within(1) + ")";
    if (each.number == 5) type = "map(" + std::to_string(integer(parts, 1)) + ", " + within(2) + ")";
    if (each.number == 9) type = "optional(" + within(1) + ")";
    if (each.number == 7 || each.number == 8) type = "other " + std::to_string(each.number);
  }
  return type;
}

OnnxSaid::Value value_of(const Field& info) {
  const Message parts = fields(info.bytes);
  std::string type = type_text(text(parts, 2));
  if (type.starts_with("0")) type.clear();  // a tensor type without an element type says nothing that ONNX knows
  return {text(parts, 1), std::move(type)};
}

// --- constants

std::size_t width_of(std::int64_t type) {
  static const std::map<std::int64_t, std::size_t> kWidths = {
      {1, 4}, {2, 1}, {3, 1}, {4, 2}, {5, 2}, {6, 4}, {7, 8}, {9, 1}, {10, 2}, {11, 8}, {12, 4}, {13, 8}, {16, 2}};
  const auto found = kWidths.find(type);
  return found == kWidths.end() ? 0 : found->second;
}

std::string constant_text(std::int64_t type, const std::vector<std::string>& dims, const std::string& elements) {
  return std::to_string(type) + "[" + joined(dims) + "]" + ": " + elements;
}

// Text has one NaN alone: all of them become it. `type` of elements of `width` bytes: float32, float64 or a 16-bit one.
void make_nans_one(std::string& elements, std::int64_t type, std::size_t width) {
  static const std::map<std::int64_t, unsigned> kFraction = {{1, 23}, {10, 10}, {11, 52}, {16, 7}};
  const auto found = kFraction.find(type);
  if (found == kFraction.end()) return;
  const std::uint64_t infinity = ((std::uint64_t{1} << (8 * width - 1)) - 1) >> found->second << found->second;
  for (std::size_t at = 0; at + width <= elements.size(); at += width) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, elements.data() + at, width);
    if ((bits & ~(std::uint64_t{1} << (8 * width - 1))) <= infinity) continue;
    bits = infinity + 1;
    std::memcpy(elements.data() + at, &bits, width);
  }
}

// The elements as raw data, whatever field they stand in.
std::string elements_of(const Message& tensor, std::size_t width) {
  if (const Field* raw = last(tensor, 9)) return std::string(raw->bytes);
  std::string elements;
  for (const std::uint64_t field : {5U, 7U, 11U})
    for (const std::string& each : values(tensor, field, 0)) {
      const auto value = static_cast<std::uint64_t>(std::stoll(each));
      char bytes[8];
      std::memcpy(bytes, &value, 8);
      elements.append(bytes, width);
    }
  for (const std::string& each : values(tensor, 4, 4)) elements += each;
  for (const std::string& each : values(tensor, 10, 8)) elements += each;
  for (const Field& each : tensor)
    if (each.number == 6) elements += "'" + std::string(each.bytes) + "'";
  return elements;
}

std::string tensor_text(std::string_view bytes, bool& external) {
  const Message tensor = fields(bytes);
  external |= integer(tensor, 14) == 1;
  const std::int64_t type = integer(tensor, 2);
  std::string elements = elements_of(tensor, width_of(type));
  make_nans_one(elements, type, width_of(type));
  return constant_text(type, values(tensor, 1, 0), elements);
}

// --- nodes

std::string graph_text(std::string_view bytes, bool& external);

// Its kind and its value.
struct AttributeSaid {
  std::string name;
  std::int64_t kind = 0;
  std::string value;
  std::vector<std::string> list;
};

AttributeSaid attribute_of(std::string_view bytes, bool& external) {
  static const std::map<std::uint64_t, std::int64_t> kKinds = {{2, 1}, {3, 2}, {4, 3},  {5, 4},   {6, 5},   {7, 6},
                                                               {8, 7}, {9, 8}, {10, 9}, {11, 10}, {14, 13}, {15, 14}};
  const Message parts = fields(bytes);
  AttributeSaid said{text(parts, 1), integer(parts, 20)};
  for (const Field& each : parts)
    if (const auto kind = kKinds.find(each.number); kind != kKinds.end() && integer(parts, 20) == 0)
      said.kind = kind->second;
  if (said.kind == 1) said.value = last(parts, 2) ? text(parts, 2) : std::string(4, '\0');
  if (said.kind == 1) make_nans_one(said.value, 1, 4);
  if (said.kind == 2) said.value = std::to_string(integer(parts, 3));
  if (said.kind == 3) said.value = text(parts, 4);
  if (said.kind == 4) said.value = tensor_text(text(parts, 5), external);
  if (said.kind == 5) said.value = graph_text(text(parts, 6), external);
  if (said.kind == 6) said.list = values(parts, 7, 4);
  for (std::string& each : said.list) make_nans_one(each, 1, 4);
  if (said.kind == 7) said.list = values(parts, 8, 0);
  if (said.kind == 8)
    for (const Field& each : parts)
      if (each.number == 9) said.list.emplace_back(each.bytes);
  if (said.kind == 13) said.value = type_text(text(parts, 14));
  if (said.kind > 5 && said.kind < 9) said.value = "[" + joined(said.list) + "]";
  return said;
}

struct NodeSaid {
  std::string name, type, domain;
  std::vector<std::string> inputs, outputs;
  std::vector<AttributeSaid> attributes;

  std::string text() const {
    std::string all = domain + "::" + type + "(" + joined(inputs) + ") -> (" + joined(outputs) + ")";
    for (const AttributeSaid& each : attributes)
      all += " " + each.name + ": kind " + std::to_string(each.kind) + " " + each.value;
    return all;
  }
};

NodeSaid node_of(std::string_view bytes, bool& external) {
  const Message parts = fields(bytes);
  NodeSaid node{text(parts, 3), text(parts, 4), domain_of(text(parts, 7)), {}, {}, {}};
  for (const Field& each : parts) {
    if (each.number == 1) node.inputs.emplace_back(each.bytes);
    if (each.number == 2) node.outputs.emplace_back(each.bytes);
    if (each.number == 5) node.attributes.push_back(attribute_of(each.bytes, external));
  }
  return node;
}

// What a Constant node gives; empty: it is none, or gives no numbers.
std::string made_by(const NodeSaid& node) {
  if (node.type != "Constant" || !node.domain.empty() || node.outputs.size() != 1 || node.outputs[0].empty()) return "";
  for (const AttributeSaid& each : node.attributes) {
    const std::vector<std::string> length = {std::to_string(each.list.size())};
    std::string integers;
    for (const std::string& item : each.kind == 2 ? std::vector<std::string>{each.value} : each.list) {
      const std::int64_t value = each.kind == 2 || each.kind == 7 ? std::stoll(item) : 0;
      char bytes[8];
      std::memcpy(bytes, &value, 8);
      integers.append(bytes, 8);
    }
    if (each.name == "value" && each.kind == 4 && width_of(std::stoll(each.value)) != 0) return each.value;
    if (each.name == "value_float" && each.kind == 1) return constant_text(1, {}, each.value);
    if (each.name == "value_floats" && each.kind == 6) return constant_text(1, length, joined(each.list, ""));
    if (each.name == "value_int" && each.kind == 2) return constant_text(7, {}, integers);
    if (each.name == "value_ints" && each.kind == 7) return constant_text(7, length, integers);
  }
  return "";
}

// --- graphs

struct GraphSaid {
  std::string name;
  std::vector<OnnxSaid::Value> inputs, outputs;
  std::map<std::string, std::string> inner, constants;
  std::vector<NodeSaid> nodes;
};

GraphSaid graph_of(std::string_view bytes, bool& external) {
  GraphSaid graph;
  for (const Field& each : fields(bytes)) {
    if (each.number == 1) graph.nodes.push_back(node_of(each.bytes, external));
    if (each.number == 2) graph.name = each.bytes;
    if (each.number == 5) graph.constants[text(fields(each.bytes), 8)] = tensor_text(each.bytes, external);
    if (each.number == 11) graph.inputs.push_back(value_of(each));
    if (each.number == 12) graph.outputs.push_back(value_of(each));
    if (each.number == 13) {
      const OnnxSaid::Value value = value_of(each);
      graph.inner.try_emplace(value.name, value.type);
    }
  }
  if (graph.name.empty()) graph.name = "graph";
  return graph;
}

// A body.
std::string graph_text(std::string_view bytes, bool& external) {
  const GraphSaid graph = graph_of(bytes, external);
  std::string all = "{" + graph.name;
  for (const auto* list : {&graph.inputs, &graph.outputs}) {
    all += ";";
    for (const OnnxSaid::Value& each : *list) all += " " + each.name + ": " + each.type;
  }
  for (const auto* list : {&graph.inner, &graph.constants}) {
    all += ";";
    for (const auto& [name, said] : *list) all += " " + name + ": " + said;
  }
  for (const NodeSaid& each : graph.nodes) all += "; " + each.name + " " + each.text();
  return all + "}";
}

}  // namespace

OnnxSaid onnx_said(std::string_view model) {
  OnnxSaid said;
  const Message parts = fields(model);
  for (const Field& each : parts) {
    if (each.number != 8) continue;
    const Message opset = fields(each.bytes);
    said.opsets[domain_of(text(opset, 1))] = integer(opset, 2);
  }
  GraphSaid graph = graph_of(text(parts, 7), said.external);
  said.name = graph.name;
  said.inputs = std::move(graph.inputs);
  said.outputs = std::move(graph.outputs);
  said.inner = std::move(graph.inner);
  said.constants = std::move(graph.constants);
  for (const NodeSaid& each : graph.nodes) {
    const std::string constant = made_by(each);
    if (!constant.empty())
      said.constants[each.outputs[0]] = constant;
    else if (!each.inputs.empty() || !each.outputs.empty())
      said.nodes.push_back({each.name, each.text(), each.outputs});
  }
  return said;
}

namespace {

class Comparison {
 public:
  Comparison(const OnnxSaid& before, const OnnxSaid& after) : before_(before), after_(after) {
    for (const auto& [name, constant] : before.constants) see(name, constant.substr(0, constant.find(':')));
    for (const OnnxSaid::Value& each : before.inputs) see(each.name, each.type);
    for (const OnnxSaid::Value& each : before.outputs) see(each.name, each.type);
    for (const auto& [name, type] : before.inner) see(name, type);
    for (const OnnxSaid::Node& each : before.nodes) here_.insert(each.outputs.begin(), each.outputs.end());
    for (const auto& [name, constant] : before.constants) here_.insert(name);
    for (const OnnxSaid::Value& each : before.inputs) here_.insert(each.name);
  }

  std::vector<std::string> run() {
    if (before_.name != "graph" || after_.name != "graph") same("the name of the graph", before_.name, after_.name);
    for (const auto& [domain, version] : before_.opsets) {
      const auto found = after_.opsets.find(domain);
      same("the operator set of '" + domain + "'", std::to_string(version),
           found == after_.opsets.end() ? "none" : std::to_string(found->second));
    }
    for (const auto& [domain, version] : after_.opsets)
      if (!before_.opsets.contains(domain) && version != 1) tell("an operator set of '" + domain + "' is new");
    boundary("input", before_.inputs, after_.inputs);
    boundary("output", before_.outputs, after_.outputs);
    inner();
    constants();
    nodes();
    return std::move(told_);
  }

 private:
  void tell(const std::string& sentence) { told_.push_back(sentence); }
  void same(const std::string& what, const std::string& before, const std::string& after) {
    if (before != after) tell(what + " was " + before + " and is " + after);
  }

  void see(const std::string& name, const std::string& type) {
    if (type.empty()) return;
    const auto [seen, first] = types_.try_emplace(name, type);
    if (!first && seen->second != type) disputed_.insert(name);
  }
  bool judged(const std::string& name, const std::string& type) const {
    return !type.empty() && !disputed_.contains(name);
  }

  void boundary(const std::string& what, const std::vector<OnnxSaid::Value>& before,
                const std::vector<OnnxSaid::Value>& after) {
    same("the number of " + what + "s", std::to_string(before.size()), std::to_string(after.size()));
    for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
      same("the name of " + what + " " + std::to_string(i), before[i].name, after[i].name);
      if (judged(before[i].name, before[i].type))
        same("the type of " + what + " '" + before[i].name + "'", before[i].type, after[i].type);
    }
  }

  void inner() {
    for (const auto& [name, type] : before_.inner) {
      if (!judged(name, type) || !here_.contains(name)) continue;
      const auto found = after_.inner.find(name);
      same("the type of '" + name + "'", type, found == after_.inner.end() ? "not said" : found->second);
    }
    for (const auto& [name, type] : after_.inner)
      if (!before_.inner.contains(name)) tell("of '" + name + "' a type is said, " + type);
  }

  void constants() {
    const bool external = before_.external || after_.external;
    for (const auto& [name, constant] : before_.constants) {
      const auto found = after_.constants.find(name);
      if (found == after_.constants.end())
        tell("the constant '" + name + "' is gone");
      else if (found->second != constant && !external)
        tell("the constant '" + name + "' differs");
    }
    for (const auto& [name, constant] : after_.constants)
      if (!before_.constants.contains(name)) tell("the constant '" + name + "' is new");
  }

  // A node without a name, or with one that another has, may get one.
  void nodes() {
    same("the number of nodes", std::to_string(before_.nodes.size()), std::to_string(after_.nodes.size()));
    std::set<std::string> names = {""};
    for (std::size_t i = 0; i < std::min(before_.nodes.size(), after_.nodes.size()); ++i) {
      const OnnxSaid::Node &one = before_.nodes[i], &other = after_.nodes[i];
      if (names.insert(one.name).second) same("the name of node " + std::to_string(i), one.name, other.name);
      if (!before_.external) same("node '" + one.name + "'", one.text, other.text);
    }
  }

  const OnnxSaid &before_, &after_;
  std::map<std::string, std::string> types_;
  std::set<std::string> disputed_, here_;
  std::vector<std::string> told_;
};

}  // namespace

std::vector<std::string> differences(const OnnxSaid& before, const OnnxSaid& after) {
  return Comparison(before, after).run();
}

}  // namespace rw::test
