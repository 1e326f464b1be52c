#include "runtime/written/written_network.hpp"

#include <algorithm>
#include <set>

#include "graph/builder.hpp"
#include "graph/values/elements.hpp"
#include "runtime/evaluator/literal.hpp"

namespace rw::runtime {
namespace {

using evaluator::Array;
using graph::kNone;
using graph::TensorId;

Array edited(const Array& constant, const graph::Edit& edit) {
  const Array whole = evaluator::take(constant, edit.shape, evaluator::broadcast_offsets(constant.shape(), edit.shape));
  std::vector<double> values(whole.floats().begin(), whole.floats().end());
  for (const graph::Factor& factor : edit.factors) {
    const auto at = evaluator::offsets(edit.view, evaluator::strides_along(edit.view, factor.axes));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= factor.values[at[i]];
  }
  return {edit.shape, std::vector<float>(values.begin(), values.end())};
}

// Also where another constant holds them in another order.
Array elements(const graph::Literal& literal) {
  if (!literal.layout) return evaluator::read_literal(literal);
  const auto dims = literal.shape.dims();
  std::vector<float> values(graph::count(literal));
  graph::for_each_element(literal, [&](std::size_t i, double value) { values[i] = static_cast<float>(value); });
  return {evaluator::Dims(dims.begin(), dims.end()), std::move(values)};
}

class WrittenNetwork {
 public:
  WrittenNetwork(const graph::Rewritten& rewritten, const LeftOut& left_out)
      : rewritten_(rewritten), network_(rewritten.network()), left_out_(left_out) {}

  graph::Network build() {
    for (const auto& [domain, version] : network_.opsets()) builder_.opset(domain, version);
    for (const TensorId id : network_.inputs()) {
      const TensorId made = tensor(id);
      builder_.input(made);
      builder_.describe(made, network_.tensor(id).dtype, stored(network_.tensor(id).shape.dims()));
    }
    rewritten_.for_each_in_order(
        [&](const graph::RewrittenOperator& op) { made_.insert(op.outputs.begin(), op.outputs.end()); });
    rewritten_.for_each_in_order([&](const graph::RewrittenOperator& op) { add(op); });
    for (const TensorId id : network_.outputs()) builder_.output(tensor(id));
    return builder_.finish();
  }

 private:
  TensorId tensor(TensorId id) { return id == kNone ? kNone : builder_.tensor(rewritten_.name(id)); }
  graph::Shape stored(std::span<const std::int64_t> dims) { return graph::Shape(builder_.arena().store(dims)); }

  std::vector<TensorId> tensors(std::span<const TensorId> ids) {
    std::vector<TensorId> made;
    for (const TensorId id : ids) made.push_back(tensor(id));
    return made;
  }

  void add(const graph::RewrittenOperator& op) {
    for (const TensorId input : op.inputs)
      if (input != kNone && made_.count(input) == 0 && held_.insert(input).second) hold(input);
    builder_.add(op.type, op.name, tensors(op.inputs), tensors(op.outputs), op.attributes, op.captured);
  }

  // A constant that no operator makes.
  void hold(TensorId id) {
    const auto constant = rewritten_.constant(id);
    if (!constant) return;
    const graph::Literal& value = *constant->value;
    graph::Arena& arena = builder_.arena();
    const bool edits = constant->edit && !is_left_out(id);
    if (!edits && !value.layout) return builder_.constant(tensor(id), arena.keep(value));
    const Array now = edits ? edited(elements(value), *constant->edit) : elements(value);
    const std::vector<std::byte> bytes = evaluator::encode(now, value.dtype);
    const std::vector<std::int64_t> dims(now.shape().begin(), now.shape().end());
    builder_.constant(tensor(id), arena.keep(graph::Literal{value.dtype, stored(dims),
                                                            arena.store(std::span<const std::byte>(bytes))}));
  }

  bool is_left_out(TensorId id) const {
    if (left_out_.copy && rewritten_.copy(*left_out_.copy) == id) return true;
    return left_out_.constant && rewritten_.rewriting().constants[*left_out_.constant].tensor == id;
  }

  const graph::Rewritten& rewritten_;
  const graph::Network& network_;
  const LeftOut& left_out_;
  graph::NetworkBuilder builder_;
  std::set<TensorId> made_, held_;
};

}  // namespace

graph::Network written_network(const graph::Rewritten& rewritten, const LeftOut& left_out) {
  return WrittenNetwork(rewritten, left_out).build();
}

}  // namespace rw::runtime
