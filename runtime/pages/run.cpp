// The page of a run.
#include <fmt/format.h>

#include <cmath>

#include "runtime/html/page.hpp"
#include "runtime/pages/figures.hpp"
#include "runtime/pages/layers.hpp"
#include "runtime/pages/overview.hpp"
#include "runtime/pages/pages.hpp"
#include "runtime/pages/regions.hpp"

namespace rw::pages {
namespace {

constexpr std::size_t kMostRules = 8;

std::string rules_text(const runtime::ReportInput& input) {
  std::string text;
  std::size_t count = 0;
  for (std::size_t i = 0; i < input.rules.program.rules.size(); ++i) {
    if (!input.outcome.rules[i].ran || input.outcome.rules[i].regions + input.outcome.rules[i].edits == 0) continue;
    if (++count <= kMostRules) text += (text.empty() ? "" : ", ") + input.rules.program.rules[i].name;
  }
  if (count == 0) return "no rule changed anything";
  return "rewritten by " + text + (count > kMostRules ? fmt::format(" and {} more", count - kMostRules) : "");
}

std::vector<Figure> predicted(const runtime::ReportInput& input) {
  const auto& prediction = input.outcome.prediction;
  if (!prediction) return {};
  const auto three_digits = [](double gain) { return fmt::format("{}", std::round(gain * 1000) / 1000); };
  std::string tells = fmt::format("{} with a step for each output channel; ", change(-prediction->per_channel));
  tells += prediction->activations ? "activations " + change(-*prediction->activations) : "activations: no statistics";
  std::vector<Figure> list = {{.name = "Predicted noise of int8 weights",
                               .value = change(-prediction->per_tensor),
                               .tells = tells + ". Predicted: differences alone mean something",
                               .exact = three_digits(prediction->per_tensor)}};
  if (prediction->left > 1)
    list.push_back({.name = "Left to win",
                    .value = fmt::format("{:.0f} dB", prediction->left),
                    .tells = "predicted, by the rules `auto`",
                    .exact = three_digits(prediction->left)});
  return list;
}

html::Markup written(const runtime::ReportInput& input) {
  html::Markup page;
  page.open("p", {{"class", "note"}});
  if (input.dry_run) {
    page.text("A dry run: no model was written.");
  } else if (input.written.files.empty()) {
    page.text("No model was written.");
  } else {
    page.text("Written: ");
    for (std::size_t i = 0; i < input.written.files.size() && i < 8; ++i)
      page.text(i ? ", " : "").element("code", input.written.files[i].string());
    if (input.written.files.size() > 8) page.text(fmt::format(" and {} more files", input.written.files.size() - 8));
    page.text(".");
  }
  page.close();
  for (const std::string& note : input.written.notes) page.element("p", {{"class", "note"}}, note);
  return page;
}

html::Markup overview(const Subject& subject, const RunPage& run) {
  std::vector<Figure> list;
  if (run.score) list = figures_of(*run.score);
  for (Figure& each : predicted(run.report)) list.push_back(std::move(each));
  if (run.verify) list.push_back(figure_of(*run.verify));
  list.push_back(certificate_of(subject));
  list.push_back(network_of(subject));
  html::Markup page = figures(list);
  if (!run.score)
    page.element("p", {{"class", "note"}},
                 "Nothing was measured: --score with --data runs the network before and after, rounded.");
  page.add(written(run.report));
  page.element("h3", "Rule by rule").add(rule_table(subject));
  page.element("h3", "Left alone").add(left_alone(subject));
  if (run.score) page.element("h3", "Outputs, rounded").add(outputs_table(*run.score)).add(notes(run.score->data));
  if (run.verify) page.element("h3", "Outputs, in float").add(outputs_table(*run.verify));
  return page;
}

html::Markup layers(const Subject& subject) {
  const runtime::Layers& layers = subject.input.layers;
  LayersShown shown{layers, "before", "after"};
  for (const runtime::Layer& each : layers.list) shown.links.push_back(subject.link(each.region));
  html::Markup page = network_strip(subject);
  page.element("h3",
               layers.are == runtime::LayersAre::predicted ? "Lost by layer, predicted" : "Lost by layer, measured");
  return page.add(layer_bars(shown));
}

}  // namespace

std::string page_of(const RunPage& run) {
  Subject subject(run.report);
  html::Page page{run.report.model.path.filename().string(), rules_text(run.report), {}};
  html::Markup sections = region_sections(subject, {}, {});  // first: others lead to them
  page.views.push_back({"overview", "Overview", overview(subject, run)});
  page.views.push_back({"layers", "Network and layers", layers(subject)});
  page.views.push_back({"regions", "Regions", std::move(sections)});
  page.views.push_back({"table", "Table", region_table(subject, {})});
  return html::to_text(page);
}

}  // namespace rw::pages
