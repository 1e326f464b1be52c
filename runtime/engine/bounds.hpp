// How many channels stand at a bound of a rule: what it would have scaled more, or less, if a parameter let it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/actions/action.hpp"

namespace rw::runtime {

struct BoundReached {
  std::string parameter;  // of the rule, which is the bound; empty: it is none
  bool upper = false;
  double value = 0;
  std::uint32_t channels = 0, of = 0;  // scale classes at it, of those that parents offer and nothing pins
};

// Of one rule, as its last sweep has left it. Bounds are those of scale(p, s, lo, hi), and in its formula those of
// clamp(x, lo, hi) that are parameters.
class BoundCounts {
 public:
  explicit BoundCounts(const RuleFormulas& formulas) : formulas_(formulas) {}
  void begin_sweep() { found_.clear(); }
  // After an action was carried out on a region.
  void add(const BoundRegion& view, FormulaEvaluator& evaluator, const dsl::Step& step, const Effect& effect);
  std::vector<BoundReached> reached() const;  // at which some channel stands: lower bounds first

 private:
  dsl::ExprId meant(dsl::ExprId id) const;  // what a name stands for
  void add_clamp(const BoundRegion& view, const FormulaEvaluator& evaluator, const Family& parents,
                 const dsl::Expr& clamp);
  void add(bool upper, dsl::ExprId bound, double value, std::uint32_t channels, std::uint32_t of);

  const RuleFormulas& formulas_;
  std::map<std::pair<bool, dsl::ExprId>, BoundReached> found_;  // by side, by expression of the bound
};

}  // namespace rw::runtime
