// Rule files from memory, for targets that get rules as bytes.
#pragma once

#include <string_view>

#include "dsl/load.hpp"

namespace rw::fuzz {

// What rules find without `use`. Parsing the whole standard library for every input would take most of the time: one
// law of each kind, or three declarations.
enum class Standard { laws, small };

// Loads `rules` as the one file of a run.
dsl::Loaded load_text(std::string_view rules, Standard standard);

// A rule set that ships, with the whole standard library. It has no errors.
dsl::Loaded load_shipped(std::string_view name);

}  // namespace rw::fuzz
