// What rules do: one row an action, one file each in actions/.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/vocabulary.hpp"
#include "runtime/formula.hpp"

namespace rw::runtime {

// What an action did to a region, for the report.
struct Effect {
  std::uint32_t channels = 0;        // classes whose scale is not 1
  double smallest = 1, largest = 1;  // scale
  std::uint32_t reset = 0;           // classes that --exact put back to 1
};

struct ActionContext {
  const Formulas& formulas;
  const RegionScope& scope;
  Evaluator& evaluator;
  Plan& plan;
  bool exact = false;           // --exact: powers of two only, and every edited weight is checked
  std::vector<double>& scales;  // by class of the region: multiplied by what was applied
};

struct Action {
  std::string_view name;
  std::span<const dsl::ArgumentForm> arguments;
  bool in_region, in_chain;
  std::string_view help;
  // graph::Error: a value that cannot be used.
  Effect (*run)(ActionContext&, const dsl::Step&);
};

std::span<const Action> actions();  // in the order of dsl::Step::action

}  // namespace rw::runtime
