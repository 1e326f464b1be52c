#include "graph/formats/onnx/attribute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>

#include "graph/formats/onnx/schema.hpp"
#include "graph/formats/onnx/tensor.hpp"
#include "graph/values/element.hpp"

namespace rw::graph::onnx {
namespace {

using Names = std::vector<std::string_view>;

struct AttributeParts {
  std::string_view name;
  std::int64_t type = 0;
  float real = 0;
  std::int64_t integer = 0;
  std::string_view text;
  std::optional<Field> tensor, graph, type_proto;
  std::vector<float> reals;
  std::vector<std::int64_t> integers;
  Names strings;
  std::vector<Field> graphs;
  std::int64_t guessed = 0;  // from what is there; old files do not say their type

  void take(const Field& field) {
    switch (field.number) {
      case AttributeProto::kName:
        name = field.text();
        return;
      case AttributeProto::kType:
        type = field.integer();
        return;
      case AttributeProto::kFloat:
        real = field.real();
        return guess(kTypeFloat);
      case AttributeProto::kInt:
        integer = field.integer();
        return guess(kTypeInt);
      case AttributeProto::kString:
        text = field.text();
        return guess(kTypeString);
      case AttributeProto::kTensor:
        tensor = field;
        return guess(kTypeTensor);
      case AttributeProto::kGraph:
        graph = field;
        return guess(kTypeGraph);
      case AttributeProto::kFloats:
        field.reals(reals);
        return guess(kTypeFloats);
      case AttributeProto::kInts:
        field.integers(integers);
        return guess(kTypeInts);
      case AttributeProto::kStrings:
        strings.push_back(field.text());
        return guess(kTypeStrings);
      case AttributeProto::kTensors:
        return guess(kTypeTensors);
      case AttributeProto::kGraphs:
        graphs.push_back(field);
        return guess(kTypeGraphs);
      case AttributeProto::kTypeProto:
        type_proto = field;
        return guess(kTypeType);
      case AttributeProto::kTypeProtos:
        return guess(kTypeTypes);
      case AttributeProto::kSparseTensor:
        return guess(kTypeSparseTensor);
      case AttributeProto::kSparseTensors:
        return guess(kTypeSparseTensors);
      default:
        return;
    }
  }
  void guess(std::int64_t kind) { guessed = kind; }
};

AttributeValue tensor_value(const Field& field, Arena& arena, ExternalFiles& files) {
  TensorMessage tensor = read_tensor(field, arena, files);
  if (tensor.value) return *tensor.value;
  return Opaque{};
}

AttributeValue value_of(const AttributeParts& parts, const Field& message, Arena& arena, ExternalFiles& files,
                        const Names& defines) {
  const auto needed = [&](const std::optional<Field>& field, std::string_view what) -> const Field& {
    if (!field) throw message.error(fmt::format("the {} that it says to be is missing", what));
    return *field;
  };
  switch (parts.type != 0 ? parts.type : parts.guessed) {
    case kTypeFloat:
      return static_cast<double>(parts.real);
    case kTypeInt:
      return parts.integer;
    case kTypeString:
      return parts.text;
    case kTypeTensor:
      return tensor_value(needed(parts.tensor, "tensor"), arena, files);
    case kTypeGraph:
      return Opaque{needed(parts.graph, "graph").text(), arena.store(std::span<const std::string_view>(defines))};
    case kTypeType:
      return Opaque{.text = needed(parts.type_proto, "type").text(), .type = true};
    case kTypeFloats: {
      const std::vector<double> values(parts.reals.begin(), parts.reals.end());
      return arena.store(std::span<const double>(values));
    }
    case kTypeInts:
      return arena.store(std::span<const std::int64_t>(parts.integers));
    case kTypeStrings:
      return arena.store(std::span<const std::string_view>(parts.strings));
    default:
      return Opaque{{}, arena.store(std::span<const std::string_view>(defines))};
  }
}

void sort_unique(Names& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

// The names of one graph: what it defines, what it uses.
class Body {
 public:
  Body(Names& defines, int depth) : defines_(defines), depth_(depth) {}

  void take(const Field& field) {
    switch (field.number) {
      case GraphProto::kNode:
        return take_node(field);
      case GraphProto::kInitializer:
        defined_.push_back(named(field, TensorProto::kName));
        return;
      case GraphProto::kInput:
        defined_.push_back(named(field, ValueInfo::kName));
        return;
      case GraphProto::kOutput:
        used_.push_back(named(field, ValueInfo::kName));
        return;
      case GraphProto::kSparseInitializer:
        for (Fields fields(field); fields.next();)
          if (fields->number == SparseTensorProto::kValues) defined_.push_back(named(*fields, TensorProto::kName));
        return;
      default:
        return;
    }
  }

  Names free() {
    sort_unique(used_);
    sort_unique(defined_);
    defines_.insert(defines_.end(), defined_.begin(), defined_.end());
    Names names;
    std::set_difference(used_.begin(), used_.end(), defined_.begin(), defined_.end(), std::back_inserter(names));
    std::erase(names, "");  // an optional input that is absent
    return names;
  }

 private:
  static std::string_view named(const Field& message, std::uint32_t number) {
    std::string_view name;
    for (Fields fields(message); fields.next();)
      if (fields->number == number) name = fields->text();
    return name;
  }

  void take_node(const Field& node) {
    for (Fields fields(node); fields.next();) {
      if (fields->number == NodeProto::kInput) used_.push_back(fields->text());
      if (fields->number == NodeProto::kOutput) defined_.push_back(fields->text());
      if (fields->number != NodeProto::kAttribute) continue;
      for (Fields inner(*fields); inner.next();) {
        if (inner->number != AttributeProto::kGraph && inner->number != AttributeProto::kGraphs) continue;
        const Names names = captures(*inner, defines_, depth_ + 1);
        used_.insert(used_.end(), names.begin(), names.end());
      }
    }
  }

  Names& defines_;
  int depth_;
  Names used_, defined_;
};

}  // namespace

Names captures(const Field& graph, Names& defines, int depth) {
  if (depth > kMaxDepth) throw graph.error(fmt::format("graphs are nested more than {} levels deep", kMaxDepth));
  Body body(defines, depth);
  for (Fields fields(graph); fields.next();) body.take(*fields);
  return body.free();
}

Attribute read_attribute(const Field& message, Arena& arena, ExternalFiles& files, Names& captured) {
  AttributeParts parts;
  for (Fields fields(message); fields.next();) parts.take(*fields);
  if (parts.name.empty()) throw message.error("an attribute without a name");
  try {
    if (parts.graph) parts.graphs.push_back(*parts.graph);
    Names defines;
    for (const Field& graph : parts.graphs) {
      const Names names = captures(graph, defines);
      captured.insert(captured.end(), names.begin(), names.end());
    }
    return {parts.name, value_of(parts, message, arena, files, defines)};
  } catch (const Error& error) {
    throw Error(error.file, error.place, fmt::format("attribute '{}': {}", parts.name, error.message));
  }
}

namespace {

struct KindRow {
  std::int64_t type;
  std::string_view what;
};
constexpr std::array<KindRow, 6> kKinds = {{
    {kTypeGraph, "an empty graph"},
    {kTypeTensors, "a list of tensors"},
    {kTypeGraphs, "a list of graphs"},
    {kTypeSparseTensor, "a sparse tensor"},
    {kTypeType, "a type"},
    {kTypeTypes, "a list of types"},
}};

std::string_view name_of(const Field& attribute) {
  std::string_view name;
  for (Fields fields(attribute); fields.next();)
    if (fields->number == AttributeProto::kName) name = fields->text();
  return name;
}

}  // namespace

std::string kind_of_attribute(const Field& message) {
  AttributeParts parts;
  for (Fields fields(message); fields.next();) parts.take(*fields);
  const std::int64_t type = parts.type != 0 ? parts.type : parts.guessed;
  if (type == kTypeTensor && parts.tensor)
    for (Fields fields(*parts.tensor); fields.next();)
      if (fields->number == TensorProto::kDataType)
        return "a tensor of type " + element_name(static_cast<std::int32_t>(fields->integer()));
  for (const KindRow& row : kKinds)
    if (row.type == type) return std::string(row.what);
  return fmt::format("an attribute of kind {}", type);
}

std::string kind_of_attribute(const Field& graph, OperatorId id, std::string_view name) {
  OperatorId node = 0;
  for (Fields fields(graph); fields.next();) {
    if (fields->number != GraphProto::kNode || node++ != id) continue;
    for (Fields parts(*fields); parts.next();)
      if (parts->number == NodeProto::kAttribute && name_of(*parts) == name) return kind_of_attribute(*parts);
  }
  return "an attribute";
}

}  // namespace rw::graph::onnx
