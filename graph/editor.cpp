#include "graph/editor.hpp"

#include <algorithm>
#include <cassert>
#include <string>

namespace rw::graph {

Editor::Editor(Network& network, GraphEdits& edits)
    : network_(network),
      edits_(edits),
      names_(network),
      lists_(network.tensors().size()),
      slots_(network.operators().size()) {
  std::size_t inputs = 0, uses = 0;
  for (OperatorId id = 0; id < slots_.size(); ++id) {
    const std::span<const TensorId> read = network.op(id).inputs;
    slots_[id] = {inputs, static_cast<std::uint32_t>(read.size())};
    inputs += read.size();
    for (const TensorId input : read)
      if (input != kNone) ++lists_[input].room;
  }
  for (List& list : lists_) {
    list.begin = uses;
    uses += list.room;
  }
  places_.resize(inputs);
  uses_.resize(uses);
  for (OperatorId id = 0; id < slots_.size(); ++id) {
    const std::span<const TensorId> read = network.op(id).inputs;
    for (std::uint32_t slot = 0; slot < read.size(); ++slot) link(id, slot, read[slot]);
  }
}

// A tensor that passes through a nested network is an Identity that the reader calls so; a node that was renamed
// because its name was taken has no prefix.
bool Editor::can_edit(OperatorId id) const {
  if (network_.removed(id)) return false;
  const Operator& op = network_.op(id);
  if (!op.nested()) return true;
  const std::string_view prefix = network_.prefix(op.subgraph);
  return op.name.starts_with(prefix) && op.name.substr(prefix.size()) != "Identity";
}

bool Editor::can_rebind(const Use& use) const {
  const Operator& op = network_.op(use.op);
  if (!can_edit(use.op) || use.slot + op.captured >= op.inputs.size()) return false;
  const Tensor& tensor = network_.tensor(op.inputs[use.slot]);
  if (tensor.producer != kNone) return network_.op(tensor.producer).subgraph == op.subgraph;
  return tensor.name.starts_with(network_.prefix(op.subgraph));
}

bool Editor::can_rebind_all(TensorId id) const {
  const std::span<const Use> uses = consumers(id);
  return !network_.tensor(id).is_output &&
         std::all_of(uses.begin(), uses.end(), [&](const Use& use) { return can_rebind(use); });
}

// --- who reads what

void Editor::link(OperatorId id, std::uint32_t slot, TensorId tensor) {
  if (tensor == kNone) return;
  List& list = lists_[tensor];
  if (list.size == list.room) {
    const std::size_t begin = uses_.size();
    list.room = std::max(4U, 2 * list.room);
    uses_.resize(begin + list.room);
    std::copy_n(uses_.begin() + static_cast<std::ptrdiff_t>(list.begin), list.size,
                uses_.begin() + static_cast<std::ptrdiff_t>(begin));
    list.begin = begin;
  }
  places_[slots_[id].begin + slot] = list.size;
  uses_[list.begin + list.size++] = {id, slot};
}

// The last reader takes the place that is free.
void Editor::unlink(OperatorId id, std::uint32_t slot, TensorId tensor) {
  if (tensor == kNone) return;
  List& list = lists_[tensor];
  const std::uint32_t place = places_[slots_[id].begin + slot];
  const Use last = uses_[list.begin + --list.size];
  uses_[list.begin + place] = last;
  places_[slots_[last.op].begin + last.slot] = place;
}

void Editor::make_slots(OperatorId id, std::size_t count) {
  Slots& slots = slots_[id];
  if (count <= slots.room) return;
  const std::size_t begin = places_.size();
  places_.resize(begin + count);
  std::copy_n(places_.begin() + static_cast<std::ptrdiff_t>(slots.begin), slots.room,
              places_.begin() + static_cast<std::ptrdiff_t>(begin));
  slots = {begin, static_cast<std::uint32_t>(count)};
}

void Editor::forget(OperatorId id) {
  const std::span<const TensorId> inputs = network_.op(id).inputs;
  for (std::uint32_t slot = 0; slot < inputs.size(); ++slot) unlink(id, slot, inputs[slot]);
}

// --- edits

void Editor::begin(std::string_view rule, std::uint32_t subgraph) {
  subgraph_ = subgraph;
  edit_ = static_cast<std::uint32_t>(edits_.rules.size());
  edits_.rules.emplace_back(rule);
}

void Editor::touch(OperatorId id) {
  edits_.originals.emplace(id, network_.op(id));
  changed_ = true;
}

void Editor::remove(OperatorId id) {
  assert(can_edit(id));
  if (!is_new(id)) touch(id);
  changed_ = true;
  forget(id);
  network_.remove(id);
  if (!is_new(id)) return edits_.removed.push_back({id, edit_});
  edits_.placed[id - network_.read_count()].gone = true;
  edits_.originals.erase(id);
}

void Editor::replace(OperatorId id, std::string_view type) {
  assert(can_edit(id) && network_.op(id).captured == 0);
  touch(id);
  const TensorId first = network_.op(id).inputs[0];
  forget(id);
  network_.retype(id, type);
  network_.set_inputs(id, std::span(&first, 1));
  link(id, 0, first);
  if (!is_new(id)) edits_.replacements.push_back({id, std::string(type), edit_});
}

void Editor::read(OperatorId id, std::uint32_t slot, TensorId from) {
  const Operator& op = network_.op(id);
  assert(can_edit(id) && (slot + op.captured < op.inputs.size() || op.captured == 0));
  touch(id);
  std::vector<TensorId> inputs(op.inputs.begin(), op.inputs.end());
  if (inputs.size() <= slot) inputs.resize(slot + 1, kNone);
  make_slots(id, inputs.size());
  unlink(id, slot, inputs[slot]);
  inputs[slot] = from;
  link(id, slot, from);
  network_.set_inputs(id, inputs);
  if (is_new(id)) return;
  if (reads_again(id, slot)) {
    undone_inputs_[{id, slot}] = edits_.inputs.size();
    return settle(id);
  }
  edits_.inputs.push_back({id, slot, std::string(network_.tensor(from).name), nullptr, edit_});
}

void Editor::give(OperatorId id, std::uint32_t slot, TensorId tensor) {
  assert(can_edit(id));
  touch(id);
  network_.set_output(id, slot, tensor);
  if (is_new(id)) return;
  if (const auto& before = edits_.originals.at(id).outputs; slot < before.size() && before[slot] == tensor) {
    undone_outputs_[{id, slot}] = edits_.outputs.size();
    return settle(id);
  }
  const std::string_view name = tensor == kNone ? std::string_view() : network_.tensor(tensor).name;
  edits_.outputs.push_back({id, slot, std::string(name), edit_});
}

bool Editor::reads_again(OperatorId id, std::uint32_t slot) const {
  const auto before = edits_.originals.at(id).inputs;
  return slot < before.size() && before[slot] == network_.op(id).inputs[slot];
}

// An operator that is as the file has it was not edited.
void Editor::settle(OperatorId id) {
  const Operator &now = network_.op(id), &before = edits_.originals.at(id);
  if (now.type == before.type && std::ranges::equal(now.inputs, before.inputs) &&
      std::ranges::equal(now.outputs, before.outputs))
    edits_.originals.erase(id);
}

void Editor::rebind_all(TensorId from, TensorId to) {
  assert(can_rebind_all(from));
  const std::vector<Use> uses(consumers(from).begin(), consumers(from).end());
  for (const Use& use : uses) read(use.op, use.slot, to);
}

OperatorId Editor::insert(OperatorId place, std::string_view type, std::string_view name,
                          std::span<const TensorId> inputs, std::span<const TensorId> outputs,
                          std::span<const Attribute> attributes) {
  const std::uint32_t subgraph = network_.op(place).subgraph;
  assert(!outputs.empty() && name.starts_with(network_.prefix(subgraph)) && name != network_.prefix(subgraph));
  const OperatorId id = network_.add_operator(type, name, inputs, outputs, attributes, subgraph);
  assert(id - network_.read_count() == edits_.placed.size());
  slots_.emplace_back();
  make_slots(id, inputs.size());
  for (std::uint32_t slot = 0; slot < inputs.size(); ++slot) link(id, slot, inputs[slot]);
  edits_.placed.push_back({id, place, edit_});
  changed_ = true;
  return id;
}

TensorId Editor::add_constant(std::string_view name, DType dtype, std::span<const std::int64_t> shape,
                              std::span<const std::byte> bytes) {
  const std::string fresh = free_name(name);
  Arena& arena = network_.arena();
  const Literal value = {dtype, Shape(arena.store(shape)), arena.store(bytes)};
  const TensorId id = network_.add_constant(fresh, value);
  lists_.emplace_back();
  edits_.added.push_back({fresh, value});
  changed_ = true;
  return id;
}

TensorId Editor::add_tensor(std::string_view name) {
  lists_.emplace_back();
  return network_.add_tensor(free_name(name));
}

std::string Editor::free_name(std::string_view base) {
  const std::string_view prefix = network_.prefix(subgraph_);
  return names_.make(base.starts_with(prefix) ? std::string(base) : std::string(prefix) + std::string(base));
}

// Leaves out the changes of a place that were made before it was undone.
template <typename Change>
void Editor::drop(std::vector<Change>& changes, const Undone& undone) {
  if (undone.empty()) return;
  std::size_t i = 0;
  std::erase_if(changes, [&](const Change& each) {
    const auto found = undone.find({each.op, each.slot});
    return i++ < (found == undone.end() ? 0 : found->second);
  });
}

void Editor::finish() {
  drop(edits_.inputs, undone_inputs_);
  drop(edits_.outputs, undone_outputs_);
  undone_inputs_.clear();
  undone_outputs_.clear();
  network_.relink();
}

}  // namespace rw::graph
