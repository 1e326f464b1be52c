#include "runtime/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/printable.hpp"

namespace rw::runtime {
namespace {

std::string place(const ReportInput& input, dsl::Position at) {
  return fmt::format("{}:{}", input.rules.sources[at.source].name, input.rules.sources.locate(at).line);
}

std::string node(const ReportInput& input, OperatorId op) {
  return fmt::format("{} '{}'", input.model.network.type_of(op), graph::printable(input.model.network.op(op).name));
}

std::string leak_reason(const ReportInput& input, TensorId tensor, OperatorId op) {
  const graph::Tensor& info = input.model.network.tensor(tensor);
  if (op == kNone)
    return fmt::format("'{}' is {} of the network", graph::printable(info.name),
                       info.is_input ? "an input" : "an output");
  return fmt::format("leaks at {}: {}", node(input, op), input.outcome.analysis.why_blocked(op));
}

// How far a rule came, in the order in which its clauses are checked.
int nearness(const Miss& miss) { return static_cast<int>(miss.obstacle); }

// Reasons are counted by kind, not by node: "absorbed by Gemm".
std::string kind_of(const ReportInput& input, const RegionOutcome& region) {
  const Region& shape = input.outcome.regions[region.region];
  const auto type = [&](OperatorId op) { return std::string(input.model.network.type_of(op)); };
  const Miss* nearest = nullptr;
  for (const auto& [rule, miss] : region.misses)
    if (!nearest || nearness(miss) > nearness(*nearest)) nearest = &miss;
  if (nearest && nearest->obstacle >= Obstacle::no_free_channel) {
    if (nearest->obstacle == Obstacle::data) return "could not run: " + nearest->reason;
    if (nearest->obstacle == Obstacle::condition)
      return nearest->reason.empty() ? "a condition failed" : nearest->reason;
  }
  if (!shape.leaks.empty()) {
    const Leak& leak = shape.leaks[0];
    if (leak.op == kNone)
      return input.model.network.tensor(leak.tensor).is_output ? "is an output of the network"
                                                               : "is an input of the network";
    return fmt::format("leaks at {}: {}", type(leak.op), input.outcome.analysis.why_blocked(leak.op));
  }
  if (!nearest) return "no rule ran";
  switch (nearest->obstacle) {
    case Obstacle::parent:
      return fmt::format("{} offers a scale, which no rule wants as a parent", type(nearest->op));
    case Obstacle::child:
      return fmt::format("{} absorbs the scale, which no rule wants as a child", type(nearest->op));
    case Obstacle::inner:
      return fmt::format("{} stands inside, which no rule admits there", type(nearest->op));
    case Obstacle::no_join:
      return "has no operator that the rule wants as a join";
    case Obstacle::no_child:
      return "nothing absorbs its scale";
    default:
      return "no channel is free";
  }
}

std::string range(double smallest, double largest) {
  return smallest == largest ? fmt::format("{:.4g}", smallest) : fmt::format("{:.4g} .. {:.4g}", smallest, largest);
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1'000) return fmt::format("{} bytes", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} KB", static_cast<double>(bytes) / 1e3);
  if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

class Painter {
 public:
  explicit Painter(bool colour) : colour_(colour) {}
  std::string good(std::string_view text) const { return paint("32", text); }
  std::string bad(std::string_view text) const { return paint("31", text); }
  std::string strong(std::string_view text) const { return paint("1", text); }

 private:
  std::string paint(const char* code, std::string_view text) const {
    return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
  bool colour_;
};

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
                      rule.children, rule.channels, rule.regions ? range(rule.smallest, rule.largest) : "-");
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

std::string left_alone(const ReportInput& input) {
  std::map<std::string, std::pair<std::size_t, std::string>> reasons;  // count, first parent
  std::size_t total = 0;
  for (const RegionOutcome& region : input.outcome.visited) {
    if (region.taken_by != kNone) continue;
    auto& entry = reasons[kind_of(input, region)];
    if (entry.first++ == 0) entry.second = node(input, input.outcome.regions[region.region].parents[0]);
    ++total;
  }
  if (total == 0) return {};
  std::vector<std::pair<std::string, std::pair<std::size_t, std::string>>> sorted(reasons.begin(), reasons.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.first > b.second.first; });
  std::string text = fmt::format("\nnot rewritten: {} region{}\n", total, total == 1 ? "" : "s");
  for (const auto& [why, entry] : sorted)
    text += fmt::format("  {:>5}  {} (first: {})\n", entry.first, why, entry.second);
  return text;
}

std::string warnings(const ReportInput& input) {
  std::string text;
  std::map<std::string_view, std::size_t> unknown;
  for (OperatorId op = 0; op < input.model.network.operators().size(); ++op)
    if (input.outcome.analysis.unknown[op]) ++unknown[input.model.network.type_of(op)];
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
  std::uint32_t edits = 0;
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

std::string describe(const ReportInput& input, const Miss& miss) {
  const std::string at = place(input, miss.clause);
  switch (miss.obstacle) {
    case Obstacle::claimed:
      return fmt::format("claimed by {}", input.rules.program.rules[miss.claimed_by].name);
    case Obstacle::parent:
      return fmt::format("{} offers a scale to it, and `parents` ({}) does not name it", node(input, miss.op), at);
    case Obstacle::child:
      return fmt::format("{} absorbs its scale, and `children` ({}) does not name it", node(input, miss.op), at);
    case Obstacle::no_child:
      return "nothing absorbs its scale";
    case Obstacle::inner:
      return fmt::format("{} stands inside, and no clause ({}) admits it", node(input, miss.op), at);
    case Obstacle::no_join:
      return fmt::format("it has none of the joins that `join` ({}) asks for", at);
    case Obstacle::leak:
      return leak_reason(input, miss.tensor, miss.op);
    case Obstacle::no_free_channel:
      return "every channel that a parent offers is pinned";
    case Obstacle::condition:
      return miss.reason.empty() ? fmt::format("`where` ({}) failed", at) : fmt::format("{} ({})", miss.reason, at);
    case Obstacle::data:
      return fmt::format("could not run: {}", miss.reason);
  }
  return {};
}

std::string reason(const ReportInput& input, const RegionOutcome& region) {
  const Region& shape = input.outcome.regions[region.region];
  const Miss* nearest = nullptr;
  for (const auto& [rule, miss] : region.misses)
    if (!nearest || nearness(miss) > nearness(*nearest)) nearest = &miss;
  if (nearest && nearest->obstacle >= Obstacle::condition) return describe(input, *nearest);
  if (!shape.leaks.empty()) return leak_reason(input, shape.leaks[0].tensor, shape.leaks[0].op);
  return nearest ? describe(input, *nearest) : "no rule ran";
}

std::string text_report(const ReportInput& input, bool colour) {
  const Painter paint(colour);
  const Outcome& outcome = input.outcome;
  std::string text = warnings(input);
  text += fmt::format("{}: {} operators, {} regions, {} with parents, {}\n\n", input.model.path.string(),
                      input.model.network.live_count(), outcome.regions.size(), outcome.visited.size(),
                      size_text(input.model.bytes));
  text += rule_table(input, paint);
  text += never_fired(input);
  text += left_alone(input);
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
  for (const auto& file : input.written.files) files += (files.empty() ? "" : ", ") + file.string();
  return text + fmt::format("wrote {} ({}) in {:.1f} ms\n", files, size_text(input.written.bytes), input.seconds * 1e3);
}

}  // namespace rw::runtime
