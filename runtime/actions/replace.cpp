// replace(n, Op): another operator on the same first input. Clip(x, 0, none) = max(x, 0) = Relu(x); what is not proved
// here counts as approximate.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "runtime/actions/action.hpp"
#include "runtime/actions/first_output.hpp"
#include "runtime/laws/clip_bounds.hpp"
#include "runtime/laws/operators.hpp"

namespace rw::runtime {
namespace {

constexpr std::array kReplaceArguments = {dsl::ArgumentForm::chain_node, dsl::ArgumentForm::operator_name};

bool is_relu(const Site& site) { return traits(site).clips && clip_bounds(site).is_relu(); }

// The element type of what an operator reads. The bounds of a Clip have the same one; as attributes they are floats.
graph::DType element_type(const Site& site) {
  const graph::DType dtype = site.tensor(0).dtype;
  if (dtype != graph::DType::undefined || !traits(site).clips) return dtype;
  for (std::uint32_t slot = 1; slot < site.input_count(); ++slot)
    if (site.has(slot)) return site.tensor(slot).dtype;
  return site.op().attributes.empty() ? graph::DType::undefined : graph::DType::float32;
}

// Why Relu cannot stand where this type comes in: it takes integers since operator set 14, and runtimes have it for
// hardly any of them. Empty: it can.
std::string not_for_relu(graph::DType dtype) {
  if (graph::floating(dtype)) return {};
  if (dtype == graph::DType::undefined) return "the element type of its input is not known";
  return fmt::format("runtimes have no Relu of {}", name(dtype));
}

// Operators of one input, whose output has its shape, and the operator set since which there are such.
struct UnaryOperator {
  std::string_view name;
  std::int64_t since;
};
constexpr UnaryOperator kUnary[] = {{"Abs", 1},        {"Celu", 12},       {"Ceil", 1},       {"Clip", 1},
                                    {"Elu", 1},        {"Erf", 9},         {"Exp", 1},        {"Floor", 1},
                                    {"Gelu", 20},      {"HardSigmoid", 1}, {"HardSwish", 14}, {"Identity", 1},
                                    {"LeakyRelu", 1},  {"Log", 1},         {"Mish", 18},      {"Neg", 1},
                                    {"Reciprocal", 1}, {"Relu", 1},        {"Round", 11},     {"Selu", 1},
                                    {"Sigmoid", 1},    {"Sign", 9},        {"Softplus", 1},   {"Softsign", 1},
                                    {"Sqrt", 1},       {"Swish", 24},      {"Tanh", 1},       {"ThresholdedRelu", 10}};

// Why an operator cannot stand in this model on one input; empty: it can.
std::string not_for_model(const graph::Network& network, std::string_view type) {
  const std::size_t colons = type.find("::");
  const std::string_view domain = colons == std::string_view::npos ? std::string_view() : type.substr(0, colons);
  const auto opset = network.opset(domain);
  // What takes one input in a domain that the model uses is known to whoever writes the rule.
  if (!domain.empty()) return opset ? "" : fmt::format("the model has no operators of {}", domain);
  const auto found =
      std::find_if(std::begin(kUnary), std::end(kUnary), [&](const UnaryOperator& each) { return each.name == type; });
  if (found == std::end(kUnary)) return fmt::format("{} is no operator of one input that keeps its shape", type);
  if (!opset || *opset >= found->since) return {};
  return fmt::format("there is no {} in operator set {}", type, *opset);
}

// Why one input cannot stand for all that the operator reads, or another operator for its shapes; empty: they can.
std::string unlike_unary(const Site& site, bool elementwise) {
  for (std::uint32_t slot = 1; slot < site.input_count(); ++slot) {
    if (!site.has(slot)) continue;
    if (!site.is_constant(slot)) return fmt::format("it reads '{}' too", site.tensor(slot).name);
    if (site.shape(slot).count() != 1) return fmt::format("it reads the weights '{}'", site.tensor(slot).name);
  }
  if (elementwise) return {};
  const graph::Shape &in = site.shape(0), &out = site.output_shape();
  if (in.known() && out.known() && in == out) return {};
  return "its output is not known to have the shape of its input";
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
    if (std::string why = not_for_relu(element_type(context.analysis.site(op))); !why.empty())
      return {.reason = std::move(why)};
  if (std::string why = not_for_model(network, type); !why.empty()) return {.reason = std::move(why)};
  const bool elementwise = context.analysis.operators[op].elementwise;
  if (std::string why = unlike_unary(context.analysis.site(op), elementwise); !why.empty())
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
