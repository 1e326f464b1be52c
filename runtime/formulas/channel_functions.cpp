// Functions that gather the channels of nodes.
#include <algorithm>
#include <array>

#include "runtime/formulas/function.hpp"

namespace rw::runtime {
namespace {

double sum_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

double mean_of(std::span<const double> values) {
  return values.empty() ? 0 : sum_of(values) / static_cast<double>(values.size());
}

template <double (*pick)(double, double)>
double pick_of(std::span<const double> values) {
  double found = values.empty() ? 0 : values[0];
  for (const double value : values) found = pick(found, value);
  return found;
}

constexpr std::array kReductions = {
    Reduction{"max", pick_of<larger>},
    Reduction{"min", pick_of<smaller>},
    Reduction{"mean", mean_of},
};

template <double (*reduce)(std::span<const double>)>
std::vector<double> node_by_node(const FunctionCall& call) {
  const FormulaValue& values = *call.arguments[0];
  const Family& family = call.evaluator.view().family(values.type.family);
  std::vector<double> numbers;
  for (std::size_t node = 0; node < family.nodes.size(); ++node)
    numbers.push_back(reduce(std::span(values.numbers).subspan(family.first[node], family.channels(node))));
  return numbers;
}

const Reduction& reduction_of(const FunctionCall& call) { return kReductions[call.expr.reduction]; }

// The numbers of each class side by side, in the order of their channels.
std::vector<double> across(const FunctionCall& call) {
  const FormulaValue& values = *call.arguments[0];
  const Family& family = call.evaluator.view().family(values.type.family);
  const std::vector<double> numbers = call.evaluator.over_channels(values, family);
  const std::size_t size = call.evaluator.size_of(call.expr.type);
  std::vector<std::size_t> end(size + 1, 0);
  for (const std::uint32_t each : family.classes) ++end[each + 1];
  for (std::size_t i = 0; i < size; ++i) end[i + 1] += end[i];
  std::vector<std::size_t> next(end.begin(), end.end() - 1);
  std::vector<double> sorted(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) sorted[next[family.classes[i]]++] = numbers[i];
  std::vector<double> result(size);
  for (std::size_t i = 0; i < size; ++i)
    result[i] = reduction_of(call).reduce(std::span(sorted).subspan(end[i], end[i + 1] - end[i]));
  return result;
}

std::vector<double> overall(const FunctionCall& call) {
  return {reduction_of(call).reduce(call.arguments[0]->numbers)};
}

// Of each channel what its group makes: channels 0 to n - 1 of a node, n to 2 n - 1, and so on.
std::vector<double> grouped(const FunctionCall& call) {
  const FormulaValue& values = *call.arguments[0];
  const Family& family = call.evaluator.view().family(values.type.family);
  const double wanted = call.arguments[1]->numbers[0];
  const std::size_t most = std::max<std::size_t>(values.numbers.size(), 1);
  const std::size_t size = wanted >= 1 ? static_cast<std::size_t>(std::min(wanted, static_cast<double>(most))) : 1;
  std::vector<double> result;
  for (std::size_t node = 0; node < family.nodes.size(); ++node)
    for (std::size_t begin = family.first[node]; begin < family.first[node + 1]; begin += size) {
      const std::size_t count = std::min<std::size_t>(size, family.first[node + 1] - begin);
      result.insert(result.end(), count, reduction_of(call).reduce(std::span(values.numbers).subspan(begin, count)));
    }
  return result;
}

std::vector<double> channel(const FunctionCall& call) {
  const Family& family = call.evaluator.view().family(call.expr.family);
  std::vector<double> result;
  for (std::size_t node = 0; node < family.nodes.size(); ++node)
    for (std::size_t i = 0; i < family.channels(node); ++i) result.push_back(static_cast<double>(i));
  return result;
}

}  // namespace

std::span<const Reduction> reductions() { return kReductions; }

extern const Function kLargest = {.name = "largest",
                                  .help = "the largest over the channels of each node",
                                  .form = dsl::FunctionForm::per_node,
                                  .apply = node_by_node<pick_of<larger>>};
extern const Function kSmallest = {.name = "smallest",
                                   .help = "the smallest over the channels of each node",
                                   .form = dsl::FunctionForm::per_node,
                                   .apply = node_by_node<pick_of<smaller>>};
extern const Function kMean = {.name = "mean",
                               .help = "the mean over the channels of each node",
                               .form = dsl::FunctionForm::per_node,
                               .apply = node_by_node<mean_of>};
extern const Function kSum = {.name = "sum",
                              .help = "the sum over the channels of each node",
                              .form = dsl::FunctionForm::per_node,
                              .apply = node_by_node<sum_of>};
extern const Function kAcross = {.name = "across",
                                 .help = "for each scale class: the max, min or mean of all values that belong to it",
                                 .form = dsl::FunctionForm::collect_classes,
                                 .arity = 2,
                                 .apply = across};
extern const Function kOverall = {.name = "overall",
                                  .help = "the max, min or mean over all channels of all nodes",
                                  .form = dsl::FunctionForm::collect_all,
                                  .arity = 2,
                                  .apply = overall};

extern const Function kGrouped = {
    .name = "grouped",
    .help = "of each channel the max, min or mean of its group of n neighbours: grouped(max, x, 4)",
    .form = dsl::FunctionForm::collect_groups,
    .arity = 3,
    .apply = grouped};
extern const Function kChannel = {.name = "channel",
                                  .help = "number of each channel of a set, counted from 0 in each node",
                                  .form = dsl::FunctionForm::channels,
                                  .apply = channel};

}  // namespace rw::runtime
