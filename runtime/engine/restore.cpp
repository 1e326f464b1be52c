#include "runtime/engine/restore.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "graph/editor.hpp"
#include "graph/values/elements.hpp"

namespace rw::runtime {
namespace {

// Mul broadcasts like NumPy from this operator set on.
constexpr std::int64_t kBroadcasts = 7;
// The input of a Mul that is its constant.
constexpr std::uint32_t kFactor = 1;

// By tensor, who is to read what it was before it was scaled.
struct Leaving {
  std::vector<graph::Use> uses;  // in the order in which they were found, each once
  bool output = false;
};

class Finder {
 public:
  Finder(const Analysis& analysis, const Regions& regions, const Pattern& pattern, const dsl::RestoreClause& clause,
         const std::vector<bool>& claimed)
      : analysis_(analysis),
        network_(*analysis.network),
        regions_(regions),
        pattern_(pattern),
        clause_(clause),
        claimed_(claimed) {}

  std::map<TensorId, Leaving> find() {
    for (RegionId id = 0; id < regions_.size(); ++id) {
      if (claimed_[id]) continue;
      for (const Leak& leak : regions_[id].leaks) {
        if (leak.op != kNone)
          look_at(leak);
        else if (clause_.outputs && network_.tensor(leak.tensor).is_output && can_hold_factors(leak.tensor))
          found_[leak.tensor].output = true;
      }
    }
    return std::move(found_);
  }

 private:
  bool blocks(OperatorId op) const { return pattern_.restores(op) && !analysis_.operators[op].skipped; }

  void look_at(const Leak& leak) {
    if (!blocks(leak.op)) return;
    const auto inputs = network_.op(leak.op).inputs;
    for (std::uint32_t slot = 0; slot < inputs.size(); ++slot)
      if (inputs[slot] == leak.tensor) add(begin_of_curve({leak.op, slot}));
  }

  void add(graph::Use use) {
    const TensorId tensor = network_.op(use.op).inputs[use.slot];
    if (!can_hold_factors(tensor)) return;
    std::vector<graph::Use>& uses = found_[tensor].uses;
    const auto same = [&](const graph::Use& each) { return each.op == use.op && each.slot == use.slot; };
    if (std::none_of(uses.begin(), uses.end(), same)) uses.push_back(use);
  }

  // Before the sums of an activation and constants from which blocking operators alone read: their constants stay.
  graph::Use begin_of_curve(graph::Use use) const {
    for (;;) {
      const TensorId tensor = network_.op(use.op).inputs[use.slot];
      const graph::Tensor& info = network_.tensor(tensor);
      if (info.producer == kNone || info.is_output || !analysis_.holds(info.producer)) return use;
      const auto readers = network_.consumers(tensor);
      const bool read_elsewhere = std::any_of(readers.begin(), readers.end(), [&](const graph::Use& each) {
        return each.op != use.op && !blocks(each.op);
      });
      const Site site = analysis_.site(info.producer);
      if (read_elsewhere || analysis_.law(info.producer).name != "join" || site.activation_count() != 1) return use;
      std::uint32_t slot = 0;
      while (!site.is_activation(slot)) ++slot;
      use = {info.producer, slot};
    }
  }

  bool can_hold_factors(TensorId tensor) const {
    const graph::Tensor& info = network_.tensor(tensor);
    return info.producer != kNone && info.shape.known() && !info.shape.any_front() && graph::floating(info.dtype) &&
           analysis_.channels.has(tensor) && network_.opset().value_or(kBroadcasts) >= kBroadcasts;
  }

  const Analysis& analysis_;
  const graph::Network& network_;
  const Regions& regions_;
  const Pattern& pattern_;
  const dsl::RestoreClause& clause_;
  const std::vector<bool>& claimed_;
  std::map<TensorId, Leaving> found_;
};

class Inserter {
 public:
  Inserter(graph::Model& model, Plan& plan, const Analysis& analysis, const dsl::Rule& rule)
      : model_(model),
        network_(model.network),
        channels_(analysis.channels),
        rule_(rule),
        editor_(model.network, plan.graph) {}

  std::vector<Restorer> run(const std::map<TensorId, Leaving>& leaving) {
    std::vector<Restorer> restorers;
    for (const auto& [tensor, what] : leaving) {
      const auto restorer = what.output ? before_output(tensor, what.uses) : before(tensor, what.uses);
      if (!restorer) continue;
      add_statistics(*restorer);
      restorers.push_back(*restorer);
    }
    if (editor_.changed()) editor_.finish();
    return restorers;
  }

 private:
  std::optional<Restorer> before(TensorId tensor, const std::vector<graph::Use>& uses) {
    std::vector<graph::Use> readers;
    std::copy_if(uses.begin(), uses.end(), std::back_inserter(readers),
                 [&](const graph::Use& use) { return editor_.can_rebind(use); });
    if (readers.empty()) return std::nullopt;
    editor_.begin(rule_.name, network_.op(readers[0].op).subgraph);
    const TensorId restored = new_tensor(tensor, "restore");
    const OperatorId op =
        insert(first_of(readers), network_.tensor(restored).name, tensor, restored, factors(tensor, restored));
    for (const graph::Use& use : readers) editor_.read(use.op, use.slot, restored);
    return Restorer{.op = op, .from = tensor, .to = restored};
  }

  // Its operator gives a new tensor, which others than the curves read; the output keeps its name.
  std::optional<Restorer> before_output(TensorId tensor, const std::vector<graph::Use>& curves) {
    const OperatorId maker = network_.tensor(tensor).producer;
    if (!editor_.can_edit(maker) || network_.op(maker).nested()) return std::nullopt;
    std::vector<graph::Use> readers(editor_.consumers(tensor).begin(), editor_.consumers(tensor).end());
    std::erase_if(readers, [&](const graph::Use& use) {
      return std::any_of(curves.begin(), curves.end(),
                         [&](const graph::Use& each) { return each.op == use.op && each.slot == use.slot; });
    });
    if (!std::all_of(readers.begin(), readers.end(), [&](const graph::Use& use) { return editor_.can_rebind(use); }))
      return std::nullopt;
    editor_.begin(rule_.name);
    const std::uint32_t slot = network_.tensor(tensor).output_slot;
    const std::string name = editor_.free_name(fmt::format("{}/{}/restore", network_.tensor(tensor).name, rule_.name));
    const TensorId scaled = new_tensor(tensor, "scaled");
    editor_.give(maker, slot, scaled);
    for (const graph::Use& use : readers) editor_.read(use.op, use.slot, scaled);
    const OperatorId op = insert(behind(maker), name, scaled, tensor, factors(tensor, scaled));
    return Restorer{.op = op, .from = scaled, .to = tensor, .output = true};
  }

  OperatorId insert(OperatorId place, std::string_view name, TensorId from, TensorId to, TensorId factor) {
    const std::array<TensorId, 2> inputs = {from, factor};
    return editor_.insert(place, "Mul", std::string(name), inputs, std::span(&to, 1), {});
  }

  TensorId new_tensor(TensorId like, std::string_view what) {
    const TensorId id = editor_.add_tensor(fmt::format("{}/{}/{}", network_.tensor(like).name, rule_.name, what));
    const graph::Tensor& info = network_.tensor(like);
    network_.set_shape(id, graph::Shape(network_.arena().store(info.shape.dims())), info.dtype);
    return id;
  }

  // 1 for each channel, from the first of its axes on.
  TensorId factors(TensorId tensor, TensorId named_after) {
    const graph::Tensor& info = network_.tensor(tensor);
    const AxisMask axes = channels_.axes(tensor);
    std::vector<std::int64_t> shape;
    for (int axis = 0; axis < info.shape.rank(); ++axis)
      if (axes.contains(static_cast<std::size_t>(axis)) || !shape.empty())
        shape.push_back(axes.contains(static_cast<std::size_t>(axis)) ? info.shape[axis] : 1);
    if (shape.empty()) shape.push_back(1);
    const std::vector<double> ones(channels_.count(tensor), 1.0);
    return editor_.add_constant(fmt::format("{}/factor", network_.tensor(named_after).name), info.dtype, shape,
                                graph::from_double(ones, info.dtype));
  }

  // The reader that stands first in the file.
  static OperatorId first_of(const std::vector<graph::Use>& readers) {
    return std::min_element(readers.begin(), readers.end(), [](const auto& a, const auto& b) { return a.op < b.op; })
        ->op;
  }

  // The operator that stands behind `maker` in the file; itself where there is none (writers sort then).
  OperatorId behind(OperatorId maker) const {
    const OperatorId next = maker + 1;
    return next < network_.read_count() && !network_.op(next).nested() ? next : maker;
  }

  void add_statistics(const Restorer& restorer) {
    const graph::Statistic* of_old = model_.statistics.find(restorer.old());
    if (!of_old) return;
    model_.statistics.add(graph::copied(*of_old, network_, restorer.fresh()));
  }

  graph::Model& model_;
  graph::Network& network_;
  const graph::ChannelAxes& channels_;
  const dsl::Rule& rule_;
  graph::Editor editor_;
};

}  // namespace

std::vector<Restorer> put_in_restorers(graph::Model& model, Plan& plan, const Analysis& analysis,
                                       const Regions& regions, const Pattern& pattern, const dsl::Rule& rule,
                                       const std::vector<bool>& claimed) {
  const auto leaving = Finder(analysis, regions, pattern, *rule.region->restore, claimed).find();
  if (leaving.empty()) return {};
  return Inserter(model, plan, analysis, rule).run(leaving);
}

void take_out(graph::Network& network, Plan& plan, std::span<const Restorer> restorers) {
  if (restorers.empty()) return;
  graph::Editor editor(network, plan.graph);
  std::set<std::string_view> factors;
  for (const Restorer& each : restorers) factors.insert(network.tensor(network.op(each.op).inputs[kFactor]).name);
  std::erase_if(plan.graph.added, [&](const graph::AddedConstant& added) { return factors.contains(added.name); });
  for (const Restorer& each : restorers) {
    const std::vector<graph::Use> readers(editor.consumers(each.fresh()).begin(), editor.consumers(each.fresh()).end());
    plan.forget_constants(each.op, kFactor, kFactor + 1);
    editor.remove(each.op);
    if (each.output) {
      const OperatorId maker = network.tensor(each.from).producer;
      editor.give(maker, network.tensor(each.from).output_slot, each.to);
    }
    for (const graph::Use& use : readers)
      if (use.op != each.op) editor.read(use.op, use.slot, each.old());
  }
  editor.finish();
}

const std::vector<bool>& Freeing::free_classes(RegionId id) {
  const auto [found, fresh] = by_region_.try_emplace(id);
  if (!fresh) return found->second;
  const Region& region = regions_[id];
  std::vector<bool> offered(region.classes, false), absorbed(region.classes, false);
  const auto mark = [&](std::vector<bool>& marked, TensorId tensor) {
    if (tensor == kNone || regions_.region_of(tensor) != id) return;
    for (const std::uint32_t each : regions_.classes(tensor)) marked[each] = true;
  };
  for (const OperatorId op : region.parents) mark(offered, analysis_.network->op(op).outputs[0]);
  for (const OperatorId op : region.children)
    if (!regions_.is_restoring(op))
      for (const TensorId input : analysis_.network->op(op).inputs) mark(absorbed, input);
  for (std::uint32_t i = 0; i < region.classes; ++i)
    found->second.push_back(offered[i] && absorbed[i] && !regions_.pinned(region, i));
  return found->second;
}

bool Freeing::frees(const Restorer& restorer) {
  const auto id = regions_.region_of(restorer.from);
  if (!id || !matches(*id)) return false;
  const std::vector<bool>& free = free_classes(*id);
  const auto classes = regions_.classes(restorer.from);
  return std::any_of(classes.begin(), classes.end(), [&](std::uint32_t each) { return free[each]; });
}

bool Freeing::matches(RegionId id) {
  const auto [found, fresh] = matching_.try_emplace(id, false);
  if (fresh) found->second = !pattern_.match(regions_, id);
  return found->second;
}

bool is_idle(const Restorer& restorer, const Plan& plan) {
  const Edit* edit = plan.edit(restorer.op, kFactor);
  return !edit || std::all_of(edit->factors.begin(), edit->factors.end(), [](const graph::Factor& factor) {
    return std::all_of(factor.values.begin(), factor.values.end(), [](double each) { return each == 1; });
  });
}

double elements_of(TensorId tensor, const graph::Network& network) {
  const graph::Shape& shape = network.tensor(tensor).shape;
  double count = 1;
  if (shape.known())
    for (const std::int64_t dim : shape.dims()) count *= static_cast<double>(std::max<std::int64_t>(dim, 1));
  return count;
}

RestoredElements restored_elements(std::span<const Restorer> restorers, const graph::Network& network) {
  RestoredElements result;
  for (const Restorer& each : restorers) result.restored += elements_of(each.to, network);
  for (TensorId tensor = 0; tensor < network.tensors().size(); ++tensor) {
    const graph::Tensor& info = network.tensor(tensor);
    if (info.producer != kNone && !info.constant && graph::floating(info.dtype))
      result.all += elements_of(tensor, network);
  }
  return result;
}

}  // namespace rw::runtime
