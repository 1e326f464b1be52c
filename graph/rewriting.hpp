// What a writer must do to a model: which constants are scaled, copied and rebound, which statistics are scaled.
// Made by the runtime from the plan; plain data, knows no rules.
#pragma once

#include <algorithm>
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

// --- edits of the graph. What one edit changes stands in one nested network, and later entries about one place win.
// `edit` is an index into GraphEdits::rules where the editor has made it on the network already; kNone: it stands here
// alone.

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
  std::uint32_t edit = kNone;
};

// Output `slot` of `op` has this name: that of an operator that was taken out; "": none.
struct OutputChange {
  OperatorId op = kNone;
  std::uint32_t slot = 0;
  std::string name;
  std::uint32_t edit = kNone;
};

// Another operator on the same first input, without attributes.
struct Replacement {
  OperatorId op = kNone;
  std::string type;
  std::uint32_t edit = kNone;
};

// A new operator without attributes. It stands in front of `before`, which is not removed.
struct InsertedOperator {
  OperatorId before = kNone;
  std::string type, name;
  std::vector<std::string> inputs, outputs;
};

// An operator of the model that is taken out.
struct RemovedOperator {
  OperatorId op = kNone;
  std::uint32_t edit = kNone;
};

// An operator that was put into the network (its id is not below Network::read_count()). It stands right in front of
// `place`, or where that stood: a place may have been removed, and may be one that was put in itself.
struct PlacedOperator {
  OperatorId op = kNone, place = kNone;
  std::uint32_t edit = kNone;
  bool gone = false;  // and was taken out again: as if it had never been, but that others may stand where it stood
};

struct GraphEdits {
  std::vector<AddedConstant> added;  // where a ConstantEdit names such a tensor, it is scaled by it
  std::vector<InputChange> inputs;
  std::vector<OutputChange> outputs;
  std::vector<Replacement> replacements;
  std::vector<InsertedOperator> inserted;
  std::vector<RemovedOperator> removed;
  std::vector<PlacedOperator> placed;  // by id, from read_count() on
  // The rules that made the edits, once for each edit; 0: of no such rule.
  std::vector<std::string> rules = {""};
  // As they were before, operators that were edited on the network already.
  std::map<OperatorId, Operator> originals;

  bool empty() const {
    return added.empty() && inputs.empty() && outputs.empty() && replacements.empty() && inserted.empty() &&
           removed.empty() &&
           std::all_of(placed.begin(), placed.end(), [](const PlacedOperator& each) { return each.gone; });
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
