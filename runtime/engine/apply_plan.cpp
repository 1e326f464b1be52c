#include "runtime/engine/apply_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "graph/base/error.hpp"
#include "graph/free_names.hpp"
#include "graph/rewritten.hpp"
#include "graph/values/elements.hpp"
#include "graph/values/scale.hpp"
#include "runtime/laws/clip_bounds.hpp"
#include "runtime/weights/bias.hpp"
#include "runtime/weights/constant.hpp"

namespace rw::runtime {
namespace {

bool is_one(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double each) { return each == 1.0; });
}

bool changes(const Edit* edit) {
  return edit && !std::all_of(edit->factors.begin(), edit->factors.end(),
                              [](const graph::Factor& factor) { return is_one(factor.values); });
}

bool same(const Edit& a, const Edit& b) {
  return a.shape == b.shape && a.view == b.view &&
         std::equal(a.factors.begin(), a.factors.end(), b.factors.begin(), b.factors.end(),
                    [](const graph::Factor& x, const graph::Factor& y) {
                      return x.axes == y.axes && x.values == y.values && x.folded == y.folded;
                    });
}

class Applier {
 public:
  Applier(const Analysis& analysis, const Plan& plan)
      : analysis_(analysis), network_(*analysis.network), plan_(plan), names_(network_) {
    result_.graph = plan.graph;
  }

  graph::Rewriting run() {
    std::set<TensorId> edited;  // in the order of the file
    std::set<OperatorId> clips;
    for (const auto& [key, edit] : plan_.edits()) {
      if (!changes(&edit)) continue;
      const auto op = static_cast<OperatorId>(key >> 32U);
      const auto slot = static_cast<std::uint32_t>(key);
      if (is_bounded(op))
        clips.insert(op);
      else if (!has_new_bias(op, slot) &&
               slot < network_.op(op).inputs.size())  // else: a bound of a Clip that became another operator
        edited.insert(network_.op(op).inputs[slot]);
    }
    for (const TensorId tensor : edited) rewrite(tensor);
    for (const OperatorId op : clips) unfold(op);
    for (const auto& [op, added] : plan_.added_biases()) give_bias(op);
    return std::move(result_);
  }

 private:
  bool has_new_bias(OperatorId op, std::uint32_t slot) const {
    return slot == bias_slot(analysis_.site(op)) && plan_.added_bias(op);
  }
  bool is_bounded(OperatorId op) const { return analysis_.law(op).unfolds; }

  // Users with equal edits share one tensor. The tensor itself changes where all of its users change it; who wants it
  // otherwise reads a copy, one on each side of the border of a nested network, across which names do not reach.
  void rewrite(TensorId tensor) {
    struct Version {
      const Edit* edit;
      std::vector<graph::Use> uses;
    };
    std::vector<Version> versions;
    bool kept =
        network_.tensor(tensor).is_output || network_.tensor(tensor).producer != kNone;  // somebody needs it unchanged
    for (const graph::Use& use : network_.consumers(tensor)) {
      const Edit* edit = plan_.edit(use.op, use.slot);
      if (!changes(edit) || is_bounded(use.op) || has_new_bias(use.op, use.slot)) {
        kept = true;
        continue;
      }
      const auto found =
          std::find_if(versions.begin(), versions.end(), [&](const Version& each) { return same(*each.edit, *edit); });
      if (found == versions.end())
        versions.push_back({edit, {use}});
      else
        found->uses.push_back(use);
    }
    for (std::size_t i = 0; i < versions.size(); ++i) {
      if (i == 0 && !kept) {
        result_.constants.push_back({tensor, *versions[i].edit});
        continue;
      }
      std::map<std::uint32_t, std::size_t> copies;  // by subgraph
      for (const graph::Use& use : versions[i].uses) {
        const auto [copy, fresh] = copies.emplace(network_.op(use.op).subgraph, result_.copies.size());
        if (fresh)
          result_.copies.push_back({own_name(network_.tensor(tensor).name, use.op), tensor, *versions[i].edit});
        result_.rebindings.push_back({use.op, use.slot, copy->second});
      }
    }
  }

  // Clip(x, a, b) = Min(Max(x, a), b), with bounds for each channel; Max(x, 0) is Relu. The last of them takes the
  // operator's place.
  void unfold(OperatorId op) {
    const Site site = analysis_.site(op);
    std::string value(site.tensor(0).name);
    const std::vector<Limit> limits = limits_of(site);
    for (const Limit& each : limits) {
      if (&each != &limits.back()) {
        const std::string name = names_.make(fmt::format("{}.{}", site.op().name, each.type));
        result_.graph.inserted.push_back({op, each.type, name, each.inputs(value), {name}});
        value = name;
        continue;
      }
      result_.graph.replacements.push_back({op, each.type});
      const std::vector<std::string> inputs = each.inputs(value);
      for (std::uint32_t slot = 0; slot < inputs.size(); ++slot)
        result_.graph.inputs.push_back({op, slot, inputs[slot]});
    }
  }

  // One operator in the place of a Clip: Relu, Max or Min with a constant, or Clip with two.
  struct Limit {
    std::string type;
    std::vector<std::string> constants;
    double least = 0, most = 0;  // of its bounds
    std::vector<std::string> inputs(const std::string& value) const {
      std::vector<std::string> all = {value};
      all.insert(all.end(), constants.begin(), constants.end());
      return all;
    }
  };

  std::vector<Limit> limits_of(const Site& site) {
    const ClipBounds bounds = clip_bounds(site);
    std::vector<Handle> handles;
    analysis_.law(site.id()).handles(site, handles);
    std::vector<Limit> limits;
    // Where both bounds are inputs a Clip stays in front, with the widest of them: what is behind a layer is clipped
    // to these before a quantizer chooses a step, and has the range that the channels have behind.
    if (site.has(bounds.low.slot) && site.has(bounds.high.slot) && !bounds.low.none() && !bounds.high.none()) {
      const Limit low = limit(site, "Max", bounds.low, handles), high = limit(site, "Min", bounds.high, handles);
      if (low.least <= high.most) {
        limits.push_back({"Clip", {widest(site, bounds.low, low.least), widest(site, bounds.high, high.most)}});
        if (bounds.low.moves()) limits.push_back(low);
        if (bounds.high.moves()) limits.push_back(high);
        return limits;
      }
      return {low, high};
    }
    if (!bounds.low.none()) limits.push_back(limit(site, bounds.low.value == 0 ? "Relu" : "Max", bounds.low, handles));
    if (!bounds.high.none()) limits.push_back(limit(site, "Min", bounds.high, handles));
    return limits;
  }

  // The constant of a bound that all channels have.
  std::string widest(const Site& site, const ClipBound& bound, double value) {
    const graph::Tensor& tensor = site.tensor(bound.slot);
    if (!bound.moves()) return std::string(tensor.name);
    const std::string name = names_.make(fmt::format("{}.{}", site.op().name, bound.attribute));
    const std::array<double, 1> values = {value};
    add(name, tensor.dtype, {}, graph::from_double(values, tensor.dtype));
    return name;
  }

  Limit limit(const Site& site, std::string type, const ClipBound& bound, const std::vector<Handle>& handles) {
    if (type == "Relu") return {std::move(type), {}};
    const auto moving =
        std::find_if(handles.begin(), handles.end(), [&](const Handle& each) { return each.slot == bound.slot; });
    const bool is_input = site.has(bound.slot);
    if (moving == handles.end() && is_input)  // 0, which any scale leaves as it is
      return {std::move(type), {std::string(site.tensor(bound.slot).name)}};
    const Handle handle = moving != handles.end() ? *moving : Handle{.slot = bound.slot, .attribute = bound.value};
    const Constant constant(site, handle);
    const std::string name = is_input ? own_name(constant.tensor().name, site.id())
                                      : names_.make(fmt::format("{}.{}", site.op().name, bound.attribute));
    const Edit* edit = plan_.edit(site.id(), bound.slot);
    add(name, constant, edit ? *edit : Edit{.shape = handle.shape, .view = handle.view, .factors = {}});
    Limit limit{std::move(type), {name}, INFINITY, -INFINITY};
    graph::for_each_element(result_.graph.added.back().value, [&](std::size_t, double value) {
      limit.least = std::min(limit.least, value);
      limit.most = std::max(limit.most, value);
    });
    return limit;
  }

  void add(const std::string& name, const Constant& constant, const Edit& edit) {
    add(name, constant.literal().dtype, edit.shape,
        graph::Scaler(constant.literal(), edit, constant.tensor().name).result());
  }

  void add(const std::string& name, graph::DType dtype, std::span<const std::int64_t> shape,
           std::span<const std::byte> bytes) {
    result_.graph.added.push_back(
        {name, {dtype, graph::Shape(analysis_.arena->store(shape)), analysis_.arena->store(bytes)}});
  }

  // The bias with what was added to it, a constant of its own.
  void give_bias(OperatorId op) {
    const Site site = analysis_.site(op);
    const std::uint32_t slot = bias_slot(site);
    const std::string name =
        site.has(slot) ? own_name(site.tensor(slot).name, op) : names_.make(fmt::format("{}.bias", site.op().name));
    const graph::DType dtype = site.tensor(1).dtype;
    const std::vector<double> bias = bias_of(site, plan_);
    const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(bias.size())};
    const std::vector<std::byte> bytes = graph::from_double(bias, dtype);
    graph::for_each_element({dtype, graph::Shape(shape), bytes}, [&](std::size_t i, double value) {
      if (!std::isfinite(value))
        throw graph::Error("", fmt::format("tensor '{}'", name), fmt::format("a bias becomes {}", bias[i]));
    });
    add(name, dtype, shape, bytes);
    result_.graph.inputs.push_back({op, slot, name});
  }

  std::string own_name(std::string_view tensor, OperatorId op) {
    const std::string_view prefix = network_.prefix(network_.op(op).subgraph);
    return names_.make(fmt::format("{}{}@{}", tensor.starts_with(prefix) ? "" : prefix, tensor, network_.op(op).name));
  }

  const Analysis& analysis_;
  const graph::Network& network_;
  const Plan& plan_;
  graph::FreeNames names_;
  graph::Rewriting result_;
};

}  // namespace

graph::Rewriting apply_plan(const Analysis& analysis, const Plan& plan, const graph::Statistics& all,
                            const graph::Statistics& used) {
  graph::Rewriting result = Applier(analysis, plan).run();
  const graph::Rewritten rewritten(*analysis.network, result);
  for (const graph::Statistic& entry : all.entries()) {
    if (entry.tensor == kNone) continue;
    if (!rewritten.gives(entry.tensor)) {  // it is gone with the operator that gave it
      result.statistics.push_back({entry.tensor, {}});
      continue;
    }
    const std::vector<double>*scale = plan.scale_of(entry.tensor), *shift = plan.shift_of(entry.tensor);
    if ((!scale || is_one(*scale)) && !shift) continue;
    graph::StatisticEdit edit{entry.tensor, {}};
    // Channels on two axes have one range together; afterwards there is no axis along which each could have its own.
    const bool one_axis = analysis.channels.axes(entry.tensor).count() <= 1;
    if (const graph::Statistic* counted = used.find(entry.tensor); counted && (one_axis || !entry.whole)) {
      edit.axis = counted->axis;
      if (scale) edit.scale = *scale;
      if (shift) edit.shift = *shift;
      if (!scale) edit.scale.assign(edit.shift.size(), 1.0);
    }
    result.statistics.push_back(std::move(edit));
  }
  return result;
}

}  // namespace rw::runtime
