// The value of a constant, as it lies in a file or in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "graph/values/dtype.hpp"
#include "graph/values/shape.hpp"

namespace rw::graph {

// Finds the elements of a constant in the bytes of another constant, which stores them in another order or type
// (operators/fold_constants.hpp): the position of an element along each axis of `shape`, times the strides, counts
// stored elements.
struct Layout {
  DType dtype = DType::undefined;  // every value of it is one of the literal's own type, too
  Shape shape;                     // as many elements as the literal
  std::span<const std::int64_t> strides;
};

// The value of a constant: row-major little-endian elements, viewed where they lie (a mapped file or the arena).
struct Literal {
  DType dtype = DType::undefined;
  Shape shape;                       // every dimension known
  std::span<const std::byte> bytes;  // exactly shape.count() * size(dtype), or that of the layout's type; not aligned
  const Layout* layout = nullptr;    // in the arena; null: row-major elements of dtype
};

}  // namespace rw::graph
