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
  // The largest magnitudes, in units of `unit`, are those of the elements times these factors.
  std::vector<double> of_row, of_column;  // the latter of all groups
  std::vector<float> held;                // by row and column; empty: they are `stored`
  const std::byte* stored = nullptr;      // the weight, where it lies as the table does; borrowed, not aligned
  std::vector<float> squares;             // in units of its square, factors among them; empty: taps is 1

  std::size_t groups() const { return outs / outs_per_group; }
  std::size_t first_in(std::size_t row) const { return row / outs_per_group * ins; }  // input channel of column 0
  const std::byte* row(std::size_t index) const {                                     // floats with signs
    return (held.empty() ? stored : reinterpret_cast<const std::byte*>(held.data())) + index * ins * sizeof(float);
  }
  // The sum of squares of a pair, in units of the square of `unit`; to[column] += factor times that of each pair of a
  // row.
  double square(std::size_t row, std::size_t column) const;
  void add_squares(std::size_t row, double factor, double* to) const;
};

// Nothing where the operator is none with a constant weight. graph::Error: an element is NaN or infinite.
std::optional<WeightTable> weight_table(const Site& site, const Plan& plan);

}  // namespace rw::runtime
