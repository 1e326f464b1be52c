#include "runtime/certify/certificate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "runtime/laws/conditions.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime {
namespace {

class Certifier : public Carry {
 public:
  Certifier(const Analysis& analysis, const Plan& plan)
      : analysis_(analysis), network_(*analysis.network), plan_(plan), scaled_(network_.tensors().size()) {}

  Certificate run() {
    Certificate result;
    for (const OperatorId op : network_.order()) {
      op_ = op;
      ++result.operators;
      if (untouched()) continue;
      const Site site = analysis_.site(op);
      std::string why = analysis_.holds(op) ? analysis_.law(op).carry(site, *this) : only_ones(site, *this);
      if (!why.empty()) {
        result.op = op;
        result.why = std::move(why);
        return result;
      }
    }
    for (TensorId tensor = 0; tensor < scaled_.size(); ++tensor) {
      std::string why = wrong(tensor);
      if (why.empty()) continue;
      result.tensor = tensor;
      result.why = std::move(why);
      return result;
    }
    result.holds = true;
    return result;
  }

 private:
  const Scale& scale(TensorId tensor) const {
    static const Scale one;
    return scaled_[tensor] ? scales_.find(tensor)->second : one;
  }
  const Scale& input(std::uint32_t slot) const override { return scale(network_.op(op_).inputs[slot]); }
  const Edit* edit(std::uint32_t slot) const override {
    const Edit* edit = plan_.edit(op_, slot);
    if (!edit) return nullptr;
    const auto folded = [](const graph::Factor& factor) { return factor.folded; };
    if (std::none_of(edit->factors.begin(), edit->factors.end(), folded)) return edit->factors.empty() ? nullptr : edit;
    Edit& scales = scales_of_[slot] = *edit;  // what is folded is no scale
    std::erase_if(scales.factors, folded);
    return scales.factors.empty() ? nullptr : &scales;
  }
  void output(std::uint32_t slot, Scale scale) override {
    const TensorId tensor = network_.op(op_).outputs[slot];
    scaled_[tensor] = !scale.is_one();
    if (scaled_[tensor]) scales_[tensor] = std::move(scale);
  }

  bool untouched() const {
    const graph::Operator& op = network_.op(op_);
    for (std::uint32_t slot = 0; slot < op.inputs.size(); ++slot) {
      const TensorId input = op.inputs[slot];
      if (input == kNone) continue;
      if (scaled_[input]) return false;
      if (network_.tensor(input).constant && edit(slot)) return false;
    }
    return true;
  }

  // Outputs of the network must be as they were, and the plan must scale statistics as the tensors were scaled.
  std::string wrong(TensorId tensor) const {
    const Scale& scale = this->scale(tensor);
    const graph::Tensor& info = network_.tensor(tensor);
    if (info.is_output && !scale.is_one() && !near(*scale.values, std::vector<double>(scale.values->size(), 1.0)))
      return fmt::format("output '{}' of the network is scaled", info.name);
    const std::vector<double>* planned = plan_.scale_of(tensor);
    if (!planned && scale.is_one()) return {};
    if (!analysis_.channels.has(tensor)) return fmt::format("tensor '{}' is scaled but has no channels", info.name);
    const AxisMask axes = analysis_.channels.axes(tensor);
    const std::vector<double> ones(planned ? 0 : analysis_.channels.count(tensor), 1.0),
        &expected = planned ? *planned : ones;
    const bool agrees = axes.contains(scale.axes) &&
                        (scale.axes == axes && !scale.is_one() ? near(*scale.values, expected)
                                                               : near(spread(scale, axes, info.shape), expected));
    return agrees ? std::string() : fmt::format("tensor '{}' is not scaled as the plan says", info.name);
  }

  const Analysis& analysis_;
  const graph::Network& network_;
  const Plan& plan_;
  std::vector<bool> scaled_;                    // by tensor
  std::unordered_map<TensorId, Scale> scales_;  // of those that are: few of a large network
  OperatorId op_ = 0;
  mutable std::map<std::uint32_t, Edit> scales_of_;  // by slot: edits without what is folded
};

}  // namespace

Certificate certify(const Analysis& analysis, const Plan& plan) { return Certifier(analysis, plan).run(); }

}  // namespace rw::runtime
