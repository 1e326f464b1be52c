#include "tests/support/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string_view>

namespace rw::test {
namespace {

using graph::Network;
using graph::Tensor;

bool is_one_of(std::string_view type, std::initializer_list<std::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool is_linear(std::string_view type) { return is_one_of(type, {"Conv", "ConvTranspose", "Gemm", "MatMul"}); }

Array rounded(const Array& values, double low, double high) {
  const double step = (high - low) / 255;
  if (!(step > 0)) return values;
  std::vector<float> result = values.floats();
  for (float& value : result)
    value = static_cast<float>(
        std::clamp(std::nearbyint(value / step), std::nearbyint(low / step), std::nearbyint(high / step)) * step);
  return Array(values.shape(), std::move(result));
}

// Min and Max with a constant are what a Clip becomes.
bool activates(const Network& network, const graph::Use& use) {
  const graph::Operator& op = network.op(use.op);
  const std::string_view type = network.type_of(use.op);
  if (is_one_of(type, {"Relu", "LeakyRelu", "PRelu", "Clip"})) return true;
  return is_one_of(type, {"Min", "Max"}) && op.inputs.size() == 2 && network.tensor(op.inputs[1 - use.slot]).constant;
}

bool read_by_activations_alone(const Network& network, graph::TensorId tensor) {
  const auto uses = network.consumers(tensor);
  return !uses.empty() &&
         std::all_of(uses.begin(), uses.end(), [&](const graph::Use& use) { return activates(network, use); });
}

Arrays rounded_weights(const Network& network) {
  Arrays weights;
  for (graph::OperatorId op = 0; op < network.operators().size(); ++op) {
    if (!is_linear(network.type_of(op))) continue;
    const Tensor& tensor = network.tensor(network.op(op).inputs[1]);
    if (!tensor.constant) continue;
    const Array weight = read_literal(*tensor.constant);
    float largest = 0;
    for (const float value : weight.floats()) largest = std::max(largest, std::fabs(value));
    weights.emplace(std::string(tensor.name), rounded(weight, -largest, largest));
  }
  return weights;
}

}  // namespace

double signal_to_noise(const Network& network, const Arrays& inputs, const std::string& output) {
  const Arrays exact = evaluate(network, inputs);
  Arrays given = inputs;
  given.merge(rounded_weights(network));
  const Arrays coarse = evaluate(network, given, [&](const Tensor& tensor, Array value) {
    const auto id = network.find(tensor.name);
    if (!value.is_float() || tensor.is_output || read_by_activations_alone(network, *id)) return value;
    const auto seen = exact.at(std::string(tensor.name)).floats();
    const auto [low, high] = std::minmax_element(seen.begin(), seen.end());
    return rounded(value, std::min(0.0, static_cast<double>(*low)), std::max(0.0, static_cast<double>(*high)));
  });
  const std::vector<float>&y = exact.at(output).floats(), &z = coarse.at(output).floats();
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    signal += static_cast<double>(y[i]) * y[i];
    noise += (static_cast<double>(y[i]) - z[i]) * (static_cast<double>(y[i]) - z[i]);
  }
  return 10 * std::log10(signal / noise);
}

}  // namespace rw::test
