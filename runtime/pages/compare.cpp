// The page of a comparison.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "graph/base/printable.hpp"
#include "graph/formats/text/json_text.hpp"
#include "runtime/html/escape.hpp"
#include "runtime/html/page.hpp"
#include "runtime/html/table.hpp"
#include "runtime/pages/figures.hpp"
#include "runtime/pages/layers.hpp"
#include "runtime/pages/overview.hpp"
#include "runtime/pages/pages.hpp"

namespace rw::pages {
namespace {

constexpr std::size_t kMostLayers = 4000, kMostLayerName = 64;

html::Markup layer_table(const quality::Comparison& comparison) {
  html::Table table{.id = "scale-table",
                    .caption =
                        "Channels of one that are those of the other times a number each are no difference: the "
                        "scale is told, and what is left",
                    .columns = {{"Tensor"},
                                {"Operator"},
                                {"Smallest scale", true},
                                {"Largest scale", true},
                                {"Signal to noise, dB", true},
                                {"Largest difference", true, "of the values as they are"}},
                    .tools = true,
                    .kind = "regions"};
  for (std::size_t i = 0; i < std::min(comparison.layers.size(), kMostLayers); ++i) {
    const quality::LayerDifference& each = comparison.layers[i];
    table.rows.push_back(
        {{.text = html::shortened(each.tensor, kMostLayerName), .exact = html::shortened(each.tensor, 200)},
         {.text = html::shortened(each.type, kMostLayerName)},
         number_cell(each.least),
         number_cell(each.most),
         decibel_cell(each.decibels),
         number_cell(each.difference.largest())});
  }
  html::Markup page;
  const std::size_t written = html::add_table(page, table, std::size_t{5} << 20U);
  if (written < comparison.layers.size())
    page.element("p", {{"class", "note"}},
                 fmt::format("{} of {} layers; --json has all.", counted(written), counted(comparison.layers.size())));
  return page;
}

}  // namespace

std::string page_of(const quality::ComparisonTold& told) {
  const auto file = [](const std::string& name) { return std::filesystem::path(name).filename().string(); };
  html::Page page{file(told.a) + " and " + file(told.b), "how far they lie apart", {}};
  std::vector<Figure> list = {figure_of(told)};
  list.push_back({.name = "Outputs", .value = counted(told.comparison.outputs.size())});
  if (const quality::LayerDifference* first = told.comparison.parting(told.tolerance))
    list.push_back({.name = "They part at",
                    .value = html::shortened(first->type, 24),
                    .tells = graph::printable(first->op),
                    .kind = "bad"});
  html::Markup overview = figures(list);
  overview.add(notes(told.data)).element("h3", "Outputs").add(outputs_table(told));
  page.views.push_back({"overview", "Overview", std::move(overview)});
  const runtime::Layers layers = layers_of(told);
  if (!layers.list.empty()) {
    page.views.push_back({"layers", "Layers", layer_bars({layers, "", "signal to noise"})});
    page.views.push_back({"table", "Table", layer_table(told.comparison)});
  }
  return html::to_text(page);
}

}  // namespace rw::pages
