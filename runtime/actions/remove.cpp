// remove(n): takes out an operator that is the identity. Its output keeps its name, which its producer now gives; where
// that cannot be (the input is an input of the network, a constant, or read by others too), its readers read its input.
#include <fmt/format.h>

#include <array>

#include "runtime/actions/action.hpp"
#include "runtime/actions/first_output.hpp"
#include "runtime/laws/operators.hpp"

namespace rw::runtime {
namespace {

constexpr std::array kRemoveArguments = {dsl::ArgumentForm::chain_node};

GraphEffect remove(ChainContext& context, const dsl::Step& step) {
  graph::Editor& editor = context.editor;
  const graph::Network& network = editor.network();
  const OperatorId op = context.ops[step.arguments[0].binding];
  if (network.op(op).inputs.empty() || network.op(op).inputs[0] == kNone) return {.reason = "its input is missing"};
  if (!first_output_alone(editor, op)) return {.reason = "another output than its first is read"};
  if (std::string why = not_identity(context.analysis.site(op)); !why.empty()) return {.reason = std::move(why)};
  const TensorId in = network.op(op).inputs[0], out = network.op(op).outputs[0];
  const graph::Tensor& before = network.tensor(in);
  const auto slots = static_cast<std::uint32_t>(network.op(op).inputs.size());
  const bool takes_name = before.producer != kNone && !before.constant && !before.is_output &&
                          editor.can_edit(before.producer) && !network.op(before.producer).nested() &&
                          editor.consumers(in).size() == 1;
  if (!takes_name && !editor.can_rebind_all(out))
    return {.reason = fmt::format("'{}' and '{}' must both stay: inputs, outputs or names within a nested network",
                                  before.name, network.tensor(out).name)};
  context.plan.forget_constants(op, 0, slots);
  context.plan.forget_scale(takes_name ? in : out);
  if (takes_name) {
    const OperatorId producer = before.producer;
    const std::uint32_t slot = before.output_slot;
    editor.remove(op);
    editor.give(producer, slot, out);
  } else {
    editor.rebind_all(out, in);
    editor.remove(op);
  }
  return {.done = true};
}

}  // namespace

extern const Action kRemoveAction = {
    .name = "remove",
    .arguments = kRemoveArguments,
    .bit_exact = true,
    .help = "takes out an operator that is the identity: bit-exact",
    .edit = remove,
};

}  // namespace rw::runtime
