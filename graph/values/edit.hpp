// What becomes of the value of a constant: it is multiplied by factors, and expanded where they need room.
#pragma once

#include <cstdint>
#include <vector>

namespace rw::graph {

// Multiplies a constant along some axes of its view (see Edit::view).
struct Factor {
  std::uint32_t axes = 0;      // mask over the axes of the view: bit i is axis i
  std::vector<double> values;  // finite; row-major over the marked axes: their product many
};

// A constant W becomes W' = W * product of the factors, each element multiplied in double by the one combined factor
// and rounded once to the constant's type.
struct Edit {
  std::vector<std::int64_t> shape;  // the new shape; differs from the old only where a dimension of size 1 (or a
                                    // missing leading one) is expanded as broadcasting does
  std::vector<std::int64_t>
      view;  // row-major factorisation of the new shape, e.g. [group, out/group, in/group, kernel]
  std::vector<Factor> factors;
};

}  // namespace rw::graph
