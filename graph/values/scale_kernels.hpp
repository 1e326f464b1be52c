// The inner loops of scaling: elements times factors in double, each rounded once to its type, to nearest even.
#pragma once

#include <cstddef>
#include <vector>

#include "graph/values/dtype.hpp"

namespace rw::graph {

// Factor i is uniform * each[i], or uniform alone where `each` is null.
struct StretchFactors {
  double uniform = 1;
  const double* each = nullptr;
  const float* rough = nullptr;  // each[i] rounded; read for 16-bit types

  StretchFactors from(std::size_t i) const { return {uniform, each ? each + i : nullptr, rough ? rough + i : nullptr}; }
};

// Scales `count` elements; `to` is `from` or lies elsewhere, and neither need be aligned. False: one of the results is
// not finite.
using ScaleKernel = bool (*)(std::byte* to, const std::byte* from, std::size_t count, StretchFactors factors);

ScaleKernel plain_scale_kernel(DType dtype);  // of a floating type
// All that this processor can run, the plain one first and the fastest last; finite results are the same bits. The
// magnitudes of `uniform`, each[i] and their product lie within kModerate and 1 / kModerate.
std::vector<ScaleKernel> scale_kernels(DType dtype);
ScaleKernel fast_scale_kernel(DType dtype);  // the last of them
inline constexpr double kModerate = 0x1p-100;

}  // namespace rw::graph
