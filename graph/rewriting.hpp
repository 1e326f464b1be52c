// What a writer must do to a model: which constants are scaled, copied and rebound, which statistics are scaled.
// Made by the runtime from the plan; plain data, knows no rules.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/network.hpp"
#include "graph/values/edit.hpp"

namespace rw::graph {

// The constant `tensor` becomes what the edit makes of it.
struct ConstantEdit {
  TensorId tensor = kNone;
  Edit edit;
};

struct ConstantCopy {
  // Of the new tensor, which only operators of one subgraph read: "<tensor>@<node>", with the prefix of the subgraph
  // before it.
  std::string name;
  TensorId tensor = kNone;  // the one that is copied
  Edit edit;
};

// Input `slot` of `op` reads copies[copy] instead of its old tensor.
struct Rebinding {
  OperatorId op = kNone;
  std::uint32_t slot = 0;
  std::size_t copy = 0;
};

// Statistics of a tensor, changed along its channels: values v become (v - shift) scale.
struct StatisticEdit {
  TensorId tensor = kNone;
  std::vector<double> scale;  // > 0, one per channel; empty: the entry is left out of the output (its axis is not the
                              // axis of the channels)
  std::vector<double> shift = {};  // one per channel; empty: 0
  int axis = 1;                    // of the channels: along which an entry for the whole tensor runs from now on
};

// --- edits of the graph. Identities of operators and tensors are those of the model that was read; only operators of
// the outermost network are edited (Operator::subgraph is 0), and later entries about one place win.

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
  // It reads a constant again, of which a copy was made for it: what takes the copy's factors back. Null: none was.
  std::shared_ptr<const Edit> undone = nullptr;
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
  // As the model has them, operators that were edited on the network already.
  std::map<OperatorId, Operator> originals;

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
