// Scoring networks on data: which part of it sets the ranges, and which is scored.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/statistics.hpp"
#include "runtime/quality/score.hpp"
#include "runtime/quality/tell.hpp"

namespace rw::quality {

// Data in as many batches as there are draws, twice over (for the ranges and for the score), as far as there are
// samples and the model lets batches be small. Errors: as data::open.
std::unique_ptr<data::Data> open_in_parts(const graph::Network& network, data::Options options, unsigned draws);

// The right classes of samples: a .npy of whole numbers, one a sample. graph::Error (file: it): it is none, or there
// are not as many as samples.
std::vector<std::int64_t> read_labels(const std::string& file, std::uint64_t samples);

// How many samples score_all() reads of the data for so many entrants, some of them several times; about, as it depends
// on the ranges that are known.
std::uint64_t samples_to_read(const data::Data& data, std::size_t entrants, bool labelled, const ScoreOptions& options);

struct Entrant {
  std::string title;
  Subject subject;
  const graph::Statistics* statistics = nullptr;  // of this network; null: none
};

// Scores networks on the same data with the same luck. Ranges are those of the statistics; where a network lacks some,
// the first half of the batches sets these and the second half is scored, for all networks. (A single batch does both.)
// `data` was opened for the first network. Errors: as score() and observe().
std::vector<ScoredNetwork> score_all(const std::vector<Entrant>& entrants, data::Data& data,
                                     const std::vector<std::int64_t>* labels, const ScoreOptions& options);

}  // namespace rw::quality
