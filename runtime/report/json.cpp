#include <fmt/format.h>

#include <array>
#include <cmath>

#include "graph/base/parallel.hpp"
#include "graph/formats/text/json_text.hpp"
#include "runtime/report/channels.hpp"
#include "runtime/report/reasons.hpp"
#include "runtime/report/report.hpp"

namespace rw::runtime {
namespace {

namespace json = graph::json;

std::string number(double value) { return fmt::format("{}", value); }

class JsonReport {
 public:
  explicit JsonReport(const ReportInput& input)
      : input_(input),
        network_(input.model.network),
        decibels_(by_region(input.outcome, input.layers)),
        weights_(weights_are_told(input.model.network)) {}

  std::string run() const {
    const Outcome& outcome = input_.outcome;
    std::string text = "{\n";
    text += fmt::format(
        "\"format\": \"rewrite-engine/report\", \"version\": 1,\n\"model\": {}, \"operators\": {}, \"bytes\": {}, "
        "\"regions_found\": {}, \"exact\": {}, \"dry_run\": {},\n",
        json::quoted(input_.model.path.string()), network_.live_count(), input_.model.bytes, outcome.regions.size(),
        input_.exact, input_.dry_run);
    const StatisticsUse& use = outcome.statistics_use;
    text += fmt::format(
        "\"unused_statistics\": {},\n\"statistics\": {{\"entries\": {}, \"used\": {}, \"whole_tensor\": {}, "
        "\"other_axis\": {}, "
        "\"unknown_tensor\": {}, \"not_finite\": {}}},\n",
        use.other_axis, use.entries, use.used, use.whole, use.other_axis, use.unknown, use.not_finite);
    text += "\"rules\": [" + rules() + "\n],\n\"regions\": [" + regions() + "\n],\n";
    text += "\"offer_no_scale\": " + idle() + ",\n";
    text += "\"predicted\": " + predicted() + ",\n";
    text += "\"layers\": " + layers() + ",\n";
    text += "\"certificate\": " + certificate() + ",\n";
    for (const auto& [key, value] : input_.more) text += json::quoted(key) + ": " + value + ",\n";
    text += "\"written\": {\"files\": " +
            json::list(input_.written.files, [](const auto& file) { return json::quoted(file.string()); }) +
            ", \"notes\": " + json::list(input_.written.notes, [](const auto& note) { return json::quoted(note); }) +
            fmt::format(", \"bytes\": {}}},\n\"seconds\": {:.6f}\n}}\n", input_.written.bytes, input_.seconds);
    return text;
  }

 private:
  std::string op(OperatorId id) const { return json::quoted(network_.op(id).name); }
  std::string ops(std::span<const OperatorId> list) const {
    return json::list(list, [&](OperatorId id) { return op(id); });
  }

  std::string rules() const {
    std::string text;
    const auto& program = input_.rules.program.rules;
    for (std::size_t i = 0; i < program.size(); ++i) {
      const RuleOutcome& rule = input_.outcome.rules[i];
      text += fmt::format(
          "{}\n  {{\"rule\": {}, \"ran\": {}, \"regions\": {}, \"parents\": {}, \"children\": {}, \"channels\": {}, "
          "\"smallest\": {}, \"largest\": {}, \"reset\": {}, \"capped\": {}, \"sweeps\": {}, \"edits\": {}, "
          "\"operators_removed\": {}, \"operators_added\": {}, \"tried\": {}, \"not_tried\": {}, "
          "\"largest_difference\": {}",
          i ? "," : "", json::quoted(program[i].name), rule.ran, rule.regions, rule.parents, rule.children,
          rule.channels, number(rule.smallest), number(rule.largest), rule.reset, rule.capped, rule.sweeps, rule.edits,
          rule.operators_removed, rule.operators_added, rule.tried, rule.not_tried, number(rule.largest_difference));
      const RestoredElements elements =
          rule.restorers.empty() ? RestoredElements{} : restored_elements(rule.restorers, network_);
      text += fmt::format(", \"restored\": {{\"operators\": {}, \"elements\": {:.0f}, \"of\": {:.0f}}}",
                          rule.restorers.size(), elements.restored, elements.all);
      text += ", \"approximate\": " + json::list(rule.approximate, [](const auto& each) {
                return fmt::format("{{\"what\": {}, \"times\": {}}}", json::quoted(each.first), each.second);
              });
      text += ", \"bounds\": " + json::list(rule.bounds, [](const BoundReached& each) {
                return fmt::format("{{\"parameter\": {}, \"upper\": {}, \"value\": {}, \"channels\": {}, \"of\": {}}}",
                                   each.parameter.empty() ? "null" : json::quoted(each.parameter), each.upper,
                                   number(each.value), each.channels, each.of);
              });
      text += ", \"declined\": " + json::list(rule.declined, [&](const Declined& each) {
                return fmt::format("{{\"operator\": {}, \"why\": {}}}", op(each.op), json::quoted(each.text()));
              });
      text += "}";
    }
    return text;
  }

  static std::string numbers(const std::vector<double>& list) {
    std::string text = "[";
    for (const double each : list) {
      if (text.size() > 1) text += ", ";
      json::append_number(each, text);
    }
    return text + "]";
  }

  // Rounded to what decibels are worth; null: not known.
  static std::string decibels(const std::optional<double>& value) {
    std::string text = "null";
    if (value) json::append_number(std::round(*value * 1000) / 1000, text = {});
    return text;
  }

  static std::string range(const ChannelRanges& range) {
    return fmt::format("{{\"min\": {}, \"max\": {}}}", numbers(range.low), numbers(range.high));
  }

  // Scales and ranges tensor by tensor, channel by channel.
  std::string tensors(const RegionChannels& channels) const {
    return json::list(channels.activations, [&](const ActivationChannels& each) {
      std::string text = fmt::format("{{\"tensor\": {}", json::quoted(network_.tensor(each.tensor).name));
      if (!each.scale.empty()) text += ", \"scale\": " + numbers(each.scale);
      if (each.before.known())
        text += fmt::format(", \"before\": {}, \"after\": {}", range(each.before), range(each.after));
      return text + "}";
    });
  }

  std::string weights(const RegionChannels& channels) const {
    return json::list(channels.weights, [&](const WeightChannels& each) {
      return fmt::format("{{\"operator\": {}, \"side\": \"{}\", \"before\": {}, \"after\": {}}}", op(each.op),
                         each.parent ? "parent" : "child", numbers(each.before), numbers(each.after));
    });
  }

  std::string narrow(const RegionChannels& channels) const {
    return json::list(channels.narrow, [&](const NarrowChannel& each) {
      return fmt::format(
          "{{\"tensor\": {}, \"operator\": {}, \"channel\": {}, \"before\": {}, \"after\": {}, "
          "\"scale\": {}}}",
          each.tensor == kNone ? "null" : json::quoted(network_.tensor(each.tensor).name),
          each.op == kNone ? "null" : op(each.op), each.channel, number(each.before), number(each.after),
          number(each.scale));
    });
  }

  std::string layers() const {
    constexpr std::array<std::string_view, 3> kAre = {"null", "\"measured\"", "\"predicted\""};
    return fmt::format("{{\"decibels\": {}, \"list\": ", kAre[static_cast<std::size_t>(input_.layers.are)]) +
           json::list(
               input_.layers.list,
               [&](const Layer& each) {
                 return fmt::format(
                     "\n  {{\"tensor\": {}, \"operator\": {}, \"type\": {}, \"region\": {}, \"before\": {}, "
                     "\"after\": "
                     "{}}}",
                     json::quoted(each.tensor), each.op.empty() ? "null" : json::quoted(each.op),
                     each.op.empty() ? "null" : json::quoted(each.type),
                     each.region == kNone ? "null" : fmt::format("{}", each.region), decibels(each.before),
                     decibels(each.after));
               },
               ",") +
           "}";
  }

  std::string regions() const {
    constexpr std::size_t kTogether = 16;
    std::vector<std::string> texts(input_.outcome.visited.size());
    graph::parallel_for_parts(texts.size(), kTogether, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) texts[i] = region(i);
    });
    std::string text;
    for (const std::string& each : texts) text.append(text.empty() ? "\n  " : ",\n  ").append(each);
    return text;
  }

  std::string region(std::size_t i) const {
    const Told told = {input_.rules, input_.outcome.analysis, input_.outcome.regions};
    const RegionOutcome& region = input_.outcome.visited[i];
    const RegionChannels channels = channels_of(input_.outcome, region, weights_);
    const ScaleRange scales = scale_range_of(region);
    const Region& shape = input_.outcome.regions[region.region];
    std::string text =
        fmt::format("{{\"rule\": {}, \"parents\": {}, \"children\": {}, \"inside\": {}",
                    region.taken_by == kNone ? "null" : json::quoted(input_.rules.program.rules[region.taken_by].name),
                    ops(shape.parents), ops(input_.outcome.regions.readers(shape)), ops(shape.inner));
    text += fmt::format(
        ", \"channels\": {}, \"smallest\": {}, \"largest\": {}, \"bounded\": {}, \"before\": {}, \"after\": {}",
        shape.classes, number(scales.smallest), number(scales.largest), count_at_bound(input_.outcome, region),
        decibels(decibels_[i].before), decibels(decibels_[i].after));
    text += ", \"tensors\": " + tensors(channels) + ", \"weights\": " + weights(channels) +
            ", \"narrow\": " + narrow(channels);
    text +=
        ", \"leaks\": " + json::list(shape.leaks, [&](const Leak& leak) {
          return fmt::format("{{\"tensor\": {}, \"operator\": {}, \"why\": {}}}",
                             json::quoted(network_.tensor(leak.tensor).name), leak.op == kNone ? "null" : op(leak.op),
                             json::quoted(leak.op == kNone ? "boundary of the network"
                                                           : input_.outcome.analysis.why_blocked(leak.op)));
        });
    if (region.taken_by == kNone) text += ", \"reason\": " + json::quoted(reason(input_, region));
    text +=
        ", \"misses\": " + json::list(input_.outcome.misses.of(region.misses), [&](const RuleMiss& each) {
          return fmt::format("{{\"rule\": {}, \"why\": {}}}", json::quoted(input_.rules.program.rules[each.rule].name),
                             json::quoted(describe(told, each.miss)));
        });
    return text + "}";
  }

  // Operators that look like parents and are none.
  std::string idle() const {
    std::vector<bool> ran;
    for (const RuleOutcome& rule : input_.outcome.rules) ran.push_back(rule.ran);
    const Told told = {input_.rules, input_.outcome.analysis, input_.outcome.regions};
    return json::list(idle_parents(told, ran), [&](OperatorId id) {
      return fmt::format("{{\"operator\": {}, \"type\": {}, \"why\": {}}}", op(id), json::quoted(network_.type_of(id)),
                         json::quoted(input_.outcome.analysis.why_blocked(id)));
    });
  }

  // Rounded to what a prediction is worth.
  std::string predicted() const {
    const auto& prediction = input_.outcome.prediction;
    if (!prediction) return "null";
    return fmt::format("{{\"per_tensor\": {:.3f}, \"per_channel\": {:.3f}, \"activations\": {}, \"left\": {:.3f}}}",
                       prediction->per_tensor, prediction->per_channel,
                       prediction->activations ? fmt::format("{:.3f}", *prediction->activations) : "null",
                       prediction->left);
  }

  std::string certificate() const {
    const Certificate& certificate = input_.outcome.certificate;
    if (certificate.holds)
      return fmt::format("{{\"holds\": true, \"certified\": \"scales\", \"operators\": {}}}", certificate.operators);
    return fmt::format("{{\"holds\": false, \"operator\": {}, \"tensor\": {}, \"why\": {}}}",
                       certificate.op == kNone ? "null" : op(certificate.op),
                       certificate.tensor == kNone ? "null" : json::quoted(network_.tensor(certificate.tensor).name),
                       json::quoted(certificate.why));
  }

  const ReportInput& input_;
  const graph::Network& network_;
  std::vector<RegionDecibels> decibels_;
  bool weights_;
};

}  // namespace

std::string json_report(const ReportInput& input) { return JsonReport(input).run(); }

}  // namespace rw::runtime
