// Runs the tests of rule files: the rule on the network of the test, what came of it against what is expected, and the
// rewritten network against the old one, by the evaluator, on random inputs.
#pragma once

#include "dsl/load.hpp"
#include "dsl/text/diagnostic.hpp"

namespace rw::runtime {

// What is wrong, each at the line that is not met; empty: the test passes.
dsl::Diagnostics run_test(const dsl::Loaded& rules, const dsl::RuleTest& test);

}  // namespace rw::runtime
