#include "graph/operators/infer.hpp"

#include <algorithm>

#include "graph/operators/check.hpp"
#include "graph/operators/dims.hpp"
#include "graph/operators/fold_constants.hpp"
#include "graph/operators/fold_shapes.hpp"
#include "graph/operators/form_functions.hpp"
#include "graph/operators/node.hpp"

namespace rw::graph {
namespace {

// Dimensions that are not known get symbols: the same symbol is the same dimension.
class Symbols {
 public:
  // Symbols of an earlier inference stay; new ones are smaller than all of them.
  explicit Symbols(const Network& network) {
    for (const Tensor& tensor : network.tensors())
      for (const std::int64_t dim : tensor.shape.dims()) {
        std::int64_t& last = is_disputed(dim) ? last_disputed_ : last_;
        last = std::min(last, dim);
      }
  }
  std::int64_t fresh() { return --last_; }
  // Of dimensions that stay unknown, whatever a later inference finds.
  std::int64_t disputed() { return --last_disputed_; }
  static bool is_disputed(std::int64_t dim) { return dim < kDisputed; }

 private:
  static constexpr std::int64_t kDisputed = -(std::int64_t{1} << 62);

  std::int64_t last_ = kUnknown, last_disputed_ = kDisputed;
};

// What the file says fills in dimensions that could not be inferred. Where both speak and differ one of them is wrong,
// and nobody knows which: the dimension is not known.
Shape merge(Arena& arena, Symbols& symbols, const Dims& inferred, Shape said, bool any_front = false) {
  const bool differ = inferred && said.known() && any_front != said.any_front();  // who knows all axes speaks
  if (differ && !any_front) said = Shape();
  const bool use = inferred && !(differ && any_front) && inferred->size() <= static_cast<std::size_t>(kMaxRank);
  if (!use && !said.known()) return said;
  const std::span<std::int64_t> dims =
      arena.make<std::int64_t>(use ? inferred->size() : static_cast<std::size_t>(said.rank()));
  const bool fills = said.known() && said.rank() == static_cast<int>(dims.size());
  for (std::size_t i = 0; i < dims.size(); ++i) {
    dims[i] = use ? (*inferred)[i] : kUnknown;
    const std::int64_t given = fills ? said[static_cast<int>(i)] : kUnknown;
    if (Symbols::is_disputed(given) || (dims[i] < 0 && fills && (given >= 0 || dims[i] == kUnknown)))
      dims[i] = given;
    else if (given >= 0 && dims[i] != given)
      dims[i] = symbols.disputed();
    if (dims[i] == kUnknown) dims[i] = symbols.fresh();
  }
  return Shape(dims, use ? any_front : said.any_front());
}

bool has_any_front(const Node& node) {
  for (std::size_t slot = 0; slot < node.input_count(); ++slot)
    if (node.shape(slot).any_front()) return true;
  return false;
}

// Every tensor once, from the inputs of the network to its outputs.
void infer_forward(Network& network, const Forms& forms, Symbols& symbols) {
  for (const OperatorId id : network.order()) {
    const Node node(network, id, forms.of(network, id));
    const auto outputs = node.op().outputs;
    const bool any_front = has_any_front(node), blind = any_front && needs_rank(node);
    for (std::uint32_t slot = 0; slot < outputs.size(); ++slot) {
      if (outputs[slot] == kNone) continue;
      const Tensor& tensor = network.tensor(outputs[slot]);
      if (tensor.constant) continue;
      const Dims inferred = node.form().shape && !blind ? node.form().shape(node, slot) : std::nullopt;
      const bool said = tensor.dtype != DType::undefined || !node.form().type;
      const DType dtype = said ? tensor.dtype : node.form().type(node, slot);
      network.set_shape(outputs[slot], merge(network.arena(), symbols, inferred, tensor.shape, any_front), dtype);
      if (slot != 0 || blind) continue;
      if (const auto value = fold_constant(node, tensor.shape, network.arena()))
        network.set_constant(outputs[0], *value);
      if (floating(dtype)) continue;
      if (const auto values = fold_shapes(node)) network.set_folded(outputs[slot], *values);
    }
    if (!blind) check_constants(node);
  }
}

// Inputs of operators whose shape nothing says get what the weights beside them say; false: there is none.
bool infer_from_weights(Network& network, const Forms& forms, Symbols& symbols) {
  bool found = false;
  for (const OperatorId id : network.order()) {
    const Node node(network, id, forms.of(network, id));
    if (!node.form().input || !node.has(0) || node.is_constant(0)) continue;
    const Shape in = node.shape(0);
    const bool any_front = node.form().any_rank != AnyRank::no;
    if (in.known() && (any_front || !in.any_front())) continue;
    const Dims dims = node.form().input(node);
    if (!dims) continue;
    network.set_shape(node.input(0), merge(network.arena(), symbols, dims, Shape(), any_front), node.tensor(0).dtype);
    found = true;
  }
  return found;
}

}  // namespace

bool needs_rank(const Node& node) {
  if (!has_any_front(node)) return false;
  if (node.output_shape().known() && !node.output_shape().any_front()) return true;  // as the file says
  if (node.form().any_rank == AnyRank::no) return true;
  if (node.form().any_rank == AnyRank::matrix)
    return !node.shape(0).any_front() || !node.is_constant(1) || node.shape(1).rank() != 2;
  for (std::size_t slot = 0; slot < node.input_count(); ++slot) {
    const Shape in = node.shape(slot);
    if (node.has(slot) && !(in.known() && (in.any_front() || in.rank() <= 1))) return true;
  }
  return false;
}

bool cannot_broadcast(const Node& node) {
  if (node.form().shape != shape_of::broadcast) return false;
  for (std::size_t slot = 0; slot < node.input_count(); ++slot)
    if (node.has(slot) && (!node.shape(slot).known() || node.shape(slot).any_front())) return false;
  return !shape_of::broadcast(node, 0);
}

void infer_shapes(Network& network, const Forms& forms) {
  Symbols symbols(network);
  for (const TensorId id : network.inputs())
    network.set_shape(id, merge(network.arena(), symbols, std::nullopt, network.tensor(id).shape),
                      network.tensor(id).dtype);
  infer_forward(network, forms, symbols);
  if (infer_from_weights(network, forms, symbols)) infer_forward(network, forms, symbols);
}

}  // namespace rw::graph
