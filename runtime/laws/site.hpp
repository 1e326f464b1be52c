// One operator as a law sees it: its node, and the channels of the tensors around it.
#pragma once

#include "graph/operators/channel_axes.hpp"
#include "graph/operators/node.hpp"

namespace rw::runtime {

class Site : public graph::Node {
 public:
  Site(const graph::Network& network, const graph::Forms& forms, const graph::ChannelAxes& channels,
       graph::OperatorId id)
      : Node(network, id, forms.of(network, id)), channels_(channels) {}

  const graph::ChannelAxes& channels() const { return channels_; }

  // An input that carries values of this run: present, no constant, and not known to be integers or booleans.
  bool is_activation(std::size_t slot) const {
    return has(slot) && !is_constant(slot) && channels_.state(input(slot)) != graph::AxisState::not_real;
  }
  std::size_t activation_count() const {
    std::size_t count = 0;
    for (std::size_t slot = 0; slot < input_count(); ++slot) count += is_activation(slot);
    return count;
  }

 private:
  const graph::ChannelAxes& channels_;
};

}  // namespace rw::runtime
