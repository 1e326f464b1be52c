// Element types of tensors: one row each in dtype.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rw::graph {

enum class DType : std::uint8_t {
  undefined,
  float32,
  float16,
  bfloat16,
  float64,
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  boolean,
};

struct DTypeRow {
  DType dtype;
  std::string_view name;             // as model.json writes it: "float32"
  std::string_view safetensors;      // as safetensors writes it: "F32"; empty: has no such type
  int onnx;                          // TensorProto.DataType
  std::size_t size;                  // bytes an element
  bool floating;                     // carries a scale
  double largest = 0, smallest = 0;  // of a floating one: the largest finite value, the smallest normal one
  double rounding = 0;               // of a floating one: more than what rounding to it changes, relative to the value
};

const DTypeRow& row(DType dtype);
std::optional<DType> dtype_named(std::string_view name);
std::optional<DType> dtype_of_safetensors(std::string_view name);
std::optional<DType> dtype_of_onnx(int code);

inline std::string_view name(DType dtype) { return row(dtype).name; }
inline std::size_t size(DType dtype) { return row(dtype).size; }
inline bool floating(DType dtype) { return row(dtype).floating; }

}  // namespace rw::graph
