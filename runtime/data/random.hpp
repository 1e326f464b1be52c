// Samples that nobody has: drawn, the same for the same seed however they are put into batches.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "graph/network.hpp"
#include "runtime/data/segment.hpp"

namespace rw::data {

// How many positions every operator that takes its indices from this input (also through operators that only move or
// convert them) has: indices lie below it. Nothing: none does, or it is not known.
std::optional<std::int64_t> index_bound(const graph::Network& network, graph::TensorId input);

// `count` samples of this shape: floats from a normal distribution with mean 0 and deviation 1; integers below the
// bound of the input's indices, else 0 or 1.
std::unique_ptr<Segment> random_segment(const graph::Network& network, graph::TensorId input, evaluator::Dims sample,
                                        std::uint64_t count, std::uint64_t seed);

}  // namespace rw::data
