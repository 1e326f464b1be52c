#include "runtime/pages/overview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/base/printable.hpp"
#include "runtime/html/table.hpp"
#include "runtime/pages/figures.hpp"
#include "runtime/pages/regions.hpp"
#include "runtime/text/size_text.hpp"

namespace rw::pages {
namespace {

using graph::kNone;

constexpr std::size_t kMostReasons = 24, kMostIdle = 12;

html::Cell optional_count(std::size_t value) { return value ? count_cell(value) : html::Cell{"\u2013", "0"}; }

// What was left alone, for one reason.
struct Reason {
  std::string why, helps, first;
  std::size_t count = 0;
};

class Reasons {
 public:
  // `helps` and `first` are asked for the first of a kind.
  template <typename Helps, typename First>
  void add(const std::string& why, Helps helps, First first) {
    const auto [found, fresh] = index_.emplace(why, list_.size());
    if (fresh) list_.push_back({why, helps(), first()});
    ++list_[found->second].count;
  }
  std::vector<Reason> take() {
    std::stable_sort(list_.begin(), list_.end(), [](const Reason& a, const Reason& b) { return a.count > b.count; });
    return std::move(list_);
  }

 private:
  std::vector<Reason> list_;
  std::map<std::string, std::size_t> index_;
};

void collect_regions(const Subject& subject, Reasons& reasons) {
  for (const runtime::RegionOutcome& region : subject.outcome.visited) {
    if (region.taken_by != kNone) continue;
    const runtime::Region& shape = subject.outcome.regions[region.region];
    const runtime::Chief chief = runtime::chief_of(shape, subject.outcome.misses.of(region.misses));
    reasons.add(
        runtime::kind_of_reason(subject.input, region), [&] { return usual_remedy(subject.told, chief); },
        [&] { return runtime::node_name(subject.told, shape.parents[0]); });
  }
}

// What rules with a pattern found and left as it is, and operators that look like parents and are none.
void collect_operators(const Subject& subject, Reasons& reasons) {
  const auto nothing = [] { return std::string(); };
  std::vector<bool> ran;
  for (std::size_t i = 0; i < subject.outcome.rules.size(); ++i) {
    const runtime::RuleOutcome& rule = subject.outcome.rules[i];
    ran.push_back(rule.ran);
    for (const runtime::Declined& each : rule.declined)
      if (rule.edits == 0 && each.whole)
        reasons.add(subject.input.rules.program.rules[i].name + ": " + each.reason, nothing,
                    [&] { return runtime::node_name(subject.told, each.op); });
  }
  for (const graph::OperatorId op : runtime::idle_parents(subject.told, ran))
    reasons.add(fmt::format("{} offers no scale: {}", graph::printable(subject.network.type_of(op)),
                            graph::printable(subject.outcome.analysis.kind_of_block(op))),
                nothing, [&] { return runtime::node_name(subject.told, op); });
}

}  // namespace

html::Markup figures(const std::vector<Figure>& list) {
  html::Markup page;
  page.open("dl", {{"class", "figures"}});
  for (const Figure& each : list) {
    page.open("div").element("dt", each.name);
    page.element("dd", {{"class", each.kind.empty() ? "big" : "big " + each.kind}, {"data-v", each.exact}}, each.value);
    if (!each.tells.empty()) page.element("dd", {{"class", "tells"}}, each.tells);
    page.close();
  }
  page.close().line();
  return page;
}

Figure network_of(const Subject& subject) {
  std::size_t taken = 0;
  for (const runtime::RegionOutcome& each : subject.outcome.visited) taken += each.taken_by != kNone;
  return {.name = "Regions rewritten",
          .value = fmt::format("{} of {}", counted(taken), counted(subject.outcome.visited.size())),
          .tells = fmt::format("{}, {} in all, {}", plural(subject.network.live_count(), "operator"),
                               plural(subject.outcome.regions.size(), "region"),
                               runtime::size_text(subject.input.model.bytes))};
}

Figure certificate_of(const Subject& subject) {
  const runtime::Certificate& certificate = subject.outcome.certificate;
  if (!certificate.holds) {
    const std::string where = certificate.op != kNone
                                  ? runtime::node_name(subject.told, certificate.op)
                                  : "tensor " + runtime::tensor_name(subject.told, certificate.tensor);
    return {.name = "Certificate",
            .value = "does not hold",
            .tells = fmt::format("at {}: {}; nothing was written", where, certificate.why),
            .kind = "bad"};
  }
  std::string approximate;
  std::size_t tried = 0, not_tried = 0;
  for (const runtime::RuleOutcome& rule : subject.outcome.rules) {
    for (const auto& [what, count] : rule.approximate) approximate += (approximate.empty() ? "" : ", ") + what;
    tried += rule.tried;
    not_tried += rule.not_tried;
  }
  std::string tells = fmt::format("scales, {} checked{}", plural(certificate.operators, "operator"),
                                  subject.input.exact ? ", powers of two" : "");
  if (tried > 0) tells += fmt::format("; {} tried on drawn inputs", plural(tried, "edit"));
  if (not_tried > 0) tells += fmt::format("; {} not tried", plural(not_tried, "edit"));
  if (approximate.empty()) return {.name = "Certificate", .value = "holds", .tells = tells, .kind = "good"};
  return {.name = "Certificate",
          .value = "checked, approximate",
          .tells = tells + "; only approximate: " + approximate,
          .kind = "bad"};
}

namespace {

// Rules that ran and did nothing; of many only the first.
std::string never_fired(const Subject& subject) {
  const auto& rules = subject.input.rules.program.rules;
  std::string text;
  std::size_t count = 0;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const runtime::RuleOutcome& rule = subject.outcome.rules[i];
    if (!rule.ran || rule.regions + rule.edits > 0) continue;
    if (++count <= kMostIdle) text += (text.empty() ? "" : ", ") + rules[i].name;
  }
  if (count == 0) return {};
  return "Never fired: " + text + (count > kMostIdle ? fmt::format(" and {} more", count - kMostIdle) : "") + ".";
}

}  // namespace

html::Markup rule_table(const Subject& subject) {
  const auto& rules = subject.input.rules.program.rules;
  bool scales = false, edits = false;
  for (const runtime::RuleOutcome& rule : subject.outcome.rules) {
    scales |= rule.regions > 0;
    edits |= rule.edits > 0;
  }
  html::Table table{
      .id = "rule-table", .caption = "What each rule took, in the order in which they ran", .columns = {{"Rule"}}};
  const auto add = [&](std::initializer_list<html::Column> columns) {
    table.columns.insert(table.columns.end(), columns);
  };
  if (scales)
    add({{"Regions", true},
         {"Parents", true},
         {"Children", true},
         {"Channels", true, "scale classes whose scale is not 1"},
         {"Smallest scale", true},
         {"Largest scale", true}});
  if (edits) add({{"Edits", true, "of the graph"}, {"Operators out", true}, {"Operators in", true}});
  add({{"What it is for"}});
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const runtime::RuleOutcome& rule = subject.outcome.rules[i];
    if (rule.regions + rule.edits == 0) continue;
    std::vector<html::Cell> row = {{.text = rules[i].name}};
    if (scales)
      for (const std::size_t each : {rule.regions, rule.parents, rule.children, rule.channels})
        row.push_back(optional_count(each));
    if (scales)
      for (const double each : {rule.smallest, rule.largest})
        row.push_back(rule.scaled ? number_cell(each) : html::Cell{"\u2013", "1"});
    if (edits)
      for (const std::size_t each : {rule.edits, rule.operators_removed, rule.operators_added})
        row.push_back(optional_count(each));
    row.push_back({.text = rules[i].doc});
    table.rows.push_back(std::move(row));
  }
  html::Markup page;
  if (!table.rows.empty()) html::add_table(page, table);
  if (const std::string idle = never_fired(subject); !idle.empty()) page.element("p", {{"class", "note"}}, idle);
  page.open("ul", {{"class", "note"}});
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (const std::size_t put_in = subject.outcome.rules[i].restorers.size(); put_in > 0)
      page.element("li", fmt::format("{}: leaks are restored by {} put in", rules[i].name, plural(put_in, "Mul")));
  for (std::size_t i = 0; i < rules.size(); ++i)
    for (const runtime::BoundReached& each : subject.outcome.rules[i].bounds) {
      page.open("li").text(
          fmt::format("{}: {} of {} channels stand at ", rules[i].name, counted(each.channels), counted(each.of)));
      if (each.parameter.empty())
        page.text(fmt::format("{:.6g}, its {} bound", each.value, each.upper ? "upper" : "lower"));
      else
        page.element("code", fmt::format("--param {}.{}={:.6g}", rules[i].name, each.parameter, each.value));
      page.close();
    }
  page.close();
  return page;
}

html::Markup left_alone(const Subject& subject) {
  Reasons reasons;
  collect_regions(subject, reasons);
  collect_operators(subject, reasons);
  const std::vector<Reason> list = reasons.take();
  html::Markup page;
  if (list.empty()) {
    page.element("p", {{"class", "note"}}, "Nothing was left alone.");
    return page;
  }
  html::Table table{.id = "left-table",
                    .caption = "By reason, the most frequent first; what usually helps is not tried here",
                    .columns = {{"Reason"}, {"How many", true}, {"What usually helps"}, {"First"}}};
  for (std::size_t i = 0; i < std::min(list.size(), kMostReasons); ++i)
    table.rows.push_back(
        {{.text = list[i].why}, count_cell(list[i].count), {.text = list[i].helps}, {.text = list[i].first}});
  html::add_table(page, table);
  if (list.size() > kMostReasons)
    page.element("p", {{"class", "note"}}, fmt::format("And {} more reasons.", counted(list.size() - kMostReasons)));
  if (!subject.input.explain.empty())
    page.open("p").text("What would help, tried on this model: ").element("code", subject.input.explain).close();
  return page;
}

}  // namespace rw::pages
