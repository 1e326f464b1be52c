// The network as it will be once a rewriting is carried out: its operators in order, what each reads and gives, what
// every constant will hold, and what nobody reads any more. Whoever writes, converts, runs or certifies a rewritten
// network asks this, and nobody else works it out.
//
// Built from the rewriting alone, in time and memory of its size. Edits of the graph may have been made on the network
// already (graph/editor.hpp): they then say what is so, and operators that were put into the network stand at their
// places in the file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "graph/network.hpp"
#include "graph/rewriting.hpp"

namespace rw::graph {

// What becomes of one operator, for writers that keep the rest of it as the file has it. Tensors are those of
// Rewritten.
struct OperatorChange {
  std::map<std::uint32_t, TensorId> inputs, outputs;  // by slot
  std::optional<std::string_view> type;               // with this type, only the first input and no attributes
  bool removed = false;

  // The lists of its inputs and outputs afterwards, of ids or of names: `of(id)` gives an entry.
  template <typename Entry, typename Of>
  std::vector<Entry> inputs_of(std::vector<Entry> list, Entry absent, Of of) const {
    if (type && list.size() > 1) list.resize(1);
    return changed(inputs, std::move(list), absent, of);
  }
  template <typename Entry, typename Of>
  std::vector<Entry> outputs_of(std::vector<Entry> list, Entry absent, Of of) const {
    return changed(outputs, std::move(list), absent, of);
  }

 private:
  template <typename Entry, typename Of>
  static std::vector<Entry> changed(const std::map<std::uint32_t, TensorId>& changes, std::vector<Entry> list,
                                    Entry absent, Of of) {
    for (const auto& [slot, id] : changes) {
      if (list.size() <= slot) list.resize(slot + 1, absent);
      list[slot] = id == kNone ? absent : of(id);
    }
    return list;
  }
};

// An operator as it will be.
struct RewrittenOperator {
  OperatorId id = kNone;      // of the network; kNone: the rewriting alone inserts it
  OperatorId before = kNone;  // of such a one: the operator that it stands in front of
  std::string_view type, name;
  std::span<const TensorId> inputs, outputs;  // kNone: absent
  std::span<const Attribute> attributes;
  std::uint32_t captured = 0;  // as in Operator
};

// An operator by names: what a writer needs of a new one.
struct NamedNode {
  std::string_view type;  // "domain::Type" as in Network::type_name
  std::string_view name;
  std::vector<std::string_view> inputs, outputs;  // "": absent; without what graphs in the attributes read
  std::span<const Attribute> attributes;
};

// A constant as it will be.
struct RewrittenConstant {
  TensorId id = kNone;
  std::string_view name;
  const Literal* value = nullptr;
  const Edit* edit = nullptr;  // of the value; null: as it is
  std::span<const std::int64_t> shape() const {
    return edit ? std::span<const std::int64_t>(edit->shape) : value->shape.dims();
  }
};

class Rewritten {
 public:
  Rewritten(const Network& network, const Rewriting& rewriting);  // borrows both

  const Network& network() const { return network_; }
  const Rewriting& rewriting() const { return rewriting_; }

  // --- operators

  const OperatorChange* change(OperatorId id) const;  // null: it stays as it is
  const std::map<OperatorId, OperatorChange>& changes() const { return changes_; }
  bool inserts() const { return !insertions_.empty() || !placed_.empty(); }  // some operator is new
  bool removed(OperatorId id) const;
  // Taken out by the rewriting, or because nobody reads the constant any more that they make of others.
  std::span<const OperatorId> removals() const { return removals_; }

  RewrittenOperator op(OperatorId id) const;  // not removed
  using Visit = FunctionRef<void(const RewrittenOperator&)>;
  // What is new and stands in front of an operator of the file, or in its place, in order.
  void for_each_in_front(OperatorId id, Visit visit) const;
  void for_each_operator(Visit visit) const;  // in the order of the file
  void for_each_in_order(Visit visit) const;  // producers before consumers. Error: as check()
  // False: edits of the graph have put a reader in front of what it reads, so that a file that needs producers before
  // consumers takes the order of for_each_sorted, which leaves that of the file as far as it can. Walks the network.
  bool is_sorted() const;
  void for_each_sorted(Visit visit) const;  // Error: as check()
  NamedNode named(const RewrittenOperator& op) const;
  // Operators that were put into the network and stand in front of this one of the file or in its place, in order.
  std::span<const OperatorId> placed(OperatorId id) const;
  // Error (place: the tensor, or none): what is read, or an output of the network, comes from nowhere; two operators
  // give one tensor; operators wait for one another. For rewritings that somebody else has written down.
  void check() const;

  // --- tensors: those of the network and, behind them, new ones (copies, added constants, what inserted operators
  // give)

  std::size_t tensor_count() const { return network_.tensors().size() + new_names_.size(); }
  bool is_new(TensorId id) const { return id >= network_.tensors().size(); }
  std::string_view name(TensorId id) const;
  std::optional<TensorId> find(std::string_view name) const;

  // --- constants

  std::optional<RewrittenConstant> constant(TensorId id) const;      // no value where it is none
  const Edit* edit(TensorId id) const;                               // in place; null: none
  TensorId copy(std::size_t index) const { return copies_[index]; }  // by index into Rewriting::copies
  // Which copy it is, as an index into Rewriting::copies.
  std::optional<std::size_t> copy_of(TensorId id) const;
  // What takes the factors back of the copy that the operator read at this slot, and reads no longer; null: it was
  // none.
  const Edit* undone(OperatorId id, std::uint32_t slot) const;
  std::vector<RewrittenConstant> added() const;  // GraphEdits::added, but for those that nobody reads any more
  // A constant of the network that the rewriting has left without readers.
  bool orphaned(TensorId id) const { return orphans_.count(id) != 0; }
  const std::set<TensorId>& orphans() const { return orphans_; }
  // It is an input, a constant, or some operator gives it.
  bool gives(TensorId id) const;
  // By tensor: some operator reads it, or it is an output. Walks the network.
  std::vector<bool> read() const;

 private:
  struct Lists {
    std::vector<TensorId> inputs, outputs;
  };
  TensorId intern(std::string_view name);
  void add_changes();
  void remove(OperatorId id);
  void remove_makers();
  void remove_unread_makers();
  void list_operators();
  void find_orphans();
  bool is_read(TensorId id) const;
  bool still_reads(const Use& use, TensorId id) const;
  std::size_t count_readers(TensorId id) const;
  bool is_held(TensorId id) const;
  RewrittenOperator inserted(std::uint32_t index) const;  // into GraphEdits::inserted
  void place();
  void for_each_inserted(OperatorId id, Visit visit) const;
  void with_inserted(OperatorId id, Visit visit) const;
  bool keeps_order() const;

  const Network& network_;
  const Rewriting& rewriting_;
  std::map<OperatorId, OperatorChange> changes_;
  std::multimap<OperatorId, std::uint32_t> insertions_;             // by operator, into GraphEdits::inserted
  std::unordered_map<OperatorId, std::vector<OperatorId>> placed_;  // by operator of the file
  std::vector<OperatorId> removals_;
  std::unordered_map<OperatorId, Lists> lists_;  // of operators that change and stay
  std::vector<Lists> inserted_;
  std::unordered_map<TensorId, const Edit*> edits_;
  std::vector<TensorId> copies_;
  std::unordered_map<TensorId, std::size_t> copy_index_;
  std::unordered_map<std::string_view, TensorId> new_ids_;
  std::vector<std::string_view> new_names_;
  std::unordered_map<TensorId, RewrittenConstant> new_constants_;
  std::set<TensorId> newly_read_, newly_given_;  // by operators that change or are inserted
  std::set<TensorId> orphans_;
};

}  // namespace rw::graph
