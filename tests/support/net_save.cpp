// Net as a model.json and a safetensors file: a writer of its own, because the engine's is under test.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <set>

#include "tests/support/judge.hpp"
#include "tests/support/net.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

constexpr std::size_t kInline = 16;  // constants of at most this many values stand in the JSON file

std::string json_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      result += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < 0x20)
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      result += c;
  }
  return result + '"';
}

// Always with a point or an exponent, so that it stays a float.
std::string number(double value) {
  if (std::isnan(value)) return "\"nan\"";
  if (std::isinf(value)) return value < 0 ? "\"-inf\"" : "\"inf\"";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string number(float value) { return number(static_cast<double>(value)); }
std::string number(std::int64_t value) { return fmt::format("{}", value); }

// [a, b, c] of whatever `write` makes of each value.
template <typename List, typename Write>
std::string list_of(const List& list, Write write) {
  std::string text;
  for (const auto& each : list) text += (text.empty() ? "" : ", ") + write(each);
  return "[" + text + "]";
}

template <typename List>
std::string numbers(const List& list) {
  return list_of(list, [](auto value) { return number(value); });
}

std::string strings(const std::vector<std::string>& list) { return list_of(list, json_string); }

std::string tensor(const Constant& constant) {
  return fmt::format(R"({{"dtype": "{}", "shape": {}, "data": {}}})", graph::name(constant.dtype),
                     numbers(constant.value.shape()),
                     constant.value.visit([](const auto& values) { return numbers(values); }));
}

std::string attribute_value(const NetAttribute& attribute) {
  return std::visit(
      []<typename T>(const T& held) -> std::string {
        if constexpr (std::is_same_v<T, std::string>)
          return json_string(held);
        else if constexpr (std::is_same_v<T, Constant>)
          return fmt::format(R"({{"tensor": {}}})", tensor(held));
        else if constexpr (std::is_arithmetic_v<T>)
          return number(held);
        else
          return numbers(held);
      },
      attribute.value);
}

std::string node_line(const NetNode& node) {
  std::string attributes;
  for (const NetAttribute& each : node.attributes)
    attributes +=
        fmt::format("{}{}: {}", attributes.empty() ? "" : ", ", json_string(each.name), attribute_value(each));
  return fmt::format(R"({{"name": {}, "op": {}, "inputs": {}, "outputs": {}, "attributes": {{{}}}}})",
                     json_string(node.name), json_string(node.type), strings(node.inputs), strings(node.outputs),
                     attributes);
}

std::string input_line(const NetInput& input) {
  return fmt::format(R"({{"name": {}, "dtype": "{}", "shape": {}}})", json_string(input.name), graph::name(input.dtype),
                     numbers(input.shape));
}

std::string range_line(const NetRange& range) {
  return fmt::format(R"({{"axis": {}, "min": {}, "max": {}}})", range.axis, numbers(range.min), numbers(range.max));
}

// A list or an object, one entry a line.
std::string block(const std::vector<std::string>& lines, std::string_view open, std::string_view close) {
  return fmt::format("{}\n    {}\n  {}", open, fmt::join(lines, ",\n    "), close);
}

// Eight bytes with the length of the header, the header in JSON, the values one after the other.
void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, Constant>>& constants) {
  std::string header, values;
  for (const auto& [name, constant] : constants) {
    const std::vector<std::byte> bytes = encode(constant.value, constant.dtype);
    header += fmt::format(R"({}{}: {{"dtype": "{}", "shape": {}, "data_offsets": [{}, {}]}})",
                          header.empty() ? "" : ", ", json_string(name), graph::row(constant.dtype).safetensors,
                          numbers(constant.value.shape()), values.size(), values.size() + bytes.size());
    values.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  header = "{" + header + "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');  // the values begin at a multiple of eight
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(header.size() >> (8 * i) & 0xFFU);
  write_file(path, length + header + values);
}

// Puts runs of nodes into nested networks, and runs of the nodes there again.
class Nest {
 public:
  explicit Nest(std::uint64_t seed) : random_(seed) {}

  // The nodes as lines of JSON; `read`: which of their outputs are read from outside.
  std::vector<std::string> lines(const std::vector<NetNode>& nodes, const std::set<std::string>& read,
                                 const std::string& prefix) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < nodes.size();) {
      const auto size = static_cast<std::size_t>(random_.between(1, 12));
      if (depth_ == 4 || random_.chance(0.6) || i + size > nodes.size()) {
        for (const std::string& output : nodes[i].outputs) prefixes_[output] = prefix;
        lines.push_back(node_line(nodes[i++]));
        continue;
      }
      const std::vector<NetNode> inside(nodes.begin() + static_cast<std::ptrdiff_t>(i),
                                        nodes.begin() + static_cast<std::ptrdiff_t>(i + size));
      std::set<std::string> wanted = read;
      for (std::size_t j = 0; j < nodes.size(); ++j)
        if (j < i || j >= i + size) wanted.insert(nodes[j].inputs.begin(), nodes[j].inputs.end());
      lines.push_back(graph_line(inside, wanted, prefix));
      i += size;
    }
    return lines;
  }

  // By tensor that a node gives: what stands before its name, seen from outside.
  const std::map<std::string, std::string>& prefixes() const { return prefixes_; }

 private:
  std::string graph_line(const std::vector<NetNode>& nodes, const std::set<std::string>& wanted,
                         const std::string& prefix) {
    std::vector<std::string> in, out;
    std::set<std::string> inside, bound;
    for (const NetNode& node : nodes) {
      for (const std::string& input : node.inputs)
        if (!input.empty() && inside.count(input) == 0 && bound.insert(input).second) in.push_back(input);
      for (const std::string& output : node.outputs) {
        inside.insert(output);
        if (wanted.count(output)) out.push_back(output);
      }
    }
    const std::string name = fmt::format("g{}", ++count_);
    ++depth_;
    const std::vector<std::string> inner = lines(nodes, {out.begin(), out.end()}, prefix + name + "/");
    --depth_;
    for (const std::string& output : out) prefixes_[output] = prefix;  // it has the name that it has outside
    return fmt::format(
        R"({{"op": "Graph", "name": {}, "inputs": {}, "outputs": {}, "graph": {{"inputs": {}, "outputs": {}, "nodes": {}}}}})",
        json_string(name), strings(in), strings(out), strings(in), strings(out), block(inner, "[", "]"));
  }

  Random random_;
  int count_ = 0, depth_ = 0;
  std::map<std::string, std::string> prefixes_;
};

}  // namespace

std::filesystem::path Net::write(const std::filesystem::path& folder, const std::string& stem,
                                 const std::vector<std::string>& nodes,
                                 const std::map<std::string, NetRange>& ranges) const {
  std::vector<std::string> inputs, tensors, calibration;
  std::vector<std::pair<std::string, Constant>> outside;
  for (const NetInput& input : inputs_) inputs.push_back(input_line(input));
  for (const auto& [name, constant] : constants_) {
    if (constant.value.count() > kInline)
      outside.emplace_back(name, constant);
    else
      tensors.push_back(fmt::format("{}: {}", json_string(name), tensor(constant)));
  }
  for (const auto& [name, range] : ranges)
    calibration.push_back(fmt::format("{}: {}", json_string(name), range_line(range)));

  std::string text = "{\n  \"format\": \"rewrite-engine/model\", \"version\": 1,\n";
  text += fmt::format("  \"name\": {}, \"opset\": {{\"\": {}}},\n", json_string(stem), opset_);
  text += fmt::format("  \"inputs\": {},\n  \"outputs\": {},\n", block(inputs, "[", "]"), strings(outputs_));
  if (!outside.empty()) {
    write_safetensors(folder / (stem + ".safetensors"), outside);
    text += fmt::format("  \"weights\": {},\n", json_string(stem + ".safetensors"));
  }
  text += fmt::format("  \"tensors\": {},\n", block(tensors, "{", "}"));
  text += fmt::format("  \"nodes\": {}", block(nodes, "[", "]"));
  if (!calibration.empty()) text += fmt::format(",\n  \"calibration\": {}", block(calibration, "{", "}"));
  std::filesystem::path path = folder / (stem + ".json");
  write_file(path, text + "\n}\n");
  return path;
}

std::filesystem::path Net::save(const std::filesystem::path& folder, const std::string& stem) const {
  std::vector<std::string> nodes;
  for (const NetNode& node : nodes_) nodes.push_back(node_line(node));
  return write(folder, stem, nodes, ranges_);
}

std::filesystem::path Net::save_nested(const std::filesystem::path& folder, const std::string& stem,
                                       std::uint64_t seed) const {
  Nest nest(seed);
  const std::vector<std::string> lines = nest.lines(nodes_, {outputs_.begin(), outputs_.end()}, "");
  std::map<std::string, NetRange> ranges;
  for (const auto& [name, range] : ranges_) {
    const auto inside = nest.prefixes().find(name);
    ranges.emplace(inside == nest.prefixes().end() ? name : inside->second + name, range);
  }
  return write(folder, stem, lines, ranges);
}

}  // namespace rw::test
