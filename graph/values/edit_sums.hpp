// The checksums of a constant before and after an edit, noted while the edit is carried out.
#pragma once

#include "graph/base/checksum.hpp"

namespace rw::graph {

// Of the elements, row-major and little-endian. `before`: of the constant that is edited or copied. Each edit is
// carried out once; several threads note at the same time.
struct EditSums {
  Checksum before, after;
};

}  // namespace rw::graph
