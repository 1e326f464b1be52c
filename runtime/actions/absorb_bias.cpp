// absorb_bias(p, c): a part c >= 0 of what the parents give is taken out of their bias and put into the bias of the
// children behind the activation:
//   W2 f(W1 x + b1) + b2 = W2 f(W1 x + b1 - c) + (b2 + W2 c)   where f(y - c) = f(y) - c.
// That holds for every y where f moves elements or takes their mean or maximum, and for y >= c where it is a Relu. So
// it is exact where no activation stands in between, and else on those inputs alone that leave every channel at or
// above c: approximate. Children that pad would read 0 where c is missing now: they are refused. M. Nagel et al.,
// "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019, section 4.1.3.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "graph/base/error.hpp"
#include "graph/values/elements.hpp"
#include "runtime/actions/action.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/plan/scales.hpp"
#include "runtime/weights/bias.hpp"

namespace rw::runtime {
namespace {

constexpr std::array kAbsorbBiasArguments = {dsl::ArgumentForm::parents, dsl::ArgumentForm::number_per_channel};

// --- parents and children

// Why its bias cannot take a number for each channel of its output; empty: it can.
std::string without_bias(const Site& site) {
  const std::uint32_t slot = bias_slot(site);
  if (slot == kNone) return fmt::format("{} has no bias", site.form().op);
  if (site.op().nested()) return fmt::format("{} stands in a nested network, which is not edited", site.form().op);
  const graph::Shape bias = site.shape(slot);  // of Gemm: broadcast to [rows, channels]
  const std::int64_t channels = site.channels().count(site.output());
  const bool for_channels = bias.count() == channels && bias.rank() > 0 && bias[bias.rank() - 1] == channels;
  if (site.has(slot) && bias.count() != 1 && !for_channels)
    return fmt::format("{} has a bias for each row", site.form().op);
  if (site.number("alpha", 1) != 1 || site.number("beta", 1) != 1)
    return fmt::format("{} weighs its bias", site.form().op);
  return {};
}

std::string unfit_child(const Site& site) {
  if (!traits(site).sums_evenly) return fmt::format("{} does not sum evenly over its weights", site.form().op);
  if (pads_with_zeros(site)) return fmt::format("{} pads with zeros, from which nothing can be taken", site.form().op);
  return without_bias(site);
}

// Why nothing can be taken out of the region, or how well it can be.
struct Judgement {
  std::string refused;
  bool approximate = false;
};

Judgement judge(const BoundRegion& view) {
  const Region& region = view.region();
  Judgement judgement;
  for (const OperatorId op : region.inner) {
    const Site site = view.analysis().site(op);
    const auto difference = traits(site).difference;
    const Difference how = difference ? difference(site) : Difference::changes;
    if (how == Difference::changes) return {fmt::format("{} does not pass a difference", site.form().op)};
    judgement.approximate |= how == Difference::passes_above;
  }
  for (const OperatorId op : region.parents)
    if (std::string why = without_bias(view.analysis().site(op)); !why.empty()) return {std::move(why)};
  for (const OperatorId op : region.children)
    if (std::string why = unfit_child(view.analysis().site(op)); !why.empty()) return {std::move(why)};
  return judgement;
}

// What is asked to be taken from each class, in its units of now; 0 for pinned classes.
std::vector<double> asked_shifts(ActionContext& context, const dsl::Step& step) {
  const BoundRegion& view = context.view;
  const Family& parents = view.family(step.arguments[0].binding);
  const auto asked = context.evaluator.over_channels(context.evaluator.value(step.arguments[1].expr), parents);
  std::vector<double> shifts(view.region().classes, 0.0);
  std::vector<bool> seen(shifts.size(), false);
  for (std::size_t i = 0; i < parents.classes.size(); ++i) {
    const std::uint32_t scale_class = parents.classes[i];
    if (view.regions().pinned(view.region(), scale_class)) continue;
    const auto fail = [&](const char* what) {
      throw graph::Error("", fmt::format("rule '{}'", context.formulas.rule().name),
                         fmt::format("asks to absorb {}: {}", asked[i], what));
    };
    if (!std::isfinite(asked[i]) || asked[i] < 0) fail("it must be finite and >= 0");
    if (seen[scale_class] && !near(asked[i], shifts[scale_class]))
      fail("channels that share one scale must ask the same");
    seen[scale_class] = true;
    shifts[scale_class] = asked[i];
  }
  return shifts;
}

// Along the channels of a tensor of the region, in the units of the model as it was read.
std::vector<double> along(const ActionContext& context, TensorId tensor, const std::vector<double>& shifts) {
  std::vector<double> values;
  for (const std::uint32_t scale_class : context.view.regions().classes(tensor)) values.push_back(shifts[scale_class]);
  if (const auto* scale = context.plan.scale_of(tensor))
    for (std::size_t i = 0; i < values.size(); ++i) values[i] /= (*scale)[i];
  return values;
}

// The place of an element of a view along some of its axes.
class Place {
 public:
  Place(const graph::View& view, graph::AxisMask axes) : strides_(static_cast<std::size_t>(view.rank), 0) {
    for (int axis = view.rank - 1; axis >= 0; --axis)
      if (axes.contains(axis))
        strides_[static_cast<std::size_t>(axis)] =
            std::exchange(count_, count_ * static_cast<std::size_t>(view.dims[static_cast<std::size_t>(axis)]));
  }
  std::size_t count() const { return count_; }
  std::size_t of(std::span<const std::size_t> position) const {
    std::size_t place = 0;
    for (std::size_t axis = 0; axis < position.size(); ++axis) place += position[axis] * strides_[axis];
    return place;
  }

 private:
  std::vector<std::size_t> strides_;
  std::size_t count_ = 1;
};

// W c, for each output channel: the sum over the kernel and the input channels, of the weights with what was folded
// into them.
std::vector<double> product_of(const Site& site, const Plan& plan, const std::vector<double>& c) {
  std::string why;
  const auto linear = site.form().linear(site, why);
  const graph::View& view = linear->view;
  const Place in(view, linear->in_axes), out(view, linear->out_axes);
  std::vector<std::pair<Place, const graph::Factor*>> folded;
  if (const Edit* edit = plan.edit(site.id(), linear->weight))
    for (const graph::Factor& each : edit->factors)
      if (each.folded) folded.emplace_back(Place(view, each.axes), &each);
  std::vector<double> sums(out.count(), 0.0);
  std::vector<std::size_t> position(static_cast<std::size_t>(view.rank));
  graph::for_each_element(*site.tensor(linear->weight).constant, [&](std::size_t i, double value) {
    for (std::size_t axis = position.size(); axis-- > 0;) {
      const auto size = static_cast<std::size_t>(view.dims[axis]);
      position[axis] = i % size;
      i /= size;
    }
    for (const auto& [place, factor] : folded) value *= factor->values[place.of(position)];
    sums[out.of(position)] += value * c[in.of(position)];
  });
  return sums;
}

Effect absorb_bias(ActionContext& context, const dsl::Step& step) {
  const BoundRegion& view = context.view;
  const Judgement judgement = judge(view);
  Effect effect;
  effect.refused = judgement.refused;
  if (!effect.refused.empty()) return effect;
  const std::vector<double> shifts = asked_shifts(context, step);
  effect.channels =
      static_cast<std::uint32_t>(std::count_if(shifts.begin(), shifts.end(), [](double each) { return each != 0; }));
  if (effect.channels == 0) {
    effect.refused = "there is nothing to absorb";
    return effect;
  }
  effect.scales = false;
  if (judgement.approximate) effect.approximate = "bias absorbed through an activation";
  for (const OperatorId op : view.region().parents) {
    std::vector<double> taken = along(context, view.analysis().site(op).output(), shifts);
    for (double& each : taken) each = -each;
    context.plan.add_bias(op, taken);
  }
  for (const OperatorId op : view.region().children) {
    const Site site = view.analysis().site(op);
    context.plan.add_bias(op, product_of(site, context.plan, along(context, site.input(0), shifts)));
  }
  for (const TensorId tensor : view.region().tensors) context.plan.shift(tensor, along(context, tensor, shifts));
  return effect;
}

}  // namespace

extern const Action kAbsorbBiasAction = {
    .name = "absorb_bias",
    .arguments = kAbsorbBiasArguments,
    .help =
        "moves part of the parents' bias into the children's: exact where no activation lies between, else approximate",
    .run = absorb_bias,
};

}  // namespace rw::runtime
