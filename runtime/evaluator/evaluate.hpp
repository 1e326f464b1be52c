// The judge: runs a network by the ONNX operators' definitions, and shares nothing with the engine but the data types.
//
// Arithmetic is float32, operation by operation and in an order that does not depend on the values, without fused
// multiply-add. Hence scaling the channels of a network by powers of two gives bit-identical outputs as long as nothing
// over- or underflows.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "graph/network.hpp"
#include "runtime/evaluator/array.hpp"

namespace rw::evaluator {

using Arrays = std::map<std::string, Array>;  // by tensor name

// The values of all tensors: inputs, constants and whatever the operators compute. A constant that stands among
// `inputs` takes the value given there. The order of the operators is found here, from their inputs. Throws
// std::runtime_error that names the operator: one that is not known, an input whose shape or type does not fit, an
// input of the network without a value, a cycle.
// `change`, where it is given, sees what each operator computes before others read it.
using Change = std::function<Array(const graph::Tensor&, Array)>;

// What an operator computes that has no row here: what `as` does, or what a network makes of its inputs, which stand
// for the operands in this order; `results` are its outputs. Networks may have operators of other meanings, without
// circles.
struct Meaning {
  std::string as;
  const graph::Network* body = nullptr;
  std::vector<std::string> params, results;
};
using Meanings = std::map<std::string, Meaning, std::less<>>;

Arrays evaluate(const graph::Network& network, const Arrays& inputs, const Change& change = {},
                const Meanings& meanings = {});

}  // namespace rw::evaluator
