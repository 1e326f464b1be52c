// f(s a, s b, ...) = s f(a, b, ...) for s > 0: sums, differences, maxima. All operands have one scale. An operand that
// has one element where others have several channels ties those channels; a constant operand is scaled along.
#include <fmt/format.h>

#include "graph/operators/user_forms.hpp"
#include "runtime/laws/conditions.hpp"
#include "runtime/laws/constants.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime {
namespace {

// Row-major counters over the channel axes of the output: for each output channel the channel of an operand that meets
// it, the operand's channels lying on `axes` of the output.
std::vector<std::uint32_t> operand_channels(const graph::Shape& out, AxisMask out_axes, AxisMask axes) {
  Scale count;
  std::vector<double> numbers(static_cast<std::size_t>(elements(axes, out)));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<double>(i);
  count.axes = axes;
  count.values = std::make_shared<const std::vector<double>>(std::move(numbers));
  const std::vector<double> met = spread(count, out_axes, out);
  return {met.begin(), met.end()};
}

AxisMask on_output(const Site& site, std::uint32_t slot) {
  return output_axes(site, slot, site.channels().axes(site.input(slot))).value_or(AxisMask());
}

}  // namespace

void tie_broadcast(const Site& site, Tie& tie, std::uint32_t slot) {
  const TensorId in = site.input(slot), out = site.output();
  if (site.channels().count(in) == site.channels().count(out)) return tie.same(in, out);
  const auto met = operand_channels(site.output_shape(), site.channels().axes(out), on_output(site, slot));
  for (std::uint32_t channel = 0; channel < met.size(); ++channel) tie.link(in, met[channel], 0, out, channel, 0, 1);
}

namespace law_join {

std::string condition(const Site& site) {
  if (site.activation_count() == 0) return "all of its inputs are constants";
  std::string why = channels_missing(site, site.output());
  if (why.empty()) why = operator_condition(site);
  const AxisMask out_axes = site.output() == kNone ? AxisMask() : site.channels().axes(site.output());
  for (std::uint32_t slot = 0; why.empty() && slot < site.input_count(); ++slot) {
    if (site.is_constant(slot) && !graph::floating(site.tensor(slot).dtype)) {
      if (!traits(site).reads_condition || slot != 0)
        why = fmt::format("its constant '{}' is {}", site.tensor(slot).name, name(site.tensor(slot).dtype));
    }
    if (!site.is_activation(slot)) continue;
    why = channels_missing(site, site.input(slot));
    if (!why.empty()) break;
    const auto axes = output_axes(site, slot, site.channels().axes(site.input(slot)));
    if (!axes || !out_axes.contains(*axes))
      why = fmt::format("the channels of '{}' {} do not lie where those of its output {} do", site.tensor(slot).name,
                        to_string(site.shape(slot)), to_string(site.output_shape()));
  }
  return why;
}

void tie(const Site& site, Tie& tie) {
  tie.ties_output(0);
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot) {
    if (!site.is_activation(slot)) continue;
    tie.ties(slot);
    tie_broadcast(site, tie, slot);
  }
}

void handles(const Site& site, std::vector<Handle>& handles) {
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot)
    if (site.is_constant(slot) && graph::floating(site.tensor(slot).dtype))
      handles.push_back(broadcast_handle(site, slot, site.output_shape(), site.channels().axes(site.output())));
}

std::string carry(const Site& site, Carry& carry) {
  const graph::Shape shape = site.output_shape();
  std::vector<std::pair<std::uint32_t, Scale>> operands;
  AxisMask axes;
  bool scaled = false;
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot) {
    const bool activation = site.is_activation(slot);
    if (!activation && !(site.is_constant(slot) && graph::floating(site.tensor(slot).dtype))) continue;
    Scale scale;
    if (activation) {
      scale = carry.input(slot);
      const auto placed = scale.is_one() ? std::optional(AxisMask()) : output_axes(site, slot, scale.axes);
      if (!placed)
        return fmt::format("its input '{}' is scaled along an axis that does not come out", site.tensor(slot).name);
      scale.axes = *placed;
    } else {
      const auto edited = broadcast_scale(carry.edit(slot), shape);
      if (!edited) return fmt::format("its constant '{}' was not edited along the channels", site.tensor(slot).name);
      scale = *edited;
    }
    axes |= scale.axes;
    scaled |= !scale.is_one();
    operands.emplace_back(slot, std::move(scale));
  }
  if (!scaled) return {};
  const std::vector<double> first = spread(operands.front().second, axes, shape);
  for (const auto& [slot, scale] : operands)
    if (!near(spread(scale, axes, shape), first))
      return fmt::format("its inputs '{}' and '{}' have different scales", site.tensor(operands.front().first).name,
                         site.tensor(slot).name);
  carry.output(0, make_scale(axes, first, shape));
  return {};
}

}  // namespace law_join

extern const Law kJoinLaw = {
    .name = "join",
    .help = "all activations have the scale of the output; constant operands are scaled along",
    .ties_channels = true,
    .joins = true,
    .elementwise = true,
    .claim = Claim::of_several,
    .form = graph::user_form_broadcast,
    .condition = law_join::condition,
    .tie = law_join::tie,
    .handles = law_join::handles,
    .carry = law_join::carry,
};
}  // namespace rw::runtime
