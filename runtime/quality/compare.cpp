#include "runtime/quality/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "graph/operators/channel_axes.hpp"

namespace rw::quality {
namespace {

using evaluator::Array;
using graph::Network;
using graph::TensorId;

// Sums by channel, from which the scale follows that brings b nearest to a, and what is left.
class ByChannel {
 public:
  // Channels lie along `axis`; nothing: they are one.
  void add(std::span<const float> a, std::span<const float> b, std::span<const std::int64_t> shape,
           std::optional<int> axis) {
    std::size_t along = 1, behind = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (axis && i == static_cast<std::size_t>(*axis)) along = static_cast<std::size_t>(shape[i]);
      if (axis && i > static_cast<std::size_t>(*axis)) behind *= static_cast<std::size_t>(shape[i]);
    }
    if (!axis) behind = a.size();
    sums_.resize(std::max(sums_.size(), along));
    for (std::size_t i = 0; i < a.size(); ++i) {
      Sums& sums = sums_[i / behind % along];
      const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
      sums.aa += x * x;
      sums.ab += x * y;
      sums.bb += y * y;
    }
  }

  void tell(LayerDifference& layer) const {
    double signal = 0, noise = 0;
    bool first = true;
    for (const Sums& sums : sums_) {
      const bool scaled = sums.ab > 0;
      const double scale = scaled ? sums.ab / sums.aa : 1;
      signal += sums.aa;
      noise += std::max(0.0, scaled ? (sums.bb - sums.ab * scale) / (scale * scale) : sums.aa - 2 * sums.ab + sums.bb);
      layer.least = first ? scale : std::min(layer.least, scale);
      layer.most = first ? scale : std::max(layer.most, scale);
      first = false;
    }
    layer.decibels = measures::decibels(signal, noise);
  }

 private:
  struct Sums {
    double aa = 0, ab = 0, bb = 0;
  };
  std::vector<Sums> sums_;
};

// The layers that two networks have in common.
class CommonLayers {
 public:
  CommonLayers(const Network& a, const Network& b) {
    const graph::Forms forms(a);
    const graph::ChannelAxes axes = graph::infer_channel_axes(a, forms);
    for (const graph::OperatorId op : a.order())
      for (const TensorId id : a.op(op).outputs) {
        if (id == graph::kNone) continue;
        const graph::Tensor& tensor = a.tensor(id);
        const auto same = b.find(tensor.name);
        if (!same || b.tensor(*same).producer == graph::kNone) continue;
        ids_a_.push_back(id);
        ids_b_.push_back(*same);
        Layer layer;
        layer.told.tensor = tensor.name;
        layer.told.op = a.op(op).name;
        layer.told.type = a.type_of(op);
        if (axes.has(id) && !tensor.shape.any_front()) layer.axis = axes.axes(id).only();
        index_a_[id] = index_b_[*same] = layers_.size();
        layers_.push_back(std::move(layer));
      }
  }

  const std::vector<TensorId>& of_a() const { return ids_a_; }
  const std::vector<TensorId>& of_b() const { return ids_b_; }

  void keep(const executor::Value& value) {  // of A
    Layer& layer = layers_[index_a_.at(value.tensor)];
    layer.shape.assign(value.shape.begin(), value.shape.end());
    layer.floats.assign(value.floats.begin(), value.floats.end());
    layer.integers.assign(value.integers.begin(), value.integers.end());
    layer.kept = true;
  }

  void take(const executor::Value& value) {  // of B, behind A
    Layer& layer = layers_[index_b_.at(value.tensor)];
    const bool same = layer.kept &&
                      std::equal(layer.shape.begin(), layer.shape.end(), value.shape.begin(), value.shape.end()) &&
                      layer.floats.size() == value.floats.size();
    layer.kept = false;
    if (!same) return;
    layer.seen = true;
    layer.told.difference.add(layer.floats, value.floats);
    layer.told.difference.add(layer.integers, value.integers);
    layer.channels.add(layer.floats, value.floats, value.shape, layer.axis);
    layer.floats = {};
  }

  std::vector<LayerDifference> tell() {
    std::vector<LayerDifference> told;
    for (Layer& layer : layers_) {
      if (!layer.seen) continue;
      layer.channels.tell(layer.told);
      told.push_back(std::move(layer.told));
    }
    return told;
  }

 private:
  struct Layer {
    LayerDifference told;
    std::optional<int> axis;
    ByChannel channels;
    bool kept = false, seen = false;
    evaluator::Dims shape;
    std::vector<float> floats;
    std::vector<std::int64_t> integers;
  };
  std::vector<Layer> layers_;
  std::vector<TensorId> ids_a_, ids_b_;
  std::unordered_map<TensorId, std::size_t> index_a_, index_b_;
};

// Which output of B is which of A: by name, or by their order where one has other names.
std::vector<std::size_t> same_outputs(const Subject& a, const Subject& b) {
  const auto ours = a.network.outputs(), theirs = b.network.outputs();
  if (ours.size() != theirs.size())
    throw graph::Error(
        b.file, "",
        fmt::format("has {}, where {} has {}", graph::plural(theirs.size(), "output"), a.file, ours.size()));
  std::vector<std::size_t> named, ordered;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ordered.push_back(i);
    const auto same = std::find_if(theirs.begin(), theirs.end(), [&](TensorId id) {
      return b.network.tensor(id).name == a.network.tensor(ours[i]).name;
    });
    if (same != theirs.end()) named.push_back(static_cast<std::size_t>(same - theirs.begin()));
  }
  return named.size() == ours.size() ? named : ordered;
}

void add(const Subject& b, OutputDifference& output, const Array& x, const Array& y) {
  if (x.shape() != y.shape() || x.is_float() != y.is_float())
    throw graph::Error(b.file, fmt::format("output '{}'", output.name),
                       fmt::format("gives {} of shape {}, not {} of shape {}", y.is_float() ? "floats" : "integers",
                                   evaluator::to_string(y.shape()), x.is_float() ? "floats" : "integers",
                                   evaluator::to_string(x.shape())));
  if (!x.is_float()) return output.difference.add(x.ints(), y.ints());
  output.difference.add(x.floats(), y.floats());
  const auto classes = measures::class_count(x.shape());
  if (!classes) return;
  if (!output.top_class) output.top_class.emplace();
  output.top_class->add(measures::best_classes(x.floats(), *classes), measures::best_classes(y.floats(), *classes));
}

}  // namespace

double Comparison::relative() const {
  double largest = 0;
  for (const OutputDifference& each : outputs) largest = std::max(largest, each.difference.relative());
  return largest;
}

const LayerDifference* Comparison::parting(double tolerance) const {
  const double bound = -20 * std::log10(tolerance);
  for (const LayerDifference& each : layers)
    if (!(each.decibels >= bound)) return &each;
  return nullptr;
}

Comparison compare(const Subject& a, const Subject& b, data::Data& data, const CompareOptions& options) {
  const SameInputs inputs(a, b);
  const std::vector<std::size_t> same = same_outputs(a, b);
  Comparison comparison;
  for (const TensorId id : a.network.outputs())
    comparison.outputs.push_back({std::string(a.network.tensor(id).name), {}, {}});
  std::optional<CommonLayers> layers;
  if (options.layers) layers.emplace(a.network, b.network);
  using Watched = std::vector<TensorId>;
  const auto ours = open(a, {options.threads, layers ? layers->of_a() : Watched(), {}});
  const auto theirs = open(b, {options.threads, layers ? layers->of_b() : Watched(), {}});
  for (std::size_t i = 0; i < data.batches(); ++i) {
    data::Batch batch = data.read(i);
    comparison.samples += samples_in(batch);
    const auto x = run(a, *ours, batch, [&](const executor::Value& value) { layers->keep(value); });
    const auto y =
        run(b, *theirs, inputs.of(std::move(batch)), [&](const executor::Value& value) { layers->take(value); });
    for (std::size_t at = 0; at < x.size(); ++at) add(b, comparison.outputs[at], x[at], y[same[at]]);
  }
  if (layers) comparison.layers = layers->tell();
  return comparison;
}

}  // namespace rw::quality
