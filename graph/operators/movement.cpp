// How operators that compute nothing move their elements (ONNX operator specification).
#include <algorithm>
#include <numeric>

#include "graph/operators/form_functions.hpp"
#include "graph/operators/movement.hpp"

namespace rw::graph {
namespace {

// Walks over the dimensions of a shape from one end to the other.
struct Walker {
  const Shape& shape;
  int at, end, step;  // from the left: 0, rank, 1; from the right: rank - 1, limit - 1, -1
  bool done() const { return at == end; }
  std::int64_t dim() const { return shape[at]; }
  void next() { at += step; }
  void skip_ones() {
    while (!done() && dim() == 1) next();
  }
};

// The next group that both walkers can prove to hold the same elements; false, and nothing moved: there is none.
bool grow_group(Walker& in, Walker& out, std::int64_t& size) {
  const Walker in_start = in, out_start = out;
  const auto give_up = [&] {
    in.at = in_start.at;
    out.at = out_start.at;
    return false;
  };
  std::int64_t left = in.dim(), right = out.dim();
  in.next();
  out.next();
  if (left < 0 || right < 0) {
    size = kUnknown;
    return left == right && left < kUnknown ? true : give_up();
  }
  while (left != right) {
    Walker& shorter = left < right ? in : out;
    std::int64_t& product = left < right ? left : right;
    if (shorter.done() || shorter.dim() < 0 || __builtin_mul_overflow(product, shorter.dim(), &product))
      return give_up();
    shorter.next();
  }
  size = left;
  return true;
}

// The elements of axes [first, last), or kUnknown.
std::int64_t extent(const Shape& shape, int first, int last) {
  return product(shape.dims(), AxisMask::range(first, last)).value_or(kUnknown);
}

// Axis i of the input is axis i of the output, except for what `each(i, movement)` says itself (it returns true then).
template <typename Each>
std::optional<Movement> axis_by_axis(const Node& node, TensorId out_id, Each each) {
  const Shape in = node.shape(0);
  if (!in.known() || out_id == kNone) return std::nullopt;
  const Shape out = node.network().tensor(out_id).shape;
  if (!out.known() || out.rank() != in.rank()) return std::nullopt;
  Movement movement;
  for (int i = 0; i < in.rank(); ++i) {
    if (each(i, movement)) continue;
    const int digit = movement.digit(in[i]);
    movement.in.push_back({.first = i, .last = i + 1, .digits = {digit}});
    movement.out.push_back({.first = i, .last = i + 1, .digits = {digit}});
  }
  return movement;
}

// Axis `axis` of the output holds `size` positions of the same axis of the input, from `start` on at even steps.
void choose(Movement& movement, int axis, std::int64_t size, std::int64_t start, std::int64_t step, bool known) {
  const int digit = movement.digit(size);
  movement.in.push_back(
      {.first = axis, .last = axis + 1, .digits = {digit}, .start = start, .step = step, .known = known});
  movement.out.push_back({.first = axis, .last = axis + 1, .digits = {digit}});
}

}  // namespace

std::optional<std::vector<ViewGroup>> view_groups(const Shape& in, const Shape& out) {
  if (!in.known() || !out.known() || in.rank() > kMaxRank || out.rank() > kMaxRank) return std::nullopt;
  const auto is_zero = [](std::int64_t dim) { return dim == 0; };
  if (std::any_of(in.dims().begin(), in.dims().end(), is_zero) ||
      std::any_of(out.dims().begin(), out.dims().end(), is_zero))
    return std::nullopt;
  std::vector<ViewGroup> groups;
  std::int64_t size = 0;
  Walker left{in, 0, in.rank(), 1}, right{out, 0, out.rank(), 1};
  while (true) {
    left.skip_ones();
    right.skip_ones();
    const int i = left.at, o = right.at;
    if (left.done() || right.done() || !grow_group(left, right, size)) break;
    groups.push_back({i, left.at, o, right.at, size});
  }
  // What stands behind an unknown dimension is cut from the other end.
  const int in_first = left.at, out_first = right.at;
  Walker back{out, out.rank() - 1, out_first - 1, -1}, front{in, in.rank() - 1, in_first - 1, -1};
  while (true) {
    front.skip_ones();
    back.skip_ones();
    const int i = front.at + 1, o = back.at + 1;
    if (front.done() || back.done() || !grow_group(front, back, size)) break;
    groups.push_back({front.at + 1, i, back.at + 1, o, size});
  }
  // The rest of both shapes holds the same number of elements, because everything around it does.
  const int in_last = front.at + 1, out_last = back.at + 1;
  const std::int64_t in_rest = extent(in, in_first, in_last), out_rest = extent(out, out_first, out_last);
  if (in_rest >= 0 && out_rest >= 0 && in_rest != out_rest) return std::nullopt;
  if (in_first < in_last && out_first < out_last)
    groups.push_back({in_first, in_last, out_first, out_last, std::max(in_rest, out_rest)});
  return groups;
}

namespace {

std::optional<Movement> reshaped(const Node& node) {
  const auto groups = view_groups(node.shape(0), node.output_shape());
  if (!groups) return std::nullopt;
  Movement movement;
  for (const ViewGroup& group : *groups) {
    const int digit = movement.digit(group.size);
    movement.in.push_back({.first = group.in_first, .last = group.in_last, .digits = {digit}});
    movement.out.push_back({.first = group.out_first, .last = group.out_last, .digits = {digit}});
  }
  return movement;
}

std::optional<Movement> transposed(const Node& node) {
  const auto map = axes_of::transpose(node, 0);
  if (!map) return std::nullopt;
  const Shape in = node.shape(0);
  Movement movement;
  for (int i = 0; i < in.rank(); ++i) {
    const int digit = movement.digit(in[i]);
    const int to = *map->forward[static_cast<std::size_t>(i)].begin();
    movement.in.push_back({.first = i, .last = i + 1, .digits = {digit}});
    movement.out.push_back({.first = to, .last = to + 1, .digits = {digit}});
  }
  return movement;
}

// DCR: in [n, (i, j, c), h, w] = out [n, c, (h, i), (w, j)]; CRD: in [n, (c, i, j), h, w].
std::optional<Movement> spread_depth(const Node& node) {
  const Shape in = node.shape(0);
  const std::int64_t block = node.integer("blocksize");
  if (!in.known() || in.rank() != 4 || block <= 0 || block > (1 << 15) || in[1] <= 0 || in[1] % (block * block) != 0)
    return std::nullopt;
  Movement movement;
  const int n = movement.digit(in[0]), c = movement.digit(in[1] / (block * block)), i = movement.digit(block),
            j = movement.digit(block);
  const int h = movement.digit(in[2]), w = movement.digit(in[3]);
  const bool depth_first = node.text("mode", "DCR") != "CRD";
  const std::vector<int> depth = depth_first ? std::vector<int>{i, j, c} : std::vector<int>{c, i, j};
  movement.in = {{0, 1, {n}}, {1, 2, depth}, {2, 3, {h}}, {3, 4, {w}}};
  movement.out = {{0, 1, {n}}, {1, 2, {c}}, {2, 3, {h, i}}, {3, 4, {w, j}}};
  return movement;
}

// out [n, (i, j, c), h, w] = in [n, c, (h, i), (w, j)].
std::optional<Movement> gathered_depth(const Node& node) {
  const Shape in = node.shape(0);
  const std::int64_t block = node.integer("blocksize");
  if (!in.known() || in.rank() != 4 || block <= 0 || block > (1 << 15)) return std::nullopt;
  const auto part = [&](std::int64_t dim) { return dim < 0 ? kUnknown : dim / block; };
  if ((in[2] >= 0 && in[2] % block != 0) || (in[3] >= 0 && in[3] % block != 0)) return std::nullopt;
  Movement movement;
  const int n = movement.digit(in[0]), c = movement.digit(in[1]), i = movement.digit(block), j = movement.digit(block);
  const int h = movement.digit(part(in[2])), w = movement.digit(part(in[3]));
  movement.in = {{0, 1, {n}}, {1, 2, {c}}, {2, 3, {h, i}}, {3, 4, {w, j}}};
  movement.out = {{0, 1, {n}}, {1, 2, {i, j, c}}, {2, 3, {h}}, {3, 4, {w}}};
  return movement;
}

std::optional<Movement> expanded(const Node& node) {
  const Shape in = node.shape(0), out = node.output_shape();
  if (!in.known() || !out.known() || in.rank() > out.rank()) return std::nullopt;
  Movement movement;
  const int shift = out.rank() - in.rank();
  for (int o = 0; o < out.rank(); ++o) {
    const int i = o - shift;
    const bool same = i >= 0 && in[i] == out[o] && in[i] != kUnknown;
    const int digit = movement.digit(out[o]);
    movement.out.push_back({.first = o, .last = o + 1, .digits = {digit}});
    // An axis whose size is not known on one side may be repeated or not: a digit of its own, which nothing may run
    // along.
    if (same)
      movement.in.push_back({.first = i, .last = i + 1, .digits = {digit}});
    else if (i >= 0 && in[i] != 1)
      movement.in.push_back({.first = i, .last = i + 1, .digits = {movement.digit(kUnknown)}, .known = false});
  }
  return movement;
}

std::optional<Movement> tiled(const Node& node) {
  const Shape in = node.shape(0);
  const auto repeats = node.integers_of(1);
  if (!in.known() || !repeats || repeats->size() != static_cast<std::size_t>(in.rank())) return std::nullopt;
  Movement movement;
  for (int i = 0; i < in.rank(); ++i) {
    const std::int64_t times = (*repeats)[static_cast<std::size_t>(i)];
    if (times <= 0) return std::nullopt;
    const int digit = movement.digit(in[i]);
    movement.in.push_back({.first = i, .last = i + 1, .digits = {digit}});
    if (times == 1)
      movement.out.push_back({.first = i, .last = i + 1, .digits = {digit}});
    else
      movement.out.push_back({.first = i, .last = i + 1, .digits = {movement.digit(times), digit}});
  }
  return movement;
}

std::optional<Movement> sliced(const Node& node) {
  const auto cuts = slice_cuts(node);
  if (!cuts) return std::nullopt;
  const Shape in = node.shape(0);
  return axis_by_axis(node, node.output(), [&](int axis, Movement& movement) {
    const auto cut = std::find_if(cuts->begin(), cuts->end(), [&](const Cut& each) { return each.axis == axis; });
    if (cut == cuts->end()) return false;
    const bool known = cut->known && in[axis] >= 0;
    choose(movement, axis, known ? cut->count : kUnknown, cut->first, cut->step, known);
    return true;
  });
}

std::optional<Movement> gathered(const Node& node) {
  const Shape in = node.shape(0), indices = node.shape(1), out = node.output_shape();
  const auto axis = in.axis(node.integer("axis"));
  if (!axis || !indices.known() || !out.known() || out.rank() != in.rank() - 1 + indices.rank()) return std::nullopt;
  Movement movement;
  AxisRange table{.first = *axis, .last = *axis + 1};
  for (int i = 0; i < indices.rank(); ++i) {
    const int digit = movement.digit(indices[i]);
    table.digits.push_back(digit);
    movement.out.push_back({.first = *axis + i, .last = *axis + i + 1, .digits = {digit}});
  }
  const auto chosen = node.integers_of(1);
  table.known = chosen && in[*axis] >= 0;
  if (table.known) table.chosen = *chosen;
  for (std::int64_t& each : table.chosen) {
    if (each < -in[*axis] || each >= in[*axis]) return std::nullopt;
    if (each < 0) each += in[*axis];
  }
  movement.in.push_back(std::move(table));
  for (int i = 0; i < in.rank(); ++i) {
    if (i == *axis) continue;
    const int digit = movement.digit(in[i]), to = i < *axis ? i : i - 1 + indices.rank();
    movement.in.push_back({.first = i, .last = i + 1, .digits = {digit}});
    movement.out.push_back({.first = to, .last = to + 1, .digits = {digit}});
  }
  return movement;
}

Movements only(std::optional<Movement> movement) {
  Movements all;
  all.push_back(std::move(movement));
  return all;
}

}  // namespace

namespace movement_of {

Movements reshape(const Node& node) { return only(reshaped(node)); }
Movements transpose(const Node& node) { return only(transposed(node)); }
Movements depth_to_space(const Node& node) { return only(spread_depth(node)); }
Movements space_to_depth(const Node& node) { return only(gathered_depth(node)); }
Movements expand(const Node& node) { return only(expanded(node)); }
Movements tile(const Node& node) { return only(tiled(node)); }
Movements slice(const Node& node) { return only(sliced(node)); }
Movements gather(const Node& node) { return only(gathered(node)); }

Movements split(const Node& node) {
  const Shape in = node.shape(0);
  const auto axis = in.axis(node.integer("axis"));
  Movements all(node.op().outputs.size());
  std::int64_t start = 0;
  for (std::uint32_t output = 0; axis && output < all.size(); ++output) {
    const std::int64_t size = split_size(node, in[*axis], output);
    const bool known = start >= 0 && size >= 0 && in[*axis] >= 0 && start + size <= in[*axis];
    all[output] = axis_by_axis(node, node.output(output), [&](int i, Movement& movement) {
      if (i != *axis) return false;
      choose(movement, i, known ? size : kUnknown, start, 1, known);
      return true;
    });
    start = plus(start, size);
  }
  return all;
}

}  // namespace movement_of
}  // namespace rw::graph
