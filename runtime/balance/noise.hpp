// The noise at the outputs that int8 quantization is predicted to make, as a function of the scales of all classes: of
// weights with one step for a tensor, of weights with one step for each output channel, and of activations with one
// step for a tensor, those that the convention of the quantizer rounds. In parts of the outputs' power. See
// docs/design.md, section 9.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "runtime/balance/flow.hpp"
#include "runtime/quantizer/convention.hpp"

namespace rw::runtime {

enum NoisePart : std::uint8_t { kPerTensor, kPerChannel, kActivations, kNoiseParts };

// By NoisePart.
struct NoiseValue {
  std::array<double, kNoiseParts> parts{};
  // One number for weights and activations. Weights: per tensor (0), per channel (1), or between them as their
  // logarithm goes. Activations count so many times: 0 where they stay in float, and less than 1 in all, as rounding
  // errors of activations average out more than those of weights, which every input meets.
  double of_both(double per_channel, double activations) const;
};

// What one tensor adds: the weights of the operator that computes it, and its own rounding.
struct TensorNoise {
  TensorId tensor = kNone;
  NoiseValue noise;
};

// What of a part of the noise grows with the logarithm of the scale of a class, and what falls with it; by class.
struct NoiseSlopes {
  std::vector<double> up, down;
};

// Which slopes are asked for, and how every maximum in them is softened: to shares x^(2^squarings), 2 or 4 of them.
// (Those of activations are always there.)
struct Softening {
  int squarings = 0;  // 0: no slopes
  bool tensor = false, channel = false;
};

class Noise {
 public:
  // `headroom`: the weight of values beyond what the calibration saw.
  Noise(const Analysis& analysis, const Regions& regions, const graph::Statistics& statistics, const Plan& plan,
        double headroom);

  // Classes of all regions, one after the other.
  std::size_t classes() const { return classes_; }
  bool measured() const { return measured_; }

  // `scales`: by class, > 0.
  NoiseValue value(std::span<const double> scales) const;
  // The same tensor by tensor, each once; those of which something is known.
  std::vector<TensorNoise> by_tensor(std::span<const double> scales) const;
  // value(), and slopes by NoisePart.
  NoiseValue value(std::span<const double> scales, const Softening& softening,
                   std::array<NoiseSlopes, kNoiseParts>& slopes) const;

  // value() as a sum of terms: one for each operator with weights, and one for each tensor that is rounded.
  std::size_t terms() const { return weights_.size() + activations_.size(); }
  NoiseValue term(std::uint32_t index, std::span<const double> scales) const;
  // The terms that the scale of a class moves, ascending; by class.
  std::vector<std::vector<std::uint32_t>> terms_by_class() const;

  // Of activations: what rounding the tensors of each group adds at scale 1. `group`: by tensor, below `groups`.
  std::vector<double> rounding(const std::unordered_map<TensorId, std::uint32_t>& group, std::size_t groups) const;

  // The noise of what touches each group of classes: operators with weights, and how many these are, and activations.
  // `group`: by class, below `groups`; kNone: of none.
  struct Around {
    NoiseValue noise;
    std::size_t layers = 0;
  };
  std::vector<Around> around(std::span<const double> scales, std::span<const std::uint32_t> group,
                             std::size_t groups) const;
  std::size_t layers() const { return weights_.size(); }

  // For the start: the ranges of weights that make a class (where the scales of their own class are left out), of those
  // that read it, and of its activations; 0: there are none.
  struct Ranges {
    std::vector<double> made, read, seen;
  };
  Ranges ranges(std::span<const double> scales) const;

 private:
  struct Weights;
  struct Activations;
  struct Swept;
  struct Rounded;
  struct Scaled;
  struct Shares;
  Scaled scaled(const Weights& weights, std::span<const double> scales) const;
  Shares shares(const WeightTable& table, const Scaled& at, double channel, const Softening& softening) const;
  static void tensor_slopes(const WeightTable& table, const Scaled& at, const Shares& shares, Swept& swept);
  static void channel_slopes(const WeightTable& table, const Scaled& at, const Shares& shares, Swept& swept);
  Swept sweep(const Weights& weights, std::span<const double> scales, const Softening& softening) const;
  Rounded activations(const Activations& tensor, std::span<const double> scales, int squarings) const;
  template <typename F>
  void each_term(F f) const;

  // A linear operator.
  struct Weights {
    TensorId output = kNone;
    WeightTable table;
    std::vector<std::uint32_t> in, out;  // classes of its channels; classes_: pinned
    std::vector<double> power;           // mean square of each input channel
    std::vector<double> sensitivity;     // of each output channel
  };
  // A tensor that is rounded.
  struct Activations {
    TensorId tensor = kNone;
    struct {
      std::vector<std::uint32_t> classes;
      std::vector<double> high, low;
    } ranges;        // of the tensor by whose values its step is chosen
    bool own_range;  // which is itself
    std::vector<std::uint32_t> classes;
    std::vector<double> sensitivity;  // times the part of the values that are not 0
  };

  std::vector<std::uint32_t> classes_of(const Flow& flow, TensorId tensor, std::size_t count) const;
  void order_terms();
  void add_weights(const Analysis& analysis, OperatorId op, Flow& flow);
  void add_activations(const quantizer::RoundedActivation& rounded, const Flow& flow);

  std::size_t classes_ = 0;
  bool measured_ = false;
  double headroom_;
  std::vector<Weights> weights_;
  std::vector<Activations> activations_;
  std::vector<std::uint32_t> largest_first_;  // all terms, so that threads end together
  bool worth_threads_ = false;                // what they take is more than a thread does
};

}  // namespace rw::runtime
