#include "runtime/trials/run_instance.hpp"

#include <algorithm>
#include <limits>

#include "graph/base/error.hpp"
#include "graph/editor.hpp"
#include "runtime/patterns/edit.hpp"
#include "runtime/patterns/matcher.hpp"
#include "runtime/patterns/pair.hpp"
#include "runtime/trials/trial.hpp"

namespace rw::trials {
namespace {

constexpr std::uint64_t kDraws = 2;

void note_values(Instance& instance, const graph::Network& network, const patterns::Pair& pair,
                 const evaluator::Arrays& inputs) {
  for (const auto& [outside, id] : pair.inputs) {
    const std::string_view name = network.tensor(outside).name;
    for (InstanceTensor& each : instance.tensors) {
      if (each.name != name || each.constant) continue;
      const std::vector<float> values = inputs.at(std::string(pair.network.tensor(id).name)).to_floats();
      each.values.assign(values.begin(), values.end());
    }
  }
}

// Whether elements of the tensor follow from elements of an input, and not from its shape alone.
bool depends(const graph::Network& network, graph::TensorId id) {
  const graph::Tensor& tensor = network.tensor(id);
  if (tensor.is_input) return true;
  if (tensor.constant || tensor.producer == graph::kNone) return false;
  const std::string_view type = network.type_of(tensor.producer);
  const auto inputs = network.op(tensor.producer).inputs;
  return type != "Shape" && type != "Size" && std::any_of(inputs.begin(), inputs.end(), [&](graph::TensorId input) {
           return input != graph::kNone && depends(network, input);
         });
}

// A result that depends on an input no longer: what x - x is where x is infinite is asked for, too.
bool forgets_input(const patterns::Pair& pair) {
  return std::any_of(pair.results.begin(), pair.results.end(), [&](const patterns::Pair::Result& each) {
    return depends(pair.network, each.left) && !depends(pair.network, each.right);
  });
}

evaluator::Arrays infinite(const evaluator::Arrays& inputs) {
  evaluator::Arrays out = inputs;
  for (auto& [name, array] : out)
    if (array.is_float() && array.count() > 0) {
      std::vector<float> values = array.to_floats();
      values[0] = std::numeric_limits<float>::infinity();
      array = evaluator::Array(array.shape(), std::move(values));
    }
  return out;
}

void judge(InstanceRun& out, const patterns::View& view, const patterns::Pair& pair, const Instance& instance,
           std::span<const double> bounds) {
  out.form = InstanceRun::Form::agrees;
  const std::uint64_t draws = forgets_input(pair) ? kDraws + 1 : kDraws;
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    evaluator::Arrays inputs = draw_inputs(pair, bounds, draw, true);
    if (draw == kDraws) inputs = infinite(inputs);
    const Verdict verdict = compare(pair, inputs);
    if (verdict.form == Verdict::Form::refused) {
      out.form = InstanceRun::Form::refused;
      out.why = verdict.why;
      return;
    }
    out.difference = std::max(out.difference, verdict.difference);
    if (verdict.form != Verdict::Form::differs) continue;
    out.form = InstanceRun::Form::differs;
    out.difference = verdict.difference;
    out.result = std::string(view.network().tensor(verdict.tensor).name);
    out.with_values = instance;
    note_values(out.with_values, view.network(), pair, inputs);
    return;
  }
}

}  // namespace

InstanceRun run_instance(const dsl::Rule& rule, std::span<const double> params, std::span<const dsl::LawBinding> laws,
                         const Instance& instance, std::span<const double> bounds,
                         std::span<const dsl::PatternExprId> conditions) {
  InstanceRun out;
  try {
    graph::Network network = network_of(instance);
    for (const dsl::MadeCall& made : rule.pattern->made)
      if (!made.op.empty()) network.add_type(made.op);
    const runtime::Analysis analysis = runtime::analyse(network, laws);
    runtime::Plan plan;
    const graph::Editor editor(network, plan.graph);
    const graph::Statistics statistics;
    const patterns::View view(editor, analysis, laws, statistics, plan);
    patterns::Matcher matcher(rule, params, view, false);
    std::optional<patterns::Match> match;
    for (const graph::OperatorId each : matcher.candidates())
      if ((match = matcher.at(each))) break;
    out.form = InstanceRun::Form::unmatched;
    if (!match) return out;
    out.form = InstanceRun::Form::refused;
    patterns::Formulas formulas(rule, params, view, *match);
    for (const dsl::PatternExprId each : conditions) {
      bool holds = false;
      try {
        holds = formulas.holds(each) == patterns::Truth::yes;
      } catch (const patterns::NoValue&) {
      }
      out.conditions.push_back(holds);
    }
    const patterns::Replacement replacement = patterns::replacement_of(rule, formulas, *match, network.arena());
    const auto outside = patterns::outside_of(view, *match, replacement);
    const patterns::Pair pair = patterns::pair_of(view, *match, replacement, outside, true);
    out.why = patterns::changed_result(view, *match, replacement, outside, pair);
    out.form = InstanceRun::Form::changes;
    if (out.why.empty()) judge(out, view, pair, instance, bounds);
  } catch (const graph::Error& error) {
    out.why = error.message;
  } catch (const patterns::NoValue& error) {
    out.why = error.what();
  }
  return out;
}

}  // namespace rw::trials
