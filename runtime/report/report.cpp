#include "runtime/report/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "dsl/text/spelling.hpp"
#include "graph/base/printable.hpp"
#include "runtime/regions/law_advice.hpp"
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

// "  (12 operators for 48)": what an edit of a pattern put in, and took out.
std::string operators(const RuleOutcome& rule) {
  if (rule.operators_removed + rule.operators_added == 0) return {};
  return fmt::format("  {} out, {} in", graph::plural(rule.operators_removed, "operator"), rule.operators_added);
}

constexpr std::size_t kFewRules = 8;  // of more rules, those with a pattern that did nothing have no line

bool has_line(const ReportInput& input, std::size_t i) {
  const auto& rules = input.rules.program.rules;
  const RuleOutcome& outcome = input.outcome.rules[i];
  return outcome.ran && (rules[i].region || outcome.edits > 0 || rules.size() <= kFewRules);
}

// Rules with a pattern edit the graph, those with a region scale: a table for each kind.
std::string rule_table(const ReportInput& input, const Painter& paint) {
  const auto& rules = input.rules.program.rules;
  std::size_t width = 4;
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (has_line(input, i)) width = std::max(width, rules[i].name.size());
  std::string edits, scales;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const RuleOutcome& rule = input.outcome.rules[i];
    if (!has_line(input, i)) continue;
    if (rules[i].region)
      scales +=
          fmt::format("{:<{}}  {:>7}  {:>7}  {:>8}  {:>8}  {}\n", rules[i].name, width, rule.regions, rule.parents,
                      rule.children, rule.channels, rule.regions ? scale_range(rule.smallest, rule.largest) : "-");
    else
      edits += fmt::format("{:<{}}  {:>7}{}\n", rules[i].name, width, rule.edits, operators(rule));
  }
  std::string text;
  if (!edits.empty()) text += paint.strong(fmt::format("{:<{}}    edits", "rule", width)) + "\n" + edits;
  if (!edits.empty() && !scales.empty()) text += "\n";
  if (!scales.empty())
    text +=
        paint.strong(fmt::format("{:<{}}  regions  parents  children  channels  scale", "rule", width)) + "\n" + scales;
  return text;
}

// "950", "8.4 M": a count that need not be read to the last digit.
std::string about(double count) {
  if (count >= 1e6) return fmt::format("{:.1f} M", count / 1e6);
  return count >= 1e4 ? fmt::format("{:.1f} k", count / 1e3) : fmt::format("{:.0f}", count);
}

// What was put in so that scales pass curves, and what it costs.
std::string restored(const ReportInput& input) {
  std::string text;
  for (std::size_t i = 0; i < input.outcome.rules.size(); ++i) {
    const std::vector<Restorer>& restorers = input.outcome.rules[i].restorers;
    if (restorers.empty()) continue;
    const RestoredElements elements = restored_elements(restorers, input.model.network);
    text +=
        fmt::format("{}: {} Mul give the scale back, {} elements, {:.0f} % of all\n", input.rules.program.rules[i].name,
                    restorers.size(), about(elements.restored), 100 * elements.restored / elements.all);
  }
  if (text.empty()) return {};
  return "\n" + text +
         "note: a runtime that computes x * sigmoid(x) at once, or by one table for a tensor, does not find it behind "
         "such a Mul\n";
}

// How much the noise changes, of a gain; no "-0.0".
std::string more_noise(double gain) {
  const double tenths = std::round(-gain * 10) / 10;
  return fmt::format("{:+.1f} dB", tenths == 0 ? 0 : tenths);
}

// Differences of what quantization to eight bits is predicted to lose.
std::string predicted(const ReportInput& input) {
  const auto& prediction = input.outcome.prediction;
  if (!prediction) return {};
  constexpr double kWorthSaying = 1;  // dB
  std::string text = fmt::format("\npredicted int8 noise: weights {} per tensor, {} per channel; ",
                                 more_noise(prediction->per_tensor), more_noise(prediction->per_channel));
  text += prediction->activations ? fmt::format("activations {}\n", more_noise(*prediction->activations))
                                  : "activations are not told without statistics\n";
  if (prediction->left > kWorthSaying)
    text += fmt::format("  what would do better: `auto`, predicted to win {:.0f} dB more\n", prediction->left);
  return text;
}

// Channels that a parameter keeps from more, or from less.
std::string at_bounds(const ReportInput& input) {
  std::string text;
  for (std::size_t i = 0; i < input.outcome.rules.size(); ++i) {
    const std::string& rule = input.rules.program.rules[i].name;
    for (const BoundReached& each : input.outcome.rules[i].bounds) {
      text += fmt::format("  {}: {} of {} channels at ", rule, each.channels, each.of);
      text += each.parameter.empty()
                  ? fmt::format("{:.6g}, its {} bound\n", each.value, each.upper ? "upper" : "lower")
                  : fmt::format("{0} = {1:.6g}: --param {2}.{0}\n", each.parameter, each.value, rule);
    }
  }
  return text.empty() ? "" : "\nstand at a bound:\n" + text;
}

// Of many rules with a pattern only how many they are: most files have more of them than a network has use for.
std::string never_fired(const ReportInput& input) {
  std::vector<std::string> regions, patterns;
  for (std::size_t i = 0; i < input.outcome.rules.size(); ++i) {
    const dsl::Rule& rule = input.rules.program.rules[i];
    if (const RuleOutcome& outcome = input.outcome.rules[i]; outcome.ran && outcome.regions + outcome.edits == 0)
      (rule.pattern ? patterns : regions).push_back(rule.name);
  }
  if (patterns.size() <= kFewRules) {
    regions.insert(regions.end(), patterns.begin(), patterns.end());
    patterns.clear();
  }
  if (!patterns.empty()) regions.push_back(fmt::format("{} rules with `match`", patterns.size()));
  return regions.empty() ? "" : fmt::format("\nnever fired: {}\n", fmt::join(regions, ", "));
}

// Reasons, and how many operators there are for each: the most frequent first; of many only those.
class Reasons {
 public:
  void add(const std::string& why, OperatorId op) {
    const auto [found, fresh] = index_.emplace(why, entries_.size());
    if (fresh) entries_.push_back({why, 0, op});
    ++entries_[found->second].count;
    ++total_;
  }
  std::size_t total() const { return total_; }

  std::string text(const ReportInput& input) {
    constexpr std::size_t kMost = 8;
    const auto more = [](const Entry& a, const Entry& b) { return a.count > b.count; };
    std::stable_sort(entries_.begin(), entries_.end(), more);
    std::string lines;
    for (std::size_t i = 0; i < std::min(entries_.size(), kMost); ++i)
      lines +=
          fmt::format("  {:>5}  {} (first: {})\n", entries_[i].count, entries_[i].why, node(input, entries_[i].first));
    if (entries_.size() > kMost) lines += fmt::format("         and {} more reasons\n", entries_.size() - kMost);
    return lines;
  }

 private:
  struct Entry {
    std::string why;
    std::size_t count = 0;
    OperatorId first = kNone;
  };
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t> index_;
  std::size_t total_ = 0;
};

// What was found, by rules that edited none of it.
std::string found_and_left(const ReportInput& input) {
  Reasons reasons;
  for (std::size_t i = 0; i < input.outcome.rules.size(); ++i) {
    const RuleOutcome& rule = input.outcome.rules[i];
    for (const Declined& each : rule.declined)
      if (rule.edits == 0 && each.whole)
        reasons.add(fmt::format("{}: {}", input.rules.program.rules[i].name, each.reason), each.op);
  }
  return reasons.total() == 0 ? "" : "\nfound and left as they are:\n" + reasons.text(input);
}

// Where ranges come from, if some rule misses them and there are none at all.
std::string ranges_from(const ReportInput& input) {
  const auto missing = [&](const RegionOutcome& region) {
    const Miss* miss = region.taken_by == kNone ? chief(input, region).miss : nullptr;
    return miss && miss->obstacle == Obstacle::data;
  };
  const auto& visited = input.outcome.visited;
  if (input.outcome.statistics_use.entries > 0 || std::none_of(visited.begin(), visited.end(), missing)) return {};
  return "  ranges of activations: --stats FILE, or --data FILES on which they are measured\n";
}

std::string regions_left_alone(const ReportInput& input) {
  Reasons reasons;
  for (const RegionOutcome& region : input.outcome.visited)
    if (region.taken_by == kNone)
      reasons.add(chief_kind(told(input), chief(input, region)), input.outcome.regions[region.region].parents[0]);
  if (reasons.total() == 0) return {};
  return fmt::format("\nnot rewritten: {}\n", graph::plural(reasons.total(), "region")) + reasons.text(input) +
         ranges_from(input);
}

// Operators that look like parents, where no rule scaled anything.
std::string parents_that_are_none(const ReportInput& input) {
  std::vector<bool> ran;
  bool scaled = false;
  for (const RuleOutcome& rule : input.outcome.rules) {
    ran.push_back(rule.ran);
    scaled |= rule.regions > 0;
  }
  Reasons reasons;
  if (!scaled)
    for (const OperatorId op : idle_parents(told(input), ran))
      reasons.add(fmt::format("{}: {}", graph::printable(input.model.network.type_of(op)),
                              graph::printable(input.outcome.analysis.kind_of_block(op))),
                  op);
  return reasons.total() == 0 ? "" : "\noffer no scale:\n" + reasons.text(input);
}

std::string left_alone(const ReportInput& input) {
  const std::string text = found_and_left(input) + regions_left_alone(input) + parents_that_are_none(input);
  if (text.empty() || input.explain.empty()) return text;
  return text + fmt::format("  what would help: {}\n", input.explain);
}

// Tensors of float16 that are scaled up, and of which no calibrated range says how far.
std::size_t scaled_blindly(const Outcome& outcome) {
  std::size_t count = 0;
  for (const auto& [tensor, scale] : outcome.plan.scales())
    count += outcome.analysis.network->tensor(tensor).dtype == graph::DType::float16 &&
             !outcome.statistics.find_finite(tensor) &&
             std::any_of(scale.begin(), scale.end(), [](double each) { return each > 1; });
  return count;
}

// Keys of the statistics of scaled tensors that nobody knows how to scale.
std::set<std::string_view> left_out(const ReportInput& input) {
  std::set<std::string_view> keys;
  const Plan& plan = input.outcome.plan;
  for (const graph::Statistic& entry : input.model.statistics.entries())
    if (entry.tensor != kNone && (plan.scale_of(entry.tensor) || plan.shift_of(entry.tensor)))
      keys.insert(entry.strangers.begin(), entry.strangers.end());
  return keys;
}

// "1 channel is", "2 channels are".
std::string number_of(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// What was scaled less than asked, what may overflow, and what is left out of the statistics.
std::string cautions(const ReportInput& input) {
  std::uint32_t reset = 0, capped = 0;
  for (const RuleOutcome& rule : input.outcome.rules) {
    reset += rule.reset;
    capped += rule.capped;
  }
  std::string text;
  if (reset > 0)
    text += fmt::format("note: {} back at scale 1: a weight would have {}\n",
                        number_of(reset, "channel is", "channels are"),
                        input.outcome.analysis.exact ? "been rounded, overflowed or become denormal"
                                                     : "overflowed or come to nothing in its element type");
  if (capped > 0)
    text += fmt::format(
        "note: {} scaled less than asked: calibrated values stay 4 times below the largest of their element type\n",
        number_of(capped, "channel is", "channels are"));
  if (const std::size_t blind = scaled_blindly(input.outcome); blind > 0)
    text += fmt::format("note: {} scaled up without statistics: values beyond 65504 would be infinite\n",
                        number_of(blind, "tensor of float16 is", "tensors of float16 are"));
  for (const std::string_view key : left_out(input))
    text += fmt::format("note: '{}' is left out of the statistics of scaled tensors: how it scales is not known\n",
                        graph::printable(key));
  return text;
}

// "; did you mean '/Relu_output_0'?", or nothing.
std::string nearest_tensor(const ReportInput& input, std::string_view name) {
  std::vector<std::string_view> names;
  for (const graph::Tensor& tensor : input.model.network.tensors())
    if (!tensor.constant) names.push_back(tensor.name);
  const std::string hint = dsl::did_you_mean(name, names);
  return hint.empty() ? "" : "; " + graph::printable(hint);
}

// Which statistics are not used, and which serve more than their own channel.
std::string statistics_notes(const ReportInput& input) {
  const StatisticsUse& use = input.outcome.statistics_use;
  std::string text;
  if (use.unknown > 0)
    text += fmt::format("note: {} of {} statistics name no tensor of the model (first: '{}'{})\n", use.unknown,
                        use.entries, graph::printable(use.first_unknown), nearest_tensor(input, use.first_unknown));
  if (use.other_axis > 0)
    text +=
        fmt::format("note: {} statistics run along another axis than the channels of their tensor and are not used\n",
                    use.other_axis);
  if (use.not_finite > 0)
    text +=
        fmt::format("note: {} of {} statistics have a range that is not finite, which no rule reads (first: '{}')\n",
                    use.not_finite, use.entries, graph::printable(use.first_not_finite));
  if (use.whole > 0)
    text +=
        fmt::format("note: {} of {} statistics are ranges of whole tensors: each serves all channels of its tensor\n",
                    use.whole, use.entries);
  if (use.entries > 0 && use.used == 0)
    text += fmt::format(
        "warning: none of the {} statistics fits a tensor that carries a scale: rules that ask for "
        "ranges find none\n",
        use.entries);
  return text;
}

std::string warnings(const ReportInput& input) {
  std::string text;
  std::map<std::string, std::size_t> unknown;
  for (OperatorId op = 0; op < input.model.network.operators().size(); ++op)
    if (input.outcome.analysis.operators[op].unknown) ++unknown[std::string(input.model.network.type_of(op))];
  for (const auto& [type, advice] : law_advice(input.outcome.analysis)) {
    const std::string name = graph::printable(type);
    text +=
        fmt::format("warning: no law is known for {} ({}): it blocks", name, graph::plural(unknown[type], "operator"));
    text += advice.law.empty()
                ? fmt::format(" ({})\n", advice.why_not)
                : fmt::format("; {}, add `op {} law {}` to a rule file\n", kAdviceHolds, name, advice.law);
  }
  return text + statistics_notes(input) + cautions(input);
}

std::uint32_t approximate_edits(const ReportInput& input) {
  std::uint32_t edits = 0;
  for (const RuleOutcome& rule : input.outcome.rules)
    for (const auto& [what, count] : rule.approximate) edits += count;
  return edits;
}

// Edits of rules with a pattern: both sides of each were run on drawn inputs, as far as that went.
std::string trials(const ReportInput& input) {
  std::uint32_t tried = 0, not_tried = 0;
  double largest = 0;
  std::string why;
  for (const RuleOutcome& rule : input.outcome.rules) {
    tried += rule.tried;
    not_tried += rule.not_tried;
    largest = std::max(largest, rule.largest_difference);
    if (why.empty()) why = rule.why_not_tried;
  }
  if (tried + not_tried == 0) return {};
  std::string text = fmt::format("tried: {}", graph::plural(tried, "edit"));
  if (tried > 0) text += largest > 0 ? fmt::format(", largest difference {:.1g}", largest) : ", bit for bit";
  if (not_tried > 0) text += fmt::format("; not tried: {} ({})", not_tried, graph::printable(why));
  return text + "\n";
}

std::string going_on(const ReportInput& input) {
  std::string text;
  for (std::size_t i = 0; i < input.outcome.rules.size(); ++i)
    if (input.outcome.rules[i].still_fires)
      text += fmt::format("note: {} would go on for ever, and was stopped after 10 rounds\n",
                          input.rules.program.rules[i].name);
  return text;
}

std::string approximations(const ReportInput& input, const Painter& paint) {
  std::string text;
  for (std::size_t i = 0; i < input.outcome.rules.size(); ++i)
    for (const auto& [what, count] : input.outcome.rules[i].approximate)
      text += paint.bad("approximate") + fmt::format(": {} ({}, {}): the network computes something else\n", what,
                                                     input.rules.program.rules[i].name, graph::plural(count, "time"));
  return text;
}

// Of a run that is refused: rules with `match` have edited what rules before them had scaled.
std::string order_that_helps(const ReportInput& input) {
  const auto rules = dsl::running(input.rules.program);
  const auto outcome = [&](const dsl::Rule& rule) -> const RuleOutcome& {
    return input.outcome.rules[static_cast<std::size_t>(&rule - input.rules.program.rules.data())];
  };
  const auto file = [&](const dsl::Rule& rule) { return graph::printable(input.rules.sources[rule.at.source].name); };
  const auto scaled = std::find_if(rules.begin(), rules.end(), [&](auto& rule) { return outcome(rule).scaled; });
  const auto edited = std::find_if(scaled, rules.end(), [&](auto& rule) { return outcome(rule).edits > 0; });
  if (edited == rules.end()) return {};
  const std::string order = file(*edited) == file(*scaled)
                                ? fmt::format("write it before rule '{}'", scaled->name)
                                : fmt::format("name its file first: {} {}", file(*edited), file(*scaled));
  return fmt::format("rule '{}' edits operators behind a rule that has scaled them: {}\n", edited->name, order);
}

}  // namespace

std::string reason(const ReportInput& input, const RegionOutcome& region) {
  return chief_text(told(input), chief(input, region));
}

std::string kind_of_reason(const ReportInput& input, const RegionOutcome& region) {
  return graph::printable(chief_kind(told(input), chief(input, region)));
}

std::string text_report(const ReportInput& input, bool colour) {
  const Painter paint(colour);
  const Outcome& outcome = input.outcome;
  std::string text = warnings(input);
  for (const std::string& note : input.written.notes) text += fmt::format("note: {}\n", graph::printable(note));
  text += fmt::format("{}: {}, {}, {} with parents, {}\n\n", graph::printable(input.model.path.string()),
                      graph::plural(input.model.network.live_count(), "operator"),
                      graph::plural(outcome.regions.size(), "region"), outcome.visited.size(),
                      size_text(input.model.bytes));
  if (input.rules.program.rules.empty()) {
    text += "these files have no rule: the model stays as it is\n";
  } else {
    text += rule_table(input, paint);
    text += restored(input);
    text += at_bounds(input);
    text += predicted(input);
    text += never_fired(input);
    text += left_alone(input);
  }
  const Certificate& certificate = outcome.certificate;
  if (certificate.holds) {
    // Where something was done that nobody proved, the scales are checked and the network is not certified.
    text += "\n" + (approximate_edits(input) > 0 ? "checked" : paint.good("certified")) +
            fmt::format(": scales, {} checked{}\n", graph::plural(certificate.operators, "operator"),
                        input.exact ? ", powers of two" : "");
    text += trials(input) + going_on(input);
    text += approximations(input, paint);
  } else {
    const std::string where =
        certificate.op != kNone
            ? node(input, certificate.op)
            : fmt::format("tensor '{}'", graph::printable(input.model.network.tensor(certificate.tensor).name));
    text += "\n" + paint.bad("refused") +
            fmt::format(": the certificate does not hold at {}: {}; nothing was written\n", where, certificate.why) +
            order_that_helps(input);
  }
  return text;
}

std::string written_line(const ReportInput& input, double seconds) {
  if (!input.outcome.certificate.holds) return {};
  if (input.dry_run) return fmt::format("dry run: nothing was written; {:.1f} ms\n", seconds * 1e3);
  if (input.written.files.empty()) return "nothing was written\n";
  std::string files;
  for (const auto& file : input.written.files) files += (files.empty() ? "" : ", ") + graph::printable(file.string());
  return fmt::format("wrote {} ({}) in {:.1f} ms\n", files, size_text(input.written.bytes), seconds * 1e3);
}

}  // namespace rw::runtime
