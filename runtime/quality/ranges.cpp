#include "runtime/quality/ranges.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace rw::quality {

using graph::TensorId;
using quantizer::Range;

std::vector<TensorId> ranged(const quantizer::Convention& convention) {
  std::set<TensorId> all;
  for (const quantizer::RoundedActivation& each : convention.activations)
    if (each.range != graph::kNone) all.insert(each.range);
  return {all.begin(), all.end()};
}

Ranges ranges_of(const graph::Statistics& statistics, const std::vector<TensorId>& tensors) {
  Ranges ranges;
  for (const TensorId tensor : tensors)
    if (const graph::Statistic* entry = statistics.find_finite(tensor); entry && !entry->max.empty())
      ranges[tensor] = {*std::min_element(entry->min.begin(), entry->min.end()),
                        *std::max_element(entry->max.begin(), entry->max.end())};
  return ranges;
}

std::uint64_t observe(const Subject& subject, const std::vector<TensorId>& tensors, const Inputs& inputs,
                      unsigned threads, Ranges& ranges) {
  const SameInputs same(inputs.owner, subject);
  const auto session = open(subject, {threads, tensors, {}});
  std::uint64_t samples = 0;
  for (std::size_t i = inputs.first; i < inputs.last; ++i) {
    data::Batch batch = inputs.data.read(i);
    samples += samples_in(batch);
    run(subject, *session, same.of(std::move(batch)), [&](const executor::Value& value) {
      Range& range = ranges[value.tensor];  // 0 is a value of every grid
      for (const float each : value.floats) {
        if (!std::isfinite(each)) continue;
        range.low = std::min(range.low, static_cast<double>(each));
        range.high = std::max(range.high, static_cast<double>(each));
      }
    });
  }
  return samples;
}

}  // namespace rw::quality
