#include "runtime/report/unchanged.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/report/reasons.hpp"

namespace rw::runtime {
namespace {

bool any_rule(const ReportInput& input, bool (*is)(const RuleOutcome&)) {
  return std::any_of(input.outcome.rules.begin(), input.outcome.rules.end(), is);
}

// What stood for a region that no rule took.
template <typename Is>
bool any_chief(const ReportInput& input, Is is) {
  return std::any_of(input.outcome.visited.begin(), input.outcome.visited.end(), [&](const RegionOutcome& region) {
    return region.taken_by == kNone &&
           is(chief_of(input.outcome.regions[region.region], input.outcome.misses.of(region.misses)));
  });
}

bool no_rule(const ReportInput& input) {
  return !any_rule(input, [](const RuleOutcome& rule) { return rule.ran; });
}

bool balanced_already(const ReportInput& input) {
  return any_rule(input, [](const RuleOutcome& rule) { return rule.regions > 0; });
}

bool lacks_ranges(const ReportInput& input) {
  return input.outcome.statistics_use.used == 0 &&
         any_chief(input, [](const Chief& chief) { return chief.miss && chief.miss->obstacle == Obstacle::data; });
}

bool statistics_of_another(const ReportInput& input) {
  return input.outcome.statistics_use.entries > 0 && lacks_ranges(input);
}

bool stops_at(const ReportInput& input, std::string_view type, bool leaks) {
  const graph::Network& network = input.model.network;
  return any_chief(input, [&](const Chief& chief) {
    const OperatorId op = chief.leak ? chief.leak->op : chief.miss && !leaks ? chief.miss->op : kNone;
    return op != kNone && (chief.leak != nullptr) == leaks && network.type_of(op) == type;
  });
}
bool stops_at_clip(const ReportInput& input) { return stops_at(input, "Clip", true); }
bool stops_at_normalization(const ReportInput& input) { return stops_at(input, "BatchNormalization", false); }

bool has_regions(const ReportInput& input) {
  return std::any_of(input.outcome.rules.begin(), input.outcome.rules.end(), [&](const RuleOutcome& rule) {
    return rule.ran && input.rules.program.rules[static_cast<std::size_t>(&rule - input.outcome.rules.data())].region;
  });
}
bool nothing_to_fold(const ReportInput& input) { return !has_regions(input); }
bool no_parent(const ReportInput& input) { return input.outcome.visited.empty(); }
bool otherwise(const ReportInput&) { return true; }

// The first that is so is told.
struct Cause {
  bool (*is)(const ReportInput&);
  const char* says;
  bool explains = false;  // `explain` tells more
};
constexpr std::array kCauses = {
    Cause{no_rule, "no rule ran"},
    Cause{statistics_of_another,
          "no entry of the statistics fits a tensor that carries a scale: were they measured on this network?"},
    Cause{
        lacks_ranges,
        "activation ranges are missing: give them (--stats FILE, --data FILES), or take cross_layer, which needs none"},
    Cause{balanced_already, "every channel is where the rules want it: other rules may want more (help rules)"},
    Cause{nothing_to_fold, "these rules found none of the operators that they edit; others scale (help rules)"},
    Cause{no_parent, "no operator offers a scale", true},
    Cause{stops_at_normalization, "BatchNormalization stands behind the layers: run prepare first", true},
    Cause{stops_at_clip, "the channels end at Clip: give the rule file clip, too", true},
    Cause{otherwise, "no region is as the rules want it", true},
};

}  // namespace

bool changed(const Outcome& outcome) { return !outcome.plan.empty(); }

std::string unchanged_line(const ReportInput& input) {
  if (changed(input.outcome)) return {};
  const Cause& cause = *std::find_if(kCauses.begin(), kCauses.end(), [&](const Cause& each) { return each.is(input); });
  return fmt::format("nothing was changed: {}{}\n", cause.says,
                     cause.explains && !input.explain.empty() ? fmt::format("; why: {}", input.explain) : "");
}

}  // namespace rw::runtime
