// Edits a network in place and notes what was done, for the writers. consumers() of the editor are
// always up to date; those of the network, and its order(), are the old ones until finish(). An edit costs what it
// edits, however many readers a tensor has. What is added ends references to operators and tensors of the network.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/free_names.hpp"
#include "graph/network.hpp"
#include "graph/rewriting.hpp"

namespace rw::graph {

class Editor {
 public:
  Editor(Network& network, GraphEdits& edits);  // borrows both

  const Network& network() const { return network_; }
  // Who reads the tensor in the network as edited so far, in no order. The next edit ends the view.
  std::span<const Use> consumers(TensorId id) const { return {uses_.data() + lists_[id].begin, lists_[id].size}; }
  bool changed() const { return changed_; }

  // Says whether the operator may be changed: it was not removed, and the file has a node for it (not for a tensor that
  // passes through a nested network).
  bool can_edit(OperatorId id) const;
  // Says whether another tensor may be read here instead: the operator itself names this input, and not a graph within
  // it, and what it reads comes from the network in which the operator stands.
  bool can_rebind(const Use& use) const;
  // Says whether another tensor may be read instead of this one everywhere, and it is no output of the network.
  bool can_rebind_all(TensorId id) const;

  // What follows is one edit of this rule, until the next one begins, all of it in one nested network (0: the outermost
  // one): new names begin with its prefix.
  void begin(std::string_view rule, std::uint32_t subgraph = 0);

  // An operator that was inserted may be removed, too: it is then as if it had never been.
  void remove(OperatorId id);
  void replace(OperatorId id, std::string_view type);  // on its first input alone, without attributes
  // The slot may be new. An operator that reads again what it read in the file was not edited.
  void read(OperatorId id, std::uint32_t slot, TensorId from);
  // The operator gives `tensor`, which has no producer (any more), instead of what it gave before; kNone: nothing.
  void give(OperatorId id, std::uint32_t slot, TensorId tensor);
  void rebind_all(TensorId from, TensorId to);  // whoever reads `from` reads `to`
  // Puts an operator in. It stands right in front of `place`, or where that stood: in the order in which they are
  // inserted. `place`: an operator of the model that may or might be edited, or one that was inserted; perhaps removed.
  // The new one stands in the same nested network, and reads and gives what has a name there. The name is free
  // (free_name), or that of an operator that was removed. Outputs (at least one) have no producer and are neither
  // inputs nor constants; kNone: absent. All is copied.
  OperatorId insert(OperatorId place, std::string_view type, std::string_view name, std::span<const TensorId> inputs,
                    std::span<const TensorId> outputs, std::span<const Attribute> attributes);

  // A constant of this name, or one like it where it is taken. Shape and bytes are copied. It is written if somebody
  // reads it in the end.
  TensorId add_constant(std::string_view name, DType dtype, std::span<const std::int64_t> shape,
                        std::span<const std::byte> bytes);
  // A tensor of this name, or one like it where it is taken, without producer, shape and type.
  TensorId add_tensor(std::string_view name);
  // `base`, or a name like it, that no tensor and no operator has.
  std::string free_name(std::string_view base);

  void finish();  // the network's own edges and order are those of the edited network

 private:
  // Where the readers of a tensor stand among uses_, and how many have room there.
  struct List {
    std::size_t begin = 0;
    std::uint32_t size = 0, room = 0;
  };
  // Where the inputs of an operator have their places.
  struct Slots {
    std::size_t begin = 0;
    std::uint32_t room = 0;
  };

  void link(OperatorId id, std::uint32_t slot, TensorId tensor);    // it reads it
  void unlink(OperatorId id, std::uint32_t slot, TensorId tensor);  // and no longer
  void make_slots(OperatorId id, std::size_t count);
  void forget(OperatorId id);  // no tensor is read by it
  void touch(OperatorId id);   // before it is edited
  // By place: how many changes had been noted when it was undone. What these say of it goes in finish().
  using Undone = std::map<std::pair<OperatorId, std::uint32_t>, std::size_t>;
  template <typename Change>
  static void drop(std::vector<Change>& changes, const Undone& undone);
  bool reads_again(OperatorId id, std::uint32_t slot) const;  // what the file says
  void settle(OperatorId id);                                 // after an edit that took another one back
  bool is_new(OperatorId id) const { return id >= network_.read_count(); }

  Network& network_;
  GraphEdits& edits_;
  FreeNames names_;
  std::vector<List> lists_;            // by tensor
  std::vector<Use> uses_;              // lists that grow move to the end
  std::vector<Slots> slots_;           // by operator
  std::vector<std::uint32_t> places_;  // by input: its place in the list of what it reads
  Undone undone_inputs_, undone_outputs_;
  std::uint32_t edit_ = 0;  // into GraphEdits::rules
  std::uint32_t subgraph_ = 0;
  bool changed_ = false;
};

}  // namespace rw::graph
