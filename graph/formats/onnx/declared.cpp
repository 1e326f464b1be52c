#include "graph/formats/onnx/declared.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "graph/formats/onnx/schema.hpp"

namespace rw::graph::onnx {
namespace {

Shape read_shape(const Field& message, Arena& arena) {
  std::vector<std::int64_t> dims;
  for (Fields fields(message); fields.next();) {
    if (fields->number != TensorShape::kDim) continue;
    std::int64_t dim = kUnknown;
    for (Fields inner(*fields); inner.next();)
      if (inner->number == Dimension::kValue) dim = inner->integer() > 0 ? inner->integer() : kUnknown;
    dims.push_back(dim);
    if (dims.size() > static_cast<std::size_t>(kMaxRank))
      throw message.error(fmt::format("its shape has more than {} dimensions", kMaxRank));
  }
  return Shape(arena.store(std::span<const std::int64_t>(dims)));
}

void read_tensor_type(const Field& message, Arena& arena, Declared& said) {
  for (Fields fields(message); fields.next();) {
    if (fields->number == TensorType::kElemType) {
      const std::int64_t code = fields->integer();
      if (code > 0 && code < 1000) said.dtype = dtype_of_onnx(static_cast<int>(code)).value_or(DType::undefined);
    }
    if (fields->number == TensorType::kShape) said.shape = read_shape(*fields, arena);
  }
}

}  // namespace

Declared read_declared(const Field& message, Arena& arena) {
  Declared said;
  std::optional<Field> type;
  for (Fields fields(message); fields.next();) {
    if (fields->number == ValueInfo::kName) said.name = fields->text();
    if (fields->number == ValueInfo::kType) type = *fields;
  }
  if (!type) return said;
  try {
    for (Fields fields(*type); fields.next();)
      if (fields->number == TypeProto::kTensorType) read_tensor_type(*fields, arena, said);
  } catch (const Error& error) {
    throw placed(error, fmt::format("tensor '{}'", said.name));
  }
  return said;
}

std::string_view domain_of(std::string_view text) { return text == "ai.onnx" ? std::string_view() : text; }

std::string full_type(std::string_view domain, std::string_view type) {
  return domain.empty() ? std::string(type) : fmt::format("{}::{}", domain, type);
}

Error placed(const Error& error, std::string place) {
  if (error.place.empty() || error.place == place) return Error(error.file, std::move(place), error.message);
  return Error(error.file, place + ", " + error.place, error.message);
}

}  // namespace rw::graph::onnx
