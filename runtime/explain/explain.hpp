// Why rules did not match: region by region and rule by rule everything that was in the way, how leaks reach the
// parents, and the smallest change that would help. The data here, its words in explain_text.cpp, and the same as JSON
// in explain_json.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/explain/leak_path.hpp"
#include "runtime/explain/remedy.hpp"
#include "runtime/report/layers.hpp"

namespace rw::runtime {

struct ExplainOptions {
  std::vector<std::string> rules;       // names; empty: all that ran
  std::string node;                     // a glob: regions with such an operator in or around them; empty: all
  std::size_t most_regions = 20;        // that are told in full on a terminal; JSON has all
  std::vector<std::string> files = {};  // of the rules, as they were named: others are tried, too; empty: they are not
};

// Misses of one kind: one clause that does not want operators of one type, the leaks of a region.
struct MissGroup {
  Miss first;
  std::size_t count = 1;
};

struct RuleView {
  std::uint32_t rule = kNone;
  std::vector<Miss> misses;       // empty: it took the region
  std::vector<MissGroup> groups;  // the same, of each kind the first
};

// The scales that the output channels of a parent got.
struct ParentScale {
  OperatorId parent = kNone;
  double smallest = 1, largest = 1;
};

struct RegionView {
  const RegionOutcome* region = nullptr;  // in Outcome::visited
  std::vector<RuleView> rules;            // the nearest first
  std::vector<LeakPath> leaks;
  std::vector<ParentScale> scales;  // of regions that a rule took, by parent
  std::vector<Cure> cures;
  std::size_t obstacles = 0;  // kinds of them, of the nearest rule
};

// An operator that `parents` of a rule names and that offers no scale, or one that --node asks for and no region has.
struct Bystander {
  OperatorId op = kNone;
  std::string why, kind;  // of this one; of many like it
};

// What a rule with a pattern did, and what it found and left as it is.
struct EditView {
  std::uint32_t rule = kNone;
  std::uint32_t edits = 0;
  std::vector<Declined> left;  // in the order of the file
};

struct Explanation {
  std::vector<RegionView> missed;   // the nearest miss first; those that no remedy helps behind
  std::vector<RegionView> matched;  // in the order of the file
  std::vector<Bystander> bystanders;
  std::vector<EditView> edits;  // in the order they ran
  std::vector<Remedy> remedies;
  // The indices of remedies: other rule files first, then the one that unlocks most channels; behind them what is worth
  // nothing after other files, and what stops the run.
  std::vector<std::size_t> by_gain;
  std::size_t tries = 0;
  bool capped = false;        // more remedies would have been tried on a smaller network
  std::size_t not_tried = 0;  // regions for which none was looked for
};

// The result borrows what the subject does.
Explanation explain(const Subject& subject, const ExplainOptions& what);

struct ExplainInput {
  const graph::Model& model;
  const dsl::Loaded& rules;
  const Outcome& outcome;
  const Explanation& explanation;
  ExplainOptions options;
  Layers layers = {};
};

std::string explain_text(const ExplainInput& input, bool colour);
std::string explain_json(const ExplainInput& input);

// "Conv 'a' channel 3 -> Relu 'r' -> Concat 'k' channel 67 -> Sigmoid 's'": the channel is said where it changes.
std::string path_text(const Told& told, const LeakPath& path);

}  // namespace rw::runtime
