#include "runtime/executor/constants.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "runtime/evaluator/literal.hpp"

namespace rw::executor {
namespace {

using evaluator::Array;
using graph::kNone;
using graph::TensorId;

ArrayRef read(const graph::Literal& literal) {
  const auto address = reinterpret_cast<std::uintptr_t>(literal.bytes.data());
  if (literal.dtype != graph::DType::float32 || literal.layout != nullptr || address % alignof(float) != 0)
    return std::make_shared<const Array>(evaluator::read_literal(literal));
  const auto dims = literal.shape.dims();
  return std::make_shared<const Array>(
      Array::view({dims.begin(), dims.end()},
                  {reinterpret_cast<const float*>(literal.bytes.data()), literal.bytes.size() / sizeof(float)}));
}

}  // namespace

ArrayRef Constants::get(TensorId id) const {
  if (const auto given = values_.find(id); given != values_.end()) return {std::shared_ptr<void>(), &given->second};
  const graph::Tensor& tensor = network_.tensor(id);
  if (tensor.producer == kNone) return read(*tensor.constant);
  const graph::Operator& maker = network_.op(tensor.producer);
  if (maker.inputs.empty() && tensor.constant != nullptr && tensor.constant->layout == nullptr)
    return read(*tensor.constant);
  return computed(id);
}

ArrayRef Constants::computed(TensorId id) const {
  const graph::Tensor& tensor = network_.tensor(id);
  const graph::Operator& maker = network_.op(tensor.producer);
  std::vector<ArrayRef> held;
  std::vector<const Array*> inputs;
  for (const TensorId input : maker.inputs) {
    held.push_back(input == kNone ? nullptr : get(input));
    inputs.push_back(held.back().get());
  }
  auto results = run_by_evaluator(network_, maker, std::move(inputs));
  Array& result = results.at(tensor.output_slot);
  // What views an input's memory goes with it, unless that lies in the model or in the options.
  if (result.is_view()) return std::make_shared<const Array>(result.shape(), std::vector<float>(result.floats()));
  return std::make_shared<const Array>(std::move(result));
}

std::optional<float> Constants::number(TensorId id) const {
  if (id == kNone || !schedule_.fixed[id]) return std::nullopt;
  const ArrayRef array = get(id);
  if (!array->is_float() || array->count() != 1) return std::nullopt;
  return array->floats()[0];
}

evaluator::Call call_of(const graph::Network& network, const graph::Operator& op) {
  evaluator::Call call;
  call.type = network.type_name(op.type);
  call.attributes = op.attributes;
  call.outputs = op.outputs.size();
  call.opset = network.opset();
  for (const TensorId input : op.inputs)
    call.types.push_back(input == kNone ? graph::DType::undefined : network.tensor(input).dtype);
  return call;
}

evaluator::Results run_by_evaluator(const graph::Network& network, const graph::Operator& op,
                                    std::vector<const Array*> inputs) {
  evaluator::Call call = call_of(network, op);
  call.inputs = std::move(inputs);
  try {
    auto results = evaluator::run(call);
    for (std::size_t slot = results.size(); slot < op.outputs.size(); ++slot)
      if (op.outputs[slot] != kNone) throw std::invalid_argument(fmt::format("output {} is not computed", slot));
    return results;
  } catch (const std::logic_error& error) {  // invalid_argument, out_of_range
    throw std::runtime_error(fmt::format("operator '{}' ({}): {}", op.name, call.type, error.what()));
  }
}

}  // namespace rw::executor
