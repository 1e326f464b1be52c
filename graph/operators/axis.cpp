// On which axes channels lie, and how axes are carried through operators.
#include <algorithm>

#include "graph/operators/form_functions.hpp"

namespace rw::graph {
namespace {

Anchors both(std::optional<int> in_axis, std::optional<int> out_axis) {
  Anchors anchors;
  if (in_axis) anchors.input = AxisMask::single(*in_axis);
  if (out_axis) anchors.output = AxisMask::single(*out_axis);
  return anchors;
}

// Axis i of the input lies on axis target(i) of the output; a negative target: on none.
template <typename Target>
std::optional<AxisMap> one_to_one(int in_rank, int out_rank, Target target) {
  if (in_rank > kMaxRank || out_rank > kMaxRank) return std::nullopt;
  AxisMap map(in_rank, out_rank);
  for (int i = 0; i < in_rank; ++i) {
    const int to = target(i);
    if (to < 0) continue;
    if (to >= out_rank) return std::nullopt;
    map.forward[static_cast<std::size_t>(i)].add(to);
    map.backward[static_cast<std::size_t>(to)].add(i);
  }
  return map;
}

// The axes of `gone` are reduced or taken out, the others keep their order.
std::optional<AxisMap> without(const Node& node, AxisMask gone) {
  const Shape in = node.shape(0), out = node.output_shape();
  if (!in.known() || !out.known()) return std::nullopt;
  const bool keeps = in.rank() == out.rank();
  int next = 0;
  std::vector<int> place(static_cast<std::size_t>(in.rank()), -1);
  for (int i = 0; i < in.rank(); ++i)
    if (!gone.contains(i)) place[static_cast<std::size_t>(i)] = keeps ? i : next++;
  return one_to_one(in.rank(), out.rank(), [&](int axis) { return place[static_cast<std::size_t>(axis)]; });
}

}  // namespace

std::optional<AxisMask> named_axes(const Node& node, int rank, bool all_where_absent) {
  if (rank > kMaxRank) return std::nullopt;
  AxisMask unnamed;
  if (all_where_absent && node.integer("noop_with_empty_axes") == 0) unnamed = AxisMask::first_axes(rank);
  const bool named = node.has(1) || node.integers("axes").has_value();
  if (!named) return unnamed;
  const auto list = node.integers("axes", 1);
  if (!list) return std::nullopt;
  if (list->empty()) return unnamed;
  AxisMask mask;
  for (const std::int64_t each : *list) {
    if (each < -rank || each >= rank) return std::nullopt;
    mask.add(static_cast<std::size_t>(each < 0 ? each + rank : each));
  }
  return mask;
}

namespace anchors_of {

Anchors second(const Node& node) {
  const Shape in = node.shape(0);
  if (!in.known() || in.rank() < 2) return {};
  return both(1, 1);
}

Anchors last(const Node& node) {
  const Shape in = node.shape(0), out = node.output_shape();
  if (!in.known() || in.rank() < 1) return {};
  return both(in.rank() - 1, out.known() && out.rank() > 0 ? std::optional(out.rank() - 1) : std::nullopt);
}

Anchors matmul(const Node& node) {
  const bool left = node.is_constant(0);
  if (left == node.is_constant(1)) return {};
  const Shape in = node.shape(left ? 1 : 0), out = node.output_shape();
  const int from_end = left ? 2 : 1;
  if (!in.known() || !out.known() || in.rank() < from_end || out.rank() < from_end) return {};
  Anchors anchors = both(in.rank() - from_end, out.rank() - from_end);
  anchors.slot = left ? 1 : 0;
  return anchors;
}

Anchors user(const Node& node) {
  const auto in = node.shape(0).axis(node.form().user.axis), out = node.output_shape().axis(node.form().user.axis);
  return both(in, out);
}

Anchors factor(const Node& node) {
  std::string why;
  const auto affine = node.form().affine(node, why);
  if (!affine) return {};
  const Shape constant = node.shape(affine->factor), in = node.shape(affine->activation), out = node.output_shape();
  std::optional<int> from_end;
  for (int i = 0; i < constant.rank(); ++i) {
    if (constant[i] == 1) continue;
    if (from_end) return {};
    from_end = constant.rank() - i;
  }
  if (!from_end || in.rank() < *from_end || out.rank() < *from_end) return {};
  Anchors anchors = both(in.rank() - *from_end, out.rank() - *from_end);
  anchors.slot = affine->activation;
  return anchors;
}

}  // namespace anchors_of

namespace axes_of {

std::optional<AxisMap> same(const Node& node, std::uint32_t slot) {
  const Shape in = node.shape(slot), out = node.output_shape();
  if (!in.known() || !out.known() || in.rank() != out.rank()) return std::nullopt;
  return one_to_one(in.rank(), out.rank(), [](int axis) { return axis; });
}

std::optional<AxisMap> broadcast(const Node& node, std::uint32_t slot) {
  const Shape in = node.shape(slot), out = node.output_shape();
  if (!in.known() || !out.known() || in.rank() > out.rank()) return std::nullopt;
  auto map = one_to_one(in.rank(), out.rank(), [&](int axis) {
    const int to = axis + out.rank() - in.rank();
    return in[axis] == 1 && out[to] != 1 ? -1 : to;  // one element meets all
  });
  if (map) map->broadcasts = true;
  return map;
}

std::optional<AxisMap> reduce(const Node& node, std::uint32_t slot) {
  const Shape in = node.shape(0);
  const auto gone = slot == 0 && in.known() ? named_axes(node, in.rank(), true) : std::nullopt;
  return gone ? without(node, *gone) : std::nullopt;
}

std::optional<AxisMap> squeeze(const Node& node, std::uint32_t slot) {
  const Shape in = node.shape(0);
  if (slot != 0 || !in.known()) return std::nullopt;
  if (node.has(1) || node.integers("axes")) {
    const auto gone = named_axes(node, in.rank(), false);
    return gone ? without(node, *gone) : std::nullopt;
  }
  AxisMask gone;
  for (int i = 0; i < in.rank(); ++i)
    if (in[i] == 1) gone.add(i);
  return without(node, gone);
}

std::optional<AxisMap> unsqueeze(const Node& node, std::uint32_t slot) {
  const Shape in = node.shape(0), out = node.output_shape();
  if (slot != 0 || !in.known() || !out.known()) return std::nullopt;
  const auto added = named_axes(node, out.rank(), true);
  if (!added) return std::nullopt;
  std::vector<int> place;
  for (int i = 0; i < out.rank(); ++i)
    if (!added->contains(i)) place.push_back(i);
  if (place.size() != static_cast<std::size_t>(in.rank())) return std::nullopt;
  return one_to_one(in.rank(), out.rank(), [&](int axis) { return place[static_cast<std::size_t>(axis)]; });
}

std::optional<AxisMap> transpose(const Node& node, std::uint32_t slot) {
  const Shape in = node.shape(slot), out = node.output_shape();
  if (slot != 0 || !in.known() || !out.known() || in.rank() != out.rank()) return std::nullopt;
  const auto perm = node.integers("perm");
  if (perm && perm->size() != static_cast<std::size_t>(in.rank())) return std::nullopt;
  std::vector<int> place(static_cast<std::size_t>(in.rank()));
  for (int i = 0; i < in.rank(); ++i) {
    const std::int64_t from = perm ? (*perm)[static_cast<std::size_t>(i)] : in.rank() - 1 - i;
    if (from < 0 || from >= in.rank()) return std::nullopt;
    place[static_cast<std::size_t>(from)] = i;
  }
  return one_to_one(in.rank(), out.rank(), [&](int axis) { return place[static_cast<std::size_t>(axis)]; });
}

// Within a group of axes that hold the same elements every input axis lies on every output axis.
std::optional<AxisMap> view(const Node& node, std::uint32_t slot) {
  const auto groups = slot == 0 ? view_groups(node.shape(0), node.output_shape()) : std::nullopt;
  const int in_rank = node.shape(0).rank(), out_rank = node.output_shape().rank();
  if (!groups || in_rank > kMaxRank || out_rank > kMaxRank) return std::nullopt;
  AxisMap map(in_rank, out_rank);
  for (const ViewGroup& group : *groups) {
    const AxisMask ins = AxisMask::range(group.in_first, group.in_last),
                   outs = AxisMask::range(group.out_first, group.out_last);
    for (int axis = group.in_first; axis < group.in_last; ++axis) map.forward[static_cast<std::size_t>(axis)] = outs;
    for (int axis = group.out_first; axis < group.out_last; ++axis) map.backward[static_cast<std::size_t>(axis)] = ins;
  }
  return map;
}

std::optional<AxisMap> gather(const Node& node, std::uint32_t slot) {
  const Shape in = node.shape(0), indices = node.shape(1), out = node.output_shape();
  const auto axis = in.axis(node.integer("axis"));
  if (slot != 0 || !axis || !indices.known() || !out.known() || out.rank() != in.rank() - 1 + indices.rank() ||
      out.rank() > kMaxRank)
    return std::nullopt;
  auto map = one_to_one(in.rank(), out.rank(), [&](int i) {
    return i == *axis ? -1 : i < *axis ? i : i - 1 + indices.rank();
  });
  if (!map) return map;
  for (int i = 0; i < indices.rank(); ++i) {
    const int there = *axis + i;
    map->forward[static_cast<std::size_t>(*axis)].add(there);
    map->backward[static_cast<std::size_t>(there)].add(*axis);
  }
  return map;
}

std::optional<AxisMap> matmul(const Node& node, std::uint32_t slot) {
  const Shape in = node.shape(slot), out = node.output_shape();
  if (slot > 1 || node.is_constant(0) || node.is_constant(1) || !in.known() || !out.known() || in.rank() < 2 ||
      in.rank() > out.rank())
    return std::nullopt;
  if (node.shape(1 - slot).known() && node.shape(1 - slot).rank() < 2) return std::nullopt;
  const int contracted = slot == 0 ? in.rank() - 1 : in.rank() - 2;
  return one_to_one(in.rank(), out.rank(), [&](int axis) {
    const int to = axis + out.rank() - in.rank();
    return axis == contracted || (in[axis] == 1 && out[to] != 1) ? -1 : to;
  });
}

std::optional<AxisMap> first_two(const Node& node, std::uint32_t slot) {
  const Shape in = node.shape(0), out = node.output_shape();
  if (slot != 0 || !in.known() || !out.known() || in.rank() < 2 || out.rank() < 2) return std::nullopt;
  return one_to_one(in.rank(), out.rank(), [](int axis) { return axis < 2 ? axis : -1; });
}

std::optional<AxisMap> second(const Node& node, std::uint32_t slot) {
  const Shape in = node.shape(0), out = node.output_shape();
  if (slot != 0 || !in.known() || !out.known() || in.rank() < 2 || out.rank() < 2) return std::nullopt;
  return one_to_one(in.rank(), out.rank(), [](int axis) { return axis == 1 ? axis : -1; });
}

}  // namespace axes_of
}  // namespace rw::graph
