// y = f (x - m) + b with constants along the channels (BatchNormalization at inference: f = scale / sqrt(variance +
// epsilon); Mul and Div by a constant: m = b = 0). x' = s_in x and y' = s_out y where m' = s_in m, f' = f s_out / s_in,
// b' = s_out b; variance and epsilon stay, so that the new function is exact. A divisor changes the other way round.
#include <fmt/format.h>

#include <array>

#include "runtime/laws/conditions.hpp"
#include "runtime/laws/constants.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime::law_affine {
namespace {

constexpr std::array<dsl::LawParameter, 4> kParameters = {{{"weight"}, {"bias"}, {"mean"}, {"axis", true}}};

// The constants of BatchNormalization are vectors along axis 1; those of Mul are broadcast.
bool is_vector_form(const graph::Affine& affine) { return affine.bias || affine.mean; }

Handle handle_of(const Site& site, const graph::Affine& affine, std::uint32_t slot, const graph::Shape& along,
                 AxisMask axes) {
  if (!is_vector_form(affine)) return broadcast_handle(site, slot, along, axes);
  const std::int64_t length = site.shape(slot).rank() == 1 ? site.shape(slot)[0] : 1;
  return {.slot = slot, .shape = {length}, .view = {length}, .axes = AxisMask::single(0)};
}

// The axes of the input's channels as axes of the output.
AxisMask input_axes(const Site& site, const graph::Affine& affine) {
  return output_axes(site, affine.activation, site.channels().axes(site.input(affine.activation))).value_or(AxisMask());
}

// The edit of constant `slot` as a scale along the channels.
std::optional<Scale> scale_of(const Site& site, const graph::Affine& affine, Carry& carry, std::uint32_t slot) {
  const Edit* edit = carry.edit(slot);
  if (!edit) return Scale{};
  if (!is_vector_form(affine)) return broadcast_scale(edit, site.output_shape());
  if (edit->factors.size() != 1) return std::nullopt;
  const graph::Anchors anchors = site.form().anchors(site);
  if (!anchors.output ||
      elements(*anchors.output, site.output_shape()) != static_cast<std::int64_t>(edit->factors[0].values.size()))
    return std::nullopt;
  return make_scale(*anchors.output, edit->factors[0].values, site.output_shape());
}

}  // namespace

std::string condition(const Site& site) {
  if (!site.form().affine) return "its form has no factor: give its law parameters, as in `law affine(weight = 1)`";
  std::string why;
  const auto affine = site.form().affine(site, why);
  if (!affine) return why;
  why = first_missing(site, affine->activation);
  if (!why.empty()) return why;
  if (is_vector_form(*affine)) {
    const std::int64_t channels = site.channels().count(site.output());
    for (const auto& slot : {std::optional(affine->factor), affine->bias, affine->mean})
      if (slot && site.tensor(*slot).constant->shape.count() != channels)
        return fmt::format("'{}' {} has not one value for each of {} channels", site.tensor(*slot).name,
                           to_string(site.shape(*slot)), channels);
  }
  return operator_condition(site);
}

void tie(const Site& site, Tie& tie) {
  std::string why;
  tie.absorbs(site.form().affine(site, why)->activation);
  tie.offers();
}

void handles(const Site& site, std::vector<Handle>& handles) {
  std::string why;
  const auto affine = site.form().affine(site, why);
  const graph::Shape shape = site.output_shape();
  const AxisMask in_axes = input_axes(site, *affine), out_axes = site.channels().axes(site.output());
  const auto add = [&](std::uint32_t slot, Handle::Side side, bool inverse, Handle::Read read) {
    Handle handle = handle_of(site, *affine, slot, shape, side == Handle::Side::in ? in_axes : out_axes);
    handle.side = side;
    handle.activation = affine->activation;
    handle.inverse = inverse;
    handle.read = read;
    handles.push_back(std::move(handle));
  };
  add(affine->factor, Handle::Side::out, affine->divides, Handle::Read::weight);
  add(affine->factor, Handle::Side::in, !affine->divides, Handle::Read::weight);
  if (affine->bias) add(*affine->bias, Handle::Side::out, false, Handle::Read::bias);
  if (affine->mean) add(*affine->mean, Handle::Side::in, false, Handle::Read::no);
}

std::string carry(const Site& site, Carry& carry) {
  std::string why;
  const auto affine = site.form().affine ? site.form().affine(site, why) : std::nullopt;
  if (!affine) return only_ones(site, carry);
  const graph::Shape shape = site.output_shape();
  const auto factor = scale_of(site, *affine, carry, affine->factor);
  Scale given = carry.input(affine->activation);
  const auto placed = given.is_one() ? AxisMask() : output_axes(site, affine->activation, given.axes);
  if (!factor || !placed) return "its factor was not edited along the channels of its input";
  given.axes = *placed;
  AxisMask axes = given.axes | factor->axes;
  // One scale for all channels has no axis, and what takes it back may still say it along one.
  for (const auto& slot : {affine->mean, affine->bias})
    if (const auto edit = slot ? scale_of(site, *affine, carry, *slot) : std::nullopt) axes = axes | edit->axes;
  const std::vector<double> in = spread(given, axes, shape);
  std::vector<double> out = spread(*factor, axes, shape);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = affine->divides ? in[i] / out[i] : in[i] * out[i];
  const auto follows = [&](const std::optional<std::uint32_t>& slot, const std::vector<double>& expected) {
    if (!slot) return true;
    const auto edit = scale_of(site, *affine, carry, *slot);
    return edit && axes.contains(edit->axes) && near(spread(*edit, axes, shape), expected);
  };
  if (!follows(affine->mean, in)) return "its mean is not scaled as its input is";
  if (!follows(affine->bias, out)) return "its bias is not scaled as its output is";
  carry.output(0, make_scale(axes, std::move(out), shape));
  return {};
}

}  // namespace rw::runtime::law_affine

namespace rw::runtime {

extern const Law kAffineLaw = {
    .name = "affine",
    .help = "absorbs and offers through constants per channel",
    .parameters = law_affine::kParameters,
    .offers = true,
    .absorbs = true,
    .form = graph::user_form_affine,
    .condition = law_affine::condition,
    .tie = law_affine::tie,
    .handles = law_affine::handles,
    .carry = law_affine::carry,
};

}  // namespace rw::runtime
