// y = f (x - mean) / sqrt(variance + epsilon) + b over values of x that the operator gathers itself: x is pinned, and
// any scale comes out where f' = s f and b' = s b. f and b stand along the normalized axes (LayerNormalization,
// RMSNormalization), along the channels (InstanceNormalization, GroupNormalization), or one for each group.
#include <fmt/format.h>

#include "runtime/laws/conditions.hpp"
#include "runtime/laws/constants.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime::law_normalize {
namespace {

bool along_second(const Site& site) { return traits(site).weighs_second; }

// Channels in a row that have one element of f and b; 0: they do not fit.
std::uint32_t group_size(const Site& site, std::uint32_t slot) {
  const graph::Shape constant = site.shape(slot), out = site.output_shape();
  if (constant.rank() != 1 || constant[0] <= 0 || out.rank() < 2 || out[1] <= 0 || out[1] % constant[0] != 0) return 0;
  const bool fits = constant[0] == out[1] || constant[0] == site.integer("num_groups");
  return fits ? static_cast<std::uint32_t>(out[1] / constant[0]) : 0;
}

std::vector<std::uint32_t> constants_of(const graph::Affine& affine) {
  std::vector<std::uint32_t> slots = {affine.factor};
  if (affine.bias) slots.push_back(*affine.bias);
  return slots;
}

// f and b have the shape of the normalized axes: they cannot be expanded, and all channels must lie there.
std::string misplaced_last(const Site& site, std::uint32_t slot) {
  const graph::Shape constant = site.shape(slot), out = site.output_shape();
  const auto axis = out.axis(site.integer("axis", -1));
  if (!axis) return fmt::format("axis = {} is none of {}", site.integer("axis", -1), to_string(out));
  bool fits = constant.rank() == out.rank() - *axis;
  for (int i = 0; fits && i < constant.rank(); ++i) fits = constant[i] == out[*axis + i];
  if (fits && AxisMask::range(*axis, out.rank()).contains(site.channels().axes(site.output()))) return {};
  return fmt::format("'{}' {} does not stand along the channels of {}", site.tensor(slot).name, to_string(constant),
                     to_string(out));
}

std::string misplaced(const Site& site, std::uint32_t slot) {
  if (!along_second(site)) return misplaced_last(site, slot);
  if (group_size(site, slot) != 0 && AxisMask::single(1).contains(site.channels().axes(site.output()))) return {};
  return fmt::format("'{}' {} does not stand along the channels of {}", site.tensor(slot).name,
                     to_string(site.shape(slot)), to_string(site.output_shape()));
}

Handle handle_of(const Site& site, std::uint32_t slot) {
  if (!along_second(site))
    return broadcast_handle(site, slot, site.output_shape(), site.channels().axes(site.output()));
  const std::int64_t length = site.shape(slot)[0];
  return {
      .slot = slot, .shape = {length}, .view = {length}, .axes = AxisMask::single(0), .run = group_size(site, slot)};
}

// The edit of a constant as a scale of the output.
std::optional<Scale> scale_of(const Site& site, Carry& carry, std::uint32_t slot) {
  const Edit* edit = carry.edit(slot);
  const graph::Shape out = site.output_shape();
  if (!along_second(site) || !edit) return broadcast_scale(edit, out);
  const std::uint32_t run = group_size(site, slot);
  if (run == 0 || edit->factors.size() != 1 || edit->factors[0].axes != AxisMask::single(0) ||
      edit->factors[0].values.size() * run != static_cast<std::size_t>(out[1]))
    return std::nullopt;
  std::vector<double> values;
  for (const double value : edit->factors[0].values) values.insert(values.end(), run, value);
  return make_scale(AxisMask::single(1), std::move(values), out);
}

}  // namespace

std::string condition(const Site& site) {
  if (!site.form().affine) return "its form has no scale";
  std::string why;
  const auto affine = site.form().affine(site, why);
  if (!affine) return why;
  why = channels_missing(site, site.output());
  for (const std::uint32_t slot : constants_of(*affine))
    if (why.empty()) why = misplaced(site, slot);
  if (why.empty() && affine->bias && along_second(site) &&
      group_size(site, affine->factor) != group_size(site, *affine->bias))
    why = "its scale and its bias have different lengths";
  return why;
}

void tie(const Site& site, Tie& tie) {
  std::string why;
  tie.offers();
  const std::uint32_t run = along_second(site) ? group_size(site, site.form().affine(site, why)->factor) : 1;
  const TensorId out = site.output();
  for (std::uint32_t first = 0; run > 1 && first < site.channels().count(out); first += run)
    tie.link(out, first, 0, out, first, 1, run);
}

void handles(const Site& site, std::vector<Handle>& handles) {
  std::string why;
  const auto affine = site.form().affine(site, why);
  for (const std::uint32_t slot : constants_of(*affine)) {
    handles.push_back(handle_of(site, slot));
    handles.back().read = slot == affine->factor ? Handle::Read::weight : Handle::Read::bias;
  }
}

std::string carry(const Site& site, Carry& carry) {
  std::string why;
  const auto affine = site.form().affine ? site.form().affine(site, why) : std::nullopt;
  if (!affine) return only_ones(site, carry);
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot)
    if (site.is_activation(slot) && !carry.input(slot).is_one())
      return fmt::format("its input '{}' is scaled, and it normalizes", site.tensor(slot).name);
  const graph::Shape shape = site.output_shape();
  const auto factor = scale_of(site, carry, affine->factor);
  if (!factor) return "its scale was not edited along its channels";
  if (affine->bias) {
    const auto bias = scale_of(site, carry, *affine->bias);
    if (!bias) return "its bias was not edited along its channels";
    const AxisMask axes = factor->axes | bias->axes;
    if (!near(spread(*bias, axes, shape), spread(*factor, axes, shape)))
      return "its bias is not scaled as its output is";
  }
  carry.output(0, *factor);
  return {};
}

}  // namespace rw::runtime::law_normalize

namespace rw::runtime {

extern const Law kNormalizeLaw = {
    .name = "normalize",
    .help = "pinned at its input, offers through scale and bias",
    .offers = true,
    .pins = "it normalizes its input",
    .condition = law_normalize::condition,
    .tie = law_normalize::tie,
    .handles = law_normalize::handles,
    .carry = law_normalize::carry,
};

}  // namespace rw::runtime
