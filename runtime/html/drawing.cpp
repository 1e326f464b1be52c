#include "runtime/html/drawing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/html/escape.hpp"

namespace rw::html {
namespace {

constexpr int kWidth = 148, kHigh = 38, kAcross = 44, kBetween = 12, kEdge = 8;
constexpr std::size_t kMostName = 20;  // characters that fit into a box

// Columns from left to right: each node behind all that lead to it; what leads somewhere stands right in front of that,
// and what is the last, though what leads to it is not drawn, at the end.
std::vector<int> columns_of(const Drawing& drawing) {
  const std::size_t count = drawing.nodes.size();
  std::vector<int> column(count, 0);
  for (std::size_t round = 0; round < count; ++round) {
    bool moved = false;
    for (const DrawnEdge& each : drawing.edges)
      if (column[each.to] <= column[each.from]) {
        column[each.to] = column[each.from] + 1;
        moved = true;
      }
    if (!moved) break;
  }
  const int last = *std::max_element(column.begin(), column.end());
  for (std::size_t i = count; i-- > 0;) {
    int nearest = -1;
    bool leads = false, led = false;
    for (const DrawnEdge& each : drawing.edges) {
      led |= each.to == i;
      if (each.from != i) continue;
      nearest = leads ? std::min(nearest, column[each.to]) : column[each.to];
      leads = true;
    }
    if (leads && !led) column[i] = nearest - 1;
    if (!leads && !led && drawing.nodes[i].last) column[i] = std::max(last, 1);
  }
  return column;
}

struct Place {
  int x = 0, y = 0;
};

std::vector<Place> places_of(const std::vector<int>& columns, int& width, int& height) {
  const int count = *std::max_element(columns.begin(), columns.end()) + 1;
  std::vector<int> filled(static_cast<std::size_t>(count), 0);
  for (const int each : columns) ++filled[static_cast<std::size_t>(each)];
  const int rows = *std::max_element(filled.begin(), filled.end());
  width = count * kWidth + (count - 1) * kAcross + 2 * kEdge;
  height = rows * kHigh + (rows - 1) * kBetween + 2 * kEdge;
  std::vector<int> next(static_cast<std::size_t>(count), 0);
  std::vector<Place> places;
  for (const int each : columns) {
    const auto column = static_cast<std::size_t>(each);
    const int used = filled[column] * kHigh + (filled[column] - 1) * kBetween;
    places.push_back({kEdge + each * (kWidth + kAcross), (height - used) / 2 + next[column]++ * (kHigh + kBetween)});
  }
  return places;
}

}  // namespace

void add_drawing(Markup& page, const Drawing& drawing) {
  if (drawing.nodes.empty()) return;
  int width = 0, height = 0;
  const std::vector<Place> places = places_of(columns_of(drawing), width, height);
  page.open("div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", drawing.label}});
  page.open("svg", {{"class", "drawing"},
                    {"viewBox", fmt::format("0 0 {} {}", width, height)},
                    {"width", std::to_string(width)},
                    {"height", std::to_string(height)},
                    {"role", "img"},
                    {"aria-label", drawing.label}});
  for (const DrawnEdge& each : drawing.edges) {
    const Place &from = places[each.from], &to = places[each.to];
    const int x = from.x + kWidth, y = from.y + kHigh / 2, x2 = to.x, y2 = to.y + kHigh / 2, bend = (x2 - x) / 2;
    page.leaf("path", {{"class", each.leak ? "edge leak" : "edge"},
                       {"d", fmt::format("M{} {}C{} {} {} {} {} {}", x, y, x + bend, y, x2 - bend, y2, x2, y2)}});
    page.leaf("path", {{"class", each.leak ? "tip leak" : "tip"}, {"d", fmt::format("M{} {}l-6 -3v6z", x2, y2)}});
  }
  for (std::size_t i = 0; i < drawing.nodes.size(); ++i) {
    const DrawnNode& node = drawing.nodes[i];
    page.open("g", {{"class", "node " + node.kind},
                    {"transform", fmt::format("translate({} {})", places[i].x, places[i].y)}});
    page.element("title", node.name.empty() ? node.type : node.type + " " + node.name);
    page.leaf("rect", {{"width", std::to_string(kWidth)}, {"height", std::to_string(kHigh)}, {"rx", "4"}});
    page.element("text", {{"class", "type"}, {"x", "8"}, {"y", node.name.empty() ? "23" : "16"}},
                 shortened(node.type, kMostName));
    if (!node.name.empty())
      page.element("text", {{"class", "name"}, {"x", "8"}, {"y", "30"}}, shortened(node.name, kMostName));
    page.close();
  }
  page.close().close().line();
}

}  // namespace rw::html
