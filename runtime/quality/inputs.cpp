#include "runtime/quality/inputs.hpp"

#include <fmt/format.h>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"

namespace rw::quality {
namespace {

using graph::TensorId;

bool floating(const graph::Tensor& tensor) {
  return tensor.dtype == graph::DType::undefined || graph::floating(tensor.dtype);
}

// The inputs that need a value.
std::vector<TensorId> open_inputs(const graph::Network& network) {
  std::vector<TensorId> open;
  for (const TensorId id : network.inputs())
    if (!network.tensor(id).constant) open.push_back(id);
  return open;
}

}  // namespace

SameInputs::SameInputs(const Subject& from, const Subject& to) {
  const std::vector<TensorId> ours = open_inputs(from.network), theirs = open_inputs(to.network);
  if (ours.size() != theirs.size())
    throw graph::Error(
        to.file, "",
        fmt::format("has {}, where {} has {}", graph::plural(theirs.size(), "input"), from.file, ours.size()));
  bool named = true;
  for (const TensorId id : theirs) {
    const auto same = from.network.find(to.network.tensor(id).name);
    named = named && same && from.network.tensor(*same).is_input;
  }
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const graph::Tensor& tensor = to.network.tensor(theirs[i]);
    const TensorId same = named ? *from.network.find(tensor.name) : ours[i];
    if (floating(tensor) != floating(from.network.tensor(same)))
      throw graph::Error(to.file, fmt::format("input '{}'", tensor.name),
                         fmt::format("is of type {}, where {} takes {}", graph::name(tensor.dtype), from.file,
                                     graph::name(from.network.tensor(same).dtype)));
    ids_[same] = theirs[i];
  }
  for (const TensorId id : from.network.inputs()) {  // data takes the place of a default in both
    if (!from.network.tensor(id).constant) continue;
    const auto same = to.network.find(from.network.tensor(id).name);
    if (same && to.network.tensor(*same).is_input) ids_.emplace(id, *same);
  }
}

executor::Inputs SameInputs::of(executor::Inputs inputs) const {
  executor::Inputs out;
  while (!inputs.empty()) {
    auto node = inputs.extract(inputs.begin());
    const auto same = ids_.find(node.key());
    if (same == ids_.end()) continue;  // the other has no such input, but a constant
    node.key() = same->second;
    out.insert(std::move(node));
  }
  return out;
}

std::uint64_t samples_in(const executor::Inputs& inputs) {
  for (const auto& [id, array] : inputs)
    if (array.rank() > 0) return static_cast<std::uint64_t>(array.dim(0));
  return 1;
}

}  // namespace rw::quality
