// The pages of --html: a run, an explanation, scores, a comparison. Each is made of what the report as data is made of.
#pragma once

#include <string>

#include "runtime/explain/explain.hpp"
#include "runtime/quality/tell.hpp"
#include "runtime/report/report.hpp"

namespace rw::pages {

struct RunPage {
  const runtime::ReportInput& report;
  const quality::ScoreTold* score = nullptr;        // of --score: before, after; null: not measured
  const quality::ComparisonTold* verify = nullptr;  // of --verify
};
std::string page_of(const RunPage& run);

std::string page_of(const runtime::ExplainInput& explained);
std::string page_of(const quality::ScoreTold& told);
std::string page_of(const quality::ComparisonTold& told);

// The layers of two scores of one network, by the names of their tensors; those of the second one in order, behind them
// what only the first one has. Of one score: `after`.
runtime::Layers layers_of(const quality::ScoreTold& told);
// Signal to what is left when scales are taken out; none without --layers.
runtime::Layers layers_of(const quality::ComparisonTold& told);

}  // namespace rw::pages
