#include "runtime/balance/weight_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "graph/values/elements.hpp"
#include "runtime/weights/edited.hpp"
#include "runtime/weights/row_kernels.hpp"

namespace rw::runtime {
namespace {

// Where the elements of a view go: each axis moves along the rows, the columns, or neither (kernel, batch).
struct Places {
  std::vector<std::size_t> extents;
  std::vector<std::size_t> steps;  // in the table, by axis
  std::size_t table = 1;           // its elements
};

// Row-major strides of some axes of a view.
void add_strides(const graph::View& view, AxisMask axes, std::size_t unit, std::vector<std::size_t>& steps) {
  for (int axis = view.rank; axis-- > 0;) {
    if (!axes.contains(static_cast<std::size_t>(axis))) continue;
    steps[static_cast<std::size_t>(axis)] = unit;
    unit *= static_cast<std::size_t>(view.dims[static_cast<std::size_t>(axis)]);
  }
}

std::size_t extent(const graph::View& view, AxisMask axes) {
  return static_cast<std::size_t>(graph::product(view.span(), axes).value_or(0));
}

// Nothing where the axes of groups do not stand first among those of both sides.
std::optional<Places> places_of(const graph::Linear& linear, WeightTable& table) {
  const AxisMask groups = linear.out_axes & linear.in_axes, outs = linear.out_axes.without(groups),
                 ins = linear.in_axes.without(groups);
  for (const int group : groups)
    for (const int other : outs | ins)
      if (other < group) return std::nullopt;
  table.outs_per_group = extent(linear.view, outs);
  table.outs = table.outs_per_group * extent(linear.view, groups);
  table.ins = extent(linear.view, ins);
  Places places;
  for (const std::int64_t each : linear.view.span()) places.extents.push_back(static_cast<std::size_t>(each));
  places.steps.assign(places.extents.size(), 0);
  add_strides(linear.view, ins, 1, places.steps);
  add_strides(linear.view, outs, table.ins, places.steps);
  add_strides(linear.view, groups, table.ins * table.outs_per_group, places.steps);
  places.table = table.outs * table.ins;
  const auto all = static_cast<std::size_t>(graph::product(linear.view.span()).value_or(0));
  if (all == 0) return std::nullopt;
  table.taps = static_cast<double>(all / places.table);
  return places;
}

// Every position along the first `axes` axes in row-major order, with its place in the table.
template <typename F>
void walk(const Places& places, std::size_t axes, F f) {
  std::vector<std::size_t> at(axes, 0);
  std::size_t place = 0;
  for (bool more = true; more;) {
    f(place);
    more = false;
    for (std::size_t axis = axes; axis-- > 0 && !more;) {
      place += places.steps[axis];
      more = ++at[axis] < places.extents[axis];
      if (!more) place -= places.steps[axis] * places.extents[axis], at[axis] = 0;
    }
  }
}

struct Sums {
  std::vector<float>& largest;
  std::vector<double>& squares;  // empty: not wanted
};

// Beyond float it is infinite.
float magnitude(double value) {
  const double size = std::fabs(value);
  return static_cast<float>(size > std::numeric_limits<float>::max() ? HUGE_VAL : size);
}

// One run of elements: the largest magnitude, that before among them, and the sum of squares. Magnitudes are compared
// by their bits, which say as numbers which one is larger, and among which NaN is larger than all.
template <typename Codec>
struct Run {
  using Stored = typename Codec::Stored;

  void take(const std::byte* elements, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const double value = Codec::widen(graph::load<Stored>(elements + i * sizeof(Stored)));
      const float size = sizeof(Stored) > sizeof(float) ? magnitude(value) : std::fabs(static_cast<float>(value));
      largest = std::max(largest, std::bit_cast<std::int32_t>(size));
      square += double{size} * double{size};
    }
  }

  std::int32_t largest;
  double square = 0;
};

// Elements that lie in the order of the view: those behind the last axis of a channel are runs of one pair.
template <typename Codec>
void read_where_they_lie(const std::byte* elements, const Places& places, const Sums& sums) {
  constexpr std::size_t kKernel = 9;  // a run of most networks, worth a loop of its own
  std::size_t last = places.steps.size(), run = 1;
  while (last > 0 && places.steps[last - 1] == 0) run *= places.extents[--last];
  const std::size_t row = last > 0 ? places.extents[last - 1] : 1, step = last > 0 ? places.steps[last - 1] : 0;
  walk(places, last > 0 ? last - 1 : 0, [&](std::size_t place) {
    for (std::size_t i = 0; i < row; ++i, place += step, elements += run * sizeof(typename Codec::Stored)) {
      Run<Codec> one{.largest = std::bit_cast<std::int32_t>(sums.largest[place])};
      if (run == kKernel)
        one.take(elements, kKernel);
      else
        one.take(elements, run);
      sums.largest[place] = std::bit_cast<float>(one.largest);
      if (!sums.squares.empty()) sums.squares[place] += one.square;
    }
  });
}

Handle handle_of(const Site& site, const graph::Linear& linear, AxisMask axes) {
  const graph::Shape weight = site.shape(linear.weight);
  return {.slot = linear.weight,
          .read = Handle::Read::weight,
          .shape = {weight.dims().begin(), weight.dims().end()},
          .view = linear.view.vector(),
          .axes = axes};
}

// The same for constants that are stored in another order, or edited along other axes than those of channels.
void read_one_by_one(const graph::Tensor& constant, const Handle& handle, const Edit* edit, const Places& places,
                     const Sums& sums) {
  std::vector<std::size_t> place;  // by position along the axes of channels
  Places of_channels;
  for (const int axis : handle.axes) {
    of_channels.extents.push_back(places.extents[static_cast<std::size_t>(axis)]);
    of_channels.steps.push_back(places.steps[static_cast<std::size_t>(axis)]);
  }
  walk(of_channels, of_channels.extents.size(), [&](std::size_t at) { place.push_back(at); });
  for_each_element(constant, handle, edit, [&](double value, double factor, std::size_t channel) {
    const double edited = value * factor;
    float& most = sums.largest[place[channel]];
    most = std::max(most, magnitude(edited));
    if (!sums.squares.empty()) sums.squares[place[channel]] += edited * edited;
  });
}

bool same_view(const Edit& edit, const graph::View& view) {
  return std::equal(edit.view.begin(), edit.view.end(), view.span().begin(), view.span().end());
}

// Whether all is as read_where_they_lie and multiply want it.
bool plain(const graph::Literal& literal, const graph::Linear& linear, const Edit* edit) {
  if (literal.layout || literal.shape.count() != graph::product(linear.view.span())) return false;
  return !edit || (same_view(*edit, linear.view) &&
                   std::all_of(edit->factors.begin(), edit->factors.end(), [&](const graph::Factor& factor) {
                     return factor.axes == linear.out_axes || factor.axes == linear.in_axes;
                   }));
}

// The magnitudes of the factors along one side.
std::vector<double> factors_along(AxisMask axes, const Edit* edit, std::size_t count) {
  std::vector<double> all(count, 1.0);
  if (edit)
    for (const graph::Factor& factor : edit->factors)
      for (std::size_t i = 0; factor.axes == axes && i < count; ++i) all[i] *= std::fabs(factor.values[i]);
  return all;
}

// The largest magnitude of all, in float as the noise model computes it. Not finite: it is beyond that.
double largest_of(const WeightTable& table) {
  const std::vector<float> columns(table.of_column.begin(), table.of_column.end());
  double largest = 0;
  for (std::size_t row = 0; row < table.outs; ++row) {
    const float most = row_kernels().largest(table.row(row), &columns[table.first_in(row)], table.ins);
    largest = std::max(largest, double{most} * table.of_row[row]);
    if (!std::isfinite(most)) return HUGE_VAL;
  }
  return largest;
}

// In units of the largest, so that squares and products of a few scales stay in the range of float. False: they do not.
bool normalize(WeightTable& table, const std::vector<double>& squares) {
  table.unit = largest_of(table);
  if (!std::isfinite(table.unit)) return false;
  if (!(table.unit > 0)) return true;
  for (double& each : table.of_column) each /= table.unit;
  table.squares.reserve(squares.size());
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const std::size_t row = i / table.ins;
    const double factor = table.of_row[row] * table.of_column[table.first_in(row) + i % table.ins];
    table.squares.push_back(static_cast<float>(squares[i] * factor * factor));
  }
  return std::fabs(largest_of(table) - 1) < 1e-3;  // else what a factor makes large another one makes small
}

// Whether elements of float32 lie row by row as those of the table do.
bool lies_alike(const graph::Literal& literal, const Places& places) {
  std::size_t stride = 1;
  for (std::size_t axis = places.extents.size(); axis-- > 0;) {
    if (places.extents[axis] > 1 && places.steps[axis] != stride) return false;
    stride *= places.extents[axis];
  }
  return literal.dtype == graph::DType::float32;
}

bool all_finite(const WeightTable& table, const std::vector<double>& squares) {
  return row_kernels().finite(table.row(0), table.outs * table.ins) &&
         std::none_of(squares.begin(), squares.end(), [](double each) { return std::isnan(each); });
}

// The weight as it is, and the factors of its edit. False: it cannot be read so.
bool read_plain(const graph::Literal& literal, const graph::Linear& linear, const Edit* edit, const Places& places,
                WeightTable& table) {
  table.of_row = factors_along(linear.out_axes, edit, table.outs);
  table.of_column = factors_along(linear.in_axes, edit, table.ins * table.groups());
  std::vector<double> squares;
  if (lies_alike(literal, places)) {
    table.stored = literal.bytes.data();
  } else {
    table.held.assign(places.table, 0.0F);
    squares.assign(table.taps > 1 ? places.table : 0, 0.0);
    graph::with_codec(literal.dtype, [&](auto codec) {
      read_where_they_lie<decltype(codec)>(literal.bytes.data(), places, {table.held, squares});
    });
  }
  return all_finite(table, squares) && normalize(table, squares);
}

}  // namespace

double WeightTable::square(std::size_t index, std::size_t column) const {
  if (!squares.empty()) return double{squares[index * ins + column]};
  const double size = double{graph::load<float>(row(index) + column * sizeof(float))} * of_row[index] *
                      of_column[first_in(index) + column];
  return size * size;
}

void WeightTable::add_squares(std::size_t index, double factor, double* to) const {
  if (!squares.empty()) {
    const float* const row_squares = squares.data() + index * ins;
    for (std::size_t i = 0; i < ins; ++i) to[i] += factor * double{row_squares[i]};
    return;
  }
  const std::byte* const elements = row(index);
  const double* const columns = of_column.data() + first_in(index);
  const double scale = of_row[index];
  for (std::size_t i = 0; i < ins; ++i) {
    const double size = double{graph::load<float>(elements + i * sizeof(float))} * columns[i] * scale;
    to[i] += factor * (size * size);
  }
}

std::optional<WeightTable> weight_table(const Site& site, const Plan& plan) {
  std::string why;
  const auto linear = site.form().linear ? site.form().linear(site, why) : std::nullopt;
  if (!linear || !site.is_constant(linear->weight)) return std::nullopt;
  WeightTable table;
  table.activation = linear->activation;
  const auto places = places_of(*linear, table);
  if (!places) return std::nullopt;
  const graph::Tensor& constant = site.tensor(linear->weight);
  const Edit* edit = plan.edit(site.id(), linear->weight);
  if (plain(*constant.constant, *linear, edit) && read_plain(*constant.constant, *linear, edit, *places, table))
    return table;
  // This says which element is not finite.
  std::vector<double> squares(table.taps > 1 ? places->table : 0, 0.0);
  table.held.assign(places->table, 0.0F);
  table.of_row.assign(table.outs, 1.0);
  table.of_column.assign(table.ins * table.groups(), 1.0);
  table.squares.clear();
  read_one_by_one(constant, handle_of(site, *linear, linear->out_axes | linear->in_axes), edit, *places,
                  {table.held, squares});
  // Beyond float: nothing that a scale could mend.
  if (!all_finite(table, squares) || !normalize(table, squares)) return std::nullopt;
  return table;
}

}  // namespace rw::runtime
