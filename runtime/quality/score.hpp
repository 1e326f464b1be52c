// What rounding does to a network, measured: it runs in float and rounded (fake quantization, by the quantizer's
// convention) on the same inputs. Networks that are to be compared are scored with the same Inputs and options: they
// then meet the same batches and, tensor by tensor of one name, the same luck of rounding.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/measures/spread.hpp"
#include "runtime/quality/inputs.hpp"
#include "runtime/quality/ranges.hpp"
#include "runtime/quantizer/convention.hpp"
#include "runtime/quantizer/grid.hpp"

namespace rw::quality {

inline constexpr unsigned kDraws = 6;

struct ScoreOptions {
  quantizer::Options quantizer;
  // The roundings that are drawn. Draw d has its own steps and sees every batch i with i mod draws = d, so that one
  // pass over the data is enough; where there are fewer batches than draws, batches serve several times.
  unsigned draws = kDraws;
  double jitter = quantizer::kJitter;
  bool layers = true;  // also layer by layer, for which the network runs in float, too
  unsigned threads = 1;
};

// The outputs of a network in float for every batch of Inputs: what candidates are measured against.
using Reference = std::vector<std::vector<evaluator::Array>>;
Reference reference_of(const Subject& subject, const Inputs& inputs, unsigned threads);

struct OutputScore {
  std::string name;
  std::vector<double> decibels;  // signal to noise, by draw
};

struct LayerScore {
  std::string tensor, op, type;  // what is rounded, and the operator that computes it
  double decibels = 0;           // of all draws together, as it is read: with the noise of all that stands before it
};

// Of the first output with class scores.
struct ClassScore {
  std::string output;
  std::uint64_t rows = 0;   // a row counts each time that it was rounded
  std::uint64_t equal = 0;  // the best class is that of the network in float
  bool labelled = false;
  std::uint64_t right = 0, right_in_float = 0;  // the best class is the right one
};

struct Score {
  std::vector<OutputScore> outputs;  // of floats, in order
  // By draw: signal to noise of the outputs together, noise over signal meant over them. What ranks candidates.
  std::vector<double> decibels;
  std::vector<LayerScore> layers;  // producers before consumers
  std::optional<ClassScore> classes;
  std::size_t constants = 0, activations = 0;  // that are rounded
  std::uint64_t samples = 0;                   // distinct ones
};

// `reference`: what the outputs are measured against; null: the network's own in float. The subject has the inputs of
// `inputs.owner` (SameInputs). graph::Error (file: the subject's): it cannot be run; labels, and no output with class
// scores for them.
Score score(const Subject& subject, const Ranges& ranges, const Inputs& inputs, const Reference* reference,
            const ScoreOptions& options);

// The difference of two scores on the same inputs, draw by draw: after - before. Where both are infinite it is 0.
measures::Spread gain(const Score& before, const Score& after);

}  // namespace rw::quality
