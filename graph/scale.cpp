#include "graph/scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>
#include <type_traits>

#include "graph/error.hpp"
#include "graph/literal.hpp"

namespace rw::graph {
namespace {

constexpr std::size_t kBlock =
    1024;  // elements whose factors are combined at a time: 8 KiB, which stay in the first cache

std::uint64_t product(std::span<const std::int64_t> dims) {
  std::uint64_t result = 1;
  for (const std::int64_t dim : dims) result *= static_cast<std::uint64_t>(dim);
  return result;
}

// Without a branch for each element: all bits of the exponent are set in nan and infinity only.
template <typename Codec>
bool all_finite(std::span<const typename Codec::Stored> values) {
  using Stored = typename Codec::Stored;
  using Bits = std::conditional_t<sizeof(Stored) == 2, std::uint16_t,
                                  std::conditional_t<sizeof(Stored) == 4, std::uint32_t, std::uint64_t>>;
  const Bits exponent = std::bit_cast<Bits>(Codec::narrow(std::numeric_limits<double>::infinity()));
  Bits bad = 0;
  for (const Stored& value : values) bad |= static_cast<Bits>((std::bit_cast<Bits>(value) & exponent) == exponent);
  return bad == 0;
}

}  // namespace

Scaler::Scaler(const Literal& source, const ConstantEdit& edit, std::string_view name)
    : source_(source), edit_(edit), name_(name), elements_(product(edit.shape)) {
  assert(floating(source.dtype) || edit.factors.empty());           // integers carry no scale
  assert(product(edit.view) == elements_ || edit.factors.empty());  // the view is a factorisation of the shape
  expands_ = elements_ != count(source);
  for (const Factor& factor : edit.factors) walks_.push_back(walk_of(factor, edit.view));
}

// --- factors

Scaler::Walk Scaler::walk_of(const Factor& factor, std::span<const std::int64_t> view) {
  Walk walk;
  walk.values = factor.values;
  const auto marked = [&](std::size_t axis) { return (factor.axes >> axis & 1U) != 0; };
  std::uint64_t stride = 1;
  for (std::size_t axis = view.size(); axis-- > 0;) {
    const auto extent = static_cast<std::uint64_t>(view[axis]);
    if (walk.groups.empty() && !marked(axis)) {
      walk.run *= extent;
      continue;
    }
    const bool same = !walk.groups.empty() && (walk.groups.back().stride != 0) == marked(axis);
    if (same)
      walk.groups.back().extent *= extent;
    else
      walk.groups.push_back({extent, marked(axis) ? stride : 0});
    if (marked(axis)) stride *= extent;
  }
  assert(stride == factor.values.size());  // a value for each position on the marked axes
  return walk;
}

std::uint64_t Scaler::Walk::index(std::uint64_t run_index) const {
  std::uint64_t result = 0;
  for (const Group& group : groups) {
    result += run_index % group.extent * group.stride;
    run_index /= group.extent;
  }
  return result;
}

// Calls take(factors, values, step) for each stretch of neighbours: factor i of the stretch is values[i * step].
template <typename Take>
void Scaler::Walk::over(std::uint64_t first, std::span<double> factors, Take take) const {
  std::size_t done = 0;
  while (done < factors.size()) {
    const std::uint64_t at = (first + done) / run;
    const std::uint64_t last = run == 1 && !groups.empty()
                                   ? at + groups.front().extent - at % groups.front().extent  // runs
                                   : at + 1;
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(last * run - (first + done), factors.size() - done));
    take(factors.subspan(done, length), values.data() + index(at), run == 1 ? 1 : 0);
    done += length;
  }
}

void Scaler::combine(std::uint64_t first, std::span<double> factors) const {
  walks_.front().over(first, factors, [](std::span<double> to, const double* from, std::size_t step) {
    if (step == 0)
      std::fill(to.begin(), to.end(), *from);
    else
      std::copy_n(from, to.size(), to.begin());
  });
  for (const Walk& walk : std::span(walks_).subspan(1))
    walk.over(first, factors, [](std::span<double> to, const double* from, std::size_t step) {
      for (std::size_t i = 0; i < to.size(); ++i) to[i] *= from[i * step];
    });
}

// --- elements

void Scaler::scale(std::uint64_t first, std::span<std::byte> elements) const {
  if (walks_.empty()) return;
  with_codec(source_.dtype, [&](auto codec) {
    using Codec = decltype(codec);
    using Stored = typename Codec::Stored;
    if constexpr (Codec::kFloating) {
      std::array<double, kBlock> factors;
      const std::size_t all = elements.size() / sizeof(Stored);
      for (std::size_t block = 0; block < all; block += kBlock) {
        const std::size_t length = std::min(kBlock, all - block);
        std::byte* const bytes = elements.data() + block * sizeof(Stored);
        combine(first + block, std::span(factors.data(), length));
        std::array<Stored, kBlock> scaled;
        for (std::size_t i = 0; i < length; ++i)
          scaled[i] = Codec::narrow(Codec::widen(load<Stored>(bytes + i * sizeof(Stored))) * factors[i]);
        const bool finite = all_finite<Codec>(std::span<const Stored>(scaled.data(), length));
        for (std::size_t i = 0; !finite && i < length; ++i)
          if (!std::isfinite(Codec::widen(scaled[i])))
            fail(first + block + i, Codec::widen(load<Stored>(bytes + i * sizeof(Stored))), factors[i]);
        std::memcpy(bytes, scaled.data(), length * sizeof(Stored));
      }
    }
  });
}

// Broadcasting: axes are aligned at the last one, and where the source has 1 or nothing its element repeats.
void Scaler::expand(std::uint64_t first, std::span<std::byte> elements) const {
  const std::span<const std::int64_t> from = source_.shape.dims();
  const std::size_t missing = edit_.shape.size() - from.size();
  std::vector<Walk::Group> groups;  // innermost first; strides in elements of the source
  std::uint64_t stride = 1;
  for (std::size_t axis = edit_.shape.size(); axis-- > 0;) {
    const std::int64_t dim = axis < missing ? 1 : from[axis - missing];
    assert(dim == 1 || dim == edit_.shape[axis]);
    groups.push_back({static_cast<std::uint64_t>(edit_.shape[axis]), dim == 1 ? 0 : stride});
    stride *= static_cast<std::uint64_t>(dim);
  }
  const std::size_t step = size(source_.dtype);
  for (std::size_t i = 0; i < elements.size() / step; ++i) {
    std::uint64_t rest = first + i, at = 0;
    for (const Walk::Group& group : groups) {
      at += rest % group.extent * group.stride;
      rest /= group.extent;
    }
    std::memcpy(elements.data() + i * step, source_.bytes.data() + at * step, step);
  }
}

void Scaler::write(std::uint64_t first, std::span<std::byte> elements) const {
  if (elements.empty()) return;
  if (expands_)
    expand(first, elements);
  else
    std::memcpy(elements.data(), source_.bytes.data() + first * size(source_.dtype), elements.size());
  scale(first, elements);
}

std::vector<std::byte> Scaler::result() const {
  std::vector<std::byte> bytes(byte_count());
  write(0, bytes);
  return bytes;
}

// --- errors

std::string Scaler::position(std::uint64_t index) const {
  std::vector<std::uint64_t> place(edit_.shape.size());
  for (std::size_t axis = place.size(); axis-- > 0;) {
    const auto extent = static_cast<std::uint64_t>(edit_.shape[axis]);
    place[axis] = index % extent;
    index /= extent;
  }
  return fmt::format("[{}]", fmt::join(place, ", "));
}

void Scaler::fail(std::uint64_t index, double value, double factor) const {
  const std::string place = fmt::format("tensor '{}'", name_);
  if (!std::isfinite(value))
    throw Error("", place, fmt::format("its element {} is {}, which cannot be scaled", position(index), value));
  throw Error("", place,
              fmt::format("its element {}: value {} scaled by {} overflows {}", position(index), value, factor,
                          graph::name(source_.dtype)));
}

}  // namespace rw::graph
