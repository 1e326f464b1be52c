// What a run measures of the network as it will be, before anything is written: --verify and --score.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/commands/given/command.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/quality/tell.hpp"

namespace rw::commands {

inline constexpr Option kVerifyOption = {"--verify", "DATA",
                                         "run the network as it was and as it will be on these samples (several "
                                         "times); exit status 3, and nothing is written, "
                                         "where outputs lie further apart than --tolerance",
                                         0, true};
inline constexpr Option kScoreOption = {
    "--score",
    {},
    "tell the noise of rounding to int8 before and after, on the samples of --data or --verify, else drawn ones"};

struct RunMeasures {
  bool within = true;                                     // what --verify asks for
  std::string text;                                       // for the report
  std::vector<std::pair<std::string, std::string>> json;  // members of the report as data
  // What they were made of; nothing: it was not measured.
  std::unique_ptr<const quality::Comparison> comparison;
  std::unique_ptr<const quality::ComparisonTold> verify;  // borrows `comparison`
  std::optional<quality::ScoreTold> score;
};

// By the options above, of a run whose certificate holds. `out`: files that are written, none of which may be data.
// UsageError: approximate edits, and no
// --tolerance. Errors: as quality::compare and quality::score_all.
RunMeasures measure_run(const Given& given, const graph::Model& model, const runtime::Outcome& outcome,
                        std::span<const std::filesystem::path> out);

// Before anything is done. UsageError: --tolerance without --verify, or a mistake in one of them.
void check_measures(const Given& given);

}  // namespace rw::commands
