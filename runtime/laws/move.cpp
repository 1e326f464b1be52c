// y is x with its elements moved, repeated or chosen: every element keeps its scale. Channels of x and of y that hold
// the same element are tied; the elements of one channel are the same for all positions on the axes that hold none.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/laws/conditions.hpp"
#include "runtime/laws/digits.hpp"
#include "runtime/laws/move.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime::law_move {
namespace {

using graph::Movement;

const graph::Shape& shape_of(const Site& site, TensorId tensor) { return site.network().tensor(tensor).shape; }

// To each output.
graph::Movements movements_of(const Site& site) {
  graph::Movements all = site.form().movements ? site.form().movements(site) : graph::Movements();
  all.resize(site.op().outputs.size());
  return all;
}

// Digits that the channels of either side run along.
std::vector<int> tied_digits(const Movement& movement, AxisMask in_axes, AxisMask out_axes) {
  std::vector<int> digits = digits_along(movement.in, in_axes);
  for (const int digit : digits_along(movement.out, out_axes))
    if (std::find(digits.begin(), digits.end(), digit) == digits.end()) digits.push_back(digit);
  return digits;
}

std::string output_condition(const Site& site, std::uint32_t output, const std::optional<Movement>& movement) {
  const TensorId out = site.output(output);
  std::string why = channels_missing(site, out);
  if (!why.empty()) return why;
  const graph::Shape in_shape = site.shape(0), out_shape = shape_of(site, out);
  if (!movement)
    return fmt::format("how it moves the elements of {} to {} is not known", to_string(in_shape), to_string(out_shape));
  const AxisMask in_axes = site.channels().axes(site.input(0)), out_axes = site.channels().axes(out);
  return unturnable(*movement, tied_digits(*movement, in_axes, out_axes), in_shape, in_axes, out_shape, out_axes);
}

// Ties pair by pair, runs of pairs at even steps in one call.
class PairTie {
 public:
  PairTie(Tie& tie, TensorId in, TensorId out) : tie_(tie), in_(in), out_(out) {}
  void pair(std::uint32_t in, std::uint32_t out) {
    if (count_ == 1 && in >= a_ && out >= b_) {
      a_step_ = in - a_;
      b_step_ = out - b_;
    }
    if (count_ > 0 && in == a_ + count_ * a_step_ && out == b_ + count_ * b_step_ &&
        (count_ > 1 || (in >= a_ && out >= b_))) {
      ++count_;
      return;
    }
    flush();
    a_ = in;
    b_ = out;
    a_step_ = b_step_ = 0;
    count_ = 1;
  }
  void flush() {
    if (count_ > 0) tie_.link(in_, a_, a_step_, out_, b_, b_step_, count_);
    count_ = 0;
  }
  // Everything so far is channel i with channel i.
  bool one_to_one(std::uint32_t channels) const {
    return a_ == 0 && b_ == 0 && count_ == channels && (channels == 1 || (a_step_ == 1 && b_step_ == 1));
  }
  void drop() { count_ = 0; }

 private:
  Tie& tie_;
  TensorId in_, out_;
  std::uint32_t a_ = 0, a_step_ = 0, b_ = 0, b_step_ = 0, count_ = 0;
};

}  // namespace

std::string condition(const Site& site) {
  if (!site.has(0)) return "input 0 is missing";
  if (site.is_constant(0)) return "its input is a constant";
  std::string why = channels_missing(site, site.input(0));
  if (site.output() == kNone && site.op().outputs.size() < 2) why = "an output is missing";
  if (!why.empty()) return why;
  const graph::Movements movements = movements_of(site);
  for (std::uint32_t slot = 0; why.empty() && slot < movements.size(); ++slot)
    if (site.output(slot) != kNone) why = output_condition(site, slot, movements[slot]);
  return why;
}

void tie(const Site& site, Tie& tie) {
  const TensorId in = site.input(0);
  const graph::Movements movements = movements_of(site);
  tie.ties(0);
  for (std::uint32_t slot = 0; slot < movements.size(); ++slot) {
    const TensorId out = site.output(slot);
    if (out == kNone) continue;
    tie.ties_output(slot);
    const std::optional<Movement>& movement = movements[slot];
    const AxisMask in_axes = site.channels().axes(in), out_axes = site.channels().axes(out);
    Odometer odometer(*movement, tied_digits(*movement, in_axes, out_axes), site.shape(0), in_axes, shape_of(site, out),
                      out_axes);
    PairTie pairs(tie, in, out);
    do {
      pairs.pair(static_cast<std::uint32_t>(odometer.in()), static_cast<std::uint32_t>(odometer.out()));
    } while (odometer.next());
    if (site.channels().count(in) == site.channels().count(out) && pairs.one_to_one(site.channels().count(in))) {
      pairs.drop();
      tie.same(in, out);
    }
    pairs.flush();
  }
}

namespace {

// What comes out at one output: every element brings its scale along. It may change along the channel axes of the
// output only; elements that differ in nothing but other axes must have one scale.
std::string carry_output(const Site& site, Carry& carry, std::uint32_t output,
                         const std::optional<Movement>& movement) {
  const Scale& given = carry.input(0);
  const TensorId out = site.output(output);
  if (!movement) return "how it moves the elements of its scaled input is not known";
  const graph::Shape in_shape = site.shape(0), out_shape = shape_of(site, out);
  const AxisMask channel_axes = site.channels().has(out) ? site.channels().axes(out) : AxisMask();
  std::vector<int> digits = digits_along(movement->in, given.axes);
  const std::vector<int> scaled = digits;
  AxisMask axes;
  for (const graph::AxisRange& range : movement->out) {
    const bool changes = std::any_of(range.digits.begin(), range.digits.end(), [&](int digit) {
      return std::find(scaled.begin(), scaled.end(), digit) != scaled.end();
    });
    if (!changes || !lies_along(range, channel_axes)) continue;
    axes |= channel_axes & AxisMask::range(range.first, range.last);
    for (const int digit : range.digits)
      if (std::find(digits.begin(), digits.end(), digit) == digits.end()) digits.push_back(digit);
  }
  if (std::string why = unturnable(*movement, digits, in_shape, given.axes, out_shape, axes); !why.empty()) return why;
  std::vector<double> values(static_cast<std::size_t>(elements(axes, out_shape)), 0.0);
  Odometer odometer(*movement, digits, in_shape, given.axes, out_shape, axes);
  do {
    double& value = values[odometer.out()];
    const double scale = (*given.values)[odometer.in()];
    if (value != 0 && !near(scale, value))
      return fmt::format("elements with different scales come to lie in one channel of '{}'",
                         site.network().tensor(out).name);
    value = scale;
  } while (odometer.next());
  carry.output(output, make_scale(axes, std::move(values), out_shape));
  return {};
}

}  // namespace

std::string carry(const Site& site, Carry& carry) {
  if (!site.has(0) || site.is_constant(0)) return only_ones(site, carry);
  for (std::uint32_t slot = 1; slot < site.input_count(); ++slot)
    if (carry.edit(slot) || (site.is_activation(slot) && !carry.input(slot).is_one()))
      return fmt::format("its input '{}' was scaled", site.tensor(slot).name);
  if (carry.input(0).is_one()) return {};
  const graph::Movements movements = movements_of(site);
  std::string why;
  for (std::uint32_t slot = 0; why.empty() && slot < movements.size(); ++slot)
    if (site.output(slot) != kNone) why = carry_output(site, carry, slot, movements[slot]);
  return why;
}

}  // namespace rw::runtime::law_move

namespace rw::runtime {

extern const Law kSplitLaw = {
    .name = "split",
    .help = "channels side by side go to several outputs; along another axis all outputs are tied one to one",
    .ties_channels = true,
    .condition = law_move::condition,
    .tie = law_move::tie,
    .carry = law_move::carry,
};

extern const Law kSliceLaw = {
    .name = "slice",
    .help = "some of the channels; along another axis all of them",
    .ties_channels = true,
    .condition = law_move::condition,
    .tie = law_move::tie,
    .carry = law_move::carry,
};

extern const Law kViewLaw = {
    .name = "view",
    .help = "channels follow the elements; those whose elements come to lie in one output channel are tied",
    .ties_channels = true,
    .condition = law_move::condition,
    .tie = law_move::tie,
    .carry = law_move::carry,
};

}  // namespace rw::runtime
