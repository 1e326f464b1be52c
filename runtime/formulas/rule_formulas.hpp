// The formulas of a rule, before any region is looked at.
#pragma once

#include <map>
#include <vector>

#include "dsl/program/program.hpp"

namespace rw::runtime {

// The formulas of a rule, prepared once: which expressions each of them needs, in the order of evaluation.
class RuleFormulas {
 public:
  RuleFormulas(const dsl::Rule& rule, std::vector<double> params);
  const dsl::Rule& rule() const { return rule_; }
  double param(std::uint32_t index) const { return params_[index]; }
  dsl::ExprId local(std::uint32_t slot) const { return locals_[slot]; }  // the expression whose value a let slot has
  // `root`: of a clause, or what one of its arguments asks for.
  const std::vector<dsl::ExprId>& needed(dsl::ExprId root) const { return needed_.at(root); }
  // Whether a formula reads what actions on other regions change: weights and biases, which the plan changes from both
  // of their sides, and the predicted noise. Statistics and attributes belong to one region.
  bool reads_network() const { return reads_network_; }

 private:
  std::vector<dsl::ExprId> order_of(dsl::ExprId root) const;

  const dsl::Rule& rule_;
  std::vector<double> params_;
  std::vector<dsl::ExprId> locals_;
  std::map<dsl::ExprId, std::vector<dsl::ExprId>> needed_;
  bool reads_network_ = false;
};

}  // namespace rw::runtime
