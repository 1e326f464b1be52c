#include "runtime/settings/numbers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "graph/values/elements.hpp"

namespace rw::patterns {
namespace {

// How many elements further the next one along each axis of `to` lies in `from`, which is broadcast to it.
std::vector<std::size_t> steps_in(std::span<const std::int64_t> from, std::size_t rank) {
  std::vector<std::size_t> steps(rank, 0);
  std::size_t step = 1;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t dim = from[from.size() - 1 - i];
    if (dim != 1) steps[rank - 1 - i] = step;
    step *= static_cast<std::size_t>(dim);
  }
  return steps;
}

// visit(i, places) for every element of `to`: where it lies by each list of steps.
template <std::size_t N, typename Visit>
void walk(std::span<const std::int64_t> to, const std::array<std::vector<std::size_t>, N>& steps, Visit visit) {
  const std::size_t all = count(to);
  std::vector<std::int64_t> at(to.size(), 0);
  std::array<std::size_t, N> place{};
  for (std::size_t i = 0; i < all; ++i) {
    visit(i, place);
    for (std::size_t axis = to.size(); axis-- > 0;) {
      for (std::size_t k = 0; k < N; ++k) place[k] += steps[k][axis];
      if (++at[axis] < to[axis]) break;
      for (std::size_t k = 0; k < N; ++k) place[k] -= steps[k][axis] * static_cast<std::size_t>(to[axis]);
      at[axis] = 0;
    }
  }
}

graph::DType common(graph::DType a, graph::DType b) { return a == graph::DType::undefined ? b : a; }

std::size_t axis_in(std::int64_t axis, std::size_t rank) {
  const auto from_front = axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis;
  if (from_front < 0 || from_front >= static_cast<std::int64_t>(rank))
    throw NoValue(fmt::format("axis {} of a constant of rank {}", axis, rank));
  return static_cast<std::size_t>(from_front);
}

}  // namespace

std::size_t count(std::span<const std::int64_t> shape) {
  std::int64_t all = 1;  // but for dimensions of 0, behind which others must stay bounded: shapes are computed with
  bool empty = false;
  for (const std::int64_t dim : shape) {
    if (dim < 0) throw NoValue("a dimension is not known");
    if (dim > kMaxElements || (!empty && all * dim > kMaxElements))
      throw NoValue(fmt::format("a constant of shape [{}] is too large to compute", fmt::join(shape, ", ")));
    empty = empty || dim == 0;
    all = dim == 0 || empty ? all : all * dim;
  }
  return empty ? 0 : static_cast<std::size_t>(all);
}

Dims broadcast(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  Dims out(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1)
      throw NoValue(fmt::format("constants of shapes [{}] and [{}] do not fit each other", fmt::join(a, ", "),
                                fmt::join(b, ", ")));
    out[out.size() - 1 - i] = x == 1 ? y : x;
  }
  return out;
}

Numbers combine(const Numbers& a, const Numbers& b, const std::function<double(double, double)>& f) {
  Numbers out{broadcast(a.shape, b.shape), {}, common(a.dtype, b.dtype)};
  out.values.resize(count(out.shape));
  walk<2>(out.shape, {steps_in(a.shape, out.shape.size()), steps_in(b.shape, out.shape.size())},
          [&](std::size_t i, const auto& place) { out.values[i] = f(a.values[place[0]], b.values[place[1]]); });
  return out;
}

Numbers each(Numbers a, const std::function<double(double)>& f) {
  for (double& value : a.values) value = f(value);
  return a;
}

Numbers expand(const Numbers& a, const Dims& shape) {
  if (a.shape == shape) return a;
  if (broadcast(a.shape, shape) != shape)
    throw NoValue(
        fmt::format("a constant of shape [{}] does not fit [{}]", fmt::join(a.shape, ", "), fmt::join(shape, ", ")));
  Numbers out{shape, std::vector<double>(count(shape)), a.dtype};
  walk<1>(shape, {steps_in(a.shape, shape.size())},
          [&](std::size_t i, const auto& place) { out.values[i] = a.values[place[0]]; });
  return out;
}

Numbers transposed(const Numbers& a, std::span<const std::int64_t> perm) {
  std::vector<bool> seen(a.shape.size(), false);
  if (perm.size() != a.shape.size()) throw NoValue("a permutation of another rank");
  Numbers out{Dims(perm.size()), std::vector<double>(a.values.size()), a.dtype};
  std::vector<std::size_t> strides(a.shape.size(), 1), steps(a.shape.size());
  for (std::size_t i = a.shape.size(); i-- > 1;) strides[i - 1] = strides[i] * static_cast<std::size_t>(a.shape[i]);
  for (std::size_t i = 0; i < perm.size(); ++i) {
    const std::size_t from = axis_in(perm[i], a.shape.size());
    if (seen[from]) throw NoValue("a permutation that names an axis twice");
    seen[from] = true;
    out.shape[i] = a.shape[from];
    steps[i] = strides[from];
  }
  walk<1>(out.shape, {steps}, [&](std::size_t i, const auto& place) { out.values[i] = a.values[place[0]]; });
  return out;
}

Numbers reshaped(Numbers a, Dims shape) {
  const auto open = std::ranges::find(shape, -1);
  const auto all = static_cast<std::int64_t>(a.values.size());
  if (open != shape.end()) {
    *open = 1;
    const auto known = static_cast<std::int64_t>(count(shape));
    *open = known > 0 ? all / known : 0;
  }
  if (static_cast<std::int64_t>(count(shape)) != all)
    throw NoValue(fmt::format("{} elements have no shape [{}]", all, fmt::join(shape, ", ")));
  a.shape = std::move(shape);
  return a;
}

Numbers concatenated(std::int64_t axis, std::span<const Numbers> parts) {
  if (parts.empty()) throw NoValue("nothing to concatenate");
  const std::size_t at = axis_in(axis, parts[0].shape.size());
  Numbers out{parts[0].shape, {}, parts[0].dtype};
  out.shape[at] = 0;
  for (const Numbers& part : parts) {
    Dims like = part.shape;
    if (like.size() != out.shape.size()) throw NoValue("constants of different ranks cannot be concatenated");
    like[at] = out.shape[at];
    if (like != out.shape) throw NoValue("constants of different shapes cannot be concatenated");
    out.shape[at] += part.shape[at];
  }
  const std::span<const std::int64_t> dims = out.shape;
  const std::size_t outer = count(dims.first(at)), inner = count(dims.subspan(at + 1));
  out.values.reserve(count(dims));
  for (std::size_t i = 0; i < outer; ++i)
    for (const Numbers& part : parts) {
      const std::size_t run = inner * static_cast<std::size_t>(part.shape[at]);
      out.values.insert(out.values.end(), part.values.begin() + static_cast<std::ptrdiff_t>(i * run),
                        part.values.begin() + static_cast<std::ptrdiff_t>((i + 1) * run));
    }
  return out;
}

Numbers summed(const Numbers& a, std::int64_t axis) {
  const std::size_t at = axis_in(axis, a.shape.size());
  Numbers out{a.shape, {}, a.dtype};
  out.shape[at] = 1;
  out.values.assign(count(out.shape), 0);
  walk<1>(a.shape, {steps_in(out.shape, a.shape.size())},
          [&](std::size_t i, const auto& place) { out.values[place[0]] += a.values[i]; });
  return out;
}

WholeRange range_of(graph::DType dtype) {
  if (dtype == graph::DType::boolean) return {0, 1};
  if (dtype == graph::DType::undefined) dtype = graph::DType::int64;  // a formula that does not say
  return graph::with_codec(dtype, [](auto codec) -> WholeRange {
    using Stored = typename decltype(codec)::Stored;
    constexpr double kExact = 0x1p53;  // beyond it a double skips whole numbers
    return {std::max(-kExact, static_cast<double>(std::numeric_limits<Stored>::lowest())),
            std::min(kExact, static_cast<double>(std::numeric_limits<Stored>::max()))};
  });
}

namespace {

template <typename Stored>
void put(std::vector<std::byte>& bytes, std::size_t i, double value) {
  const auto stored = static_cast<Stored>(value);
  std::memcpy(bytes.data() + i * sizeof stored, &stored, sizeof stored);
}

}  // namespace

Numbers cast(Numbers a, graph::DType dtype) {
  if (graph::floating(dtype)) {
    const auto rounded = graph::from_double(a.values, dtype);
    const graph::Literal literal{dtype, graph::Shape(a.shape), rounded};
    a.values = graph::to_double(literal);
  } else if (dtype == graph::DType::boolean) {
    for (double& value : a.values) value = value != 0 ? 1 : 0;
  } else {
    const WholeRange range = range_of(dtype);
    for (double& value : a.values) {
      value = std::trunc(value);
      if (!(value >= range.least && value <= range.most))
        throw NoValue(fmt::format("a value lies outside of {}", name(dtype)));
    }
  }
  a.dtype = dtype;
  return a;
}

std::vector<std::byte> bytes_of(const Numbers& a) {
  if (graph::floating(a.dtype)) return graph::from_double(a.values, a.dtype);
  const WholeRange range = range_of(a.dtype);
  std::vector<std::byte> bytes(a.values.size() * size(a.dtype));
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const double value = a.values[i];
    if (!(value >= range.least && value <= range.most) || value != std::trunc(value))
      throw NoValue(fmt::format("{} is no value of {}", value, name(a.dtype)));
    graph::with_codec(a.dtype, [&](auto codec) { put<typename decltype(codec)::Stored>(bytes, i, value); });
  }
  return bytes;
}

}  // namespace rw::patterns
