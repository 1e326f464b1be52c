// What the noise model knows of the weights of one linear operator: for each pair of an output and an input channel the
// largest magnitude over the kernel and the sum of squares, read through the plan. Made in one pass over the weights.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "runtime/laws/law.hpp"
#include "runtime/plan/plan.hpp"

namespace rw::runtime {

struct WeightTable {
  std::uint32_t activation = 0;    // input slot
  std::size_t outs = 0;            // output channels of all groups: rows
  std::size_t outs_per_group = 1;  // row o is of group o / outs_per_group
  std::size_t ins = 0;             // input channels of one group: columns
  double taps = 1;                 // weights of one pair
  double unit = 0;                 // the largest magnitude of all; 0: every weight is
  std::vector<float> largest;      // by row and column, in units of `unit`
  std::vector<float> squares;      // the same, in units of its square; empty: those of `largest`, taps is 1

  std::size_t groups() const { return outs / outs_per_group; }
  std::size_t first_in(std::size_t row) const { return row / outs_per_group * ins; }  // input channel of column 0
  double square(std::size_t index) const {
    return squares.empty() ? double{largest[index]} * largest[index] : squares[index];
  }
};

// Nothing where the operator is none with a constant weight. graph::Error: an element is NaN or infinite.
std::optional<WeightTable> weight_table(const Site& site, const Plan& plan);

}  // namespace rw::runtime
