#include "runtime/weights/stored_maxima.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "graph/base/parallel.hpp"
#include "graph/values/elements.hpp"
#include "runtime/weights/edited.hpp"

namespace rw::runtime {
namespace {

// Bits of magnitudes: without a sign they are numbers >= 0 of 16 bits with one, of which every processor takes the
// larger of many at once.
using Bits = std::int16_t;

void take_larger(Bits& most, Bits bits) { most = most < bits ? bits : most; }

// One row: its largest magnitude, and those of its elements where they are larger than before.
Bits take_row(const std::byte* elements, std::span<Bits> columns) {
  Bits largest = 0;
  Bits* const most = columns.data();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto bits = static_cast<Bits>(graph::load<std::uint16_t>(elements + i * sizeof(Bits)) & 0x7FFF);
    take_larger(most[i], bits);
    take_larger(largest, bits);
  }
  return largest;
}

float value_of(Bits bits) {
  return static_cast<float>(graph::SmallCodec<graph::Float16>::widen(static_cast<std::uint16_t>(bits)));
}

}  // namespace

std::optional<StoredMaxima::Sides> StoredMaxima::read(const Law& law, const Site& site) const {
  const auto out = find_handle(law, site, Handle::Side::out, Handle::Read::weight),
             in = find_handle(law, site, Handle::Side::in, Handle::Read::weight);
  if (!out || !in) return std::nullopt;
  const graph::Literal& weight = *site.tensor(out->slot).constant;
  const auto layout = PairLayout::of(weight, *out, *in);
  if (!layout || weight.dtype != graph::DType::float16) return std::nullopt;
  Sides sides{*layout, std::vector<float>(layout->all_rows()), std::vector<float>(layout->all_columns())};
  // Each part of the rows has columns of its own, of all groups.
  constexpr std::size_t kWorthAThread = std::size_t{1} << 19U, kPiece = std::size_t{1} << 16U;  // elements, bytes
  const std::size_t width = layout->columns * layout->taps, rows = layout->all_rows();
  const std::size_t most_parts = graph::threads() == 1 ? 1 : std::size_t{4} * graph::threads();
  const std::size_t part = std::max({kWorthAThread / width, rows / most_parts + 1, std::size_t{1}});
  std::vector<std::vector<Bits>> columns((rows + part - 1) / part);
  const graph::PiecewiseReader reader(sources_, weight.bytes);
  const std::size_t at_once = std::max<std::size_t>(kPiece / (width * sizeof(Bits)), 1);
  graph::parallel_for_parts(rows, part, [&](std::size_t begin, std::size_t end) {
    std::vector<Bits>& own = columns[begin / part];
    own.assign(layout->groups * width, 0);
    std::vector<std::byte> buffer;
    for (std::size_t first = begin; first < end; first += at_once) {
      const std::size_t count = std::min(at_once, end - first);
      const auto piece = reader.read(first * width * sizeof(Bits), count * width * sizeof(Bits), buffer);
      for (std::size_t row = first; row < first + count; ++row)
        sides.rows[row] = value_of(take_row(piece.data() + (row - first) * width * sizeof(Bits),
                                            std::span(own).subspan(row / layout->rows * width, width)));
    }
  });
  for (std::size_t i = 0; i < sides.columns.size(); ++i) {
    Bits most = 0;
    for (const std::vector<Bits>& own : columns)
      take_larger(most, *std::max_element(&own[i * layout->taps], &own[i * layout->taps] + layout->taps));
    sides.columns[i] = value_of(most);
  }
  return sides;
}

std::span<const float> StoredMaxima::find(OperatorId op, const Law& law, const Site& site, const Handle& handle) {
  if (handle.attribute || handle.read != Handle::Read::weight) return {};
  const auto [found, fresh] = tables_.try_emplace(op);
  if (fresh) found->second = read(law, site);
  if (!found->second) return {};
  const Sides& sides = *found->second;
  if (handle.axes == sides.layout.row_axes) return sides.rows;
  return handle.axes == sides.layout.column_axes ? std::span<const float>(sides.columns) : std::span<const float>();
}

}  // namespace rw::runtime
