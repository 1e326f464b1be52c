#include "graph/formats/plan/network_edits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "graph/base/printable.hpp"
#include "graph/editor.hpp"
#include "graph/formats/plan/entry.hpp"

namespace rw::graph {
namespace {

// Whether two attributes have one value, of one type.
struct SameValue {
  const AttributeValue& other;

  template <typename T>
  bool operator()(const T& value) const {
    const T* there = std::get_if<T>(&other);
    return there && same(value, *there);
  }
  template <typename T>
  static bool same(std::span<const T> a, std::span<const T> b) {
    return std::ranges::equal(a, b);
  }
  static bool same(const Literal& a, const Literal& b) {
    return a.dtype == b.dtype && a.shape == b.shape && std::ranges::equal(a.bytes, b.bytes);
  }
  static bool same(const Opaque& a, const Opaque& b) { return a.text == b.text; }
  template <typename T>
  static bool same(const T& a, const T& b) {
    return a == b;
  }
};

bool same_attributes(std::span<const Attribute> a, const Operator& op) {
  return a.size() == op.attributes.size() && std::ranges::all_of(a, [&](const Attribute& each) {
           const AttributeValue* there = op.find(each.name);
           return there && std::visit(SameValue{*there}, each.value);
         });
}

class NetworkEdits {
 public:
  NetworkEdits(const PlanFile& plan, Network& network, GraphEdits& edits)
      : plan_(plan), network_(network), tensors_(network.tensors().size()), editor_(network, edits) {
    for (OperatorId id = 0; id < network.operators().size(); ++id) originals_.emplace(network.op(id).name, id);
    live_ = originals_;
  }

  // In this order nothing is in the way of what comes: the plan says the end alone of what was edited several times.
  void make() {
    check_names();
    for_each(Kind::remove, &NetworkEdits::remove);
    for_each(Kind::insert, &NetworkEdits::add_tensors);
    for_each(Kind::output, &NetworkEdits::add_given);
    for_each(Kind::replace, &NetworkEdits::replace);
    for_each(Kind::output, &NetworkEdits::let_go);
    for_each(Kind::output, &NetworkEdits::give);
    for_each(Kind::insert, &NetworkEdits::insert);
    for_each(Kind::input, &NetworkEdits::read);
    editor_.finish();
  }

 private:
  using Kind = PlanEdit::Kind;

  void for_each(Kind kind, void (NetworkEdits::*one)(const PlanEdit&)) {
    for (const PlanEdit& edit : plan_.edits)
      if (edit.edit && edit.kind == kind) (this->*one)(edit);
  }

  [[noreturn]] void refuse(const PlanEdit& edit, std::string_view message) const {
    throw printable(Error(plan_.path, fmt::format("node '{}'", edit.node), std::string(message)), "");
  }

  void check_names() {
    std::set<std::string_view> removed, inserted;
    for (const PlanEdit& edit : plan_.edits)
      if (edit.edit && edit.kind == Kind::remove && !removed.insert(edit.node).second)
        refuse(edit, "it is taken out twice");
    for (const PlanEdit& edit : plan_.edits) {
      if (!edit.edit || edit.kind != Kind::insert) continue;
      if (!inserted.insert(edit.node).second) refuse(edit, "two new nodes have this name");
      const auto there = live_.find(edit.node);
      if (there == live_.end()) continue;
      if (is_there(edit, there->second)) refuse_applied(plan_, fmt::format("node '{}'", edit.node));
      if (!removed.contains(edit.node)) refuse(edit, "the model has a node of this name already");
    }
  }

  bool is_there(const PlanEdit& edit, OperatorId id) const {
    const Operator& op = network_.op(id);
    const auto same = [&](const std::vector<std::string>& names, std::span<const TensorId> ids) {
      return std::ranges::equal(names, ids, [&](const std::string& name, TensorId tensor) {
        return name == (tensor == kNone ? std::string_view() : network_.tensor(tensor).name);
      });
    };
    return network_.type_of(id) == edit.name && same(edit.inputs, op.inputs) && same(edit.outputs, op.outputs) &&
           same_attributes(edit.attributes, op);
  }

  OperatorId live(const PlanEdit& edit, std::string_view name) const {
    const auto found = live_.find(name);
    if (found == live_.end() || network_.removed(found->second))
      refuse(edit, name == edit.node ? "the model has no such node" : fmt::format("the model has no node '{}'", name));
    if (!editor_.can_edit(found->second)) refuse(edit, "it has no node in a nested network");
    return found->second;
  }

  void remove(const PlanEdit& edit) {
    const OperatorId op = live(edit, edit.node);
    if (!edit.name.empty() && network_.type_of(op) != edit.name)
      refuse(edit, fmt::format("it is {}, and the plan takes out {}", network_.type_of(op), edit.name));
    editor_.remove(op);
    live_.erase(edit.node);
  }

  void add_tensor(const PlanEdit& edit, const std::string& name) {
    if (name.empty() || network_.find(name)) return;
    if (network_.tensor(editor_.add_tensor(name)).name != name)
      refuse(edit, fmt::format("the model has the name '{}' already", name));
  }
  void add_tensors(const PlanEdit& edit) {
    for (const std::string& name : edit.outputs) add_tensor(edit, name);
  }
  void add_given(const PlanEdit& edit) { add_tensor(edit, edit.name); }

  void replace(const PlanEdit& edit) {
    const OperatorId op = live(edit, edit.node);
    const Operator& info = network_.op(op);
    if (info.captured != 0 || info.inputs.empty() || info.inputs[0] == kNone || info.outputs.size() != 1)
      refuse(edit, "only an operator with one output that reads something can be replaced");
    editor_.replace(op, edit.name);
  }

  void let_go(const PlanEdit& edit) {
    const OperatorId op = live(edit, edit.node);
    if (edit.slot >= network_.op(op).outputs.size()) refuse(edit, fmt::format("it has no output {}", edit.slot));
    editor_.give(op, edit.slot, kNone);
  }

  void give(const PlanEdit& edit) {
    if (edit.name.empty()) return;
    const OperatorId op = live(edit, edit.node);
    const TensorId id = free_tensor(edit, edit.name);
    if (id >= tensors_) check_name(edit, edit.name, op);
    editor_.give(op, edit.slot, id);
  }

  void insert(const PlanEdit& edit) {
    std::vector<TensorId> inputs, outputs;
    for (const std::string& name : edit.inputs) inputs.push_back(name.empty() ? kNone : tensor(edit, name));
    std::set<std::string_view> given;
    for (const std::string& name : edit.outputs) {
      if (!name.empty() && !given.insert(name).second) refuse(edit, fmt::format("it gives '{}' twice", name));
      outputs.push_back(name.empty() ? kNone : free_tensor(edit, name));
    }
    const OperatorId place = place_of(edit);
    check_name(edit, edit.node, place);
    for (const TensorId id : outputs)
      if (id != kNone && id >= tensors_) check_name(edit, network_.tensor(id).name, place);
    live_[edit.node] = editor_.insert(place, edit.name, edit.node, inputs, outputs, edit.attributes);
  }

  OperatorId place_of(const PlanEdit& edit) const {
    if (edit.at.empty()) return live(edit, edit.before);
    const auto found = originals_.find(edit.at);
    if (found == originals_.end()) refuse(edit, fmt::format("the model has no node '{}'", edit.at));
    if (!network_.removed(found->second) && !editor_.can_edit(found->second))
      refuse(edit, fmt::format("'{}' has no node in a nested network", edit.at));
    return found->second;
  }

  // Names within a nested network begin with its prefix.
  void check_name(const PlanEdit& edit, std::string_view name, OperatorId place) const {
    const std::string_view prefix = network_.prefix(network_.op(place).subgraph);
    if (!name.starts_with(prefix) || name == prefix)
      refuse(edit, fmt::format("a nested network has no name '{}': it would begin with '{}'", name, prefix));
  }

  void read(const PlanEdit& edit) {
    const OperatorId op = live(edit, edit.node);
    const Operator& info = network_.op(op);
    const auto own = info.inputs.size() - std::min<std::size_t>(info.captured, info.inputs.size());
    if (edit.slot >= own && (info.captured != 0 || edit.slot > own))
      refuse(edit, fmt::format("it has no input {}", edit.slot));
    editor_.read(op, edit.slot, tensor(edit, edit.name));
  }

  TensorId tensor(const PlanEdit& edit, std::string_view name) const {
    const auto id = network_.find(name);
    if (!id) refuse(edit, fmt::format("the model has no tensor '{}'", name));
    return *id;
  }

  TensorId free_tensor(const PlanEdit& edit, std::string_view name) const {
    const TensorId id = tensor(edit, name);
    const Tensor& info = network_.tensor(id);
    if (info.producer != kNone || info.constant || info.is_input)
      refuse(edit, fmt::format("tensor '{}' comes from elsewhere", name));
    return id;
  }

  const PlanFile& plan_;
  Network& network_;
  const std::size_t tensors_;  // that the model has
  Editor editor_;
  // By name, operators of the model and those that are there now: a new one may have the name of one that is removed.
  std::unordered_map<std::string_view, OperatorId> originals_, live_;
};

}  // namespace

void make_edits(const PlanFile& plan, Network& network, GraphEdits& edits) {
  try {
    NetworkEdits(plan, network, edits).make();
  } catch (const Error& error) {
    if (!error.file.empty()) throw;
    throw printable(Error(plan.path, error.place, error.message), "");
  }
}

}  // namespace rw::graph
