// A network in its order as narrow rows of colours.
#pragma once

#include <string>
#include <vector>

#include "runtime/html/markup.hpp"

namespace rw::html {

struct StripRow {
  std::string title;
  std::vector<std::string> kinds;  // by operator: a class of the style, "q3"; empty: nothing
};

// `links`: by operator, where the script goes on a click; empty: nowhere. All rows have as many operators. More than
// kMostPieces are drawn together, by the first of them.
inline constexpr std::size_t kMostPieces = 1200;
void add_strip(Markup& page, const std::string& label, const std::vector<StripRow>& rows,
               const std::vector<std::string>& links);

}  // namespace rw::html
