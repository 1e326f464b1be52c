// What a writer must do to a model: which constants are scaled, copied and rebound, which statistics are scaled.
// Made by the runtime from the plan; plain data, knows no rules.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/network.hpp"

namespace rw::graph {

// Multiplies a constant along some axes of its view (see ConstantEdit::view).
struct Factor {
  std::uint32_t axes = 0;      // mask over the axes of the view: bit i is axis i
  std::vector<double> values;  // finite; row-major over the marked axes: their product many
};

// A constant W becomes W' = W * product of the factors, each element multiplied in double by the one combined factor
// and rounded once to the constant's dtype.
struct ConstantEdit {
  TensorId tensor = kNone;          // the constant whose value is edited
  std::vector<std::int64_t> shape;  // the new shape; differs from the old only where a dimension of size 1 (or a
                                    // missing leading one) is expanded as broadcasting does
  std::vector<std::int64_t>
      view;  // row-major factorisation of the new shape, e.g. [group, out/group, in/group, kernel]
  std::vector<Factor> factors;
};

struct ConstantCopy {
  // Of the new tensor, which only operators of one scope read: "<tensor>@<node>", with the prefix of the scope before
  // it.
  std::string name;
  ConstantEdit edit;  // edit.tensor is the one that is copied
};

// Input `slot` of `op` reads copies[copy] instead of its old tensor.
struct Rebinding {
  OperatorId op = kNone;
  std::uint32_t slot = 0;
  std::size_t copy = 0;
};

// Statistics of a tensor, scaled along its channels.
struct StatisticEdit {
  TensorId tensor = kNone;
  std::vector<double> scale;  // > 0, one per channel; empty: the entry is left out of the output (its axis is not the
                              // axis of the channels)
};

// --- edits of the graph. Identities of operators and tensors are those of the model that was read; only operators of
// the outermost network are edited (Operator::scope is 0), and later entries about one place win.

// A constant that the model did not have: the bias that a folded BatchNormalization leaves behind.
struct AddedConstant {
  std::string name;
  Literal value;  // in the network's arena
};

// Input `slot` of `op`, in a nested network, too, reads the tensor of this name; `slot` may be one behind the last (a
// bias where there was none).
struct InputChange {
  OperatorId op = kNone;
  std::uint32_t slot = 0;
  std::string name;
};

// Output `slot` of `op` has this name: that of an operator behind it that was taken out.
struct OutputChange {
  OperatorId op = kNone;
  std::uint32_t slot = 0;
  std::string name;
};

// Another operator on the same first input, without attributes.
struct Replacement {
  OperatorId op = kNone;
  std::string type;
};

// A new operator without attributes. It stands in front of `before`, which is not removed.
struct InsertedOperator {
  OperatorId before = kNone;
  std::string type, name;
  std::vector<std::string> inputs, outputs;
};

struct GraphEdits {
  std::vector<AddedConstant> added;  // where a ConstantEdit names such a tensor, it is scaled by it
  std::vector<InputChange> inputs;
  std::vector<OutputChange> outputs;
  std::vector<Replacement> replacements;
  std::vector<InsertedOperator> inserted;
  std::vector<OperatorId> removed;

  bool empty() const {
    return added.empty() && inputs.empty() && outputs.empty() && replacements.empty() && inserted.empty() &&
           removed.empty();
  }
};

struct Rewriting {
  std::vector<ConstantEdit> constants;  // in place, at most one per tensor
  std::vector<ConstantCopy> copies;
  std::vector<Rebinding> rebindings;
  std::vector<StatisticEdit> statistics;  // at most one per tensor
  GraphEdits graph;
};

}  // namespace rw::graph
