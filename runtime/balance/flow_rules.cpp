// How values and disturbances pass single operators. Noise is white, small, and independent of the values.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "runtime/balance/flow.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/weights/bias.hpp"
#include "runtime/weights/channel_affine.hpp"

namespace rw::runtime {
namespace {

constexpr double kTiny = 1e-300;

std::vector<TensorId> activations(const Site& site) {
  std::vector<TensorId> all;
  for (std::size_t slot = 0; slot < site.input_count(); ++slot)
    if (site.is_activation(slot)) all.push_back(site.input(slot));
  return all;
}

std::vector<double> times(std::vector<double> values, double factor) {
  for (double& each : values) each *= factor;
  return values;
}

std::vector<double> product(std::vector<double> a, std::span<const double> b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] *= b[i];
  return a;
}

double sum(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// As many numbers as asked for: of those that stand for all, the mean or an even share.
std::vector<double> over(const std::vector<double>& values, std::size_t count, bool sums) {
  if (values.size() == count) return values;
  return std::vector<double>(count, sum(values) / static_cast<double>(sums ? count : values.size()));
}

// --- what comes out as it went in

constexpr std::array kSides = {&ChannelValues::high, &ChannelValues::low, &ChannelValues::square,
                               &ChannelValues::variance, &ChannelValues::positive};

// The values of a tensor as those of another.
ChannelValues moved(const Flow& flow, TensorId source, TensorId target) {
  const ChannelValues& from = flow.values(source);
  ChannelValues values;
  for (const auto side : kSides) values.*side = flow.moved(from.*side, source, target, false);
  return values;
}

void copied(Flow& flow, const Site& site) {
  const std::vector<TensorId> inputs = activations(site);
  if (inputs.empty()) return;
  for (const TensorId output : site.op().outputs)
    if (output != kNone) flow.estimate(output, moved(flow, inputs[0], output));
}

// Of all outputs to all activations, times a factor.
void copy_back(Flow& flow, const Site& site, double factor) {
  for (const TensorId input : activations(site))
    for (const TensorId output : site.op().outputs)
      if (output != kNone && !flow.sensitivity(output).empty())
        flow.disturb(input, times(flow.moved(flow.sensitivity(output), output, input, true), factor));
}

void copied_back(Flow& flow, const Site& site) { copy_back(flow, site, 1); }

// --- activation functions

// What is below 0 comes to no more than so much below it. Half of a symmetric distribution: its mean square is 1/2, its
// variance 1/2 - 1/(2 pi).
void rectify(Flow& flow, const Site& site, double slope, double least) {
  const std::vector<TensorId> inputs = activations(site);
  if (inputs.empty()) return;
  ChannelValues values = moved(flow, inputs[0], site.output());
  values.square = times(std::move(values.square), 0.5);
  values.variance = times(std::move(values.variance), 0.34);
  for (double& each : values.low) each = std::min(slope * each, least);
  flow.estimate(site.output(), std::move(values));
}
void rectified(Flow& flow, const Site& site) { rectify(flow, site, 0, 0); }
void rectified_leaky(Flow& flow, const Site& site) { rectify(flow, site, site.number("alpha", 0.01), HUGE_VAL); }
void rectified_learnt(Flow& flow, const Site& site) { rectify(flow, site, 0.25, HUGE_VAL); }
void rectified_below(Flow& flow, const Site& site) { rectify(flow, site, 1, 1); }  // an exponential below 0
constexpr double kSmoothLeast = 0.3;  // of x times a gate that is made of it: SiLU 0.28, hard-swish 0.38, Gelu 0.17
void rectified_smooth(Flow& flow, const Site& site) { rectify(flow, site, 1, kSmoothLeast); }

// What is above 0 passes by itself, what is below times the slope.
void rectify_back(Flow& flow, const Site& site, double slope) {
  const TensorId input = site.input(0), output = site.output();
  std::vector<double> back = flow.moved(flow.sensitivity(output), output, input, true);
  for (std::size_t i = 0; i < back.size(); ++i) {
    const double p = flow.values(input).positive[i];
    back[i] *= p + slope * slope * (1 - p);
  }
  flow.disturb(input, back);
}

void rectified_back(Flow& flow, const Site& site) { rectify_back(flow, site, 0); }
void leaky_back(Flow& flow, const Site& site) { rectify_back(flow, site, site.number("alpha", 0.01)); }
void learnt_back(Flow& flow, const Site& site) { rectify_back(flow, site, 0.25); }

// x times a gate that depends on x: about a rectifier with soft knees.
void smooth_back(Flow& flow, const Site& site) { rectify_back(flow, site, 0.2); }

void squash(Flow& flow, const Site& site, double least) {
  const TensorId output = site.output();
  const auto all = [&](double value) { return std::vector<double>(flow.count(output), value); };
  flow.estimate(output,
                {.high = all(1), .low = all(least), .square = all(0.3), .variance = all(0.05), .positive = all(1)});
}
void squashed(Flow& flow, const Site& site) { squash(flow, site, 0); }
void squashed_around_zero(Flow& flow, const Site& site) { squash(flow, site, 1); }
// The mean of the square of the slope: of a sigmoid over two deviations, of a tanh four times its square root.
void sigmoid_back(Flow& flow, const Site& site) { copy_back(flow, site, 0.03); }
void tanh_back(Flow& flow, const Site& site) { copy_back(flow, site, 0.4); }

// --- means

double elements(const graph::Shape& shape) {
  double count = 1;
  for (const std::int64_t each : shape.dims()) count *= each > 0 ? static_cast<double>(each) : 1;
  return count;
}

void averaged_back(Flow& flow, const Site& site) {
  double window = 1;
  if (const auto kernel = site.integers("kernel_shape"))
    for (const std::int64_t each : *kernel) window *= static_cast<double>(each);
  else
    window = elements(site.shape(0)) / std::max(1.0, elements(site.output_shape()));
  copy_back(flow, site, 1 / std::max(1.0, window));
}

// --- sums, products, concats

// Independent of each other.
void summed(Flow& flow, const Site& site) {
  const TensorId output = site.output();
  ChannelValues sums = spread_around_zero(std::vector<double>(flow.count(output), 0.0));
  for (const TensorId input : activations(site)) {
    const ChannelValues each = moved(flow, input, output);
    for (std::size_t i = 0; i < sums.square.size(); ++i) {
      sums.square[i] += each.square[i], sums.variance[i] += each.variance[i];
      sums.high[i] = std::hypot(sums.high[i], each.high[i]), sums.low[i] = std::hypot(sums.low[i], each.low[i]);
    }
  }
  flow.estimate(output, std::move(sums));
}

// Whether `gate` is made of x by a curve from 0 to 1; a Mul by constants may stand between.
bool is_gate_of(const Site& site, TensorId gate, TensorId x) {
  constexpr std::array<std::string_view, 2> kGates = {"Sigmoid", "HardSigmoid"};
  const graph::Network& network = site.network();
  const OperatorId curve = network.tensor(gate).producer;
  if (curve == kNone || std::find(kGates.begin(), kGates.end(), network.type_of(curve)) == kGates.end()) return false;
  const TensorId read = network.op(curve).inputs[0];
  const OperatorId before = network.tensor(read).producer;
  return read == x || (before != kNone && network.type_of(before) == "Mul" && network.op(before).inputs[0] == x);
}

void multiplied(Flow& flow, const Site& site) {
  const std::vector<TensorId> inputs = activations(site);
  if (inputs.size() != 2) return copied(flow, site);
  const TensorId output = site.output();
  const ChannelValues a = moved(flow, inputs[0], output), b = moved(flow, inputs[1], output);
  ChannelValues values = spread_around_zero(product(a.square, b.square));
  const auto* const scale = flow.plan().scale_of(output);
  const bool smooth = is_gate_of(site, inputs[1], inputs[0]) || is_gate_of(site, inputs[0], inputs[1]);
  for (std::size_t i = 0; i < values.high.size(); ++i) {
    values.high[i] = std::max(a.high[i] * b.high[i], a.low[i] * b.low[i]);
    values.low[i] = std::max(a.high[i] * b.low[i], a.low[i] * b.high[i]);
    if (smooth)
      values.low[i] = std::min(values.low[i], scale && scale->size() > i ? kSmoothLeast * (*scale)[i] : kSmoothLeast);
  }
  flow.estimate(output, std::move(values));
}

void relative_back(Flow& flow, const Site& site);

// y = a b: noise in a is multiplied by b. y = a / b: the noise of each is carried relative to it.
void multiplied_back(Flow& flow, const Site& site) {
  const std::vector<TensorId> inputs = activations(site);
  if (inputs.size() != 2 || traits(site).divides) return relative_back(flow, site);
  const TensorId output = site.output();
  for (std::size_t i = 0; i < 2; ++i) {
    const TensorId input = inputs[i], other = inputs[1 - i];
    const auto gate = flow.moved(flow.values(other).square, other, output, false);
    flow.disturb(input, flow.moved(product(flow.sensitivity(output), gate), output, input, true));
  }
}

// Channels side by side; nothing where the axis is another one than theirs.
std::vector<std::size_t> places_of_parts(const Flow& flow, const Site& site) {
  std::vector<std::size_t> first = {0};
  for (std::size_t slot = 0; slot < site.input_count(); ++slot)
    first.push_back(first.back() + (site.has(slot) ? flow.count(site.input(slot)) : 0));
  const auto axis = site.output_shape().axis(site.integer("axis", 1));
  const TensorId output = site.output();
  const bool along = axis && site.channels().has(output) &&
                     site.channels().axes(output) == AxisMask::single(static_cast<std::size_t>(*axis));
  if (!along || first.back() != flow.count(output)) return {};
  return first;
}

void joined(Flow& flow, const Site& site) {
  const std::vector<std::size_t> first = places_of_parts(flow, site);
  if (first.empty()) return copied(flow, site);
  ChannelValues all;
  for (std::size_t slot = 0; slot < site.input_count(); ++slot) {
    if (!site.has(slot)) continue;
    const ChannelValues& part = flow.values(site.input(slot));
    for (const auto side : kSides) (all.*side).insert((all.*side).end(), (part.*side).begin(), (part.*side).end());
  }
  flow.estimate(site.output(), std::move(all));
}

void joined_back(Flow& flow, const Site& site) {
  const std::vector<std::size_t> first = places_of_parts(flow, site);
  if (first.empty()) return copied_back(flow, site);
  const std::vector<double>& all = flow.sensitivity(site.output());
  for (std::size_t slot = 0; slot < site.input_count(); ++slot)
    if (site.is_activation(slot))
      flow.disturb(site.input(slot), std::span(all).subspan(first[slot], first[slot + 1] - first[slot]));
}

// --- weights

bool has_bias(const Site& site, std::size_t channels) {
  const std::uint32_t slot = bias_slot(site);
  if (slot == graph::kNone || !site.is_constant(slot) || !site.channels().has(site.output())) return false;
  const auto count = site.shape(slot).count();
  return site.channels().count(site.output()) == channels &&
         (count == 1 || count == static_cast<std::int64_t>(channels));
}

void shift(ChannelValues& values, const std::vector<double>& by) {
  for (std::size_t i = 0; i < by.size(); ++i) {
    values.square[i] += by[i] * by[i];
    values.high[i] = std::max(0.0, values.high[i] + by[i]);
    values.low[i] = std::max(0.0, values.low[i] - by[i]);
  }
}

void linear(Flow& flow, const Site& site) {
  const auto& table = flow.table(site.id());
  if (!table) return copied(flow, site);
  const std::size_t ins = table->ins * table->groups();
  const std::vector<double> from = over(flow.values(site.input(table->activation)).square, ins, false);
  std::vector<double> square(table->outs, 0.0);
  for (std::size_t row = 0; row < table->outs; ++row) {
    for (std::size_t column = 0; column < table->ins; ++column)
      square[row] += table->square(row, column) * from[table->first_in(row) + column];
    square[row] *= table->unit * table->unit;
  }
  ChannelValues values = spread_around_zero(over(square, flow.count(site.output()), false));
  if (has_bias(site, values.square.size())) shift(values, bias_of(site, flow.plan()));
  flow.estimate(site.output(), std::move(values));
}

// Noise that comes in is summed up with the squares of the weights; of the whole as much comes out, relative to the
// values, as went in.
void linear_back(Flow& flow, const Site& site) {
  const auto& table = flow.table(site.id());
  if (!table) return relative_back(flow, site);
  const TensorId input = site.input(table->activation), output = site.output();
  const std::size_t ins = table->ins * table->groups();
  const std::vector<double> g = over(flow.sensitivity(output), table->outs, true),
                            v_out = over(flow.values(output).variance, table->outs, false),
                            v_in = over(flow.values(input).variance, ins, false);
  std::vector<double> read(ins, 0.0);
  double whole = 0, carried = 0;
  for (std::size_t row = 0; row < table->outs; ++row) {
    whole += g[row] * v_out[row];
    table->add_squares(row, g[row], read.data() + table->first_in(row));
  }
  for (std::size_t i = 0; i < ins; ++i) carried += read[i] * v_in[i];
  flow.disturb(input, over(times(std::move(read), carried > 0 ? whole / carried : 0), flow.count(input), true));
}

// The squares of the factors of an operator with constants along its channels, as the plan has them.
std::vector<double> affine_factors(const Flow& flow, const Site& site) {
  const TensorId input = activations(site)[0], output = site.output();
  const std::size_t count = flow.count(output);
  const auto axis = site.channels().has(output) ? site.channels().axes(output).only() : std::nullopt;
  const auto known = axis ? channel_affine(site, count, site.output_shape().rank() - *axis) : std::nullopt;
  std::vector<double> squares(count, 1.0);
  const auto v_in = flow.moved(flow.values(input).variance, input, output, false);
  const auto* in = flow.plan().scale_of(input);
  const auto* out = flow.plan().scale_of(output);
  for (std::size_t i = 0; i < count; ++i) {
    if (known)
      squares[i] = std::pow(known->factor[i] * (out ? (*out)[i] : 1) / (in && in->size() == count ? (*in)[i] : 1), 2);
    else if (flow.values(output).measured && v_in[i] > 0)
      squares[i] = flow.values(output).variance[i] / v_in[i];
  }
  return squares;
}

void affine(Flow& flow, const Site& site) {
  const std::vector<TensorId> inputs = activations(site);
  if (inputs.empty()) return;
  const TensorId output = site.output();
  if (flow.values(output).measured) return;
  ChannelValues values = moved(flow, inputs[0], output);
  const std::vector<double> factors = affine_factors(flow, site);
  for (std::size_t i = 0; i < factors.size(); ++i) {
    values.square[i] *= factors[i], values.variance[i] *= factors[i];
    values.high[i] *= std::sqrt(factors[i]), values.low[i] *= std::sqrt(factors[i]);
  }
  flow.estimate(output, std::move(values));
}

void affine_back(Flow& flow, const Site& site) {
  const std::vector<TensorId> inputs = activations(site);
  if (inputs.empty()) return;
  const TensorId output = site.output();
  flow.disturb(inputs[0],
               flow.moved(product(affine_factors(flow, site), flow.sensitivity(output)), output, inputs[0], true));
}

// Divides by the deviation over its channels.
void normalized_back(Flow& flow, const Site& site) {
  const TensorId input = site.input(0), output = site.output();
  const std::vector<double>& v_in = flow.values(input).variance;
  const double mean = sum(v_in) / static_cast<double>(v_in.size());
  const std::vector<double> g = product(flow.sensitivity(output), flow.values(output).variance);
  flow.disturb(input, times(flow.moved(g, output, input, true), mean > 0 ? 1 / mean : 0));
}

void normal(Flow& flow, const Site& site) {
  const TensorId output = site.output();
  flow.estimate(output, spread_around_zero(std::vector<double>(flow.count(output), 1.0)));
}

// --- what nobody knows: as much noise comes out, relative to the values, as went in

void relative_back(Flow& flow, const Site& site) {
  for (const TensorId output : site.op().outputs) {
    if (output == kNone || flow.sensitivity(output).empty()) continue;
    const std::vector<double> noise = product(flow.sensitivity(output), flow.values(output).variance);
    for (const TensorId input : activations(site)) {
      const std::vector<double>& v_in = flow.values(input).variance;
      std::vector<double> back(v_in.size(), 0.0);
      const double all = sum(noise), power = sum(v_in);
      for (std::size_t i = 0; i < back.size(); ++i)
        back[i] = noise.size() == back.size() ? noise[i] / std::max(v_in[i], kTiny) : power > 0 ? all / power : 0;
      flow.disturb(input, back);
    }
  }
}

// --- what comes out rectified

bool always(const Flow&, const Site&) { return true; }
bool never(const Flow&, const Site&) { return false; }

bool as_inputs(const Flow& flow, const Site& site) {
  const std::vector<TensorId> inputs = activations(site);
  return !inputs.empty() &&
         std::all_of(inputs.begin(), inputs.end(), [&](TensorId each) { return flow.rectified(each); });
}

// x times a gate of it, or what is rectified times a gate of something else.
bool as_product(const Flow& flow, const Site& site) {
  const std::vector<TensorId> inputs = activations(site);
  if (inputs.size() != 2) return as_inputs(flow, site);
  return is_gate_of(site, inputs[0], inputs[1]) || is_gate_of(site, inputs[1], inputs[0]) ||
         flow.rectified(inputs[0]) || flow.rectified(inputs[1]);
}

// Operators whose law says less than is known of them.
constexpr std::array kOperators = {
    FlowRule{"AveragePool", copied, averaged_back, never},
    FlowRule{"Clip", rectified, rectified_back, always},
    FlowRule{"Elu", rectified_below, rectified_back, always},
    FlowRule{"Gelu", rectified_smooth, smooth_back, always},
    FlowRule{"GlobalAveragePool", copied, averaged_back, never},
    FlowRule{"HardSigmoid", squashed, sigmoid_back, never},
    FlowRule{"HardSwish", rectified_smooth, smooth_back, always},
    FlowRule{"LeakyRelu", rectified_leaky, leaky_back, always},
    FlowRule{"Mish", rectified_smooth, smooth_back, always},
    FlowRule{"PRelu", rectified_learnt, learnt_back, always},
    FlowRule{"ReduceMean", copied, averaged_back, never},
    FlowRule{"Relu", rectified, rectified_back, always},
    FlowRule{"Sigmoid", squashed, sigmoid_back, never},
    FlowRule{"Swish", rectified_smooth, smooth_back, always},
    FlowRule{"Tanh", squashed_around_zero, tanh_back, never},
};
static_assert(std::is_sorted(kOperators.begin(), kOperators.end(),
                             [](const FlowRule& a, const FlowRule& b) { return a.name < b.name; }));

constexpr std::array kLaws = {
    FlowRule{"linear", linear, linear_back, never},
    FlowRule{"affine", affine, affine_back, as_inputs},
    FlowRule{"pass", copied, copied_back, as_inputs},
    FlowRule{"bounded", rectified, rectified_back, always},
    FlowRule{"join", summed, copied_back, as_inputs},
    FlowRule{"concat", joined, joined_back, as_inputs},
    FlowRule{"split", copied, copied_back, as_inputs},
    FlowRule{"slice", copied, copied_back, as_inputs},
    FlowRule{"gather", copied, copied_back, as_inputs},
    FlowRule{"view", copied, copied_back, as_inputs},
    FlowRule{"product", multiplied, multiplied_back, as_product},
    FlowRule{"contract", copied, relative_back, never},
    FlowRule{"normalize", normal, normalized_back, never},
};
constexpr FlowRule kUnknown = {"", copied, relative_back, never};

}  // namespace

const FlowRule& unknown_flow_rule() { return kUnknown; }

const FlowRule& flow_rule(const Analysis& analysis, OperatorId op) {
  const std::string_view name = analysis.network->type_of(op);
  const auto found = std::lower_bound(kOperators.begin(), kOperators.end(), name,
                                      [](const FlowRule& row, std::string_view wanted) { return row.name < wanted; });
  if (found != kOperators.end() && found->name == name) return *found;
  // Also where its law does not hold, or nobody may scale it.
  const std::string_view law = analysis.site(op).form().linear ? kLaws[0].name : analysis.law(op).name;
  for (const FlowRule& row : kLaws)
    if (row.name == law) return row;
  return kUnknown;
}

}  // namespace rw::runtime
