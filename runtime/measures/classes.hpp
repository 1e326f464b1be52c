// Class scores: which class each row of an output takes for the right one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace rw::measures {

// How many classes an output of this shape scores, one row for each image: its second dimension where there are two or
// more, and every further dimension is 1. Nothing: it has no class scores.
std::optional<std::size_t> class_count(std::span<const std::int64_t> shape);

// Of every row of `classes` values the place of the largest, the first of several; NaN is never it.
std::vector<std::int64_t> best_classes(std::span<const float> scores, std::size_t classes);

// How often two series of classes agree.
struct Agreement {
  std::uint64_t rows = 0, equal = 0;
  void add(std::span<const std::int64_t> a, std::span<const std::int64_t> b);  // as many
  double share() const { return rows == 0 ? 0 : static_cast<double>(equal) / static_cast<double>(rows); }
};

}  // namespace rw::measures
