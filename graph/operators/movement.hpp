// Operators that only move, repeat or choose elements, described by digits: every position of the input and of the
// output is a number that the same digits spell, row-major on each range of axes. Reshape, Transpose, DepthToSpace,
// Tile, Slice, Split and Gather differ in the order of the digits alone. A digit that only the output has repeats
// elements.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/values/shape.hpp"

namespace rw::graph {

// The axes [first, last) of a tensor: their position, counted row-major, is the number that `digits` spell.
struct AxisRange {
  int first = 0, last = 0;
  std::vector<int> digits;  // places in Movement::sizes, the slowest first
  // Input side: the position that each number stands for; empty: start + number * step.
  std::vector<std::int64_t> chosen = {};
  std::int64_t start = 0, step = 1;
  bool known = true;  // false: which positions are chosen is decided when the network runs
  std::int64_t position(std::size_t number) const {
    return chosen.empty() ? start + static_cast<std::int64_t>(number) * step : chosen[number];
  }
};

struct Movement {
  std::vector<std::int64_t> sizes;  // of the digits; < 0: not known
  std::vector<AxisRange> in, out;   // an axis that stands in no range has size 1
  int digit(std::int64_t size) {
    sizes.push_back(size);
    return static_cast<int>(sizes.size()) - 1;
  }
};

using Movements = std::vector<std::optional<Movement>>;  // to each output; nothing where it is not known how

// Axes [in_first, in_last) and [out_first, out_last) of two shapes that hold the same elements in the same order.
// Groups are as small as the dimensions allow: one ends where the products of the dimensions on both sides are known to
// be equal, or where two symbols (see shape.hpp) are, looking from both ends.
struct ViewGroup {
  int in_first = 0, in_last = 0, out_first = 0, out_last = 0;
  std::int64_t size = kUnknown;
};

// Returns nothing where the shapes cannot hold the same elements. Axes of size 1 may be in no group.
std::optional<std::vector<ViewGroup>> view_groups(const Shape& in, const Shape& out);

}  // namespace rw::graph
