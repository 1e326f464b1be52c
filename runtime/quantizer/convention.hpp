// The convention of the quantizer: what of a network is rounded, and to which values. One function says it,
// convention(); everybody who rounds a network, predicts the noise of rounding or writes a rounded network asks it.
//
// It is that of ONNX Runtime's static quantization (quantize_static, QDQ, its defaults), whose sources are the
// reference: quant_utils.py for the numbers, qdq_quantizer.py and operators/ for what is rounded.
//
//   Weights       of Conv, FusedConv, ConvTranspose, Gemm and MatMul that are constants: symmetric, int8 from -127 to
//                 127; one step for the whole tensor (largest |w| / 127), or one for each channel along the axis of its
//                 output channels.
//   Biases        stay as they are. (As int32 with the step of input times weight they would be rounded 2^16 times
//   finer
//                 than the output.)
//   Activations   asymmetric, uint8 (int8 with a zero point is the same): (high - low) / 255, 0 always a value of the
//                 grid; one step for the whole tensor, from its smallest to its largest value in calibration. Rounded
//                 are inputs and outputs of the operators in the table of convention.cpp:
//                   - layers with weights, Add, Mul, Concat, Where, LeakyRelu, Sigmoid, Softmax, GlobalAveragePool,
//                   ArgMax:
//                     by ranges of their own; the output of Softmax from 0 to 1
//                   - AveragePool, Resize, Pad: where the input is rounded, the output is too, to the input's values
//                   - MaxPool, Reshape, Transpose, Slice and others that choose among rounded values: nothing new
//                   - Relu, Clip: where the input is rounded, the output is instead: the runtime takes them for a part
//                   of
//                     the operator before. Where the input has other readers or is an output of the network, both are.
//                 All other operators (normalizations, divisions, exponentials, reductions) are computed in float.
//   Constants     that such an operator reads as an operand (Add, Mul, Concat, Where, MatMul's other side): as
//   activations,
//                 by their own values; not where activations are left in float.
//
// What a DequantizeLinear gives was rounded by the network itself and stays.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/network.hpp"
#include "runtime/evaluator/array.hpp"

namespace rw::quantizer {

enum class WeightSteps : std::uint8_t { tensor, channel };

struct Options {
  WeightSteps weights = WeightSteps::tensor;
  bool activations = true;  // false: weights alone
  unsigned bits = 8;        // kLeastBits to kMostBits (grid.hpp), of weights and activations
  // By the name of an operator: what it computes is not rounded, nor, for it, what it reads. Empty: none.
  std::function<bool(std::string_view)> in_float = {};
  bool float_outputs = false;  // what goes to outputs of the network alone is not rounded
  bool fused_silu = false;     // x * Sigmoid(x) and x * HardSigmoid(x) are computed at once: the gate is not rounded
};

struct RoundedConstant {
  graph::TensorId tensor = graph::kNone;
  bool symmetric = true;
  std::optional<int> axis = std::nullopt;  // a step for each position along it; nothing: one
};

struct RoundedActivation {
  graph::TensorId tensor = graph::kNone;  // an input of the network or what an operator computes
  graph::TensorId range = graph::kNone;   // the tensor whose range it has, in most cases itself; kNone: 0 to 1
  // Rounded tensors among whose values its own are chosen (Concat, Clip, Max, Min): where one has the same range both
  // have one grid, and are on it already.
  std::vector<graph::TensorId> among = {};
};

struct Convention {
  std::vector<RoundedConstant> constants;      // each once
  std::vector<RoundedActivation> activations;  // each once; producers before consumers
};

Convention convention(const graph::Network& network, const Options& options);

// The lowest and the highest value of a tensor in calibration.
struct Range {
  double low = 0, high = 0;
};
bool same_grid(const Range& a, const Range& b);  // but for what float32 rounds

// How often and how roundings are drawn: the steps of draw `draw` are stretched by up to `most` (stretch_of).
struct Jitter {
  double most = 0;
  std::uint64_t draw = 0;
};

// A constant, rounded.
evaluator::Array rounded(const graph::Network& network, const RoundedConstant& constant, const Options& options,
                         const Jitter& jitter = {});

// The steps of a constant: one, or one for each position along its axis.
std::vector<double> steps_of(const graph::Network& network, const RoundedConstant& constant, const Options& options);

}  // namespace rw::quantizer
