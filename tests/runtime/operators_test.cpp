// Every operator of ONNX has a law and a form of its own: the engine says of none that it does not know it.
#include <fmt/format.h>

#include "graph/builder.hpp"
#include "graph/operators/form.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/regions/analysis.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell.hpp"

using namespace rw;

namespace {

// ai.onnx, operator sets 1 to 24, and what exporters and optimizers write beside it.
constexpr const char* kOperators = R"(
Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization Bernoulli
BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike Ceil Celu CenterCropPad Clip Col2Im
Compress Concat ConcatFromSequence Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DFT
DeformConv DepthToSpace DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike
Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater
GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity If
ImageDecoder InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax
Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization
MelWeightMatrix Min Mish Mod Mul Multinomial Neg NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional
OptionalGetElement OptionalHasElement Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization RNN
RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum
ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare RegexFullMatch Relu Reshape Resize
ReverseSequence RoiAlign RotaryEmbedding Round STFT Scan Scatter ScatterElements ScatterND Selu SequenceAt
SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SequenceMap Shape Shrink Sigmoid Sign Sin
Sinh Size Slice Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze
StringConcat StringNormalizer StringSplit Sub Sum Swish Tan Tanh TensorScatter TfIdfVectorizer ThresholdedRelu Tile TopK
Transpose Trilu Unique Unsqueeze Upsample Where Xor
com.microsoft::FusedConv com.microsoft::Gelu com.microsoft::QuickGelu com.microsoft::FastGelu com.microsoft::BiasGelu
SimplifiedLayerNormalization)";

std::vector<std::string> operators() {
  std::vector<std::string> names;
  std::string_view text = kOperators;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (end > 0) names.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

dsl::Loaded standard_library() {
  dsl::Loaded rules = dsl::load({"equalization"}, runtime::rule_library(), runtime::vocabulary());
  REQUIRE(rules.diagnostics.empty());
  return rules;
}

}  // namespace

TEST_CASE("every operator of ONNX has a law and a form") {
  const dsl::Loaded rules = standard_library();
  for (const std::string& op : operators()) {
    INFO(op);
    CHECK(graph::find_form(op) != nullptr);
    // Whatever inputs it has, and whether shapes are known or not: it is looked at, and its law speaks or says why not.
    for (const std::size_t inputs : {1U, 2U, 3U, 5U}) {
      for (const bool shapes : {true, false}) {
        graph::NetworkBuilder builder;
        std::vector<graph::TensorId> in;
        for (std::size_t i = 0; i < inputs; ++i) {
          in.push_back(builder.tensor(fmt::format("x{}", i)));
          builder.input(in.back());
          const std::vector<std::int64_t> dims = {2, 4, 6, 6};
          builder.describe(
              in.back(), graph::DType::float32,
              shapes ? graph::Shape(builder.arena().store(std::span<const std::int64_t>(dims))) : graph::Shape());
        }
        const std::vector<graph::TensorId> out = {builder.tensor("y"), builder.tensor("z")};
        builder.add(op, "node", in, out, {});
        builder.output(out[0]);
        graph::Network network = builder.finish();
        const runtime::Analysis analysis = runtime::analyse(network, rules.program.laws);
        CHECK_FALSE(analysis.operators[0].unknown);
        CHECK((analysis.holds(0) || !analysis.why_blocked(0).empty()));
      }
    }
  }
}

TEST_CASE("every operator that std.dsl names has a form of its own") {
  for (const dsl::LawBinding& binding : standard_library().program.laws) {
    INFO(binding.op);
    CHECK(graph::find_form(binding.op) != nullptr);
  }
}
