// y = x[.., indices, ..]. From a constant table (an embedding) it offers a scale along the axes that are not looked up:
// y' = s y where table' = s table. From an activation it chooses elements (move.cpp).
#include <fmt/format.h>

#include "runtime/laws/conditions.hpp"
#include "runtime/laws/move.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime::law_gather {
namespace {

// The axis of the table that axis `out` of the output is. Has no value where that runs over the indices.
std::optional<int> table_axis(const Site& site, int out) {
  const auto axis = site.shape(0).axis(site.integer("axis"));
  const int indices = site.shape(1).rank();
  if (!axis || out < *axis) return axis ? std::optional(out) : std::nullopt;
  return out < *axis + indices ? std::nullopt : std::optional(out - indices + 1);
}

std::optional<AxisMask> table_axes(const Site& site, AxisMask out_axes) {
  AxisMask axes;
  for (const int out : out_axes) {
    const auto axis = table_axis(site, out);
    if (!axis) return std::nullopt;
    axes.add(*axis);
  }
  return axes;
}

}  // namespace

std::string condition(const Site& site) {
  if (!site.is_constant(0)) return law_move::condition(site);
  if (!graph::floating(site.tensor(0).dtype))
    return fmt::format("its table '{}' is {}", site.tensor(0).name, name(site.tensor(0).dtype));
  if (std::string why = channels_missing(site, site.output()); !why.empty()) return why;
  if (!site.shape(1).known()) return fmt::format("the shape of '{}' is not known", site.tensor(1).name);
  if (site.output_shape().rank() != site.shape(0).rank() - 1 + site.shape(1).rank() ||
      !table_axes(site, site.channels().axes(site.output())))
    return fmt::format("the channels of its output {} lie where it looks up", to_string(site.output_shape()));
  return {};
}

void tie(const Site& site, Tie& tie) {
  if (!site.is_constant(0)) return law_move::tie(site, tie);
  tie.offers();
}

void handles(const Site& site, std::vector<Handle>& handles) {
  if (!site.is_constant(0)) return;
  const graph::Shape table = site.shape(0);
  const std::vector<std::int64_t> shape(table.dims().begin(), table.dims().end());
  handles.push_back({.slot = 0,
                     .side = Handle::Side::out,
                     .read = Handle::Read::weight,
                     .shape = shape,
                     .view = shape,
                     .axes = *table_axes(site, site.channels().axes(site.output()))});
}

std::string carry(const Site& site, Carry& carry) {
  if (!site.is_constant(0)) return law_move::carry(site, carry);
  for (std::uint32_t slot = 1; slot < site.input_count(); ++slot)
    if (carry.edit(slot) || (site.is_activation(slot) && !carry.input(slot).is_one())) return "its indices were scaled";
  const Edit* edit = carry.edit(0);
  if (!edit) return {};
  const graph::Shape table = site.shape(0), out = site.output_shape();
  if (edit->factors.size() != 1 || edit->view != std::vector<std::int64_t>(table.dims().begin(), table.dims().end()) ||
      edit->shape != edit->view)
    return "its table was edited in another way than along its axes";
  AxisMask axes, found;
  for (int axis = 0; axis < out.rank(); ++axis) {
    const auto from = table_axis(site, axis);
    if (!from || !edit->factors[0].axes.contains(*from)) continue;
    axes.add(axis);
    found.add(*from);
  }
  if (found != edit->factors[0].axes) return "its table was edited along the axis that it looks up";
  carry.output(0, make_scale(axes, edit->factors[0].values, out));
  return {};
}

}  // namespace rw::runtime::law_gather

namespace rw::runtime {

extern const Law kGatherLaw = {
    .name = "gather",
    .help = "channels chosen by constant indices; from a constant table it offers",
    .offers = true,
    .ties_channels = true,
    .condition = law_gather::condition,
    .tie = law_gather::tie,
    .handles = law_gather::handles,
    .carry = law_gather::carry,
};

}  // namespace rw::runtime
