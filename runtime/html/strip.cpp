#include "runtime/html/strip.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rw::html {

void add_strip(Markup& page, const std::string& label, const std::vector<StripRow>& rows,
               const std::vector<std::string>& links) {
  const std::size_t count = links.size(), pieces = std::min(count, kMostPieces);
  if (pieces == 0) return;
  page.open("div", {{"class", "strips"}, {"role", "group"}, {"aria-label", label}});
  for (const StripRow& row : rows) {
    page.open("div", {{"class", "strip"}}).element("span", row.title);
    page.open("svg", {{"viewBox", fmt::format("0 0 {} 10", pieces)},
                      {"preserveAspectRatio", "none"},
                      {"role", "img"},
                      {"aria-label", label + ": " + row.title}});
    for (std::size_t piece = 0; piece < pieces;) {
      const std::size_t at = piece * count / pieces;
      std::size_t end = piece + 1;
      while (end < pieces && row.kinds[end * count / pieces] == row.kinds[at] &&
             links[end * count / pieces] == links[at])
        ++end;
      page.leaf("rect", {{"class", row.kinds[at].empty() ? "none" : row.kinds[at]},
                         {"x", std::to_string(piece)},
                         {"width", std::to_string(end - piece)},
                         {"height", "10"},
                         {"data-go", links[at]}});
      piece = end;
    }
    page.close().close().line();
  }
  page.close();
}

}  // namespace rw::html
