#include "runtime/quantizer/convention.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <string_view>

#include "graph/values/elements.hpp"
#include "runtime/quantizer/grid.hpp"

namespace rw::quantizer {
namespace {

using graph::kNone;
using graph::Network;
using graph::Operator;
using graph::OperatorId;
using graph::Tensor;
using graph::TensorId;

// The axis of the output channels of the weight in this slot.
using WeightAxis = std::optional<int> (*)(const Operator&, std::uint32_t slot, int rank);

std::optional<int> first_axis(const Operator&, std::uint32_t, int) { return 0; }
std::optional<int> second_axis(const Operator&, std::uint32_t, int) { return 1; }
std::optional<int> gemm_axis(const Operator& op, std::uint32_t slot, int) {
  const auto transposed = [&](std::string_view name) {
    const graph::AttributeValue* value = op.find(name);
    const auto* number = value ? std::get_if<std::int64_t>(value) : nullptr;
    return number && *number != 0;
  };
  return slot == 1 ? !transposed("transB") : transposed("transA");
}
std::optional<int> matmul_axis(const Operator&, std::uint32_t slot, int rank) {
  if (rank < 2) return std::nullopt;
  return rank - (slot == 1 ? 1 : 2);
}

enum class Rounds : std::uint8_t {
  layer,       // inputs and outputs, and weights
  all,         // inputs and outputs
  all_to_one,  // inputs and outputs; the output's range is 0 to 1
  like_input,  // the output, to the values of the input, where that is rounded
  nothing,     // the output's values are those of the input
  activation,  // the output in place of the input, where that is rounded
};

struct Row {
  std::string_view type;
  Rounds rounds;
  std::uint32_t operands = UINT32_MAX;  // the first so many inputs are what it rounds
  WeightAxis axis = nullptr;
};

constexpr Row kRows[] = {
    {"Conv", Rounds::layer, 2, first_axis},
    {"com.microsoft::FusedConv", Rounds::layer, 2, first_axis},
    {"ConvTranspose", Rounds::layer, 2, second_axis},
    {"Gemm", Rounds::layer, 2, gemm_axis},
    {"MatMul", Rounds::layer, 2, matmul_axis},
    {"Add", Rounds::all},
    {"Mul", Rounds::all},
    {"Concat", Rounds::all},
    {"Where", Rounds::all},
    {"LeakyRelu", Rounds::all},
    {"Sigmoid", Rounds::all},
    {"GlobalAveragePool", Rounds::all},
    {"ArgMax", Rounds::all},
    {"Softmax", Rounds::all_to_one},
    {"AveragePool", Rounds::like_input},
    {"Resize", Rounds::like_input},
    {"Pad", Rounds::like_input},
    {"MaxPool", Rounds::nothing},
    {"Reshape", Rounds::nothing},
    {"Transpose", Rounds::nothing},
    {"Squeeze", Rounds::nothing},
    {"Unsqueeze", Rounds::nothing},
    {"Slice", Rounds::nothing},
    {"Split", Rounds::nothing},
    {"Gather", Rounds::nothing},
    {"GatherElements", Rounds::nothing},
    {"Relu", Rounds::activation},
    {"Clip", Rounds::activation},
};

const Row* find_row(std::string_view type) {
  const auto* row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& each) { return each.type == type; });
  return row == std::end(kRows) ? nullptr : row;
}

class Finder {
 public:
  Finder(const Network& network, const Options& options)
      : network_(network), options_(options), range_(network.tensors().size(), kNone), state_(range_.size(), kFloat) {
    for (graph::TypeId type = 0; type < network.type_count(); ++type)
      rows_.push_back(find_row(network.type_name(type)));
  }

  Convention find() {
    for (const OperatorId id : network_.order())
      if (const Row* row = row_of(id); row && row->rounds <= Rounds::all_to_one) operands(id, *row);
    if (!options_.activations) return std::move(found_);
    for (const OperatorId id : network_.order())
      if (const Row* row = row_of(id); row && row->rounds > Rounds::all_to_one) follow(id, *row);
    gather();
    return std::move(found_);
  }

 private:
  enum State : std::uint8_t { kFloat, kOnGrid, kRounded };  // kOnGrid: its values are those of a rounded tensor

  const Row* row_of(OperatorId id) const { return network_.removed(id) ? nullptr : rows_[network_.op(id).type]; }

  // What carries numbers that an integer runtime would hold as integers.
  bool real(TensorId id) const {
    if (id == kNone) return false;
    const Tensor& tensor = network_.tensor(id);
    if (!graph::floating(tensor.dtype) && tensor.dtype != graph::DType::undefined) return false;
    return tensor.producer == kNone || network_.type_of(tensor.producer) != "DequantizeLinear";
  }

  void round(TensorId id, TensorId range) {
    if (!real(id) || network_.tensor(id).constant) return;
    state_[id] = kRounded;
    range_[id] = range;
  }

  void add_constant(const RoundedConstant& constant) {
    if (state_[constant.tensor] != kFloat) return;  // the first operator that reads it decides
    state_[constant.tensor] = kOnGrid;
    found_.constants.push_back(constant);
  }

  // It makes of x the gate by which x alone is multiplied.
  bool is_fused(OperatorId id) const {
    if (!options_.fused_silu || id == kNone) return false;
    const std::string_view type = network_.type_of(id);
    if (type != "Sigmoid" && type != "HardSigmoid") return false;
    const TensorId x = network_.op(id).inputs[0], gate = network_.op(id).outputs[0];
    const auto readers = network_.consumers(gate);
    if (network_.tensor(gate).is_output || readers.size() != 1 || network_.type_of(readers[0].op) != "Mul")
      return false;
    const auto factors = network_.op(readers[0].op).inputs;
    return factors[1 - readers[0].slot] == x;
  }

  bool stays_in_float(OperatorId id) const {
    return is_fused(id) || (id != kNone && options_.in_float && options_.in_float(network_.op(id).name));
  }

  void operands(OperatorId id, const Row& row) {
    const Operator& op = network_.op(id);
    if (stays_in_float(id)) return;
    const auto inputs = static_cast<std::uint32_t>(std::min<std::size_t>(op.inputs.size() - op.captured, row.operands));
    for (std::uint32_t slot = 0; slot < inputs; ++slot) {
      const TensorId input = op.inputs[slot];
      if (!real(input) || stays_in_float(network_.tensor(input).producer)) continue;
      if (!network_.tensor(input).constant)
        round(input, input);
      else if (row.axis)
        add_constant(weight(op, row, slot));
      else if (options_.activations)
        add_constant({.tensor = input, .symmetric = false});
    }
    for (const TensorId output : op.outputs)
      if (output != kNone) round(output, row.rounds == Rounds::all_to_one ? kNone : output);
  }

  RoundedConstant weight(const Operator& op, const Row& row, std::uint32_t slot) const {
    const TensorId tensor = op.inputs[slot];
    RoundedConstant constant{.tensor = tensor};
    if (options_.weights == WeightSteps::tensor) return constant;
    const int rank = network_.tensor(tensor).constant->shape.rank();
    constant.axis = row.axis(op, slot, rank);
    if (constant.axis && *constant.axis >= rank) constant.axis.reset();
    return constant;
  }

  void follow(OperatorId id, const Row& row) {
    const Operator& op = network_.op(id);
    if (op.inputs.empty() || op.inputs[0] == kNone || state_[op.inputs[0]] == kFloat) return;
    const TensorId input = op.inputs[0];
    if (network_.tensor(input).constant) return;
    for (const TensorId output : op.outputs) {
      if (output == kNone) continue;
      if (row.rounds == Rounds::activation)
        round(output, output);
      else
        round(output, range_[input]);
      if (row.rounds == Rounds::nothing && state_[output] == kRounded) state_[output] = kOnGrid;
    }
    const Tensor& before = network_.tensor(input);
    if (row.rounds != Rounds::activation || op.outputs[0] == kNone || network_.consumers(input).size() != 1) return;
    if (before.is_input || before.is_output)
      range_[input] = op.outputs[0];
    else
      state_[input] = kFloat;
  }

  // What nobody reads but operators whose outputs hold the same values, and which comes to outputs of the network.
  std::vector<bool> ending() const {
    std::vector<bool> ends(state_.size(), false);
    const auto is_end = [&](TensorId id) {
      const auto readers = network_.consumers(id);
      if (readers.empty()) return network_.tensor(id).is_output;
      return std::all_of(readers.begin(), readers.end(), [&](const graph::Use& use) {
        const Row* row = row_of(use.op);
        const auto outputs = network_.op(use.op).outputs;
        return row && row->rounds >= Rounds::nothing &&
               std::all_of(outputs.begin(), outputs.end(), [&](TensorId each) { return each == kNone || ends[each]; });
      });
    };
    const auto order = network_.order();
    for (std::size_t i = order.size(); i-- > 0;)
      if (!network_.removed(order[i]))
        for (const TensorId output : network_.op(order[i]).outputs)
          if (output != kNone) ends[output] = is_end(output);
    return ends;
  }

  void gather() {
    if (options_.float_outputs) {
      const std::vector<bool> ends = ending();
      for (TensorId id = 0; id < ends.size(); ++id)
        if (ends[id]) state_[id] = kFloat;
    }
    std::vector<TensorId> grid(state_.size(), kNone);  // the rounded tensor on whose grid values may be
    for (const TensorId input : network_.inputs()) add(input, {}, grid);
    for (const OperatorId id : network_.order()) {
      if (network_.removed(id)) continue;
      std::vector<TensorId> among;
      if (chooses(id))
        for (const TensorId input : network_.op(id).inputs)
          if (input != kNone && grid[input] != kNone) among.push_back(grid[input]);
      for (const TensorId output : network_.op(id).outputs)
        if (output != kNone) add(output, among, grid);
    }
  }
  void add(TensorId id, std::span<const TensorId> among, std::vector<TensorId>& grid) {
    grid[id] = state_[id] == kRounded ? id : among.empty() ? kNone : among[0];
    if (state_[id] != kRounded) return;
    found_.activations.push_back({id, range_[id], {}});
    if (range_[id] == id) found_.activations.back().among.assign(among.begin(), among.end());
  }

  // What it gives are values of its inputs, or constants in their place.
  bool chooses(OperatorId id) const {
    const Row* row = row_of(id);
    if (row && (row->rounds == Rounds::nothing || row->rounds == Rounds::activation)) return true;
    const std::string_view type = network_.type_of(id);
    return type == "Concat" || type == "Where" || type == "Max" || type == "Min" || type == "Identity";
  }

  const Network& network_;
  const Options& options_;
  std::vector<TensorId> range_;
  std::vector<State> state_;
  std::vector<const Row*> rows_;  // by type
  Convention found_;
};

// The elements of a constant along an axis: [before, along, behind].
struct Slices {
  std::size_t before = 1, along = 1, behind = 1;
};

Slices slices_of(const graph::Shape& shape, std::optional<int> axis) {
  Slices slices;
  for (int i = 0; i < shape.rank(); ++i) {
    const auto size = static_cast<std::size_t>(shape[i]);
    if (!axis || i > *axis)
      slices.behind *= size;
    else if (i == *axis)
      slices.along = size;
    else
      slices.before *= size;
  }
  return slices;
}

// f(position along the axis, its elements), some at a time.
template <typename Values, typename F>
void for_each_slice(Values&& values, const Slices& slices, F f) {
  for (std::size_t i = 0; i < slices.before; ++i)
    for (std::size_t at = 0; at < slices.along; ++at)
      f(at, std::span(values).subspan((i * slices.along + at) * slices.behind, slices.behind));
}

std::vector<float> floats_of(const graph::Literal& literal) {
  std::vector<float> values(graph::count(literal));
  graph::for_each_element(literal, [&](std::size_t i, double value) { values[i] = static_cast<float>(value); });
  return values;
}

std::vector<Range> ranges_of(std::vector<float>& values, const Slices& slices) {
  std::vector<Range> ranges(slices.along);
  for_each_slice(values, slices, [&](std::size_t at, std::span<const float> some) {
    for (const float value : some) {
      ranges[at].low = std::min(ranges[at].low, static_cast<double>(value));
      ranges[at].high = std::max(ranges[at].high, static_cast<double>(value));
    }
  });
  return ranges;
}

Grid grid_of(const RoundedConstant& constant, const Range& range, unsigned bits, double stretch) {
  if (!constant.symmetric) return asymmetric_grid(range.low, range.high, bits, stretch);
  return symmetric_grid(std::max(-range.low, range.high), bits, stretch);
}

}  // namespace

bool same_grid(const Range& a, const Range& b) {
  constexpr double kRounded = 1e-6;
  const double most = kRounded * std::max(a.high - a.low, b.high - b.low);
  return std::fabs(a.high - b.high) <= most && std::fabs(a.low - b.low) <= most;
}

Convention convention(const Network& network, const Options& options) { return Finder(network, options).find(); }

evaluator::Array rounded(const Network& network, const RoundedConstant& constant, const Options& options,
                         const Jitter& jitter) {
  const Tensor& tensor = network.tensor(constant.tensor);
  const graph::Literal& literal = *tensor.constant;
  std::vector<float> values = floats_of(literal);
  const Slices slices = slices_of(literal.shape, constant.axis);
  std::vector<Grid> grids;
  for (const Range& range : ranges_of(values, slices))
    grids.push_back(
        grid_of(constant, range, options.bits, stretch_of(tensor.name, grids.size(), jitter.draw, jitter.most)));
  for_each_slice(values, slices, [&](std::size_t at, std::span<float> some) { round_to(grids[at], some); });
  return {evaluator::Dims(literal.shape.dims().begin(), literal.shape.dims().end()), std::move(values)};
}

std::vector<double> steps_of(const Network& network, const RoundedConstant& constant, const Options& options) {
  const graph::Literal& literal = *network.tensor(constant.tensor).constant;
  std::vector<float> values = floats_of(literal);
  std::vector<double> steps;
  for (const Range& range : ranges_of(values, slices_of(literal.shape, constant.axis)))
    steps.push_back(static_cast<double>(grid_of(constant, range, options.bits, 1).step));
  return steps;
}

}  // namespace rw::quantizer
