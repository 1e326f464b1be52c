// The page of an explanation.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "runtime/html/page.hpp"
#include "runtime/html/table.hpp"
#include "runtime/pages/figures.hpp"
#include "runtime/pages/layers.hpp"
#include "runtime/pages/overview.hpp"
#include "runtime/pages/pages.hpp"
#include "runtime/pages/regions.hpp"

namespace rw::pages {
namespace {

using runtime::Explanation;
using runtime::RegionView;
using runtime::Remedy;

constexpr std::size_t kMostRemedies = 40, kMostOfRegion = 6, kMostLeft = 12;

std::string steps(const Remedy& remedy) { return fmt::format("{}", fmt::join(remedy.steps, ", and ")); }

html::Markup unlocks(const Explanation& all) {
  html::Markup page;
  if (all.by_gain.empty()) {
    page.element("p", {{"class", "note"}}, "No change of the rules was found that would help.");
    return page;
  }
  html::Table table{.id = "remedy-table",
                    .caption = "What would unlock most, each tried on this model; --apply takes one by its number",
                    .columns = {{"Number", true},
                                {"Change"},
                                {"Regions", true},
                                {"Channels", true},
                                {"Layers", true, "of other rule files: that would be scaled and are not now"},
                                {"But"}}};
  for (std::size_t i = 0; i < std::min(all.by_gain.size(), kMostRemedies); ++i) {
    const Remedy& each = all.remedies[all.by_gain[i]];
    const std::string but = !each.refused.empty() ? "the run would stop: " + each.refused
                            : each.claims         ? "a claim of yours, which nobody checks"
                                                  : "";
    table.rows.push_back({count_cell(i + 1),
                          {.text = steps(each)},
                          count_cell(each.regions),
                          count_cell(each.channels),
                          each.files.empty() ? html::Cell{"\u2013"} : count_cell(each.layers),
                          {.text = but}});
  }
  html::add_table(page, table);
  if (all.by_gain.size() > kMostRemedies)
    page.element("p", {{"class", "note"}}, fmt::format("And {} more.", counted(all.by_gain.size() - kMostRemedies)));
  if (all.capped || all.not_tried > 0)
    page.element("p", {{"class", "note"}},
                 plural(all.tries, "change") + " tried on this network; there may be others that help.");
  return page;
}

html::Markup edits(const runtime::ExplainInput& input, const Subject& subject) {
  html::Markup page;
  for (const runtime::EditView& each : input.explanation.edits) {
    if (each.edits == 0 && each.left.empty()) continue;
    page.open("p")
        .element("code", input.rules.program.rules[each.rule].name)
        .text(": " + plural(each.edits, "edit"))
        .close();
    page.open("ul");
    for (std::size_t i = 0; i < std::min(each.left.size(), kMostLeft); ++i)
      page.element("li",
                   runtime::node_name(subject.told, each.left[i].op) + " is left as it is: " + each.left[i].text());
    if (each.left.size() > kMostLeft)
      page.element("li", fmt::format("and {} more", counted(each.left.size() - kMostLeft)));
    page.close();
  }
  return page;
}

html::Markup overview(const runtime::ExplainInput& input, const Subject& subject) {
  const Explanation& all = input.explanation;
  html::Markup page = figures(
      {{.name = "Regions that a rule took",
        .value = fmt::format("{} of {}", counted(all.matched.size()), counted(all.matched.size() + all.missed.size())),
        .tells = input.options.node.empty() ? "of those with a parent" : "around " + input.options.node,
        .exact = std::to_string(all.matched.size())},
       {.name = "Remedies",
        .value = counted(all.by_gain.size()),
        .tells = plural(all.tries, "change") + " tried on this model"},
       network_of(subject)});
  page.element("h3", "What would unlock most").add(unlocks(all));
  page.element("h3", "Left alone").add(left_alone(subject));
  if (const html::Markup told = edits(input, subject); !told.empty())
    page.element("h3", "Rules with a pattern").add(told);
  return page;
}

// What was tried for one region, and how leaks come to its parents.
void tell(const runtime::ExplainInput& input, const Subject& subject, const RegionView& view, html::Markup& page) {
  for (const runtime::LeakPath& path : view.leaks)
    if (path.parent != graph::kNone)
      page.open("p")
          .element("b", "Leak: ")
          .text(runtime::path_text(subject.told, path))
          .text(fmt::format("; it pins {} of {} channels", path.pinned, path.offered))
          .close();
  if (view.cures.empty()) return;
  page.element("h3", "Remedies, tried");
  page.open("ul");
  for (std::size_t i = 0; i < std::min(view.cures.size(), kMostOfRegion); ++i) {
    const runtime::Cure& cure = view.cures[i];
    const Remedy& remedy = input.explanation.remedies[cure.remedy];
    page.open("li").text(steps(remedy) + "; then ").element("code", cure.by);
    page.text(fmt::format(" would scale {} of {} here", counted(cure.channels), plural(cure.of, "channel")));
    if (!remedy.refused.empty()) page.text("; but its formula then stops the run: " + remedy.refused);
    page.close();
  }
  page.close();
}

}  // namespace

std::string page_of(const runtime::ExplainInput& input) {
  const graph::Written none;
  runtime::ReportInput report{input.model, input.rules, input.outcome, none};
  report.layers = input.layers;
  Subject subject(report);
  std::map<std::uint32_t, const RegionView*> views;
  std::vector<bool> wanted(input.outcome.visited.size(), false);
  for (const auto* list : {&input.explanation.missed, &input.explanation.matched})
    for (const RegionView& view : *list) {
      const auto at = static_cast<std::uint32_t>(view.region - input.outcome.visited.data());
      wanted[at] = true;
      views[at] = &view;
    }
  html::Markup sections = region_sections(subject, wanted, [&](html::Markup& page, std::uint32_t visited) {
    tell(input, subject, *views.at(visited), page);
  });
  html::Page page{input.model.path.filename().string(), "why rules did not match, and what would help", {}};
  page.views.push_back({"overview", "Overview", overview(input, subject)});
  page.views.push_back({"layers", "Network", network_strip(subject)});
  page.views.push_back({"regions", "Regions", std::move(sections)});
  page.views.push_back({"table", "Table", region_table(subject, wanted)});
  return html::to_text(page);
}

}  // namespace rw::pages
