// Both sides of an edit, run on drawn inputs and compared.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/evaluator/evaluate.hpp"
#include "runtime/patterns/pair.hpp"

namespace rw::trials {

struct Verdict {
  enum class Form : std::uint8_t { agrees, differs, refused } form = Form::refused;
  bool bit_exact = false;  // agrees: every element, where -0 is 0
  double difference = 0;   // of a result, the largest; relative to the largest magnitude within either side
  std::string why;         // refused: why it cannot be run
  patterns::TensorId tensor = patterns::kNone;  // differs: the result, of the network that is edited
};

// So much two sides may differ, relative to the largest magnitude that occurs within either of them: for float32 1e-5,
// for narrower types what rounding constants to them costs.
double tolerance(graph::DType dtype);

// Values for the inputs of the pair, from a list of bounds that the rule names (0 among them) and numbers around them:
// the same seed gives the same values. Integers are 0 or 1; with `edges` those around which types end, too.
evaluator::Arrays draw_inputs(const patterns::Pair& pair, std::span<const double> bounds, std::uint64_t seed,
                              bool edges = false);

// Runs both sides. NaN equals NaN.
Verdict compare(const patterns::Pair& pair, const evaluator::Arrays& inputs);

// What running the pair once costs, about: multiplications; infinite where a shape is not known.
double cost(const graph::Network& network);

}  // namespace rw::trials
