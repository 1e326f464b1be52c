// On which axes every tensor carries its channels, and how many there are. Convolutions, poolings, normalizations and
// matrix products put channels on axes of their own (anchors); from there axes are carried through the operators
// between, in both directions; an operator that only moves elements never disagrees with them. Where two others
// disagree on the axes of a tensor, the tensor has no channels and carries no scale.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "graph/network.hpp"
#include "graph/operators/form.hpp"

namespace rw::graph {

enum class AxisState : std::uint8_t {
  unset,  // no operator says where its channels are
  set,
  conflict,  // two operators disagree
  unknown,   // the axis is known, the number of channels is not
  too_many,  // more than the network may have for what is in it
  not_real,  // integers and booleans carry no scale
};

class ChannelAxes {
 public:
  explicit ChannelAxes(std::size_t tensors = 0)
      : axes_(tensors), count_(tensors, 0), state_(tensors, AxisState::unset) {}

  // Axes of size > 1; none for a tensor with one channel. Only where has(tensor).
  AxisMask axes(TensorId tensor) const { return axes_[tensor]; }
  std::uint32_t count(TensorId tensor) const { return count_[tensor]; }  // 0: no channels are known
  bool has(TensorId tensor) const { return state_[tensor] == AxisState::set; }
  AxisState state(TensorId tensor) const { return state_[tensor]; }
  bool knows(TensorId tensor) const { return tensor < state_.size(); }  // it was there when they were inferred

 private:
  friend class AxisInference;
  std::vector<AxisMask> axes_;
  std::vector<std::uint32_t> count_;
  std::vector<AxisState> state_;
};

ChannelAxes infer_channel_axes(const Network& network, const Forms& forms);

std::string_view reason(AxisState state);  // why a tensor has no channels: "two operators disagree on its channel axis"

inline constexpr std::int64_t kMaxChannels = std::int64_t{1} << 24;  // of a tensor; more are taken as not known
// Of all tensors of a network: so many, one for each byte of its constants, and these for each operator. A few bytes of
// Tile and Slice make any number of channels; where a network goes beyond it, the tensors with most have none.
inline constexpr std::uint64_t kFreeChannels = std::uint64_t{1} << 22, kChannelsOfOperator = 256;

}  // namespace rw::graph
