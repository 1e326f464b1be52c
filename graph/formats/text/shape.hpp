// Shapes and element types as model.json and safetensors write them.
#pragma once

#include <cstddef>

#include "graph/base/arena.hpp"
#include "graph/formats/reading/declared.hpp"
#include "graph/formats/text/json.hpp"
#include "graph/values/dtype.hpp"
#include "graph/values/shape.hpp"

namespace rw::graph {

// Dimensions of a constant: integers >= 0, at most kMaxRank of them. Error otherwise.
Shape read_constant_shape(json::Value& value, Arena& arena);

// Dimensions of an activation: integers > 0, or -1 or a string where they are not known. Error otherwise.
Shape read_shape(json::Value& value, Arena& arena);

// An entry of "inputs" or "outputs" of a network: a name, or an object with more. The name lives as long as the
// document. Error: no name, anything that does not fit.
Declared read_declared(json::Value& value, Arena& arena);

// "float32" and the like. Error: not known; the message lists what is.
DType read_dtype(json::Value& value);

// Bytes that a constant takes. Error (placed at `value`): more than memory can have.
std::size_t byte_count(const json::Value& value, DType dtype, Shape shape);

}  // namespace rw::graph
