// Runs rules with a pattern, one after the other and again until nothing changes, and tries what they do.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dsl/program/program.hpp"
#include "graph/network.hpp"
#include "graph/statistics.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/regions/analysis.hpp"

namespace rw::runtime {

struct PatternRules {
  std::vector<std::uint32_t> rules;         // indices into the program, in order
  std::vector<std::vector<double>> params;  // of each
};

// Edits the network; whether it did. Notes in `outcomes` (by rule of the program) what each rule did and left alone.
// Throws Refusal: --exact forbids an edit, or a trial of one failed; a rule that makes the network larger and larger.
bool run_patterns(graph::Network& network, const dsl::Program& program, const PatternRules& rules,
                  const Analysis& analysis, const graph::Statistics& statistics, Plan& plan, const RunOptions& options,
                  std::span<RuleOutcome> outcomes);

}  // namespace rw::runtime
