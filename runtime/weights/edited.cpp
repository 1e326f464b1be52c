#include "runtime/weights/edited.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "graph/base/error.hpp"
#include "graph/base/parallel.hpp"
#include "graph/values/elements.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime {
namespace {

// A position that runs along some axes of a view: its stride on every axis, 0 on the others.
struct StridedPosition {
  std::vector<std::size_t> strides;
  std::size_t at = 0;

  StridedPosition(std::span<const std::int64_t> view, AxisMask axes) : strides(view.size(), 0) {
    std::size_t stride = 1;
    for (std::size_t i = view.size(); i-- > 0;) {
      if (!axes.contains(i)) continue;
      strides[i] = stride;
      stride *= static_cast<std::size_t>(view[i]);
    }
  }
};

// Where an element of the expanded shape lies in the constant: axes that were expanded have stride 0.
StridedPosition source_position(const graph::Literal& literal, const Handle& handle) {
  const std::span<const std::int64_t> old = literal.shape.dims();
  AxisMask kept;
  if (literal.shape.count() == graph::Shape(handle.shape).count()) {
    kept = AxisMask::all();  // nothing was expanded: the view is row-major over the elements
  } else {
    const std::size_t skip = handle.shape.size() - old.size();
    for (std::size_t i = skip; i < handle.shape.size(); ++i)
      if (old[i - skip] == handle.shape[i]) kept.add(i);
  }
  return StridedPosition(handle.view, kept);
}

}  // namespace

void for_each_element(const graph::Tensor& constant, const Handle& handle, const Edit* edit,
                      graph::FunctionRef<void(double, double, std::size_t)> visit) {
  const graph::Literal& literal = *constant.constant;
  StridedPosition source = source_position(literal, handle), channel(handle.view, handle.axes);
  std::vector<StridedPosition> factors;
  std::vector<const std::vector<double>*> values;
  if (edit)
    for (const graph::Factor& factor : edit->factors) {
      factors.emplace_back(handle.view, factor.axes);
      values.push_back(&factor.values);
    }
  std::int64_t count = 1;
  for (const std::int64_t dim : handle.view) count *= dim;
  std::vector<std::int64_t> at(handle.view.size(), 0);
  const auto step = [&](std::size_t axis, bool back) {
    const std::size_t times = back ? static_cast<std::size_t>(handle.view[axis]) : 1;
    const auto move = [&](StridedPosition& position) {
      back ? position.at -= position.strides[axis]* times : position.at += position.strides[axis];
    };
    move(source);
    move(channel);
    for (StridedPosition& position : factors) move(position);
  };
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = graph::element(literal, source.at);
    // Other constants scale along as they are: infinity stays what it is (the mask of an attention).
    if (!std::isfinite(value) && handle.read != Handle::Read::no)
      throw graph::Error("", fmt::format("tensor '{}'", constant.name),
                         fmt::format("element {} is {}: weights must be finite", source.at, value));
    double factor = 1;
    for (std::size_t k = 0; k < factors.size(); ++k) factor *= (*values[k])[factors[k].at];
    visit(value, factor, channel.at);
    for (std::size_t axis = at.size(); axis-- > 0;) {
      step(axis, false);
      if (++at[axis] < handle.view[axis]) break;
      step(axis, true);
      at[axis] = 0;
    }
  }
}

namespace {

// The elements of a constant as loops over runs of neighbours: axes that every position walks as one are one loop, the
// innermost last.
struct Loops {
  std::vector<std::size_t> extents;
  std::vector<std::vector<std::size_t>> strides;  // by position, by loop
};

Loops merge(std::span<const std::int64_t> view, std::span<const StridedPosition> positions) {
  Loops loops;
  loops.strides.resize(positions.size());
  for (std::size_t axis = 0; axis < view.size(); ++axis) {
    const auto extent = static_cast<std::size_t>(view[axis]);
    if (extent == 1) continue;
    bool joins = !loops.extents.empty();
    for (std::size_t i = 0; joins && i < positions.size(); ++i)
      joins = loops.strides[i].back() == positions[i].strides[axis] * extent;
    if (joins) {
      loops.extents.back() *= extent;
      for (std::size_t i = 0; i < positions.size(); ++i) loops.strides[i].back() = positions[i].strides[axis];
    } else {
      loops.extents.push_back(extent);
      for (std::size_t i = 0; i < positions.size(); ++i) loops.strides[i].push_back(positions[i].strides[axis]);
    }
  }
  if (loops.extents.empty()) {
    loops.extents.push_back(1);
    for (auto& each : loops.strides) each.push_back(0);
  }
  return loops;
}

// The bits of a float without its sign: magnitudes are in their order, nan and infinity last.
template <typename Stored>
using BitsOf = std::conditional_t<sizeof(Stored) == 2, std::uint16_t,
                                  std::conditional_t<sizeof(Stored) == 4, std::uint32_t, std::uint64_t>>;
template <typename Bits>
constexpr Bits kMagnitude = static_cast<Bits>(~Bits{0}) >> 1U;

// Elements that are looked at together, as a maximum depends on the one before.
template <typename Stored>
constexpr std::size_t kLanes = 32 / sizeof(Stored);

// The largest magnitude of a run; infinity where one of its elements is not finite.
template <typename Codec>
double largest_of(const std::byte* elements, std::size_t count) {
  using Stored = typename Codec::Stored;
  if constexpr (Codec::kFloating) {
    using Bits = BitsOf<Stored>;
    std::array<Bits, kLanes<Stored>> most{};
    std::size_t i = 0;
    for (; i + most.size() <= count; i += most.size())
      for (std::size_t lane = 0; lane < most.size(); ++lane)
        most[lane] =
            std::max<Bits>(most[lane], graph::load<Bits>(elements + (i + lane) * sizeof(Bits)) & kMagnitude<Bits>);
    for (; i < count; ++i)
      most[0] = std::max<Bits>(most[0], graph::load<Bits>(elements + i * sizeof(Bits)) & kMagnitude<Bits>);
    const double largest = Codec::widen(std::bit_cast<Stored>(*std::max_element(most.begin(), most.end())));
    return std::isfinite(largest) ? largest : INFINITY;
  }
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i)
    largest = std::max(largest, std::fabs(Codec::widen(graph::load<Stored>(elements + i * sizeof(Stored)))));
  return largest;
}

// The smallest magnitude of a run that is not 0; infinity where all are.
template <typename Codec>
double smallest_of(const std::byte* elements, std::size_t count) {
  using Stored = typename Codec::Stored;
  if constexpr (Codec::kFloating) {
    using Bits = BitsOf<Stored>;
    std::array<Bits, kLanes<Stored>> least;
    least.fill(static_cast<Bits>(~Bits{0}));
    // One less, so that 0 is the largest number of all.
    const auto bits = [&](std::size_t i) -> Bits {
      return static_cast<Bits>((graph::load<Bits>(elements + i * sizeof(Bits)) & kMagnitude<Bits>)-1U);
    };
    std::size_t i = 0;
    for (; i + least.size() <= count; i += least.size())
      for (std::size_t lane = 0; lane < least.size(); ++lane) least[lane] = std::min(least[lane], bits(i + lane));
    for (; i < count; ++i) least[0] = std::min(least[0], bits(i));
    const Bits found = *std::min_element(least.begin(), least.end());
    return found == static_cast<Bits>(~Bits{0}) ? INFINITY
                                                : Codec::widen(std::bit_cast<Stored>(static_cast<Bits>(found + 1U)));
  }
  return 0;
}

// --- what is found of the elements of a channel: by run with one factor, by row with a factor for each element

template <typename Codec>
void take_run(const std::byte* elements, std::size_t count, double factor, double& largest) {
  largest = std::max(largest, largest_of<Codec>(elements, count) * std::fabs(factor));
}

template <typename Codec>
void take_run(const std::byte* elements, std::size_t count, double factor, Extremes& found) {
  if (factor == 1) return;
  found.largest = std::max(found.largest, largest_of<Codec>(elements, count) * std::fabs(factor));
  found.smallest = std::min(found.smallest, smallest_of<Codec>(elements, count) * std::fabs(factor));
}

template <typename Codec>
void take_row(const std::byte* elements, std::span<Extremes> found, const double* factors, std::size_t step) {
  using Stored = typename Codec::Stored;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double factor = factors[i * step], value = Codec::widen(graph::load<Stored>(elements + i * sizeof(Stored)));
    if (factor == 1 || value == 0) continue;
    const double size = std::fabs(value * factor);
    found[i].largest = std::max(found[i].largest, size <= std::numeric_limits<double>::max() ? size : INFINITY);
    found[i].smallest = std::min(found[i].smallest, size);
  }
}

// Takes the maximum with a run of elements whose channels are neighbours, each element with its factor.
template <typename Codec>
void take_row(const std::byte* elements, std::span<double> largest, const double* factors, std::size_t step) {
  using Stored = typename Codec::Stored;
  for (std::size_t i = 0; i < largest.size(); ++i) {
    const double size = std::fabs(Codec::widen(graph::load<Stored>(elements + i * sizeof(Stored))) * factors[i * step]);
    largest[i] = std::max(largest[i], size <= std::numeric_limits<double>::max() ? size : INFINITY);  // nan, too
  }
}

// Takes the steps [begin, end) of the outermost loop. Infinity or nan in the result: some element is not finite.
template <typename Codec, typename Found>
void take_runs(const graph::Literal& literal, Loops loops, std::size_t begin, std::size_t end,
               const std::vector<const double*>& factors, std::vector<Found>& found) {
  enum : std::size_t { kSource, kChannel, kFactors };
  loops.extents.front() = end - begin;
  const std::size_t run = loops.extents.back(), outer = loops.extents.size() - 1;
  std::vector<std::size_t> at, place(outer, 0);
  for (const auto& strides : loops.strides) at.push_back(begin * strides.front());
  const auto step_of = [&](std::size_t i) { return loops.strides[i].back(); };
  // Within a run factors are one number, or numbers side by side.
  std::vector<double> row;
  const auto factor_row = [&]() -> std::pair<const double*, std::size_t> {
    bool uniform = true;
    for (std::size_t i = kFactors; i < at.size(); ++i) uniform &= step_of(i) == 0;
    const std::size_t length = uniform ? 1 : run;
    row.assign(length, 1.0);
    for (std::size_t i = kFactors; i < at.size(); ++i)
      for (std::size_t k = 0; k < length; ++k) row[k] *= factors[i - kFactors][at[i] + k * step_of(i)];
    return {row.data(), uniform ? 0 : 1};
  };
  for (bool more = true; more;) {
    const std::byte* elements = literal.bytes.data() + at[kSource] * sizeof(typename Codec::Stored);
    const auto [factor, step] = factor_row();
    Found& first = found[at[kChannel]];
    if (step_of(kChannel) == 0 && step == 0) {
      take_run<Codec>(elements, run, *factor, first);
    } else if (step_of(kChannel) == 1) {
      take_row<Codec>(elements, std::span(&first, run), factor, step);
    } else {
      for (std::size_t i = 0; i < run; ++i)
        take_row<Codec>(elements + i * sizeof(typename Codec::Stored),
                        std::span(&found[at[kChannel] + i * step_of(kChannel)], 1), factor + i * step, 0);
    }
    more = false;
    for (std::size_t loop = outer; loop-- > 0 && !more;) {
      more = ++place[loop] < loops.extents[loop];
      for (std::size_t i = 0; i < at.size(); ++i)
        at[i] += more ? loops.strides[i][loop] : -loops.strides[i][loop] * (loops.extents[loop] - 1);
      if (!more) place[loop] = 0;
    }
  }
}

// Parts of the outermost loop that are worth a thread each: 1 MiB and more.
std::size_t part_count(const graph::Literal& literal, const Loops& loops) {
  constexpr std::size_t kWorthAThread = std::size_t{1} << 20U;
  return std::clamp<std::size_t>(literal.bytes.size() / kWorthAThread, 1,
                                 std::min<std::size_t>(loops.extents.front(), std::size_t{4} * graph::threads()));
}

void unite(double& largest, double other) { largest = std::max(largest, other); }
void unite(Extremes& found, const Extremes& other) {
  found.largest = std::max(found.largest, other.largest);
  found.smallest = std::min(found.smallest, other.smallest);
}

bool is_finite(double largest) { return std::isfinite(largest); }
bool is_finite(const Extremes& found) { return std::isfinite(found.largest); }

// An extreme is the same whatever the order: each part has its own, and they are united.
template <typename Found>
std::vector<Found> find_in_runs(const graph::Literal& literal, const Loops& loops,
                                const std::vector<const double*>& factors, std::size_t channels) {
  const std::size_t parts = graph::threads() == 1 ? 1 : part_count(literal, loops), all = loops.extents.front();
  std::vector<std::vector<Found>> found(parts, std::vector<Found>(channels));
  graph::parallel_for(parts, [&](std::size_t i) {
    graph::with_codec(literal.dtype, [&](auto codec) {
      take_runs<decltype(codec)>(literal, loops, all * i / parts, all * (i + 1) / parts, factors, found[i]);
    });
  });
  for (std::size_t i = 1; i < parts; ++i)
    for (std::size_t channel = 0; channel < channels; ++channel) unite(found[0][channel], found[i][channel]);
  return std::move(found[0]);
}

// One pass over the elements where they lie. Gives no value where the constant is expanded or stored in another order
// or type, or one of its elements is not finite.
template <typename Found>
std::optional<std::vector<Found>> find_where_they_lie(const graph::Literal& literal, const Handle& handle,
                                                      const Edit* edit, std::size_t channels) {
  std::vector<StridedPosition> positions = {source_position(literal, handle),
                                            StridedPosition(handle.view, handle.axes)};
  std::vector<const double*> factors;
  if (edit)
    for (const graph::Factor& factor : edit->factors) {
      positions.emplace_back(handle.view, factor.axes);
      factors.push_back(factor.values.data());
    }
  if (std::find(handle.view.begin(), handle.view.end(), 0) != handle.view.end()) return std::vector<Found>(channels);
  const Loops loops = merge(handle.view, positions);
  if (literal.layout || (loops.strides[0].back() != 1 && loops.extents.back() != 1)) return std::nullopt;
  std::vector<Found> found = find_in_runs<Found>(literal, loops, factors, channels);
  if (!std::all_of(found.begin(), found.end(), [](const Found& each) { return is_finite(each); })) return std::nullopt;
  return found;
}

}  // namespace

std::vector<double> magnitudes(const graph::Tensor& constant, const Handle& handle, const Edit* edit,
                               std::size_t channels) {
  const graph::Literal& literal = *constant.constant;
  auto found = find_where_they_lie<double>(literal, handle, edit, channels);
  if (!found) {
    found.emplace(channels, 0.0);
    for_each_element(constant, handle, edit, [&](double value, double factor, std::size_t channel) {
      (*found)[channel] = std::max((*found)[channel], std::fabs(value * factor));
    });
  }
  if (edit) drop_what_vanishes(*found, literal.dtype);
  return *std::move(found);
}

void drop_what_vanishes(std::span<double> magnitudes, graph::DType dtype) {
  if (!graph::floating(dtype)) return;
  graph::with_codec(dtype, [&](auto codec) {
    for (double& each : magnitudes)
      if (std::isfinite(each) && codec.widen(codec.narrow(std::min(each, graph::row(dtype).largest))) == 0) each = 0;
  });
}

std::vector<Extremes> changed_extremes(const graph::Tensor& constant, const Handle& handle, const Edit* edit,
                                       std::size_t channels) {
  auto found = find_where_they_lie<Extremes>(*constant.constant, handle, edit, channels);
  if (found) return *std::move(found);
  std::vector<Extremes> each(channels);
  for_each_element(constant, handle, edit, [&](double value, double factor, std::size_t channel) {
    if (value != 0 && factor != 1 && std::isfinite(value))
      unite(each[channel], {std::fabs(value * factor), std::fabs(value * factor)});
  });
  return each;
}

std::optional<Handle> find_handle(const Law& law, const Site& site, Handle::Side side, Handle::Read read) {
  if (!law.handles) return std::nullopt;
  std::vector<Handle> handles;
  law.handles(site, handles);
  const auto found = std::find_if(handles.begin(), handles.end(),
                                  [&](const Handle& each) { return each.side == side && each.read == read; });
  if (found == handles.end()) return std::nullopt;
  return *found;
}

}  // namespace rw::runtime
