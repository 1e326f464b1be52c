// f(s x) = s f(x) for s > 0, every channel for itself.
#include <fmt/format.h>

#include "graph/operators/user_forms.hpp"
#include "runtime/laws/conditions.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime::law_pass {

std::string condition(const Site& site) {
  std::string why = first_missing(site, 0);
  if (!why.empty()) return why;
  why = operator_condition(site);
  if (!why.empty()) return why;
  for (std::uint32_t slot = 1; slot < site.input_count(); ++slot)
    if (site.is_activation(slot) && !traits(site).reads_further)
      return fmt::format("its input '{}' is no constant", site.tensor(slot).name);
  const auto axes = output_axes(site, 0, site.channels().axes(site.input(0)));
  const TensorId in = site.input(0), out = site.output();
  if (!axes || *axes != site.channels().axes(out) || site.channels().count(in) != site.channels().count(out))
    return fmt::format("the channels of '{}' {} do not come out one by one in '{}' {}", site.tensor(0).name,
                       to_string(site.shape(0)), site.network().tensor(out).name, to_string(site.output_shape()));
  return {};
}

void tie(const Site& site, Tie& tie) {
  tie.ties(0);
  tie.ties_output(0);
  tie.same(site.input(0), site.output());
}

std::string carry(const Site& site, Carry& carry) {
  for (std::uint32_t slot = 1; slot < site.input_count(); ++slot)
    if (carry.edit(slot) || (site.is_activation(slot) && !carry.input(slot).is_one()))
      return fmt::format("its input '{}' was scaled", site.tensor(slot).name);
  const Scale& given = carry.input(0);
  if (given.is_one()) return {};
  const auto axes = output_axes(site, 0, given.axes);
  if (!axes || elements(*axes, site.output_shape()) != static_cast<std::int64_t>(given.values->size()))
    return "the scaled axis of its input does not come out";
  carry.output(0, {*axes, given.values});
  return {};
}

}  // namespace rw::runtime::law_pass

namespace rw::runtime {

extern const Law kPassLaw = {
    .name = "pass",
    .help = "output = input, channel by channel",
    .ties_channels = true,
    .says_elementwise = true,
    .claim = Claim::of_one_activation,
    .form = graph::user_form_same,
    .condition = law_pass::condition,
    .tie = law_pass::tie,
    .carry = law_pass::carry,
};

}  // namespace rw::runtime
