// The inner loops over weights: the magnitudes of a row of a table, its columns times `b`. A row is floats, not
// aligned, whose signs do not count; all other numbers are >= 0.
#pragma once

#include <cstddef>

namespace rw::runtime {

struct RowKernels {
  // The largest row[i] b[i]; 0 where there are none.
  float (*largest)(const std::byte* row, const float* b, std::size_t count);
  // shares[i] = (row[i] b[i] inverse)^4, ^16, and their sum. `inverse`: 1 / largest(). What is far below 1 is held away
  // from denormal numbers.
  float (*shares_4)(const std::byte* row, const float* b, float inverse, std::size_t count, float* shares);
  float (*shares_16)(const std::byte* row, const float* b, float inverse, std::size_t count, float* shares);
  // to[i] = max(to[i], row[i] factor).
  void (*raise)(const std::byte* row, float factor, std::size_t count, float* to);
  // to[i] += factor from[i].
  void (*add_scaled)(const float* from, float factor, std::size_t count, float* to);
  // largest() and raise() in double.
  double (*largest_exactly)(const std::byte* row, const double* b, std::size_t count);
  void (*raise_exactly)(const std::byte* row, double factor, std::size_t count, double* to);
  // Whether none is NaN or infinite.
  bool (*finite)(const std::byte* row, std::size_t count);
};

// The fastest that this processor can run: the same results, but for the last bit of sums.
const RowKernels& row_kernels();

}  // namespace rw::runtime
