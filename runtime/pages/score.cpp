// The page of scores.
#include <fmt/format.h>

#include <filesystem>

#include "runtime/html/page.hpp"
#include "runtime/html/strip.hpp"
#include "runtime/pages/figures.hpp"
#include "runtime/pages/layers.hpp"
#include "runtime/pages/overview.hpp"
#include "runtime/pages/pages.hpp"

namespace rw::pages {
namespace {

std::string file_name(const std::string& title) { return std::filesystem::path(title).filename().string(); }

html::Markup strip(const runtime::Layers& layers, bool two) {
  html::StripRow before{"noise before", {}}, after{two ? "noise after" : "noise", {}};
  for (const runtime::Layer& each : layers.list) {
    before.kinds.push_back(colour_of(layers.are, each.before));
    after.kinds.push_back(colour_of(layers.are, each.after));
  }
  std::vector<html::StripRow> rows;
  if (two) rows.push_back(std::move(before));
  rows.push_back(std::move(after));
  html::Markup page;
  html::add_strip(page, "The layers in their order", rows, std::vector<std::string>(layers.list.size()));
  return page.add(colour_key(layers.are));
}

html::Markup ranges(const quality::ScoreTold& told) {
  const quality::RangesTold& from = told.networks.back().ranges;
  std::string text = "Ranges of activations: ";
  if (from.from_statistics > 0) text += fmt::format("{} from statistics", plural(from.from_statistics, "tensor"));
  if (from.observed > 0)
    text += fmt::format("{}{} observed on {}{}", from.from_statistics > 0 ? ", " : "", plural(from.observed, "tensor"),
                        plural(from.samples, "sample"), from.scored_too ? ", which are scored, too" : "");
  html::Markup page;
  page.element("p", {{"class", "note"}}, text + ".");
  return page;
}

}  // namespace

std::string page_of(const quality::ScoreTold& told) {
  const bool two = told.networks.size() == 2;
  html::Page page{file_name(told.networks.back().title),
                  two ? "what rounding costs, beside " + file_name(told.networks.front().title) : "what rounding costs",
                  {}};
  const quality::Score& last = told.networks.back().score;
  std::vector<Figure> list = figures_of(told);
  list.push_back({.name = "Rounded",
                  .value = plural(last.activations, "activation"),
                  .tells = fmt::format("and {} to {} bits, in {} draws with steps stretched by up to {:.0f} %",
                                       plural(last.constants, "constant"), told.options.quantizer.bits,
                                       told.options.draws, 100 * told.options.jitter),
                  .exact = std::to_string(last.activations)});
  html::Markup overview = figures(list);
  overview.add(ranges(told)).add(notes(told.data)).element("h3", "Outputs").add(outputs_table(told));
  page.views.push_back({"overview", "Overview", std::move(overview)});
  const runtime::Layers layers = layers_of(told);
  html::Markup body = strip(layers, two);
  body.element("h3", "Lost by layer, measured");
  body.add(layer_bars({layers, two ? "before" : "", two ? "after" : "signal to noise"}));
  page.views.push_back({"layers", "Network and layers", std::move(body)});
  return html::to_text(page);
}

}  // namespace rw::pages
