// Rewritings of one network, measured: each is made, run with rounded weights and activations on the same inputs with
// the same luck, and compared with what the untouched network computes in float. The inputs that set the ranges are not
// those that are scored.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/model.hpp"
#include "runtime/data/data.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/measures/spread.hpp"
#include "runtime/quality/score.hpp"

namespace rw::tune {

struct Candidate {
  std::string title;               // for the report
  std::vector<std::string> rules;  // as on a command line; none: the network stays as it is
  std::map<std::string, std::map<std::string, double>> params;  // as RunOptions::params
  std::string owed_to = {};  // the rule without which it would be another candidate once more; empty: none
};

struct Judged {
  Candidate candidate;
  std::string refused;              // why it could not be made or is no candidate; empty: it was scored
  measures::Spread decibels, gain;  // signal to noise; of it over the untouched network, draw by draw
  std::vector<double> draws = {};   // signal to noise of each draw; the same luck for every candidate
  std::optional<quality::ClassScore> classes;
  std::optional<runtime::Prediction> predicted;
};

class Judge {
 public:
  // Reads the network of `file` and measures the ranges of its activations on the first half of the data (a single
  // batch does both). `data` was opened for this network and is borrowed. `options`: what holds for every candidate
  // besides its parameters. Errors: as reading a model and running it.
  Judge(std::string file, data::Data& data, const std::vector<std::int64_t>* labels, runtime::RunOptions options,
        const quality::ScoreOptions& score);
  ~Judge();
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  Judged judge(Candidate candidate);  // one pass over the scored inputs, one over the others

  const Judged& untouched() const { return untouched_; }
  // The statistics that candidates are made with, as a text for graph::add_statistics.
  const std::string& statistics() const { return statistics_; }
  std::uint64_t calibrated() const { return calibrated_; }  // samples that set the ranges
  std::uint64_t scored() const;                             // samples that are scored

 private:
  struct Made;
  std::optional<Made> make(const Candidate& candidate, Judged& judged) const;
  quality::Score score_of(const graph::Network& network, const std::string& title) const;

  std::string file_;
  runtime::RunOptions options_;
  quality::ScoreOptions score_;
  graph::Model model_;  // untouched
  quality::Subject subject_;
  std::size_t half_;
  quality::Inputs inputs_;
  std::string statistics_;
  std::uint64_t calibrated_ = 0;
  quality::Reference reference_;
  quality::Score before_;
  Judged untouched_;
};

}  // namespace rw::tune
