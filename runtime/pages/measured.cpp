// What was measured on data.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "graph/base/printable.hpp"
#include "graph/formats/text/json_text.hpp"
#include "runtime/html/table.hpp"
#include "runtime/measures/spread.hpp"
#include "runtime/pages/figures.hpp"
#include "runtime/pages/overview.hpp"
#include "runtime/pages/pages.hpp"

namespace rw::pages {
namespace {

std::string exact(double value) {
  std::string text;
  graph::json::append_number(value, text);
  return text.starts_with('"') ? text.substr(1, text.size() - 2) : text;
}

html::Cell spread_cell(const std::vector<double>& values) {
  const measures::Spread spread = measures::spread_of(values);
  html::Cell cell = decibel_cell(spread.mean);
  cell.exact = exact(spread.mean);
  if (std::isfinite(spread.mean)) cell.text += fmt::format(" \u00b1 {:.1f}", spread.deviation);
  return cell;
}

std::vector<double> differences(const std::vector<double>& before, const std::vector<double>& after) {
  std::vector<double> all;
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i)
    all.push_back(before[i] == after[i] ? 0 : after[i] - before[i]);
  return all;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  return fmt::format("{:.1f} %", whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0);
}

std::string samples_text(std::uint64_t samples, const quality::Told& data) {
  return plural(samples, data.random ? "drawn sample" : "sample");
}

}  // namespace

std::vector<Figure> figures_of(const quality::ScoreTold& told) {
  const quality::ScoredNetwork &first = told.networks.front(), &last = told.networks.back();
  const bool two = told.networks.size() == 2;
  const double before = measures::spread_of(first.score.decibels).mean;
  const measures::Spread after = measures::spread_of(last.score.decibels);
  Figure noise{.name = fmt::format("Signal to noise of int{}", told.options.quantizer.bits),
               .value = two ? decibels(before) + " \u2192 " + decibels(after.mean) : decibels(after.mean),
               .exact = exact(after.mean)};
  const measures::Spread won = two ? quality::gain(first.score, last.score) : measures::Spread{};
  if (two) noise.tells = fmt::format("{} \u00b1 {:.1f}; ", change(won.mean), won.deviation);
  noise.tells += fmt::format("measured on {}; a step for each {}{}", samples_text(last.score.samples, told.data),
                             told.options.quantizer.weights == quantizer::WeightSteps::tensor ? "tensor" : "channel",
                             told.options.quantizer.activations ? "" : ", activations in float");
  std::vector<Figure> list = {std::move(noise)};
  if (last.score.classes) {
    const quality::ClassScore &was = first.score.classes ? *first.score.classes : *last.score.classes,
                              &is = *last.score.classes;
    list.push_back(
        {.name = "Best class as in float",
         .value = two ? share(was.equal, was.rows) + " \u2192 " + share(is.equal, is.rows) : share(is.equal, is.rows),
         .tells = fmt::format("{} of {}", counted(is.equal), counted(is.rows)),
         .exact = std::to_string(is.equal)});
    if (is.labelled)
      list.push_back(
          {.name = "Best class right",
           .value = two ? share(was.right, was.rows) + " \u2192 " + share(is.right, is.rows) : share(is.right, is.rows),
           .tells = "in float " + share(is.right_in_float, is.rows),
           .exact = std::to_string(is.right)});
  }
  return list;
}

// A row an output; of very many those that have room.
html::Markup of_outputs(const html::Table& table) {
  constexpr std::size_t kMost = std::size_t{1} << 20U;  // bytes
  html::Markup page;
  const std::size_t written = html::add_table(page, table, kMost);
  if (written < table.rows.size())
    page.element("p", {{"class", "note"}},
                 fmt::format("{} more outputs have no place here.", counted(table.rows.size() - written)));
  return page;
}

html::Markup outputs_table(const quality::ScoreTold& told) {
  const bool two = told.networks.size() == 2;
  html::Table table{.id = "output-table",
                    .caption = "Signal to noise of each output in dB: the mean of six draws, with their spread",
                    .columns = {{"Output"}}};
  for (const quality::ScoredNetwork& each : told.networks)
    table.columns.push_back({two ? graph::printable(each.title) : "Signal to noise", true});
  if (two) table.columns.push_back({"Gain", true});
  const quality::Score &first = told.networks.front().score, &last = told.networks.back().score;
  for (std::size_t i = 0; i < std::min(first.outputs.size(), last.outputs.size()); ++i) {
    std::vector<html::Cell> row = {{.text = first.outputs[i].name}, spread_cell(first.outputs[i].decibels)};
    if (two) {
      row.push_back(spread_cell(last.outputs[i].decibels));
      row.push_back(spread_cell(differences(first.outputs[i].decibels, last.outputs[i].decibels)));
    }
    table.rows.push_back(std::move(row));
  }
  return of_outputs(table);
}

Figure figure_of(const quality::ComparisonTold& told) {
  return {.name = "Largest difference of an output",
          .value = fmt::format("{:.3g}", told.comparison.relative()),
          .tells = fmt::format("of its largest value, on {}; {} the tolerance of {:.3g}",
                               samples_text(told.comparison.samples, told.data), told.within() ? "within" : "beyond",
                               told.tolerance),
          .exact = exact(told.comparison.relative()),
          .kind = told.within() ? "good" : "bad"};
}

html::Markup outputs_table(const quality::ComparisonTold& told) {
  html::Table table{.id = "difference-table",
                    .caption = "How far the outputs lie apart",
                    .columns = {{"Output"},
                                {"Largest difference", true},
                                {"Of the largest value", true},
                                {"Units in the last place", true},
                                {"Signal to noise, dB", true},
                                {"Best class the same"}}};
  for (const quality::OutputDifference& each : told.comparison.outputs) {
    const measures::Difference& difference = each.difference;
    html::Cell noise = decibel_cell(difference.decibels());
    noise.exact = exact(difference.decibels());
    table.rows.push_back({{.text = each.name},
                          {.text = fmt::format("{:.3g}", difference.largest()), .exact = exact(difference.largest())},
                          {.text = fmt::format("{:.3g}", difference.relative()), .exact = exact(difference.relative())},
                          std::isinf(difference.largest()) ? html::Cell{"\u2013"} : count_cell(difference.ulps()),
                          std::move(noise),
                          {.text = each.top_class ? fmt::format("{} of {} ({})", counted(each.top_class->equal),
                                                                counted(each.top_class->rows),
                                                                share(each.top_class->equal, each.top_class->rows))
                                                  : "\u2013"}});
  }
  return of_outputs(table);
}

html::Markup notes(const quality::Told& data) {
  html::Markup page;
  for (const std::string& each : data.notes) page.element("p", {{"class", "note"}}, each);
  return page;
}

runtime::Layers layers_of(const quality::ScoreTold& told) {
  runtime::Layers layers{runtime::LayersAre::measured, {}};
  std::vector<runtime::Layer>& list = layers.list;
  std::map<std::string_view, std::size_t> index;
  for (const quality::LayerScore& each : told.networks.back().score.layers) {
    index.emplace(each.tensor, list.size());
    list.push_back({.tensor = each.tensor, .op = each.op, .type = each.type, .after = each.decibels});
  }
  if (told.networks.size() == 1) return layers;
  for (const quality::LayerScore& each : told.networks.front().score.layers) {
    if (const auto found = index.find(each.tensor); found != index.end())
      list[found->second].before = each.decibels;
    else
      list.push_back({.tensor = each.tensor, .op = each.op, .type = each.type, .before = each.decibels});
  }
  return layers;
}

runtime::Layers layers_of(const quality::ComparisonTold& told) {
  runtime::Layers layers{runtime::LayersAre::measured, {}};
  for (const quality::LayerDifference& each : told.comparison.layers)
    layers.list.push_back({.tensor = each.tensor, .op = each.op, .type = each.type, .after = each.decibels});
  return layers;
}

}  // namespace rw::pages
