// From a rewriting to its plan.
#include <algorithm>
#include <map>
#include <set>

#include "graph/formats/plan/plan_file.hpp"
#include "graph/values/edit_sums.hpp"

namespace rw::graph {
namespace {

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
    if (axis) simple.push_back({AxisMask::single(static_cast<std::size_t>(*axis)), factor.values, factor.folded});
  }
  const bool all_simple = simple.size() == edit.factors.size();
  scale.viewed = !all_simple;
  if (scale.viewed) {
    scale.edit = {edit.shape, edit.view, edit.factors};
    if (!same) scale.was.emplace(old.begin(), old.end());
  } else {
    scale.edit.factors = std::move(simple);
  }
  scale.origins.resize(edit.factors.size());
  return scale;
}

class PlanMaker {
 public:
  explicit PlanMaker(const Rewritten& rewritten)
      : network_(rewritten.network()),
        rewriting_(rewritten.rewriting()),
        removals_(rewritten.removals()),
        removed_(removals_.begin(), removals_.end()) {}

  PlanFile make() {
    add_scales();
    add_graph();
    add_ends();
    return std::move(plan_);
  }

 private:
  using Kind = PlanEdit::Kind;
  std::string node(OperatorId op) const { return std::string(network_.op(op).name); }

  void add_scales() {
    for (const ConstantEdit& each : rewriting_.constants) add_scale(each.tensor, each.edit, "");
    const std::size_t first = plan_.scales.size();
    for (const ConstantCopy& copy : rewriting_.copies) add_scale(copy.tensor, copy.edit, copy.name);
    for (const Rebinding& each : rewriting_.rebindings)
      plan_.scales[first + each.copy].read_by.push_back({node(each.op), each.slot});
  }

  void add_scale(TensorId tensor, const Edit& edit, const std::string& copy) {
    plan_.scales.push_back(scale_of(network_, tensor, edit));
    plan_.scales.back().copy = copy;
    if (!edit.sums) return;
    if (!plan_.checksums) plan_.checksums.emplace();
    plan_.checksums->push_back(
        {std::string(network_.tensor(tensor).name), copy, edit.sums->before.value(), edit.sums->after.value()});
  }

  void add_graph() {
    for (const AddedConstant& each : rewriting_.graph.added) plan_.constants.push_back({each.name, each.value});
    for (const InsertedOperator& each : rewriting_.graph.inserted)
      plan_.edits.push_back({.kind = Kind::insert,
                             .node = each.name,
                             .name = each.type,
                             .before = node(each.before),
                             .inputs = each.inputs,
                             .outputs = each.outputs});
    for (const OperatorId op : removals_) plan_.edits.push_back({.kind = Kind::remove, .node = node(op)});
  }

  // In an order in which they can be carried out: of what was changed again, or removed later, the end alone.
  void add_ends() {
    std::map<OperatorId, std::string> types;
    std::map<std::pair<OperatorId, std::uint32_t>, std::string> outputs, inputs;
    for (const Replacement& each : rewriting_.graph.replacements) types[each.op] = each.type;
    for (const OutputChange& each : rewriting_.graph.outputs) outputs[{each.op, each.slot}] = each.name;
    for (const InputChange& each : rewriting_.graph.inputs) inputs[{each.op, each.slot}] = each.name;
    for (const auto& [op, type] : types)
      if (removed_.count(op) == 0) plan_.edits.push_back({.kind = Kind::replace, .node = node(op), .name = type});
    for (const auto& [place, name] : outputs)
      if (removed_.count(place.first) == 0)
        plan_.edits.push_back({.kind = Kind::output, .node = node(place.first), .slot = place.second, .name = name});
    for (const auto& [place, name] : inputs)
      if (removed_.count(place.first) == 0)
        plan_.edits.push_back({.kind = Kind::input, .node = node(place.first), .slot = place.second, .name = name});
  }

  const Network& network_;
  const Rewriting& rewriting_;
  const std::span<const OperatorId> removals_;
  const std::set<OperatorId> removed_;
  PlanFile plan_;
};

}  // namespace

void note_checksums(Rewriting& rewriting) {
  for (ConstantEdit& each : rewriting.constants) each.edit.sums = std::make_shared<EditSums>();
  for (ConstantCopy& each : rewriting.copies) each.edit.sums = std::make_shared<EditSums>();
}

PlanFile plan_of(const Rewritten& rewritten) { return PlanMaker(rewritten).make(); }

}  // namespace rw::graph
