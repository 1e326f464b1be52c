#include "graph/statistics.hpp"

namespace rw::graph {

void Statistics::add(const Statistic& entry) {
  if (entry.tensor == kNone) {
    entries_.push_back(entry);
    return;
  }
  if (by_tensor_.size() <= entry.tensor) by_tensor_.resize(entry.tensor + 1, 0);
  std::uint32_t& index = by_tensor_[entry.tensor];
  if (index != 0) {
    entries_[index - 1] = entry;
    return;
  }
  entries_.push_back(entry);
  index = static_cast<std::uint32_t>(entries_.size());
}

const Statistic* Statistics::find(TensorId tensor) const {
  if (tensor >= by_tensor_.size() || by_tensor_[tensor] == 0) return nullptr;
  return &entries_[by_tensor_[tensor] - 1];
}

const Statistic* Statistics::find_finite(TensorId tensor) const {
  const Statistic* entry = find(tensor);
  return entry && entry->finite ? entry : nullptr;
}

Statistic copied(const Statistic& entry, Network& network, TensorId tensor) {
  Statistic copy = entry;
  copy.tensor = tensor;
  copy.name = network.tensor(tensor).name;
  copy.text = network.arena().store(entry.text);  // it stands nowhere in the file
  return copy;
}

}  // namespace rw::graph
