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

// A type: the dimensions of a tensor, [1, "n", 8], or an object with "dtype" and "shape", or with "sequence",
// "optional" or "map" and the type within. A dimension is an integer >= 0, or -1 or a text where it is not known. In
// the arena. Error otherwise.
ValueType read_type(json::Value& value, Arena& arena);

// An entry of "inputs" or "outputs" of a network: a name, or an object with a name and the keys of a type. The name
// lives as long as the document. Error: no name, anything that does not fit.
Declared read_declared(json::Value& value, Arena& arena);

// "float32" and the like. Error: not known; the message lists what is.
DType read_dtype(json::Value& value);

// Bytes that a constant takes. Error (placed at `value`): more than memory can have.
std::size_t byte_count(const json::Value& value, DType dtype, Shape shape);

}  // namespace rw::graph
