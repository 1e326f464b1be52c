#include "runtime/testing/test_network.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "graph/builder.hpp"
#include "runtime/evaluator/literal.hpp"
#include "runtime/regions/analysis.hpp"

namespace rw::runtime {
namespace {

using graph::kNone;
using graph::TensorId;

constexpr int kCalibrationSamples = 3;  // that `calibrate` measures

std::size_t count_of(const dsl::TestShape& shape) {
  std::size_t count = 1;
  for (const std::int64_t dim : shape) count *= static_cast<std::size_t>(dim);
  return count;
}

// The same numbers on every machine, which std::uniform_real_distribution does not promise.
std::vector<float> random_values(std::uint64_t seed, std::size_t count, double low, double high) {
  std::mt19937_64 random(seed);
  std::vector<float> values(count);
  for (float& value : values)
    value = static_cast<float>(low + (high - low) * static_cast<double>(random() >> 11U) / 9007199254740992.0);
  return values;
}

std::uint64_t mixed(std::uint64_t seed, std::uint64_t index) {
  return seed * 0x9E3779B97F4A7C15U + index * 0xD1B54A32D192ED03U;
}

// Of a number between -1 and 1: 0 or 1 of a bool, -3 to 3 of what has a sign, 0 to 3 of the rest.
std::int64_t small_whole(float value, graph::DType type) {
  if (type == graph::DType::boolean) return value < 0 ? 0 : 1;
  const auto whole = static_cast<std::int64_t>(std::lround(value * 3));
  return graph::name(type).starts_with("u") ? std::abs(whole) : whole;
}

graph::DType type_of(const dsl::TestConstant& constant) {
  if (!constant.type.empty()) return *graph::dtype_named(constant.type);
  return constant.form == dsl::TestConstant::Form::integers ? graph::DType::int64 : graph::DType::float32;
}

evaluator::Array value_of(const dsl::TestConstant& constant, std::uint64_t seed) {
  using Form = dsl::TestConstant::Form;
  if (!graph::floating(type_of(constant)))
    return {constant.shape, std::vector<std::int64_t>(constant.values.begin(), constant.values.end())};
  if (constant.form == Form::values)
    return {constant.shape, std::vector<float>(constant.values.begin(), constant.values.end())};
  const bool positive = constant.form == Form::positive;
  return {constant.shape, random_values(seed, count_of(constant.shape), positive ? 0.5 : -1, positive ? 1.5 : 1)};
}

// As it is written down, or random: between -1 and 1, or small whole numbers. Rounded to the type of the input.
evaluator::Array input_value(const dsl::TestInput& input, std::uint64_t seed) {
  const graph::DType type = *graph::dtype_named(input.type);
  std::vector<float> values;
  if (input.values)
    values.assign(input.values->begin(), input.values->end());
  else
    values = random_values(seed, count_of(input.shape), -1, 1);
  if (type == graph::DType::float32) return {input.shape, std::move(values)};
  if (graph::floating(type)) {
    const std::vector<std::byte> bytes = evaluator::encode({input.shape, std::move(values)}, type);
    return evaluator::read_literal({type, graph::Shape(input.shape), bytes});
  }
  std::vector<std::int64_t> whole;
  if (input.values)
    whole.assign(input.values->begin(), input.values->end());
  else
    for (const float value : values) whole.push_back(small_whole(value, type));
  return {input.shape, std::move(whole)};
}

class Builder {
 public:
  explicit Builder(const dsl::RuleTest& test) : test_(test) {}

  graph::Network build() {
    builder_.opset("", test_.opset);
    for (const dsl::TestInput& input : test_.inputs) {
      const TensorId id = builder_.tensor(input.name);
      builder_.input(id);
      if (!input.any) builder_.describe(id, *graph::dtype_named(input.type), stored(input.shape));
    }
    for (std::size_t i = 0; i < test_.constants.size(); ++i) constant(test_.constants[i], mixed(test_.seed, i));
    for (const dsl::TestNode& node : test_.nodes) {
      if (const std::size_t end = node.op.find("::"); end != std::string::npos)
        builder_.opset(node.op.substr(0, end), 1);
      builder_.add(node.op, node.outputs[0], ids(node.inputs), ids(node.outputs), attributes(node));
    }
    for (const std::string& output : test_.outputs) builder_.output(builder_.tensor(output));
    return builder_.finish();
  }

 private:
  graph::Shape stored(const dsl::TestShape& shape) {
    return graph::Shape(builder_.arena().store(std::span<const std::int64_t>(shape)));
  }

  void constant(const dsl::TestConstant& constant, std::uint64_t seed) {
    const graph::DType dtype = type_of(constant);
    const std::vector<std::byte> bytes = evaluator::encode(value_of(constant, seed), dtype);
    graph::Arena& arena = builder_.arena();
    builder_.constant(
        builder_.tensor(constant.name),
        arena.keep(graph::Literal{dtype, stored(constant.shape), arena.store(std::span<const std::byte>(bytes))}));
  }

  std::vector<TensorId> ids(const std::vector<std::string>& names) {
    std::vector<TensorId> out;
    out.reserve(names.size());
    for (const std::string& name : names) out.push_back(name.empty() ? kNone : builder_.tensor(name));
    return out;
  }

  std::span<const graph::Attribute> attributes(const dsl::TestNode& node) {
    graph::Arena& arena = builder_.arena();
    std::vector<graph::Attribute> out;
    for (const dsl::TestAttribute& each : node.attributes) {
      const graph::AttributeValue value = std::visit(
          [&]<typename T>(const T& held) -> graph::AttributeValue {
            if constexpr (std::is_same_v<T, std::string>)
              return arena.store(std::string_view(held));
            else if constexpr (std::is_arithmetic_v<T>)
              return held;
            else
              return arena.store(std::span<const typename T::value_type>(held));
          },
          each.value);
      out.push_back({arena.store(std::string_view(each.name)), value});
    }
    return arena.store(std::span<const graph::Attribute>(out));
  }

  const dsl::RuleTest& test_;
  graph::NetworkBuilder builder_;
};

// ---- what it costs

double elements(const graph::Network& network, TensorId id) {
  double out = 1;
  for (const std::int64_t dim : network.tensor(id).shape.dims()) out *= static_cast<double>(dim);
  return out;
}

[[noreturn]] void refuse(const graph::Operator& op, std::string why) {
  throw graph::Error("", fmt::format("'{}'", op.name), std::move(why));
}

// How much one element of its output can cost: as many products as one of its other inputs has elements, or as its
// attributes list (a window).
double cost_of_element(const graph::Network& network, const graph::Operator& op) {
  double cost = 1;
  for (std::size_t slot = 1; slot < op.inputs.size(); ++slot)
    if (op.inputs[slot] != kNone) cost = std::max(cost, elements(network, op.inputs[slot]));
  for (const graph::Attribute& attribute : op.attributes) {
    const auto* list = std::get_if<std::span<const std::int64_t>>(&attribute.value);
    if (list == nullptr) continue;
    double product = 1;
    for (const std::int64_t each : *list) product *= std::max(1.0, std::abs(static_cast<double>(each)));
    cost = std::max(cost, product);
  }
  return cost;
}

// Before anything is computed: every shape is known, and small.
void check_size(const graph::Network& network) {
  double work = 0;
  for (const graph::Operator& op : network.operators()) {
    double outputs = 0;
    for (const TensorId output : op.outputs) {
      if (output == kNone) continue;
      const graph::Tensor& tensor = network.tensor(output);
      const auto dims = tensor.shape.known() ? tensor.shape.dims() : std::span<const std::int64_t>();
      if (!tensor.shape.known() || std::any_of(dims.begin(), dims.end(), [](std::int64_t dim) { return dim < 0; }))
        refuse(op, "the shape of its output does not follow from its inputs; a test needs it");
      if (elements(network, output) > kMaxTestTensor)
        refuse(op, fmt::format("its output of shape {} is too large for a test: at most {} elements",
                               graph::to_string(tensor.shape), kMaxTestTensor));
      outputs += elements(network, output);
    }
    work += outputs * cost_of_element(network, op);
    if (work > kMaxTestWork) refuse(op, "up to here the network is too much work for a test: make its shapes smaller");
  }
}

// ---- statistics

struct Range {
  std::vector<double> min, max, mean, mean_square;
  std::string text = "{}";  // what else is told, as JSON
};

void add(graph::Model& model, const std::string& name, int axis, const Range& range) {
  graph::Arena& arena = model.network.arena();
  graph::Statistic statistic;
  statistic.name = arena.store(std::string_view(name));
  statistic.tensor = *model.network.find(name);
  statistic.axis = axis;
  statistic.min = arena.store(std::span<const double>(range.min));
  statistic.max = arena.store(std::span<const double>(range.max));
  statistic.mean = arena.store(std::span<const double>(range.mean));
  statistic.mean_square = arena.store(std::span<const double>(range.mean_square));
  statistic.text = arena.store(std::string_view(range.text));
  model.statistics.add(statistic);
}

// Along the channels of each tensor, where it has them on one axis; else along axis 1.
int channel_axis(const graph::ChannelAxes& channels, TensorId id, int rank) {
  if (channels.has(id))
    for (int axis = 0; axis < rank; ++axis)
      if (channels.axes(id) == AxisMask::single(axis)) return axis;
  return rank > 1 ? 1 : 0;
}

void measure(const dsl::RuleTest& test, graph::Model& model, const graph::ChannelAxes& channels,
             const evaluator::Meanings& meanings) {
  std::map<std::string, std::pair<int, Range>> ranges;
  std::map<std::string, double> counts;  // of values of each channel
  for (int sample = 0; sample < kCalibrationSamples; ++sample) {
    for (const auto& [name, array] :
         evaluator::evaluate(model.network, test_inputs(test, static_cast<std::uint64_t>(sample)), {}, meanings)) {
      const TensorId id = *model.network.find(name);
      if (model.network.tensor(id).constant || !array.is_float() || array.rank() == 0 || array.count() == 0) continue;
      auto& [axis, range] = ranges[name];
      axis = channel_axis(channels, id, static_cast<int>(array.rank()));
      const auto count = static_cast<std::size_t>(array.dim(static_cast<std::size_t>(axis)));
      range.min.resize(count, std::numeric_limits<double>::infinity());
      range.max.resize(count, -std::numeric_limits<double>::infinity());
      range.mean.resize(count, 0.0);
      range.mean_square.resize(count, 0.0);
      counts[name] += static_cast<double>(array.count()) / static_cast<double>(count);
      const auto stride =
          static_cast<std::size_t>(evaluator::strides_of(array.shape())[static_cast<std::size_t>(axis)]);
      for (std::size_t i = 0; i < array.count(); ++i) {
        const std::size_t channel = i / stride % count;
        range.min[channel] = std::min<double>(range.min[channel], array.floats()[i]);
        range.max[channel] = std::max<double>(range.max[channel], array.floats()[i]);
        range.mean[channel] += array.floats()[i];
        range.mean_square[channel] += static_cast<double>(array.floats()[i]) * array.floats()[i];
      }
    }
  }
  for (auto& [name, entry] : ranges) {
    for (double& each : entry.second.mean) each /= counts[name];
    for (double& each : entry.second.mean_square) each /= counts[name];
    add(model, name, entry.first, entry.second);
  }
}

void add_statistics(const dsl::RuleTest& test, graph::Model& model, const graph::ChannelAxes& channels,
                    const evaluator::Meanings& meanings) {
  if (test.calibrate) measure(test, model, channels, meanings);
  for (const dsl::TestStatistics& each : test.statistics) {
    const TensorId id = *model.network.find(each.tensor);
    const graph::Shape& shape = model.network.tensor(id).shape;
    const int axis = channel_axis(channels, id, shape.rank());
    const auto count = shape.rank() == 0 ? 1U : static_cast<std::size_t>(shape[axis]);
    const auto spread = [&](std::vector<double> values) {
      if (values.size() == 1) values.resize(count, values[0]);
      return values;
    };
    Range range{spread(each.min), spread(each.max), {}, {}, ""};
    for (const dsl::TestStatistics::Series& other : each.others) {
      const std::vector<double> values = spread(other.values);
      if (other.key == "mean") range.mean = values;
      if (other.key == "mean_square") range.mean_square = values;
      range.text += fmt::format("{}\"{}\": [{}]", range.text.empty() ? "{" : ", ", other.key, fmt::join(values, ", "));
    }
    range.text += range.text.empty() ? "{}" : "}";
    if (range.max.size() != count)
      throw graph::Error("", fmt::format("stats {}", each.tensor),
                         fmt::format("{} for the {} along axis {} of {}", graph::plural(range.max.size(), "value"),
                                     graph::plural(count, "channel"), axis, graph::to_string(shape)));
    add(model, each.tensor, axis, range);
  }
}

}  // namespace

graph::Network body_network(const dsl::RuleTest& body) { return Builder(body).build(); }

graph::Model test_model(const dsl::RuleTest& test, std::span<const dsl::LawBinding> laws,
                        const evaluator::Meanings& meanings) {
  graph::Model model;
  model.network = Builder(test).build();
  const Analysis analysis = analyse(model.network, laws);
  check_size(model.network);
  add_statistics(test, model, analysis.channels, meanings);
  return model;
}

evaluator::Arrays test_inputs(const dsl::RuleTest& test, std::uint64_t sample) {
  evaluator::Arrays out;
  for (std::size_t i = 0; i < test.inputs.size(); ++i) {
    const dsl::TestInput& input = test.inputs[i];
    out[input.name] = input_value(input, mixed(test.seed ^ 0x5851F42D4C957F2DU, sample * 1000 + i));
  }
  return out;
}

}  // namespace rw::runtime
