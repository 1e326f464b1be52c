// The layers that Net writes with random weights.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/support/net.hpp"

namespace rw::test {
namespace {

NetAttributes attributes_of(const LayerOptions& options, std::int64_t pad) {
  return {{"dilations", {options.dilation, options.dilation}},
          {"group", options.group},
          {"kernel_shape", {options.kernel, options.kernel}},
          {"pads", {pad, pad, pad, pad}},
          {"strides", {options.stride, options.stride}}};
}

bool is_dead(const LayerOptions& options, std::size_t channel) {
  return std::count(options.dead.begin(), options.dead.end(), static_cast<std::int64_t>(channel)) != 0;
}

// With all inputs within [-1, 1] the products of a negative layer stay above -4 and below 4.
constexpr float kNegativeBias = -8;

void check_groups(const std::string& name, const Dims& input, std::int64_t channels, const LayerOptions& options) {
  if (input.size() != 4 || input[1] % options.group != 0 || channels % options.group != 0)
    throw std::runtime_error(fmt::format("net: '{}' of {} channels and group {} does not fit {}", name, channels,
                                         options.group, to_string(input)));
}

bool fits_float16(const Array& array) {
  return std::all_of(array.floats().begin(), array.floats().end(), [](float each) { return std::fabs(each) < 65504; });
}

// Axes in the opposite order.
Array reversed_axes(const Array& array) {
  Dims shape(array.shape().rbegin(), array.shape().rend());
  const Dims from = strides_of(array.shape()), to = strides_of(shape);
  std::vector<float> values(array.count());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::int64_t rest = static_cast<std::int64_t>(i), place = 0;
    for (std::size_t axis = 0; axis < from.size(); ++axis) {
      place += rest / from[axis] * to[from.size() - 1 - axis];
      rest %= from[axis];
    }
    values[static_cast<std::size_t>(place)] = array.floats()[i];
  }
  return Array(std::move(shape), std::move(values));
}

}  // namespace

// Largest magnitude of each channel in the values known so far. A channel that is zero or next to it counts as larger,
// lest weights that make up for it blow up another input.
std::vector<double> Net::magnitudes(const std::string& tensor, std::size_t axis) const {
  std::vector<double> largest(static_cast<std::size_t>(shape(tensor).at(axis)), 0.0);
  double top = 0;
  for (const Arrays& values : values_) {
    const Array& array = values.at(tensor);
    const auto stride = static_cast<std::size_t>(strides_of(array.shape())[axis]);
    for (std::size_t i = 0; i < array.count(); ++i) {
      double& channel = largest[i / stride % largest.size()];
      channel = std::max<double>(channel, std::fabs(array.floats()[i]));
      top = std::max(top, channel);
    }
  }
  for (double& channel : largest)
    if (channel <= top * 0x1p-14) channel = top > 0 ? top : 1.0;
  return largest;
}

// The size that each output channel shall have: 1, or out of balance.
std::vector<double> Net::channel_factors(std::int64_t channels, double spread) {
  std::vector<double> factors(static_cast<std::size_t>(channels), 1.0);
  if (spread > 0)
    for (double& factor : factors) factor = std::exp2(random_.uniform(-spread, spread));
  return factors;
}

// The constant `name`, or operators behind one that give it: these from the last to the first, each with what goes in.
std::string Net::weight_through(const std::string& name, Array value, const std::vector<std::string>& through) {
  struct Step {
    std::string type;
    std::vector<std::string> inputs;
    NetAttributes attributes;
  };
  std::vector<Step> steps;
  graph::DType dtype = graph::DType::float32;
  for (std::size_t i = through.size(); i-- > 0;) {
    Step step{.type = through[i]};
    const std::string axes = fmt::format("{}.axes{}", name, i);
    const Dims shape = value.shape();
    if (step.type == "Reshape") {
      step.inputs = {ints(axes, shape)};
      value = Array({shape[0], static_cast<std::int64_t>(value.count()) / shape[0]}, value.floats());
    } else if (step.type == "Transpose") {
      Dims perm;
      for (std::size_t k = shape.size(); k-- > 0;) perm.push_back(static_cast<std::int64_t>(k));
      step.attributes = {{"perm", perm}};
      value = reversed_axes(value);
    } else if (step.type == "Squeeze") {
      step.inputs = {ints(axes, {0})};
      Dims longer = shape;
      longer.insert(longer.begin(), 1);
      value = Array(longer, value.floats());
    } else if (step.type == "Unsqueeze") {
      step.inputs = {ints(axes, {static_cast<std::int64_t>(shape.size()) - 1})};
      value = Array(Dims(shape.begin(), shape.end() - 1), value.floats());
    } else if (step.type == "Cast" && fits_float16(value)) {
      step.attributes = {{"to", 1}};
      dtype = graph::DType::float16;
    }
    steps.insert(steps.begin(), std::move(step));
  }
  if (steps.empty()) return constant(name, std::move(value));
  std::string last = constant(name + ".stored", std::move(value), dtype);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i].inputs.insert(steps[i].inputs.begin(), last);
    last = op(steps[i].type, i + 1 == steps.size() ? name : fmt::format("{}.step{}", name, i), steps[i].inputs,
              steps[i].attributes);
  }
  return last;
}

// The inputs of a layer: x, a weight and, where it has one, a bias.
std::vector<std::string> Net::layer_inputs(const std::string& name, const std::string& x, const WeightForm& form,
                                           const LayerOptions& options) {
  const std::vector<double> factors = channel_factors(form.channels, options.spread);
  std::vector<std::string> inputs = {x, options.weight};
  if (options.weight.empty()) {
    const std::vector<double> sizes = magnitudes(x, form.axis);
    const double limit = options.negative ? 4.0 / form.fan_in : std::sqrt(3.0 / form.fan_in);
    std::vector<float> values(count(form.shape));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto [to, from] = form.ends(i);
      const double value = random_.uniform(-limit, limit) * factors[to] / sizes[from];
      values[i] = is_dead(options, to) ? 0.0F : static_cast<float>(value);
    }
    inputs[1] = weight_through(name + ".weight", float_array(form.shape, std::move(values)), options.through);
  }
  if (!options.bias) return inputs;
  std::vector<float> bias;
  for (std::size_t c = 0; c < factors.size(); ++c) {
    double value = random_.uniform(-0.5, 0.5);
    if (is_dead(options, c)) value = -std::fabs(value);
    if (options.negative) value = kNegativeBias;
    bias.push_back(static_cast<float>(value * factors[c]));
  }
  inputs.push_back(constant(name + ".bias", float_array({form.channels}, std::move(bias))));
  return inputs;
}

std::string Net::conv(const std::string& name, const std::string& x, std::int64_t channels,
                      const LayerOptions& options) {
  check_groups(name, shape(x), channels, options);
  const std::int64_t in = shape(x)[1] / options.group, out = channels / options.group;
  const auto area = static_cast<std::size_t>(options.kernel * options.kernel);
  WeightForm form;
  form.shape = {channels, in, options.kernel, options.kernel};
  form.channels = channels;
  form.fan_in = static_cast<double>(in) * static_cast<double>(area);
  form.ends = [=](std::size_t i) {
    const std::size_t o = i / area / static_cast<std::size_t>(in);
    return std::pair(
        o, o / static_cast<std::size_t>(out) * static_cast<std::size_t>(in) + i / area % static_cast<std::size_t>(in));
  };
  const std::int64_t pad = options.pad.value_or(options.dilation * (options.kernel - 1) / 2);
  return op("Conv", name, layer_inputs(name, x, form, options), attributes_of(options, pad));
}

std::string Net::depthwise(const std::string& name, const std::string& x, LayerOptions options) {
  options.group = shape(x).at(1);
  return conv(name, x, options.group, options);
}

std::string Net::conv_transpose(const std::string& name, const std::string& x, std::int64_t channels,
                                const LayerOptions& options) {
  check_groups(name, shape(x), channels, options);
  const std::int64_t in = shape(x)[1] / options.group, out = channels / options.group;
  const auto area = static_cast<std::size_t>(options.kernel * options.kernel);
  WeightForm form;
  form.shape = {shape(x)[1], out, options.kernel, options.kernel};
  form.channels = channels;
  form.fan_in = static_cast<double>(in) * static_cast<double>(area);
  form.ends = [=](std::size_t i) {
    const std::size_t from = i / area / static_cast<std::size_t>(out);
    return std::pair(
        from / static_cast<std::size_t>(in) * static_cast<std::size_t>(out) + i / area % static_cast<std::size_t>(out),
        from);
  };
  return op("ConvTranspose", name, layer_inputs(name, x, form, options),
            attributes_of(options, options.pad.value_or(0)));
}

std::string Net::gemm(const std::string& name, const std::string& x, std::int64_t channels,
                      const LayerOptions& options) {
  const auto in = static_cast<std::size_t>(shape(x).at(1));
  WeightForm form;
  form.shape = {channels, shape(x).at(1)};
  form.channels = channels;
  form.fan_in = static_cast<double>(in);
  form.ends = [=](std::size_t i) { return std::pair(i / in, i % in); };
  return op("Gemm", name, layer_inputs(name, x, form, options), {{"transB", 1}});
}

std::string Net::matmul(const std::string& name, const std::string& x, std::int64_t channels, LayerOptions options) {
  const auto out = static_cast<std::size_t>(channels);
  WeightForm form;
  form.axis = shape(x).size() - 1;
  form.shape = {shape(x).at(form.axis), channels};
  form.channels = channels;
  form.fan_in = static_cast<double>(shape(x)[form.axis]);
  form.ends = [=](std::size_t i) { return std::pair(i % out, i / out); };
  options.bias = false;
  return op("MatMul", name, layer_inputs(name, x, form, options));
}

std::string Net::batch_norm(const std::string& name, const std::string& x, double spread) {
  const std::int64_t channels = shape(x).at(1);
  const std::vector<double> sizes = magnitudes(x, 1), factors = channel_factors(channels, spread);
  std::vector<float> scale, bias, mean, variance;
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    const double sign = random_.chance(0.1) ? -1 : 1;  // a scale may be negative
    scale.push_back(static_cast<float>(sign * random_.uniform(0.25, 0.75) * factors[c]));
    bias.push_back(static_cast<float>(random_.uniform(-0.5, 0.5) * factors[c]));
    mean.push_back(static_cast<float>(random_.uniform(-0.5, 0.5) * sizes[c]));
    const double deviation = random_.uniform(0.5, 1) * sizes[c];
    variance.push_back(static_cast<float>(deviation * deviation));
  }
  const auto vector = [&](const char* part, std::vector<float>& values) {
    return constant(name + part, float_array({channels}, std::move(values)));
  };
  return op("BatchNormalization", name,
            {x, vector(".scale", scale), vector(".bias", bias), vector(".mean", mean), vector(".variance", variance)},
            {{"epsilon", 1e-5}});
}

std::string Net::concat(const std::string& name, std::vector<std::string> inputs, std::int64_t axis) {
  return op("Concat", name, std::move(inputs), {{"axis", axis}});
}

std::string Net::clip(const std::string& name, const std::string& x, std::optional<float> low,
                      std::optional<float> high) {
  const auto bound = [&](const char* part, std::optional<float> value) {
    return value ? constant(name + part, float_array({}, {*value})) : std::string();
  };
  std::vector<std::string> inputs = {x, bound(".min", low), bound(".max", high)};
  while (inputs.back().empty()) inputs.pop_back();
  return op("Clip", name, std::move(inputs));
}

std::string Net::max_pool(const std::string& name, const std::string& x, std::int64_t kernel, std::int64_t stride) {
  return op("MaxPool", name, {x}, {{"kernel_shape", {kernel, kernel}}, {"strides", {stride, stride}}});
}

std::string Net::average_pool(const std::string& name, const std::string& x, std::int64_t kernel, std::int64_t stride) {
  return op("AveragePool", name, {x}, {{"kernel_shape", {kernel, kernel}}, {"strides", {stride, stride}}});
}

}  // namespace rw::test
