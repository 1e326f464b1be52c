#include "runtime/pages/layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "runtime/html/escape.hpp"
#include "runtime/html/plot.hpp"
#include "runtime/html/strip.hpp"
#include "runtime/html/table.hpp"
#include "runtime/pages/figures.hpp"

namespace rw::pages {
namespace {

using runtime::Layer;
using runtime::Layers;
using runtime::LayersAre;

constexpr std::size_t kMostBars = 600;
constexpr std::size_t kMostBytes = std::size_t{2} << 20U;
constexpr std::size_t kMostName = 64, kMostExact = 200;    // characters of a name
constexpr double kMeasuredSpan = 60, kPredictedSpan = 40;  // dB of a whole bar

// How much is lost: 0 to 1.
double length(LayersAre are, const std::optional<double>& decibels) {
  if (!decibels) return -1;
  const double part = are == LayersAre::measured ? (kMeasuredSpan - *decibels) / kMeasuredSpan
                                                 : (kPredictedSpan + *decibels) / kPredictedSpan;
  return std::clamp(part, 0.0, 1.0);
}

double loss(LayersAre are, const Layer& layer) {
  const std::optional<double>& value = layer.after ? layer.after : layer.before;
  if (!value) return -INFINITY;
  return are == LayersAre::measured ? -*value : *value;
}

// Those that are shown, in the order of the network.
std::vector<std::size_t> chosen(const Layers& layers) {
  std::vector<std::size_t> order(layers.list.size());
  std::iota(order.begin(), order.end(), 0U);
  if (order.size() <= kMostBars) return order;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return loss(layers.are, layers.list[a]) > loss(layers.are, layers.list[b]);
  });
  order.resize(kMostBars);
  std::sort(order.begin(), order.end());
  return order;
}

std::string caption(const LayersShown& shown, std::size_t count) {
  std::string text = shown.layers.are == LayersAre::measured
                         ? fmt::format(
                               "Signal to noise of each layer in dB, as it is read: with the noise of all "
                               "that stands before it. A bar is what is lost of {:.0f} dB",
                               kMeasuredSpan)
                         : fmt::format(
                               "Noise that each layer is predicted to add at the outputs, in dB beside that "
                               "of all layers before the run. A bar begins at \u2212{:.0f} dB",
                               kPredictedSpan);
  text += ": the longer, the worse.";
  if (count < shown.layers.list.size())
    text += fmt::format(" {} of {} layers: those that lose most; --json has all.", counted(count),
                        counted(shown.layers.list.size()));
  return text;
}

struct Step {
  double at_least;  // of what is lost, 0 to 1
  const char* kind;
};
constexpr std::array kSteps = {Step{0.95, "q6"}, Step{0.83, "q5"}, Step{0.67, "q4"}, Step{0.5, "q3"},
                               Step{0.33, "q2"}, Step{0.16, "q1"}, Step{0, "q0"}};

}  // namespace

std::string colour_of(LayersAre are, const std::optional<double>& decibels) {
  const double part = length(are, decibels);
  if (part < 0) return {};
  return std::find_if(kSteps.begin(), kSteps.end(), [&](const Step& step) { return part >= step.at_least; })->kind;
}

html::Markup colour_key(LayersAre are) {
  html::Markup key;
  key.open("ul", {{"class", "key"}});
  for (auto step = kSteps.rbegin(); step != kSteps.rend(); ++step) {
    const double at =
        are == LayersAre::measured ? kMeasuredSpan * (1 - step->at_least) : kPredictedSpan * (step->at_least - 1);
    key.open("li").element("i", {{"class", step->kind}}, "");
    key.text((are == LayersAre::measured ? "to " : "from ") +
             fmt::format("{}{:.0f} dB", at < -0.5 ? "\u2212" : "", std::fabs(at)))
        .close();
  }
  return key.close();
}

html::Markup layer_bars(const LayersShown& shown) {
  html::Markup page;
  const Layers& layers = shown.layers;
  if (layers.list.empty()) {
    page.element("p", {{"class", "note"}}, "Nothing is known of single layers: with --score they are measured.");
    return page;
  }
  const std::vector<std::size_t> order = chosen(layers);
  const bool two = !shown.before.empty();
  page.open("ul", {{"class", "key"}});
  if (two) page.open("li").element("i", {{"class", "k-was"}}, "").text(shown.before).close();
  page.open("li").element("i", {{"class", "k-is"}}, "").text(shown.after).close();
  page.close();
  html::Table table{
      .id = "layer-table", .caption = caption(shown, order.size()), .columns = {}, .tools = true, .kind = "layers"};
  table.columns = {{"Layer"}, {"Operator"}, {"Lost", false, "the longer, the worse", true}};
  if (two) table.columns.push_back({shown.before + ", dB", true});
  table.columns.push_back({shown.after + ", dB", true});
  for (const std::size_t i : order) {
    const Layer& layer = layers.list[i];
    const std::string& name = layer.op.empty() ? layer.tensor : layer.op;
    const std::string cut = html::shortened(name, kMostName);
    std::vector<html::Cell> row;
    row.push_back({.text = cut,
                   .exact = html::shortened(name, kMostExact),
                   .link = i < shown.links.size() ? shown.links[i] : "",
                   .title = layer.op.empty() ? "" : layer.tensor});
    row.push_back({.text = layer.op.empty() ? "input" : html::shortened(layer.type, kMostName)});
    row.push_back({.drawn = html::bars(two ? length(layers.are, layer.before) : -1, length(layers.are, layer.after))});
    if (two) row.push_back(decibel_cell(layer.before));
    row.push_back(decibel_cell(layer.after));
    table.rows.push_back(std::move(row));
  }
  const std::size_t written = html::add_table(page, table, kMostBytes);
  if (written < table.rows.size())
    page.element("p", {{"class", "note"}},
                 fmt::format("{} more layers have no place here; --json has all.", table.rows.size() - written));
  return page;
}

html::Markup network_strip(const Subject& subject) {
  html::Markup page;
  const graph::Network& network = subject.network;
  const runtime::Outcome& outcome = subject.outcome;
  const Layers& layers = subject.input.layers;
  std::vector<std::uint32_t> visited_of(outcome.regions.size(), graph::kNone);
  for (std::uint32_t i = 0; i < outcome.visited.size(); ++i) visited_of[outcome.visited[i].region] = i;
  std::vector<const Layer*> layer_of(network.operators().size(), nullptr);
  for (const Layer& each : layers.list)
    if (const auto tensor = network.find(each.tensor); tensor && network.tensor(*tensor).producer != graph::kNone)
      layer_of[network.tensor(*tensor).producer] = &each;
  html::StripRow rule{"by rule", {}}, before{"noise before", {}}, after{"noise after", {}};
  std::vector<std::string> links;
  std::vector<bool> used(subject.input.rules.program.rules.size() + 1, false);
  for (const graph::OperatorId op : network.order()) {
    if (network.removed(op)) continue;
    const graph::Operator& each = network.op(op);
    std::uint32_t visited = graph::kNone;
    if (!each.outputs.empty() && each.outputs[0] != graph::kNone && outcome.regions.knows(each.outputs[0]))
      if (const auto region = outcome.regions.region_of(each.outputs[0])) visited = visited_of[*region];
    const std::uint32_t by = visited == graph::kNone ? graph::kNone : outcome.visited[visited].taken_by;
    if (visited != graph::kNone) used[by == graph::kNone ? used.size() - 1 : by] = true;
    rule.kinds.push_back(visited == graph::kNone ? "" : by == graph::kNone ? "left" : fmt::format("r{}", by % 8));
    before.kinds.push_back(layer_of[op] ? colour_of(layers.are, layer_of[op]->before) : "");
    after.kinds.push_back(layer_of[op] ? colour_of(layers.are, layer_of[op]->after) : "");
    links.push_back(visited == graph::kNone ? "" : subject.link(visited));
  }
  std::vector<html::StripRow> rows = {std::move(rule)};
  if (!layers.list.empty()) {
    rows.push_back(std::move(before));
    rows.push_back(std::move(after));
  }
  html::add_strip(page, "The network in its order", rows, links);
  page.open("ul", {{"class", "key"}});
  for (std::size_t i = 0; i + 1 < used.size(); ++i)
    if (used[i])
      page.open("li")
          .element("i", {{"class", fmt::format("r{}", i % 8)}}, "")
          .text(subject.input.rules.program.rules[i].name)
          .close();
  if (used.back()) page.open("li").element("i", {{"class", "left"}}, "").text("left alone").close();
  page.close();
  if (!layers.list.empty()) page.add(colour_key(layers.are));
  if (links.size() > html::kMostPieces)
    page.element("p", {{"class", "note"}},
                 fmt::format("{} operators are drawn in {} pieces, each by its first.", counted(links.size()),
                             counted(html::kMostPieces)));
  return page;
}

}  // namespace rw::pages
