// What a file says of a tensor: an input or output of a network, or one within it.
#pragma once

#include <string_view>

#include "graph/values/dtype.hpp"
#include "graph/values/shape.hpp"

namespace rw::graph {

struct Declared {
  std::string_view name;
  DType dtype = DType::undefined;  // not said, or not known here
  Shape shape;                     // not known where it is not said
};

}  // namespace rw::graph
