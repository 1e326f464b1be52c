#include "runtime/formulas/seen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "graph/base/printable.hpp"
#include "runtime/formulas/field.hpp"
#include "runtime/formulas/function.hpp"

namespace rw::runtime {
namespace {

using dsl::About;
using dsl::ExprOp;

constexpr std::size_t kMostNodes = 2, kMostValues = 6;

class Seen {
 public:
  Seen(const RuleFormulas& formulas, const BoundRegion& view, FormulaEvaluator& evaluator, dsl::ExprId root)
      : formulas_(formulas), view_(view), evaluator_(evaluator), root_(root) {}

  std::string run() {
    find_culprits(root_);
    std::string text;
    std::set<std::string> told;
    for (const dsl::ExprId id : formulas_.needed(root_)) {
      const std::string name = name_of(expr(id));
      if (name.empty() || told.size() >= kMostValues || !told.insert(name).second) continue;
      const bool stats = expr(id).op == ExprOp::call && form(expr(id)) == dsl::FunctionForm::data;
      const std::string value = stats ? without_statistics(expr(id)) : value_text(evaluator_.value(id));
      if (!value.empty()) text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, value);
    }
    return text;
  }

 private:
  const dsl::Expr& expr(dsl::ExprId id) const { return formulas_.rule().exprs[id]; }
  static dsl::FunctionForm form(const dsl::Expr& call) { return functions()[call.index]->form; }

  // stat("p99.9")
  std::string key_text(const dsl::Expr& e) const {
    const dsl::Expr& key = expr(e.operands[0]);
    const std::string_view name = fields()[e.index].name;
    return key.op == ExprOp::text ? fmt::format("{}(\"{}\")", name, key.text)
                                  : fmt::format("{}({:.6g})", name, evaluator_.value(e.operands[0]).numbers[0]);
  }

  // Things that are read from outside: fields, attributes, parameters, counts.
  std::string name_of(const dsl::Expr& e) const {
    const auto of = [&](std::string_view what) {
      return fmt::format("{}.{}", formulas_.rule().bindings[e.family].name, what);
    };
    switch (e.op) {
      case ExprOp::field:
        return of(fields()[e.index].takes_key ? key_text(e) : std::string(fields()[e.index].name));
      case ExprOp::attribute:
        return of(e.text);
      case ExprOp::parameter:
        return formulas_.rule().params[e.index].name;
      case ExprOp::call: {
        if (form(e) == dsl::FunctionForm::gain)
          return fmt::format("gain({}, ...)", formulas_.rule().bindings[e.family].name);
        if (form(e) != dsl::FunctionForm::count && form(e) != dsl::FunctionForm::data) return {};
        return fmt::format("{}({})", functions()[e.index]->name, formulas_.rule().bindings[e.family].name);
      }
      default:
        return {};
    }
  }

  // The observed tensors of a set that have no statistics to read; empty: all have, or it is about the region.
  std::string without_statistics(const dsl::Expr& e) const {
    if (formulas_.rule().bindings[e.family].role == dsl::Role::region) return {};
    std::vector<std::string> names;
    for (const TensorId tensor : view_.tensors(e.family)) {
      const TensorId seen = observed(view_.analysis(), view_.regions(), tensor);
      if (!view_.statistics().find_finite(seen))
        names.push_back(fmt::format("'{}'", graph::printable(view_.analysis().network->tensor(seen).name)));
    }
    if (names.empty()) return {};
    const std::size_t more = names.size() - std::min(names.size(), kMostNodes);
    names.resize(names.size() - more);
    return fmt::format("nothing for {}{}", fmt::join(names, " and "), more ? fmt::format(" and {} more", more) : "");
  }

  // The nodes on which `all p: C` or `none p: C` failed.
  void find_culprits(dsl::ExprId id) {
    const dsl::Expr& e = expr(id);
    if (e.op == ExprOp::and_ || e.op == ExprOp::or_)
      for (const dsl::ExprId operand : e.operands) find_culprits(operand);
    if ((e.op != ExprOp::all && e.op != ExprOp::none) || !culprits_.empty()) return;
    const FormulaValue& condition = evaluator_.value(e.operands[0]);
    if (condition.type.about != About::node && condition.type.about != About::channel) return;
    const Family& family = view_.family(condition.type.family);
    for (std::size_t node = 0; node < family.nodes.size(); ++node) {
      const bool by_node = condition.type.about == About::node;
      const std::size_t begin = by_node ? node : family.first[node], end = by_node ? node + 1 : family.first[node + 1];
      const bool wrong = std::any_of(condition.numbers.begin() + static_cast<std::ptrdiff_t>(begin),
                                     condition.numbers.begin() + static_cast<std::ptrdiff_t>(end),
                                     [&](double each) { return (each != 0) == (e.op == ExprOp::none); });
      if (wrong) culprits_.push_back(node);
    }
    culprit_family_ = condition.type.family;
  }

  static std::string range(std::span<const double> numbers) {
    if (numbers.empty()) return "nothing";
    const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
    return *low == *high ? fmt::format("{:.6g}", *low) : fmt::format("{:.6g} .. {:.6g}", *low, *high);
  }

  static std::string shown(const std::vector<double>& list) {
    std::string out;
    for (const double each : list)
      out += fmt::format("{}{}", out.empty() ? "" : ", ", std::isnan(each) ? "?" : fmt::format("{:.6g}", each));
    return "[" + out + "]";
  }

  std::string value_text(const FormulaValue& value) const {
    if (!value.missing.empty()) return "missing";
    const bool text = value.type.kind == dsl::Kind::text, list = value.type.kind == dsl::Kind::list;
    if (value.type.about == About::nothing)
      return text   ? "\"" + graph::printable(value.texts[0]) + "\""
             : list ? shown(value.lists[0])
                    : range(value.numbers);
    if (value.type.about == About::region_class) return range(value.numbers);
    const Family& family = view_.family(value.type.family);
    std::vector<std::size_t> nodes = culprits_;
    if (culprits_.empty() || value.type.family != culprit_family_) {
      nodes.resize(family.nodes.size());
      for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i] = i;
    }
    std::string all;
    for (std::size_t i = 0; i < std::min(nodes.size(), kMostNodes); ++i) {
      const std::size_t node = nodes[i];
      const std::string one =
          text   ? "\"" + graph::printable(value.texts[node]) + "\""
          : list ? shown(value.lists[node])
          : value.type.about == About::node
              ? range(std::span(&value.numbers[node], 1))
              : range(
                    std::span(value.numbers).subspan(family.first[node], family.first[node + 1] - family.first[node]));
      all += fmt::format("{}{} ('{}')", i ? " and " : "", one,
                         graph::printable(view_.analysis().network->op(family.nodes[node]).name));
    }
    if (nodes.size() > kMostNodes) all += fmt::format(" and {} more", nodes.size() - kMostNodes);
    return all;
  }

  const RuleFormulas& formulas_;
  const BoundRegion& view_;
  FormulaEvaluator& evaluator_;
  dsl::ExprId root_;
  std::vector<std::size_t> culprits_;
  dsl::BindingIndex culprit_family_ = dsl::kNoBinding;
};

}  // namespace

std::string seen_values(const RuleFormulas& formulas, const BoundRegion& view, FormulaEvaluator& evaluator,
                        dsl::ExprId root) {
  return Seen(formulas, view, evaluator, root).run();
}

}  // namespace rw::runtime
