#include "graph/values/element.hpp"

#include <fmt/format.h>

#include <array>

#include "graph/values/dtype.hpp"

namespace rw::graph {
namespace {

struct Row {
  std::int32_t code;
  std::string_view name;
};
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, TensorProto.DataType
constexpr std::array<Row, 13> kOthers = {{
    {kText, "string"},
    {14, "complex64"},
    {15, "complex128"},
    {17, "float8e4m3fn"},
    {18, "float8e4m3fnuz"},
    {19, "float8e5m2"},
    {20, "float8e5m2fnuz"},
    {21, "uint4"},
    {22, "int4"},
    {23, "float4e2m1"},
    {24, "float8e8m0"},
    {25, "uint2"},
    {26, "int2"},
}};

}  // namespace

std::string element_name(std::int32_t code) {
  if (const auto dtype = dtype_of_onnx(code)) return std::string(name(*dtype));
  for (const Row& each : kOthers)
    if (each.code == code) return std::string(each.name);
  return fmt::format("number {}", code);
}

bool can_be_declared(std::int32_t code) { return code == kText || dtype_of_onnx(code).has_value(); }

std::optional<std::int32_t> declarable(std::string_view name) {
  if (name == element_name(kText)) return kText;
  const auto dtype = dtype_named(name);
  return dtype ? std::optional<std::int32_t>(row(*dtype).onnx) : std::nullopt;
}

}  // namespace rw::graph
