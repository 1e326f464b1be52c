#include "runtime/measures/classes.hpp"

#include <algorithm>
#include <cassert>

namespace rw::measures {

std::optional<std::size_t> class_count(std::span<const std::int64_t> shape) {
  if (shape.size() < 2 || shape[1] < 2) return std::nullopt;
  if (std::any_of(shape.begin() + 2, shape.end(), [](std::int64_t dim) { return dim != 1; })) return std::nullopt;
  return static_cast<std::size_t>(shape[1]);
}

std::vector<std::int64_t> best_classes(std::span<const float> scores, std::size_t classes) {
  assert(classes > 0 && scores.size() % classes == 0);
  std::vector<std::int64_t> best;
  best.reserve(scores.size() / classes);
  for (; !scores.empty(); scores = scores.subspan(classes)) {
    std::size_t at = 0;
    for (std::size_t i = 1; i < classes; ++i)
      if (scores[i] > scores[at] || (scores[at] != scores[at] && scores[i] == scores[i])) at = i;
    best.push_back(static_cast<std::int64_t>(at));
  }
  return best;
}

void Agreement::add(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  assert(a.size() == b.size());
  rows += a.size();
  for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i];
}

}  // namespace rw::measures
