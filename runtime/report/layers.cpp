#include "runtime/report/layers.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/balance/balance.hpp"

namespace rw::runtime {
namespace {

// Weights with one step a tensor and activations, as much as `balance` counts them where nobody says otherwise.
double of_both(const NoiseValue& noise) {
  return noise.parts[kPerTensor] + kUsualActivations * noise.parts[kActivations];
}

double decibels(double part, double whole) { return 10 * std::log10(part / whole); }

// By region: its place among the visited ones.
std::vector<std::uint32_t> places(const Outcome& outcome) {
  std::vector<std::uint32_t> of(outcome.regions.size(), kNone);
  for (std::uint32_t i = 0; i < outcome.visited.size(); ++i) of[outcome.visited[i].region] = i;
  return of;
}

std::uint32_t place_of(const Outcome& outcome, const std::vector<std::uint32_t>& places, TensorId tensor) {
  if (!outcome.regions.knows(tensor)) return kNone;
  const auto region = outcome.regions.region_of(tensor);
  return region ? places[*region] : kNone;
}

std::vector<Layer> predicted(const Outcome& outcome, const Prediction& prediction) {
  const graph::Network& network = *outcome.analysis.network;
  const std::vector<TensorNoise>&before = prediction.tensors_before, &after = prediction.tensors_after;
  double whole = 0;
  for (const TensorNoise& each : before) whole += of_both(each.noise);
  if (!(whole > 0)) return {};
  std::vector<std::uint32_t> turn(network.operators().size(), 0);
  for (std::uint32_t i = 0; i < network.order().size(); ++i) turn[network.order()[i]] = i + 1;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < before.size(); ++i) order.push_back(i);
  const auto turn_of = [&](std::size_t i) {
    const OperatorId op = network.tensor(before[i].tensor).producer;
    return op == kNone ? 0U : turn[op];
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return turn_of(a) < turn_of(b); });
  const std::vector<std::uint32_t> region = places(outcome);
  std::vector<Layer> list;
  for (const std::size_t i : order) {
    const graph::Tensor& tensor = network.tensor(before[i].tensor);
    Layer layer{.tensor = std::string(tensor.name)};
    if (tensor.producer != kNone) {
      layer.op = network.op(tensor.producer).name;
      layer.type = network.type_of(tensor.producer);
    }
    layer.before = decibels(of_both(before[i].noise), whole);
    layer.after = decibels(of_both(after[i].noise), whole);
    layer.region = place_of(outcome, region, before[i].tensor);
    list.push_back(std::move(layer));
  }
  return list;
}

}  // namespace

Layers layers_of(const Outcome& outcome, Layers measured) {
  if (!measured.list.empty()) {
    const std::vector<std::uint32_t> region = places(outcome);
    for (Layer& each : measured.list)
      if (const auto tensor = outcome.analysis.network->find(each.tensor))
        each.region = place_of(outcome, region, *tensor);
    return measured;
  }
  if (!outcome.prediction) return {};
  std::vector<Layer> list = predicted(outcome, *outcome.prediction);
  return {list.empty() ? LayersAre::unknown : LayersAre::predicted, std::move(list)};
}

std::vector<RegionDecibels> by_region(const Outcome& outcome, const Layers& layers) {
  std::vector<RegionDecibels> all(outcome.visited.size());
  const auto add = [&](std::optional<double>& sum, const std::optional<double>& value) {
    if (!value) return;
    if (layers.are == LayersAre::measured)
      sum = sum ? std::min(*sum, *value) : *value;
    else
      sum = 10 * std::log10((sum ? std::pow(10, *sum / 10) : 0) + std::pow(10, *value / 10));
  };
  for (const Layer& each : layers.list) {
    if (each.region == kNone) continue;
    add(all[each.region].before, each.before);
    add(all[each.region].after, each.after);
  }
  return all;
}

}  // namespace rw::runtime
