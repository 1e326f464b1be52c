// Elements that are copied between two tensors as they lie in memory: transposed, into blocks of channels and out of
// them, from a part of a tensor or into one. oneDNN's reorder makes code and descriptors for each pair of formats and
// shapes (15 to 30 KiB), and its concat moves single elements; copying needs neither.
#pragma once

#include <vector>

#include "runtime/executor/kernels.hpp"

namespace rw::executor::onednn {

// Where the elements along one axis lie: `block` of them at steps of `step`, and the blocks at steps of `stride`, in
// elements. An axis without blocks is one that has no end.
struct AlongAxis {
  std::int64_t block, step, stride;
};

// A box of elements within a tensor.
struct View {
  std::vector<AlongAxis> axes;
  Dims offsets;  // where it begins
};

inline constexpr std::size_t kMostAxes = 12;

// Elements that go from one tensor to another: a box of this shape, whose rank both views have. Nothing overlaps.
struct Move {
  Dims shape;
  View from, to;
};

// Share `index` of `count`, which are of about one size and the whole together. Each writes to a range of its own where
// that can be; where there are few elements some write none.
struct Share {
  std::int64_t index = 0, count = 1;
};

void copy_elements(const Move& move, const float* source, float* target, Share share = {});

}  // namespace rw::executor::onednn
