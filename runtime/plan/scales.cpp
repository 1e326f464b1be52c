#include "runtime/plan/scales.hpp"

#include <algorithm>
#include <cassert>

namespace rw::runtime {

bool near(std::span<const double> a, std::span<const double> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) { return near(x, y); });
}

std::int64_t elements(graph::AxisMask axes, const graph::Shape& shape) {
  const auto all = product(shape.dims(), axes);
  assert(all);
  return *all;
}

namespace {

// Of values over `axes` those along all others but `axis`, where they are the same wherever they lie along it.
std::optional<std::vector<double>> without(int axis, graph::AxisMask axes, const std::vector<double>& values,
                                           const graph::Shape& shape) {
  std::size_t inner = 1;
  for (const int each : axes)
    if (each > axis) inner *= static_cast<std::size_t>(shape[each]);
  const auto along = static_cast<std::size_t>(shape[axis]);
  std::vector<double> rest;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t at = i / inner % along;
    if (at == 0)
      rest.push_back(values[i]);
    else if (!near(values[i], values[i - at * inner]))
      return std::nullopt;
  }
  return rest;
}

}  // namespace

Scale make_scale(graph::AxisMask axes, std::vector<double> values, const graph::Shape& shape) {
  // s * (1 / s) may be one rounding away from 1.
  if (std::all_of(values.begin(), values.end(), [](double value) { return near(value, 1.0); })) return {};
  graph::AxisMask wide;
  for (const int axis : axes)
    if (shape[axis] != 1) wide.add(axis);
  // Along one of several axes the values may all be the same: then they do not run along it.
  for (const int axis : axes) {
    if (!wide.contains(static_cast<std::size_t>(axis))) continue;
    if (wide.count() < 2) break;
    auto rest = without(axis, wide, values, shape);
    if (!rest) continue;
    values = std::move(*rest);
    wide = wide.without(static_cast<std::size_t>(axis));
  }
  return {wide, std::make_shared<const std::vector<double>>(std::move(values))};
}

std::vector<double> spread(const Scale& scale, graph::AxisMask wanted, const graph::Shape& shape) {
  const auto count = static_cast<std::size_t>(elements(wanted, shape));
  if (scale.is_one()) return std::vector<double>(count, 1.0);
  assert(wanted.contains(scale.axes));
  if (scale.axes == wanted) return *scale.values;
  // Odometer over the wanted axes; an axis that the scale does not run along has stride 0.
  std::vector<std::size_t> dims, strides, at;
  std::size_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (!wanted.contains(axis)) continue;
    dims.push_back(static_cast<std::size_t>(shape[axis]));
    strides.push_back(scale.axes.contains(axis) ? stride : 0);
    if (scale.axes.contains(axis)) stride *= static_cast<std::size_t>(shape[axis]);
  }
  at.assign(dims.size(), 0);
  std::vector<double> values(count);
  std::size_t from = 0;
  for (double& value : values) {
    value = (*scale.values)[from];
    for (std::size_t i = 0; i < dims.size(); ++i) {  // the last axis runs fastest and stands first here
      from += strides[i];
      if (++at[i] < dims[i]) break;
      from -= strides[i] * dims[i];
      at[i] = 0;
    }
  }
  return values;
}

std::optional<graph::AxisMask> output_axes(const graph::Node& node, std::uint32_t slot, graph::AxisMask axes) {
  if (axes.empty()) return axes;
  if (!node.form().axes) return std::nullopt;
  const auto map = node.form().axes(node, slot);
  if (!map) return std::nullopt;
  graph::AxisMask out;
  for (std::size_t axis = 0; axis < map->forward.size(); ++axis) {
    if (!axes.contains(axis)) continue;
    if (map->forward[axis].empty()) return std::nullopt;
    out |= map->forward[axis];
  }
  return out;
}

}  // namespace rw::runtime
