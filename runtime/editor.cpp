#include "runtime/editor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "graph/literal.hpp"

namespace rw::runtime {

using graph::kNone;
using graph::OperatorId;
using graph::TensorId;

void Editor::remove(OperatorId op) {
  network_.remove(op);
  plan_.structure.removed.push_back(op);
}

void Editor::retype(OperatorId op, const std::string& type) {
  const TensorId first = network_.op(op).inputs[0];
  network_.retype(op, type);
  network_.set_inputs(op, std::span(&first, 1));
  plan_.structure.replacements.push_back({op, type});
}

void Editor::read(OperatorId op, std::uint32_t slot, TensorId tensor) {
  std::vector<TensorId> inputs(network_.op(op).inputs.begin(), network_.op(op).inputs.end());
  if (slot >= inputs.size()) inputs.resize(slot + 1, kNone);
  inputs[slot] = tensor;
  network_.set_inputs(op, inputs);
  auto& changes = plan_.structure.inputs;
  const std::string name(network_.tensor(tensor).name);
  const auto known = std::find_if(changes.begin(), changes.end(), [&](const graph::InputChange& each) { return each.op == op && each.slot == slot; });
  if (known == changes.end()) changes.push_back({op, slot, name});
  else known->name = name;
}

void Editor::write(OperatorId op, TensorId tensor) {
  network_.set_output(op, 0, tensor);
  auto& changes = plan_.structure.outputs;
  const std::string name(network_.tensor(tensor).name);
  const auto known = std::find_if(changes.begin(), changes.end(), [&](const graph::OutputChange& each) { return each.op == op; });
  if (known == changes.end()) changes.push_back({op, 0, name});
  else known->name = name;
}

TensorId Editor::constant(const std::string& name, graph::DType dtype, std::span<const double> values) {
  graph::Arena& arena = network_.arena();
  const std::span<std::int64_t> dims = arena.make<std::int64_t>(1);
  dims[0] = static_cast<std::int64_t>(values.size());
  const std::span<std::byte> bytes = arena.make<std::byte>(values.size() * graph::size(dtype));
  graph::with_codec(dtype, [&](auto codec) {
    using Stored = typename decltype(codec)::Stored;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Stored stored = codec.narrow(values[i]);
      std::memcpy(bytes.data() + i * sizeof(Stored), &stored, sizeof(Stored));
    }
  });
  std::string unique = name;
  for (int i = 2; network_.find(unique); ++i) unique = fmt::format("{}_{}", name, i);
  const graph::Literal literal{dtype, graph::Shape(dims), bytes};
  plan_.structure.added.push_back({unique, literal});
  return network_.add_constant(unique, literal);
}

}  // namespace rw::runtime
