// Makes what was drawn from a sequence of choices smaller, by making the sequence smaller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rw::trials {

// Of two drawn things of these sizes, whether the first is the smaller, or as large and drawn from fewer or lower
// choices.
inline bool is_smaller(std::size_t size, const std::vector<std::uint32_t>& choices, std::size_t other,
                       const std::vector<std::uint32_t>& others) {
  return size < other || (size == other && (choices < others || choices.size() < others.size()));
}

// `still(choices)`: whether what is drawn from them shows the same and is smaller; it then sets `smallest` to them.
// Ends where nothing makes it smaller any more, or `time_left()` says so.
template <typename Still, typename TimeLeft>
void shrink(const std::vector<std::uint32_t>& smallest, Still still, TimeLeft time_left) {
  for (bool smaller = true; smaller && time_left();) {
    smaller = false;
    for (const std::size_t run : {8U, 4U, 2U, 1U})
      for (std::size_t at = 0; at + run <= smallest.size() && time_left(); ++at) {
        std::vector<std::uint32_t> without = smallest;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(at),
                      without.begin() + static_cast<std::ptrdiff_t>(at + run));
        smaller = still(without) || smaller;
      }
    for (std::size_t at = 0; at < smallest.size() && time_left(); ++at) {
      if (smallest[at] == 0) continue;
      for (const std::uint32_t value : {0U, 1U, smallest[at] / 2}) {
        std::vector<std::uint32_t> lower = smallest;
        if (value >= lower[at]) continue;
        lower[at] = value;
        if (!still(lower)) continue;
        smaller = true;
        break;
      }
    }
  }
}

}  // namespace rw::trials
