#include "runtime/certify/folded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/values/elements.hpp"
#include "graph/values/scale.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/plan/scales.hpp"
#include "runtime/weights/bias.hpp"

namespace rw::runtime {

std::vector<double> values_of(const graph::RewrittenConstant& constant) {
  if (!constant.edit) return graph::to_double(*constant.value);
  graph::Edit edit = *constant.edit;
  edit.sums = nullptr;  // it is not yet carried out
  const auto bytes = graph::Scaler(*constant.value, edit, constant.name).result();
  return graph::to_double({constant.value->dtype, graph::Shape(constant.shape()), bytes});
}

namespace {

// The operator that takes this output on, and is taken out; kNone: there is none, or several read it.
OperatorId taken_out_behind(const graph::Rewritten& rewritten, TensorId tensor) {
  const auto uses = rewritten.network().consumers(tensor);
  if (uses.size() != 1 || !rewritten.removed(uses[0].op)) return kNone;
  return uses[0].op;
}

}  // namespace

std::optional<FoldedBehind> follow_folds(const Analysis& analysis, const graph::Rewritten& rewritten, const Site& site,
                                         TensorId given, std::string& why) {
  const graph::Network& network = rewritten.network();
  const auto fail = [&](std::string reason) {
    why = std::move(reason);
    return std::nullopt;
  };
  const auto linear = site.form().linear ? site.form().linear(site, why) : std::nullopt;
  why.clear();
  AxisMask axes;
  std::size_t channels = 1;
  int from_end = 0;
  if (const auto anchored = linear ? site.form().anchors(site).output : std::nullopt;
      anchored && site.output_shape().known()) {
    axes = *anchored;
    for (int i = 0; i < linear->view.rank; ++i)
      if (linear->out_axes.contains(static_cast<std::size_t>(i)))
        channels *= static_cast<std::size_t>(linear->view.dims[static_cast<std::size_t>(i)]);
    for (int i = 0; i < site.output_shape().rank(); ++i)
      if (axes == AxisMask::single(static_cast<std::size_t>(i))) from_end = site.output_shape().rank() - i;
  }
  ChannelAffine map;
  for (TensorId tensor = site.output(); tensor != given;) {
    const OperatorId behind = tensor == kNone ? kNone : taken_out_behind(rewritten, tensor);
    if (behind == kNone)
      return fail(fmt::format("it would give '{}', which another operator gave", rewritten.name(given)));
    const Site next = analysis.site(behind);
    tensor = next.output();
    if (not_identity(next).empty()) continue;
    const auto affine = from_end == 0 ? std::nullopt : channel_affine(next, channels, from_end);
    if (!affine)
      return fail(fmt::format("{} '{}' is taken out behind it, and cannot have been folded into it",
                              network.type_of(behind), next.op().name));
    if (map.factor.empty()) map = {std::vector<double>(channels, 1), std::vector<double>(channels, 0)};
    for (std::size_t i = 0; i < channels; ++i) {
      map.factor[i] *= affine->factor[i];
      map.offset[i] = affine->factor[i] * map.offset[i] + affine->offset[i];
    }
  }
  return FoldedBehind(axes, std::move(map));
}

Scale FoldedBehind::behind(Scale own, const graph::Shape& shape, const std::vector<double>* claimed) const {
  if (map_.factor.empty() || !axes_.contains(own.axes)) return own;
  std::vector<double> values = spread(own, axes_, shape);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool any = map_.factor[i] == 0 && values[i] == 0;
    values[i] = any ? (claimed && claimed->size() == values.size() ? (*claimed)[i] : 1) : values[i] / map_.factor[i];
  }
  return make_scale(axes_, std::move(values), shape);
}

std::optional<BiasInPlace> bias_in_place(const Site& site, const graph::Linear& linear, const FoldedBehind* moved,
                                         std::size_t channels) {
  BiasInPlace bias{std::vector<double>(channels, 0), std::vector<double>(channels, 0)};
  if (linear.bias) {
    const auto own = values_along(site, *linear.bias, channels, 1);
    if (!own) return std::nullopt;
    const double weighs = site.number("beta", 1);
    for (std::size_t i = 0; i < channels; ++i) bias.magnitudes[i] = std::fabs(bias.values[i] = weighs * (*own)[i]);
  }
  if (!moved || !moved->folds()) return bias;
  const ChannelAffine& map = moved->map();
  if (map.factor.size() != channels) return std::nullopt;
  for (std::size_t i = 0; i < channels; ++i) {
    bias.values[i] = map.factor[i] * bias.values[i] + map.offset[i];
    bias.magnitudes[i] = std::fabs(map.factor[i]) * bias.magnitudes[i] + std::fabs(map.offset[i]);
  }
  return bias;
}

std::optional<std::vector<double>> bias_as_written(const Site& site, const graph::Linear& linear,
                                                   const graph::Rewritten& rewritten,
                                                   const graph::RewrittenOperator& op, std::size_t channels) {
  const std::uint32_t slot = linear.bias.value_or(bias_slot(site));
  const TensorId now = slot < op.inputs.size() ? op.inputs[slot] : kNone;
  const auto constant = now == kNone ? std::nullopt : rewritten.constant(now);
  if (!constant) return now == kNone ? std::optional(std::vector<double>(channels, 0)) : std::nullopt;
  std::vector<double> values = values_of(*constant);
  if (values.size() == 1) values.assign(channels, values[0]);
  return values.size() == channels ? std::optional(std::move(values)) : std::nullopt;
}

graph::Edit without_folded(graph::Edit edit) {
  std::erase_if(edit.factors, [](const graph::Factor& factor) { return factor.folded; });
  return edit;
}

graph::Edit merged(const graph::Edit& edit) {
  graph::Edit result{edit.shape, edit.view, {}};
  for (const graph::Factor& factor : edit.factors) {
    const auto found = std::find_if(result.factors.begin(), result.factors.end(),
                                    [&](const graph::Factor& each) { return each.axes == factor.axes; });
    if (found == result.factors.end())
      result.factors.push_back({factor.axes, factor.values});
    else
      for (std::size_t i = 0; i < factor.values.size(); ++i) found->values[i] *= factor.values[i];
  }
  return result;
}

}  // namespace rw::runtime
