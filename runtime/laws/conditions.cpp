// What single operators ask besides their law: attribute values under which f(s x) = s f(x) does not hold. One row
// each.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "runtime/laws/clip_bounds.hpp"
#include "runtime/laws/laws.hpp"

namespace rw::runtime {
namespace {

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
    const bool channel = !axis || ((site.channels().axes(site.input(0)) >> static_cast<unsigned>(*axis)) & 1U);
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

std::string prelu(const Site& site) { return site.is_constant(1) ? std::string() : "its slope is no constant"; }

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
  if (from == to) return {};
  if (!graph::floating(from) || !graph::floating(to)) return fmt::format("it casts {} to {}", name(from), name(to));
  return graph::size(to) > graph::size(from) ? std::string()
                                             : fmt::format("it casts {} to the narrower {}", name(from), name(to));
}

bool is_channel_axis(const Site& site, std::optional<int> axis) {
  return !axis || ((site.channels().axes(site.input(0)) >> static_cast<unsigned>(*axis)) & 1U);
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

struct ConditionRow {
  std::string_view op;
  std::string (*condition)(const Site&);
};

constexpr std::array kRows = {
    ConditionRow{"Clip", clip},
    ConditionRow{"Pad", pad},
    ConditionRow{"PRelu", prelu},
    ConditionRow{"LeakyRelu", leaky},
    ConditionRow{"Dropout", dropout},
    ConditionRow{"Cast", cast},
    ConditionRow{"Resize", resize},
    ConditionRow{"Upsample", resize},
    ConditionRow{"CumSum", cum_sum},
    ConditionRow{"TopK", top_k},
    ConditionRow{"GatherElements", gather_elements},
    ConditionRow{"ReverseSequence", reverse_sequence},
    ConditionRow{"com.microsoft::FusedConv", fused_conv},
};

}  // namespace

bool reads_positions(const Site& site) {
  static constexpr std::array<std::string_view, 2> kOperators = {"GridSample", "RoiAlign"};
  return std::find(kOperators.begin(), kOperators.end(), site.form().op) != kOperators.end();
}

std::string operator_condition(const Site& site) {
  for (const ConditionRow& row : kRows)
    if (row.op == site.form().op) return row.condition(site);
  return {};
}

}  // namespace rw::runtime
