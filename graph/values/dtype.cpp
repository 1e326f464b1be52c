#include "graph/values/dtype.hpp"

#include <array>
#include <cassert>

namespace rw::graph {
namespace {

constexpr std::array<DTypeRow, 14> kRows = {{
    // dtype              name         safetensors onnx size floating largest smallest rounding
    {DType::undefined, "undefined", "", 0, 0, false},
    {DType::float32, "float32", "F32", 1, 4, true, 0x1.fffffep127, 0x1p-126, 0x1p-22},
    {DType::float16, "float16", "F16", 10, 2, true, 65504, 0x1p-14, 0x1p-10},
    {DType::bfloat16, "bfloat16", "BF16", 16, 2, true, 0x1.fep127, 0x1p-126, 0x1p-7},
    {DType::float64, "float64", "F64", 11, 8, true, 0x1.fffffffffffffp1023, 0x1p-1022, 0x1p-50},
    {DType::int8, "int8", "I8", 3, 1, false},
    {DType::uint8, "uint8", "U8", 2, 1, false},
    {DType::int16, "int16", "I16", 5, 2, false},
    {DType::uint16, "uint16", "U16", 4, 2, false},
    {DType::int32, "int32", "I32", 6, 4, false},
    {DType::uint32, "uint32", "U32", 12, 4, false},
    {DType::int64, "int64", "I64", 7, 8, false},
    {DType::uint64, "uint64", "U64", 13, 8, false},
    {DType::boolean, "bool", "BOOL", 9, 1, false},
}};

template <typename Matches>
std::optional<DType> find(Matches matches) {
  for (const DTypeRow& each : kRows)
    if (each.dtype != DType::undefined && matches(each)) return each.dtype;
  return std::nullopt;
}

}  // namespace

const DTypeRow& row(DType dtype) {
  const DTypeRow& found = kRows[static_cast<std::size_t>(dtype)];
  assert(found.dtype == dtype);  // rows stand in the order of the enumeration
  return found;
}

std::optional<DType> dtype_named(std::string_view name) {
  return find([&](const DTypeRow& each) { return each.name == name; });
}

std::optional<DType> dtype_of_safetensors(std::string_view name) {
  return find([&](const DTypeRow& each) { return each.safetensors == name; });
}

std::optional<DType> dtype_of_onnx(int code) {
  return find([&](const DTypeRow& each) { return each.onnx == code; });
}

}  // namespace rw::graph
