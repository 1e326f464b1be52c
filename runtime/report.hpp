// What a run did, for a person and as data. Both say the same.
#pragma once

#include <string>

#include "dsl/load.hpp"
#include "graph/model.hpp"
#include "runtime/run.hpp"

namespace rw::runtime {

struct ReportInput {
  const graph::Model& model;
  const dsl::Loaded& rules;
  const Outcome& outcome;
  const graph::Written& written;  // no files: --dry-run
  double seconds = 0;
  bool exact = false;
  bool dry_run = false;
};

std::string text_report(const ReportInput& input, bool colour);
std::string json_report(const ReportInput& input);

// Why no rule took a region, in one line: its leak, or what was in the way of the rule that came closest.
std::string reason(const ReportInput& input, const RegionOutcome& region);
// One rule's miss: "'Gemm_3' (Gemm) absorbs its scale; `children` (rules.dsl:9) does not name it".
std::string describe(const ReportInput& input, const Miss& miss);

}  // namespace rw::runtime
