// From operators to layers of the kernels: one row an operator. What has no row, or no layer in this form, is computed
// by the evaluator.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "graph/network.hpp"
#include "runtime/evaluator/call.hpp"
#include "runtime/executor/kernels.hpp"

namespace rw::executor {

using ArrayRef = std::shared_ptr<const evaluator::Array>;

// An operator with what is known of its inputs when it runs.
struct Site {
  const graph::Operator* op = nullptr;
  evaluator::Call call;           // its inputs: constants and integers; null: a float activation, or absent
  std::vector<Operand> operands;  // by slot; a float tensor's shape and format
  std::vector<ArrayRef> held;     // what the call points to

  bool has(std::size_t slot) const { return slot < op->inputs.size() && op->inputs[slot] != graph::kNone; }
  const Dims& shape(std::size_t slot) const { return operands[slot].shape; }
  bool is_float(std::size_t slot) const {
    return has(slot) && (call.inputs[slot] == nullptr || call.inputs[slot]->is_float());
  }
  // A float constant; null where the input is none.
  const evaluator::Array* constant(std::size_t slot) const {
    return has(slot) && call.inputs[slot] != nullptr && call.inputs[slot]->is_float() ? call.inputs[slot] : nullptr;
  }
};

// What a layer reads at run time: a tensor of the network, or values of its own.
struct Source {
  graph::TensorId tensor = graph::kNone;
  ArrayRef own;
};

struct Planned {
  Layer layer;                  // its operands have the formats of the site; a shape may be another view
  std::vector<Source> sources;  // of layer.inputs, then of what the post-ops read
  Dims shape;                   // of the result: the elements of layer.output
  std::size_t offset = 0;       // of the first input, in elements, from which on it is read
  bool alias = false;           // nothing is computed: the result lies in the first input, from there on
  std::vector<ArrayRef> held;   // what the layer's parameters point to
};

// One for each output. Nothing: the evaluator does it.
std::optional<std::vector<Planned>> translate(const Site& site);

// The operator as steps behind what computes its input `slot`: elementwise operators and normalizations by constants.
// `output` is the shape of that input, which the result must have, too.
struct Behind {
  std::vector<PostOp> post;
  std::vector<Source> others;
  std::vector<ArrayRef> held;
};
std::optional<Behind> steps_behind(const Site& site, std::size_t slot, const Dims& output);

// Whether operators of this type may be steps behind another.
bool is_elementwise(std::string_view type);

}  // namespace rw::executor
