#include "runtime/testing/rule_test.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "runtime/actions/rule_mistake.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/evaluator/compare.hpp"
#include "runtime/report/reasons.hpp"
#include "runtime/testing/becomes.hpp"
#include "runtime/testing/meanings.hpp"
#include "runtime/testing/test_network.hpp"
#include "runtime/written/written_network.hpp"

namespace rw::runtime {
namespace {

using evaluator::Array;
using evaluator::Arrays;

constexpr double kScaleTolerance = 1e-4;     // of a scale as it is written down, relative
constexpr double kFunctionTolerance = 1e-4;  // of outputs: weights are rounded to float32
constexpr std::uint64_t kTestSamples = 2;

// ---- what is expected

class Judge {
 public:
  Judge(const dsl::Loaded& rules, const dsl::RuleTest& test)
      : rules_(rules),
        test_(test),
        rule_(rules.program.rules[test.rule]),
        meanings_(rules.program.meanings),
        stranger_(stranger_of(test)),
        model_(test_model(test, rules.program.laws, meanings_.all())) {}

  dsl::Diagnostics judge() {
    Outcome outcome = run(model_, rules_.program, {.alone = test_.rule});
    outcome_ = &outcome;
    for (const dsl::Expectation& each : test_.expectations) {
      using Handler = void (Judge::*)(const dsl::Expectation&);
      static constexpr Handler kHandlers[] = {&Judge::match,   &Judge::scale,     &Judge::no_match,
                                              &Judge::becomes, &Judge::operators, &Judge::same};
      (this->*kHandlers[static_cast<std::size_t>(each.form)])(each);
    }
    check_named();
    if (stranger_)
      wrong_.push_back(
          {dsl::Severity::warning, "not-compared", stranger_->at,
           fmt::format("what the rule does was not run: nobody knows what {} computes", stranger_->op),
           fmt::format("its match was looked at, and its certificate; say what it computes: op {} ... means Relu",
                       stranger_->op)});
    if (!outcome.certificate.holds)
      fail(test_.at, "the certificate does not hold: " + outcome.certificate.why);
    else if (!stranger_ && (!taken().empty() || edits() > 0))
      check_function();
    return std::move(wrong_);
  }

 private:
  // An operator that the evaluator cannot run.
  const dsl::TestNode* stranger_of(const dsl::RuleTest& test) const {
    const auto stranger = std::find_if(test.nodes.begin(), test.nodes.end(),
                                       [&](const dsl::TestNode& node) { return !meanings_.knows(node.op); });
    return stranger == test.nodes.end() ? nullptr : &*stranger;
  }

  void fail(dsl::Position at, std::string message, std::string hint = "") {
    wrong_.push_back({dsl::Severity::error, "test-failed", at, std::move(message), std::move(hint)});
  }

  const Region& region(const RegionOutcome& each) const { return outcome_->regions[each.region]; }

  std::vector<std::string> names(std::span<const OperatorId> ops) const {
    std::vector<std::string> out;
    for (const OperatorId op : ops) out.emplace_back(model_.network.op(op).name);
    return out;
  }

  std::string text_of(const RegionOutcome& each) const {
    return fmt::format("parents {} children {}", fmt::join(names(region(each).parents), ", "),
                       fmt::join(names(outcome_->regions.readers(region(each))), ", "));
  }

  std::vector<const RegionOutcome*> taken() const {
    std::vector<const RegionOutcome*> out;
    for (const RegionOutcome& each : outcome_->visited)
      if (each.taken_by == test_.rule) out.push_back(&each);
    return out;
  }

  std::uint32_t edits() const { return outcome_->rules[test_.rule].edits; }  // of the graph, by a rule with a pattern

  // Why the rule did not take a region.
  std::string reason(const RegionOutcome& each) const {
    for (const auto& [rule, miss] : outcome_->misses.of(each.misses))
      if (rule == test_.rule) return describe({rules_, outcome_->analysis, outcome_->regions}, miss);
    return "no rule ran";
  }

  std::string all_reasons() const {
    std::string out;
    for (const Declined& each : outcome_->rules[test_.rule].declined)
      out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", model_.network.op(each.op).name, each.text());
    if (!rule_.region) return out.empty() ? "nothing like it is there" : out;
    for (const RegionOutcome& each : outcome_->visited)
      if (each.taken_by != test_.rule)
        out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", fmt::join(names(region(each).parents), ", "),
                           reason(each));
    return out.empty() ? "no operator offers a scale" : out;
  }

  static bool same_names(std::vector<std::string> a, std::vector<std::string> b) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    return a == b;
  }

  bool fits(const dsl::Expectation& wanted, const RegionOutcome& each) const {
    return (!wanted.parents || same_names(*wanted.parents, names(region(each).parents))) &&
           (!wanted.children || same_names(*wanted.children, names(outcome_->regions.readers(region(each)))));
  }

  void match(const dsl::Expectation& wanted) {
    if (edits() > 0) return match_edit(wanted);
    const auto all = taken();
    if (all.empty()) return fail(wanted.at, fmt::format("'{}' matches nowhere", rule_.name), all_reasons());
    if (std::any_of(all.begin(), all.end(), [&](const RegionOutcome* each) { return fits(wanted, *each); })) return;
    std::string found;
    for (const RegionOutcome* each : all) found += (found.empty() ? "" : "; ") + text_of(*each);
    fail(wanted.at, fmt::format("'{}' matches no such region", rule_.name), "it matches " + found);
  }

  void match_edit(const dsl::Expectation& wanted) {
    if (wanted.parents || wanted.children)
      fail(wanted.at, "a rule with a match takes no region", "write `expect match` alone");
  }

  // Where some matches are named, all are.
  void check_named() {
    std::vector<const dsl::Expectation*> wanted;
    for (const dsl::Expectation& each : test_.expectations)
      if (each.form == dsl::Expectation::Form::match) wanted.push_back(&each);
    if (wanted.empty()) return;
    for (const RegionOutcome* each : taken())
      if (std::none_of(wanted.begin(), wanted.end(), [&](const auto* one) { return fits(*one, *each); }) &&
          wrong_.empty())
        fail(wanted.back()->at, fmt::format("'{}' matches one more region", rule_.name), text_of(*each));
  }

  const graph::Operator* find_node(const std::string& name) const {
    for (OperatorId id = 0; id < model_.network.operators().size(); ++id)
      if (!model_.network.removed(id) && model_.network.op(id).name == name) return &model_.network.op(id);
    return nullptr;
  }

  void scale(const dsl::Expectation& wanted) {
    const graph::Operator* op = find_node(wanted.node);
    if (op == nullptr)
      return fail(wanted.at, fmt::format("'{}' is no longer there", wanted.node),
                  "a rule has taken it out: name one that is left");
    const graph::TensorId tensor = op->outputs[0];
    const std::vector<double>* planned = outcome_->plan.scale_of(tensor);
    const std::vector<double> is =
        planned ? *planned : std::vector<double>(std::max(outcome_->analysis.channels.count(tensor), 1U), 1.0);
    std::vector<double> wants = wanted.scale;
    if (wants.size() == 1) wants.assign(is.size(), wants[0]);
    const auto near = [](double a, double b) { return std::fabs(a - b) <= kScaleTolerance * std::fabs(b); };
    if (wants.size() == is.size() && std::equal(is.begin(), is.end(), wants.begin(), near)) return;
    fail(wanted.at, fmt::format("'{}' has another scale", wanted.node),
         fmt::format("it is [{:.6g}]", fmt::join(is, ", ")));
  }

  void no_match(const dsl::Expectation& wanted) {
    if (edits() > 0)
      return fail(wanted.at, fmt::format("'{}' matches", rule_.name), "where that is right write `expect match`");
    bool seen = false;
    std::string reasons;
    for (const Declined& each : outcome_->rules[test_.rule].declined) {
      if (!wanted.node.empty() && model_.network.op(each.op).name != wanted.node) continue;
      seen = seen || each.reason.find(wanted.reason) != std::string::npos;
      reasons += (reasons.empty() ? "" : "; ") + each.reason;
    }
    for (const RegionOutcome& each : outcome_->visited) {
      if (!rule_.region) break;
      const auto parents = names(region(each).parents);
      if (!wanted.node.empty() && std::find(parents.begin(), parents.end(), wanted.node) == parents.end()) continue;
      if (each.taken_by == test_.rule) return fail(wanted.at, fmt::format("'{}' matches", rule_.name), text_of(each));
      const std::string why = reason(each);
      seen = seen || why.find(wanted.reason) != std::string::npos;
      reasons += (reasons.empty() ? "" : "; ") + why;
    }
    if (seen || (wanted.reason.empty() && wanted.node.empty())) return;
    if (reasons.empty() && !rule_.region)
      return wanted.reason.empty() ? void() : fail(wanted.at, "nothing like it is there");
    if (reasons.empty())
      return fail(wanted.at, wanted.node.empty()
                                 ? "no operator offers a scale"
                                 : fmt::format("'{}' offers no scale: there is no region to match", wanted.node));
    fail(wanted.at, "it does not match for another reason", reasons);
  }

  // What would be written.
  graph::Network after() const { return written_network(graph::Rewritten(model_.network, outcome_->rewriting)); }

  void becomes(const dsl::Expectation& wanted) {
    if (const auto missing = missing_line(after(), test_, wanted.becomes))
      fail(missing->at, missing->message, missing->hint);
  }

  void operators(const dsl::Expectation& wanted) {
    const graph::Network now = after();
    std::vector<std::string> left;
    for (const OperatorId id : now.order())
      if (!now.removed(id)) left.emplace_back(now.type_of(id));
    if (left == wanted.operators) return;
    fail(wanted.at, "other operators are left",
         left.empty() ? "there are none" : fmt::format("there are {}", fmt::join(left, ", ")));
  }

  // Two tensors of the network as it would be written.
  void same(const dsl::Expectation& wanted) {
    if (stranger_) return;
    const graph::Network now = after();
    for (std::uint64_t sample = 0; sample < kTestSamples; ++sample) {
      const Arrays values = evaluator::evaluate(now, test_inputs(test_, 1000 + sample), {}, meanings_.all());
      for (const std::string& each : wanted.tensors)
        if (!values.contains(each)) return fail(wanted.at, fmt::format("'{}' is no longer there", each));
      const Array &a = values.at(wanted.tensors[0]), &b = values.at(wanted.tensors[1]);
      if (a.shape() != b.shape())
        return fail(wanted.at, "they differ in their shapes",
                    fmt::format("[{}] and [{}]", fmt::join(a.shape(), ", "), fmt::join(b.shape(), ", ")));
      if (const double by = evaluator::difference(a, b); !(by <= test_.within.value_or(kFunctionTolerance)))
        return fail(wanted.at, fmt::format("they differ by {:.2g} of the largest value", by));
    }
  }

  dsl::Position place_of(const std::string& output) const {
    const auto at = std::find(test_.outputs.begin(), test_.outputs.end(), output) - test_.outputs.begin();
    return test_.output_at[static_cast<std::size_t>(at)];
  }

  // What would be written gives the same as the old network.
  void check_function() {
    const graph::Model before = test_model(test_, rules_.program.laws, meanings_.all());
    const graph::Rewritten rewritten(model_.network, outcome_->rewriting);
    const graph::Network now = written_network(rewritten);
    for (std::uint64_t sample = 0; sample < kTestSamples; ++sample) {
      const Moved moved = compare(before.network, now, sample);
      if (moved.by <= test_.within.value_or(kFunctionTolerance)) continue;
      const bool approximate = !outcome_->rules[test_.rule].approximate.empty();
      return fail(
          place_of(moved.output),
          fmt::format("the rewritten network computes something else: '{}' moves by {:.2g} of its largest value",
                      moved.output, moved.by),
          approximate && !test_.within ? "what is approximate says by how much at most: expect within 0.01" : "");
    }
    check_seen(before.network, rewritten);
  }

  // A comparison shows something only where an output would move if one of the edits were missing.
  void check_seen(const graph::Network& before, const graph::Rewritten& rewritten) {
    const graph::Rewriting& rewriting = rewritten.rewriting();
    const bool changes = !rewriting.constants.empty() || !rewriting.copies.empty() || !rewriting.graph.empty();
    const bool said = std::any_of(test_.expectations.begin(), test_.expectations.end(),
                                  [](const auto& each) { return each.form == dsl::Expectation::Form::scale; });
    if (!changes && !said)
      return fail(test_.expectations[0].at, "the rule changes nothing here: the test proves nothing",
                  "other statistics or constants, or say the scale: expect scale NODE 1");
    std::vector<LeftOut> all;
    for (std::size_t i = 0; i < rewriting.constants.size(); ++i) all.push_back({.constant = i});
    for (std::size_t i = 0; i < rewriting.copies.size(); ++i) all.push_back({.copy = i});
    const auto seen = [&](const LeftOut& each) {
      const graph::Network half = written_network(rewritten, each);
      for (std::uint64_t sample = 0; sample < kTestSamples; ++sample)
        if (compare(before, half, sample).by > kFunctionTolerance) return true;
      return false;
    };
    if (all.empty() || std::any_of(all.begin(), all.end(), seen)) return;
    fail(test_.output_at[0], "no output of the network shows what the rule has changed: the test proves nothing",
         "other inputs or constants, or a network in which it matters");
  }

  struct Moved {
    double by = 0;  // of the largest value
    std::string output;
  };
  // The output that differs most.
  Moved compare(const graph::Network& a, const graph::Network& b, std::uint64_t sample) const {
    const Arrays inputs = test_inputs(test_, 1000 + sample);
    const Arrays old = evaluator::evaluate(a, inputs, {}, meanings_.all()),
                 now = evaluator::evaluate(b, inputs, {}, meanings_.all());
    Moved most;
    for (const std::string& output : test_.outputs)
      if (const double by = evaluator::difference(old.at(output), now.at(output)); !(by <= most.by))
        most = {by, output};
    return most;
  }

  const dsl::Loaded& rules_;
  const dsl::RuleTest& test_;
  const dsl::Rule& rule_;
  Meanings meanings_;
  const dsl::TestNode* stranger_;  // null: everything can be run
  graph::Model model_;
  const Outcome* outcome_ = nullptr;
  dsl::Diagnostics wrong_;
};

struct Line {
  dsl::Position at;
  std::string_view hint;
};

// The line of the test that a message names an operator, a tensor or statistics of; else its title.
Line line_of(const dsl::RuleTest& test, std::string_view message) {
  const bool sizes = message.find("shape") != std::string_view::npos;
  const std::string_view hint = sizes ? "change the sizes in this line, or in those that it reads" : "";
  const auto is_named = [&](std::string_view before, const std::string& name, std::string_view behind) {
    return message.find(fmt::format("{}{}{}", before, name, behind)) != std::string_view::npos;
  };
  for (const dsl::TestStatistics& each : test.statistics)
    if (is_named("stats ", each.tensor, ":")) return {each.at, "write one for each channel, or one for all of them"};
  for (const dsl::TestNode& node : test.nodes)
    for (const std::string& output : node.outputs)
      if (is_named("'", output, "'")) return {node.at, hint};
  for (std::size_t i = 0; i < test.constants.size(); ++i)
    if (is_named("'", test.constants[i].name, "'"))
      for (const dsl::TestNode& node : test.nodes)
        if (std::find(node.inputs.begin(), node.inputs.end(), test.constants[i].name) != node.inputs.end())
          return {node.at, hint};
  return {test.at, ""};
}

}  // namespace

dsl::Diagnostics run_test(const dsl::Loaded& rules, const dsl::RuleTest& test) {
  const auto stopped = [&](const char* why) {
    const Line line = line_of(test, why);
    return dsl::Diagnostics{
        {dsl::Severity::error, "test-failed", line.at, graph::printable(why), std::string(line.hint)}};
  };
  try {
    return Judge(rules, test).judge();
  } catch (const Refusal& refusal) {
    return stopped(refusal.message.c_str());
  } catch (const RuleMistake& mistake) {
    return {{dsl::Severity::error, "bad-scale", mistake.at,
             graph::printable(fmt::format("{} {}", mistake.place, mistake.message)), mistake.hint}};
  } catch (const graph::Error& error) {
    return stopped(error.what());
  } catch (const std::runtime_error& error) {  // of the evaluator
    return stopped(error.what());
  }
}

}  // namespace rw::runtime
