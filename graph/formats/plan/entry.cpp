#include "graph/formats/plan/entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "graph/formats/plan/planned.hpp"

namespace rw::graph {

void misfit(const PlanFile& plan, std::string_view tensor, std::string message) {
  throw printable(Error(plan.path, fmt::format("tensor '{}'", tensor), std::move(message)), "");
}

void refuse_applied(const PlanFile& plan, std::string place, std::string_view message) {
  const Error shown = printable(Error(plan.path, std::move(place), std::string(message)), "");
  throw PlanRefusal(shown.file, shown.place, shown.message);
}

std::vector<double> inverse(const PlanFile& plan, std::string_view tensor, std::vector<double> values) {
  for (double& value : values) {
    if (value == 0 || !std::isfinite(1 / value))
      misfit(plan, tensor, fmt::format("a factor of {} cannot be undone", value));
    value = 1 / value;
  }
  return values;
}

namespace {

void check_shape(const PlanFile& plan, const PlanScale& scale, const Edit& edit, const Shape& shape, bool undo) {
  const std::vector<std::int64_t>& expected = scale.was ? *scale.was : edit.shape;
  if (!std::equal(shape.dims().begin(), shape.dims().end(), expected.begin(), expected.end()))
    misfit(plan, scale.tensor,
           fmt::format("the plan has shape {} for it, but it is {}", to_string(Shape(expected)), to_string(shape)));
  if (undo && scale.was) misfit(plan, scale.tensor, "it was expanded, which cannot be undone");
  if (!scale.was) return;
  // What broadcasting expands: from behind, each dimension is the same or was 1.
  const bool fits = scale.was->size() <= edit.shape.size() &&
                    std::equal(scale.was->rbegin(), scale.was->rend(), edit.shape.rbegin(),
                               [](std::int64_t before, std::int64_t after) { return before == after || before == 1; });
  if (!fits) misfit(plan, scale.tensor, "\"was\" does not expand to \"shape\"");
}

}  // namespace

Edit edit_of(const PlanFile& plan, const PlanScale& scale, const Literal& value, bool undo) {
  const auto dims = value.shape.dims();
  if (!floating(value.dtype))
    misfit(plan, scale.tensor, fmt::format("it holds {}, which carry no scale", name(value.dtype)));
  Edit edit;
  edit.shape = scale.viewed ? scale.edit.shape : std::vector<std::int64_t>(dims.begin(), dims.end());
  edit.view = scale.viewed ? scale.edit.view : edit.shape;
  check_shape(plan, scale, edit, value.shape, undo);
  for (const Factor& each : scale.edit.factors) {
    std::int64_t positions = 1;
    for (const int axis : each.axes) {
      if (static_cast<std::size_t>(axis) >= edit.view.size())
        misfit(plan, scale.tensor, fmt::format("it has no axis {}: {}", axis, to_string(value.shape)));
      positions *= edit.view[static_cast<std::size_t>(axis)];
    }
    if (positions != static_cast<std::int64_t>(each.values.size()))
      misfit(plan, scale.tensor,
             fmt::format("the plan has {} factors for {} positions: {}", each.values.size(), positions,
                         to_string(value.shape)));
    edit.factors.push_back({each.axes, undo ? inverse(plan, scale.tensor, each.values) : each.values, each.folded});
  }
  return edit;
}

}  // namespace rw::graph
