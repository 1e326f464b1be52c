// Running rules on a model: analysis, regions, matching, formulas and actions, in the order of the rules; then what is
// to be written of it, and the certificate of that.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dsl/load.hpp"
#include "graph/model.hpp"
#include "runtime/actions/action.hpp"
#include "runtime/certify/certificate.hpp"
#include "runtime/engine/bounds.hpp"
#include "runtime/engine/predict.hpp"
#include "runtime/engine/restore.hpp"
#include "runtime/matching/misses.hpp"
#include "runtime/plan/plan.hpp"

namespace rw::runtime {

struct RunOptions {
  std::vector<std::string> only;                                // rule names; empty: all
  std::uint32_t alone = kNone;                                  // this rule and no other, even if it rests otherwise
  std::vector<std::string> skip_nodes;                          // globs
  std::map<std::string, std::map<std::string, double>> params;  // by rule, by name
  bool exact = false;
  bool values = true;        // a failed condition notes the values that it saw (Miss::seen)
  bool predict = false;      // Outcome::prediction is wanted, though no action makes it by the way
  double trial_seconds = 2;  // of the processor, for trials of what rules with a pattern do
  bool match_only = false;   // regions are matched and claimed, no action is carried out, nothing is certified
};

// What a rule with a pattern found and left as it is, and why.
struct Declined {
  OperatorId op = kNone;  // that the first result would come from
  std::string reason;
  bool whole = true;      // all operators of the pattern were found; false: a part of them
  std::string seen = {};  // the values that a condition saw: "m = 6"
  std::string text() const { return seen.empty() ? reason : reason + ": " + seen; }
};

struct RuleOutcome {
  std::uint32_t regions = 0, parents = 0, children = 0, channels = 0;  // channels whose scale is not 1
  bool scaled = false;                                                 // some region
  double smallest = 1, largest = 1;                                    // scale of their classes
  std::uint32_t reset = 0, capped = 0;  // classes put back to 1 for a weight; scaled less for an activation
  std::uint32_t sweeps = 0;
  std::vector<BoundReached> bounds;  // at which channels stand
  std::uint32_t edits = 0;           // of the graph, by a rule with a pattern
  // Of a rule with a pattern: operators that it has taken out and put in; edits whose trial was run (the largest
  // difference is relative to the largest value) and was not, and why not.
  std::uint32_t operators_removed = 0, operators_added = 0, tried = 0, not_tried = 0;
  double largest_difference = 0;
  std::string why_not_tried;
  std::vector<Restorer> restorers;                   // of `leak restore`: what was put in
  bool still_fires = false;                          // it would go on for ever: it was stopped
  std::vector<Declined> declined;                    // what was found and left alone
  std::map<std::string, std::uint32_t> approximate;  // what is approximate, how often
  bool ran = false;                                  // it runs, and is named by --only where there is one
};

struct RegionOutcome {
  RegionId region = 0;
  std::uint32_t taken_by = kNone;  // the first rule that scaled it
  Misses::Ends misses;             // of the rules that did not take it, in order: one a rule
  std::vector<double> scales;      // by class; empty: not scaled
};

// What became of the entries of statistics. Those that are neither used nor counted below are of tensors that carry no
// scale.
struct StatisticsUse {
  std::size_t entries = 0, used = 0;
  std::size_t whole = 0;       // of the used ones: one range for the several channels of its tensor
  std::size_t other_axis = 0;  // they run along another axis than the channels
  std::size_t unknown = 0;     // the model has no such tensor
  std::string_view first_unknown;
  std::size_t not_finite = 0;  // of the used ones: a number of their range is not finite, so that no rule reads it
  std::string_view first_not_finite;
};

// A network as rules find it. Copies are cheap beside finding it.
struct Ground {
  Analysis analysis;
  Regions regions;
  graph::Statistics statistics;  // the entries that run along the channels of their tensor, or serve all of them
  StatisticsUse statistics_use;
};

// Of the network as the rules have left it: after edits of the graph the analysis and the regions are new ones.
struct Outcome : Ground {
  Plan plan;
  graph::Rewriting rewriting;      // what is to be written of it
  std::vector<RuleOutcome> rules;  // by rule of the program
  std::vector<RegionOutcome>
      visited;    // regions with a parent that does more than give a scale back, in the order of their first parent
  Misses misses;  // of `visited`
  Certificate certificate;
  std::optional<Prediction> prediction;  // of all scales together; nothing: there are none, or nobody asked
};

// --exact forbids what a rule would do. Nothing is to be written.
struct Refusal {
  std::string message;
};

// Edits the model's network where rules with a pattern ask for it. `ground`: of this network under the laws of these
// rules; nothing: it is found. Throws Refusal; graph::Error: a mistake in the model, its weights, its statistics, or a
// scale that cannot be used.
Outcome run(graph::Model& model, const dsl::Program& program, const RunOptions& options,
            std::optional<Ground> ground = std::nullopt);

// The ground of `other` rules on the network that `program` ran on, with the same options: what `found` has of it, and
// what other laws change. Nothing where a rule with a pattern edits the network, or other laws change its shapes.
std::optional<Ground> ground_for(const dsl::Program& other, const Outcome& found, const dsl::Program& program,
                                 const RunOptions& options);

}  // namespace rw::runtime
