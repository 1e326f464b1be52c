#include "runtime/balance/noise.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "graph/base/parallel.hpp"
#include "runtime/weights/row_kernels.hpp"

namespace rw::runtime {
namespace {

// Steps of eight bits: a symmetric range of weights, an asymmetric one of activations.
constexpr double kWeightSteps = 127, kActivationSteps = 255;
constexpr double kOfRounding = 1.0 / 12;  // variance of what is rounded to a step of 1
// How fast the odds fall that a value beyond the calibrated range is seen, in parts of that range.
constexpr double kBeyond = 8;

std::vector<double> fitted(const std::vector<double>& values, std::size_t count, bool sums) {
  if (values.size() == count) return values;
  const double total = std::accumulate(values.begin(), values.end(), 0.0);
  return std::vector<double>(count, total / static_cast<double>(sums ? count : values.size()));
}

// A network is swept ten times and more, each layer into lists of its own.
template <typename... Lists>
void make_room(std::size_t count, Lists&... lists) {
  (lists.reserve(count), ...);
}

double power_of(double x, int squarings) {
  for (int k = 0; k < squarings; ++k) x *= x;
  return x;
}

// Of the taps of a transposed convolution a position that comes out meets a part: as many positions go in for each.
double taps_met(const graph::Tensor& input, std::size_t ins, const graph::Tensor& output, std::size_t outs) {
  const auto in = input.shape.count(), out = output.shape.count();
  if (!in || !out || *in <= 0 || *out <= 0) return 1;
  return std::min(1.0, static_cast<double>(*in) / static_cast<double>(ins) /
                           (static_cast<double>(*out) / static_cast<double>(outs)));
}

}  // namespace

double NoiseValue::of_both(double per_channel, double activations) const {
  return std::pow(parts[kPerTensor] + activations * parts[kActivations], 1 - per_channel) *
         std::pow(parts[kPerChannel] + activations * parts[kActivations], per_channel);
}

Noise::Noise(const Analysis& analysis, const Regions& regions, const graph::Statistics& statistics, const Plan& plan,
             double headroom)
    : headroom_(headroom) {
  for (RegionId id = 0; id < regions.size(); ++id) classes_ += regions[id].classes;
  Flow flow(analysis, regions, statistics, plan);
  measured_ = flow.any_measured();
  for (const OperatorId op : analysis.network->order())
    if (!analysis.network->removed(op)) add_weights(analysis, op, flow);
  for (const quantizer::RoundedActivation& each : quantizer::convention(*analysis.network, {}).activations)
    add_activations(each, flow);
  order_terms();
}

void Noise::order_terms() {
  constexpr std::size_t kOfChannel = 64;  // what a channel of activations takes of the time, in weights
  std::vector<std::size_t> work;
  for (const Weights& each : weights_) work.push_back(each.table.outs * each.table.ins);
  for (const Activations& each : activations_) work.push_back(each.classes.size() * kOfChannel);
  largest_first_.resize(work.size());
  std::iota(largest_first_.begin(), largest_first_.end(), 0U);
  std::stable_sort(largest_first_.begin(), largest_first_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return work[a] > work[b]; });
  constexpr std::size_t kWorthThreads = std::size_t{1} << 18U;
  worth_threads_ = std::accumulate(work.begin(), work.end(), std::size_t{0}) >= kWorthThreads;
}

template <typename F>
void Noise::each_term(F f) const {
  graph::parallel_for_if(worth_threads_, largest_first_.size(), [&](std::size_t i) { f(largest_first_[i]); });
}

std::vector<std::uint32_t> Noise::classes_of(const Flow& flow, TensorId tensor, std::size_t count) const {
  std::vector<std::uint32_t> classes = flow.classes(tensor, count);
  for (std::uint32_t& each : classes)
    if (each == kNone) each = static_cast<std::uint32_t>(classes_);
  return classes;
}

void Noise::add_weights(const Analysis& analysis, OperatorId op, Flow& flow) {
  const Site site = analysis.site(op);
  const TensorId output = site.output();
  if (!flow.table(op) || output == kNone || flow.sensitivity(output).empty() || !(flow.table(op)->unit > 0)) return;
  Weights each{.output = output, .table = flow.take_table(op)};
  const TensorId input = site.input(each.table.activation);
  const std::size_t ins = each.table.ins * each.table.groups(), outs = each.table.outs;
  each.table.squares = {};
  each.table.taps *= taps_met(analysis.network->tensor(input), ins, analysis.network->tensor(output), outs);
  each.in = classes_of(flow, input, ins);
  each.out = classes_of(flow, output, outs);
  each.power = fitted(flow.values(input).square, ins, false);
  each.sensitivity = fitted(flow.sensitivity(output), outs, true);
  weights_.push_back(std::move(each));
}

// A tensor that is rounded to its own values, or to those of another.
void Noise::add_activations(const quantizer::RoundedActivation& rounded, const Flow& flow) {
  const std::vector<double>& sensitivity = flow.sensitivity(rounded.tensor);
  // A range from 0 to 1, of a Softmax, carries no scale.
  if (sensitivity.empty() || rounded.range == kNone) return;
  const ChannelValues &values = flow.values(rounded.tensor), &range = flow.values(rounded.range);
  Activations each{.tensor = rounded.tensor,
                   .ranges = {classes_of(flow, rounded.range, range.high.size()), range.high, range.low},
                   .own_range = rounded.range == rounded.tensor,
                   .classes = classes_of(flow, rounded.tensor, sensitivity.size())};
  for (std::size_t i = 0; i < sensitivity.size(); ++i)
    each.sensitivity.push_back(sensitivity[i] * (values.low[i] == 0 ? values.positive[i] : 1));
  activations_.push_back(std::move(each));
}

// What one linear operator adds, and its slopes by row and column.
struct Noise::Swept {
  double tensor = 0, channel = 0;
  std::vector<double> out_up, out_down, in_up, in_down;  // per tensor
  std::vector<double> in_up_each, in_down_each;          // per channel, which no scale of the output moves
};

// What rounding one tensor adds, and its slopes by channel: of the tensor by whose values its step is chosen, and its
// own.
struct Noise::Rounded {
  double noise = 0;
  std::vector<double> up, down, own_down;
};

// A linear operator at some scales.
struct Noise::Scaled {
  std::vector<float> inverse;                // the factor of its elements, over the scale, by column
  std::vector<double> powers, sum_in;        // s^2 m by column, and its sum by group
  std::vector<double> scale, outs, sum_out;  // s and g / s^2 by row, and the sum of the latter by group
  std::vector<double> rows;                  // the largest of each row, over the scales of its columns
  double most = 0;                           // the largest of all, times the scales of their rows
  double factor = 0;                         // noise of a weight of 1 that is rounded
  std::vector<double> channel;               // noise by row, a step for each

  double tensor(std::size_t group) const { return factor * most * most * sum_in[group] * sum_out[group]; }
};

// Shares of maxima, added up by row and by column: of the largest weight of all, of the largest of each row.
struct Noise::Shares {
  std::vector<double> rows;
  std::vector<float> columns, columns_each;
  double all = 0;
};

Noise::Scaled Noise::scaled(const Weights& weights, std::span<const double> scales) const {
  const WeightTable& table = weights.table;
  const auto scale = [&](std::uint32_t each) { return each < classes_ ? scales[each] : 1.0; };
  Scaled at;
  at.factor = table.taps * kOfRounding * std::pow(table.unit / kWeightSteps, 2);
  make_room(weights.in.size(), at.inverse, at.powers);
  make_room(table.outs, at.scale, at.outs, at.rows, at.channel);
  at.sum_in.assign(table.groups(), 0.0);
  at.sum_out.assign(table.groups(), 0.0);
  for (std::size_t i = 0; i < weights.in.size(); ++i) {
    const double s = scale(weights.in[i]);
    at.inverse.push_back(static_cast<float>(table.of_column[i] / s));
    at.powers.push_back(s * s * weights.power[i]);
    at.sum_in[i / table.ins] += at.powers[i];
  }
  for (std::size_t row = 0; row < table.outs; ++row) {
    const std::size_t group = row / table.outs_per_group;
    const double s = scale(weights.out[row]);
    at.scale.push_back(s);
    at.outs.push_back(weights.sensitivity[row] / (s * s));
    at.sum_out[group] += at.outs[row];
    const float largest = row_kernels().largest(table.row(row), &at.inverse[table.first_in(row)], table.ins);
    at.rows.push_back(double{largest} * table.of_row[row]);
    at.most = std::max(at.most, at.rows[row] * s);
    at.channel.push_back(at.factor * weights.sensitivity[row] * at.rows[row] * at.rows[row] * at.sum_in[group]);
  }
  return at;
}

Noise::Shares Noise::shares(const WeightTable& table, const Scaled& at, double channel,
                            const Softening& softening) const {
  constexpr double kNothing = 1e-9;
  Shares shares{std::vector<double>(table.outs, 0.0), std::vector<float>(at.inverse.size(), 0.0F),
                std::vector<float>(at.inverse.size(), 0.0F), 0};
  std::vector<float> row_shares(table.ins);
  const RowKernels& kernels = row_kernels();
  const auto shares_in = softening.squarings > 2 ? kernels.shares_16 : kernels.shares_4;
  for (std::size_t row = 0; row < table.outs; ++row) {
    if (!(at.rows[row] > 0)) continue;
    const double of_row = at.most > 0 ? power_of(at.rows[row] * at.scale[row] / at.most, softening.squarings) : 0;
    const bool tensor = softening.tensor && of_row > kNothing;
    if (!tensor && !softening.channel) continue;
    const std::size_t first = table.first_in(row);
    const auto inverse_largest = static_cast<float>(table.of_row[row] / at.rows[row]);
    const float sum = shares_in(table.row(row), &at.inverse[first], inverse_largest, table.ins, row_shares.data());
    if (tensor) {
      shares.rows[row] = of_row * double{sum};
      shares.all += shares.rows[row];
      kernels.add_scaled(row_shares.data(), static_cast<float>(of_row), table.ins, &shares.columns[first]);
    }
    if (softening.channel && channel > 0)  // in parts of the operator's noise, which may be beyond float
      kernels.add_scaled(row_shares.data(), static_cast<float>(at.channel[row] / channel / double{sum}), table.ins,
                         &shares.columns_each[first]);
  }
  return shares;
}

void Noise::tensor_slopes(const WeightTable& table, const Scaled& at, const Shares& shares, Swept& swept) {
  make_room(table.outs, swept.out_up, swept.out_down);
  make_room(at.powers.size(), swept.in_up, swept.in_down);
  const double step = at.factor * at.most * at.most, each = shares.all > 0 ? 2 * swept.tensor / shares.all : 0;
  for (std::size_t row = 0; row < table.outs; ++row) {
    swept.out_up.push_back(each * shares.rows[row]);
    swept.out_down.push_back(2 * step * at.sum_in[row / table.outs_per_group] * at.outs[row]);
  }
  for (std::size_t i = 0; i < at.powers.size(); ++i) {
    swept.in_down.push_back(each * double{shares.columns[i]});
    swept.in_up.push_back(2 * step * at.sum_out[i / table.ins] * at.powers[i]);
  }
}

void Noise::channel_slopes(const WeightTable& table, const Scaled& at, const Shares& shares, Swept& swept) {
  make_room(at.powers.size(), swept.in_down_each, swept.in_up_each);
  std::vector<double> of_group(table.groups(), 0.0);
  for (std::size_t row = 0; row < table.outs; ++row) of_group[row / table.outs_per_group] += at.channel[row];
  for (std::size_t i = 0; i < at.powers.size(); ++i) {
    const double sum_in = at.sum_in[i / table.ins];
    swept.in_down_each.push_back(2 * swept.channel * double{shares.columns_each[i]});
    swept.in_up_each.push_back(sum_in > 0 ? 2 * of_group[i / table.ins] * at.powers[i] / sum_in : 0);
  }
}

Noise::Swept Noise::sweep(const Weights& weights, std::span<const double> scales, const Softening& softening) const {
  const WeightTable& table = weights.table;
  const Scaled at = scaled(weights, scales);
  Swept swept;
  for (std::size_t group = 0; group < table.groups(); ++group) swept.tensor += at.tensor(group);
  swept.channel = std::accumulate(at.channel.begin(), at.channel.end(), 0.0);
  if (softening.squarings == 0 || (!softening.tensor && !softening.channel)) return swept;
  const Shares found = shares(table, at, swept.channel, softening);
  if (softening.tensor) tensor_slopes(table, at, found, swept);
  if (softening.channel) channel_slopes(table, at, found, swept);
  return swept;
}

Noise::Rounded Noise::activations(const Activations& tensor, std::span<const double> scales, int squarings) const {
  const auto scales_of = [&](std::span<const std::uint32_t> classes) {
    std::vector<double> all;
    all.reserve(classes.size());
    for (const std::uint32_t each : classes) all.push_back(each < classes_ ? scales[each] : 1.0);
    return all;
  };
  const bool slopes = squarings > 0;
  const std::vector<double> s = scales_of(tensor.classes), r = scales_of(tensor.ranges.classes);
  const std::array<const std::vector<double>*, 2> sides = {&tensor.ranges.high, &tensor.ranges.low};
  std::array<double, 2> most{};
  for (std::size_t side = 0; side < 2; ++side)
    for (std::size_t i = 0; i < r.size(); ++i) most[side] = std::max(most[side], r[i] * (*sides[side])[i]);
  const double range = most[0] + most[1], step = range / kActivationSteps;
  double noise = 0;  // of rounding, in steps of 1
  for (std::size_t i = 0; i < s.size(); ++i) noise += tensor.sensitivity[i] / (s[i] * s[i]);
  const double rounding = step * step * kOfRounding * noise;
  Rounded result{.noise = rounding};
  if (slopes) {
    result.up.assign(r.size(), 0.0);
    result.down.assign(r.size(), 0.0);
    result.own_down.reserve(s.size());
    for (std::size_t i = 0; noise > 0 && i < s.size(); ++i)
      result.own_down.push_back(2 * rounding * tensor.sensitivity[i] / (s[i] * s[i]) / noise);
  }
  for (std::size_t side = 0; side < 2; ++side) {
    if (!(most[side] > 0)) continue;
    double clipped = 0, sum = 0;  // of the clip terms how much falls with the maximum
    std::vector<double> shares(result.up.size(), 0.0);
    for (std::size_t i = 0; i < r.size(); ++i) {
      const double x = (*sides[side])[i];
      if (!(x > 0)) continue;
      const double reach = most[side] / (r[i] * x);
      if (slopes) sum += shares[i] = power_of(1 / reach, squarings);
      if (!tensor.own_range) continue;
      const double term = headroom_ * tensor.sensitivity[i] * x * x * std::exp(-kBeyond * (reach - 1));
      result.noise += term;
      if (!slopes) continue;
      result.up[i] += kBeyond * reach * term;
      clipped += kBeyond * reach * term;
    }
    for (std::size_t i = 0; i < shares.size(); ++i) {
      result.up[i] += 2 * rounding * most[side] / range * shares[i] / sum;
      result.down[i] += clipped * shares[i] / sum;
    }
  }
  return result;
}

NoiseValue Noise::value(std::span<const double> scales) const {
  std::array<NoiseSlopes, kNoiseParts> none;
  return value(scales, {}, none);
}

NoiseValue Noise::value(std::span<const double> scales, const Softening& softening,
                        std::array<NoiseSlopes, kNoiseParts>& slopes) const {
  const int squarings = softening.squarings;
  assert(scales.size() == classes_);
  for (NoiseSlopes& each : slopes) {
    each.up.assign(squarings > 0 ? classes_ : 0, 0.0);
    each.down = each.up;
  }
  std::vector<Swept> swept(weights_.size());
  std::vector<Rounded> rounded(activations_.size());
  each_term([&](std::uint32_t i) {
    if (i < swept.size())
      swept[i] = sweep(weights_[i], scales, softening);
    else
      rounded[i - swept.size()] = activations(activations_[i - swept.size()], scales, squarings);
  });
  NoiseValue value;
  const auto add = [&](const std::vector<double>& from, const std::vector<std::uint32_t>& classes,
                       std::vector<double>& to) {
    for (std::size_t i = 0; i < from.size(); ++i)
      if (classes[i] < classes_) to[classes[i]] += from[i];
  };
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const Weights& each = weights_[i];
    value.parts[kPerTensor] += swept[i].tensor;
    value.parts[kPerChannel] += swept[i].channel;
    add(swept[i].out_up, each.out, slopes[kPerTensor].up);
    add(swept[i].out_down, each.out, slopes[kPerTensor].down);
    add(swept[i].in_up, each.in, slopes[kPerTensor].up);
    add(swept[i].in_down, each.in, slopes[kPerTensor].down);
    add(swept[i].in_up_each, each.in, slopes[kPerChannel].up);
    add(swept[i].in_down_each, each.in, slopes[kPerChannel].down);
  }
  for (std::size_t i = 0; i < activations_.size(); ++i) {
    const Activations& each = activations_[i];
    value.parts[kActivations] += rounded[i].noise;
    add(rounded[i].own_down, each.classes, slopes[kActivations].down);
    add(rounded[i].up, each.ranges.classes, slopes[kActivations].up);
    add(rounded[i].down, each.ranges.classes, slopes[kActivations].down);
  }
  return value;
}

NoiseValue Noise::term(std::uint32_t index, std::span<const double> scales) const {
  NoiseValue value;
  if (index < weights_.size()) {
    const Swept swept = sweep(weights_[index], scales, {});
    value.parts[kPerTensor] = swept.tensor;
    value.parts[kPerChannel] = swept.channel;
  } else {
    value.parts[kActivations] = activations(activations_[index - weights_.size()], scales, 0).noise;
  }
  return value;
}

std::vector<std::vector<std::uint32_t>> Noise::terms_by_class() const {
  std::vector<std::vector<std::uint32_t>> terms(classes_);
  std::uint32_t index = 0;
  const auto add = [&](std::span<const std::uint32_t> classes) {
    for (const std::uint32_t each : classes)
      if (each < classes_ && (terms[each].empty() || terms[each].back() != index)) terms[each].push_back(index);
  };
  for (const Weights& each : weights_) {
    add(each.in);
    add(each.out);
    ++index;
  }
  for (const Activations& each : activations_) {
    add(each.classes);
    add(each.ranges.classes);
    ++index;
  }
  return terms;
}

std::vector<Noise::Around> Noise::around(std::span<const double> scales, std::span<const std::uint32_t> group,
                                         std::size_t groups) const {
  std::vector<Around> found(groups);
  std::vector<std::uint32_t> touched;
  const auto touch = [&](std::span<const std::uint32_t> classes) {
    for (const std::uint32_t each : classes)
      if (each < classes_ && group[each] != kNone) touched.push_back(group[each]);
  };
  const auto groups_touched = [&]() -> const std::vector<std::uint32_t>& {
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    return touched;
  };
  for (const Weights& each : weights_) {
    touched.clear();
    touch(each.in);
    touch(each.out);
    if (touched.empty()) continue;
    const Swept swept = sweep(each, scales, {});
    for (const std::uint32_t id : groups_touched()) {
      found[id].noise.parts[kPerTensor] += swept.tensor;
      found[id].noise.parts[kPerChannel] += swept.channel;
      ++found[id].layers;
    }
  }
  for (const Activations& each : activations_) {
    touched.clear();
    touch(each.classes);
    if (touched.empty()) continue;
    const double noise = activations(each, scales, 0).noise;
    for (const std::uint32_t id : groups_touched()) found[id].noise.parts[kActivations] += noise;
  }
  return found;
}

std::vector<double> Noise::rounding(const std::unordered_map<TensorId, std::uint32_t>& group,
                                    std::size_t groups) const {
  const std::vector<double> ones(classes_, 1.0);
  std::vector<double> sums(groups, 0.0);
  for (const Activations& each : activations_)
    if (const auto found = group.find(each.tensor); found != group.end())
      sums[found->second] += activations(each, ones, 0).noise;
  return sums;
}

std::vector<TensorNoise> Noise::by_tensor(std::span<const double> scales) const {
  assert(scales.size() == classes_);
  std::vector<Swept> swept(weights_.size());
  each_term([&](std::uint32_t i) {
    if (i < swept.size()) swept[i] = sweep(weights_[i], scales, {});
  });
  std::vector<TensorNoise> all;
  std::unordered_map<TensorId, std::size_t> index;
  const auto of = [&](TensorId tensor) -> NoiseValue& {
    const auto [found, fresh] = index.emplace(tensor, all.size());
    if (fresh) all.push_back({tensor, {}});
    return all[found->second].noise;
  };
  for (const Activations& each : activations_)
    of(each.tensor).parts[kActivations] += activations(each, scales, 0).noise;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    NoiseValue& noise = of(weights_[i].output);
    noise.parts[kPerTensor] += swept[i].tensor;
    noise.parts[kPerChannel] += swept[i].channel;
  }
  return all;
}

Noise::Ranges Noise::ranges(std::span<const double> scales) const {
  Ranges ranges;
  ranges.made.assign(classes_, 0.0);
  ranges.read = ranges.seen = ranges.made;
  struct Found {
    std::vector<double> rows;
    std::vector<float> columns;
  };
  std::vector<Found> found(weights_.size());
  const auto scale = [&](std::uint32_t each) { return each < classes_ ? scales[each] : 1.0; };
  each_term([&](std::uint32_t k) {
    if (k >= weights_.size()) return;
    const Weights& each = weights_[k];
    const WeightTable& table = each.table;
    std::vector<float> inverse(each.in.size());
    for (std::size_t i = 0; i < inverse.size(); ++i)
      inverse[i] = static_cast<float>(table.of_column[i] / scale(each.in[i]));
    found[k].rows.resize(table.outs);
    found[k].columns.assign(each.in.size(), 0.0F);
    for (std::size_t row = 0; row < table.outs; ++row) {
      const std::size_t first = table.first_in(row);
      const double largest = double{row_kernels().largest(table.row(row), &inverse[first], table.ins)};
      found[k].rows[row] = largest * table.of_row[row] * table.unit;
      const auto s = static_cast<float>(table.of_row[row] * scale(each.out[row]));
      row_kernels().raise(table.row(row), s, table.ins, &found[k].columns[first]);
    }
  });
  const auto raise = [&](std::uint32_t scale_class, double value, std::vector<double>& most) {
    if (scale_class < classes_) most[scale_class] = std::max(most[scale_class], value);
  };
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    const Weights& each = weights_[k];
    for (std::size_t i = 0; i < each.out.size(); ++i) raise(each.out[i], found[k].rows[i], ranges.made);
    for (std::size_t i = 0; i < each.in.size(); ++i)
      raise(each.in[i], double{found[k].columns[i]} * each.table.of_column[i] * each.table.unit, ranges.read);
  }
  for (const Activations& each : activations_)
    for (std::size_t i = 0; i < each.ranges.classes.size(); ++i)
      raise(each.ranges.classes[i], std::max(each.ranges.high[i], each.ranges.low[i]), ranges.seen);
  return ranges;
}

}  // namespace rw::runtime
