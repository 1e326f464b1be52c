#include "runtime/trials/instance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "graph/builder.hpp"

namespace rw::trials {
namespace {

constexpr std::size_t kMostShown = 64;  // values of an input

std::string numbers(const std::vector<double>& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const double value : values) texts.push_back(fmt::format("{:.7g}", value));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string constant_text(const InstanceTensor& tensor) {
  std::string text = graph::floating(tensor.dtype) ? "values " : "integers ";
  const bool one_axis = tensor.shape.size() == 1;
  if (tensor.shape.empty() && tensor.values.size() == 1)
    text += fmt::format("{:.7g}", tensor.values[0]);
  else
    text += numbers(tensor.values);
  if (!one_axis && !tensor.shape.empty()) text += fmt::format(" shape [{}]", fmt::join(tensor.shape, ", "));
  if (tensor.dtype != graph::DType::float32 && tensor.dtype != graph::DType::int64)
    text += fmt::format(" {}", graph::name(tensor.dtype));
  return text;
}

struct AttributeText {
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    const std::string text = fmt::format("{:.7g}", value);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
  }
  std::string operator()(std::string_view value) const { return fmt::format("\"{}\"", value); }
  std::string operator()(std::span<const std::int64_t> values) const {
    return fmt::format("[{}]", fmt::join(values, ", "));
  }
  std::string operator()(std::span<const double> values) const { return numbers({values.begin(), values.end()}); }
  std::string operator()(std::span<const std::string_view>) const { return "\"\""; }
  std::string operator()(const graph::Literal&) const { return "\"\""; }
  std::string operator()(const graph::Opaque&) const { return "\"\""; }
};

}  // namespace

const InstanceTensor* Instance::find(const std::string& name) const {
  for (const InstanceTensor& each : tensors)
    if (each.name == name) return &each;
  return nullptr;
}

std::size_t Instance::size() const {
  // A tensor without elements is shown only where nothing else shows what is wrong: readers take it for a special case.
  constexpr std::size_t kOfEmpty = 1'000;
  std::size_t out = 10 * ops.size();
  for (const InstanceTensor& each : tensors) {
    std::size_t count = 1;
    for (const std::int64_t dim : each.shape) count *= static_cast<std::size_t>(dim);
    out += (count > 0 ? count : kOfEmpty) + each.shape.size();
  }
  for (const InstanceOp& op : ops) out += 2 * op.attributes.size() + op.inputs.size();
  return out;
}

graph::Network network_of(const Instance& instance) {
  graph::NetworkBuilder builder;
  graph::Arena& arena = builder.arena();
  builder.opset("", instance.opset);
  builder.opset("com.microsoft", 1);
  for (const InstanceTensor& each : instance.tensors) {
    const graph::TensorId id = builder.tensor(each.name);
    const graph::Shape shape(arena.store(std::span<const std::int64_t>(each.shape)));
    if (!each.constant) {
      builder.input(id);
      builder.describe(id, each.dtype, shape);
      continue;
    }
    const auto bytes = patterns::bytes_of({each.shape, each.values, each.dtype});
    builder.constant(id, arena.keep(graph::Literal{each.dtype, shape, arena.store(std::span<const std::byte>(bytes))}));
  }
  const auto ids = [&](const std::vector<std::string>& names) {
    std::vector<graph::TensorId> out;
    for (const std::string& name : names) out.push_back(name.empty() ? graph::kNone : builder.tensor(name));
    return out;
  };
  for (const InstanceOp& op : instance.ops) {
    std::vector<graph::Attribute> attributes;
    for (const graph::Attribute& each : op.attributes) attributes.push_back(each);
    builder.add(op.type, op.name, ids(op.inputs), ids(op.outputs),
                arena.store(std::span<const graph::Attribute>(attributes)));
  }
  for (const std::string& output : instance.outputs) builder.output(builder.tensor(output));
  return builder.finish();
}

std::string lines_of(const Instance& instance) {
  std::string text;
  if (instance.opset != dsl::kTestOperatorSet) text += fmt::format("  opset {}\n", instance.opset);
  for (const InstanceTensor& each : instance.tensors)
    if (!each.constant) {
      text += fmt::format("  input {} [{}]", each.name, fmt::join(each.shape, ", "));
      if (each.dtype != graph::DType::float32) text += fmt::format(" {}", graph::name(each.dtype));
      if (!each.values.empty() && each.values.size() <= kMostShown)
        text += fmt::format(" values {}", numbers(each.values));
      text += "\n";
    }
  for (const InstanceOp& op : instance.ops) {
    std::vector<std::string> inputs;
    for (const std::string& input : op.inputs) {
      const InstanceTensor* constant = input.empty() ? nullptr : instance.find(input);
      inputs.push_back(input.empty() ? "none" : constant && constant->constant ? constant_text(*constant) : input);
    }
    text += fmt::format("  {} = {}({})", fmt::join(op.outputs, ", "), op.type, fmt::join(inputs, ", "));
    for (const graph::Attribute& each : op.attributes)
      text += fmt::format(" {} {}", each.name, std::visit(AttributeText{}, each.value));
    text += "\n";
  }
  text += fmt::format("  output {}\n", fmt::join(instance.outputs, ", "));
  return text;
}

}  // namespace rw::trials
