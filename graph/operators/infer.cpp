#include "graph/operators/infer.hpp"

#include <algorithm>

#include "graph/operators/check.hpp"
#include "graph/operators/fold_constants.hpp"
#include "graph/operators/fold_shapes.hpp"
#include "graph/operators/form_functions.hpp"
#include "graph/operators/node.hpp"

namespace rw::graph {
namespace {

// What its form says; where that says nothing, the type of input 0.
DType dtype_of(const Node& node, std::uint32_t output) {
  if (node.form().type) return node.form().type(node, output);
  for (const Attribute& each : node.op().attributes)
    if (std::holds_alternative<Opaque>(each.value)) return DType::undefined;  // the graph in it decides
  return node.has(0) ? node.tensor(0).dtype : DType::undefined;
}

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
Shape merge(Arena& arena, Symbols& symbols, const Dims& inferred, Shape said) {
  const bool use = inferred && inferred->size() <= static_cast<std::size_t>(kMaxRank);
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
  return Shape(dims);
}

}  // namespace

void infer_shapes(Network& network, const Forms& forms) {
  Symbols symbols(network);
  for (const TensorId id : network.inputs())
    network.set_shape(id, merge(network.arena(), symbols, std::nullopt, network.tensor(id).shape),
                      network.tensor(id).dtype);
  for (const OperatorId id : network.order()) {
    const Node node(network, id, forms.of(network, id));
    const auto outputs = node.op().outputs;
    for (std::uint32_t slot = 0; slot < outputs.size(); ++slot) {
      if (outputs[slot] == kNone) continue;
      const Tensor& tensor = network.tensor(outputs[slot]);
      if (tensor.constant) continue;
      const Dims inferred = node.form().shape ? node.form().shape(node, slot) : std::nullopt;
      const DType dtype = tensor.dtype != DType::undefined ? tensor.dtype : dtype_of(node, slot);
      network.set_shape(outputs[slot], merge(network.arena(), symbols, inferred, tensor.shape), dtype);
      if (slot != 0) continue;
      if (const auto value = fold_constant(node, tensor.shape, network.arena()))
        network.set_constant(outputs[0], *value);
      if (floating(dtype)) continue;
      if (const auto values = fold_shapes(node)) network.set_folded(outputs[slot], *values);
    }
    check_constants(node);
  }
}

}  // namespace rw::graph
