#include "graph/editor.hpp"

#include <algorithm>
#include <cassert>
#include <string>

namespace rw::graph {

Editor::Editor(Network& network, GraphEdits& edits)
    : network_(network), edits_(edits), names_(network), consumers_(network.tensors().size()) {
  for (OperatorId id = 0; id < network.operators().size(); ++id) {
    const auto inputs = network.op(id).inputs;
    for (std::uint32_t slot = 0; slot < inputs.size(); ++slot)
      if (inputs[slot] != kNone && counted(inputs[slot])) consumers_[inputs[slot]].push_back({id, slot});
  }
}

// A constant may have a reader at every operator, so that taking them off its list one by one would be quadratic.
bool Editor::counted(TensorId id) const {
  return !network_.tensor(id).constant || network_.tensor(id).producer != kNone;
}

bool Editor::can_rebind(const Use& use) const {
  const Operator& op = network_.op(use.op);
  return can_edit(use.op) && use.slot + op.captured < op.inputs.size();
}

bool Editor::can_rebind_all(TensorId id) const {
  const auto& uses = consumers_[id];
  return counted(id) && !network_.tensor(id).is_output &&
         std::all_of(uses.begin(), uses.end(), [&](const Use& use) { return can_rebind(use); });
}

void Editor::forget(OperatorId id) {
  for (const TensorId input : network_.op(id).inputs)
    if (input != kNone) std::erase_if(consumers_[input], [&](const Use& use) { return use.op == id; });
}

void Editor::touch(OperatorId id) {
  edits_.originals.emplace(id, network_.op(id));
  changed_ = true;
}

void Editor::remove(OperatorId id) {
  assert(can_edit(id));
  touch(id);
  forget(id);
  network_.remove(id);
  edits_.removed.push_back(id);
}

void Editor::replace(OperatorId id, std::string_view type) {
  assert(can_edit(id) && network_.op(id).captured == 0);
  touch(id);
  const TensorId first = network_.op(id).inputs[0];
  forget(id);
  network_.retype(id, type);
  network_.set_inputs(id, std::span(&first, 1));
  if (first != kNone && counted(first)) consumers_[first].push_back({id, 0});
  edits_.replacements.push_back({id, std::string(type)});
}

void Editor::read(OperatorId id, std::uint32_t slot, TensorId from) {
  const Operator& op = network_.op(id);
  assert(can_edit(id) && (slot + op.captured < op.inputs.size() || op.captured == 0));
  touch(id);
  std::vector<TensorId> inputs(op.inputs.begin(), op.inputs.end());
  if (inputs.size() <= slot) inputs.resize(slot + 1, kNone);
  if (inputs[slot] != kNone)
    std::erase_if(consumers_[inputs[slot]], [&](const Use& use) { return use.op == id && use.slot == slot; });
  inputs[slot] = from;
  if (counted(from)) consumers_[from].push_back({id, slot});
  network_.set_inputs(id, inputs);
  edits_.inputs.push_back({id, slot, std::string(network_.tensor(from).name)});
}

void Editor::give(OperatorId id, std::uint32_t slot, TensorId tensor) {
  assert(can_edit(id));
  touch(id);
  network_.set_output(id, slot, tensor);
  edits_.outputs.push_back({id, slot, std::string(network_.tensor(tensor).name)});
}

void Editor::rebind_all(TensorId from, TensorId to) {
  assert(can_rebind_all(from));
  const std::vector<Use> uses = consumers_[from];
  for (const Use& use : uses) read(use.op, use.slot, to);
}

TensorId Editor::add_constant(std::string_view name, DType dtype, std::span<const std::int64_t> shape,
                              std::span<const std::byte> bytes) {
  const std::string fresh = names_.make(std::string(name));
  Arena& arena = network_.arena();
  const Literal value = {dtype, Shape(arena.store(shape)), arena.store(bytes)};
  const TensorId id = network_.add_constant(fresh, value);
  consumers_.emplace_back();
  edits_.added.push_back({fresh, value});
  changed_ = true;
  return id;
}

void Editor::finish() { network_.relink(); }

}  // namespace rw::graph
