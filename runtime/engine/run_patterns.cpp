#include "runtime/engine/run_patterns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <set>

#include "graph/editor.hpp"
#include "runtime/patterns/edit.hpp"
#include "runtime/patterns/matcher.hpp"
#include "runtime/patterns/pair.hpp"
#include "runtime/trials/ledger.hpp"

namespace rw::runtime {
namespace {

constexpr int kMostRounds = 10;
constexpr std::size_t kMostDeclined = 2'000;  // of a rule that are told

class PatternRun {
 public:
  PatternRun(graph::Network& network, const dsl::Program& program, const PatternRules& rules, const Analysis& analysis,
             const graph::Statistics& statistics, Plan& plan, const RunOptions& options,
             std::span<RuleOutcome> outcomes)
      : network_(network),
        program_(program),
        rules_(rules),
        plan_(plan),
        options_(options),
        outcomes_(outcomes),
        editor_(network, plan.graph),
        view_(editor_, analysis, program.laws, statistics, plan),
        ledger_({.seconds = options.trial_seconds}),
        most_operators_(4 * network.operators().size() + 10'000) {}

  bool run() {
    for (int round = 0; round < kMostRounds; ++round) {
      std::vector<std::uint32_t> fired;
      for (std::size_t i = 0; i < rules_.rules.size(); ++i)
        if (run_rule(i, round == 0)) fired.push_back(rules_.rules[i]);
      if (fired.empty()) break;
      if (round + 1 == kMostRounds)
        for (const std::uint32_t index : fired) outcomes_[index].still_fires = true;
    }
    if (editor_.changed()) editor_.finish();
    return editor_.changed();
  }

 private:
  // Over the network once, from inputs to outputs; where an edit has taken operators out, again around it.
  bool run_rule(std::size_t number, bool first) {
    const std::uint32_t index = rules_.rules[number];
    const dsl::Rule& rule = program_.rules[index];
    patterns::Matcher matcher(rule, rules_.params[number], view_, first && options_.values);
    std::optional<patterns::Matcher> teller;  // why what fits as a whole is left alone: asked for where it is
    const std::vector<double> bounds = trials::bounds_of(*rule.pattern, rules_.params[number]);
    const std::vector<OperatorId> all = matcher.candidates();
    std::queue<OperatorId> open;
    bool edited = false;
    const auto look = [&](OperatorId op) {
      auto match = matcher.at(op);
      if (!match) {
        const patterns::NearMiss& miss = matcher.miss();
        if (!first || (!miss.whole && (!options_.values || miss.found == 0))) return;
        if (!miss.why.empty()) return decline(index, op, miss.why, miss.whole, miss.seen);
        if (outcomes_[index].declined.size() >= kMostDeclined) return;
        if (!teller) teller.emplace(rule, rules_.params[number], view_, true);
        teller->at(op);
        return decline(index, op, teller->miss().why, true, teller->miss().seen);
      }
      std::optional<patterns::Edited> done = edit(index, rules_.params[number], *match, bounds);
      if (!done) return;
      edited = true;
      view_.note_added();
      if (done->added.size() >= match->ops.size()) return;  // it may go on for ever: not again where it was
      for (const OperatorId each : done->added) open.push(each);
      for (const OperatorId each : done->around) open.push(each);
    };
    for (const OperatorId op : all) {
      look(op);
      for (; !open.empty(); open.pop())
        if (matcher.begins(open.front())) look(open.front());
    }
    return edited;
  }

  void decline(std::uint32_t index, OperatorId op, std::string why, bool whole = true, std::string seen = {}) {
    RuleOutcome& outcome = outcomes_[index];
    if (outcome.declined.size() < kMostDeclined && told_.insert({index, op}).second)
      outcome.declined.push_back({op, std::move(why), whole, std::move(seen)});
  }

  std::optional<patterns::Edited> edit(std::uint32_t index, std::span<const double> params, patterns::Match& match,
                                       std::span<const double> bounds) {
    const dsl::Rule& rule = program_.rules[index];
    try {
      patterns::Formulas formulas(rule, params, view_, match);
      const patterns::Replacement replacement = patterns::replacement_of(rule, formulas, match, network_.arena());
      if (std::string why = patterns::not_within(view_, match, replacement); !why.empty()) throw patterns::NoValue(why);
      if (std::string why = patterns::not_renamed(view_, match, replacement); !why.empty())
        throw patterns::NoValue(why);
      if (std::string why = patterns::not_under_scales(view_, match, replacement); !why.empty())
        throw patterns::NoValue(why);
      const auto outside = patterns::outside_of(view_, match, replacement);
      const patterns::Pair pair = patterns::pair_of(view_, match, replacement, outside, false);
      if (std::string why = patterns::changed_result(view_, match, replacement, outside, pair); !why.empty())
        throw patterns::NoValue(why);
      if (!options_.match_only && !admitted(index, match, replacement, outside, bounds)) return std::nullopt;
      ++outcomes_[index].edits;
      editor_.begin(rule.name, network_.op(match.ops[0]).subgraph);
      patterns::Edited done = patterns::carry_out(network_, editor_, plan_, view_, match, replacement, pair);
      count(index, replacement, done);
      return done;
    } catch (const patterns::NoValue& why) {
      decline(index, match.ops[0], why.what());
      return std::nullopt;
    }
  }

  // Tries it; whether it may be made.
  bool admitted(std::uint32_t index, const patterns::Match& match, const patterns::Replacement& replacement,
                std::span<const patterns::Outside> outside, std::span<const double> bounds) {
    const dsl::Rule& rule = program_.rules[index];
    RuleOutcome& outcome = outcomes_[index];
    const trials::Tried tried = ledger_.judge(view_, match, replacement, outside, bounds);
    const bool approximate = rule.pattern->approximate.has_value();
    if (tried.form == trials::Tried::Form::differs && !approximate)
      throw Refusal{
          fmt::format("rule '{}' at '{}': both sides were run on drawn inputs, and '{}' differs by {:.2g} of "
                      "the largest value; the rule is wrong there",
                      rule.name, network_.op(match.ops[0]).name, network_.tensor(tried.tensor).name, tried.difference)};
    if (options_.exact) {
      const bool exact = tried.form == trials::Tried::Form::agrees && tried.bit_exact &&
                         replacement.constants.empty() &&
                         std::none_of(replacement.operators.begin(), replacement.operators.end(),
                                      [](const auto& op) { return op.weight && !op.weight->factors.empty(); });
      if (!exact && rule.as_far_as_exact) {
        decline(index, match.ops[0], "--exact: the outputs would not stay bit for bit");
        return false;
      }
      if (!exact)
        throw Refusal{fmt::format("rule '{}': --exact asks for bit-exact outputs, which its edit at '{}' does not give",
                                  rule.name, network_.op(match.ops[0]).name)};
    }
    if (approximate) ++outcome.approximate[*rule.pattern->approximate];
    if (tried.form == trials::Tried::Form::not_tried) {
      ++outcome.not_tried;
      if (outcome.why_not_tried.empty()) outcome.why_not_tried = tried.why;
    } else {
      ++outcome.tried;
      outcome.largest_difference = std::max(outcome.largest_difference, tried.difference);
    }
    return true;
  }

  void count(std::uint32_t index, const patterns::Replacement& replacement, const patterns::Edited& done) {
    RuleOutcome& outcome = outcomes_[index];
    for (const patterns::MadeOperator& op : replacement.operators) outcome.operators_added += op.in_place ? 0 : 1;
    outcome.operators_removed += static_cast<std::uint32_t>(done.removed);
    if (network_.operators().size() > most_operators_)
      throw Refusal{fmt::format("rule '{}' makes the network larger and larger: it has put in {} operators",
                                program_.rules[index].name, outcome.operators_added)};
  }

  graph::Network& network_;
  const dsl::Program& program_;
  const PatternRules& rules_;
  Plan& plan_;
  const RunOptions& options_;
  std::span<RuleOutcome> outcomes_;
  graph::Editor editor_;
  patterns::View view_;
  trials::Ledger ledger_;
  std::size_t most_operators_;
  std::set<std::pair<std::uint32_t, OperatorId>> told_;
};

}  // namespace

bool run_patterns(graph::Network& network, const dsl::Program& program, const PatternRules& rules,
                  const Analysis& analysis, const graph::Statistics& statistics, Plan& plan, const RunOptions& options,
                  std::span<RuleOutcome> outcomes) {
  return PatternRun(network, program, rules, analysis, statistics, plan, options, outcomes).run();
}

}  // namespace rw::runtime
