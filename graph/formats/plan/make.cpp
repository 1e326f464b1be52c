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

// Which of the operators that stand in front of one of the file, or in its place, each is put in front of when they are
// put in in the order in which that was done in the run: the nearest one behind it that is there then. kNone: none.
std::vector<std::pair<OperatorId, OperatorId>> neighbours(std::span<const OperatorId> placed) {
  std::vector<std::pair<OperatorId, OperatorId>> found;
  std::vector<OperatorId> behind;  // ids rise with time
  for (std::size_t i = placed.size(); i-- > 0;) {
    while (!behind.empty() && behind.back() > placed[i]) behind.pop_back();
    found.emplace_back(placed[i], behind.empty() ? kNone : behind.back());
    behind.push_back(placed[i]);
  }
  return found;
}

class PlanMaker {
 public:
  explicit PlanMaker(const Rewritten& rewritten)
      : rewritten_(rewritten),
        network_(rewritten.network()),
        rewriting_(rewritten.rewriting()),
        graph_(rewriting_.graph),
        groups_(graph_.rules.size() > 1),
        removals_(rewritten.removals()),
        removed_(removals_.begin(), removals_.end()) {}

  PlanFile make() {
    add_scales();
    add_constants();
    if (groups_) add_made();
    add_graph();
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

  // Those that are written, and those that the rewriting takes from operators of the network.
  void add_constants() {
    for (const AddedConstant& each : graph_.added) {
      const TensorId id = *rewritten_.find(each.name);
      if (!rewritten_.orphaned(id) || (groups_ && !network_.consumers(id).empty()))
        plan_.constants.push_back({each.name, each.value});
    }
  }

  // An edit was made on the network, and the plan says so: only where rules have made edits of their own.
  bool made(std::uint32_t edit) const { return groups_ && edit != kNone; }

  void add_made(std::uint32_t edit, PlanEdit entry) {
    entry.edit = edit;
    entry.rule = graph_.rules[edit];
    plan_.edits.push_back(std::move(entry));
  }

  void add_made() {
    for (const RemovedOperator& each : graph_.removed)
      if (made(each.edit))
        add_made(each.edit, {.kind = Kind::remove, .node = node(each.op), .name = std::string(type_before(each.op))});
    add_ends(true);
    add_placed();
    std::stable_sort(plan_.edits.begin(), plan_.edits.end(),
                     [](const PlanEdit& a, const PlanEdit& b) { return *a.edit < *b.edit; });
  }

  std::string_view type_before(OperatorId op) const {
    const auto original = graph_.originals.find(op);
    return network_.type_name(original == graph_.originals.end() ? network_.op(op).type : original->second.type);
  }

  void add_placed() {
    std::map<OperatorId, OperatorId> before;  // in front of it; kNone: at its place
    std::map<OperatorId, OperatorId> at;      // the place in the file
    std::set<OperatorId> places;
    for (const PlacedOperator& each : graph_.placed)
      if (each.place < network_.read_count()) places.insert(each.place);
    for (const OperatorId place : places)
      for (const auto& [op, behind] : neighbours(rewritten_.placed(place))) {
        at[op] = place;
        before[op] = behind;
      }
    for (const PlacedOperator& each : graph_.placed) {
      if (each.gone) continue;
      PlanEdit entry = placed_entry(each.op);
      const OperatorId place = at.at(each.op), behind = before.at(each.op);
      if (behind != kNone)
        entry.before = node(behind);
      else
        (network_.removed(place) ? entry.at : entry.before) = node(place);
      add_made(each.edit, std::move(entry));
    }
  }

  PlanEdit placed_entry(OperatorId id) const {
    const Operator& op = network_.op(id);
    const auto names = [&](std::span<const TensorId> ids) {
      std::vector<std::string> list;
      for (const TensorId each : ids) list.emplace_back(each == kNone ? "" : network_.tensor(each).name);
      return list;
    };
    return {.kind = Kind::insert,
            .node = node(id),
            .name = std::string(network_.type_of(id)),
            .inputs = names(op.inputs),
            .outputs = names(op.outputs),
            .attributes = {op.attributes.begin(), op.attributes.end()}};
  }

  void add_graph() {
    for (const InsertedOperator& each : graph_.inserted)
      plan_.edits.push_back({.kind = Kind::insert,
                             .node = each.name,
                             .name = each.type,
                             .before = node(each.before),
                             .inputs = each.inputs,
                             .outputs = each.outputs});
    std::set<OperatorId> told;
    for (const RemovedOperator& each : graph_.removed)
      if (made(each.edit)) told.insert(each.op);
    for (const OperatorId op : removals_)
      if (told.count(op) == 0) plan_.edits.push_back({.kind = Kind::remove, .node = node(op)});
    add_ends(false);
  }

  // Of what was changed again, or removed later, the end alone, in an order in which they can be carried out.
  void add_ends(bool on_network) {
    struct End {
      std::string name;
      std::uint32_t edit;
    };
    std::map<OperatorId, End> types;
    std::map<std::pair<OperatorId, std::uint32_t>, End> outputs, inputs;
    // On the network an operator stays that only the rewriting leaves without readers.
    std::set<OperatorId> gone = removed_;
    if (on_network) {
      gone.clear();
      for (const RemovedOperator& each : graph_.removed)
        if (made(each.edit)) gone.insert(each.op);
    }
    const auto wanted = [&](const auto& each) { return made(each.edit) == on_network && gone.count(each.op) == 0; };
    for (const Replacement& each : graph_.replacements)
      if (wanted(each)) types[each.op] = {each.type, each.edit};
    for (const OutputChange& each : graph_.outputs)
      if (wanted(each)) outputs[{each.op, each.slot}] = {each.name, each.edit};
    for (const InputChange& each : graph_.inputs)
      if (wanted(each)) inputs[{each.op, each.slot}] = {each.name, each.edit};
    const auto add = [&](const End& end, PlanEdit entry) {
      entry.name = end.name;
      on_network ? add_made(end.edit, std::move(entry)) : plan_.edits.push_back(std::move(entry));
    };
    for (const auto& [op, end] : types) add(end, {.kind = Kind::replace, .node = node(op)});
    for (const auto& [place, end] : outputs)
      add(end, {.kind = Kind::output, .node = node(place.first), .slot = place.second});
    for (const auto& [place, end] : inputs)
      add(end, {.kind = Kind::input, .node = node(place.first), .slot = place.second});
  }

  const Rewritten& rewritten_;
  const Network& network_;
  const Rewriting& rewriting_;
  const GraphEdits& graph_;
  const bool groups_;  // rules have made edits of their own
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
