#include "runtime/engine/bounds.hpp"

#include <algorithm>

#include "runtime/formulas/function.hpp"

namespace rw::runtime {
namespace {

bool is_clamp(const dsl::Expr& expr) {
  return expr.op == dsl::ExprOp::call && functions()[expr.index]->name == "clamp";
}

// Of the classes of `family` that nothing pins: how many there are, and how many for all of whose channels `beyond`
// holds.
template <typename Beyond>
std::pair<std::uint32_t, std::uint32_t> classes_beyond(const BoundRegion& view, const Family& family, Beyond beyond) {
  enum : std::uint8_t { kLeftOut, kBeyond, kWithin };
  std::vector<std::uint8_t> stands(view.region().classes, kLeftOut);
  for (std::size_t i = 0; i < family.classes.size(); ++i) {
    std::uint8_t& stand = stands[family.classes[i]];
    if (!view.regions().pinned(view.region(), family.classes[i]))
      stand = std::max<std::uint8_t>(stand, beyond(i) ? kBeyond : kWithin);
  }
  const auto count = [&](std::uint8_t what) {
    return static_cast<std::uint32_t>(std::count(stands.begin(), stands.end(), what));
  };
  return {count(kBeyond) + count(kWithin), count(kBeyond)};
}

}  // namespace

dsl::ExprId BoundCounts::meant(dsl::ExprId id) const {
  const auto& exprs = formulas_.rule().exprs;
  while (exprs[id].op == dsl::ExprOp::local) id = formulas_.local(exprs[id].index);
  return id;
}

void BoundCounts::add(bool upper, dsl::ExprId bound, double value, std::uint32_t channels, std::uint32_t of) {
  const dsl::Expr& expr = formulas_.rule().exprs[bound];
  BoundReached& found = found_[{upper, bound}];
  if (expr.op == dsl::ExprOp::parameter) found.parameter = formulas_.rule().params[expr.index].name;
  found.upper = upper;
  found.value = value;
  found.channels += channels;
  found.of += of;
}

void BoundCounts::add_clamp(const BoundRegion& view, const FormulaEvaluator& evaluator, const Family& parents,
                            const dsl::Expr& clamp) {
  const FormulaValue* x = evaluator.known(clamp.operands[0]);
  if (!x || !x->missing.empty()) return;
  const Family& family = x->type.about == dsl::About::channel ? view.family(x->type.family) : parents;
  const std::vector<double> values = evaluator.over_channels(*x, family);
  for (const bool upper : {false, true}) {
    const dsl::ExprId bound = meant(clamp.operands[upper ? 2 : 1]);
    if (formulas_.rule().exprs[bound].op != dsl::ExprOp::parameter) continue;
    const double value = formulas_.param(formulas_.rule().exprs[bound].index);
    const auto [all, beyond] =
        classes_beyond(view, family, [&](std::size_t i) { return upper ? values[i] > value : values[i] < value; });
    add(upper, bound, value, beyond, all);
  }
}

void BoundCounts::add(const BoundRegion& view, FormulaEvaluator& evaluator, const dsl::Step& step,
                      const Effect& effect) {
  if (effect.bounded > 0) {
    for (const bool upper : {false, true}) {
      const dsl::ExprId bound = step.arguments[upper ? 3 : 2].expr;
      add(upper, meant(bound), evaluator.value(bound).numbers[0], upper ? effect.at_upper : effect.at_lower,
          effect.bounded);
    }
  }
  for (const dsl::Step::Argument& argument : step.arguments) {
    if (argument.binding != dsl::kNoBinding) continue;
    for (const dsl::ExprId id : formulas_.needed(argument.expr))
      if (const dsl::Expr& expr = formulas_.rule().exprs[id]; is_clamp(expr))
        add_clamp(view, evaluator, view.family(step.arguments[0].binding), expr);
  }
}

std::vector<BoundReached> BoundCounts::reached() const {
  std::vector<BoundReached> all;
  for (const auto& [key, found] : found_)
    if (found.channels > 0) all.push_back(found);
  return all;
}

}  // namespace rw::runtime
