#include "runtime/certify/certificate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "runtime/certify/folded.hpp"
#include "runtime/certify/shifts.hpp"
#include "runtime/certify/unfolded.hpp"
#include "runtime/certify/views.hpp"
#include "runtime/laws/conditions.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/plan/scales.hpp"
#include "runtime/weights/bias.hpp"

namespace rw::runtime {
namespace {

class Certifier : public Carry {
 public:
  Certifier(const Analysis& analysis, const graph::Rewritten& rewritten, const ClaimedScales& claimed,
            const ClaimedScales& shifts)
      : analysis_(analysis),
        network_(*analysis.network),
        rewritten_(rewritten),
        claimed_(claimed),
        shifts_(analysis, rewritten, claimed, shifts),
        scaled_(rewritten.tensor_count()),
        edited_(rewritten.tensor_count()) {
    for (const graph::ConstantEdit& each : rewritten.rewriting().constants) edited_[each.tensor] = true;
  }

  Certificate run() {
    rewritten_.for_each_in_order([&](const graph::RewrittenOperator& op) {
      if (result_.why.empty()) visit(op);
    });
    if (!result_.why.empty()) return std::move(result_);
    for (TensorId tensor = 0; tensor < network_.tensors().size(); ++tensor) {
      std::string why = wrong(tensor);
      if (why.empty()) continue;
      result_.tensor = tensor;
      result_.why = std::move(why);
      return std::move(result_);
    }
    result_.holds = true;
    return std::move(result_);
  }

 private:
  // An operator that is inserted is looked at with the one behind it.
  void visit(const graph::RewrittenOperator& op) {
    if (op.id == kNone) return inserted_.push_back(op);
    op_ = op;
    ++result_.operators;
    if (!untouched()) {
      result_.why = step();
      if (!result_.why.empty()) result_.op = op.id;
    }
    inserted_.clear();
  }

  bool untouched() const {
    if (rewritten_.change(op_.id) || !inserted_.empty() || shifts_.any(op_.inputs)) return false;
    return std::none_of(op_.inputs.begin(), op_.inputs.end(),
                        [&](TensorId input) { return input != kNone && (scaled_[input] || edited_[input]); });
  }

  std::string step() {
    edits_.clear();
    replaced_.clear();
    moved_.reset();
    const Site site = analysis_.site(op_.id);
    if (op_.type != network_.type_of(op_.id)) return unfold(site);
    if (!inserted_.empty()) return fmt::format("operator '{}' is put in front of it", inserted_.front().name);
    std::string why = exchanged_inputs(site);
    if (why.empty()) why = moved_outputs(site);
    if (why.empty()) why = carry(site);
    return why.empty() ? shift(site) : why;
  }

  // What was taken out of its inputs, or is by its bias.
  std::string shift(const Site& site) {
    const bool folded = moved_ && moved_->folds(), replaced = replaced_.count(bias_slot(site)) != 0;
    if (!folded && !replaced && !shifts_.any(op_.inputs)) return {};
    std::string why;
    if (!folded && !replaced && !(site.form().linear && site.form().linear(site, why))) return shifts_.pass(site, op_);
    const bool merged = !folded && !replaced && rewritten_.rewriting().graph.originals.count(op_.id) != 0;
    return shifts_.linear(site, op_, moved_ ? &*moved_ : nullptr, scale(op_.outputs[0]), merged);
  }

  std::string carry(const Site& site) {
    if (!analysis_.holds(op_.id)) return only_ones(site, *this);
    const Law& law = analysis_.law(op_.id);
    std::string why = law.carry(site, *this);
    if (why.empty() || !law.handles) return why;
    // Perhaps the edits are told in other words than the law's.
    std::vector<Handle> handles;
    law.handles(site, handles);
    for (std::uint32_t slot = 0; slot < op_.inputs.size(); ++slot)
      if (const Edit* told = edit(slot))
        edits_[slot] =
            as_handles_see(*told, slot, handles, [&](const Handle& handle) { return asked_for(site, handle); });
    return law.carry(site, *this);
  }

  // What the scale of its input asks of a constant that follows it.
  std::vector<double> asked_for(const Site& site, const Handle& handle) const {
    const TensorId tensor = site.input(handle.activation);
    const AxisMask axes = analysis_.channels.has(tensor) ? analysis_.channels.axes(tensor) : AxisMask();
    const Scale& given = input(handle.activation);
    if (!axes.contains(given.axes) || handle.run != 1) return {};
    std::vector<double> values = spread(given, axes, site.shape(handle.activation));
    if (handle.inverse)
      for (double& each : values) each = 1 / each;
    return values;
  }

  // --- what it reads and gives

  std::string exchanged_inputs(const Site& site) {
    const std::size_t slots = std::max(site.input_count(), op_.inputs.size());
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
      const TensorId before = site.input(slot), now = slot < op_.inputs.size() ? op_.inputs[slot] : kNone;
      if (before != now && !may_read(site, slot, before, now))
        return fmt::format("its input {} would be {} instead of {}", slot, name(now), name(before));
    }
    return {};
  }

  bool may_read(const Site& site, std::uint32_t slot, TensorId before, TensorId now) {
    const auto constant = now == kNone ? std::nullopt : rewritten_.constant(now);
    if (!constant) return now != kNone && before != kNone && is_same(before, now);
    if (before != kNone && !network_.tensor(before).constant) return false;
    if (before != kNone && is_same(before, now)) return true;
    if (const auto copy = rewritten_.copy_of(now); copy && before != kNone)
      if (is_same(before, rewritten_.rewriting().copies[*copy].tensor)) return true;
    if (const Edit* undone = rewritten_.undone(op_.id, slot)) {
      edits_[slot] = *undone;
      return true;
    }
    replaced_.insert(slot);
    return slot == bias_slot(site);
  }

  std::string name(TensorId id) const { return id == kNone ? "none" : fmt::format("'{}'", rewritten_.name(id)); }

  // Where operators that are the identity are taken out, what they read is what they gave.
  bool is_same(TensorId before, TensorId now) const {
    while (before != now) {
      const OperatorId producer = network_.tensor(before).producer;
      if (producer == kNone || !rewritten_.removed(producer)) return false;
      const Site site = analysis_.site(producer);
      if (before != site.output() || !site.has(0) || !not_identity(site).empty()) return false;
      before = site.input(0);
    }
    return true;
  }

  // It may give what operators behind it gave that are taken out: the identity, or affine ones that were folded in.
  std::string moved_outputs(const Site& site) {
    const auto before = site.op().outputs;
    if (std::equal(before.begin(), before.end(), op_.outputs.begin(), op_.outputs.end())) return {};
    for (std::size_t slot = 0; slot < op_.outputs.size(); ++slot) {
      if (slot < before.size() && before[slot] == op_.outputs[slot]) continue;
      if (slot != 0 || before.empty()) return fmt::format("its output {} would be {}", slot, name(op_.outputs[slot]));
      std::string why;
      moved_ = follow_folds(analysis_, rewritten_, site, op_.outputs[0], why);
      if (!moved_) return why;
    }
    return {};
  }

  // --- operators in the place of a Clip

  std::string unfold(const Site& site) {
    if (!std::equal(site.op().outputs.begin(), site.op().outputs.end(), op_.outputs.begin(), op_.outputs.end()))
      return "it is replaced, and gives something else";
    const auto inputs = (inserted_.empty() ? op_ : inserted_.front()).inputs;
    const TensorId read = inputs.empty() ? kNone : inputs[0];
    if (!site.has(0) || read == kNone || !is_same(site.input(0), read))
      return fmt::format("{} takes its place, and reads another tensor", op_.type);
    if (shifts_.any(inputs)) return fmt::format("{} takes its place, and what it reads has less than before", op_.type);
    std::vector<graph::RewrittenOperator> limits = inserted_;
    limits.push_back(op_);
    std::string why = check_unfolded(site, rewritten_, limits, scale(read));
    if (why.empty()) output(0, scale(read));
    return why;
  }

  // --- Carry

  const Scale& scale(TensorId tensor) const {
    static const Scale one;
    return scaled_[tensor] ? scales_.find(tensor)->second : one;
  }
  const Scale& input(std::uint32_t slot) const override { return scale(op_.inputs[slot]); }

  const Edit* edit(std::uint32_t slot) const override {
    if (slot >= op_.inputs.size() || op_.inputs[slot] == kNone) return nullptr;
    if (const auto known = edits_.find(slot); known != edits_.end())
      return known->second.factors.empty() ? nullptr : &known->second;
    const auto constant = rewritten_.constant(op_.inputs[slot]);
    if (!constant || !constant->edit) return nullptr;
    const auto& factors = constant->edit->factors;
    const auto folded = [](const graph::Factor& factor) { return factor.folded; };
    if (std::none_of(factors.begin(), factors.end(), folded)) return factors.empty() ? nullptr : constant->edit;
    // What was folded in on the network already is no scale; else it must come out of what is taken out behind.
    Edit scales = rewritten_.rewriting().graph.originals.count(op_.id) != 0 ? without_folded(*constant->edit)
                                                                            : merged(*constant->edit);
    const Edit& kept = edits_[slot] = std::move(scales);
    return kept.factors.empty() ? nullptr : &kept;
  }
  bool replaced(std::uint32_t slot) const override { return replaced_.count(slot) != 0; }

  void output(std::uint32_t slot, Scale scale) override {
    if (slot >= op_.outputs.size() || op_.outputs[slot] == kNone) return;
    const TensorId tensor = op_.outputs[slot];
    if (slot == 0 && moved_) {
      const auto claimed = claimed_.find(tensor);
      scale = moved_->behind(std::move(scale), analysis_.site(op_.id).output_shape(),
                             claimed == claimed_.end() ? nullptr : &claimed->second);
    }
    scaled_[tensor] = !scale.is_one();
    if (scaled_[tensor]) scales_[tensor] = std::move(scale);
  }

  // --- what comes of it

  // Outputs of the network must be as they were, and statistics are scaled as the tensors were.
  std::string wrong(TensorId tensor) const {
    const Scale& scale = this->scale(tensor);
    const graph::Tensor& info = network_.tensor(tensor);
    if (info.is_output && !scale.is_one() && !near(*scale.values, std::vector<double>(scale.values->size(), 1.0)))
      return fmt::format("output '{}' of the network is scaled", info.name);
    if (std::string why = shifts_.wrong(tensor); !why.empty()) return why;
    const auto found = claimed_.find(tensor);
    const std::vector<double>* claimed = found == claimed_.end() ? nullptr : &found->second;
    if (claimed ? claimed->empty() : scale.is_one()) return {};
    if (!analysis_.channels.has(tensor)) return fmt::format("tensor '{}' is scaled but has no channels", info.name);
    const AxisMask axes = analysis_.channels.axes(tensor);
    const std::vector<double> ones(claimed ? 0 : analysis_.channels.count(tensor), 1.0),
        &expected = claimed ? *claimed : ones;
    const bool agrees = expected.size() == analysis_.channels.count(tensor) && axes.contains(scale.axes) &&
                        (scale.axes == axes && !scale.is_one() ? near(*scale.values, expected)
                                                               : near(spread(scale, axes, info.shape), expected));
    return agrees ? std::string() : fmt::format("tensor '{}' is not scaled as the plan says", info.name);
  }

  const Analysis& analysis_;
  const graph::Network& network_;
  const graph::Rewritten& rewritten_;
  const ClaimedScales& claimed_;
  Shifts shifts_;
  Certificate result_;
  std::vector<bool> scaled_, edited_;           // by tensor
  std::unordered_map<TensorId, Scale> scales_;  // of those that are: few of a large network
  // Of the operator that is looked at, what is inserted before it among it.
  graph::RewrittenOperator op_;
  std::vector<graph::RewrittenOperator> inserted_;
  mutable std::map<std::uint32_t, Edit> edits_;  // by slot, where they are not the constant's own
  std::set<std::uint32_t> replaced_;             // slots with another constant
  std::optional<FoldedBehind> moved_;
};

}  // namespace

Certificate certify(const Analysis& analysis, const graph::Rewritten& rewritten, const ClaimedScales& claimed,
                    const ClaimedScales& shifts) {
  return Certifier(analysis, rewritten, claimed, shifts).run();
}

}  // namespace rw::runtime
