#include "runtime/weights/pair_maxima.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "graph/base/parallel.hpp"
#include "graph/values/elements.hpp"
#include "runtime/weights/row_kernels.hpp"

namespace rw::runtime {
namespace {

constexpr std::size_t kWorthAThread = std::size_t{1} << 17U;  // elements of a table

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

// Those of the runs from the one with the number `first` on.
bool hold(const graph::PiecewiseReader& reader, graph::DType dtype, std::size_t taps, std::size_t first,
          std::span<float> largest) {
  constexpr std::size_t kPiece = std::size_t{1} << 16U;  // bytes
  const std::size_t run = taps * graph::size(dtype), at_once = std::max<std::size_t>(kPiece / run, 1);
  std::vector<std::byte> buffer;
  bool finite = true;
  for (std::size_t at = 0; at < largest.size(); at += at_once) {
    const std::span<float> part = largest.subspan(at, std::min(at_once, largest.size() - at));
    const auto piece = reader.read((first + at) * run, part.size() * run, buffer);
    finite &= graph::with_codec(dtype,
                                [&](auto codec) { return largest_of_runs<decltype(codec)>(piece.data(), taps, part); });
  }
  return finite;
}

}  // namespace

std::optional<PairMaxima> PairMaxima::of(graph::Sources sources, const graph::Tensor& weight, const Handle& out,
                                         const Handle& in) {
  const graph::Literal& literal = *weight.constant;
  const bool floats = literal.dtype == graph::DType::float32 || literal.dtype == graph::DType::float16 ||
                      literal.dtype == graph::DType::bfloat16;
  const auto layout = PairLayout::of(literal, out, in);
  if (!layout || !floats) return std::nullopt;
  PairMaxima made(*layout);
  made.view_ = out.view;
  made.dtype_ = literal.dtype;
  const std::size_t count = layout->all_rows() * layout->columns, taps = layout->taps;
  std::atomic<bool> finite = true;
  made.stored_ = literal.bytes.data();
  if (taps > 1 || literal.dtype != graph::DType::float32) made.held_.resize(count);
  const std::size_t part = std::max<std::size_t>(kWorthAThread / taps, 1);
  if (made.held_.empty()) {
    graph::parallel_for_parts(count, part, [&](std::size_t begin, std::size_t end) {
      if (!row_kernels().finite(literal.bytes.data() + begin * sizeof(float), end - begin)) finite = false;
    });
  } else {
    const graph::PiecewiseReader reader(sources, literal.bytes);
    graph::parallel_for_parts(count, part, [&](std::size_t begin, std::size_t end) {
      if (!hold(reader, literal.dtype, taps, begin, std::span(made.held_).subspan(begin, end - begin))) finite = false;
    });
  }
  if (!finite) return std::nullopt;
  return made;
}

std::size_t PairMaxima::part() const { return std::max<std::size_t>(kWorthAThread / layout_.columns, 1); }

std::vector<double> PairMaxima::by_row(const std::vector<double>& columns) const {
  std::vector<double> largest(layout_.all_rows());
  graph::parallel_for_parts(largest.size(), part(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      largest[i] =
          row_kernels().largest_exactly(row(i), columns.data() + i / layout_.rows * layout_.columns, layout_.columns);
  });
  return largest;
}

std::vector<double> PairMaxima::by_column(const std::vector<double>& rows) const {
  const std::size_t all = layout_.all_rows(), parts = (all + part() - 1) / part();
  std::vector<std::vector<double>> found(parts);  // of the groups that the rows of a part are of
  graph::parallel_for_parts(all, part(), [&](std::size_t begin, std::size_t end) {
    const std::size_t first = begin / layout_.rows, last = (end - 1) / layout_.rows;
    std::vector<double>& largest = found[begin / part()];
    largest.assign((last - first + 1) * layout_.columns, 0.0);
    for (std::size_t i = begin; i < end; ++i)
      row_kernels().raise_exactly(row(i), rows[i], layout_.columns,
                                  &largest[(i / layout_.rows - first) * layout_.columns]);
  });
  if (parts == 1) return std::move(found[0]);
  std::vector<double> largest(layout_.all_columns(), 0.0);
  for (std::size_t i = 0; i < parts; ++i) {
    double* at = largest.data() + i * part() / layout_.rows * layout_.columns;
    for (std::size_t k = 0; k < found[i].size(); ++k) at[k] = std::max(at[k], found[i][k]);
  }
  return largest;
}

std::optional<std::vector<double>> PairMaxima::magnitudes(AxisMask axes, const Edit* edit) const {
  std::vector<double> rows(layout_.all_rows(), 1.0), columns(layout_.all_columns(), 1.0);
  if (edit) {
    if (edit->view != view_) return std::nullopt;
    for (const graph::Factor& factor : edit->factors) {
      if (factor.axes != layout_.row_axes && factor.axes != layout_.column_axes) return std::nullopt;
      std::vector<double>& along = factor.axes == layout_.row_axes ? rows : columns;
      for (std::size_t i = 0; i < along.size(); ++i) along[i] *= std::fabs(factor.values[i]);
    }
  }
  const bool of_rows = axes == layout_.row_axes;
  std::vector<double> largest = of_rows ? by_row(columns) : by_column(rows);
  const std::vector<double>& own = of_rows ? rows : columns;
  for (std::size_t i = 0; i < largest.size(); ++i) largest[i] *= own[i];
  if (edit) drop_what_vanishes(largest, dtype_);
  return largest;
}

const PairMaxima* PairMaximaTable::find(OperatorId op, const Law& law, const Site& site) {
  Table& found = tables_[op];
  std::call_once(found.made, [&] {
    const auto out = find_handle(law, site, Handle::Side::out, Handle::Read::weight),
               in = find_handle(law, site, Handle::Side::in, Handle::Read::weight);
    if (!out || !in) return;
    if (auto made = PairMaxima::of(sources_, site.tensor(out->slot), *out, *in))
      found.table = std::make_unique<const PairMaxima>(*std::move(made));
  });
  return found.table.get();
}

}  // namespace rw::runtime
