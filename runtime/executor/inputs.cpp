#include "runtime/executor/inputs.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace rw::executor {
namespace {

using graph::Network;
using graph::Tensor;
using graph::TensorId;

// Dimensions that are not known before the network runs, by their symbol (graph/values/shape.hpp).
using Bound = std::map<std::int64_t, std::int64_t>;

[[noreturn]] void does_not_fit(const Tensor& tensor, const evaluator::Array& value) {
  throw std::runtime_error(fmt::format("input '{}' is {}, data of shape {} does not fit", tensor.name,
                                       graph::to_string(tensor.shape), evaluator::to_string(value.shape())));
}

void check_shape(const Tensor& tensor, const evaluator::Array& value, Bound& bound) {
  if (!tensor.shape.known()) return;
  const auto dims = tensor.shape.dims();
  const bool any_front = tensor.shape.any_front();
  const std::size_t fixed = dims.size() - (any_front ? 1 : 0);  // axes that stand for themselves
  if (any_front ? value.rank() < fixed : value.rank() != fixed) does_not_fit(tensor, value);
  for (std::size_t i = 0; i < fixed; ++i) {
    const std::int64_t dim = dims[dims.size() - fixed + i], given = value.shape()[value.rank() - fixed + i];
    if (dim >= 0 ? dim != given : dim != graph::kUnknown && bound.emplace(dim, given).first->second != given)
      does_not_fit(tensor, value);
  }
}

}  // namespace

void check_inputs(const Network& network, const Inputs& inputs) {
  for (const auto& [id, value] : inputs)
    if (id >= network.tensors().size() || !network.tensor(id).is_input)
      throw std::runtime_error("data is given for a tensor that is no input of the network");
  Bound bound;
  for (const TensorId id : network.inputs()) {
    const Tensor& tensor = network.tensor(id);
    const auto given = inputs.find(id);
    if (given == inputs.end()) {
      if (tensor.constant != nullptr) continue;  // its default
      throw std::runtime_error(fmt::format("input '{}' of the network has no value", tensor.name));
    }
    if (tensor.dtype != graph::DType::undefined && graph::floating(tensor.dtype) != given->second.is_float())
      throw std::runtime_error(fmt::format("input '{}' is of type {}, and {} are given", tensor.name,
                                           graph::name(tensor.dtype),
                                           given->second.is_float() ? "floats" : "integers"));
    check_shape(tensor, given->second, bound);
  }
}

}  // namespace rw::executor
