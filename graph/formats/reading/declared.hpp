// What a file declares of its values: inputs and outputs of a network, and tensors within it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/base/arena.hpp"
#include "graph/values/dtype.hpp"
#include "graph/values/shape.hpp"

namespace rw::graph {

// The type of a value, as the file has it. Views live as long as the file or in the arena.
struct ValueType {
  enum class Kind : std::uint8_t { none, tensor, sequence, optional, map, sparse, opaque };
  static constexpr int kMostDeep = 32;  // types within one another

  Kind kind = Kind::none;    // none: not said
  std::int32_t element = 0;  // of a tensor, or of the keys of a map: its code (element.hpp); 0: not said
  Shape shape;               // of a tensor; not known: not said. A dimension is kUnknown, or 0 and more
  std::span<const std::string_view> names = {};  // of these dimensions, "" where one has none; empty: none has one
  const ValueType* of = nullptr;  // what is in a sequence or an optional, or the values of a map; null: not said

  // What the network knows from it. A dimension of 0 counts as not known there: files that do not know one say 0, too.
  DType dtype() const;
  Shape known_shape(Arena& arena) const;
};

struct Declared {
  std::string_view name;
  ValueType type = {};
  bool constant = false;  // an input that has a value: an initializer that stands among the inputs, too
};

// All that a file declares, in its order.
struct Declarations {
  std::vector<Declared> inputs, outputs, inner;
};

// What two declarations of one tensor say together, for each fills in what the other leaves open. Has no value where
// they contradict each other.
struct Known {
  DType dtype = DType::undefined;
  Shape shape;
};
std::optional<Known> together(const Known& first, const Known& second, Arena& arena);

}  // namespace rw::graph
