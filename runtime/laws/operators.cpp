#include "runtime/laws/operators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "runtime/laws/clip_bounds.hpp"

namespace rw::runtime {
namespace {

// --- conditions: attribute values under which f(s x) = s f(x) does not hold

std::string clip(const Site& site) {
  const ClipBounds bounds = clip_bounds(site);
  if (!bounds.known()) return "its bounds are no constants";
  if (!bounds.low.moves() && !bounds.high.moves()) return {};
  return fmt::format("it clips to {}, and only 0 or none scales along", bounds.text());
}

// Padding the channel axis moves channels, even where their number stays (one more here, one less there).
bool pads_channels(const Site& site) {
  const auto pads = site.integers("pads", 1);
  const graph::Shape shape = site.shape(0);
  std::vector<std::int64_t> axes(static_cast<std::size_t>(shape.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  if (site.has(3)) {
    const auto named = site.integers_of(3);
    if (!named) return true;
    axes = *named;
  }
  if (!pads || pads->size() != 2 * axes.size()) return true;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = shape.axis(axes[i]);
    const bool channel = !axis || site.channels().axes(site.input(0)).contains(*axis);
    if (channel && ((*pads)[i] != 0 || (*pads)[i + axes.size()] != 0)) return true;
  }
  return false;
}

std::string pad(const Site& site) {
  if (pads_channels(site)) return "it pads the channel axis, or how it pads is not known";
  const std::string_view mode = site.text("mode", "constant");
  if (mode == "reflect" || mode == "edge" || mode == "wrap") return {};
  if (mode != "constant") return fmt::format("mode = {}", mode);
  const auto value = site.has(2) ? site.scalar_of(2) : std::optional(site.number("value", 0));
  if (!value) return "its padding value is no constant";
  return *value == 0 ? std::string() : fmt::format("it pads with {}, and only 0 scales along", *value);
}

std::string leaky(const Site& site) {
  return std::isfinite(site.number("alpha", 0.01)) ? std::string() : "its slope is not finite";
}

std::string dropout(const Site& site) {
  if (!site.has(2)) return {};
  if (!site.is_constant(2)) return "whether it trains is no constant";
  const auto training = site.scalar_of(2);
  return training && *training == 0 ? std::string() : "it is in training mode";
}

// Activations that a fused convolution may apply to its sum and keep any scale.
std::string fused(const Site& site) {
  const std::string_view activation = site.text("activation");
  if (activation.empty() || activation == "Relu" || activation == "LeakyRelu") return {};
  return fmt::format("its activation {} carries no scale", activation);
}

std::string fused_conv(const Site& site) {
  if (site.has(3)) return "it adds a further input";
  return fused(site);
}

std::string cast(const Site& site) {
  const graph::DType from = site.tensor(0).dtype, to = site.network().tensor(site.output()).dtype;
  if (from == to && from != graph::DType::undefined) return {};
  if (!graph::floating(from) || !graph::floating(to)) return fmt::format("it casts {} to {}", name(from), name(to));
  return graph::size(to) > graph::size(from) ? std::string()
                                             : fmt::format("it casts {} to the narrower {}", name(from), name(to));
}

bool is_channel_axis(const Site& site, std::optional<int> axis) {
  return !axis || site.channels().axes(site.input(0)).contains(*axis);
}

// By sizes no channel is mixed where their number stays; by scales one may be where it stays, too (4 channels
// times 1.1).
std::string resize(const Site& site) {
  if (site.text("coordinate_transformation_mode") == "tf_crop_and_resize") return "it crops";
  const bool by_size = site.has(3);
  if (by_size && site.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    return "its sizes are bounds for all axes (keep_aspect_ratio_policy)";
  const std::uint32_t slot = site.form().op == "Resize" && site.input_count() > 2 ? 2 : 1;
  if (by_size || (!site.has(slot) && !site.op().find("scales"))) return {};
  std::vector<double> scales;
  if (const auto* attribute = site.op().find("scales")) {
    if (const auto* list = std::get_if<std::span<const double>>(attribute)) scales.assign(list->begin(), list->end());
  } else if (const auto values = site.numbers_of(slot)) {
    scales = *values;
  }
  if (scales.empty()) return "its scales are no constants";
  const auto axes = site.integers("axes");
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const auto axis = site.shape(0).axis(axes && i < axes->size() ? (*axes)[i] : static_cast<std::int64_t>(i));
    if (scales[i] != 1 && is_channel_axis(site, axis))
      return fmt::format("it resizes the channel axis by {}", scales[i]);
  }
  return {};
}

// Its indices are places in the whole output: those of a MaxPool stay in their channel where its input had as many
// elements in each.
std::string max_unpool(const Site& site) {
  const graph::Network& network = site.network();
  if (!site.has(1)) return "its indices are missing";
  const graph::Tensor& indices = site.tensor(1);
  if (indices.producer == graph::kNone || indices.output_slot != 1 || network.type_of(indices.producer) != "MaxPool")
    return "its indices are not those of a MaxPool";
  const graph::TensorId pooled = network.op(indices.producer).inputs[0];
  const graph::Shape from = pooled == graph::kNone ? graph::Shape() : network.tensor(pooled).shape;
  const graph::Shape to = site.output_shape();
  bool same = from.known() && to.known() && from.rank() == to.rank();
  for (int axis = 1; same && axis < from.rank(); ++axis) same = from[axis] >= 0 && from[axis] == to[axis];
  return same ? std::string()
              : fmt::format("its output {} has not the channels of {}, in which its indices count", to_string(to),
                            to_string(from));
}

// What mixes, sorts or chooses along one axis: channels must not lie there.
std::string along(const Site& site, std::optional<int> axis, std::string_view does) {
  return is_channel_axis(site, axis) ? fmt::format("it {} along the channel axis, or along an unknown one", does) : "";
}

std::string cum_sum(const Site& site) {
  const auto axis = site.integers_of(1);
  return along(site, axis && axis->size() == 1 ? site.shape(0).axis((*axis)[0]) : std::nullopt, "sums up");
}

std::string top_k(const Site& site) { return along(site, site.shape(0).axis(site.integer("axis", -1)), "chooses"); }

std::string gather_elements(const Site& site) {
  return along(site, site.shape(0).axis(site.integer("axis")), "chooses");
}

std::string reverse_sequence(const Site& site) {
  return along(site, site.shape(0).axis(site.integer("time_axis")), "reverses");
}

// --- rounding: every other operator sums, multiplies, compares or moves, which a power of two passes through

std::string of_power(const Site& site) {
  const std::int64_t p = site.integer("p", 2);
  return p <= 2 ? std::string() : fmt::format("p = {}: its root rounds differently where its input is scaled", p);
}

// --- identities

std::string always_identity(const Site&) { return {}; }

std::string same_type(const Site& site) {
  const graph::DType from = site.tensor(0).dtype, to = site.network().tensor(site.output()).dtype;
  return from == to && from != graph::DType::undefined ? std::string() : "it changes the element type";
}

// --- differences

Difference passes(const Site&) { return Difference::passes; }
Difference passes_above(const Site&) { return Difference::passes_above; }
Difference clip_passes(const Site& site) {
  return clip_bounds(site).is_relu() ? Difference::passes_above : Difference::changes;
}
// Zeros that are counted pull the mean down by a part of c.
Difference average_passes(const Site& site) {
  return pads_with_zeros(site) && site.integer("count_include_pad") != 0 ? Difference::changes : Difference::passes;
}

// A constant beside activations along their channels keeps what it has.
Difference concat_passes(const Site& site) {
  const bool along_channels = is_channel_axis(site, site.output_shape().axis(site.integer("axis", 1)));
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot)
    if (site.is_constant(slot) && !along_channels) return Difference::changes;
  return Difference::passes;
}

// --- the table, by name

constexpr std::array kTraits = {
    OperatorTraits{.op = "AveragePool", .difference = average_passes},
    OperatorTraits{.op = "Cast", .condition = cast, .identity = same_type},
    OperatorTraits{.op = "Clip", .condition = clip, .difference = clip_passes, .clips = true, .other_law = "bounded"},
    OperatorTraits{.op = "Concat", .difference = concat_passes},
    OperatorTraits{.op = "Conv", .sums_evenly = true},
    OperatorTraits{.op = "CumSum", .condition = cum_sum},
    OperatorTraits{.op = "DepthToSpace", .difference = passes},
    OperatorTraits{.op = "Div", .divides = true},
    OperatorTraits{.op = "Dropout", .condition = dropout, .difference = passes, .identity = dropout},
    OperatorTraits{.op = "Expand", .difference = passes},
    OperatorTraits{.op = "Flatten", .difference = passes},
    OperatorTraits{.op = "Gather", .difference = passes},
    OperatorTraits{.op = "GatherElements", .condition = gather_elements},
    OperatorTraits{.op = "Gemm", .sums_evenly = true},
    OperatorTraits{.op = "GlobalAveragePool", .difference = passes},
    OperatorTraits{.op = "GlobalLpPool", .rounding = of_power},
    OperatorTraits{.op = "GlobalMaxPool", .difference = passes},
    OperatorTraits{.op = "GridSample", .reads_further = true},
    OperatorTraits{.op = "GroupNormalization", .weighs_second = true},
    OperatorTraits{.op = "Identity", .difference = passes, .identity = always_identity},
    OperatorTraits{.op = "InstanceNormalization", .weighs_second = true},
    OperatorTraits{.op = "LeakyRelu", .condition = leaky, .difference = passes_above},
    OperatorTraits{.op = "LpPool", .rounding = of_power},
    OperatorTraits{.op = "MaxPool", .difference = passes},
    OperatorTraits{.op = "MaxUnpool", .condition = max_unpool},
    OperatorTraits{.op = "PRelu", .difference = passes_above, .reads_further = true},
    OperatorTraits{.op = "Pad", .condition = pad},
    OperatorTraits{.op = "ReduceMax", .difference = passes},
    OperatorTraits{.op = "ReduceMean", .difference = passes},
    OperatorTraits{.op = "ReduceMin", .difference = passes},
    OperatorTraits{.op = "Relu", .difference = passes_above},
    OperatorTraits{.op = "Reshape", .difference = passes},
    OperatorTraits{.op = "Resize", .condition = resize},
    OperatorTraits{.op = "ReverseSequence", .condition = reverse_sequence},
    OperatorTraits{.op = "RoiAlign", .reads_further = true},
    OperatorTraits{.op = "Slice", .difference = passes},
    OperatorTraits{.op = "SpaceToDepth", .difference = passes},
    OperatorTraits{.op = "Split", .difference = passes},
    OperatorTraits{.op = "Squeeze", .difference = passes},
    OperatorTraits{.op = "Tile", .difference = passes},
    OperatorTraits{.op = "TopK", .condition = top_k},
    OperatorTraits{.op = "Transpose", .difference = passes},
    OperatorTraits{.op = "Unsqueeze", .difference = passes},
    OperatorTraits{.op = "Upsample", .condition = resize},
    OperatorTraits{.op = "Where", .reads_condition = true},
    OperatorTraits{.op = "com.microsoft::FusedConv", .condition = fused_conv},
};
static_assert(std::is_sorted(kTraits.begin(), kTraits.end(), [](const auto& a, const auto& b) { return a.op < b.op; }));

}  // namespace

const OperatorTraits& traits(const Site& site) {
  static constexpr OperatorTraits kEmpty = {};
  const auto found = std::lower_bound(kTraits.begin(), kTraits.end(), site.form().op,
                                      [](const OperatorTraits& row, std::string_view op) { return row.op < op; });
  return found != kTraits.end() && found->op == site.form().op ? *found : kEmpty;
}

std::string operator_condition(const Site& site) {
  const auto condition = traits(site).condition;
  return condition ? condition(site) : std::string();
}

std::string inexact(const Site& site) {
  const auto rounding = traits(site).rounding;
  return rounding ? rounding(site) : std::string();
}

bool pads_with_zeros(const Site& site) {
  const std::string_view automatic = site.text("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") return true;
  const auto list = site.integers("pads");
  return automatic == "NOTSET" && list && std::any_of(list->begin(), list->end(), [](auto each) { return each != 0; });
}

std::string not_identity(const Site& site) {
  const auto identity = traits(site).identity;
  return identity ? identity(site)
                  : fmt::format("{} is not known to be the identity", site.network().type_of(site.id()));
}

}  // namespace rw::runtime
