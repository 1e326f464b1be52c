#include "runtime/formulas/depths.hpp"

#include <algorithm>

namespace rw::runtime {

std::vector<std::uint32_t> depths_of(const graph::Network& network) {
  constexpr std::uint32_t kFar = UINT32_MAX;
  std::vector<std::uint32_t> depths(network.operators().size(), 0);
  for (const graph::OperatorId op : network.order()) {
    std::uint32_t nearest = kFar;
    for (const graph::TensorId input : network.op(op).inputs) {
      if (input == graph::kNone || network.tensor(input).constant != nullptr) continue;
      const graph::OperatorId producer = network.tensor(input).producer;
      nearest = std::min(nearest, producer == graph::kNone ? 0 : depths[producer] + 1);
    }
    depths[op] = nearest == kFar ? 0 : nearest;
  }
  return depths;
}

}  // namespace rw::runtime
