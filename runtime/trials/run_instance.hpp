// A rule on one small network: the match, the edit, and whether both sides agree.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dsl/program/program.hpp"
#include "runtime/trials/instance.hpp"

namespace rw::trials {

struct InstanceRun {
  // changes: a result would have another shape or type, so that the engine leaves it alone.
  enum class Form : std::uint8_t { invalid, unmatched, refused, changes, agrees, differs } form = Form::invalid;
  std::string why;  // invalid, unmatched, refused, changes
  double difference = 0;
  std::string result;            // differs: the tensor
  Instance with_values;          // differs: with what the inputs held, as their values
  std::vector<bool> conditions;  // changes, agrees, differs: which of the conditions hold
};

// `conditions`: formulas of the rule's pattern that are noted and decide nothing.
InstanceRun run_instance(const dsl::Rule& rule, std::span<const double> params, std::span<const dsl::LawBinding> laws,
                         const Instance& instance, std::span<const double> bounds,
                         std::span<const dsl::PatternExprId> conditions);

}  // namespace rw::trials
