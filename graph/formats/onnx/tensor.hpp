// TensorProto and SparseTensorProto: constants.
#pragma once

#include <optional>
#include <string_view>

#include "graph/base/arena.hpp"
#include "graph/formats/onnx/external.hpp"
#include "graph/network.hpp"

namespace rw::graph::onnx {

struct TensorMessage {
  std::string_view name;     // in the file
  Shape shape;               // in the arena
  std::int32_t element = 0;  // its type (element.hpp)
  std::optional<Literal>
      value;  // bytes in a mapped file, or in the arena where the file stores them in another way;
              // no value for an element type that is not known here (strings, complex, 4 and 8-bit floats)
};

// The name alone, as far as the message can be read.
std::string_view tensor_name(const Field& message);

// Error: no element type, a shape that is none or has more than kMaxRank dimensions, elements that are missing, stand
// in two places, or are not as many as the shape says; and those of ExternalFiles::view.
TensorMessage read_tensor(const Field& message, Arena& arena, ExternalFiles& files);

// A sparse tensor: what is known of it without its elements, which stay as they are.
struct SparseMessage {
  Shape shape;                     // in the arena
  DType dtype = DType::undefined;  // undefined: not known here
};

// Error: a shape that is none or has more than kMaxRank dimensions.
SparseMessage read_sparse(const Field& message, Arena& arena);

}  // namespace rw::graph::onnx
