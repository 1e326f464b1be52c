// Figures of pages: as they are read, and beside that as the report has them as data.
#pragma once

#include <optional>
#include <string>

#include "runtime/html/table.hpp"

namespace rw::pages {

std::string decibels(double value);                            // "33.0 dB", "no noise" at infinity
std::string change(double value);                              // "+32.1 dB"
html::Cell decibel_cell(const std::optional<double>& value);   // "33.0", exact to three digits behind the point
html::Cell number_cell(double value);                          // "6.203", exact
html::Cell count_cell(std::size_t value);                      // "2,475"
std::string counted(std::size_t value);                        // "2,475"
std::string plural(std::size_t count, std::string_view what);  // "1 region", "2,475 regions"
std::string percent(double part);                              // "12 %", of 1

}  // namespace rw::pages
