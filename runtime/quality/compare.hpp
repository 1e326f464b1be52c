// Two networks on the same inputs: how far their outputs lie apart, and where in them it begins.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/measures/classes.hpp"
#include "runtime/measures/difference.hpp"
#include "runtime/quality/inputs.hpp"

namespace rw::quality {

inline constexpr double kTolerance = 1e-3;  // of an output's largest value

struct CompareOptions {
  unsigned threads = 1;
  bool layers = false;
};

struct OutputDifference {
  std::string name;
  measures::Difference difference;               // of B, against A
  std::optional<measures::Agreement> top_class;  // of class scores
};

// What both networks compute under one name. The channels of one may be those of the other times a number > 0 each, as
// rewriting scales them: that is no difference here.
struct LayerDifference {
  std::string tensor, op, type;     // of A: the operator that computes it
  measures::Difference difference;  // of the values as they are
  double least = 1, most = 1;       // scale of the channels
  double decibels = 0;              // signal to what is left when the scales are taken out
};

struct Comparison {
  std::uint64_t samples = 0;
  std::vector<OutputDifference> outputs;
  std::vector<LayerDifference> layers;  // in the order of A

  double relative() const;  // the largest of the outputs: what the tolerance bounds
  // The first layer that lies further apart than this, noise over signal; null: none does.
  const LayerDifference* parting(double tolerance) const;
};

// `data` was opened for A. graph::Error: a network cannot be run, inputs or outputs do not correspond; what reading
// data throws.
Comparison compare(const Subject& a, const Subject& b, data::Data& data, const CompareOptions& options);

}  // namespace rw::quality
