#include "runtime/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/base/printable.hpp"
#include "runtime/report/reasons.hpp"
#include "runtime/text/painter.hpp"
#include "runtime/text/size_text.hpp"

namespace rw::runtime {
namespace {

Told told(const ReportInput& input) { return {input.rules, input.outcome.analysis, input.outcome.regions}; }

std::string node(const ReportInput& input, OperatorId op) { return node_name(told(input), op); }

Chief chief(const ReportInput& input, const RegionOutcome& region) {
  return chief_of(input.outcome.regions[region.region], input.outcome.misses.of(region.misses));
}

// Rules with a chain edit the graph, those with a region scale: a table for each kind.
std::string rule_table(const ReportInput& input, const Painter& paint) {
  const auto& rules = input.rules.program.rules;
  std::size_t width = 4;
  for (const dsl::Rule& rule : rules) width = std::max(width, rule.name.size());
  std::string edits, scales;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const RuleOutcome& rule = input.outcome.rules[i];
    if (!rule.ran) continue;
    if (rules[i].region)
      scales +=
          fmt::format("{:<{}}  {:>7}  {:>7}  {:>8}  {:>8}  {}\n", rules[i].name, width, rule.regions, rule.parents,
                      rule.children, rule.channels, rule.regions ? scale_range(rule.smallest, rule.largest) : "-");
    else
      edits += fmt::format("{:<{}}  {:>7}\n", rules[i].name, width, rule.edits);
  }
  std::string text;
  if (!edits.empty()) text += paint.strong(fmt::format("{:<{}}    edits", "rule", width)) + "\n" + edits;
  if (!edits.empty() && !scales.empty()) text += "\n";
  if (!scales.empty())
    text +=
        paint.strong(fmt::format("{:<{}}  regions  parents  children  channels  scale", "rule", width)) + "\n" + scales;
  return text;
}

std::string never_fired(const ReportInput& input) {
  std::string names;
  for (std::size_t i = 0; i < input.outcome.rules.size(); ++i)
    if (const RuleOutcome& rule = input.outcome.rules[i]; rule.ran && rule.regions + rule.edits == 0)
      names += (names.empty() ? "" : ", ") + input.rules.program.rules[i].name;
  return names.empty() ? "" : fmt::format("\nnever fired: {}\n", names);
}

// The most frequent reasons first; of many only those, and the command that tells everything.
std::string left_alone(const ReportInput& input) {
  constexpr std::size_t kMost = 8;
  struct Entry {
    std::string why;
    std::size_t count = 0;
    OperatorId first = kNone;
  };
  std::vector<Entry> entries;
  std::map<std::string, std::size_t> index;
  std::size_t total = 0;
  for (const RegionOutcome& region : input.outcome.visited) {
    if (region.taken_by != kNone) continue;
    const std::string why = chief_kind(told(input), chief(input, region));
    const auto [found, fresh] = index.emplace(why, entries.size());
    if (fresh) entries.push_back({why, 0, input.outcome.regions[region.region].parents[0]});
    ++entries[found->second].count;
    ++total;
  }
  if (total == 0) return {};
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.count > b.count; });
  std::string text = fmt::format("\nnot rewritten: {} region{}\n", total, total == 1 ? "" : "s");
  for (std::size_t i = 0; i < std::min(entries.size(), kMost); ++i)
    text += fmt::format("  {:>5}  {} (first: {})\n", entries[i].count, entries[i].why, node(input, entries[i].first));
  if (entries.size() > kMost) text += fmt::format("         and {} more reasons\n", entries.size() - kMost);
  if (!input.explain.empty()) text += fmt::format("  what would help: {}\n", input.explain);
  return text;
}

std::string warnings(const ReportInput& input) {
  std::string text;
  std::map<std::string_view, std::size_t> unknown;
  for (OperatorId op = 0; op < input.model.network.operators().size(); ++op)
    if (input.outcome.analysis.operators[op].unknown) ++unknown[input.model.network.type_of(op)];
  for (const auto& [type, count] : unknown)
    text += fmt::format(
        "warning: no law is known for {} ({} operator{}): it blocks; where it carries scales, add `op {} law pass` to "
        "a rule file\n",
        graph::printable(type), count, count == 1 ? "" : "s", graph::printable(type));
  if (input.outcome.unused_statistics > 0)
    text +=
        fmt::format("note: {} statistics run along another axis than the channels of their tensor and are not used\n",
                    input.outcome.unused_statistics);
  std::uint32_t reset = 0;
  for (const RuleOutcome& rule : input.outcome.rules) reset += rule.reset;
  if (reset > 0)
    text += fmt::format(
        "note: --exact put {} channels back to scale 1: a weight would have been rounded, overflowed or become "
        "denormal\n",
        reset);
  return text;
}

// Edits of the graph are covered by the identity that their action states.
std::string by_identity(const ReportInput& input) {
  auto edits = static_cast<std::uint32_t>(input.outcome.plan.added_biases().size());
  for (const RuleOutcome& rule : input.outcome.rules) edits += rule.edits;
  return edits == 0 ? "" : fmt::format("; by identity: {} edit{}", edits, edits == 1 ? "" : "s");
}

std::string approximations(const ReportInput& input, const Painter& paint) {
  std::string text;
  for (std::size_t i = 0; i < input.outcome.rules.size(); ++i)
    for (const auto& [what, count] : input.outcome.rules[i].approximate)
      text +=
          paint.bad("approximate") + fmt::format(": {} ({}, {} time{}): the network computes something else\n", what,
                                                 input.rules.program.rules[i].name, count, count == 1 ? "" : "s");
  return text;
}

}  // namespace

std::string reason(const ReportInput& input, const RegionOutcome& region) {
  return chief_text(told(input), chief(input, region));
}

std::string text_report(const ReportInput& input, bool colour) {
  const Painter paint(colour);
  const Outcome& outcome = input.outcome;
  std::string text = warnings(input);
  text += fmt::format("{}: {} operators, {} regions, {} with parents, {}\n\n",
                      graph::printable(input.model.path.string()), input.model.network.live_count(),
                      outcome.regions.size(), outcome.visited.size(), size_text(input.model.bytes));
  if (input.rules.program.rules.empty()) {
    text += "these files have no rule: the model stays as it is\n";
  } else {
    text += rule_table(input, paint);
    text += never_fired(input);
    text += left_alone(input);
  }
  const Certificate& certificate = outcome.certificate;
  if (certificate.holds) {
    text += "\n" + paint.good("certified") +
            fmt::format(": scales, {} operators checked{}{}\n", certificate.operators,
                        input.exact ? ", powers of two" : "", by_identity(input));
    text += approximations(input, paint);
  } else {
    const std::string where =
        certificate.op != kNone
            ? node(input, certificate.op)
            : fmt::format("tensor '{}'", graph::printable(input.model.network.tensor(certificate.tensor).name));
    text += "\n" + paint.bad("refused") +
            fmt::format(": the certificate does not hold at {}: {}; nothing was written\n", where, certificate.why);
    return text;
  }
  if (input.dry_run) return text + fmt::format("dry run: nothing was written; {:.1f} ms\n", input.seconds * 1e3);
  if (input.written.files.empty()) return text + "nothing was written\n";
  std::string files;
  for (const auto& file : input.written.files) files += (files.empty() ? "" : ", ") + graph::printable(file.string());
  return text + fmt::format("wrote {} ({}) in {:.1f} ms\n", files, size_text(input.written.bytes), input.seconds * 1e3);
}

}  // namespace rw::runtime
