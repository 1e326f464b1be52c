// replace(n, Op): another operator on the same first input. Clip(x, 0, none) = max(x, 0) = Relu(x); what is not proved
// here counts as approximate.
#include <fmt/format.h>

#include <array>

#include "runtime/actions/action.hpp"
#include "runtime/actions/first_output.hpp"
#include "runtime/laws/clip_bounds.hpp"
#include "runtime/laws/operators.hpp"

namespace rw::runtime {
namespace {

constexpr std::array kReplaceArguments = {dsl::ArgumentForm::chain_node, dsl::ArgumentForm::operator_name};

bool is_relu(const Site& site) { return traits(site).clips && clip_bounds(site).is_relu(); }

// Why Relu does not take elements of this type in the operator set of the model; empty: it does, or nothing is known.
std::string not_for_relu(const graph::Network& network, graph::DType dtype) {
  const auto opset = network.opset();
  const bool is_signed = dtype == graph::DType::int8 || dtype == graph::DType::int32 || dtype == graph::DType::int64;
  if (dtype == graph::DType::undefined || graph::floating(dtype) || (is_signed && opset >= 14)) return {};
  return fmt::format("Relu takes no {}{}", name(dtype), opset ? fmt::format(" in operator set {}", *opset) : "");
}

GraphEffect replace(ChainContext& context, const dsl::Step& step) {
  graph::Editor& editor = context.editor;
  const graph::Network& network = editor.network();
  const OperatorId op = context.ops[step.arguments[0].binding];
  const std::string& type = step.arguments[1].op;
  const graph::Operator& info = network.op(op);
  if (network.type_of(op) == type && info.inputs.size() == 1 && info.attributes.empty())
    return {.reason = fmt::format("it is {} already", type)};
  if (info.inputs.empty() || info.inputs[0] == kNone) return {.reason = "its first input is missing"};
  if (type == "Relu")
    if (std::string why = not_for_relu(network, network.tensor(info.inputs[0]).dtype); !why.empty())
      return {.reason = std::move(why)};
  if (info.captured > 0) return {.reason = "a graph within it reads tensors from around it"};
  if (!first_output_alone(editor, op)) return {.reason = "another output than its first is read"};
  const bool proved = type == "Relu" && is_relu(context.analysis.site(op));
  const std::string was(network.type_of(op));
  context.plan.forget_constants(op, 0, static_cast<std::uint32_t>(info.inputs.size()));
  editor.replace(op, type);
  return {.done = true, .approximate = proved ? "" : fmt::format("{} in place of {}", type, was)};
}

}  // namespace

extern const Action kReplaceAction = {
    .name = "replace",
    .arguments = kReplaceArguments,
    .help = "another operator on the same first input, without attributes: exact where proved, else approximate",
    .edit = replace,
};

}  // namespace rw::runtime
