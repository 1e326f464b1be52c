// A plan as the rewriting of a model.
#include "graph/formats/plan/planned.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "graph/base/checksum.hpp"
#include "graph/base/printable.hpp"
#include "graph/editor.hpp"
#include "graph/formats/plan/entry.hpp"
#include "graph/formats/plan/network_edits.hpp"
#include "graph/operators/infer.hpp"
#include "graph/values/scale.hpp"

namespace rw::graph {
namespace {

std::uint32_t checksum(const Literal& value) {
  Checksum sum;
  add_elements(value, sum);
  return sum.value();
}

// Of a plan that does not fit: whether that is because the model has what it makes, and lacks what it takes out.
void refuse_twice(const PlanFile& plan, const Network& network) {
  std::set<std::string_view> removed;  // whose names new ones may have
  for (const PlanEdit& edit : plan.edits)
    if (edit.kind == PlanEdit::Kind::remove) removed.insert(edit.node);
  for (const PlanScale& scale : plan.scales) {
    const auto there = scale.copy.empty() ? std::nullopt : network.find(scale.copy);
    const PlanChecksum* said = plan.checksum_of(scale);
    if (there && said && network.tensor(*there).constant && checksum(*network.tensor(*there).constant) == said->after)
      refuse_applied(plan, fmt::format("tensor '{}'", scale.copy));
  }
  for (const PlanEdit& edit : plan.edits) {
    // New ones may have been put in before it was seen that the plan does not fit.
    const auto found = network.find_operator(edit.node);
    const bool there = found && *found < network.read_count();
    if (edit.kind == PlanEdit::Kind::insert && there && !removed.contains(edit.node))
      refuse_applied(plan, fmt::format("node '{}'", edit.node));
    if (edit.kind == PlanEdit::Kind::remove && !there)
      refuse_applied(plan, fmt::format("node '{}'", edit.node),
                     "the model has no such node: the plan was applied to it already, or is for another model");
  }
}

// Of a plan that cannot be taken back: whether it was never applied.
void refuse_undo(const PlanFile& plan, const Network& network) {
  for (const PlanScale& scale : plan.scales)
    if (!scale.copy.empty() && !network.find(scale.copy))
      refuse_applied(plan, fmt::format("tensor '{}'", scale.copy), "the plan was not applied to the model");
}

class ModelPlan {
 public:
  ModelPlan(const PlanFile& plan, Model& model, bool undo)
      : plan_(plan), network_(model.network), statistics_(model.statistics), undo_(undo) {
    list_nodes();
  }

  Planned run() {
    if (undo_ && plan_.edits_graph())
      throw Error(plan_.path, "", "it edits the graph, which cannot be undone: keep the model that it was made from");
    // As the rules saw it: constants behind operators, and the shapes that a conversion writes down.
    const bool made = std::any_of(plan_.edits.begin(), plan_.edits.end(), [](const auto& each) { return each.edit; });
    if (made) infer_shapes(network_, Forms(network_));
    if (plan_.edits_graph()) add_constants();
    if (made) {
      make_edits(plan_, network_, rewriting().graph);
      list_nodes();
      checked();
    }
    if (plan_.edits_graph()) replace_nodes();
    infer_shapes(network_, Forms(network_));
    for (const PlanEdit& edit : plan_.edits)
      if (!edit.edit) apply(edit);
    const Rewritten edited(network_, rewriting());
    for (const PlanScale& scale : plan_.scales) scale.copy.empty() ? in_place(scale) : copy(scale, edited);
    add_statistics();
    claim_scales();
    scale_statistics(checked());
    return std::move(result_);
  }

 private:
  using Kind = PlanEdit::Kind;
  Rewriting& rewriting() { return result_.rewriting; }

  void list_nodes() {
    nodes_.clear();
    for (OperatorId op = 0; op < network_.operators().size(); ++op)
      if (!network_.removed(op)) nodes_.emplace(network_.op(op).name, op);
  }

  Rewritten checked() {
    Rewritten rewritten(network_, rewriting());
    try {
      rewritten.check();
    } catch (const Error& error) {
      throw printable(Error(plan_.path, error.place, error.message), "");
    }
    return rewritten;
  }

  TensorId constant(std::string_view name) const {
    const auto id = network_.find(name);
    if (!id) misfit(plan_, name, "the model has no such tensor");
    if (!network_.tensor(*id).constant) misfit(plan_, name, "it is no constant of the model");
    return *id;
  }

  OperatorId node(std::string_view name) const {
    const auto found = nodes_.find(name);
    if (found == nodes_.end())
      throw printable(Error(plan_.path, fmt::format("node '{}'", name), "the model has no such node"), "");
    return found->second;
  }

  // --- constants

  void note(const PlanScale& scale, TensorId tensor, Edit& edit) {
    edit.sums = std::make_shared<EditSums>();
    result_.noted.push_back({&scale, network_.tensor(tensor).constant, edit.sums});
  }

  void in_place(const PlanScale& scale) {
    const TensorId id = constant(scale.tensor);
    if (!edited_.insert(id).second) misfit(plan_, scale.tensor, "the plan scales it under two names");
    Edit edit = edit_of(plan_, scale, *network_.tensor(id).constant, undo_);
    note(scale, id, edit);
    rewriting().constants.push_back({id, std::move(edit)});
  }

  void copy(const PlanScale& scale, const Rewritten& edited) {
    const TensorId id = constant(scale.tensor);
    if (undo_) return undo_copy(scale, id);
    if (network_.find(scale.copy) || edited.find(scale.copy) || !copies_.insert(scale.copy).second)
      misfit(plan_, scale.copy, "the model has a tensor of this name already");
    const std::size_t index = rewriting().copies.size();
    Edit edit = edit_of(plan_, scale, *network_.tensor(id).constant, false);
    note(scale, id, edit);
    rewriting().copies.push_back({scale.copy, id, std::move(edit)});
    for (const PlanScale::Reader& reader : scale.read_by) {
      const OperatorId op = node(reader.node);
      const bool removed = edited.removed(op);
      const auto inputs = removed ? std::span<const TensorId>() : edited.op(op).inputs;
      if (reader.input >= inputs.size() || inputs[reader.input] != id)
        misfit(plan_, scale.tensor, fmt::format("input {} of node '{}' does not read it", reader.input, reader.node));
      if (!rebound_.insert({op, reader.input}).second)
        misfit(plan_, scale.tensor,
               fmt::format("input {} of node '{}' is given two copies", reader.input, reader.node));
      const std::uint32_t subgraph = network_.op(op).subgraph;
      if (!scale.copy.starts_with(network_.prefix(subgraph)) ||
          subgraph != network_.op(node(scale.read_by[0].node)).subgraph)
        misfit(plan_, scale.copy,
               fmt::format("node '{}' stands in a nested network, where it has no such name", reader.node));
      rewriting().rebindings.push_back({op, reader.input, index});
    }
  }

  // Whoever read the copy reads the tensor again; what nobody reads then goes with the copy.
  void undo_copy(const PlanScale& scale, TensorId id) {
    const TensorId made = constant(scale.copy);
    const Literal& literal = *network_.tensor(made).constant;
    const auto undone = std::make_shared<Edit>(edit_of(plan_, scale, literal, true));
    auto sums = std::make_shared<EditSums>();
    add_elements(literal, sums->before);
    result_.noted.push_back({&scale, &literal, std::move(sums)});
    for (const PlanScale::Reader& reader : scale.read_by) {
      const OperatorId op = node(reader.node);
      const auto inputs = network_.op(op).inputs;
      if (reader.input + network_.op(op).captured >= inputs.size() || inputs[reader.input] != made)
        misfit(plan_, scale.copy, fmt::format("input {} of node '{}' does not read it", reader.input, reader.node));
      rewriting().graph.inputs.push_back({op, reader.input, std::string(network_.tensor(id).name), undone});
    }
  }

  // --- statistics

  // New tensors have those of the tensors whose values they have.
  void add_statistics() {
    for (const PlanStatistic& each : plan_.statistics) {
      if (each.of.empty()) continue;
      const auto id = network_.find(each.tensor), of = network_.find(each.of);
      if (!id || !of) misfit(plan_, id ? each.of : each.tensor, "the model has no such tensor");
      const Statistic* entry = statistics_.find(*of);
      if (!entry) continue;
      statistics_.add(copied(*entry, network_, *id));
    }
  }

  // For the certificate: what the plan says of activations along their channels.
  void claim_scales() {
    for (const PlanStatistic& each : plan_.statistics) {
      const auto id = network_.find(each.tensor);
      if (!id || !each.scales()) continue;
      if (!result_.scales.emplace(*id, undo_ ? inverse(plan_, each.tensor, each.multiply) : each.multiply).second)
        misfit(plan_, each.tensor, "the plan scales its statistics twice");
      if (!each.subtract.empty()) result_.shifts.emplace(*id, each.subtract);
    }
  }

  void scale_statistics(const Rewritten& rewritten) {
    std::map<TensorId, const PlanStatistic*> planned;
    for (const PlanStatistic& each : plan_.statistics)
      if (const auto id = network_.find(each.tensor); id && each.scales() && !planned.emplace(*id, &each).second)
        misfit(plan_, each.tensor, "the plan scales its statistics twice");
    for (const Statistic& entry : statistics_.entries()) {
      if (entry.tensor == kNone) continue;
      if (!rewritten.gives(entry.tensor)) {  // it is gone with the operator that gave it
        rewriting().statistics.push_back({entry.tensor, {}});
        continue;
      }
      const auto found = planned.find(entry.tensor);
      if (found == planned.end()) continue;
      const PlanStatistic& scale = *found->second;
      const bool one = !scale.axis && scale.multiply.size() == 1;
      const auto axis = network_.tensor(entry.tensor).shape.axis(entry.axis).value_or(entry.axis);
      if (!one && (!scale.axis || (!entry.whole && axis != *scale.axis))) {
        rewriting().statistics.push_back({entry.tensor, {}});
        continue;
      }
      if (!entry.whole && entry.max.size() != scale.multiply.size())
        misfit(plan_, scale.tensor,
               fmt::format("the plan scales {} channels, its statistics have {}", scale.multiply.size(),
                           entry.max.size()));
      const int otherwise = network_.tensor(entry.tensor).shape.rank() > 1 ? 1 : 0;
      rewriting().statistics.push_back({entry.tensor,
                                        undo_ ? inverse(plan_, scale.tensor, scale.multiply) : scale.multiply,
                                        scale.subtract, scale.axis.value_or(otherwise)});
    }
  }

  // --- edits of the graph

  [[noreturn]] void refuse(const PlanEdit& edit, std::string_view message) const {
    throw printable(Error(plan_.path, fmt::format("node '{}'", edit.node), std::string(message)), "");
  }

  // Constants get their place in the network, and (replace_nodes) operators that become another one on the same input
  // become that: the network is then what the rules had made of it, and the rest is the rewriting's.
  void add_constants() {
    for (const PlanConstant& each : plan_.constants) {
      if (const auto there = network_.find(each.name)) name_is_taken(each, network_.tensor(*there));
      Arena& arena = network_.arena();
      const Literal value = {each.value.dtype, Shape(arena.store(each.value.shape.dims())),
                             arena.store(each.value.bytes)};
      network_.add_constant(each.name, value);
      rewriting().graph.added.push_back({each.name, value});
    }
    network_.relink();
  }

  void replace_nodes() {
    std::set<std::string_view> unfolded;  // nodes whose place several operators take, or one with a constant
    for (const PlanEdit& edit : plan_.edits) {
      if (edit.edit) continue;
      if (edit.kind == Kind::insert) unfolded.insert(edit.before);
      if (edit.kind == Kind::input && edit.slot > 0) unfolded.insert(edit.node);
    }
    Editor editor(network_, rewriting().graph);
    for (const PlanEdit& edit : plan_.edits) {
      if (edit.edit || edit.kind != Kind::replace) continue;
      const OperatorId op = node(edit.node);
      const Operator& info = network_.op(op);
      if (info.nested()) refuse(edit, "it stands in a nested network");
      if (info.captured != 0 || info.inputs.empty() || info.inputs[0] == kNone || info.outputs.size() != 1)
        refuse(edit, "only an operator with one output that reads something can be replaced");
      if (unfolded.count(edit.node) != 0) {
        rewriting().graph.replacements.push_back({op, edit.name});
        continue;
      }
      if (network_.type_of(op) == edit.name && info.inputs.size() == 1 && info.attributes.empty())
        refuse_applied(plan_, fmt::format("node '{}'", edit.node));
      editor.replace(op, edit.name);
    }
    editor.finish();
  }

  [[noreturn]] void name_is_taken(const PlanConstant& constant, const Tensor& there) const {
    const Literal& value = constant.value;
    if (there.constant && there.constant->dtype == value.dtype && there.constant->shape == value.shape &&
        std::equal(value.bytes.begin(), value.bytes.end(), there.constant->bytes.begin(), there.constant->bytes.end()))
      refuse_applied(plan_, fmt::format("tensor '{}'", constant.name));
    misfit(plan_, constant.name, "the model has a tensor of this name already");
  }

  void apply(const PlanEdit& edit) {
    switch (edit.kind) {
      case Kind::remove:
        return rewriting().graph.removed.push_back({editable(edit)});
      case Kind::input:
        return change_input(edit);
      case Kind::output:
        return change_output(edit);
      case Kind::insert:
        return insert(edit);
      case Kind::replace:
        return;  // is done already
    }
  }

  OperatorId editable(const PlanEdit& edit) const {
    const OperatorId op = node(edit.node);
    if (network_.op(op).nested()) refuse(edit, "it stands in a nested network");
    return op;
  }

  bool gives_constant(OperatorId op) const {
    const auto outputs = network_.op(op).outputs;
    return outputs.size() == 1 && outputs[0] != kNone && network_.tensor(outputs[0]).constant;
  }

  void change_input(const PlanEdit& edit) {
    const OperatorId op = editable(edit);
    const Operator& info = network_.op(op);
    const auto own = info.inputs.size() - std::min<std::size_t>(info.captured, info.inputs.size());
    if (edit.slot >= own && (info.captured != 0 || edit.slot > own))
      refuse(edit, fmt::format("it has no input {}", edit.slot));
    const auto from = network_.find(edit.name);
    if (!from && made_.count(edit.name) == 0) refuse(edit, fmt::format("the model has no tensor '{}'", edit.name));
    if (gives_constant(op) && (!from || !network_.tensor(*from).constant))
      misfit(plan_, network_.tensor(info.outputs[0]).name, "the plan makes it of what is no constant");
    rewriting().graph.inputs.push_back({op, edit.slot, edit.name});
  }

  void change_output(const PlanEdit& edit) {
    const OperatorId op = editable(edit);
    if (gives_constant(op)) refuse(edit, "it gives a constant");
    if (edit.slot >= network_.op(op).outputs.size()) refuse(edit, fmt::format("it has no output {}", edit.slot));
    const auto given = network_.find(edit.name);
    if (!given) refuse(edit, fmt::format("the model has no tensor '{}'", edit.name));
    if (network_.tensor(*given).constant || network_.tensor(*given).is_input)
      refuse(edit, fmt::format("tensor '{}' comes from elsewhere", edit.name));
    rewriting().graph.outputs.push_back({op, edit.slot, edit.name});
  }

  void insert(const PlanEdit& edit) {
    if (network_.find_operator(edit.node) || !inserted_.insert(edit.node).second)
      refuse(edit, "the model has a node of this name already");
    const OperatorId before = node(edit.before);
    if (network_.op(before).nested()) refuse(edit, "nested networks are not edited");
    for (const std::string& name : edit.inputs)
      if (!name.empty() && !network_.find(name) && made_.count(name) == 0)
        refuse(edit, fmt::format("the model has no tensor '{}'", name));
    for (const std::string& name : edit.outputs)
      if (name.empty() || network_.find(name) || !made_.insert(name).second)
        refuse(edit, fmt::format("the model has a tensor '{}' already", name));
    rewriting().graph.inserted.push_back({before, edit.name, edit.node, edit.inputs, edit.outputs});
  }

  const PlanFile& plan_;
  Network& network_;
  Statistics& statistics_;
  const bool undo_;
  Planned result_;
  std::unordered_map<std::string_view, OperatorId> nodes_;
  std::set<std::string> made_, inserted_;  // new tensors and nodes
  std::set<TensorId> edited_;
  std::set<std::string, std::less<>> copies_;
  std::set<std::pair<OperatorId, std::uint32_t>> rebound_;
};

}  // namespace

Planned planned(const PlanFile& plan, Model& model, bool undo) {
  try {
    return ModelPlan(plan, model, undo).run();
  } catch (const PlanRefusal&) {
    throw;
  } catch (const Error&) {
    if (plan.checksums && (!undo || !plan.edits_graph())) (undo ? refuse_undo : refuse_twice)(plan, model.network);
    throw;
  }
}

}  // namespace rw::graph
