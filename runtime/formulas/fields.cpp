#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <set>

#include "graph/base/parallel.hpp"
#include "runtime/formulas/depths.hpp"
#include "runtime/formulas/field.hpp"
#include "runtime/plan/planned_ranges.hpp"
#include "runtime/weights/bias.hpp"
#include "runtime/weights/constant_bytes.hpp"
#include "runtime/weights/edited.hpp"

namespace rw::runtime {
namespace {

using dsl::FieldAbout;
using dsl::Kind;

constexpr unsigned role(dsl::Role role) { return 1U << static_cast<unsigned>(role); }
constexpr unsigned kParents = role(dsl::Role::parents), kChildren = role(dsl::Role::children),
                   kRegion = role(dsl::Role::region);
constexpr unsigned kJoins = role(dsl::Role::join);
constexpr unsigned kNodes = kParents | kChildren | kJoins;

void append(std::vector<double>& numbers, const std::vector<double>& more) {
  numbers.insert(numbers.end(), more.begin(), more.end());
}

// --- of nodes

// visit(site, family, node) for every node of the set.
template <typename Visit>
void each_node(const FieldCall& call, Visit visit) {
  const Family& family = call.view.family(call.expr.family);
  for (std::size_t node = 0; node < family.nodes.size(); ++node)
    visit(call.view.analysis().site(family.nodes[node]), family, node);
}

// The numbers of every node of the set, of(site, family, node), one after the other. Where much is read, threads share
// the nodes.
template <typename Of>
void gather(const FieldCall& call, FormulaValue& result, Of of) {
  constexpr std::size_t kWorthThreads = std::size_t{1} << 20U;  // bytes of constants
  const Family& family = call.view.family(call.expr.family);
  const Analysis& analysis = call.view.analysis();
  std::size_t bytes = 0;
  for (const OperatorId op : family.nodes) bytes += constant_bytes(*analysis.network, op);
  std::vector<std::vector<double>> numbers(family.nodes.size());
  graph::parallel_for_if(bytes >= kWorthThreads, numbers.size(), [&](std::size_t node) {
    numbers[node] = of(analysis.site(family.nodes[node]), family, node);
  });
  for (const std::vector<double>& each : numbers) append(result.numbers, each);
}

void name(const FieldCall& call, FormulaValue& result) {
  each_node(call, [&](const Site& site, const Family&, std::size_t) { result.texts.emplace_back(site.op().name); });
}

void op(const FieldCall& call, FormulaValue& result) {
  each_node(call, [&](const Site& site, const Family&, std::size_t) {
    result.texts.emplace_back(site.network().type_of(site.id()));
  });
}

void channels(const FieldCall& call, FormulaValue& result) {
  each_node(call, [&](const Site& site, const Family& family, std::size_t node) {
    const TensorId tensor = family.tensors[node];
    result.numbers.push_back(tensor == kNone ? 0 : site.channels().count(tensor));
  });
}

// Whether one of the tensors is an input (or an output) of the network.
bool is_boundary(const Site& site, std::span<const TensorId> tensors, bool graph::Tensor::*which) {
  return std::any_of(tensors.begin(), tensors.end(),
                     [&](TensorId tensor) { return tensor != kNone && site.network().tensor(tensor).*which; });
}

void reads_input(const FieldCall& call, FormulaValue& result) {
  each_node(call, [&](const Site& site, const Family&, std::size_t) {
    result.numbers.push_back(is_boundary(site, site.op().inputs, &graph::Tensor::is_input) ? 1 : 0);
  });
}

void makes_output(const FieldCall& call, FormulaValue& result) {
  each_node(call, [&](const Site& site, const Family&, std::size_t) {
    result.numbers.push_back(is_boundary(site, site.op().outputs, &graph::Tensor::is_output) ? 1 : 0);
  });
}

void depth(const FieldCall& call, FormulaValue& result) {
  const Analysis& analysis = call.view.analysis();
  std::call_once(analysis.depths->found, [&] { analysis.depths->by_operator = depths_of(*analysis.network); });
  each_node(call, [&](const Site& site, const Family&, std::size_t) {
    result.numbers.push_back(analysis.depths->by_operator[site.id()]);
  });
}

// visit(tensor) for the tensor of every node whose channels are looked at; null: there is none.
template <typename Visit>
void each_tensor(const FieldCall& call, Visit visit) {
  each_node(call, [&](const Site& site, const Family& family, std::size_t node) {
    const TensorId tensor = family.tensors[node];
    visit(site, tensor == kNone ? nullptr : &site.network().tensor(tensor));
  });
}

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kNoShape = "a shape is not known";

bool has_shape(const graph::Tensor* tensor) { return tensor && tensor->shape.known() && !tensor->shape.any_front(); }

std::string whose(const Site& site) { return fmt::format("that of '{}'", site.op().name); }

void shape(const FieldCall& call, FormulaValue& result) {
  each_tensor(call, [&](const Site& site, const graph::Tensor* tensor) {
    std::vector<double>& list = result.lists.emplace_back();
    if (has_shape(tensor))
      for (const std::int64_t dim : tensor->shape.dims()) list.push_back(dim < 0 ? kUnknown : static_cast<double>(dim));
    else if (result.missing.empty())
      result.missing = {kNoShape, whose(site)};
  });
}

void rank(const FieldCall& call, FormulaValue& result) {
  each_tensor(call, [&](const Site& site, const graph::Tensor* tensor) {
    result.numbers.push_back(has_shape(tensor) ? tensor->shape.rank() : kUnknown);
    if (!has_shape(tensor) && result.missing.empty()) result.missing = {kNoShape, whose(site)};
  });
}

void dtype(const FieldCall& call, FormulaValue& result) {
  each_tensor(call, [&](const Site&, const graph::Tensor* tensor) {
    result.texts.emplace_back(tensor ? graph::name(tensor->dtype) : std::string_view());
  });
}

// How many operators a region has: parents, children and those inside.
void size(const FieldCall& call, FormulaValue& result) {
  const Region& region = call.view.region();
  std::set<OperatorId> all(region.parents.begin(), region.parents.end());
  all.insert(region.children.begin(), region.children.end());
  all.insert(region.inner.begin(), region.inner.end());
  result.numbers.push_back(static_cast<double>(all.size()));
}

// --- statistics

constexpr std::string_view kNoStatistics = "statistics are missing";

std::string why_none(const FieldCall& call, TensorId tensor) {
  return fmt::format("'{}' has {}", call.view.analysis().network->tensor(tensor).name,
                     call.view.statistics().find(tensor) ? "numbers that are not finite" : "none");
}

// Of one tensor, through the plan: one number for each of its channels.
std::vector<double> range_of(const FieldCall& call, TensorId tensor, bool largest, std::size_t channels,
                             Missing& missing) {
  PlannedRanges ranges = planned_ranges(call.view.statistics(), call.plan, tensor);
  std::vector<double>& values = largest ? ranges.max : ranges.min;
  if (values.empty()) {
    if (missing.empty()) missing = {kNoStatistics, why_none(call, tensor)};
    return std::vector<double>(channels, std::numeric_limits<double>::quiet_NaN());
  }
  return std::move(values);
}

template <bool largest>
void range(const FieldCall& call, FormulaValue& result) {
  each_node(call, [&](const Site&, const Family& family, std::size_t node) {
    const TensorId tensor = observed(call.view.analysis(), call.view.regions(), family.tensors[node]);
    append(result.numbers, range_of(call, tensor, largest, family.channels(node), result.missing));
  });
}

// "p99.9" of 99.9; what no value is below and above is called otherwise.
std::string key_of(const FormulaValue& key) {
  if (key.type.kind == Kind::text) return key.texts[0];
  const double percent = key.numbers[0];
  return percent <= 0 ? "min" : percent >= 100 ? "max" : fmt::format("p{:.10g}", percent);
}

void statistic_of(const FieldCall& call, const std::string& key, FormulaValue& result) {
  each_node(call, [&](const Site&, const Family& family, std::size_t node) {
    const TensorId tensor = observed(call.view.analysis(), call.view.regions(), family.tensors[node]);
    std::vector<double> values = planned_statistic(call.view.statistics(), call.plan, tensor, key);
    if (values.size() != family.channels(node)) {
      values.assign(family.channels(node), kUnknown);
      const bool some = call.view.statistics().find_finite(tensor) != nullptr;
      if (result.missing.empty())
        result.missing = {kNoStatistics,
                          some ? fmt::format("'{}' has no {}", call.view.analysis().network->tensor(tensor).name, key)
                               : why_none(call, tensor)};
    }
    append(result.numbers, values);
  });
}

void mean(const FieldCall& call, FormulaValue& result) { statistic_of(call, "mean", result); }
void mean_square(const FieldCall& call, FormulaValue& result) { statistic_of(call, "mean_square", result); }
void stat(const FieldCall& call, FormulaValue& result) { statistic_of(call, key_of(*call.key), result); }

template <bool largest>
void region_range(const FieldCall& call, FormulaValue& result) {
  const BoundRegion& view = call.view;
  result.numbers.assign(view.region().classes, largest ? -INFINITY : INFINITY);
  for (const TensorId tensor : view.region().tensors) {
    if (!view.statistics().find_finite(tensor)) continue;
    const auto classes = view.regions().classes(tensor);
    const auto range = range_of(call, tensor, largest, classes.size(), result.missing);
    for (std::size_t i = 0; i < classes.size(); ++i) {
      double& number = result.numbers[classes[i]];
      number = largest ? std::max(number, range[i]) : std::min(number, range[i]);
    }
  }
  for (const double number : result.numbers)
    if (std::isinf(number) && result.missing.empty())
      result.missing = {kNoStatistics, "no tensor of the region has any for some of its channels"};
}

// --- constants

Handle::Side side_of(const Family& family) {
  return family.role == dsl::Role::children ? Handle::Side::in : Handle::Side::out;
}

std::vector<double> magnitudes_of(const FieldCall& call, const Site& site, const Handle& handle, std::size_t channels) {
  const Edit* edit = call.plan.edit(site.id(), handle.slot);
  const Law& law = call.view.analysis().law(site.id());
  if (const PairMaxima* table = call.maxima ? call.maxima->find(site.id(), law, site) : nullptr)
    if (auto found = table->magnitudes(handle.axes, edit)) return *std::move(found);
  return magnitudes(site.tensor(handle.slot), handle, edit, channels);
}

std::vector<double> weight_of(const FieldCall& call, const Site& site, const Family& family, std::size_t node) {
  const Handle::Side side = side_of(family);
  const auto handle = find_handle(call.view.analysis().law(site.id()), site, side, Handle::Read::weight);
  if (!handle) return std::vector<double>(family.channels(node), 0.0);
  std::vector<double> found = magnitudes_of(call, site, *handle, family.channels(node) / handle->run);
  // What shrinks as the operator's output grows is divided by: the factor is its reciprocal.
  const bool divides = handle->inverse == (side == Handle::Side::out);
  if (handle->run == 1 && !divides) return found;
  std::vector<double> numbers;
  for (const double each : found) numbers.insert(numbers.end(), handle->run, divides ? 1 / each : each);
  return numbers;
}

void weight(const FieldCall& call, FormulaValue& result) {
  gather(call, result,
         [&](const Site& site, const Family& family, std::size_t node) { return weight_of(call, site, family, node); });
}

// Of the magnitudes of the weights of each channel: their mean, or the root of the mean of their squares.
template <bool squares>
std::vector<double> average_of(const FieldCall& call, const Site& site, const Family& family, std::size_t node) {
  const Handle::Side side = side_of(family);
  const auto handle = find_handle(call.view.analysis().law(site.id()), site, side, Handle::Read::weight);
  if (!handle) return std::vector<double>(family.channels(node), 0.0);
  const bool divides = handle->inverse == (side == Handle::Side::out);
  const std::size_t channels = family.channels(node) / handle->run;
  std::vector<double> sums(channels, 0.0), counts(channels, 0.0), numbers;
  for_each_element(site.tensor(handle->slot), *handle, call.plan.edit(site.id(), handle->slot),
                   [&](double value, double factor, std::size_t channel) {
                     const double weight = std::fabs(value * factor), each = divides ? 1 / weight : weight;
                     sums[channel] += squares ? each * each : each;
                     ++counts[channel];
                   });
  for (std::size_t i = 0; i < channels; ++i) {
    const double average = counts[i] > 0 ? sums[i] / counts[i] : 0;
    numbers.insert(numbers.end(), handle->run, squares ? std::sqrt(average) : average);
  }
  return numbers;
}

template <bool squares>
void weight_average(const FieldCall& call, FormulaValue& result) {
  gather(call, result, [&](const Site& site, const Family& family, std::size_t node) {
    return average_of<squares>(call, site, family, node);
  });
}

std::vector<double> bias_of_node(const FieldCall& call, const Site& site, const Family& family, std::size_t node) {
  if (call.plan.added_bias(site.id())) return bias_of(site, call.plan);
  std::vector<double> bias(family.channels(node), 0.0);
  const auto handle = find_handle(call.view.analysis().law(site.id()), site, side_of(family), Handle::Read::bias);
  if (!handle) return bias;
  for_each_element(site.tensor(handle->slot), *handle, call.plan.edit(site.id(), handle->slot),
                   [&](double value, double factor, std::size_t channel) {
                     std::fill_n(bias.begin() + static_cast<std::ptrdiff_t>(channel * handle->run), handle->run,
                                 value * factor);
                   });
  return bias;
}

void bias(const FieldCall& call, FormulaValue& result) {
  each_node(call, [&](const Site& site, const Family& family, std::size_t node) {
    append(result.numbers, bias_of_node(call, site, family, node));
  });
}

constexpr std::array kFields = {
    Field{.name = "min",
          .help = "smallest calibrated value of each output channel",
          .roles = kParents | kJoins,
          .measured = true,
          .read = range<false>},
    Field{.name = "max",
          .help = "largest calibrated value of each output channel",
          .roles = kParents | kJoins,
          .measured = true,
          .read = range<true>},
    Field{.name = "weight",
          .help = "largest magnitude of the weights of each channel",
          .roles = kParents | kChildren,
          .reads_constants = true,
          .read = weight},
    Field{.name = "weight_mean",
          .help = "mean magnitude of the weights of each channel",
          .roles = kParents | kChildren,
          .reads_constants = true,
          .read = weight_average<false>},
    Field{.name = "weight_rms",
          .help = "root of the mean square of the weights of each channel",
          .roles = kParents | kChildren,
          .reads_constants = true,
          .read = weight_average<true>},
    Field{.name = "mean",
          .help = "calibrated mean of each output channel",
          .roles = kParents | kJoins,
          .measured = true,
          .read = mean},
    Field{.name = "mean_square",
          .help = "calibrated mean of the squares of each output channel",
          .roles = kParents | kJoins,
          .measured = true,
          .read = mean_square},
    Field{.name = "stat",
          .help = "another statistic of each output channel by its name: p.stat(\"p99.9\")",
          .roles = kParents | kJoins,
          .measured = true,
          .takes_key = true,
          .read = stat},
    Field{.name = "bias",
          .help = "bias of each output channel",
          .roles = kParents,
          .reads_constants = true,
          .read = bias},
    Field{.name = "name",
          .help = "name of the node",
          .roles = kNodes,
          .kind = Kind::text,
          .about = FieldAbout::node,
          .read = name},
    Field{.name = "op",
          .help = "its operator",
          .roles = kNodes,
          .kind = Kind::text,
          .about = FieldAbout::node,
          .read = op},
    Field{.name = "reads_input",
          .help = "whether it reads an input of the network",
          .roles = kNodes,
          .kind = Kind::condition,
          .about = FieldAbout::node,
          .read = reads_input},
    Field{.name = "makes_output",
          .help = "whether it makes an output of the network",
          .roles = kNodes,
          .kind = Kind::condition,
          .about = FieldAbout::node,
          .read = makes_output},
    Field{.name = "depth",
          .help = "how many operators stand between it and the nearest input of the network",
          .roles = kNodes,
          .about = FieldAbout::node,
          .read = depth},
    Field{.name = "shape",
          .help = "shape of its output, or of the input at which a child absorbs: a list",
          .roles = kNodes,
          .kind = Kind::list,
          .about = FieldAbout::node,
          .read = shape},
    Field{.name = "rank",
          .help = "number of axes of that tensor",
          .roles = kNodes,
          .about = FieldAbout::node,
          .read = rank},
    Field{.name = "dtype",
          .help = "element type of that tensor: \"float16\"",
          .roles = kNodes,
          .kind = Kind::text,
          .about = FieldAbout::node,
          .read = dtype},
    Field{.name = "size",
          .help = "how many operators a region has",
          .roles = kRegion,
          .about = FieldAbout::region,
          .read = size},
    Field{.name = "channels",
          .help = "how many channels its output has",
          .roles = kNodes,
          .about = FieldAbout::node,
          .read = channels},
    Field{.name = "min",
          .help = "smallest calibrated value of each class",
          .roles = kRegion,
          .about = FieldAbout::region_class,
          .measured = true,
          .read = region_range<false>},
    Field{.name = "max",
          .help = "largest calibrated value of each class",
          .roles = kRegion,
          .about = FieldAbout::region_class,
          .measured = true,
          .read = region_range<true>},
};

}  // namespace

std::span<const Field> fields() { return kFields; }

}  // namespace rw::runtime
