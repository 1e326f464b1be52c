#include "graph/node_changes.hpp"

namespace rw::graph {
namespace {

using Names = std::vector<std::string_view>;

Names changed(const std::map<std::uint32_t, std::string_view>& changes, Names names) {
  for (const auto& [slot, name] : changes) {
    if (names.size() <= slot) names.resize(slot + 1);
    names[slot] = name;
  }
  return names;
}

}  // namespace

Names NodeChange::inputs_of(Names names) const {
  if (type && names.size() > 1) names.resize(1);
  return changed(inputs, std::move(names));
}

Names NodeChange::outputs_of(Names names) const { return changed(outputs, std::move(names)); }

std::map<OperatorId, NodeChange> node_changes(const Rewriting& rewriting) {
  std::map<OperatorId, NodeChange> changes;
  for (const Replacement& each : rewriting.graph.replacements) changes[each.op].type = each.type;
  for (const InputChange& each : rewriting.graph.inputs) changes[each.op].inputs[each.slot] = each.name;
  for (const OutputChange& each : rewriting.graph.outputs) changes[each.op].outputs[each.slot] = each.name;
  for (const Rebinding& each : rewriting.rebindings)
    changes[each.op].inputs[each.slot] = rewriting.copies[each.copy].name;
  for (const OperatorId op : rewriting.graph.removed) changes[op].removed = true;
  return changes;
}

std::multimap<OperatorId, const InsertedOperator*> insertions(const Rewriting& rewriting) {
  std::multimap<OperatorId, const InsertedOperator*> result;
  for (const InsertedOperator& each : rewriting.graph.inserted) result.emplace(each.before, &each);
  return result;
}

}  // namespace rw::graph
