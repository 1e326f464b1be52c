// Regions: a section for each of the most important ones, and the table of all.
#pragma once

#include <functional>

#include "runtime/pages/subject.hpp"

namespace rw::pages {

// What a page has to say of a region beyond what all say; writes at most a few thousand bytes. Called by several
// threads at once.
using Tell = std::function<void(html::Markup& page, std::uint32_t visited)>;

// Sections in the order of the file, as many as there is place for: those with most noise first in line, without
// figures those that a rule took. `wanted`: by visited region, which may have one; empty: all. Sets
// Subject::has_section.
html::Markup region_sections(Subject& subject, const std::vector<bool>& wanted, const Tell& tell);

html::Markup region_table(const Subject& subject, const std::vector<bool>& wanted);

// What would help where regions were left alone for this, in words: what is usual, not what was tried.
std::string usual_remedy(const runtime::Told& told, const runtime::Chief& chief);

// Operators, connected as the network has them, with leaks and the ways to them.
html::Markup region_drawing(const Subject& subject, std::uint32_t visited);

}  // namespace rw::pages
