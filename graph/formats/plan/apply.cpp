// Plans applied: to a model, through its writer, and to files of weights alone.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "graph/base/printable.hpp"
#include "graph/editor.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/formats/plan/plan_file.hpp"
#include "graph/formats/weights/safetensors.hpp"
#include "graph/mark.hpp"
#include "graph/operators/infer.hpp"

namespace rw::graph {
namespace {

// --- from a rewriting

// The one axis of `shape` along which a factor over axes of `view` runs, where there is one.
std::optional<int> single_axis(const Factor& factor, std::span<const std::int64_t> view,
                               std::span<const std::int64_t> shape) {
  std::int64_t behind = 1, along = 1;
  int phase = 0;  // 0: behind the marked axes, 1: on them, 2: before them
  for (std::size_t i = view.size(); i-- > 0;) {
    if (view[i] == 1) continue;
    const bool marked = factor.axes.contains(i);
    if (marked && phase == 2) return std::nullopt;
    if (marked) phase = 1;
    if (!marked && phase == 1) phase = 2;
    (marked ? along : phase == 0 ? behind : along) *= marked || phase == 0 ? view[i] : 1;
  }
  std::int64_t stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    if (stride == behind && shape[axis] == along) return static_cast<int>(axis);
    stride *= shape[axis];
  }
  return std::nullopt;
}

PlanScale scale_of(const Network& network, TensorId id, const Edit& edit) {
  const Tensor& tensor = network.tensor(id);
  PlanScale scale{.tensor = std::string(tensor.name)};
  if (tensor.producer != kNone) scale.made_by = network.op(tensor.producer).name;
  const auto old = tensor.constant->shape.dims();
  const bool same = std::equal(old.begin(), old.end(), edit.shape.begin(), edit.shape.end());
  std::vector<Factor> simple;
  for (const Factor& factor : edit.factors) {
    const auto axis = same ? single_axis(factor, edit.view, edit.shape) : std::nullopt;
    if (axis) simple.push_back({AxisMask::single(static_cast<std::size_t>(*axis)), factor.values});
  }
  const bool all_simple = simple.size() == edit.factors.size();
  if (!all_simple) {
    scale.shape = edit.shape;
    scale.view = edit.view;
    if (!same) scale.was.emplace(old.begin(), old.end());
  }
  for (const Factor& factor : all_simple ? simple : edit.factors) scale.factors.push_back({"", "", factor});
  return scale;
}

// --- to a rewriting

[[noreturn]] void misfit(const PlanFile& plan, std::string_view tensor, std::string message) {
  throw printable(Error(plan.path, fmt::format("tensor '{}'", tensor), std::move(message)), "");
}

std::vector<double> inverse(const PlanFile& plan, std::string_view tensor, std::vector<double> values) {
  for (double& value : values) {
    if (value == 0 || !std::isfinite(1 / value))
      misfit(plan, tensor, fmt::format("a factor of {} cannot be undone", value));
    value = 1 / value;
  }
  return values;
}

// The edit of a constant of this shape and type.
Edit edit_of(const PlanFile& plan, const PlanScale& scale, const Literal& value, bool undo) {
  const auto dims = value.shape.dims();
  if (!floating(value.dtype))
    misfit(plan, scale.tensor, fmt::format("it holds {}, which carry no scale", name(value.dtype)));
  Edit edit;
  edit.shape = scale.shape ? *scale.shape : std::vector<std::int64_t>(dims.begin(), dims.end());
  edit.view = scale.shape ? scale.view : edit.shape;
  const std::vector<std::int64_t>& expected = scale.was ? *scale.was : edit.shape;
  if (!std::equal(dims.begin(), dims.end(), expected.begin(), expected.end()))
    misfit(
        plan, scale.tensor,
        fmt::format("the plan has shape {} for it, but it is {}", to_string(Shape(expected)), to_string(value.shape)));
  if (undo && scale.was) misfit(plan, scale.tensor, "it was expanded, which cannot be undone");
  if (scale.was) {
    // What broadcasting expands: from behind, each dimension is the same or was 1.
    const bool fits =
        scale.was->size() <= edit.shape.size() &&
        std::equal(scale.was->rbegin(), scale.was->rend(), edit.shape.rbegin(),
                   [](std::int64_t before, std::int64_t after) { return before == after || before == 1; });
    if (!fits) misfit(plan, scale.tensor, "\"was\" does not expand to \"shape\"");
  }
  for (const PlanFactor& each : scale.factors) {
    std::int64_t positions = 1;
    for (const int axis : each.factor.axes) {
      if (static_cast<std::size_t>(axis) >= edit.view.size())
        misfit(plan, scale.tensor, fmt::format("it has no axis {}: {}", axis, to_string(value.shape)));
      positions *= edit.view[static_cast<std::size_t>(axis)];
    }
    if (positions != static_cast<std::int64_t>(each.factor.values.size()))
      misfit(plan, scale.tensor,
             fmt::format("the plan has {} factors for {} positions: {}", each.factor.values.size(), positions,
                         to_string(value.shape)));
    edit.factors.push_back(
        {each.factor.axes, undo ? inverse(plan, scale.tensor, each.factor.values) : each.factor.values});
  }
  return edit;
}

class ModelPlan {
 public:
  ModelPlan(const PlanFile& plan, Model& model, bool undo)
      : plan_(plan), network_(model.network), statistics_(model.statistics), undo_(undo) {
    for (OperatorId op = 0; op < network_.operators().size(); ++op) nodes_.emplace(network_.op(op).name, op);
  }

  Rewriting run() {
    if (undo_ && plan_.edits_graph())
      throw Error(plan_.path, "", "it edits the graph, which cannot be undone: keep the model that it was made from");
    // As the rules saw it: constants behind operators, and the shapes that a conversion writes down.
    infer_shapes(network_, Forms(network_));
    edit_graph();
    for (const PlanScale& scale : plan_.scales) scale.copy.empty() ? in_place(scale) : copy(scale);
    check_constants();
    scale_statistics();
    return std::move(result_);
  }

 private:
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

  void in_place(const PlanScale& scale) {
    const TensorId id = constant(scale.tensor);
    if (!edited_.insert(id).second) misfit(plan_, scale.tensor, "the plan scales it under two names");
    result_.constants.push_back({id, edit_of(plan_, scale, *network_.tensor(id).constant, undo_)});
  }

  void copy(const PlanScale& scale) {
    const TensorId id = constant(scale.tensor);
    if (undo_) return undo_copy(scale, id);
    if (network_.find(scale.copy) || !copies_.insert(scale.copy).second)
      misfit(plan_, scale.copy, "the model has a tensor of this name already");
    const std::size_t index = result_.copies.size();
    result_.copies.push_back({scale.copy, id, edit_of(plan_, scale, *network_.tensor(id).constant, false)});
    for (const PlanScale::Reader& reader : scale.read_by) {
      const OperatorId op = node(reader.node);
      const auto inputs = network_.op(op).inputs;
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
      result_.rebindings.push_back({op, reader.input, index});
    }
  }

  // Whoever read the copy reads the tensor again; what nobody reads then goes with the copy.
  void undo_copy(const PlanScale& scale, TensorId id) {
    const TensorId made = constant(scale.copy);
    for (const PlanScale::Reader& reader : scale.read_by) {
      const OperatorId op = node(reader.node);
      const auto inputs = network_.op(op).inputs;
      if (reader.input + network_.op(op).captured >= inputs.size() || inputs[reader.input] != made)
        misfit(plan_, scale.copy, fmt::format("input {} of node '{}' does not read it", reader.input, reader.node));
      if (network_.op(op).nested())
        read_again(op, reader.input, id);
      else
        editor_->read(op, reader.input, id);
    }
  }

  // Within a nested network, where the tensor has a name already.
  void read_again(OperatorId op, std::uint32_t slot, TensorId id) {
    std::vector<TensorId> inputs(network_.op(op).inputs.begin(), network_.op(op).inputs.end());
    inputs[slot] = id;
    result_.graph.originals.emplace(op, network_.op(op));
    network_.set_inputs(op, inputs);
    result_.graph.inputs.push_back({op, slot, std::string(network_.tensor(id).name)});
  }

  void scale_statistics() {
    std::map<TensorId, const PlanStatistic*> planned;
    for (const PlanStatistic& each : plan_.statistics)
      if (const auto id = network_.find(each.tensor); id && !planned.emplace(*id, &each).second)
        misfit(plan_, each.tensor, "the plan scales its statistics twice");
    for (const Statistic& entry : statistics_.entries()) {
      if (entry.tensor == kNone) continue;
      const Tensor& tensor = network_.tensor(entry.tensor);
      if (tensor.producer == kNone && !tensor.is_input && !tensor.constant) {  // an edit took it out
        result_.statistics.push_back({entry.tensor, {}});
        continue;
      }
      const auto found = planned.find(entry.tensor);
      if (found == planned.end()) continue;
      const PlanStatistic& scale = *found->second;
      const bool one = !scale.axis && scale.multiply.size() == 1;
      if (!one && (!scale.axis || tensor.shape.axis(entry.axis).value_or(entry.axis) != *scale.axis)) {
        result_.statistics.push_back({entry.tensor, {}});
        continue;
      }
      if (entry.max.size() != scale.multiply.size())
        misfit(plan_, scale.tensor,
               fmt::format("the plan scales {} channels, its statistics have {}", scale.multiply.size(),
                           entry.max.size()));
      result_.statistics.push_back(
          {entry.tensor, undo_ ? inverse(plan_, scale.tensor, scale.multiply) : scale.multiply, scale.subtract});
    }
  }

  [[noreturn]] void refuse(const PlanEdit& edit, std::string_view message) const;
  TensorId tensor(const PlanEdit& edit, std::string_view name) const;
  void add_constants_and_operators();
  void apply(const PlanEdit& edit);
  bool gives_constant(OperatorId op) const;
  void check_graph() const;
  void check_constants() const;
  void edit_graph();

  const PlanFile& plan_;
  Network& network_;
  const Statistics& statistics_;
  bool undo_;
  Rewriting result_;
  std::optional<Editor> editor_;
  std::unordered_map<std::string_view, OperatorId> nodes_;
  std::vector<OperatorId> inserted_;
  std::set<TensorId> edited_;
  std::set<std::string, std::less<>> copies_;
  std::set<std::pair<OperatorId, std::uint32_t>> rebound_;
};

void ModelPlan::refuse(const PlanEdit& edit, std::string_view message) const {
  throw printable(Error(plan_.path, fmt::format("node '{}'", edit.node), std::string(message)), "");
}

TensorId ModelPlan::tensor(const PlanEdit& edit, std::string_view name) const {
  const auto id = network_.find(name);
  if (!id) refuse(edit, fmt::format("the model has no tensor '{}'", name));
  return *id;
}

// New tensors first: the editor knows those that are there when it begins.
void ModelPlan::add_constants_and_operators() {
  for (const PlanConstant& each : plan_.constants) {
    if (network_.find(each.name)) misfit(plan_, each.name, "the model has a tensor of this name already");
    Arena& arena = network_.arena();
    const Literal value = {each.value.dtype, Shape(arena.store(each.value.shape.dims())),
                           arena.store(each.value.bytes)};
    network_.add_constant(each.name, value);
    result_.graph.added.push_back({each.name, value});
  }
  for (const PlanEdit& edit : plan_.edits) {
    if (edit.kind != PlanEdit::Kind::insert) continue;
    if (network_.has_operator(edit.node)) refuse(edit, "the model has a node of this name already");
    const OperatorId before = node(edit.before);
    if (network_.op(before).nested()) refuse(edit, "nested networks are not edited");
    std::vector<TensorId> inputs, outputs;
    for (const std::string& name : edit.inputs) inputs.push_back(name.empty() ? kNone : tensor(edit, name));
    for (const std::string& name : edit.outputs) {
      if (network_.find(name)) refuse(edit, fmt::format("the model has a tensor '{}' already", name));
      outputs.push_back(network_.add_tensor(name));
    }
    inserted_.push_back(network_.add_operator(edit.name, edit.node, inputs, outputs));
    result_.graph.inserted.push_back({before, edit.name, edit.node, edit.inputs, edit.outputs});
  }
}

void ModelPlan::apply(const PlanEdit& edit) {
  const OperatorId op = node(edit.node);
  const Operator& info = network_.op(op);
  if (!editor_->can_edit(op)) refuse(edit, "it was removed, or stands in a nested network");
  switch (edit.kind) {
    case PlanEdit::Kind::remove:
      // What gives a constant stays in the network, where copies of that are made from what it reads.
      if (gives_constant(op)) return result_.graph.removed.push_back(op);
      return editor_->remove(op);
    case PlanEdit::Kind::replace:
      if (info.captured != 0 || info.inputs.empty() || info.inputs[0] == kNone || info.outputs.size() != 1)
        refuse(edit, "only an operator with one output that reads something can be replaced");
      return editor_->replace(op, edit.name);
    case PlanEdit::Kind::input:
      if (edit.slot + info.captured >= info.inputs.size() && (info.captured != 0 || edit.slot > info.inputs.size()))
        refuse(edit, fmt::format("it has no input {}", edit.slot));
      return editor_->read(op, edit.slot, tensor(edit, edit.name));
    case PlanEdit::Kind::output: {
      if (gives_constant(op)) refuse(edit, "it gives a constant");
      const TensorId given = tensor(edit, edit.name);
      const Tensor& there = network_.tensor(given);
      if (edit.slot >= info.outputs.size()) refuse(edit, fmt::format("it has no output {}", edit.slot));
      if (there.producer != kNone || there.constant || there.is_input)
        refuse(edit, fmt::format("tensor '{}' comes from elsewhere", edit.name));
      return editor_->give(op, edit.slot, given);
    }
    case PlanEdit::Kind::insert:
      return;  // is there already
  }
}

// Whatever is read, or an output of the network, comes from somewhere, and no operator waits for itself.
void ModelPlan::check_graph() const {
  const std::size_t count = network_.operators().size();
  std::vector<std::uint32_t> waits(count, 0);
  std::unordered_map<OperatorId, std::vector<OperatorId>> readers;
  const auto comes_from_somewhere = [&](TensorId id) {
    const Tensor& tensor = network_.tensor(id);
    return tensor.is_input || tensor.constant || tensor.producer != kNone;
  };
  for (OperatorId op = 0; op < count; ++op)
    for (const TensorId input : network_.op(op).inputs) {
      if (input == kNone) continue;
      if (!comes_from_somewhere(input))
        misfit(plan_, network_.tensor(input).name, "it is read, and the plan removes what gives it");
      if (const OperatorId producer = network_.tensor(input).producer; producer != kNone) {
        readers[producer].push_back(op);
        ++waits[op];
      }
    }
  for (const TensorId output : network_.outputs())
    if (!comes_from_somewhere(output))
      misfit(plan_, network_.tensor(output).name, "it is an output, and the plan removes what gives it");
  std::vector<OperatorId> ready;
  for (OperatorId op = 0; op < count; ++op)
    if (waits[op] == 0) ready.push_back(op);
  std::size_t done = 0;
  for (; done < ready.size(); ++done)
    if (const auto found = readers.find(ready[done]); found != readers.end())
      for (const OperatorId reader : found->second)
        if (--waits[reader] == 0) ready.push_back(reader);
  if (done != count) throw Error(plan_.path, "", "its edits make a cycle");
}

bool ModelPlan::gives_constant(OperatorId op) const {
  const Operator& info = network_.op(op);
  return info.outputs.size() == 1 && info.outputs[0] != kNone && network_.tensor(info.outputs[0]).constant;
}

// Nobody reads a constant any more whose operator is taken out, and those that stay are made of constants.
void ModelPlan::check_constants() const {
  for (const InputChange& each : result_.graph.inputs) {
    const auto inputs = network_.op(each.op).inputs;
    if (!network_.removed(each.op) && gives_constant(each.op) && !inputs.empty() &&
        (inputs[0] == kNone || !network_.tensor(inputs[0]).constant))
      misfit(plan_, network_.tensor(network_.op(each.op).outputs[0]).name, "the plan makes it of what is no constant");
  }
  const std::set<OperatorId> removed(result_.graph.removed.begin(), result_.graph.removed.end());
  for (const OperatorId op : removed) {
    if (network_.removed(op)) continue;
    const Tensor& given = network_.tensor(network_.op(op).outputs[0]);
    bool read = given.is_output;
    for (const Use& use : network_.consumers(network_.op(op).outputs[0]))
      read = read || (removed.count(use.op) == 0 && rebound_.count({use.op, use.slot}) == 0);
    if (read) misfit(plan_, given.name, "it is read, and the plan removes what gives it");
  }
}

void ModelPlan::edit_graph() {
  if (plan_.edits_graph()) add_constants_and_operators();
  editor_.emplace(network_, result_.graph);
  if (!plan_.edits_graph()) return;
  for (const PlanEdit& edit : plan_.edits)
    if (edit.kind != PlanEdit::Kind::insert) apply(edit);
  check_graph();
  // They go to the writers by themselves: the operators of the network are those of the model that was read.
  for (const OperatorId op : inserted_) network_.remove(op);
  editor_->finish();
}

}  // namespace

PlanFile plan_of(const Rewritten& rewritten) {
  const Network& network = rewritten.network();
  const Rewriting& rewriting = rewritten.rewriting();
  PlanFile plan;
  for (const ConstantEdit& each : rewriting.constants) plan.scales.push_back(scale_of(network, each.tensor, each.edit));
  const std::size_t first = plan.scales.size();
  for (const ConstantCopy& copy : rewriting.copies) {
    plan.scales.push_back(scale_of(network, copy.tensor, copy.edit));
    plan.scales.back().copy = copy.name;
  }
  for (const Rebinding& each : rewriting.rebindings)
    plan.scales[first + each.copy].read_by.push_back({std::string(network.op(each.op).name), each.slot});
  const GraphEdits& graph = rewriting.graph;
  const auto node = [&](OperatorId op) { return std::string(network.op(op).name); };
  using Kind = PlanEdit::Kind;
  for (const AddedConstant& each : graph.added) plan.constants.push_back({each.name, each.value});
  for (const InsertedOperator& each : graph.inserted)
    plan.edits.push_back({.kind = Kind::insert,
                          .node = each.name,
                          .name = each.type,
                          .before = node(each.before),
                          .inputs = each.inputs,
                          .outputs = each.outputs});
  // In an order in which they can be carried out: of what was changed again, or removed later, the end alone.
  const std::set<OperatorId> removed(rewritten.removals().begin(), rewritten.removals().end());
  std::map<OperatorId, std::string> types;
  std::map<std::pair<OperatorId, std::uint32_t>, std::string> outputs, inputs;
  for (const Replacement& each : graph.replacements) types[each.op] = each.type;
  for (const OutputChange& each : graph.outputs) outputs[{each.op, each.slot}] = each.name;
  for (const InputChange& each : graph.inputs) inputs[{each.op, each.slot}] = each.name;
  for (const OperatorId op : rewritten.removals()) plan.edits.push_back({.kind = Kind::remove, .node = node(op)});
  for (const auto& [op, type] : types)
    if (removed.count(op) == 0) plan.edits.push_back({.kind = Kind::replace, .node = node(op), .name = type});
  for (const auto& [place, name] : outputs)
    if (removed.count(place.first) == 0)
      plan.edits.push_back({.kind = Kind::output, .node = node(place.first), .slot = place.second, .name = name});
  for (const auto& [place, name] : inputs)
    if (removed.count(place.first) == 0)
      plan.edits.push_back({.kind = Kind::input, .node = node(place.first), .slot = place.second, .name = name});
  return plan;
}

Rewriting rewriting_of(const PlanFile& plan, Model& model, bool undo) { return ModelPlan(plan, model, undo).run(); }

// --- files of weights alone

Written apply_to_weights(const PlanFile& plan, std::span<const WeightFile> files, bool undo, bool dry,
                         FunctionRef<void(std::size_t tensors)> tell) {
  if (plan.edits_graph())
    throw Error(plan.path, "",
                undo ? "it edits the graph, which cannot be undone"
                     : "it edits the graph: apply it to the model, not to its weights alone");
  std::unordered_map<std::string_view, std::vector<const PlanScale*>> by_tensor;
  std::set<std::string_view> copies;
  for (const PlanScale& scale : plan.scales) {
    if (!scale.made_by.empty())
      misfit(plan, scale.tensor,
             fmt::format("node '{}' makes it of other constants: apply the plan to the model, not to its weights",
                         scale.made_by));
    by_tensor[scale.tensor].push_back(&scale);
    if (!scale.copy.empty()) copies.insert(scale.copy);
  }
  std::vector<Safetensors> read;
  Mark mark;
  std::vector<std::shared_ptr<const MappedFile>> inputs = plan.sources;
  for (const WeightFile& file : files) {
    read.push_back(read_safetensors(MappedFile::open(file.from)));
    inputs.push_back(read.back().file);
    agree(mark, read.back().mark, file.from);
  }
  Output output(inputs, dry);
  std::size_t scaled = 0;
  std::deque<Edit> edits;
  std::vector<SafetensorsToWrite> writes;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::vector<TensorToStore> tensors, added;
    std::set<std::string_view> names;
    for (const StoredTensor& each : read[i].tensors) names.insert(each.name);
    for (const StoredTensor& each : read[i].tensors) {
      if (undo && copies.count(each.name) != 0) continue;
      const Edit* in_place = nullptr;
      if (const auto found = by_tensor.find(each.name); found != by_tensor.end()) {
        for (const PlanScale* scale : found->second) {
          if (undo && !scale->copy.empty()) continue;
          if (names.count(scale->copy) != 0) misfit(plan, scale->copy, "the file has a tensor of this name already");
          edits.push_back(edit_of(plan, *scale, each.value, undo));
          ++scaled;
          if (scale->copy.empty())
            in_place = &edits.back();
          else
            added.push_back({scale->copy, &each.value, &edits.back()});
        }
      }
      tensors.push_back({each.name, &each.value, in_place});
    }
    tensors.insert(tensors.end(), added.begin(), added.end());
    writes.push_back(
        {&read[i], std::move(tensors), undo ? plan.was_marked : plan.mark,
         [&output, &to = files[i].to](std::uint64_t size) -> OutputFile& { return output.add(to, size); }});
  }
  write_safetensors(writes);
  tell(scaled);
  return output.commit();
}

}  // namespace rw::graph
