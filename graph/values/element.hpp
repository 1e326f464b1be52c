// Element types by their code in ONNX (TensorProto.DataType): those that constants can have here (dtype.hpp), those
// that a tensor can only be declared to have (text), and those that ONNX has besides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rw::graph {

inline constexpr std::int32_t kText = 8;

std::string element_name(std::int32_t code);  // "float8e4m3fn"; "number 99" where ONNX has no such type
// Those that a tensor of model.json can be declared to have.
bool can_be_declared(std::int32_t code);
std::optional<std::int32_t> declarable(std::string_view name);

}  // namespace rw::graph
