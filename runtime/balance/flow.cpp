#include "runtime/balance/flow.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "graph/base/parallel.hpp"
#include "runtime/plan/planned_ranges.hpp"
#include "runtime/weights/constant_bytes.hpp"

namespace rw::runtime {
namespace {

// A range as that of a few standard deviations, where nothing else was measured: a rectified channel is 0 half of the
// time and reaches four times its root mean square; another one is seven deviations wide.
constexpr double kRectifiedReach = 4, kWidth = 7, kReach = kWidth / 2;
// A channel varies by this part of its power at least.
constexpr double kLeastVariance = 1e-4;

double clamped(double value, double low, double high) { return std::min(std::max(value, low), high); }

void add_measured(ChannelValues& values, double min, double max, bool rectified, const double* mean,
                  const double* square) {
  constexpr double kFarBelow = 0.25;  // of the other end: a curve that leaves this much below 0 is not rectifying
  const double high = std::max(0.0, max), low = std::max(0.0, -min), most = std::max(high, low);
  double m = 0, center = 0, positive = 0;
  if (rectified && low <= kFarBelow * high) {
    m = (most / kRectifiedReach) * (most / kRectifiedReach);
    center = most / (2 * kRectifiedReach);
    positive = 0.5;
  } else {
    center = (max + min) / 2;
    m = std::pow((max - min) / kWidth, 2) + center * center;
    positive = max > min ? clamped(max / (max - min), 0, 1) : max > 0 ? 1 : 0;
  }
  if (mean && square) m = *square, center = *mean;
  values.high.push_back(high);
  values.low.push_back(low);
  values.square.push_back(m);
  values.variance.push_back(std::max(m - center * center, kLeastVariance * m));
  values.positive.push_back(positive);
}

// E[x] and E[x^2] through the plan, whose shifts are in units of before its scales.
std::vector<double> planned_means(std::span<const double> means, const Plan& plan, TensorId tensor) {
  std::vector<double> result(means.begin(), means.end());
  if (const auto* shift = plan.shift_of(tensor))
    for (std::size_t i = 0; i < result.size(); ++i) result[i] -= (*shift)[i];
  if (const auto* scale = plan.scale_of(tensor))
    for (std::size_t i = 0; i < result.size(); ++i) result[i] *= (*scale)[i];
  return result;
}

std::vector<double> planned_squares(const graph::Statistic& entry, const Plan& plan, TensorId tensor) {
  std::vector<double> result(entry.mean_square.begin(), entry.mean_square.end());
  if (const auto* shift = plan.shift_of(tensor))
    for (std::size_t i = 0; i < result.size(); ++i)
      result[i] = std::max(0.0, result[i] - 2 * (*shift)[i] * entry.mean[i] + (*shift)[i] * (*shift)[i]);
  if (const auto* scale = plan.scale_of(tensor))
    for (std::size_t i = 0; i < result.size(); ++i) result[i] *= (*scale)[i] * (*scale)[i];
  return result;
}

bool finite(const ChannelValues& values) {
  return std::all_of(values.variance.begin(), values.variance.end(), [](double each) { return std::isfinite(each); });
}

}  // namespace

ChannelValues spread_around_zero(std::vector<double> square) {
  ChannelValues values;
  for (const double each : square) values.high.push_back(kReach * std::sqrt(each));
  values.low = values.high;
  values.positive.assign(square.size(), 0.5);
  values.variance = square;
  values.square = std::move(square);
  return values;
}

Flow::Flow(const Analysis& analysis, const Regions& regions, const graph::Statistics& statistics, const Plan& plan)
    : analysis_(analysis),
      regions_(regions),
      plan_(plan),
      tables_(analysis.operators.size()),
      rectified_(analysis.network->tensors().size(), false),
      values_(analysis.network->tensors().size()),
      sensitivity_(values_.size()) {
  for (TensorId tensor = 0; tensor < values_.size(); ++tensor)
    count_.push_back(analysis.channels.has(tensor) ? std::max<std::size_t>(1, analysis.channels.count(tensor)) : 1);
  constexpr std::size_t kWorthThreads = std::size_t{1} << 20U;  // bytes of constants
  graph::parallel_for_if(constant_bytes(*analysis.network) >= kWorthThreads, tables_.size(), [&](std::size_t i) {
    const auto op = static_cast<OperatorId>(i);
    if (!analysis.network->removed(op)) tables_[i] = weight_table(analysis.site(op), plan);
  });
  find_rectified();
  read(statistics);
  forwards();
  backwards();
}

void Flow::read(const graph::Statistics& statistics) {
  for (const graph::Statistic& entry : statistics.entries()) {
    const TensorId tensor = entry.tensor;
    const PlannedRanges ranges = planned_ranges(statistics, plan_, tensor);
    if (ranges.min.size() != count_[tensor] || ranges.max.size() != count_[tensor]) continue;
    std::vector<double> means, squares;
    if (entry.mean.size() == count_[tensor] && entry.mean_square.size() == count_[tensor]) {
      means = planned_means(entry.mean, plan_, tensor);
      squares = planned_squares(entry, plan_, tensor);
    }
    ChannelValues values;
    for (std::size_t i = 0; i < ranges.min.size(); ++i)
      add_measured(values, ranges.min[i], ranges.max[i], rectified(tensor), means.empty() ? nullptr : &means[i],
                   squares.empty() ? nullptr : &squares[i]);
    if (!finite(values)) continue;
    values.measured = true;
    values_[tensor] = std::move(values);
    any_measured_ = true;
  }
}

std::vector<std::uint32_t> Flow::classes(TensorId tensor, std::size_t count) const {
  const auto region = regions_.region_of(tensor);
  if (!region || regions_.classes(tensor).size() != count) return std::vector<std::uint32_t>(count, kNone);
  std::vector<std::uint32_t> classes;
  for (const std::uint32_t each : regions_.classes(tensor)) classes.push_back(regions_[*region].first_class + each);
  return classes;
}

std::vector<double> Flow::moved(std::span<const double> from, TensorId source, TensorId target, bool sums) const {
  const std::size_t sources = count_[source], targets = count_[target];
  if (sources == 1 && targets == 1) return {from.begin(), from.end()};
  const auto a = regions_.region_of(source), b = regions_.region_of(target);
  const bool related =
      a && a == b && regions_.classes(source).size() == sources && regions_.classes(target).size() == targets;
  if (sources == targets && (!related || std::equal(regions_.classes(source).begin(), regions_.classes(source).end(),
                                                    regions_.classes(target).begin())))
    return {from.begin(), from.end()};
  if (!related) {
    const double total = std::accumulate(from.begin(), from.end(), 0.0);
    return std::vector<double>(targets, total / static_cast<double>(sums ? targets : sources));
  }
  struct Class {
    double total = 0, sources = 0, targets = 0;
  };
  std::unordered_map<std::uint32_t, Class> classes;
  for (std::size_t i = 0; i < sources; ++i) {
    Class& each = classes[regions_.classes(source)[i]];
    each.total += from[i];
    ++each.sources;
  }
  for (const std::uint32_t each : regions_.classes(target)) ++classes[each].targets;
  std::vector<double> result;
  for (const std::uint32_t each : regions_.classes(target)) {
    const Class& found = classes[each];
    const double among = sums ? found.targets : found.sources;
    result.push_back(among > 0 ? found.total / among : 0);
  }
  return result;
}

void Flow::estimate(TensorId tensor, ChannelValues values) {
  if (values_[tensor].measured) return;
  for (std::size_t i = 0; i < values.square.size(); ++i) {
    // Far beyond what a network computes: the product of very many estimates, or of a constant that is no number.
    constexpr double kMost = 1e60;
    double &square = values.square[i], &variance = values.variance[i];
    square = std::isfinite(square) ? clamped(square, 0, kMost) : 1;
    variance = std::isfinite(variance) ? clamped(variance, kLeastVariance * square, kMost) : square;
    for (double* const end : {&values.high[i], &values.low[i]})
      *end = std::isfinite(*end) ? clamped(*end, 0, std::sqrt(kMost)) : kReach;
  }
  values_[tensor] = std::move(values);
}

void Flow::disturb(TensorId tensor, std::span<const double> sensitivity) {
  std::vector<double>& sums = sensitivity_[tensor];
  sums.resize(count_[tensor], 0.0);
  for (std::size_t i = 0; i < sums.size(); ++i)
    if (std::isfinite(sensitivity[i])) sums[i] += sensitivity[i];
}

// Operators without a first input or output, or of which only further outputs are read, are nobody's that a row knows.
bool Flow::as_usual(const Site& site) const { return site.has(0) && site.output() != kNone; }

void Flow::find_rectified() {
  for (const OperatorId op : analysis_.network->order())
    if (const Site site = analysis_.site(op); as_usual(site) && flow_rule(analysis_, op).rectifies(*this, site))
      for (const TensorId output : site.op().outputs)
        if (output != kNone) rectified_[output] = true;
}

void Flow::forwards() {
  for (TensorId tensor = 0; tensor < values_.size(); ++tensor)
    estimate(tensor, spread_around_zero(std::vector<double>(count_[tensor], 1.0)));
  for (const OperatorId op : analysis_.network->order())
    if (const Site site = analysis_.site(op); as_usual(site) && !values_[site.output()].measured)
      flow_rule(analysis_, op).forwards(*this, site);
}

void Flow::backwards() {
  for (const TensorId output : analysis_.network->outputs()) {
    const std::vector<double>& square = values_[output].square;
    const double power = std::accumulate(square.begin(), square.end(), 0.0);
    if (power > 0) disturb(output, std::vector<double>(square.size(), 1 / power));
  }
  const auto order = analysis_.network->order();
  for (auto op = order.rbegin(); op != order.rend(); ++op) {
    if (analysis_.network->removed(*op)) continue;
    const auto& outputs = analysis_.network->op(*op).outputs;
    if (std::none_of(outputs.begin(), outputs.end(),
                     [&](TensorId each) { return each != kNone && !sensitivity_[each].empty(); }))
      continue;
    const Site site = analysis_.site(*op);
    const bool usual = as_usual(site) && !sensitivity_[site.output()].empty();
    (usual ? flow_rule(analysis_, *op) : unknown_flow_rule()).backwards(*this, site);
  }
}

}  // namespace rw::runtime
