// y[.., m, n] = sum over k of a[.., m, k] b[.., k, n], both of them activations. Axis k is pinned on both sides. Where
// one operand is pinned in every channel (the weights of attention), the other has the scale of the output along its
// own axes.
#include <fmt/format.h>

#include "runtime/laws/conditions.hpp"
#include "runtime/laws/constants.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime::law_contract {
namespace {

// Both are known, and the axes of the operand are the last ones of the output.
bool lies_in_output(const Site& site, std::uint32_t slot) {
  const graph::Shape in = site.shape(slot), out = site.output_shape();
  return in.known() && out.known() && in.rank() >= 2 && in.rank() <= out.rank();
}

std::string cannot_follow(const Site& site, std::uint32_t slot) {
  std::string why = channels_missing(site, site.input(slot));
  if (!why.empty()) return why;
  if (!lies_in_output(site, slot))
    return fmt::format("'{}' {} is no matrix, or multiplied by none", site.tensor(slot).name,
                       to_string(site.shape(slot)));
  const auto axes = output_axes(site, slot, site.channels().axes(site.input(slot)));
  if (!axes)
    return fmt::format("the channels of '{}' {} lie on the axis that is summed over", site.tensor(slot).name,
                       to_string(site.shape(slot)));
  if (site.channels().axes(site.output()).contains(*axes)) return {};
  return fmt::format("the channels of '{}' {} do not lie where those of its output {} do", site.tensor(slot).name,
                     to_string(site.shape(slot)), to_string(site.output_shape()));
}

}  // namespace

std::string condition(const Site& site) {
  if (site.input_count() != 2 || !site.is_activation(0) || !site.is_activation(1))
    return "it does not multiply two activations";
  std::string why = channels_missing(site, site.output());
  if (!why.empty()) return why;
  const std::string first = cannot_follow(site, 0);
  return first.empty() || cannot_follow(site, 1).empty() ? std::string() : first;
}

void tie(const Site& site, Tie& tie) {
  if (site.input(0) == site.input(1)) return;
  for (std::uint32_t slot = 0; slot < 2; ++slot)
    if (cannot_follow(site, slot).empty()) tie.waits(1 - slot, slot);
}

void tie_behind_gate(const Site& site, Tie& tie, std::uint32_t, std::uint32_t other) {
  tie.ties(other);
  tie.ties_output(0);
  tie_broadcast(site, tie, other);
}

std::string carry(const Site& site, Carry& carry) {
  const graph::Shape shape = site.output_shape();
  Scale sides[2];
  for (std::uint32_t slot = 0; slot < 2; ++slot) {
    if (!site.has(slot) || site.is_constant(slot)) return only_ones(site, carry);
    const Scale& given = carry.input(slot);
    if (given.is_one()) continue;
    const graph::Shape in = site.shape(slot);
    if (!lies_in_output(site, slot)) return "the shape of its scaled input is not known";
    const int summed = slot == 0 ? in.rank() - 1 : in.rank() - 2, shift = shape.rank() - in.rank();
    if (given.axes.contains(summed))
      return fmt::format("its input '{}' is scaled along the axis that is summed over", site.tensor(slot).name);
    sides[slot] = {given.axes.moved(shift), given.values};
  }
  const AxisMask axes = sides[0].axes | sides[1].axes;
  std::vector<double> out = spread(sides[0], axes, shape);
  const std::vector<double> by = spread(sides[1], axes, shape);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] *= by[i];
  carry.output(0, make_scale(axes, std::move(out), shape));
  return {};
}

}  // namespace rw::runtime::law_contract

namespace rw::runtime {

extern const Law kContractLaw = {
    .name = "contract",
    .help = "the axis that is summed over is pinned; an operand passes to the output where the other is pinned",
    .ties_channels = true,
    .pins = "it sums over channels, or one of its operands must be pinned, so that the other passes",
    .condition = law_contract::condition,
    .tie = law_contract::tie,
    .carry = law_contract::carry,
    .tie_behind_gate = law_contract::tie_behind_gate,
};

}  // namespace rw::runtime
