#include "graph/formats/onnx/tensor.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <vector>

#include "graph/formats/onnx/schema.hpp"

namespace rw::graph::onnx {
namespace {

// In which typed field the elements of a type stand where they are not raw: onnx.proto, comments of these fields.
struct TypedRow {
  std::uint32_t field;
  std::array<DType, 8> types;
};
constexpr std::array<TypedRow, 5> kTyped = {{
    {TensorProto::kFloatData, {DType::float32}},
    {TensorProto::kInt32Data,
     {DType::int32, DType::int16, DType::int8, DType::uint16, DType::uint8, DType::boolean, DType::float16,
      DType::bfloat16}},
    {TensorProto::kInt64Data, {DType::int64}},
    {TensorProto::kDoubleData, {DType::float64}},
    {TensorProto::kUint64Data, {DType::uint32, DType::uint64}},
}};

bool holds(const TypedRow& row, DType dtype) {
  for (const DType each : row.types)
    if (each == dtype) return true;
  return false;
}

struct TensorParts {
  std::vector<std::int64_t> dims;
  std::int64_t data_type = 0;
  std::string_view name;
  std::optional<Field> raw;
  std::vector<Field> typed;
  ExternalText external;
  bool is_external = false, has_strings = false;

  void take(const Field& field) {
    switch (field.number) {
      case TensorProto::kDims:
        return field.integers(dims);
      case TensorProto::kDataType:
        data_type = field.integer();
        return;
      case TensorProto::kName:
        name = field.text();
        return;
      case TensorProto::kRawData:
        if (raw) throw field.error("raw_data stands here twice");
        field.text();
        raw = field;
        return;
      case TensorProto::kFloatData:
      case TensorProto::kInt32Data:
      case TensorProto::kInt64Data:
      case TensorProto::kDoubleData:
      case TensorProto::kUint64Data:
        typed.push_back(field);
        return;
      case TensorProto::kStringData:
        has_strings = true;
        return;
      case TensorProto::kExternalData:
        return external.take(field);
      case TensorProto::kDataLocation:
        is_external = field.integer() == 1;
        return;
      case TensorProto::kSegment:
        throw field.error("tensors in segments are not read");
      default:
        return;
    }
  }
};

Shape read_shape(const TensorParts& parts, Arena& arena) {
  if (parts.dims.size() > static_cast<std::size_t>(kMaxRank))
    throw Error("", "", fmt::format("it has {} dimensions, at most {} are possible", parts.dims.size(), kMaxRank));
  for (const std::int64_t dim : parts.dims)
    if (dim < 0) throw Error("", "", fmt::format("a dimension of its shape is {}", dim));
  return Shape(arena.store(std::span<const std::int64_t>(parts.dims)));
}

std::uint64_t byte_count(DType dtype, Shape shape) {
  std::uint64_t bytes = size(dtype);
  const auto count = shape.count();
  if (!count || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(*count), &bytes) ||
      bytes > (std::uint64_t{1} << 62U))
    throw Error("", "", fmt::format("its shape {} has more elements than memory can have", to_string(shape)));
  return bytes;
}

[[noreturn]] void wrong_size(std::string_view where, std::uint64_t is, std::string_view unit, DType dtype, Shape shape,
                             std::uint64_t expected) {
  throw Error("", "",
              fmt::format("its {} has {} {}, but {} of shape {} takes {}", where, is, unit, name(dtype),
                          to_string(shape), expected));
}

template <typename Stored, typename Value>
std::span<const std::byte> narrow(const std::vector<Value>& values, Arena& arena) {
  const std::span<Stored> room = arena.make<Stored>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) room[i] = static_cast<Stored>(values[i]);
  return std::as_bytes(std::span<const Stored>(room));
}

// Integers of the file, each cut to the width of the type: 16-bit floats stand there as their bits.
std::span<const std::byte> integers_of(const TensorParts& parts, DType dtype, Arena& arena) {
  std::vector<std::int64_t> values;
  for (const Field& field : parts.typed) field.integers(values);
  switch (size(dtype)) {
    case 1:
      return narrow<std::uint8_t>(values, arena);
    case 2:
      return narrow<std::uint16_t>(values, arena);
    case 4:
      return narrow<std::uint32_t>(values, arena);
    default:
      return narrow<std::uint64_t>(values, arena);
  }
}

// One packed list of floats is stored as raw data is.
template <typename Real>
std::span<const std::byte> reals_of(const TensorParts& parts, Arena& arena) {
  if (parts.typed.size() == 1 && parts.typed[0].wire == Wire::bytes)
    return std::as_bytes(std::span(parts.typed[0].payload.data(), parts.typed[0].payload.size()));
  std::vector<Real> values;
  for (const Field& field : parts.typed) field.reals(values);
  return std::as_bytes(arena.store(std::span<const Real>(values)));
}

std::span<const std::byte> typed_bytes(const TensorParts& parts, DType dtype, Shape shape, Arena& arena) {
  for (const TypedRow& row : kTyped)
    for (const Field& field : parts.typed)
      if (field.number == row.field && !holds(row, dtype))
        throw field.error(fmt::format("elements of type {} cannot stand in this field", name(dtype)));
  std::span<const std::byte> bytes;
  if (dtype == DType::float32)
    bytes = reals_of<float>(parts, arena);
  else if (dtype == DType::float64)
    bytes = reals_of<double>(parts, arena);
  else
    bytes = integers_of(parts, dtype, arena);
  const std::uint64_t expected = byte_count(dtype, shape);
  if (bytes.size() != expected)
    wrong_size("typed data", bytes.size() / size(dtype), "elements", dtype, shape, expected / size(dtype));
  return bytes;
}

std::span<const std::byte> bytes_of(const TensorParts& parts, DType dtype, Shape shape, Arena& arena,
                                    ExternalFiles& files) {
  if (parts.raw.has_value() + !parts.typed.empty() + parts.is_external > 1)
    throw Error("", "", "its elements stand in two places");
  const std::uint64_t expected = byte_count(dtype, shape);
  if (parts.is_external) return files.view(parts.external, expected);
  if (!parts.typed.empty()) return typed_bytes(parts, dtype, shape, arena);
  const std::string_view raw = parts.raw ? parts.raw->payload : std::string_view();
  if (raw.size() != expected)
    wrong_size(parts.raw ? "raw_data" : "message", raw.size(), "bytes of elements", dtype, shape, expected);
  return std::as_bytes(std::span(raw.data(), raw.size()));
}

}  // namespace

std::string_view tensor_name(const Field& message) {
  std::string_view found;
  try {
    for (Fields fields(message); fields.next();)
      if (fields->number == TensorProto::kName) found = fields->text();
  } catch (const Error&) {  // whoever reads the whole message says what is wrong
  }
  return found;
}

TensorMessage read_tensor(const Field& message, Arena& arena, ExternalFiles& files) {
  TensorParts parts;
  parts.dims.reserve(8);  // most shapes
  for (Fields fields(message); fields.next();) parts.take(*fields);
  TensorMessage result;
  result.name = parts.name;
  result.shape = read_shape(parts, arena);
  const auto code = static_cast<int>(parts.data_type);
  if (parts.data_type <= 0 || code != parts.data_type)
    throw Error("", "", fmt::format("its element type is {}, which there is not", parts.data_type));
  result.element = code;
  const auto dtype = dtype_of_onnx(code);
  if (dtype) result.value = Literal{*dtype, result.shape, bytes_of(parts, *dtype, result.shape, arena, files)};
  return result;
}

SparseMessage read_sparse(const Field& message, Arena& arena) {
  TensorParts values, all;
  for (Fields fields(message); fields.next();) {
    if (fields->number == SparseTensorProto::kDims) fields->integers(all.dims);
    if (fields->number != SparseTensorProto::kValues) continue;
    for (Fields inner(*fields); inner.next();) values.take(*inner);
  }
  const auto code = static_cast<int>(values.data_type);
  const auto dtype = code == values.data_type ? dtype_of_onnx(code) : std::nullopt;
  return {read_shape(all, arena), dtype.value_or(DType::undefined)};
}

}  // namespace rw::graph::onnx
