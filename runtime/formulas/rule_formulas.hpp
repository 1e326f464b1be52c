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
  // What formulas read that actions change: what belongs to one region, as statistics and attributes do; weights and
  // biases, which the regions on both sides of an operator change; the predicted noise, which all do.
  enum class Reads : std::uint8_t { region, constants, network };
  Reads reads() const { return reads_; }

 private:
  std::vector<dsl::ExprId> order_of(dsl::ExprId root) const;

  const dsl::Rule& rule_;
  std::vector<double> params_;
  std::vector<dsl::ExprId> locals_;
  std::map<dsl::ExprId, std::vector<dsl::ExprId>> needed_;
  Reads reads_ = Reads::region;
};

}  // namespace rw::runtime
