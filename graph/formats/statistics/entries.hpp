// Calibration entries as model.json and files of statistics write them:
// {"conv1.out": {"min": [0, 0], "max": [1.5, 2], "axis": 1, "mean": [...], "mean_square": [...]}, ...}
#pragma once

#include <span>
#include <string>
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

// The text of an entry after an edit (null: as it is): values (min, max, mean, median, percentiles, edges of a
// histogram) are shifted and scaled, std is scaled, squares (mean_square, variance) by the square; counts, shares,
// words and the layout stay. Numbers under other keys, and what does not follow, are left out. Those that are not
// finite stay so, in quotes. Error (place "calibration 'name'"): a value that is no longer finite.
std::string scaled_entry(const Statistic& entry, const StatisticEdit* edit);

}  // namespace rw::graph
