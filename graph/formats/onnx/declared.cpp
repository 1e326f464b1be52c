#include "graph/formats/onnx/declared.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "graph/formats/onnx/schema.hpp"
#include "graph/formats/onnx/wire.hpp"

namespace rw::graph::onnx {
namespace {

using Kind = ValueType::Kind;

// Which field of a TypeProto says what.
struct HolderRow {
  std::uint32_t field;
  Kind kind;
};
constexpr std::array<HolderRow, 6> kHolders = {{
    {TypeProto::kTensorType, Kind::tensor},
    {TypeProto::kSequenceType, Kind::sequence},
    {TypeProto::kOptionalType, Kind::optional},
    {TypeProto::kMapType, Kind::map},
    {TypeProto::kSparseType, Kind::sparse},
    {TypeProto::kOpaqueType, Kind::opaque},
}};

// --- reading

struct Dimensions {
  std::vector<std::int64_t> sizes;
  std::vector<std::string_view> names;
  bool named = false;

  void take(const Field& message) {
    std::int64_t size = kUnknown;
    std::string_view name;
    for (Fields fields(message); fields.next();) {  // one of the two: the last one counts
      if (fields->number == Dimension::kValue) size = std::max(fields->integer(), kUnknown), name = {};
      if (fields->number == Dimension::kParam) size = kUnknown, name = fields->text();
    }
    sizes.push_back(size);
    names.push_back(name);
    named |= !name.empty();
  }
};

void read_shape(const Field& message, Arena& arena, ValueType& type) {
  Dimensions dims;
  for (Fields fields(message); fields.next();) {
    if (fields->number != TensorShape::kDim) continue;
    dims.take(*fields);
    if (dims.sizes.size() > static_cast<std::size_t>(kMaxRank))
      throw message.error(fmt::format("its shape has more than {} dimensions", kMaxRank));
  }
  type.shape = Shape(arena.store(std::span<const std::int64_t>(dims.sizes)));
  type.names = dims.named ? arena.store(std::span<const std::string_view>(dims.names)) : decltype(type.names)();
}

// A code that is none, as one that ONNX does not have.
std::int32_t element_of(const Field& field) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(field.integer(), 0, INT32_MAX));
}

ValueType read_type(const Field& message, Arena& arena, int depth) {
  if (depth > ValueType::kMostDeep)
    throw message.error(fmt::format("types within types, more than {} deep", ValueType::kMostDeep));
  ValueType type;
  for (Fields fields(message); fields.next();) {
    const auto row = std::find_if(kHolders.begin(), kHolders.end(),
                                  [&](const HolderRow& each) { return each.field == fields->number; });
    if (row == kHolders.end()) continue;
    type = {};
    type.kind = row->kind;
    const bool holds = type.kind == Kind::sequence || type.kind == Kind::optional || type.kind == Kind::map;
    const std::uint32_t inner = type.kind == Kind::map ? MapType::kValueType : HolderType::kElemType;
    for (Fields parts(*fields); parts.next();) {
      if (type.kind == Kind::tensor && parts->number == TensorType::kElemType) type.element = element_of(*parts);
      if (type.kind == Kind::tensor && parts->number == TensorType::kShape) read_shape(*parts, arena, type);
      if (type.kind == Kind::map && parts->number == MapType::kKeyType) type.element = element_of(*parts);
      if (holds && parts->number == inner) type.of = arena.keep(read_type(*parts, arena, depth + 1));
    }
  }
  return type;
}

// --- writing

std::string tensor_type(const ValueType& type) {
  std::string tensor;
  append_integer(TensorType::kElemType, type.element, tensor);
  if (!type.shape.known() || type.shape.any_front()) return tensor;
  std::string dims;
  for (std::size_t i = 0; i < type.shape.dims().size(); ++i) {
    std::string dim;
    if (type.shape.dims()[i] >= 0)
      append_integer(Dimension::kValue, type.shape.dims()[i], dim);
    else if (!type.names.empty() && !type.names[i].empty())
      append_text(Dimension::kParam, type.names[i], dim);
    append_text(TensorShape::kDim, dim, dims);
  }
  append_text(TensorType::kShape, dims, tensor);
  return tensor;
}

std::string holder_type(const ValueType& type) {
  std::string holder;
  if (type.kind == Kind::map) append_integer(MapType::kKeyType, type.element, holder);
  if (type.of)
    append_text(type.kind == Kind::map ? MapType::kValueType : HolderType::kElemType, type_message(*type.of), holder);
  return holder;
}

}  // namespace

ValueType read_type(const Field& message, Arena& arena) { return read_type(message, arena, 1); }

std::string type_message(const ValueType& type) {
  std::string message;
  for (const HolderRow& row : kHolders)
    if (row.kind == type.kind)
      append_text(row.field, type.kind == Kind::tensor ? tensor_type(type) : holder_type(type), message);
  return message;
}

Declared read_declared(const Field& message, Arena& arena) {
  Declared said;
  std::optional<Field> type;
  for (Fields fields(message); fields.next();) {
    if (fields->number == ValueInfo::kName) said.name = fields->text();
    if (fields->number == ValueInfo::kType) type = *fields;
  }
  if (!type) return said;
  try {
    said.type = read_type(*type, arena, 1);
  } catch (const Error& error) {
    throw placed(error, fmt::format("tensor '{}'", said.name));
  }
  return said;
}

Declarations read_declarations(const Field& graph, Arena& arena) {
  Declarations all;
  for (Fields fields(graph); fields.next();) {
    if (fields->number == GraphProto::kInput) all.inputs.push_back(read_declared(*fields, arena));
    if (fields->number == GraphProto::kOutput) all.outputs.push_back(read_declared(*fields, arena));
    if (fields->number == GraphProto::kValueInfo) all.inner.push_back(read_declared(*fields, arena));
  }
  return all;
}

std::string value_info(const Declared& said) {
  std::string message;
  append_text(ValueInfo::kName, said.name, message);
  const bool tensor = said.type.kind == Kind::tensor;
  if (said.type.kind != Kind::none && (!tensor || said.type.element != 0))
    append_text(ValueInfo::kType, type_message(said.type), message);
  return message;
}

std::string_view domain_of(std::string_view text) { return text == "ai.onnx" ? std::string_view() : text; }

std::string full_type(std::string_view domain, std::string_view type) {
  return domain.empty() ? std::string(type) : fmt::format("{}::{}", domain, type);
}

std::string_view domain_of_type(std::string_view full_type) {
  const std::size_t colons = full_type.rfind("::");
  return colons == std::string_view::npos ? std::string_view() : full_type.substr(0, colons);
}

Error placed(const Error& error, std::string place) {
  if (error.place.empty() || error.place == place) return Error(error.file, std::move(place), error.message);
  return Error(error.file, place + ", " + error.place, error.message);
}

}  // namespace rw::graph::onnx
