// What a run did, for a person and as data. Both say the same.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dsl/load.hpp"
#include "graph/model.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/report/layers.hpp"

namespace rw::runtime {

struct ReportInput {
  const graph::Model& model;
  const dsl::Loaded& rules;
  const Outcome& outcome;
  const graph::Written& written;  // no files: --dry-run
  double seconds = 0;
  bool exact = false;
  bool dry_run = false;
  std::string explain = {};  // the command line that explains what was left alone; empty: none
  std::vector<std::pair<std::string, std::string>> more = {};  // further members of the report as data: key, JSON
  Layers layers = {};
};

// All but its last lines, which tell what was written, and where nothing was changed that (unchanged.hpp).
std::string text_report(const ReportInput& input, bool colour);
std::string written_line(const ReportInput& input, double seconds);
std::string json_report(const ReportInput& input);

// Why no rule took a region, in one line (reasons.hpp): of this one, of all that were left alone for the like of it.
std::string reason(const ReportInput& input, const RegionOutcome& region);
std::string kind_of_reason(const ReportInput& input, const RegionOutcome& region);

}  // namespace rw::runtime
