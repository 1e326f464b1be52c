#include "runtime/executor/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "runtime/evaluator/call.hpp"

namespace rw::executor {
namespace {

using graph::kNone;
using graph::Network;
using graph::Operator;
using graph::OperatorId;
using graph::TensorId;

void check_options(const Network& network, const Options& options) {
  for (const TensorId id : options.watched)
    if (id >= network.tensors().size()) throw std::runtime_error("a watched tensor is none of the network");
  for (const auto& [id, value] : options.values) {
    if (id >= network.tensors().size()) throw std::runtime_error("a value is given for no tensor of the network");
    if (network.tensor(id).constant == nullptr)
      throw std::runtime_error(
          fmt::format("tensor '{}' is no constant, and cannot be given a value", network.tensor(id).name));
  }
}

void check_runs(const Network& network, const Operator& op) {
  const std::string_view type = network.type_name(op.type);
  if (evaluator::knows(type) && op.captured == 0) return;
  throw std::runtime_error(fmt::format(
      "operator '{}' ({}) cannot be run by the engine; statistics can come from another runtime: calibrate --probe",
      op.name, type));
}

// Whether a tensor has a value without an operator.
bool is_leaf(const Network& network, const Schedule& schedule, TensorId id) {
  return schedule.given[id] || network.tensor(id).producer == kNone;
}

// Marks the operators that these tensors need.
std::vector<bool> needed(const Network& network, const Schedule& schedule, std::vector<TensorId> wanted) {
  std::vector<bool> runs(network.operators().size(), false);
  while (!wanted.empty()) {
    const TensorId id = wanted.back();
    wanted.pop_back();
    if (id == kNone || is_leaf(network, schedule, id) || runs[network.tensor(id).producer]) continue;
    const OperatorId producer = network.tensor(id).producer;
    runs[producer] = true;
    const auto inputs = network.op(producer).inputs;
    wanted.insert(wanted.end(), inputs.begin(), inputs.end());
  }
  return runs;
}

bool follows_from_constants(const Network& network, const Schedule& schedule, const Operator& op) {
  return std::all_of(op.inputs.begin(), op.inputs.end(),
                     [&](TensorId id) { return id == kNone || schedule.fixed[id]; }) &&
         std::none_of(op.outputs.begin(), op.outputs.end(),
                      [&](TensorId id) { return id != kNone && schedule.watched[id]; }) &&
         network.type_name(op.type).find("Random") == std::string_view::npos;
}

}  // namespace

Schedule schedule_of(const Network& network, const Options& options) {
  check_options(network, options);
  const std::size_t tensors = network.tensors().size();
  Schedule schedule{{},
                    std::vector<std::uint32_t>(tensors, 0),
                    std::vector<bool>(tensors, false),
                    std::vector<bool>(tensors, false),
                    std::vector<bool>(tensors, false)};
  for (const TensorId id : options.watched) schedule.watched[id] = true;
  for (const auto& [id, value] : options.values) schedule.given[id] = true;
  std::vector<TensorId> wanted = options.watched;
  wanted.insert(wanted.end(), network.outputs().begin(), network.outputs().end());
  const std::vector<bool> runs = needed(network, schedule, std::move(wanted));

  for (TensorId id = 0; id < tensors; ++id) {
    const graph::Tensor& tensor = network.tensor(id);
    schedule.fixed[id] =
        schedule.given[id] || (tensor.producer == kNone && tensor.constant != nullptr && !tensor.is_input);
  }
  for (const OperatorId id : network.order()) {
    if (!runs[id]) continue;
    const Operator& op = network.op(id);
    check_runs(network, op);
    if (follows_from_constants(network, schedule, op)) {
      for (const TensorId output : op.outputs)
        if (output != kNone) schedule.fixed[output] = true;
      continue;
    }
    schedule.order.push_back(id);
    for (const TensorId input : op.inputs)
      if (input != kNone) ++schedule.readers[input];
  }
  for (const TensorId id : network.outputs()) ++schedule.readers[id];
  return schedule;
}

}  // namespace rw::executor
