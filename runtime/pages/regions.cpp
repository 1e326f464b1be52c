#include "runtime/pages/regions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/base/parallel.hpp"
#include "runtime/html/escape.hpp"
#include "runtime/html/plot.hpp"
#include "runtime/html/table.hpp"
#include "runtime/pages/figures.hpp"

namespace rw::pages {
namespace {

using graph::kNone;
using runtime::RegionChannels;
using runtime::RegionOutcome;

constexpr std::size_t kMostSections = 400, kMostRows = 4000, kMostPlots = 8, kMostMisses = 6, kMostListed = 12;
constexpr std::size_t kTogether = 64;  // sections that are written at once, by several threads
constexpr std::size_t kSectionBytes = std::size_t{9} << 20U, kTableBytes = std::size_t{5} << 20U;
constexpr std::size_t kMostHeadName = 40, kMostTitle = 56;

class Section {
 public:
  Section(const Subject& subject, std::uint32_t visited, bool weights)
      : subject_(subject),
        visited_(visited),
        region_(subject.outcome.visited[visited]),
        shape_(subject.outcome.regions[region_.region]),
        channels_(runtime::channels_of(subject.outcome, region_, weights)) {}

  html::Markup write(const Tell& tell) {
    page_.reserve(std::size_t{1} << 14U);
    page_.open("details", {{"class", "region"}});
    summary();
    page_.open("div", {{"class", "inside"}, {"id", fmt::format("r{}", visited_)}});
    page_.add(region_drawing(subject_, visited_));
    reasons();
    if (tell) tell(page_, visited_);
    narrow();
    plots();
    operators();
    page_.close().close().line();
    return std::move(page_);
  }

 private:
  std::string name(graph::TensorId tensor) const { return std::string(subject_.network.tensor(tensor).name); }
  std::string name_of(graph::OperatorId op) const { return std::string(subject_.network.op(op).name); }

  void summary() {
    const std::string rule = subject_.rule_of(region_);
    const runtime::ScaleRange scales = runtime::scale_range_of(region_);
    std::string what = plural(shape_.classes, "channel");
    what += rule.empty() ? ", left alone" : ", " + rule;
    if (!rule.empty()) what += ", scale " + runtime::scale_range(scales.smallest, scales.largest);
    if (const std::size_t bounded = runtime::count_at_bound(subject_.outcome, region_); bounded > 0)
      what += fmt::format(", {} at a bound", counted(bounded));
    page_.open("summary").element("b", subject_.headline(region_, kMostHeadName));
    const runtime::RegionDecibels& db = subject_.decibels[visited_];
    if (db.before && db.after)
      page_.element("span", decibels(*db.before) + " \u2192 " + decibels(*db.after));
    else if (db.after)
      page_.element("span", decibels(*db.after));
    page_.element("span", {{"class", "what"}}, what).close();
  }

  // Why no rule took it.
  void reasons() {
    if (region_.taken_by != kNone) return;
    page_.open("p").element("b", "Left alone: ").text(runtime::reason(subject_.input, region_)).close();
    const runtime::Chief chief = runtime::chief_of(shape_, subject_.outcome.misses.of(region_.misses));
    if (const std::string helps = usual_remedy(subject_.told, chief); !helps.empty())
      page_.open("p").element("b", "What usually helps: ").text(helps).close();
    std::size_t count = 0;
    page_.open("ul");
    for (const runtime::RuleMiss& each : subject_.outcome.misses.of(region_.misses)) {
      if (++count > kMostMisses) break;
      page_.open("li")
          .element("code", subject_.input.rules.program.rules[each.rule].name)
          .text(": " + runtime::describe(subject_.told, each.miss))
          .close();
    }
    page_.close();
    if (count > kMostMisses) page_.element("p", {{"class", "note"}}, "More rules did not take it; --json has all.");
  }

  void narrow() {
    if (channels_.narrow.empty()) return;
    page_.element("h3", "Channels with the smallest part of the range");
    html::Table table{.id = {},
                      .caption = "Of the largest magnitude of the tensor, for which there is one step",
                      .columns = {{"Tensor"}, {"Channel", true}, {"Before", true}, {"After", true}, {"Scale", true}}};
    for (const runtime::NarrowChannel& each : channels_.narrow) {
      const std::string of = each.tensor == kNone ? "weight of " + name_of(each.op) : name(each.tensor);
      table.rows.push_back({{.text = html::shortened(of, kMostTitle), .title = of},
                            count_cell(each.channel),
                            {.text = percent(each.before), .exact = fmt::format("{}", each.before)},
                            {.text = percent(each.after), .exact = fmt::format("{}", each.after)},
                            number_cell(each.scale)});
    }
    html::add_table(page_, table);
  }

  std::vector<bool> bounds_of(graph::TensorId tensor) const {
    std::vector<bool> bounds;
    if (std::count(channels_.at_bound.begin(), channels_.at_bound.end(), true) == 0) return bounds;
    for (const std::uint32_t each : subject_.outcome.regions.classes(tensor))
      bounds.push_back(channels_.at_bound[each]);
    return bounds;
  }

  void plots() {
    std::vector<html::ChannelPlot> all;
    for (const runtime::WeightChannels& each : channels_.weights)
      if (each.parent) all.push_back(plot(each));
    for (const runtime::ActivationChannels& each : channels_.activations)
      if (each.before.known())
        all.push_back({name(each.tensor), "calibrated range", each.before.low, each.before.high, each.after.low,
                       each.after.high, each.scale, bounds_of(each.tensor)});
    for (const runtime::WeightChannels& each : channels_.weights)
      if (!each.parent) all.push_back(plot(each));
    if (all.empty()) return;
    page_.element("h3", "Ranges by channel, before and after");
    page_.open("div", {{"class", "plots"}});
    for (std::size_t i = 0; i < std::min(all.size(), kMostPlots); ++i) html::add_plot(page_, all[i]);
    page_.close();
    if (all.size() > kMostPlots)
      page_.element("p", {{"class", "note"}},
                    fmt::format("{} more tensors and weights are not plotted; --json has all.",
                                counted(all.size() - kMostPlots)));
  }

  html::ChannelPlot plot(const runtime::WeightChannels& each) const {
    return {name_of(each.op),
            each.parent ? "weight of the parent, by output channel" : "weight of the child, by input channel",
            {},
            each.before,
            {},
            each.after};
  }

  void operators() {
    page_.open("h3").text("Names").close().open("ul");
    const auto list = [&](const char* what, std::span<const graph::OperatorId> ops) {
      if (ops.empty()) return;
      page_.open("li").text(what);
      for (std::size_t i = 0; i < std::min(ops.size(), kMostListed); ++i)
        page_.text(i ? ", " : " ").element("code", name_of(ops[i]));
      if (ops.size() > kMostListed) page_.text(fmt::format(" and {} more", counted(ops.size() - kMostListed)));
      page_.close();
    };
    list("parents:", shape_.parents);
    list("inside:", shape_.inner);
    list("children:", subject_.outcome.regions.readers(shape_));
    page_.open("li").text("tensors:");
    for (std::size_t i = 0; i < std::min(shape_.tensors.size(), kMostListed); ++i)
      page_.text(i ? ", " : " ").element("code", name(shape_.tensors[i]));
    if (shape_.tensors.size() > kMostListed)
      page_.text(fmt::format(" and {} more", counted(shape_.tensors.size() - kMostListed)));
    page_.close().close();
  }

  const Subject& subject_;
  std::uint32_t visited_;
  const RegionOutcome& region_;
  const runtime::Region& shape_;
  RegionChannels channels_;
  html::Markup page_;
};

// Most important first.
std::vector<std::uint32_t> in_line(const Subject& subject, const std::vector<bool>& wanted) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < subject.outcome.visited.size(); ++i)
    if (wanted.empty() || wanted[i]) order.push_back(i);
  const auto weight = [&](std::uint32_t i) {
    const runtime::RegionDecibels& db = subject.decibels[i];
    const std::optional<double>& value = db.after ? db.after : db.before;
    if (value) return subject.input.layers.are == runtime::LayersAre::measured ? 1000 - *value : 1000 + *value;
    return subject.outcome.visited[i].taken_by == kNone ? -1.0 : 0.0;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return weight(a) > weight(b); });
  return order;
}

}  // namespace

html::Markup region_sections(Subject& subject, const std::vector<bool>& wanted, const Tell& tell) {
  const std::vector<std::uint32_t> order = in_line(subject, wanted);
  const bool weights = runtime::weights_are_told(subject.network);
  std::vector<std::pair<std::uint32_t, html::Markup>> written;
  std::size_t bytes = 0;
  for (std::size_t first = 0; first < order.size() && written.size() < kMostSections && bytes <= kSectionBytes;
       first += kTogether) {
    std::vector<html::Markup> batch(std::min({kTogether, order.size() - first, kMostSections - written.size()}));
    graph::parallel_for(batch.size(),
                        [&](std::size_t i) { batch[i] = Section(subject, order[first + i], weights).write(tell); });
    for (std::size_t i = 0; i < batch.size() && bytes <= kSectionBytes; ++i) {
      bytes += batch[i].size();
      subject.has_section[order[first + i]] = true;
      written.emplace_back(order[first + i], std::move(batch[i]));
    }
  }
  std::sort(written.begin(), written.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  html::Markup page;
  if (order.empty())
    page.element("p", {{"class", "note"}}, "No operator offers a scale: there is no region to tell of.");
  if (written.size() < order.size())
    page.element("p", {{"class", "note"}},
                 fmt::format("{} of {} regions, those with most noise; --json has all.", counted(written.size()),
                             counted(order.size())));
  page.open("ul", {{"class", "key"}});
  page.open("li").element("i", {{"class", "k-was"}}, "").text("before").close();
  page.open("li").element("i", {{"class", "k-is"}}, "").text("after, each over its own largest magnitude").close();
  page.open("li").element("i", {{"class", "k-bound"}}, "").text("scale at a bound; leaks").close();
  page.close();
  for (const auto& [at, section] : written) page.add(section);
  return page;
}

html::Markup region_table(const Subject& subject, const std::vector<bool>& wanted) {
  std::vector<std::uint32_t> order = in_line(subject, wanted);
  const std::size_t all = order.size();
  order.resize(std::min(order.size(), kMostRows));
  std::sort(order.begin(), order.end());
  html::Table table{
      .id = "region-table", .caption = "All regions with a parent", .columns = {}, .tools = true, .kind = "regions"};
  if (order.size() < all)
    table.caption = fmt::format("{} of {} regions with a parent, those with most noise; --json has all",
                                counted(order.size()), counted(all));
  const bool measured = subject.input.layers.are == runtime::LayersAre::measured;
  const std::string tells = measured
                                ? "the smallest signal to noise of its tensors, dB"
                                : "noise that its tensors are predicted to add, beside that of all layers before, dB";
  table.columns = {{"Region"},
                   {"Rule"},
                   {"Parents", true},
                   {"Inside", true},
                   {"Children", true},
                   {"Channels", true, "scale classes"},
                   {"Smallest", true, "scale"},
                   {"Largest", true, "scale"},
                   {"At a bound", true, "scale classes"},
                   {"dB before", true, tells},
                   {"dB after", true, tells},
                   {"Why it was left alone"}};
  const bool light = order.size() <= 400;
  for (const std::uint32_t i : order) {
    const RegionOutcome& region = subject.outcome.visited[i];
    const runtime::Region& shape = subject.outcome.regions[region.region];
    const runtime::ScaleRange scales = runtime::scale_range_of(region);
    const std::string why = region.taken_by == kNone ? runtime::reason(subject.input, region) : "";
    table.rows.push_back({{.text = subject.short_headline(region, light ? kMostHeadName : 24),
                           .exact = subject.short_headline(region, 200),
                           .link = subject.link(i)},
                          {.text = region.taken_by == kNone ? "\u2013" : subject.rule_of(region)},
                          count_cell(shape.parents.size()),
                          count_cell(shape.inner.size()),
                          count_cell(subject.outcome.regions.readers(shape).size()),
                          count_cell(shape.classes),
                          number_cell(scales.smallest),
                          number_cell(scales.largest),
                          count_cell(runtime::count_at_bound(subject.outcome, region)),
                          decibel_cell(subject.decibels[i].before),
                          decibel_cell(subject.decibels[i].after),
                          {.text = html::shortened(why, 120),
                           .exact = html::shortened(why, 400),
                           .title = why.size() > 120 ? why : ""}});
  }
  html::Markup page;
  const std::size_t written = html::add_table(page, table, kTableBytes);
  if (written < table.rows.size())
    page.element(
        "p", {{"class", "note"}},
        fmt::format("{} more regions have no place here; --json has all.", counted(table.rows.size() - written)));
  return page;
}

}  // namespace rw::pages
