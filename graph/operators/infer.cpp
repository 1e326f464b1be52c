#include "graph/operators/infer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "graph/base/error.hpp"
#include "graph/operators/fold_constants.hpp"
#include "graph/operators/fold_shapes.hpp"
#include "graph/operators/form_functions.hpp"
#include "graph/operators/node.hpp"

namespace rw::graph {
namespace {

DType cast(const Node& node) {
  return dtype_of_onnx(static_cast<int>(node.integer("to", 1))).value_or(DType::undefined);
}

DType constant_of_shape(const Node& node) {
  const AttributeValue* value = node.op().find("value");
  const auto* literal = value ? std::get_if<Literal>(value) : nullptr;
  return literal ? literal->dtype : DType::float32;
}

DType of_input(const Node& node, std::size_t slot) {
  return node.has(slot) ? node.tensor(slot).dtype : DType::undefined;
}
DType second(const Node& node) { return of_input(node, 1); }
DType third_or_uint8(const Node& node) { return node.has(2) ? node.tensor(2).dtype : DType::uint8; }

struct DTypeRule {
  std::string_view op;
  std::uint32_t output;
  DType dtype;
  DType (*of)(const Node&) = nullptr;  // where it is not always the same
};

// Outputs whose elements are not those of the first input.
constexpr std::array kDTypeRules = {
    DTypeRule{"Shape", 0, DType::int64},
    DTypeRule{"Size", 0, DType::int64},
    DTypeRule{"Equal", 0, DType::boolean},
    DTypeRule{"Less", 0, DType::boolean},
    DTypeRule{"LessOrEqual", 0, DType::boolean},
    DTypeRule{"Greater", 0, DType::boolean},
    DTypeRule{"GreaterOrEqual", 0, DType::boolean},
    DTypeRule{"And", 0, DType::boolean},
    DTypeRule{"Or", 0, DType::boolean},
    DTypeRule{"Not", 0, DType::boolean},
    DTypeRule{"Xor", 0, DType::boolean},
    DTypeRule{"IsNaN", 0, DType::boolean},
    DTypeRule{"IsInf", 0, DType::boolean},
    DTypeRule{"ArgMax", 0, DType::int64},
    DTypeRule{"ArgMin", 0, DType::int64},
    DTypeRule{"NonZero", 0, DType::int64},
    DTypeRule{"NonMaxSuppression", 0, DType::int64},
    DTypeRule{"TopK", 1, DType::int64},
    DTypeRule{"MaxPool", 1, DType::int64},
    DTypeRule{"Dropout", 1, DType::boolean},
    DTypeRule{"Cast", 0, DType::undefined, cast},
    DTypeRule{"CastLike", 0, DType::undefined, second},
    DTypeRule{"ConstantOfShape", 0, DType::undefined, constant_of_shape},
    DTypeRule{"DequantizeLinear", 0, DType::undefined, second},
    DTypeRule{"QuantizeLinear", 0, DType::undefined, third_or_uint8},
    DTypeRule{"Where", 0, DType::undefined, second},
};

bool has_dtype_rule(std::string_view op) {
  return std::any_of(kDTypeRules.begin(), kDTypeRules.end(), [&](const DTypeRule& rule) { return rule.op == op; });
}

// `has_rule`: some output of the operator has one.
DType dtype_of(const Node& node, std::uint32_t output, bool has_rule) {
  if (has_rule)
    for (const DTypeRule& rule : kDTypeRules)
      if (rule.op == node.form().op && rule.output == output) return rule.of ? rule.of(node) : rule.dtype;
  for (const Attribute& each : node.op().attributes)
    if (std::holds_alternative<Opaque>(each.value)) return DType::undefined;  // the graph in it decides
  return of_input(node, 0);
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

[[noreturn]] void wrong(const Node& node, std::string message) {
  throw Error("", fmt::format("node '{}'", node.op().name), std::move(message));
}

std::int64_t product(const View& view, AxisMask axes) {
  std::int64_t all = 1;
  for (int i = 0; i < view.rank; ++i)
    if ((axes >> static_cast<unsigned>(i)) & 1U) all *= view.dims[static_cast<std::size_t>(i)];
  return all;
}

void check_linear(const Node& node, const Linear& linear) {
  const Shape in = node.shape(linear.activation);
  AxisMask axis = 0;
  if (node.form().anchors) axis = node.form().anchors(node).input.value_or(0);
  const std::int64_t given = in.known() && axis != 0 ? in[__builtin_ctz(axis)] : kUnknown;
  const auto of = [&](const char* what) {
    return fmt::format("its weight '{}' has shape {}", node.tensor(linear.weight).name,
                       to_string(node.shape(linear.weight))) +
           what;
  };
  const std::int64_t channels = product(linear.view, linear.in_axes), features = product(linear.view, linear.out_axes);
  if (given >= 0 && given != channels)
    wrong(node, of("") + fmt::format(" for {} input channels, its input '{}' has {}: {}", channels,
                                     node.tensor(linear.activation).name, given, to_string(in)));
  if (!linear.bias) return;
  const Shape bias = node.shape(*linear.bias);
  const bool vector = node.form().op != "Gemm";
  const std::int64_t length = bias.rank() > 0 ? bias[bias.rank() - 1] : 1;
  const bool fits =
      vector ? bias.rank() == 1 && length == features : bias.rank() <= 2 && (length == features || length == 1);
  if (!fits)
    wrong(node, fmt::format("its bias '{}' has shape {}, its weight makes {} output channels",
                            node.tensor(*linear.bias).name, to_string(bias), features));
}

void check_convolution_rank(const Node& node) {
  const Shape in = node.shape(0), weight = node.shape(1);
  if (node.is_constant(1) && in.known() && in.rank() != weight.rank())
    wrong(node, fmt::format("its weight '{}' has shape {}, its input '{}' has {}: as many dimensions are needed",
                            node.tensor(1).name, to_string(weight), node.tensor(0).name, to_string(in)));
}

void check_batch_normalization(const Node& node) {
  const Shape in = node.shape(0);
  if (!in.known() || in.rank() < 2 || in[1] < 0 || node.integer("spatial", 1) == 0) return;
  for (std::size_t slot = 1; slot < 5; ++slot)
    if (node.is_constant(slot) && (node.shape(slot).rank() != 1 || node.shape(slot)[0] != in[1]))
      wrong(node, fmt::format("its input '{}' has shape {}, but '{}' has {} channels", node.tensor(slot).name,
                              to_string(node.shape(slot)), node.tensor(0).name, in[1]));
}

// Wrong weights are a mistake in the model that no rule should meet.
void check_weights(const Node& node) {
  const std::string_view op = node.form().op;
  if (op == "Conv" || op == "ConvTranspose") check_convolution_rank(node);
  if (op == "BatchNormalization") check_batch_normalization(node);
  if (!node.form().linear) return;
  std::string why;
  const auto linear = node.form().linear(node, why);
  if (linear)
    check_linear(node, *linear);
  else if ((op == "Conv" || op == "ConvTranspose") && node.is_constant(1) &&
           why.find("does not fit group") != std::string::npos)
    wrong(node, why);
}

}  // namespace

void infer_shapes(Network& network, const Forms& forms) {
  Symbols symbols(network);
  std::vector<bool> has_rule(network.type_count());
  for (TypeId type = 0; type < has_rule.size(); ++type) has_rule[type] = has_dtype_rule(forms.of_type(type).op);
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
      const DType dtype =
          tensor.dtype != DType::undefined ? tensor.dtype : dtype_of(node, slot, has_rule[node.op().type]);
      network.set_shape(outputs[slot], merge(network.arena(), symbols, inferred, tensor.shape), dtype);
      if (slot != 0) continue;
      if (const auto value = fold_constant(node, tensor.shape, network.arena()))
        network.set_constant(outputs[0], *value);
      if (floating(dtype)) continue;
      if (const auto values = fold_shapes(node)) network.set_folded(outputs[slot], *values);
    }
    check_weights(node);
  }
}

}  // namespace rw::graph
