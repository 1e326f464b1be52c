// Statistics of parts of the data, added up.
#pragma once

#include <filesystem>
#include <span>

#include "runtime/calibrate/totals.hpp"

namespace rw::calibrate {

// What a file of statistics counts. graph::Error (file: `path`): it is none, or its counts do not fit each other; a
// histogram that a rewriting has scaled.
Totals read_totals(const std::filesystem::path& path);

// What one run over the data of all of them would have counted (sums to the last place). Where one of them has ranges
// of a tensor alone, there are ranges alone. graph::Error (file: the name that stands at the same place in `names`): it
// has other channels of a tensor than those before.
Totals add_up(std::span<const Totals> parts, std::span<const std::filesystem::path> names);

}  // namespace rw::calibrate
