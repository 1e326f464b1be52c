// A change to the value of a constant: it is multiplied by factors, and expanded by broadcasting where a factor needs
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "graph/values/axis_mask.hpp"

namespace rw::graph {

struct EditSums;  // edit_sums.hpp

// Multiplies a constant along some axes of its view (see Edit::view).
struct Factor {
  AxisMask axes;               // of the view
  std::vector<double> values;  // finite; row-major over `axes`, one for each position on them
  // It was folded in from an operator behind. Such a factor is no scale: without it the operator would compute
  // something else, and the certificate asks for it in another way.
  bool folded = false;
};

// A constant W becomes W' = W * product of the factors, each element multiplied in double by the one combined factor
// and rounded once to the constant's type.
struct Edit {
  std::vector<std::int64_t> shape;  // the new shape; differs from the old only where a dimension of size 1 (or a
                                    // missing leading one) is expanded as broadcasting does
  std::vector<std::int64_t>
      view;                     // row-major factorisation of the new shape, e.g. [group, out/group, in/group, kernel]
  std::vector<Factor> factors;  // multiplied in this order: scales, and behind them what is folded; at most one of
                                // either for each mask of axes
  std::shared_ptr<EditSums> sums = nullptr;  // notes checksums while it is carried out, once; null: nobody asks

  // The scale along exactly these axes; null: 1.
  const std::vector<double>* along(AxisMask axes) const {
    for (const Factor& factor : factors)
      if (!factor.folded && factor.axes == axes) return &factor.values;
    return nullptr;
  }
};

}  // namespace rw::graph
