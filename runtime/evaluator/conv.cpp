// Convolutions. Every output element is a sum over (input channel, tap) in row-major order, then the bias.
#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "runtime/evaluator/call.hpp"
#include "runtime/evaluator/window.hpp"

namespace rw::evaluator {
namespace {

struct Layer {
  const Array& x;
  const Array& weight;
  const Array* bias;
  std::int64_t group, batch, channels_in, channels_out;
};

void check(const Layer& layer, std::int64_t weight_in) {
  const std::int64_t bias = layer.bias == nullptr ? layer.channels_out : static_cast<std::int64_t>(layer.bias->count());
  if (layer.group < 1 || layer.channels_in % layer.group != 0 || layer.channels_out % layer.group != 0 ||
      layer.channels_in != weight_in || bias != layer.channels_out)
    throw std::invalid_argument(fmt::format("input {}, weight {} and bias do not fit, group {}",
                                            to_string(layer.x.shape()), to_string(layer.weight.shape()), layer.group));
}

Dims kernel_of(const Array& weight) {
  if (weight.rank() < 3) throw std::invalid_argument(fmt::format("weight of shape {}", to_string(weight.shape())));
  return {weight.shape().begin() + 2, weight.shape().end()};
}

void add_bias(const Layer& layer, std::size_t plane, std::vector<float>& y) {
  if (layer.bias == nullptr) return;
  const auto bias = layer.bias->floats();
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += bias[i / plane % bias.size()];
}

// Weight [out, in / group, kernel...].
Array convolve(const Layer& layer, const Window& w) {
  const auto x = layer.x.floats(), weight = layer.weight.floats();
  const std::size_t in = w.big_count(), out = w.small_count();
  const std::int64_t in_per_group = layer.channels_in / layer.group, out_per_group = layer.channels_out / layer.group;
  std::vector<float> y(static_cast<std::size_t>(layer.batch * layer.channels_out) * out, 0.0F);
  for (std::int64_t plane = 0; plane < layer.batch * layer.channels_out; ++plane) {
    const std::int64_t n = plane / layer.channels_out, o = plane % layer.channels_out;
    for (std::int64_t i = 0; i < in_per_group; ++i) {
      const std::int64_t channel = n * layer.channels_in + o / out_per_group * in_per_group + i;
      const float* source = x.data() + static_cast<std::size_t>(channel) * in;
      const float* factors = weight.data() + static_cast<std::size_t>(o * in_per_group + i) * w.taps();
      float* target = y.data() + static_cast<std::size_t>(plane) * out;
      each_tap(w, [&](std::size_t tap, const Index3& at) {
        const float factor = factors[tap];
        each_run(w, at, [&](std::size_t big, std::size_t small, std::size_t length, std::size_t step) {
          for (std::size_t j = 0; j < length; ++j) target[small + j] += factor * source[big + j * step];
        });
      });
    }
  }
  add_bias(layer, out, y);
  return Array(spatial_shape(layer.batch, layer.channels_out, w, w.small), std::move(y));
}

// Weight [in, out / group, kernel...].
Array convolve_transposed(const Layer& layer, const Window& w) {
  const auto x = layer.x.floats(), weight = layer.weight.floats();
  const std::size_t in = w.small_count(), out = w.big_count();
  const std::int64_t in_per_group = layer.channels_in / layer.group, out_per_group = layer.channels_out / layer.group;
  std::vector<float> y(static_cast<std::size_t>(layer.batch * layer.channels_out) * out, 0.0F);
  for (std::int64_t plane = 0; plane < layer.batch * layer.channels_out; ++plane) {
    const std::int64_t n = plane / layer.channels_out, o = plane % layer.channels_out;
    for (std::int64_t i = 0; i < in_per_group; ++i) {
      const std::int64_t channel = o / out_per_group * in_per_group + i;
      const float* source = x.data() + static_cast<std::size_t>(n * layer.channels_in + channel) * in;
      const float* factors =
          weight.data() + static_cast<std::size_t>(channel * out_per_group + o % out_per_group) * w.taps();
      float* target = y.data() + static_cast<std::size_t>(plane) * out;
      each_tap(w, [&](std::size_t tap, const Index3& at) {
        const float factor = factors[tap];
        each_run(w, at, [&](std::size_t big, std::size_t small, std::size_t length, std::size_t step) {
          for (std::size_t j = 0; j < length; ++j) target[big + j * step] += factor * source[small + j];
        });
      });
    }
  }
  add_bias(layer, out, y);
  return Array(spatial_shape(layer.batch, layer.channels_out, w, w.big), std::move(y));
}

Results conv(const Call& call) {
  const Array &x = call.input(0), &weight = call.input(1);
  const Dims kernel = kernel_of(weight);
  const Layer layer{x, weight, call.optional(2), call.integer("group", 1), x.dim(0), x.dim(1), weight.dim(0)};
  check(layer, weight.dim(1) * layer.group);
  return one(convolve(layer, sliding_window(call, x.shape(), kernel)));
}

Results conv_transpose(const Call& call) {
  const Array &x = call.input(0), &weight = call.input(1);
  const Dims kernel = kernel_of(weight);
  const std::int64_t group = call.integer("group", 1);
  const Layer layer{x, weight, call.optional(2), group, x.dim(0), x.dim(1), weight.dim(1) * group};
  check(layer, weight.dim(0));
  return one(convolve_transposed(layer, transposed_window(call, x.shape(), kernel)));
}

// The activations that com.microsoft::FusedConv names, with their parameters.
struct Activation {
  std::string_view name;
  float (*apply)(float x, const std::vector<float>& parameters);
};

constexpr Activation kActivations[] = {
    {"", [](float x, const std::vector<float>&) { return x; }},
    {"Relu", [](float x, const std::vector<float>&) { return x < 0 ? 0.0F : x; }},
    {"Tanh", [](float x, const std::vector<float>&) { return std::tanh(x); }},
    {"Sigmoid", [](float x, const std::vector<float>&) { return 1.0F / (1.0F + std::exp(-x)); }},
    {"LeakyRelu", [](float x, const std::vector<float>& p) { return x < 0 ? x * p.at(0) : x; }},
    {"Clip", [](float x, const std::vector<float>& p) { return std::min(std::max(x, p.at(0)), p.at(1)); }},
    {"HardSigmoid",
     [](float x, const std::vector<float>& p) { return std::min(std::max(p.at(0) * x + p.at(1), 0.0F), 1.0F); }},
};

// Y = activation(Conv(X, W, B) + Z).
Results fused_conv(const Call& call) {
  const Array sum = std::move(conv(call).front());
  std::vector<float> y = sum.floats();
  if (const Array* z = call.optional(3)) {
    if (z->shape() != sum.shape()) throw std::invalid_argument("Z has another shape than the convolution");
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += z->floats()[i];
  }
  const std::string_view name = call.text("activation", "");
  const std::vector<float> parameters = call.numbers("activation_params", {});
  for (const Activation& each : kActivations) {
    if (each.name != name) continue;
    for (float& value : y) value = each.apply(value, parameters);
    return one(Array(sum.shape(), std::move(y)));
  }
  throw std::invalid_argument(fmt::format("activation '{}' is not known", name));
}

constexpr OperatorRow kConvRows[] = {
    {"Conv", conv},
    {"ConvTranspose", conv_transpose},
    {"com.microsoft::FusedConv", fused_conv},
};

}  // namespace

std::span<const OperatorRow> conv_rows() { return kConvRows; }

}  // namespace rw::evaluator
