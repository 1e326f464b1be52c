// The values of formulas on one region. A value holds one number for each thing it is about, so that arithmetic is
// plain loops over arrays.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/program/program.hpp"
#include "graph/statistics.hpp"
#include "runtime/matching/match.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/regions/regions.hpp"

namespace rw::runtime {

// Data that a value needs and that is not there.
struct Missing {
  std::string_view kind;  // what is said of many of its kind: "statistics are missing"
  std::string text;       // and of this one behind it: "'t1' has none"
  bool empty() const { return text.empty(); }
  std::string sentence() const { return std::string(kind) + ": " + text; }
};

struct FormulaValue {
  dsl::Type type;
  std::vector<double> numbers;     // numbers, and conditions as 0 or 1; as many as type.about asks
  std::vector<std::string> texts;  // texts
  Missing missing;                 // empty: nothing
};

// The nodes that a name of a rule stands for, with their channels and the classes these belong to.
struct Family {
  dsl::Role role = dsl::Role::parents;
  std::vector<OperatorId> nodes;
  std::vector<TensorId> tensors;       // by node: whose channels (output of a parent or join, input of a child)
  std::vector<std::uint32_t> first;    // by node: its first channel; one more entry at the end
  std::vector<std::uint32_t> classes;  // by channel: its class in the region
};

// One region as a rule sees it.
class BoundRegion {
 public:
  BoundRegion(const dsl::Rule& rule, const Pattern& pattern, const Analysis& analysis,
              const graph::Statistics& statistics, const Regions& regions, RegionId region);

  // The operators that a chain found, by binding (kNone: of no element): each is a family of its own. It has no region.
  BoundRegion(const Analysis& analysis, const graph::Statistics& statistics, const Regions& regions,
              std::span<const OperatorId> chain);

  const Analysis& analysis() const { return analysis_; }
  const graph::Statistics& statistics() const { return statistics_; }
  const Regions& regions() const { return regions_; }
  RegionId id() const { return id_; }
  const Region& region() const { return regions_[id_]; }
  const Family& family(dsl::BindingIndex binding) const;  // made when it is first asked for
  std::span<const TensorId> tensors(dsl::BindingIndex binding) const { return made_once(binding).tensors; }

 private:
  Family& made_once(dsl::BindingIndex binding) const;  // its channels may be missing
  Family made(dsl::BindingIndex binding) const;

  const Analysis& analysis_;
  const graph::Statistics& statistics_;
  const Regions& regions_;
  RegionId id_;
  const dsl::Rule* rule_ = nullptr;  // null: of a chain
  const Pattern* pattern_ = nullptr;
  mutable std::vector<std::optional<Family>> families_;  // by binding
};

// The formulas of a rule, prepared once: which expressions each of them needs, in the order of evaluation.
class RuleFormulas {
 public:
  RuleFormulas(const dsl::Rule& rule, std::vector<double> params);
  const dsl::Rule& rule() const { return rule_; }
  double param(std::uint32_t index) const { return params_[index]; }
  dsl::ExprId local(std::uint32_t slot) const { return locals_[slot]; }  // the expression whose value a let slot has
  // `root`: of a clause, or what one of its arguments asks for.
  const std::vector<dsl::ExprId>& needed(dsl::ExprId root) const { return needed_.at(root); }
  // Whether a formula reads weights or biases, which the plan changes from both of their sides; statistics and
  // attributes belong to one region.
  bool reads_constants() const { return reads_constants_; }

 private:
  std::vector<dsl::ExprId> order_of(dsl::ExprId root) const;

  const dsl::Rule& rule_;
  std::vector<double> params_;
  std::vector<dsl::ExprId> locals_;
  std::map<dsl::ExprId, std::vector<dsl::ExprId>> needed_;
  bool reads_constants_ = false;
};

// Evaluates formulas on a region; values are kept, so that an expression is computed once.
class FormulaEvaluator {
 public:
  FormulaEvaluator(const RuleFormulas& formulas, const BoundRegion& view, const Plan& plan);
  // graph::Error: NaN or infinity in a constant that is read.
  const FormulaValue& value(dsl::ExprId root);
  // `value` with one number for each channel of a family (or for each class where the family is null).
  std::vector<double> over_channels(const FormulaValue& value, const Family& family) const;
  // What the fields that `root` reads are at one channel of a family: "p.max = 0, p.min = 0".
  std::string explain(dsl::ExprId root, dsl::BindingIndex family, std::size_t channel);

 private:
  friend struct Operations;
  FormulaValue compute(const dsl::Expr& expr);
  FormulaValue field(const dsl::Expr& expr) const;
  FormulaValue attribute(const dsl::Expr& expr) const;
  FormulaValue call(const dsl::Expr& expr);
  FormulaValue arithmetic(const dsl::Expr& expr) const;
  FormulaValue quantifier(const dsl::Expr& expr) const;
  std::size_t size_of(const dsl::Type& type) const;
  std::vector<double> spread(const FormulaValue& value, const dsl::Type& type) const;
  const FormulaValue& operand(const dsl::Expr& expr, std::size_t i) const { return *values_[expr.operands[i]]; }

  const RuleFormulas& formulas_;
  const BoundRegion& view_;
  const Plan& plan_;
  std::vector<std::optional<FormulaValue>> values_;  // by expression
};

// The tensor on which the range of a parent is observed: behind the elementwise operators and Adds of a constant that
// follow one after the other as the only consumer, else its own output.
TensorId observed(const Analysis& analysis, const Regions& regions, TensorId output);

}  // namespace rw::runtime
