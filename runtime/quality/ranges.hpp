// The ranges by which a quantizer chooses its steps: observed on data, or taken from statistics.
#pragma once

#include <map>
#include <vector>

#include "graph/statistics.hpp"
#include "runtime/quality/inputs.hpp"
#include "runtime/quantizer/convention.hpp"

namespace rw::quality {

using Ranges = std::map<graph::TensorId, quantizer::Range>;

// The tensors whose range the convention asks for, each once.
std::vector<graph::TensorId> ranged(const quantizer::Convention& convention);

// Those of `tensors` that have statistics of finite numbers: from the smallest minimum of a channel to the largest
// maximum, whichever axis the entry runs along.
Ranges ranges_of(const graph::Statistics& statistics, const std::vector<graph::TensorId>& tensors);

// Adds what `tensors` of the subject reach on these inputs; values that are not finite do not count. Returns how many
// samples these were.
std::uint64_t observe(const Subject& subject, const std::vector<graph::TensorId>& tensors, const Inputs& inputs,
                      unsigned threads, Ranges& ranges);

}  // namespace rw::quality
