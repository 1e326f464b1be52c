// fold_affine(a, b): a linear operator and one behind it that multiplies and adds constants along the channels become
// one linear operator. With y = W x + c and z = f y + d it is z = (f W) x + (f c + d), with f and d of
// channel_affine.hpp. f goes into the weights while they are written; the bias is a new constant. Both are apart from
// the scales that the plan holds: where y' = s y and z' = t z were planned, the linear operator gives t z.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "graph/values/elements.hpp"
#include "runtime/actions/action.hpp"
#include "runtime/actions/first_output.hpp"
#include "runtime/weights/bias.hpp"
#include "runtime/weights/channel_affine.hpp"
#include "runtime/weights/edited.hpp"

namespace rw::runtime {
namespace {

constexpr std::array kFoldAffineArguments = {dsl::ArgumentForm::chain_node, dsl::ArgumentForm::chain_node};

// The linear operator as it is edited: which constants, and how its channels lie.
struct Target {
  Handle weight;            // of its output
  std::uint32_t bias_slot;  // where the bias is or will be
  std::size_t channels;
  int from_end;              // the channels' axis of the output, from the end
  double bias_factor = 1;    // Gemm: beta
  std::vector<double> bias;  // as it is; 0 where there is none
};

std::string read_target(const Site& site, Target& target) {
  std::string why;
  const auto linear = site.form().linear ? site.form().linear(site, why) : std::nullopt;
  if (!linear) return why.empty() ? "it is no linear operator" : why;
  if (!site.text("activation").empty()) return "an activation is fused into it";
  const graph::Shape weight = site.shape(linear->weight), out = site.output_shape();
  const auto axes = site.form().anchors(site).output;
  if (!axes || !out.known())
    return fmt::format("the shape of '{}' is not known", site.network().tensor(site.output()).name);
  target.weight = {.slot = linear->weight,
                   .shape = {weight.dims().begin(), weight.dims().end()},
                   .view = linear->view.vector(),
                   .axes = linear->out_axes};
  target.channels = 1;
  for (int i = 0; i < linear->view.rank; ++i)
    if (linear->out_axes.contains(i))
      target.channels *= static_cast<std::size_t>(linear->view.dims[static_cast<std::size_t>(i)]);
  for (int i = 0; i < out.rank(); ++i)
    if (*axes == AxisMask::single(i)) target.from_end = out.rank() - i;
  target.bias_slot = linear->bias.value_or(bias_slot(site));
  target.bias.assign(target.channels, 0);
  target.bias_factor = site.number("beta", 1);
  if (!linear->bias) return {};
  const auto bias = values_along(site, *linear->bias, target.channels, 1);
  if (!bias) return fmt::format("its bias '{}' is not one value a channel", site.tensor(*linear->bias).name);
  for (std::size_t i = 0; i < target.channels; ++i) target.bias[i] = (*bias)[i] * target.bias_factor;
  return {};
}

bool all(const std::vector<double>& values, double value) {
  return std::all_of(values.begin(), values.end(), [&](double each) { return each == value; });
}

double largest_magnitude(const std::vector<double>& values) {
  double largest = 0;
  for (const double each : values) largest = std::max(largest, std::fabs(each));
  return largest;
}

// What the weights would lose. Those of wide types are looked at only where the factor, with what was folded before, is
// so large that a sane weight could overflow.
std::string damage(const Plan& plan, OperatorId op, const Target& target, const graph::Tensor& weight,
                   const std::vector<double>& factor) {
  constexpr double kHarmless = 0x1p48;
  const bool narrow = weight.dtype == graph::DType::float16;
  const Edit* edit = plan.edit(op, target.weight.slot);
  double top = largest_magnitude(factor);
  if (edit)
    for (const graph::Factor& each : edit->factors) top *= std::max(1.0, largest_magnitude(each.values));
  if (!narrow && top <= kHarmless) return {};
  const graph::DTypeRow& type = graph::row(weight.dtype);
  const auto magnitude = magnitudes(weight, target.weight, edit, target.channels);
  for (std::size_t i = 0; i < target.channels; ++i) {
    const double after = magnitude[i] * std::fabs(factor[i]);
    if (!(after <= type.largest)) return "its weights would not be finite";
    if (narrow && factor[i] != 0 && after < type.smallest && magnitude[i] >= type.smallest)
      return fmt::format("the weights of channel {} would fall below the normal numbers of {}", i, name(weight.dtype));
  }
  return {};
}

std::vector<double> scale_of(const Plan& plan, TensorId tensor, std::size_t channels) {
  const std::vector<double>* scale = plan.scale_of(tensor);
  return scale && scale->size() == channels ? *scale : std::vector<double>(channels, scale ? (*scale)[0] : 1);
}

GraphEffect fold_affine(ChainContext& context, const dsl::Step& step) {
  graph::Editor& editor = context.editor;
  const graph::Network& network = editor.network();
  const OperatorId a = context.ops[step.arguments[0].binding], b = context.ops[step.arguments[1].binding];
  const Site linear = context.analysis.site(a), affine = context.analysis.site(b);
  if (!first_output_alone(editor, a) || !first_output_alone(editor, b))
    return {.reason = "another output than the first is read"};
  const TensorId between = network.op(a).outputs[0], out = network.op(b).outputs[0];
  const auto uses = editor.consumers(between);
  if (network.tensor(between).is_output || uses.size() != 1 || uses[0].op != b)
    return {.reason = fmt::format("'{}' is read by others too", network.tensor(between).name)};
  Target target{};
  if (std::string why = read_target(linear, target); !why.empty()) return {.reason = std::move(why)};
  const auto folded = channel_affine(affine, target.channels, target.from_end);
  if (!folded)
    return {.reason = fmt::format("{} '{}' is no constant factor or summand for each channel", network.type_of(b),
                                  network.op(b).name)};
  // The broadcast constant must not make the tensor larger.
  if (!(network.tensor(between).shape == network.tensor(out).shape) && network.tensor(out).shape.known() &&
      network.tensor(between).shape.rank() != network.tensor(out).shape.rank())
    return {.reason = "the constant has more axes than what it meets"};
  const graph::Tensor& weight = linear.tensor(target.weight.slot);
  if (const std::vector<double>* added = context.plan.added_bias(a))
    for (std::size_t i = 0; i < target.channels; ++i) target.bias[i] += (*added)[i];
  const bool adds = !all(folded->offset, 0) || (!all(target.bias, 0) && !all(folded->factor, 1));
  if (adds && (bias_slot(linear) == kNone || target.bias_factor == 0)) return {.reason = "it takes no bias"};
  std::vector<double> bias(target.channels);
  for (std::size_t i = 0; i < target.channels; ++i) {
    bias[i] = (folded->factor[i] * target.bias[i] + folded->offset[i]) / target.bias_factor;
    if (!(std::fabs(bias[i]) <= graph::row(weight.dtype).largest) || !std::isfinite(folded->factor[i]))
      return {.reason = fmt::format("the bias of channel {} would not be finite", i)};
  }
  if (std::string why = damage(context.plan, a, target, weight, folded->factor); !why.empty())
    return {.reason = std::move(why)};
  // What was planned: s for the tensor between, t behind.
  const std::vector<double> s = scale_of(context.plan, between, target.channels),
                            t = scale_of(context.plan, out, target.channels);
  std::vector<double> ratio(target.channels);
  for (std::size_t i = 0; i < target.channels; ++i) ratio[i] = t[i] / s[i];
  Plan& plan = context.plan;
  const Handle& handle = target.weight;
  if (!all(ratio, 1)) plan.multiply(a, handle.slot, handle.shape, handle.view, handle.axes, ratio);
  if (!all(folded->factor, 1)) plan.fold(a, handle.slot, handle.shape, handle.view, handle.axes, folded->factor);
  if (adds || (linear.has(target.bias_slot) && target.bias_slot != kNone)) {
    plan.forget_constants(a, target.bias_slot, target.bias_slot + 1);
    plan.forget_bias(a);
    const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(target.channels)};
    const TensorId fresh = editor.add_constant(fmt::format("{}.bias", network.op(a).name), weight.dtype, shape,
                                               graph::from_double(bias, weight.dtype));
    editor.read(a, target.bias_slot, fresh);
    if (!all(t, 1)) plan.multiply(a, target.bias_slot, shape, shape, graph::AxisMask::single(0), t);
  }
  plan.forget_constants(b, 0, static_cast<std::uint32_t>(network.op(b).inputs.size()));
  plan.forget_scale(between);
  editor.remove(b);
  editor.give(a, 0, out);
  return {.done = true};
}

}  // namespace

extern const Action kFoldAffineAction = {
    .name = "fold_affine",
    .arguments = kFoldAffineArguments,
    .help =
        "folds BatchNormalization, or Mul, Div, Add or Sub with a constant, into the linear operator before it: exact",
    .edit = fold_affine,
};

}  // namespace rw::runtime
