// Rule files from memory, for targets that get rules as bytes.
#pragma once

#include <string_view>

#include "dsl/load.hpp"

namespace rw::fuzz {

// Loads `rules` as the one file of a run. What they find without `use` is as little as a rule can be about: parsing the
// whole standard library for every input would take most of the time.
dsl::Loaded load_text(std::string_view rules);

// The same with the whole standard library.
dsl::Loaded load_text_with_std(std::string_view rules);

// A rule set that ships, with the whole standard library. It has no errors.
dsl::Loaded load_shipped(std::string_view name);

}  // namespace rw::fuzz
