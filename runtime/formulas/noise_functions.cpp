// Functions of the noise that int8 quantization is predicted to make.
#include <algorithm>
#include <cmath>

#include "runtime/formulas/function.hpp"

namespace rw::runtime {
namespace {

// Asks a scale for each class that parents offer and nothing pins; the first of their channels speaks for a class.
void ask(const FunctionCall& call, const FormulaValue& scale, dsl::BindingIndex parents, std::vector<double>& asked) {
  const BoundRegion& view = call.evaluator.view();
  const Family& family = view.family(parents);
  const std::vector<double> wanted = call.evaluator.over_channels(scale, family);
  for (std::size_t i = wanted.size(); i-- > 0;)
    if (!view.regions().pinned(view.region(), family.classes[i])) asked[family.classes[i]] = wanted[i];
}

// Minus infinity: not all are scales.
double gain_of(const FunctionCall& call, const std::vector<double>& asked) {
  const bool scales = std::all_of(asked.begin(), asked.end(), [](double s) { return std::isfinite(s) && s > 0; });
  return scales ? call.evaluator.gain().of(call.evaluator.view().region(), asked) : -INFINITY;
}

std::vector<double> gain(const FunctionCall& call) {
  std::vector<double> asked(call.evaluator.view().region().classes, 1.0);
  ask(call, *call.arguments[0], call.expr.family, asked);
  return {gain_of(call, asked)};
}

bool is_about_nodes(const dsl::Type& type) {
  return type.about == dsl::About::node || type.about == dsl::About::channel;
}

std::vector<double> best(const FunctionCall& call) {
  const std::vector<dsl::Binding>& bindings = call.evaluator.formulas().rule().bindings;
  const FormulaValue* most = nullptr;
  double largest = 0;
  for (const FormulaValue* scale : call.arguments) {
    std::vector<double> asked(call.evaluator.view().region().classes, 1.0);
    for (dsl::BindingIndex i = 0; i < bindings.size(); ++i)
      if (is_about_nodes(scale->type) ? i == scale->type.family : bindings[i].role == dsl::Role::parents)
        ask(call, *scale, i, asked);
    const double gained = gain_of(call, asked);
    if (most && !(gained > largest)) continue;
    most = scale;
    largest = gained;
  }
  return call.evaluator.spread(*most, call.expr.type);
}

}  // namespace

extern const Function kGain = {
    .name = "gain",
    .help = "how many dB less int8 noise is predicted at the outputs if the parents p are scaled by s",
    .form = dsl::FunctionForm::gain,
    .arity = 2,
    .apply = gain,
    .reads_network = true};
extern const Function kBest = {.name = "best",
                               .help = "the scale, of two to eight, that wins most: the first of them where none does",
                               .form = dsl::FunctionForm::best,
                               .arity = 2,
                               .most = 8,
                               .apply = best,
                               .reads_network = true};

}  // namespace rw::runtime
