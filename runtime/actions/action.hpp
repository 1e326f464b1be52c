// What rules do.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/program/vocabulary.hpp"
#include "runtime/balance/noise.hpp"
#include "runtime/formulas/formula_evaluator.hpp"
#include "runtime/weights/stored_maxima.hpp"

namespace rw::runtime {

// What an action did to a region, for the report.
struct Effect {
  std::uint32_t channels = 0;        // classes whose scale is not 1
  double smallest = 1, largest = 1;  // scale
  std::uint32_t reset = 0;           // classes put back to 1 for the sake of a weight
  std::uint32_t capped = 0;          // classes scaled less than asked, for the sake of an activation's range
  std::string approximate;           // what is equal only approximately; empty: the network's function stays
  bool scales = true;                // it scaled; else `channels` are classes that it changed otherwise
  std::string refused;               // why nothing was done: the rule does not match; empty: something was
  // Of an action that was given bounds: how many classes it asked a scale for, and how many stand at one of them.
  std::uint32_t bounded = 0, at_lower = 0, at_upper = 0;
};

struct ActionContext {
  const RuleFormulas& formulas;
  const BoundRegion& view;
  FormulaEvaluator& evaluator;
  Plan& plan;
  StoredMaxima& stored;          // of the weights of this network
  bool exact = false;            // --exact: powers of two only, and every edited weight is checked
  std::vector<double>& scales;   // by class of the region: multiplied by what was applied
  std::span<double> swept = {};  // the same of this rule alone, over its sweeps; empty: nobody asks
};

// An action that asks for all regions which a rule wants at once.
struct SolveContext {
  struct Place {
    const BoundRegion& view;
    FormulaEvaluator& evaluator;
  };
  // An operator that was put in to give a scale back (`leak restore`), and goes again where that stays 1.
  struct Restoring {
    TensorId from = kNone, to = kNone;
    double elements = 0;  // that it computes, as a part of all of the network
  };
  const RuleFormulas& formulas;
  std::span<const Place> places;  // one at least
  const Plan& plan;
  bool exact = false;
  std::span<const Restoring> restoring = {};
};
struct Solved {
  std::vector<std::vector<double>> scales;  // by place, by class of its region
  std::vector<std::string> refused;         // by place, why its region is left alone; empty: it is not
  std::shared_ptr<const Noise> noise;       // by which they were found
};

// One constant an action, in its own file; table.cpp lists them.
struct Action {
  std::string_view name;
  std::span<const dsl::ArgumentForm> arguments;
  std::size_t optional = 0;  // of the last ones: all are given, or none
  bool bit_exact = false;    // the outputs stay bit for bit, or can be made to: --exact allows it
  std::string_view help;
  // Null: it solves. graph::Error: a value that cannot be used.
  Effect (*run)(ActionContext&, const dsl::Step&) = nullptr;
  // The same for all regions at once, whose classes the engine then scales (apply_scales.hpp).
  Solved (*solve)(const SolveContext&, const dsl::Step&) = nullptr;
};

std::span<const Action* const> actions();  // in the order of dsl::Step::action

}  // namespace rw::runtime
