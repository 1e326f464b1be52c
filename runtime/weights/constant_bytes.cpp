#include "runtime/weights/constant_bytes.hpp"

namespace rw::runtime {
namespace {

std::size_t bytes_of(const graph::Tensor& tensor) { return tensor.constant ? tensor.constant->bytes.size() : 0; }

}  // namespace

std::size_t constant_bytes(const graph::Network& network) {
  std::size_t bytes = 0;
  for (const graph::Tensor& tensor : network.tensors()) bytes += bytes_of(tensor);
  return bytes;
}

std::size_t constant_bytes(const graph::Network& network, graph::OperatorId op) {
  std::size_t bytes = 0;
  for (const graph::TensorId input : network.op(op).inputs)
    if (input != graph::kNone) bytes += bytes_of(network.tensor(input));
  return bytes;
}

}  // namespace rw::runtime
