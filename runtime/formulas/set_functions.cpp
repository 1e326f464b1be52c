// Functions of sets and regions as such.
#include <algorithm>

#include "runtime/formulas/function.hpp"
#include "runtime/formulas/output_range.hpp"

namespace rw::runtime {
namespace {

std::vector<double> count(const FunctionCall& call) {
  return {static_cast<double>(call.evaluator.view().family(call.expr.family).nodes.size())};
}

// Some tensor of every class of the region has statistics that can be read.
bool covers_region(const BoundRegion& view) {
  std::vector<bool> seen(view.region().classes, false);
  for (const TensorId tensor : view.region().tensors)
    if (view.statistics().find_finite(tensor))
      for (const std::uint32_t scale_class : view.regions().classes(tensor)) seen[scale_class] = true;
  return std::all_of(seen.begin(), seen.end(), [](bool each) { return each; });
}

bool covers_node(const FunctionCall& call, dsl::BindingIndex node) {
  const BoundRegion& view = call.evaluator.view();
  const auto& nodes = view.family(node).nodes;
  return std::all_of(nodes.begin(), nodes.end(), [&](OperatorId op) {
    return output_range(view.analysis(), view.statistics(), call.evaluator.plan(), op).has_value();
  });
}

bool covers_set(const BoundRegion& view, dsl::BindingIndex set, dsl::Role role) {
  const auto tensors = view.tensors(set);
  return std::all_of(tensors.begin(), tensors.end(), [&](TensorId tensor) {
    return tensor != kNone && view.statistics().find_finite(observed(view, role, tensor)) != nullptr;
  });
}

std::vector<double> stats(const FunctionCall& call) {
  const dsl::Role role = call.evaluator.formulas().rule().bindings[call.expr.family].role;
  const BoundRegion& view = call.evaluator.view();
  const bool covers = role == dsl::Role::region       ? covers_region(view)
                      : role == dsl::Role::chain_node ? covers_node(call, call.expr.family)
                                                      : covers_set(view, call.expr.family, role);
  return {covers ? 1.0 : 0.0};
}

}  // namespace

extern const Function kCount = {
    .name = "count", .help = "how many nodes a set has", .form = dsl::FunctionForm::count, .apply = count};
extern const Function kStats = {
    .name = "stats",
    .help = "whether there are statistics for all of a set, for every class of a region, or for a node of a chain",
    .form = dsl::FunctionForm::data,
    .apply = stats};

}  // namespace rw::runtime
