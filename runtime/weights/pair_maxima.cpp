#include "runtime/weights/pair_maxima.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>

#include "graph/base/parallel.hpp"
#include "graph/values/elements.hpp"

namespace rw::runtime {
namespace {

constexpr std::size_t kWorthAThread = std::size_t{1} << 19U;  // elements of a table

std::size_t extent(const std::vector<std::int64_t>& view, AxisMask axes) {
  std::size_t size = 1;
  for (const int axis : axes) size *= static_cast<std::size_t>(view[static_cast<std::size_t>(axis)]);
  return size;
}

bool stands_before(AxisMask first, AxisMask second) {
  for (const int axis : first)
    for (const int other : second)
      if (axis > other) return false;
  return true;
}

// The largest magnitude of each run of `taps` elements. False: one of them is not finite.
template <typename Codec>
bool largest_of_runs(const std::byte* elements, std::size_t taps, std::span<float> largest) {
  using Stored = typename Codec::Stored;
  bool finite = true;
  for (float& each : largest) {
    float most = 0;
    for (std::size_t k = 0; k < taps; ++k, elements += sizeof(Stored)) {
      const auto size = std::fabs(static_cast<float>(Codec::widen(graph::load<Stored>(elements))));
      finite &= size <= std::numeric_limits<float>::max();
      most = std::max(most, size);
    }
    each = most;
  }
  return finite;
}

bool all_finite(const std::byte* elements, std::size_t count) {
  bool finite = true;
  for (std::size_t i = 0; i < count; ++i)
    finite &= std::fabs(graph::load<float>(elements + i * sizeof(float))) <= std::numeric_limits<float>::max();
  return finite;
}

double magnitude_at(const std::byte* row, std::size_t i) {
  return std::fabs(static_cast<double>(graph::load<float>(row + i * sizeof(float))));
}

// A maximum depends on the one before: several are kept side by side.
double largest_product(const std::byte* row, const double* factors, std::size_t count) {
  constexpr std::size_t kLanes = 8;
  std::array<double, kLanes> most{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double size = magnitude_at(row, i + lane) * factors[i + lane];
      most[lane] = most[lane] < size ? size : most[lane];
    }
  for (; i < count; ++i) most[0] = std::max(most[0], magnitude_at(row, i) * factors[i]);
  return *std::max_element(most.begin(), most.end());
}

void take_largest(const std::byte* row, double factor, std::span<double> largest) {
  for (std::size_t i = 0; i < largest.size(); ++i) {
    const double size = magnitude_at(row, i) * factor;
    largest[i] = largest[i] < size ? size : largest[i];
  }
}

}  // namespace

std::optional<PairMaxima> PairMaxima::of(const graph::Tensor& weight, const Handle& out, const Handle& in) {
  const graph::Literal& literal = *weight.constant;
  const bool floats = literal.dtype == graph::DType::float32 || literal.dtype == graph::DType::float16 ||
                      literal.dtype == graph::DType::bfloat16;
  const AxisMask groups = out.axes & in.axes, outs = out.axes.without(groups), ins = in.axes.without(groups);
  const AxisMask pairs = out.axes | in.axes;
  const std::size_t all = extent(out.view, AxisMask::first_axes(static_cast<int>(out.view.size())));
  if (!floats || literal.layout || graph::count(literal) != all || all == 0 || outs.empty() || ins.empty() ||
      out.slot != in.slot || out.view != in.view)
    return std::nullopt;
  const bool out_first = stands_before(outs, ins);
  if (!stands_before(groups, outs | ins) || (!out_first && !stands_before(ins, outs))) return std::nullopt;
  PairMaxima made;
  AxisMask kernel;
  for (std::size_t axis = 0; axis < out.view.size(); ++axis)
    if (!pairs.contains(axis) && out.view[axis] != 1) kernel.add(axis);
  if (!stands_before(pairs, kernel)) return std::nullopt;
  made.row_axes_ = out_first ? out.axes : in.axes;
  made.column_axes_ = out_first ? in.axes : out.axes;
  made.groups_ = extent(out.view, groups);
  made.rows_ = extent(out.view, out_first ? outs : ins);
  made.columns_ = extent(out.view, out_first ? ins : outs);
  made.view_ = out.view;
  made.dtype_ = literal.dtype;
  const std::size_t count = extent(out.view, pairs), taps = all / count;
  std::atomic<bool> finite = true;
  made.stored_ = literal.bytes.data();
  if (taps > 1 || literal.dtype != graph::DType::float32) made.held_.resize(count);
  graph::parallel_for_parts(
      count, std::max<std::size_t>(kWorthAThread / taps, 1), [&](std::size_t begin, std::size_t end) {
        const bool good =
            made.held_.empty()
                ? all_finite(literal.bytes.data() + begin * sizeof(float), end - begin)
                : graph::with_codec(literal.dtype, [&](auto codec) {
                    using Codec = decltype(codec);
                    return largest_of_runs<Codec>(literal.bytes.data() + begin * taps * sizeof(typename Codec::Stored),
                                                  taps, std::span(made.held_).subspan(begin, end - begin));
                  });
        if (!good) finite = false;
      });
  if (!finite) return std::nullopt;
  return made;
}

std::size_t PairMaxima::part() const { return std::max<std::size_t>(kWorthAThread / columns_, 1); }

std::vector<double> PairMaxima::by_row(const std::vector<double>& columns) const {
  std::vector<double> largest(groups_ * rows_);
  graph::parallel_for_parts(largest.size(), part(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      largest[i] = largest_product(row(i), columns.data() + i / rows_ * columns_, columns_);
  });
  return largest;
}

std::vector<double> PairMaxima::by_column(const std::vector<double>& rows) const {
  const std::size_t all = groups_ * rows_, parts = (all + part() - 1) / part();
  std::vector<std::vector<double>> found(parts);  // of the groups that the rows of a part are of
  graph::parallel_for_parts(all, part(), [&](std::size_t begin, std::size_t end) {
    const std::size_t first = begin / rows_, last = (end - 1) / rows_;
    std::vector<double>& largest = found[begin / part()];
    largest.assign((last - first + 1) * columns_, 0.0);
    for (std::size_t i = begin; i < end; ++i)
      take_largest(row(i), rows[i], std::span(largest).subspan((i / rows_ - first) * columns_, columns_));
  });
  if (parts == 1) return std::move(found[0]);
  std::vector<double> largest(groups_ * columns_, 0.0);
  for (std::size_t i = 0; i < parts; ++i) {
    double* at = largest.data() + i * part() / rows_ * columns_;
    for (std::size_t k = 0; k < found[i].size(); ++k) at[k] = std::max(at[k], found[i][k]);
  }
  return largest;
}

std::optional<std::vector<double>> PairMaxima::magnitudes(AxisMask axes, const Edit* edit) const {
  std::vector<double> rows(groups_ * rows_, 1.0), columns(groups_ * columns_, 1.0);
  if (edit) {
    if (edit->view != view_) return std::nullopt;
    for (const graph::Factor& factor : edit->factors) {
      if (factor.axes != row_axes_ && factor.axes != column_axes_) return std::nullopt;
      std::vector<double>& along = factor.axes == row_axes_ ? rows : columns;
      for (std::size_t i = 0; i < along.size(); ++i) along[i] *= std::fabs(factor.values[i]);
    }
  }
  const bool of_rows = axes == row_axes_;
  std::vector<double> largest = of_rows ? by_row(columns) : by_column(rows);
  const std::vector<double>& own = of_rows ? rows : columns;
  for (std::size_t i = 0; i < largest.size(); ++i) largest[i] *= own[i];
  if (edit) drop_what_vanishes(largest, dtype_);
  return largest;
}

const PairMaxima* PairMaximaTable::find(OperatorId op, const Law& law, const Site& site) {
  const auto [found, fresh] = tables_.try_emplace(op);
  if (fresh) {
    const auto out = find_handle(law, site, Handle::Side::out, Handle::Read::weight),
               in = find_handle(law, site, Handle::Side::in, Handle::Read::weight);
    if (out && in) found->second = PairMaxima::of(site.tensor(out->slot), *out, *in);
  }
  return found->second ? &*found->second : nullptr;
}

}  // namespace rw::runtime
