#include "tests/support/net.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "graph/builder.hpp"
#include "runtime/evaluator/call.hpp"
#include "tests/support/judge.hpp"

namespace rw::test {
namespace {

constexpr std::size_t kValues = 3;  // inputs for which the values of a growing network are kept

graph::Literal stored(const Constant& constant, graph::Arena& arena) {
  const std::vector<std::byte> bytes = encode(constant.value, constant.dtype);
  return {constant.dtype, graph::Shape(arena.store(std::span<const std::int64_t>(constant.value.shape()))),
          arena.store(std::span<const std::byte>(bytes))};
}

std::span<const graph::Attribute> stored(const NetAttributes& attributes, graph::Arena& arena) {
  std::vector<graph::Attribute> result;
  for (const NetAttribute& each : attributes) {
    graph::AttributeValue value = std::visit(
        [&]<typename T>(const T& held) -> graph::AttributeValue {
          if constexpr (std::is_same_v<T, std::string>)
            return arena.store(std::string_view(held));
          else if constexpr (std::is_same_v<T, Constant>)
            return stored(held, arena);
          else if constexpr (std::is_arithmetic_v<T>)
            return held;
          else
            return arena.store(std::span<const typename T::value_type>(held));
        },
        each.value);
    result.push_back({arena.store(std::string_view(each.name)), value});
  }
  return arena.store(std::span<const graph::Attribute>(result));
}

std::string domain_of(const std::string& type) {
  const std::size_t end = type.find("::");
  return end == std::string::npos ? std::string() : type.substr(0, end);
}

Results compute(const NetNode& node, const Arrays& values, std::int64_t opset) {
  graph::Arena arena;
  Call call;
  call.type = node.type;
  call.attributes = stored(node.attributes, arena);
  call.outputs = node.outputs.size();
  call.opset = opset;
  for (const std::string& input : node.inputs) {
    const auto found = values.find(input);
    if (!input.empty() && found == values.end())
      throw std::invalid_argument(fmt::format("there is no tensor '{}'", input));
    call.inputs.push_back(input.empty() ? nullptr : &found->second);
  }
  return run(call);
}

Array random_values(const NetInput& input, std::uint64_t seed) {
  Random random(seed);
  if (!graph::floating(input.dtype)) {
    std::vector<std::int64_t> values(count(input.shape));
    for (std::int64_t& value : values) value = random.between(0, 3);
    return Array(input.shape, std::move(values));
  }
  std::vector<float> values(count(input.shape));
  for (float& value : values) value = static_cast<float>(random.uniform(-1, 1));
  return Array(input.shape, std::move(values));
}

}  // namespace

Net::Net(std::uint64_t seed, std::int64_t opset) : opset_(opset), seed_(seed), random_(seed), values_(kValues) {}

// --- writing it

std::string Net::input(const std::string& name, Dims shape, graph::DType dtype) {
  inputs_.push_back({name, std::move(shape), dtype});
  for (std::size_t sample = 0; sample < kValues; ++sample) values_[sample][name] = inputs(sample).at(name);
  return name;
}

std::string Net::constant(const std::string& name, Array value, graph::DType dtype) {
  if (values_.front().count(name) != 0) throw std::runtime_error(fmt::format("there are two tensors '{}'", name));
  graph::Arena arena;
  const Array rounded = read_literal(stored(Constant{value, dtype}, arena));
  for (Arrays& values : values_) values[name] = rounded;
  constants_.emplace_back(name, Constant{std::move(value), dtype});
  return name;
}

std::string Net::ints(const std::string& name, Dims values) {
  const auto length = static_cast<std::int64_t>(values.size());
  return constant(name, int_array({length}, std::move(values)), graph::DType::int64);
}

void Net::output(const std::string& tensor) {
  value(tensor);
  outputs_.push_back(tensor);
}

void Net::node(NetNode node) {
  for (Arrays& values : values_) {
    try {
      Results results = compute(node, values, opset_);
      for (std::size_t slot = 0; slot < node.outputs.size(); ++slot)
        if (!node.outputs[slot].empty() && !values.emplace(node.outputs[slot], results.at(slot)).second)
          throw std::invalid_argument(fmt::format("there are two tensors '{}'", node.outputs[slot]));
    } catch (const std::logic_error& error) {
      throw std::runtime_error(fmt::format("net: '{}' ({}): {}", node.name, node.type, error.what()));
    }
  }
  nodes_.push_back(std::move(node));
}

std::string Net::op(const std::string& type, const std::string& name, std::vector<std::string> inputs,
                    NetAttributes attributes) {
  node({type, name, std::move(inputs), {name}, std::move(attributes)});
  return name;
}

std::vector<std::string> Net::ops(const std::string& type, const std::string& name, std::size_t outputs,
                                  std::vector<std::string> inputs, NetAttributes attributes) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < outputs; ++i) names.push_back(fmt::format("{}:{}", name, i));
  node({type, name, std::move(inputs), names, std::move(attributes)});
  return names;
}

// --- looking at it

const Array& Net::value(const std::string& tensor) const {
  const auto found = values_.front().find(tensor);
  if (found == values_.front().end()) throw std::runtime_error(fmt::format("net: there is no tensor '{}'", tensor));
  return found->second;
}

Arrays Net::inputs(std::uint64_t sample) const {
  Arrays arrays;
  Random seeds(seed_ ^ (sample + 1) * 0x9E3779B97F4A7C15U);
  for (const NetInput& input : inputs_) arrays[input.name] = random_values(input, seeds.bits());
  return arrays;
}

void Net::calibrate(int samples, int axis) {
  ranges_.clear();
  const graph::Network network = this->network();
  for (int sample = 0; sample < samples; ++sample) {
    for (const auto& [name, array] : evaluate(network, inputs(static_cast<std::uint64_t>(sample)))) {
      const int from_start = axis < 0 ? axis + static_cast<int>(array.rank()) : axis;
      const graph::Tensor& tensor = network.tensor(*network.find(name));
      if (tensor.constant || !array.is_float() || from_start < 0 || from_start >= static_cast<int>(array.rank()))
        continue;
      const auto wild = [](float each) { return !std::isfinite(each); };
      if (array.count() == 0 || std::any_of(array.floats().begin(), array.floats().end(), wild)) continue;
      const auto channels = static_cast<std::size_t>(array.dim(static_cast<std::size_t>(from_start)));
      NetRange& range = ranges_[name];
      range.axis = from_start;
      range.min.resize(channels, std::numeric_limits<double>::infinity());
      range.max.resize(channels, -std::numeric_limits<double>::infinity());
      const auto stride = static_cast<std::size_t>(strides_of(array.shape())[static_cast<std::size_t>(from_start)]);
      for (std::size_t i = 0; i < array.count(); ++i) {
        const std::size_t c = i / stride % channels;
        range.min[c] = std::min<double>(range.min[c], array.floats()[i]);
        range.max[c] = std::max<double>(range.max[c], array.floats()[i]);
      }
    }
  }
}

graph::Network Net::network() const {
  graph::NetworkBuilder builder;
  builder.opset("", opset_);
  for (const NetInput& input : inputs_) {
    const graph::TensorId id = builder.tensor(input.name);
    builder.input(id);
    builder.describe(id, input.dtype, graph::Shape(builder.arena().store(std::span<const std::int64_t>(input.shape))));
  }
  for (const auto& [name, constant] : constants_)
    builder.constant(builder.tensor(name), builder.arena().keep(stored(constant, builder.arena())));
  const auto ids = [&](const std::vector<std::string>& names) {
    std::vector<graph::TensorId> result;
    result.reserve(names.size());
    for (const std::string& name : names) result.push_back(name.empty() ? graph::kNone : builder.tensor(name));
    return result;
  };
  for (const NetNode& node : nodes_) {
    if (const std::string domain = domain_of(node.type); !domain.empty()) builder.opset(domain, 1);
    builder.add(node.type, node.name, ids(node.inputs), ids(node.outputs), stored(node.attributes, builder.arena()));
  }
  for (const std::string& output : outputs_) builder.output(builder.tensor(output));
  return builder.finish();
}

graph::Model Net::model() const {
  graph::Model model;
  model.network = network();
  graph::Arena& arena = model.network.arena();
  for (const auto& [name, range] : ranges_) {
    graph::Statistic statistic;
    statistic.name = arena.store(std::string_view(name));
    statistic.tensor = *model.network.find(name);
    statistic.axis = range.axis;
    statistic.min = arena.store(std::span<const double>(range.min));
    statistic.max = arena.store(std::span<const double>(range.max));
    statistic.text = arena.store(std::string_view(fmt::format(R"({{"axis": {}, "min": [{}], "max": [{}]}})", range.axis,
                                                              fmt::join(range.min, ", "), fmt::join(range.max, ", "))));
    model.statistics.add(statistic);
  }
  return model;
}

}  // namespace rw::test
