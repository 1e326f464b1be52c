// y = a b: the scales multiply. Where one factor is pinned in every channel (a gate), the other has the scale of the
// output; of two factors that are both free the one that was made later is pinned. y = a / b likewise, where the
// divisor can be the gate only.
#include <fmt/format.h>

#include "graph/operators/user_forms.hpp"
#include "runtime/laws/conditions.hpp"
#include "runtime/laws/constants.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime::law_product {
namespace {

// Why the factor at `slot` cannot have the scale of the output.
std::string cannot_follow(const Site& site, std::uint32_t slot) {
  std::string why = channels_missing(site, site.input(slot));
  if (!why.empty()) return why;
  const auto axes = output_axes(site, slot, site.channels().axes(site.input(slot)));
  if (axes && site.channels().axes(site.output()).contains(*axes)) return {};
  return fmt::format("the channels of '{}' {} do not lie where those of its output {} do", site.tensor(slot).name,
                     to_string(site.shape(slot)), to_string(site.output_shape()));
}

}  // namespace

std::string condition(const Site& site) {
  if (site.input_count() != 2 || !site.is_activation(0) || !site.is_activation(1))
    return "it does not multiply two activations";
  if (site.input(0) == site.input(1)) return "it multiplies a tensor by itself";
  std::string why = channels_missing(site, site.output());
  if (!why.empty()) return why;
  why = cannot_follow(site, 0);
  return why.empty() || traits(site).divides ? why : cannot_follow(site, 1);
}

void tie(const Site& site, Tie& tie) {
  if (cannot_follow(site, 0).empty()) tie.waits(1, 0);
  if (!traits(site).divides && cannot_follow(site, 1).empty()) tie.waits(0, 1);
}

void tie_behind_gate(const Site& site, Tie& tie, std::uint32_t, std::uint32_t other) {
  tie.ties(other);
  tie.ties_output(0);
  tie_broadcast(site, tie, other);
}

std::string carry(const Site& site, Carry& carry) {
  if (site.input_count() != 2) return only_ones(site, carry);
  const graph::Shape shape = site.output_shape();
  std::vector<Scale> factors;
  for (std::uint32_t slot = 0; slot < 2; ++slot) {
    const bool activation = site.is_activation(slot);
    if (!activation && carry.edit(slot)) return fmt::format("its constant '{}' was edited", site.tensor(slot).name);
    Scale scale = activation ? carry.input(slot) : Scale{};
    const auto placed = scale.is_one() ? std::optional(AxisMask()) : output_axes(site, slot, scale.axes);
    if (!placed)
      return fmt::format("its input '{}' is scaled along an axis that does not come out", site.tensor(slot).name);
    scale.axes = *placed;
    factors.push_back(std::move(scale));
  }
  const AxisMask axes = factors[0].axes | factors[1].axes;
  std::vector<double> out = spread(factors[0], axes, shape);
  const std::vector<double> by = spread(factors[1], axes, shape);
  const bool divides = traits(site).divides;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = divides ? out[i] / by[i] : out[i] * by[i];
  carry.output(0, make_scale(axes, std::move(out), shape));
  return {};
}

}  // namespace rw::runtime::law_product

namespace rw::runtime {

extern const Law kProductLaw = {
    .name = "product",
    .help = "a factor pinned in every channel ties the other factor to the output",
    .ties_channels = true,
    .pins = "one of its factors must be pinned, so that the other passes",
    .form = graph::user_form_broadcast,
    .condition = law_product::condition,
    .tie = law_product::tie,
    .carry = law_product::carry,
    .tie_behind_gate = law_product::tie_behind_gate,
};

}  // namespace rw::runtime
