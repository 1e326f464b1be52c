#include "graph/values/scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>

#include "graph/base/error.hpp"
#include "graph/values/elements.hpp"

namespace rw::graph {
namespace {

// Elements whose factors are combined at a time where they change quickly: 8 KiB, which stay in the first cache.
constexpr std::size_t kBlock = 1024;
// Shorter stretches cost more to begin than to scale.
constexpr std::uint64_t kShort = 64;
// Values of a factor with its runs written out: 512 KiB, which stay in the second cache.
constexpr std::uint64_t kMostRepeated = std::uint64_t{1} << 16U;

// Of a shape that was checked when it was made.
std::uint64_t positions(std::span<const std::int64_t> dims) {
  const auto all = product(dims);
  assert(all);
  return static_cast<std::uint64_t>(*all);
}

// Whether all products of factors lie within what the fast kernels take.
bool moderate(std::span<const Factor> factors) {
  double least = 1, most = 1;
  for (const Factor& factor : factors) {
    double low = INFINITY, high = 0;
    for (const double value : factor.values) {
      low = std::min(low, std::fabs(value));
      high = std::max(high, std::fabs(value));
    }
    least *= std::min(1.0, low);
    most *= std::max(1.0, high);
  }
  return least >= kModerate && most <= 1 / kModerate;
}

}  // namespace

void add_elements(const Literal& value, Checksum& sum) {
  if (!value.layout) return sum.add(value.bytes, 0);
  const std::vector<std::int64_t> dims(value.shape.dims().begin(), value.shape.dims().end());
  const Edit nothing{dims, dims, {}};
  sum.add(Scaler(value, nothing, "").result(), 0);
}

std::uint64_t result_size(const Literal& source, const Edit& edit) {
  return positions(edit.shape) * size(source.dtype);
}

Scaler::Scaler(const Literal& source, const Edit& edit, std::string_view name)
    : source_(source), edit_(edit), name_(name), elements_(positions(edit.shape)) {
  assert(floating(source.dtype) || edit.factors.empty());             // integers carry no scale
  assert(positions(edit.view) == elements_ || edit.factors.empty());  // the view is a factorisation of the shape
  gathers_ = source.layout != nullptr || elements_ != count(source);
  if (edit.sums && gathers_) add_elements(source, edit.sums->before);  // they do not come one by one
  paths_.reserve(edit.factors.size());                                 // they view themselves
  for (const Factor& factor : edit.factors) {
    paths_.push_back(path_of(factor, edit.view));
    paths_.back().write_out_runs();
    if (size(source.dtype) == 2 && paths_.back().run == 1)
      paths_.back().rough.assign(paths_.back().values.begin(), paths_.back().values.end());
  }
  if (!paths_.empty())
    kernel_ = moderate(edit.factors) ? fast_scale_kernel(source.dtype) : plain_scale_kernel(source.dtype);
}

// --- factors

Scaler::FactorPath Scaler::path_of(const Factor& factor, std::span<const std::int64_t> view) {
  FactorPath path;
  path.values = factor.values;
  const auto marked = [&](std::size_t axis) { return factor.axes.contains(axis); };
  std::uint64_t stride = 1;
  for (std::size_t axis = view.size(); axis-- > 0;) {
    const auto extent = static_cast<std::uint64_t>(view[axis]);
    if (path.groups.empty() && !marked(axis)) {
      path.run *= extent;
      continue;
    }
    const bool same = !path.groups.empty() && (path.groups.back().stride != 0) == marked(axis);
    if (same)
      path.groups.back().extent *= extent;
    else
      path.groups.push_back({extent, marked(axis) ? stride : 0});
    if (marked(axis)) stride *= extent;
  }
  assert(stride == factor.values.size());  // a value for each position on the marked axes
  return path;
}

// The positions of a kernel share the factor of their input channel: written out, a row of channels is one stretch.
void Scaler::FactorPath::write_out_runs() {
  if (run == 1 || run >= kShort || groups.empty() || values.size() * run > kMostRepeated) return;
  repeated.reserve(values.size() * run);
  for (const double value : values) repeated.insert(repeated.end(), run, value);
  values = repeated;
  for (Group& group : groups) group.stride *= run;
  groups.front() = {groups.front().extent * run, 1};
  run = 1;
}

std::uint64_t Scaler::FactorPath::index(std::uint64_t run_index) const {
  std::uint64_t result = 0;
  for (const Group& group : groups) {
    result += run_index % group.extent * group.stride;
    run_index /= group.extent;
  }
  return result;
}

// Calls take(factors, values, step) for each stretch of neighbours: factor i of the stretch is values[i * step].
template <typename Take>
void Scaler::FactorPath::over(std::uint64_t first, std::span<double> factors, Take take) const {
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

// With more than two factors the products must be formed one after the other: that is combine()'s.
Scaler::Stretch Scaler::stretch_at(std::uint64_t first) const {
  Stretch stretch{.length = elements_ - first};
  if (paths_.size() > 2) return {};
  for (const FactorPath& path : paths_) {
    if (path.groups.empty()) {
      stretch.factors.uniform *= path.values[0];
      continue;
    }
    const std::uint64_t at = first / path.run, extent = path.groups.front().extent;
    const double* value = path.values.data() + path.index(at);
    if (path.run == 1) {
      if (stretch.factors.each) return {};
      stretch.factors.each = value;
      if (!path.rough.empty()) stretch.factors.rough = path.rough.data() + (value - path.values.data());
      stretch.length = std::min(stretch.length, extent - at % extent);
    } else {
      stretch.factors.uniform *= *value;
      stretch.length = std::min(stretch.length, (at + 1) * path.run - first);
    }
  }
  return stretch;
}

void Scaler::combine(std::uint64_t first, std::span<double> factors) const {
  paths_.front().over(first, factors, [](std::span<double> to, const double* from, std::size_t step) {
    if (step == 0)
      std::fill(to.begin(), to.end(), *from);
    else
      std::copy_n(from, to.size(), to.begin());
  });
  for (const FactorPath& path : std::span(paths_).subspan(1))
    path.over(first, factors, [](std::span<double> to, const double* from, std::size_t step) {
      for (std::size_t i = 0; i < to.size(); ++i) to[i] *= from[i * step];
    });
}

// --- elements

void Scaler::scale(std::uint64_t first, std::span<std::byte> elements, bool again) const {
  const bool notes = edit_.sums && !again;
  if (notes && !gathers_) note(&EditSums::before, first, elements);
  if (!paths_.empty()) scale(first, elements, elements.data());
  if (notes) note(&EditSums::after, first, elements);
}

void Scaler::note(Checksum EditSums::*sum, std::uint64_t first, std::span<const std::byte> elements) const {
  (edit_.sums.get()->*sum).add(elements, byte_count() - first * size(source_.dtype) - elements.size());
}

void Scaler::scale(std::uint64_t first, std::span<std::byte> to, const std::byte* from) const {
  const std::size_t step = size(source_.dtype), all = to.size() / step;
  std::array<double, kBlock> combined;
  std::array<float, kBlock> rough;
  for (std::size_t done = 0; done < all;) {
    Stretch stretch = stretch_at(first + done);
    stretch.length = std::min<std::uint64_t>(stretch.length, all - done);
    if (stretch.length < kShort) {
      stretch = {.length = std::min(kBlock, all - done), .factors = {.each = combined.data(), .rough = rough.data()}};
      combine(first + done, std::span(combined.data(), stretch.length));
      if (step == 2) std::copy_n(combined.data(), stretch.length, rough.data());
    }
    if (!kernel_(to.data() + done * step, from + done * step, stretch.length, stretch.factors))
      check(first + done, to.subspan(done * step, stretch.length * step));
    done += stretch.length;
  }
}

// Broadcasting: axes are aligned at the last one, and where the source has 1 or nothing its element repeats.
void Scaler::gather(std::uint64_t first, std::span<std::byte> elements) const {
  const std::span<const std::int64_t> from = source_.shape.dims();
  const std::size_t missing = edit_.shape.size() - from.size();
  std::vector<FactorPath::Group> groups;  // innermost first; strides in elements of the source
  std::uint64_t stride = 1;
  for (std::size_t axis = edit_.shape.size(); axis-- > 0;) {
    const std::int64_t dim = axis < missing ? 1 : from[axis - missing];
    assert(dim == 1 || dim == edit_.shape[axis]);
    groups.push_back({static_cast<std::uint64_t>(edit_.shape[axis]), dim == 1 ? 0 : stride});
    stride *= static_cast<std::uint64_t>(dim);
  }
  const auto place_of = [&](std::uint64_t index) {
    std::uint64_t at = 0;
    for (const FactorPath::Group& group : groups) {
      at += index % group.extent * group.stride;
      index /= group.extent;
    }
    return at;
  };
  with_codec(source_.dtype, [&](auto codec) {
    using Stored = typename decltype(codec)::Stored;
    for (std::size_t i = 0; i < elements.size() / sizeof(Stored); ++i) {
      const std::uint64_t at = place_of(first + i);
      Stored value;
      if (source_.layout)
        value = codec.narrow(element(source_, at));
      else
        value = load<Stored>(source_.bytes.data() + at * sizeof(Stored));
      std::memcpy(elements.data() + i * sizeof(Stored), &value, sizeof(Stored));
    }
  });
}

void Scaler::write(std::uint64_t first, std::span<std::byte> elements, bool again) const {
  if (gathers_ || paths_.empty() || edit_.sums) {
    fetch(first, elements);
    scale(first, elements, again);
  } else if (!elements.empty()) {
    scale(first, elements, source_.bytes.data() + first * size(source_.dtype));
  }
}

void Scaler::fetch(std::uint64_t first, std::span<std::byte> elements) const {
  if (elements.empty()) return;
  if (gathers_)
    gather(first, elements);
  else
    std::memcpy(elements.data(), source_.bytes.data() + first * size(source_.dtype), elements.size());
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

// Some of these elements of the result are not finite: they were infinite before, or it is an error.
void Scaler::check(std::uint64_t first, std::span<const std::byte> scaled) const {
  const std::string place = fmt::format("tensor '{}'", name_);
  with_codec(source_.dtype, [&](auto codec) {
    using Codec = decltype(codec);
    using Stored = typename Codec::Stored;
    for (std::size_t i = 0; i * sizeof(Stored) < scaled.size(); ++i) {
      const double result = Codec::widen(load<Stored>(scaled.data() + i * sizeof(Stored)));
      if (std::isfinite(result)) continue;
      std::array<std::byte, sizeof(Stored)> bytes;
      fetch(first + i, bytes);
      const double value = Codec::widen(load<Stored>(bytes.data()));
      if (std::isinf(value) && std::isinf(result)) continue;
      if (!std::isfinite(value))
        throw Error("", place, fmt::format("its element {} is {}, which cannot be scaled", position(first + i), value));
      double factor = 1;
      combine(first + i, std::span(&factor, 1));
      throw Error("", place,
                  fmt::format("its element {}: value {} scaled by {} overflows {}", position(first + i), value, factor,
                              graph::name(source_.dtype)));
    }
  });
}

}  // namespace rw::graph
