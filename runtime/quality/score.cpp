#include "runtime/quality/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <unordered_map>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "runtime/measures/classes.hpp"
#include "runtime/measures/difference.hpp"

namespace rw::quality {
namespace {

using evaluator::Array;
using graph::kNone;
using graph::TensorId;
using measures::Difference;
using quantizer::Grid;

// A network whose constants and activations are rounded with the luck of one draw.
class Rounded {
 public:
  Rounded(const Subject& subject, const quantizer::Convention& convention, const Ranges& ranges,
          const ScoreOptions& options, std::uint64_t draw, const std::vector<TensorId>& watched)
      : subject_(subject) {
    const quantizer::Jitter jitter{options.jitter, draw};
    executor::Options session{options.threads, watched, {}};
    for (const quantizer::RoundedConstant& each : convention.constants)
      session.values.emplace(each.tensor, quantizer::rounded(subject.network, each, options.quantizer, jitter));
    for (const quantizer::RoundedActivation& each : convention.activations) {
      const auto range = each.range == kNone ? quantizer::Range{0, 1} : ranges.at(each.range);
      const TensorId named = named_[each.tensor] = first_on_grid(each, range);
      ranges_[each.tensor] = range;
      const double stretch = quantizer::stretch_of(subject.network.tensor(named).name, 0, draw, options.jitter);
      grids_[each.tensor] = quantizer::asymmetric_grid(range.low, range.high, options.quantizer.bits, stretch);
      session.watched.push_back(each.tensor);
    }
    std::sort(session.watched.begin(), session.watched.end());
    session.watched.erase(std::unique(session.watched.begin(), session.watched.end()), session.watched.end());
    session_ = open(subject, std::move(session));
  }

  // `watch` sees what is read behind a tensor.
  std::vector<Array> run(const executor::Inputs& inputs, executor::Watch watch) {
    return quality::run(subject_, *session_, inputs, [&](const executor::Value& value) {
      if (const auto grid = grids_.find(value.tensor); grid != grids_.end()) round_to(grid->second, value.floats);
      watch(value);
    });
  }

 private:
  // Tensors on one grid are stretched alike, by the name of the first of them, or of the one whose range they have.
  TensorId first_on_grid(const quantizer::RoundedActivation& activation, const quantizer::Range& range) const {
    if (activation.range == kNone) return activation.tensor;
    for (const TensorId each : activation.among)
      if (const auto other = ranges_.find(each); other != ranges_.end() && quantizer::same_grid(other->second, range))
        return named_.at(each);
    const auto named = named_.find(activation.range);
    return named == named_.end() ? activation.range : named->second;
  }

  const Subject& subject_;
  std::unordered_map<TensorId, quantizer::Range> ranges_;  // of rounded tensors
  std::unordered_map<TensorId, TensorId> named_;           // by whose name they are stretched
  std::unordered_map<TensorId, Grid> grids_;
  std::unique_ptr<executor::Session> session_;
};

// The layers of a network, and some elements of each as they are in float.
class NoisyLayers {
 public:
  explicit NoisyLayers(const Subject& subject) {
    const graph::Network& network = subject.network;
    for (const quantizer::RoundedActivation& each : quantizer::convention(network, {}).activations) {
      const graph::Tensor& tensor = network.tensor(each.tensor);
      if (tensor.producer == kNone) continue;
      index_[each.tensor] = layers_.size();
      tensors_.push_back(each.tensor);
      layers_.push_back({{std::string(tensor.name), std::string(network.op(tensor.producer).name),
                          std::string(network.type_of(tensor.producer)), 0},
                         {},
                         {},
                         false});
    }
  }

  const std::vector<TensorId>& tensors() const { return tensors_; }

  void keep(const executor::Value& value) {
    Layer& layer = layers_[index_.at(value.tensor)];
    some(value.floats, layer.kept);
    layer.fresh = true;
  }
  void take(const executor::Value& value) {
    const auto found = index_.find(value.tensor);
    if (found == index_.end()) return;
    Layer& layer = layers_[found->second];
    if (!layer.fresh) return;  // the same for every input, and counted already
    layer.fresh = false;
    some(value.floats, some_);
    if (some_.size() == layer.kept.size()) layer.noise.add(layer.kept, some_);
  }

  std::vector<LayerScore> tell() {
    std::vector<LayerScore> told;
    for (Layer& layer : layers_) {
      layer.told.decibels = layer.noise.decibels();
      if (layer.noise.count() > 0) told.push_back(std::move(layer.told));
    }
    return told;
  }

 private:
  struct Layer {
    LayerScore told;
    Difference noise;
    std::vector<float> kept;
    bool fresh = false;
  };

  // At most so many elements of a tensor and batch are compared: enough for a ratio, and no layer need be held whole.
  static constexpr std::size_t kMost = std::size_t{1} << 16U;

  static void some(std::span<const float> from, std::vector<float>& to) {
    const std::size_t step = from.size() / kMost * 2 + 1;  // odd, so that it meets every channel
    to.clear();
    for (std::size_t i = 0; i < from.size(); i += step) to.push_back(from[i]);
  }

  std::unordered_map<TensorId, std::size_t> index_;
  std::vector<TensorId> tensors_;
  std::vector<Layer> layers_;
  std::vector<float> some_;
};

class Scorer {
 public:
  Scorer(const Subject& subject, const Ranges& ranges, const Inputs& inputs, const Reference* reference,
         const ScoreOptions& options)
      : subject_(subject),
        ranges_(ranges),
        inputs_(inputs),
        reference_(reference),
        options_(options),
        convention_(quantizer::convention(subject.network, options.quantizer)),
        same_(inputs.owner, subject) {
    for (std::size_t i = inputs.first, at = inputs.samples_before; inputs.labels && i < inputs.last; ++i) {
      first_label_.push_back(at);
      at += samples_in(inputs.data.read(i));
    }
  }

  Score score() {
    score_.constants = convention_.constants.size();
    score_.activations = convention_.activations.size();
    if (options_.layers) layers_.emplace(subject_);
    if (layers_ || !reference_)
      session_ = open(subject_, {options_.threads, layers_ ? layers_->tensors() : std::vector<TensorId>(), {}});
    for (unsigned draw = 0; draw < options_.draws; ++draw) run_draw(draw);
    if (layers_) score_.layers = layers_->tell();
    if (inputs_.labels && !score_.classes)
      throw graph::Error(subject_.file, "", "no output has class scores, [samples, classes], for the labels");
    return std::move(score_);
  }

 private:
  // The batches of a draw, counted from the first.
  std::vector<std::size_t> batches_of(unsigned draw) const {
    const std::size_t count = inputs_.count();
    if (draw >= count) return {draw % count};
    std::vector<std::size_t> batches;
    for (std::size_t i = draw; i < count; i += options_.draws) batches.push_back(i);
    return batches;
  }

  void run_draw(unsigned draw) {
    Rounded network(subject_, convention_, ranges_, options_, draw,
                    layers_ ? layers_->tensors() : std::vector<TensorId>());
    noise_.assign(subject_.network.outputs().size(), {});
    for (const std::size_t batch : batches_of(draw)) {
      const executor::Inputs inputs = same_.of(inputs_.data.read(inputs_.first + batch));
      if (draw < inputs_.count()) score_.samples += samples_in(inputs);
      std::vector<Array> own;
      if (session_) own = run(subject_, *session_, inputs, [&](const executor::Value& value) { layers_->keep(value); });
      const std::vector<Array>& exact = reference_ ? (*reference_)[batch] : own;
      const std::vector<Array> coarse = network.run(inputs, [&](const executor::Value& value) {
        if (layers_) layers_->take(value);
      });
      add(exact, coarse, inputs_.labels ? first_label_[batch] : 0);
    }
    finish_draw();
  }

  void add(const std::vector<Array>& exact, const std::vector<Array>& coarse, std::size_t first_label) {
    bool classes = false;
    for (std::size_t at = 0; at < exact.size(); ++at) {
      const Array &x = exact[at], &y = coarse[at];
      if (!x.is_float() || x.count() != y.count()) continue;
      noise_[at].add(x.floats(), y.floats());
      if (const auto scored = measures::class_count(x.shape()); scored && !classes) {
        classes = true;
        add_classes(at, *scored, measures::best_classes(x.floats(), *scored),
                    measures::best_classes(y.floats(), *scored), first_label);
      }
    }
  }

  // All of them, also those of samples that set the ranges.
  void check_labels(std::size_t classes) const {
    const std::vector<std::int64_t>& labels = *inputs_.labels;
    const auto wrong = std::find_if(labels.begin(), labels.end(), [&](std::int64_t label) {
      return label < 0 || static_cast<std::size_t>(label) >= classes;
    });
    if (wrong == labels.end()) return;
    throw graph::Error(subject_.file, fmt::format("output '{}'", graph::printable(score_.classes->output)),
                       fmt::format("has {} classes, 0 to {}, and label {} of the samples, counted from 0, is {}",
                                   classes, classes - 1, wrong - labels.begin(), *wrong));
  }

  void add_classes(std::size_t output, std::size_t count, const std::vector<std::int64_t>& exact,
                   const std::vector<std::int64_t>& coarse, std::size_t first_label) {
    if (!score_.classes) {
      score_.classes.emplace();
      score_.classes->output = subject_.network.tensor(subject_.network.outputs()[output]).name;
      score_.classes->labelled = inputs_.labels != nullptr;
      if (inputs_.labels) check_labels(count);
    }
    ClassScore& classes = *score_.classes;
    if (classes.labelled && first_label + exact.size() > inputs_.labels->size())
      throw graph::Error(subject_.file, fmt::format("output '{}'", classes.output),
                         "has more rows of class scores than there are samples with labels");
    for (std::size_t i = 0; i < exact.size(); ++i) {
      ++classes.rows;
      classes.equal += exact[i] == coarse[i];
      if (!inputs_.labels) continue;
      const std::int64_t label = inputs_.labels->at(first_label + i);
      classes.right += coarse[i] == label;
      classes.right_in_float += exact[i] == label;
    }
  }

  void finish_draw() {
    const auto outputs = subject_.network.outputs();
    double ratios = 0;
    std::size_t counted = 0;
    for (std::size_t at = 0; at < outputs.size(); ++at) {
      const Difference& noise = noise_[at];
      if (noise.count() == 0) continue;  // of integers
      if (score_.outputs.size() == counted)
        score_.outputs.push_back({std::string(subject_.network.tensor(outputs[at]).name), {}});
      score_.outputs[counted++].decibels.push_back(noise.decibels());
      if (noise.noise() > 0) ratios += noise.noise() / noise.signal();
    }
    score_.decibels.push_back(measures::decibels(static_cast<double>(counted), ratios));
  }

  const Subject& subject_;
  const Ranges& ranges_;
  const Inputs& inputs_;
  const Reference* reference_;
  const ScoreOptions& options_;
  quantizer::Convention convention_;
  SameInputs same_;
  std::vector<std::size_t> first_label_;
  std::optional<NoisyLayers> layers_;
  std::unique_ptr<executor::Session> session_;  // in float
  std::vector<Difference> noise_;               // of this draw, by output
  Score score_;
};

}  // namespace

Reference reference_of(const Subject& subject, const Inputs& inputs, unsigned threads) {
  const SameInputs same(inputs.owner, subject);
  const auto session = open(subject, {threads, {}, {}});
  Reference reference;
  for (std::size_t i = inputs.first; i < inputs.last; ++i)
    reference.push_back(run(subject, *session, same.of(inputs.data.read(i))));
  return reference;
}

Score score(const Subject& subject, const Ranges& ranges, const Inputs& inputs, const Reference* reference,
            const ScoreOptions& options) {
  assert(inputs.first < inputs.last && options.draws > 0);
  return Scorer(subject, ranges, inputs, reference, options).score();
}

measures::Spread gain(const Score& before, const Score& after) {
  assert(before.decibels.size() == after.decibels.size());
  std::vector<double> gains;
  for (std::size_t draw = 0; draw < before.decibels.size(); ++draw) {
    const double a = before.decibels[draw], b = after.decibels[draw];
    gains.push_back(a == b ? 0 : b - a);
  }
  return measures::spread_of(gains);
}

}  // namespace rw::quality
