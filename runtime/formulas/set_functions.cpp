// Functions of sets and regions as such.
#include <algorithm>

#include "runtime/formulas/function.hpp"

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

bool covers_set(const BoundRegion& view, dsl::BindingIndex set) {
  const auto tensors = view.tensors(set);
  return std::all_of(tensors.begin(), tensors.end(), [&](TensorId tensor) {
    return tensor != kNone &&
           view.statistics().find_finite(observed(view.analysis(), view.regions(), tensor)) != nullptr;
  });
}

std::vector<double> stats(const FunctionCall& call) {
  const dsl::Role role = call.evaluator.formulas().rule().bindings[call.expr.family].role;
  const BoundRegion& view = call.evaluator.view();
  const bool covers = role == dsl::Role::region ? covers_region(view) : covers_set(view, call.expr.family);
  return {covers ? 1.0 : 0.0};
}

}  // namespace

extern const Function kCount = {
    .name = "count", .help = "how many nodes a set has", .form = dsl::FunctionForm::count, .apply = count};
extern const Function kStats = {.name = "stats",
                                .help = "whether there are statistics for all of a set, or for every class of a region",
                                .form = dsl::FunctionForm::data,
                                .apply = stats};

}  // namespace rw::runtime
