// Calibration entries as model.json and files of statistics write them:
// {"conv1.out": {"min": [0, 0], "max": [1.5, 2], "axis": 1, "mean": [...], "mean_square": [...]}, ...}
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/base/arena.hpp"
#include "graph/formats/text/json.hpp"
#include "graph/network.hpp"
#include "graph/rewriting.hpp"
#include "graph/statistics.hpp"

namespace rw::graph {

// One entry and where it stands in the text.
struct StatisticText {
  Statistic entry;
  std::uint32_t key = 0;  // the opening quote of its name
  json::Range value;
};

// Reads an object of entries; tensors are looked up in `network`, values live in its arena, Statistic::text in `whole`.
// Numbers may be NaN and infinite (json::Specials::any). Error (place "calibration 'name'"): an entry twice, "min" or
// "max" missing or empty, lists of different lengths, min > max.
void read_calibration(json::Value& object, std::string_view whole, Network& network, Statistics& statistics,
                      std::vector<StatisticText>& entries);

// How the numbers of a key change where values v become (v - c) s.
enum class Follows : std::uint8_t {
  value,          // (v - c) s
  spread,         // v s: a distance of values
  spread_square,  // v s s
  square,         // the mean of squares
  sign,           // a share or count of values by their sign: stays where they are not shifted
  nothing,        // a count
  unknown,
};

// The keys with numbers for each channel whose scaling is known; besides them percentiles: "p99.9".
std::span<const std::string_view> statistic_keys();

// The numbers that an entry has under such a key, one for each channel. Nothing: it has none, they are of the whole
// tensor (and the key is neither min nor max), or they are not finite.
struct KeyNumbers {
  std::vector<double> values;
  Follows follows = Follows::unknown;
};
std::optional<KeyNumbers> numbers_of_key(const Statistic& entry, std::string_view key);

// The text of an entry after an edit (null: as it is): values (min, max, mean, median, percentiles, edges of a
// histogram) are shifted and scaled, std is scaled, squares (mean_square, variance) by the square; counts, shares,
// words and the layout stay. Numbers under other keys, and what does not follow, are left out. Those that are not
// finite stay so, in quotes. Error (place "calibration 'name'"): a value that is no longer finite.
std::string scaled_entry(const Statistic& entry, const StatisticEdit* edit);

}  // namespace rw::graph
