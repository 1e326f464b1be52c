// How the elements of a linear operator's weight lie: rows of the channels of one side, columns of those of the other.
#pragma once

#include <cstddef>
#include <optional>

#include "graph/values/literal.hpp"
#include "runtime/laws/law.hpp"

namespace rw::runtime {

// Group by group, row by row, column by column, and behind one another the elements of a pair.
struct PairLayout {
  AxisMask row_axes, column_axes;                 // of the view, with those of groups
  std::size_t groups = 1, rows = 1, columns = 1;  // of one group
  std::size_t taps = 1;                           // elements of a pair

  std::size_t all_rows() const { return groups * rows; }
  std::size_t all_columns() const { return groups * columns; }

  // `out` and `in` are the handles of one weight. Nothing where it is stored in another order, or has no elements.
  static std::optional<PairLayout> of(const graph::Literal& weight, const Handle& out, const Handle& in);
};

}  // namespace rw::runtime
