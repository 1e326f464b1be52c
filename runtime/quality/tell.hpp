// What was measured, for a person and as data. Both say the same.
#pragma once

#include <string>
#include <vector>

#include "runtime/quality/compare.hpp"
#include "runtime/quality/score.hpp"

namespace rw::quality {

// On what networks were run.
struct Told {
  bool random = false;             // drawn, not read
  std::vector<std::string> notes;  // on the data: sentences
};

struct ComparisonTold {
  std::string a, b;  // files
  const Comparison& comparison;
  double tolerance = kTolerance;
  Told data;

  bool within() const { return comparison.relative() <= tolerance; }
};

std::string told_text(const ComparisonTold& told);
std::string told_json(const ComparisonTold& told);

// Where the ranges of activations come from.
struct RangesTold {
  std::size_t from_statistics = 0, observed = 0;  // tensors
  std::uint64_t samples = 0;                      // on which they were observed
  bool scored_too = false;                        // the same samples are scored: there are no others
};

struct ScoredNetwork {
  std::string title;  // its file; of a run "before" and "after"
  Score score;
  RangesTold ranges;
};

struct ScoreTold {
  std::vector<ScoredNetwork> networks;  // one, or the one before and the one after
  ScoreOptions options;
  Told data;
};

std::string told_text(const ScoreTold& told);
std::string told_json(const ScoreTold& told);  // an object, without a line's end

}  // namespace rw::quality
