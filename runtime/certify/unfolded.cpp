#include "runtime/certify/unfolded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "runtime/certify/folded.hpp"
#include "runtime/laws/clip_bounds.hpp"
#include "runtime/laws/law.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime {
namespace {

// The values of a constant as it will be, one for each position on `axes` of a tensor of `shape` that it meets by
// broadcasting. Has no value where it runs along another axis, or does not fit.
std::optional<std::vector<double>> along(const graph::RewrittenConstant& constant, AxisMask axes,
                                         const graph::Shape& shape) {
  const graph::Shape own(constant.shape());
  const std::vector<double> values = values_of(constant);
  if (own.rank() > shape.rank()) return std::nullopt;
  const int missing = shape.rank() - own.rank();
  Scale scale{.values = std::make_shared<const std::vector<double>>(values)};
  for (int axis = 0; axis < own.rank(); ++axis) {
    if (own[axis] == 1) continue;
    if (!axes.contains(static_cast<std::size_t>(axis + missing)) || own[axis] != shape[axis + missing])
      return std::nullopt;
    scale.axes.add(static_cast<std::size_t>(axis + missing));
  }
  return spread(scale, axes, shape);
}

// min(max(x, low), high), for each channel.
struct Interval {
  std::vector<double> low, high;
  explicit Interval(std::size_t channels)
      : low(channels, -std::numeric_limits<double>::infinity()),
        high(channels, std::numeric_limits<double>::infinity()) {}

  void at_least(std::size_t i, double bound) {
    low[i] = std::max(low[i], bound);
    high[i] = std::max(high[i], bound);
  }
  void at_most(std::size_t i, double bound) {
    low[i] = std::min(low[i], bound);
    high[i] = std::min(high[i], bound);
  }
};

// The operators that may stand there, and the bounds that they have: how many constants, and which is the first, the
// lower (0) or the upper one (1).
struct Row {
  std::string_view type;
  std::size_t constants, first;
};
constexpr Row kRows[] = {{"Relu", 0, 0}, {"Max", 1, 0}, {"Min", 1, 1}, {"Clip", 2, 0}};

const Row* row_of(std::string_view type) {
  const Row* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& each) { return each.type == type; });
  return row == std::end(kRows) ? nullptr : row;
}

bool same(const std::vector<double>& is, const std::vector<double>& wanted, double rounded) {
  return std::equal(is.begin(), is.end(), wanted.begin(), wanted.end(),
                    [&](double x, double y) { return x == y || std::fabs(x - y) <= rounded * std::fabs(y); });
}

}  // namespace

std::string check_unfolded(const Site& site, const graph::Rewritten& rewritten,
                           std::span<const graph::RewrittenOperator> limits, const Scale& given) {
  const graph::Shape shape = site.output_shape();
  const ClipBounds bounds = clip_bounds(site);
  if (site.form().op != "Clip" || !bounds.known() || !site.channels().has(site.output()))
    return fmt::format("{} takes its place", limits.back().type);
  const AxisMask axes = site.channels().axes(site.output());
  if (!axes.contains(given.axes)) return "its input is not scaled along its channels";
  const std::vector<double> scale = spread(given, axes, shape);
  Interval interval(scale.size());
  double rounded = 0;
  for (std::size_t k = 0; k < limits.size(); ++k) {
    const graph::RewrittenOperator& each = limits[k];
    if (k > 0 &&
        (each.inputs.empty() || limits[k - 1].outputs.size() != 1 || each.inputs[0] != limits[k - 1].outputs[0]))
      return "the operators in its place do not stand behind one another";
    const Row* row = row_of(each.type);
    if (!row || each.inputs.size() != 1 + row->constants || !each.attributes.empty())
      return fmt::format("{} takes its place", each.type);
    // By slot: a lower bound, an upper one.
    std::array<std::vector<double>, 2> values;
    if (row->constants == 0) values[0].assign(scale.size(), 0);
    for (std::size_t i = 0; i < row->constants; ++i) {
      const TensorId id = each.inputs[1 + i];
      const auto constant = id == kNone ? std::nullopt : rewritten.constant(id);
      const auto found = constant ? along(*constant, axes, shape) : std::nullopt;
      if (!found) return fmt::format("the bound of {} in its place is no constant for each channel", each.type);
      values[row->first + i] = *found;
      rounded = std::max(rounded, graph::row(constant->value->dtype).rounding);
    }
    for (std::size_t i = 0; i < values[0].size(); ++i) interval.at_least(i, values[0][i]);
    for (std::size_t i = 0; i < values[1].size(); ++i) interval.at_most(i, values[1][i]);
  }
  Interval wanted(scale.size());
  for (std::size_t i = 0; i < scale.size(); ++i) {
    if (!bounds.low.none()) wanted.at_least(i, bounds.low.value * scale[i]);
    if (!bounds.high.none()) wanted.at_most(i, bounds.high.value * scale[i]);
  }
  if (!same(interval.low, wanted.low, rounded)) return "its bound min is not scaled as its input is";
  return same(interval.high, wanted.high, rounded) ? std::string() : "its bound max is not scaled as its input is";
}

}  // namespace rw::runtime
