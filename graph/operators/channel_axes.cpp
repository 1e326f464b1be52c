#include "graph/operators/channel_axes.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "graph/operators/node.hpp"

namespace rw::graph {

class AxisInference {
 public:
  AxisInference(const Network& network, const Forms& forms)
      : network_(network), forms_(forms), result_(network.tensors().size()) {}

  ChannelAxes run() {
    for (const OperatorId id : network_.order()) {
      const Node node(network_, id, forms_.of(network_, id));
      if (node.form().anchors) anchor(node, node.form().anchors(node), false);
    }
    spread_all();
    for (const OperatorId id : network_.order()) {
      const Node node(network_, id, forms_.of(network_, id));
      if (!node.form().hints || node.output() == kNone || result_.state_[node.output()] != AxisState::unset) continue;
      anchor(node, node.form().hints(node), true);
      spread_all();
    }
    for (TensorId tensor = 0; tensor < network_.tensors().size(); ++tensor) count(tensor);
    bound();
    return std::move(result_);
  }

 private:
  void spread_all() {
    // First in, first out: nearer anchors speak before farther ones. Operators that move elements speak last, where
    // nobody else has: channels may lie one way before a Reshape and another way behind it, so that they never
    // disagree.
    while (moved_ < queue_.size()) {
      while (next_ < queue_.size()) spread(queue_[next_++], false);
      spread(queue_[moved_++], true);
    }
  }

  void anchor(const Node& node, const Anchors& anchors, bool hint) {
    if (anchors.input && node.has(anchors.slot)) say(node.input(anchors.slot), *anchors.input, hint);
    if (anchors.output && node.output() != kNone) say(node.output(), *anchors.output, hint);
  }

  // Axes of size 1 hold no channels to tell apart: two masks that differ only there agree.
  AxisMask significant(const Shape& shape, AxisMask axes) const {
    AxisMask wide;
    for (const int axis : axes)
      if (shape[axis] != 1) wide.add(axis);
    return wide;
  }

  // `yields`: where another has spoken, that holds.
  void say(TensorId tensor, AxisMask axes, bool yields) {
    const Shape& shape = network_.tensor(tensor).shape;
    AxisState& state = result_.state_[tensor];
    if (!shape.known() || network_.tensor(tensor).constant) return;
    if (state == AxisState::unset) {
      state = AxisState::set;
      result_.axes_[tensor] = axes;
      queue_.push_back(tensor);
    } else if (!yields && state == AxisState::set &&
               significant(shape, result_.axes_[tensor]) != significant(shape, axes)) {
      state = AxisState::conflict;
    }
  }

  // Through the operators around a tensor that move elements, or through the others.
  void spread(TensorId tensor, bool moving) {
    if (result_.state_[tensor] != AxisState::set) return;
    const AxisMask axes = result_.axes_[tensor];
    for (const Use& use : network_.consumers(tensor))
      forward(Node(network_, use.op, forms_.of(network_, use.op)), use.slot, axes, moving);
    const Tensor& info = network_.tensor(tensor);
    if (info.producer == kNone) return;
    const Node producer(network_, info.producer, forms_.of(network_, info.producer));
    if (info.output_slot == 0 || producer.form().movements) backward(producer, axes, moving);
  }

  void forward(const Node& node, std::uint32_t slot, AxisMask axes, bool moving) {
    if (!node.form().axes || (node.form().movements != nullptr) != moving) return;
    const auto map = node.output() == kNone ? std::nullopt : node.form().axes(node, slot);
    if (!map) return;
    AxisMask out;
    for (std::size_t i = 0; i < map->forward.size(); ++i) {
      if (!axes.contains(i)) continue;
      if (map->forward[i].empty() && !moving)
        return;  // reduced, or one element that meets all: says nothing of the output
      out |= map->forward[i];
    }
    if (out.empty() && !moving) return;  // where one channel was chosen, one is left
    const int rank = node.output_shape().rank();
    for (const TensorId each : node.op().outputs)  // further ones may have other axes (statistics of a normalization)
      if (each != kNone && network_.tensor(each).shape.rank() == rank) say(each, out, moving);
  }

  void backward(const Node& node, AxisMask axes, bool moving) {
    if (!node.form().axes || (node.form().movements != nullptr) != moving) return;
    for (std::uint32_t slot = 0; slot < node.input_count(); ++slot) {
      if (!node.has(slot) || node.is_constant(slot)) continue;
      const auto map = node.form().axes(node, slot);
      if (!map) continue;
      AxisMask in;
      bool lost = false;  // some channels of the output do not come from this input
      for (std::size_t o = 0; o < map->backward.size(); ++o) {
        if (!axes.contains(o)) continue;
        in |= map->backward[o];
        lost |= map->backward[o].empty();
      }
      if (lost && !moving && !map->broadcasts) continue;
      if (!in.empty() || map->broadcasts) say(node.input(slot), in, moving);
    }
  }

  void count(TensorId tensor) {
    const Tensor& info = network_.tensor(tensor);
    AxisState& state = result_.state_[tensor];
    if (info.dtype != DType::undefined && !floating(info.dtype)) state = AxisState::not_real;
    if (state != AxisState::set) return;
    result_.axes_[tensor] = significant(info.shape, result_.axes_[tensor]);
    const auto channels = product(info.shape.dims(), result_.axes_[tensor]);
    if (channels && *channels > 0 && *channels <= kMaxChannels)
      result_.count_[tensor] = static_cast<std::uint32_t>(*channels);
    else
      state = AxisState::unknown;
  }

  // Keeps the channels of the network within what its file accounts for.
  void bound() {
    std::uint64_t all = 0, allowed = kFreeChannels + kChannelsOfOperator * network_.live_count();
    for (TensorId tensor = 0; tensor < network_.tensors().size(); ++tensor) {
      all += result_.count_[tensor];
      const Tensor& info = network_.tensor(tensor);
      if (info.constant && info.producer == kNone) allowed += info.constant->bytes.size();
    }
    if (all <= allowed) return;
    std::vector<TensorId> largest_first(network_.tensors().size());
    std::iota(largest_first.begin(), largest_first.end(), 0);
    std::stable_sort(largest_first.begin(), largest_first.end(),
                     [&](TensorId a, TensorId b) { return result_.count_[a] > result_.count_[b]; });
    for (const TensorId tensor : largest_first) {
      if (all <= allowed) return;
      all -= std::exchange(result_.count_[tensor], 0);
      if (result_.state_[tensor] == AxisState::set) result_.state_[tensor] = AxisState::too_many;
    }
  }

  const Network& network_;
  const Forms& forms_;
  ChannelAxes result_;
  std::vector<TensorId> queue_;
  std::size_t next_ = 0, moved_ = 0;  // of the queue: how far it was spread, and through operators that move elements
};

ChannelAxes infer_channel_axes(const Network& network, const Forms& forms) {
  return AxisInference(network, forms).run();
}

std::string_view reason(AxisState state) {
  switch (state) {
    case AxisState::unset:
      return "no operator says on which axis its channels are";
    case AxisState::set:
      return "";
    case AxisState::conflict:
      return "two operators disagree on which axis its channels are";
    case AxisState::unknown:
      return "the number of its channels is not known";
    case AxisState::too_many:
      return "the network has more channels than its weights account for";
    case AxisState::not_real:
      return "it carries no real numbers";
  }
  return "";
}

}  // namespace rw::graph
