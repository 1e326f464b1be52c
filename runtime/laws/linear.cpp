// y = W x + b, sums over input channels (and kernel positions): x' = s_in x and y' = s_out y where
// W' = s_out W / s_in and b' = s_out b. Padding adds zeros, which any scale keeps.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/laws/conditions.hpp"
#include "runtime/laws/constants.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime::law_linear {
namespace {

constexpr std::array<dsl::LawParameter, 5> kParameters = {
    {{"weight"}, {"bias"}, {"weight_out", true}, {"weight_in", true}, {"axis", true}}};

std::uint32_t positions(const graph::View& view, AxisMask axes) {
  return static_cast<std::uint32_t>(graph::product(view.span(), axes).value_or(0));
}

// The channels of a tensor must lie where the operator puts them, and be as many as the weight says.
std::string misplaced(const Site& site, TensorId tensor, std::optional<AxisMask> anchor, std::uint32_t count) {
  std::string why = channels_missing(site, tensor);
  if (!why.empty()) return why;
  const graph::Tensor& info = site.network().tensor(tensor);
  const AxisMask axes = site.channels().axes(tensor);
  if (!anchor || !anchor->contains(axes) || site.channels().count(tensor) != count)
    return fmt::format("the channels of '{}' {} do not lie where the weight has {}", info.name, to_string(info.shape),
                       count);
  return {};
}

}  // namespace

std::string condition(const Site& site) {
  if (!site.form().linear) return "its form has no weight: give its law parameters, as in `law linear(weight = 1)`";
  std::string why;
  const auto linear = site.form().linear(site, why);
  if (!linear) return why;
  const graph::Anchors anchors = site.form().anchors(site);
  why = misplaced(site, site.input(linear->activation), anchors.input, positions(linear->view, linear->in_axes));
  if (why.empty()) why = misplaced(site, site.output(), anchors.output, positions(linear->view, linear->out_axes));
  return why.empty() ? operator_condition(site) : why;
}

void tie(const Site& site, Tie& tie) {
  std::string why;
  tie.absorbs(site.form().linear(site, why)->activation);
  tie.offers();
}

void handles(const Site& site, std::vector<Handle>& handles) {
  std::string why;
  const auto linear = site.form().linear(site, why);
  const graph::Shape weight = site.shape(linear->weight);
  const std::vector<std::int64_t> shape(weight.dims().begin(), weight.dims().end());
  handles.push_back({.slot = linear->weight,
                     .side = Handle::Side::out,
                     .read = Handle::Read::weight,
                     .shape = shape,
                     .view = linear->view.vector(),
                     .axes = linear->out_axes});
  handles.push_back({.slot = linear->weight,
                     .side = Handle::Side::in,
                     .activation = linear->activation,
                     .inverse = true,
                     .read = Handle::Read::weight,
                     .shape = shape,
                     .view = linear->view.vector(),
                     .axes = linear->in_axes});
  if (!linear->bias) return;
  // A bias stands along the channels of the output: a vector for convolutions, broadcast for Gemm.
  const graph::Shape out = site.output_shape();
  const graph::Shape bias = site.shape(*linear->bias);
  if (bias.rank() == 1 && bias[0] == positions(linear->view, linear->out_axes)) {
    handles.push_back({.slot = *linear->bias,
                       .read = Handle::Read::bias,
                       .shape = {bias[0]},
                       .view = {bias[0]},
                       .axes = AxisMask::single(0)});
  } else {
    handles.push_back(broadcast_handle(site, *linear->bias, out, site.channels().axes(site.output())));
    handles.back().read = Handle::Read::bias;
  }
}

std::string carry(const Site& site, Carry& carry) {
  std::string why;
  const auto linear = site.form().linear ? site.form().linear(site, why) : std::nullopt;
  if (!linear) return only_ones(site, carry);
  const graph::Anchors anchors = site.form().anchors(site);
  const std::uint32_t features = positions(linear->view, linear->out_axes),
                      channels = positions(linear->view, linear->in_axes);
  std::vector<double> in(channels, 1.0), out(features, 1.0);
  if (const Edit* edit = carry.edit(linear->weight)) {
    const graph::View& view = linear->view;
    const bool same_view =
        std::equal(edit->view.begin(), edit->view.end(), view.dims.begin(), view.dims.begin() + view.rank);
    for (const graph::Factor& factor : edit->factors) {
      if (!same_view || (factor.axes != linear->in_axes && factor.axes != linear->out_axes))
        return "its weight was edited along an axis that is neither input nor output";
      (factor.axes == linear->in_axes ? in : out) = factor.values;
    }
  }
  const Scale& given = carry.input(linear->activation);
  if (!given.is_one()) {
    const graph::Shape shape = site.shape(linear->activation);
    if (!anchors.input || !anchors.input->contains(given.axes) || elements(*anchors.input, shape) != channels)
      return "its input is scaled along another axis than that of its weight";
    const std::vector<double> values = spread(given, *anchors.input, shape);
    for (std::uint32_t i = 0; i < channels; ++i) in[i] *= values[i];
  }
  for (std::uint32_t i = 0; i < channels; ++i)
    if (!near(in[i], 1))
      return fmt::format("its input channel {} is scaled by {} more than its weight takes back", i, in[i]);
  if (linear->bias && !carry.replaced(*linear->bias)) {
    const Edit* edit = carry.edit(*linear->bias);
    const bool follows = edit && edit->factors.size() == 1 ? near(edit->factors[0].values, out)
                                                           : !edit && near(out, std::vector<double>(features, 1.0));
    if (!follows) return "its bias is not scaled as its output is";
  }
  if (site.output() != kNone && anchors.output)
    carry.output(0, make_scale(*anchors.output, std::move(out), site.output_shape()));
  return {};
}

}  // namespace rw::runtime::law_linear

namespace rw::runtime {

extern const Law kLinearLaw = {
    .name = "linear",
    .help = "absorbs a scale at its activation and offers one at its output by editing weight and bias",
    .parameters = law_linear::kParameters,
    .offers = true,
    .absorbs = true,
    .form = graph::user_form_linear,
    .condition = law_linear::condition,
    .tie = law_linear::tie,
    .handles = law_linear::handles,
    .carry = law_linear::carry,
};

}  // namespace rw::runtime
