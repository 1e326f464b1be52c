#include "runtime/evaluator/evaluate.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

#include "runtime/evaluator/call.hpp"
#include "runtime/evaluator/literal.hpp"

namespace rw::evaluator {
namespace {

using graph::kNone;
using graph::Network;
using graph::Operator;
using graph::OperatorId;
using graph::Tensor;
using graph::TensorId;

// Producers before consumers, found by counting the inputs that are still missing: Network::order() is under test.
std::vector<OperatorId> order_of(const Network& network) {
  std::vector<std::vector<OperatorId>> readers(network.tensors().size());
  std::vector<bool> computed(network.tensors().size(), false);
  for (const Operator& op : network.operators())
    for (const TensorId output : op.outputs)
      if (output != kNone) computed[output] = true;
  std::vector<std::size_t> missing(network.operators().size(), 0);
  std::vector<OperatorId> order;
  for (OperatorId id = 0; id < network.operators().size(); ++id) {
    for (const TensorId input : network.op(id).inputs) {
      if (input == kNone || !computed[input]) continue;
      readers[input].push_back(id);
      ++missing[id];
    }
    if (missing[id] == 0) order.push_back(id);
  }
  for (std::size_t at = 0; at < order.size(); ++at)  // grows while we walk it
    for (const TensorId output : network.op(order[at]).outputs)
      if (output != kNone)
        for (const OperatorId reader : readers[output])
          if (--missing[reader] == 0) order.push_back(reader);
  if (order.size() != network.operators().size()) throw std::runtime_error("the operators form a cycle");
  return order;
}

Results run_body(const Meaning& meaning, const Call& call, const Meanings& meanings) {
  Arrays inputs;
  for (std::size_t i = 0; i < meaning.params.size(); ++i)
    if (i < call.inputs.size() && call.inputs[i] != nullptr) inputs[meaning.params[i]] = *call.inputs[i];
  const Arrays values = evaluate(*meaning.body, inputs, {}, meanings);
  Results results;
  for (const std::string& each : meaning.results) results.push_back(values.at(each));
  return results;
}

Results run_operator(const Network& network, const Operator& op, const std::vector<const Array*>& values,
                     const Meanings& meanings) {
  Call call;
  call.type = network.type_name(op.type);
  call.attributes = op.attributes;
  call.outputs = op.outputs.size();
  call.opset = network.opset();
  for (const TensorId input : op.inputs) {
    if (input != kNone && values[input] == nullptr)
      throw std::invalid_argument(fmt::format("its input '{}' has no value", network.tensor(input).name));
    call.inputs.push_back(input == kNone ? nullptr : values[input]);
    call.types.push_back(input == kNone ? graph::DType::undefined : network.tensor(input).dtype);
  }
  if (const auto meaning = meanings.find(call.type); meaning != meanings.end()) {
    if (meaning->second.body != nullptr) return run_body(meaning->second, call, meanings);
    call.type = meaning->second.as;
  }
  return run(call);
}

}  // namespace

Arrays evaluate(const Network& network, const Arrays& inputs, const Change& change, const Meanings& meanings) {
  Arrays arrays;
  std::vector<const Array*> values(network.tensors().size(), nullptr);  // map nodes do not move
  const auto put = [&](TensorId id, Array array) {
    values[id] = &(arrays[std::string(network.tensor(id).name)] = std::move(array));
  };
  for (TensorId id = 0; id < network.tensors().size(); ++id) {
    const Tensor& tensor = network.tensor(id);
    if (const auto given = inputs.find(std::string(tensor.name)); given != inputs.end()) {
      if (!tensor.is_input && !tensor.constant)
        throw std::runtime_error(fmt::format("tensor '{}' is neither input nor constant", tensor.name));
      put(id, given->second);
    } else if (tensor.constant && !tensor.constant->layout) {  // with one, an operator computes it
      put(id, read_literal(*tensor.constant));
    } else if (tensor.is_input) {
      throw std::runtime_error(fmt::format("input '{}' of the network has no value", tensor.name));
    }
  }
  for (const OperatorId id : order_of(network)) {
    if (network.removed(id)) continue;
    const Operator& op = network.op(id);
    try {
      Results results = run_operator(network, op, values, meanings);
      for (std::size_t slot = 0; slot < op.outputs.size(); ++slot) {
        if (op.outputs[slot] == kNone) continue;
        if (slot >= results.size()) throw std::invalid_argument(fmt::format("output {} is not computed", slot));
        // What the caller gives instead of a constant stays, whoever makes that.
        const Tensor& tensor = network.tensor(op.outputs[slot]);
        if (inputs.contains(std::string(tensor.name))) continue;
        put(op.outputs[slot], change ? change(tensor, std::move(results[slot])) : std::move(results[slot]));
      }
    } catch (const std::logic_error& error) {  // invalid_argument, out_of_range
      throw std::runtime_error(
          fmt::format("evaluate '{}' ({}): {}", op.name, network.type_name(op.type), error.what()));
    }
  }
  return arrays;
}

}  // namespace rw::evaluator
