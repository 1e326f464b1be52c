// Edits a network in place and notes what was done, for the writers. consumers() of the editor are
// always up to date; those of the network, and its order(), are the old ones until finish().
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "graph/free_names.hpp"
#include "graph/network.hpp"
#include "graph/rewriting.hpp"

namespace rw::graph {

class Editor {
 public:
  Editor(Network& network, GraphEdits& edits);  // borrows both

  const Network& network() const { return network_; }
  // Who reads the activation in the network as edited so far, in no order.
  std::span<const Use> consumers(TensorId id) const { return consumers_[id]; }
  bool changed() const { return changed_; }

  // Says whether the operator may be changed: it was not removed, and it is not in a nested network.
  bool can_edit(OperatorId id) const { return !network_.removed(id) && !network_.op(id).nested(); }
  // Says whether another tensor may be read here instead: the operator itself names this input, and not a graph within
  // it.
  bool can_rebind(const Use& use) const;
  // Says whether another tensor may be read instead of this activation everywhere, and it is no output of the network.
  bool can_rebind_all(TensorId id) const;

  void remove(OperatorId id);
  void replace(OperatorId id, std::string_view type);           // on its first input alone, without attributes
  void read(OperatorId id, std::uint32_t slot, TensorId from);  // the slot may be new
  // The operator gives `tensor`, whose producer was removed, instead of what it gave before.
  void give(OperatorId id, std::uint32_t slot, TensorId tensor);
  void rebind_all(TensorId from, TensorId to);  // whoever reads `from` reads `to`
  // A constant of this name, or one like it where it is taken. Shape and bytes are copied.
  TensorId add_constant(std::string_view name, DType dtype, std::span<const std::int64_t> shape,
                        std::span<const std::byte> bytes);

  void finish();  // the network's own edges and order are those of the edited network

 private:
  bool counted(TensorId id) const;  // its consumers are known
  void forget(OperatorId id);       // no tensor is read by it
  void touch(OperatorId id);        // before it is edited

  Network& network_;
  GraphEdits& edits_;
  FreeNames names_;
  std::vector<std::vector<Use>> consumers_;  // by tensor
  bool changed_ = false;
};

}  // namespace rw::graph
