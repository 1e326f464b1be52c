// What single operators ask besides their law: attribute values under which f(s x) = s f(x) does not hold. One row
// each.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "runtime/laws/laws.hpp"

namespace rw::runtime {
namespace {

// A bound of Clip: by attribute (up to opset 10) or by input. Nothing where it is an activation.
std::optional<double> clip_bound(const Site& site, std::string_view name, std::uint32_t slot, double none) {
  if (site.has(slot)) return site.scalar_of(slot);
  return site.number(name, none);
}

std::string clip(const Site& site) {
  const auto low = clip_bound(site, "min", 1, -INFINITY), high = clip_bound(site, "max", 2, INFINITY);
  if (!low || !high) return "its bounds are no constants";
  constexpr double kLargest = 3.4028234663852886e38;  // of float32, which exporters write for "no bound"
  const bool no_low = *low <= -kLargest, no_high = *high >= kLargest;
  if ((no_low || *low == 0) && (no_high || *high == 0)) return {};
  return fmt::format("it clips to {}..{}, and only 0 or none scales along", no_low ? "none" : fmt::format("{}", *low),
                     no_high ? "none" : fmt::format("{}", *high));
}

// Padding the channel axis moves channels, even where their number stays (one more here, one less there).
bool pads_channels(const Site& site) {
  const auto pads = site.integers("pads", 1);
  const graph::Shape shape = site.shape(0);
  std::vector<std::int64_t> axes;
  for (int i = 0; i < shape.rank(); ++i) axes.push_back(i);
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

std::string resize(const Site& site) {
  return site.text("coordinate_transformation_mode") == "tf_crop_and_resize" ? "it crops" : "";
}

struct Row {
  std::string_view op;
  std::string (*condition)(const Site&);
};

constexpr std::array kRows = {
    Row{"Clip", clip},       Row{"Pad", pad},   Row{"PRelu", prelu},   Row{"LeakyRelu", leaky},
    Row{"Dropout", dropout}, Row{"Cast", cast}, Row{"Resize", resize}, Row{"com.microsoft::FusedConv", fused_conv},
};

}  // namespace

std::string operator_condition(const Site& site) {
  for (const Row& row : kRows)
    if (row.op == site.form().op) return row.condition(site);
  return {};
}

}  // namespace rw::runtime
