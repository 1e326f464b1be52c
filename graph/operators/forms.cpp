// One row an operator: attributes with defaults, shape of the output, where channels lie, how axes are carried, where
// the constants are. A row says nothing of laws. Source: the ONNX operator specification (ai.onnx, com.microsoft).
#include "graph/operators/form.hpp"

#include <array>
#include <map>

#include "graph/operators/form_functions.hpp"

namespace rw::graph {
namespace {

constexpr auto kInteger = AttributeForm::integer;
constexpr auto kNumber = AttributeForm::number;
constexpr auto kText = AttributeForm::text;
constexpr auto kList = AttributeForm::list;

using Rows = std::span<const AttributeRow>;
template <std::size_t N>
using Table = std::array<AttributeRow, N>;

constexpr Table<6> kConv = {{{"auto_pad", kText, 0, "NOTSET"},
                             {"dilations", kList},
                             {"group", kInteger, 1},
                             {"kernel_shape", kList},
                             {"pads", kList},
                             {"strides", kList}}};
constexpr Table<8> kConvTranspose = {{{"auto_pad", kText, 0, "NOTSET"},
                                      {"dilations", kList},
                                      {"group", kInteger, 1},
                                      {"kernel_shape", kList},
                                      {"output_padding", kList},
                                      {"output_shape", kList},
                                      {"pads", kList},
                                      {"strides", kList}}};
constexpr Table<8> kFusedConv = {{{"auto_pad", kText, 0, "NOTSET"},
                                  {"dilations", kList},
                                  {"group", kInteger, 1},
                                  {"kernel_shape", kList},
                                  {"pads", kList},
                                  {"strides", kList},
                                  {"activation", kText, 0, ""},
                                  {"activation_params", kList}}};
constexpr Table<4> kGemm = {
    {{"alpha", kNumber, 1}, {"beta", kNumber, 1}, {"transA", kInteger, 0}, {"transB", kInteger, 0}}};
constexpr Table<4> kBatchNorm = {
    {{"epsilon", kNumber, 1e-5}, {"momentum", kNumber, 0.9}, {"training_mode", kInteger, 0}, {"spatial", kInteger, 1}}};
constexpr Table<8> kPool = {{{"auto_pad", kText, 0, "NOTSET"},
                             {"ceil_mode", kInteger, 0},
                             {"count_include_pad", kInteger, 0},
                             {"dilations", kList},
                             {"kernel_shape", kList},
                             {"pads", kList},
                             {"storage_order", kInteger, 0},
                             {"strides", kList}}};
constexpr Table<7> kLpPool = {{{"auto_pad", kText, 0, "NOTSET"},
                               {"ceil_mode", kInteger, 0},
                               {"dilations", kList},
                               {"kernel_shape", kList},
                               {"p", kInteger, 2},
                               {"pads", kList},
                               {"strides", kList}}};
constexpr Table<1> kGlobalLp = {{{"p", kInteger, 2}}};
constexpr Table<3> kReduce = {{{"axes", kList}, {"keepdims", kInteger, 1}, {"noop_with_empty_axes", kInteger, 0}}};
constexpr Table<3> kPad = {{{"mode", kText, 0, "constant"}, {"pads", kList}, {"value", kNumber, 0}}};
constexpr Table<4> kRoiAlign = {{{"mode", kText, 0, "avg"},
                                 {"output_height", kInteger, 1},
                                 {"output_width", kInteger, 1},
                                 {"spatial_scale", kNumber, 1}}};
constexpr Table<3> kTopK = {{{"axis", kInteger, -1}, {"largest", kInteger, 1}, {"sorted", kInteger, 1}}};
constexpr Table<1> kTrilu = {{{"upper", kInteger, 1}}};
constexpr Table<2> kCumSum = {{{"exclusive", kInteger, 0}, {"reverse", kInteger, 0}}};
constexpr Table<2> kReverse = {{{"batch_axis", kInteger, 1}, {"time_axis", kInteger, 0}}};
constexpr Table<1> kAxisFirst = {{{"axis", kInteger, 0}}};
constexpr Table<1> kAxisSecond = {{{"axis", kInteger, 1}}};
constexpr Table<1> kAxisLast = {{{"axis", kInteger, -1}}};
constexpr Table<2> kShape = {{{"end", kInteger, 4294967296.0}, {"start", kInteger, 0}}};
constexpr Table<1> kAxes = {{{"axes", kList}}};
constexpr Table<3> kSplit = {{{"axis", kInteger, 0}, {"split", kList}, {"num_outputs", kInteger, 0}}};
constexpr Table<3> kSlice = {{{"axes", kList}, {"ends", kList}, {"starts", kList}}};
constexpr Table<1> kPerm = {{{"perm", kList}}};
constexpr Table<2> kReshape = {{{"allowzero", kInteger, 0}, {"shape", kList}}};
constexpr Table<2> kDepthToSpace = {{{"blocksize", kInteger, 0}, {"mode", kText, 0, "DCR"}}};
constexpr Table<1> kSpaceToDepth = {{{"blocksize", kInteger, 0}}};
constexpr Table<9> kResize = {{{"antialias", kInteger, 0},
                               {"axes", kList},
                               {"coordinate_transformation_mode", kText, 0, "half_pixel"},
                               {"cubic_coeff_a", kNumber, -0.75},
                               {"exclude_outside", kInteger, 0},
                               {"extrapolation_value", kNumber, 0},
                               {"keep_aspect_ratio_policy", kText, 0, "stretch"},
                               {"mode", kText, 0, "nearest"},
                               {"nearest_mode", kText, 0, "round_prefer_floor"}}};
constexpr Table<2> kUpsample = {{{"mode", kText, 0, "nearest"}, {"scales", kList}}};
constexpr Table<1> kLeaky = {{{"alpha", kNumber, 0.01}}};
constexpr Table<1> kElu = {{{"alpha", kNumber, 1}}};
constexpr Table<2> kClip = {
    {{"max", kNumber, 3.4028234663852886e38, {}, 2}, {"min", kNumber, -3.4028234663852886e38, {}, 1}}};
constexpr Table<2> kDropout = {{{"ratio", kNumber, 0.5, {}, 1}, {"seed", kInteger, 0}}};
constexpr Table<2> kHardSigmoid = {{{"alpha", kNumber, 0.2}, {"beta", kNumber, 0.5}}};
constexpr Table<1> kGelu = {{{"approximate", kText, 0, "none"}}};
constexpr Table<2> kCast = {{{"saturate", kInteger, 1}, {"to", kInteger, 1}}};
constexpr Table<3> kLayerNorm = {{{"axis", kInteger, -1}, {"epsilon", kNumber, 1e-5}, {"stash_type", kInteger, 1}}};
constexpr Table<1> kEpsilon = {{{"epsilon", kNumber, 1e-5}}};
constexpr Table<3> kGroupNorm = {
    {{"epsilon", kNumber, 1e-5}, {"num_groups", kInteger, 1}, {"stash_type", kInteger, 1}}};
constexpr Table<3> kGridSample = {
    {{"align_corners", kInteger, 0}, {"mode", kText, 0, "linear"}, {"padding_mode", kText, 0, "zeros"}}};

const std::vector<Form>& table() {
  namespace s = shape_of;
  namespace a = anchors_of;
  namespace x = axes_of;
  namespace w = weight_of;
  namespace m = movement_of;
  constexpr UserForm none = {};
  static const std::vector<Form> rows = {
      // op, attributes, shape, anchors, axes, linear, affine, (user), movement
      {"Conv", kConv, s::conv, a::second, nullptr, w::conv},
      {"com.microsoft::FusedConv", kFusedConv, s::conv, a::second, nullptr, w::conv},
      {"ConvTranspose", kConvTranspose, s::conv_transpose, a::second, nullptr, w::conv_transpose},
      {"Gemm", kGemm, s::gemm, a::last, nullptr, w::gemm},
      {"MatMul", {}, s::matmul, a::matmul, x::matmul, w::matmul},
      {"BatchNormalization", kBatchNorm, s::same, a::second, x::same, nullptr, w::batch_normalization},

      {"MaxPool", kPool, s::pool, a::second, x::same},
      {"AveragePool", kPool, s::pool, a::second, x::same},
      {"LpPool", kLpPool, s::pool, a::second, x::same},
      {"GlobalMaxPool", {}, s::global_pool, a::second, x::same},
      {"GlobalAveragePool", {}, s::global_pool, a::second, x::same},
      {"GlobalLpPool", kGlobalLp, s::global_pool, a::second, x::same},
      {"InstanceNormalization", kEpsilon, s::same, a::second, x::same, nullptr, w::normalization},
      {"GroupNormalization", kGroupNorm, s::same, a::second, x::same, nullptr, w::normalization},
      {"LayerNormalization", kLayerNorm, s::same, a::last, x::same, nullptr, w::normalization},
      {"RMSNormalization", kLayerNorm, s::same, a::last, x::same, nullptr, w::normalization},
      {"SimplifiedLayerNormalization", kLayerNorm, s::same, a::last, x::same, nullptr, w::normalization},
      {"LRN", {}, s::same, a::second, x::same},
      {"MeanVarianceNormalization", kAxes, s::same, a::second, x::same},
      {"MaxUnpool", kPool, s::max_unpool, a::second, x::first_two},
      {"RoiAlign", kRoiAlign, s::roi_align, a::second, x::second},
      {"GridSample", kGridSample, s::grid_sample, a::second, x::first_two},

      {"Relu", {}, s::same, nullptr, x::same},
      {"LeakyRelu", kLeaky, s::same, nullptr, x::same},
      {"PRelu", {}, s::same, nullptr, x::same},
      {"Abs", {}, s::same, nullptr, x::same},
      {"Neg", {}, s::same, nullptr, x::same},
      {"Identity", {}, s::same, nullptr, x::same},
      {"Dropout", kDropout, s::same, nullptr, x::same},
      {"Clip", kClip, s::same, nullptr, x::same},
      {"Cast", kCast, s::same, nullptr, x::same},
      {"CastLike", {}, s::same, nullptr, x::same},
      {"Sigmoid", {}, s::same, nullptr, x::same},
      {"HardSigmoid", kHardSigmoid, s::same, nullptr, x::same},
      {"HardSwish", {}, s::same, nullptr, x::same},
      {"Tanh", {}, s::same, nullptr, x::same},
      {"Erf", {}, s::same, nullptr, x::same},
      {"Exp", {}, s::same, nullptr, x::same},
      {"Log", {}, s::same, nullptr, x::same},
      {"Sqrt", {}, s::same, nullptr, x::same},
      {"Reciprocal", {}, s::same, nullptr, x::same},
      {"Elu", kElu, s::same, nullptr, x::same},
      {"Celu", kElu, s::same, nullptr, x::same},
      {"Selu", {}, s::same, nullptr, x::same},
      {"Gelu", kGelu, s::same, nullptr, x::same},
      {"com.microsoft::Gelu", {}, s::same, nullptr, x::same},
      {"Mish", {}, s::same, nullptr, x::same},
      {"Softplus", {}, s::same, nullptr, x::same},
      {"Softsign", {}, s::same, nullptr, x::same},
      {"ThresholdedRelu", kElu, s::same, nullptr, x::same},
      {"Swish", kElu, s::same, nullptr, x::same},
      {"com.microsoft::QuickGelu", kElu, s::same, nullptr, x::same},
      {"com.microsoft::FastGelu", {}, s::same, nullptr, x::same},
      {"com.microsoft::BiasGelu", {}, s::same, nullptr, x::same},
      {"Shrink", {}, s::same, nullptr, x::same},
      {"Sin", {}, s::same, nullptr, x::same},
      {"Cos", {}, s::same, nullptr, x::same},
      {"Tan", {}, s::same, nullptr, x::same},
      {"Asin", {}, s::same, nullptr, x::same},
      {"Acos", {}, s::same, nullptr, x::same},
      {"Atan", {}, s::same, nullptr, x::same},
      {"Sinh", {}, s::same, nullptr, x::same},
      {"Cosh", {}, s::same, nullptr, x::same},
      {"Asinh", {}, s::same, nullptr, x::same},
      {"Acosh", {}, s::same, nullptr, x::same},
      {"Atanh", {}, s::same, nullptr, x::same},
      {"Bernoulli", {}, s::same, nullptr, x::same},
      {"BitwiseNot", {}, s::same, nullptr, x::same},
      {"IsInf", {}, s::same, nullptr, x::same},
      {"Hardmax", kAxisLast, s::same, nullptr, x::same},
      {"LpNormalization", kAxisLast, s::same, nullptr, x::same},
      {"Floor", {}, s::same, nullptr, x::same},
      {"Ceil", {}, s::same, nullptr, x::same},
      {"Round", {}, s::same, nullptr, x::same},
      {"Sign", {}, s::same, nullptr, x::same},
      {"Not", {}, s::same, nullptr, x::same},
      {"IsNaN", {}, s::same, nullptr, x::same},
      {"Softmax", kAxisLast, s::same, nullptr, x::same},
      {"LogSoftmax", kAxisLast, s::same, nullptr, x::same},
      {"QuantizeLinear", kAxisSecond, s::same, nullptr, x::same},
      {"DequantizeLinear", kAxisSecond, s::same, nullptr, x::same},

      {"Add", {}, s::broadcast, nullptr, x::broadcast},
      {"Sub", {}, s::broadcast, nullptr, x::broadcast},
      {"Mul", {}, s::broadcast, nullptr, x::broadcast, nullptr, w::multiply},
      {"Div", {}, s::broadcast, nullptr, x::broadcast, nullptr, w::divide},
      {"Pow", {}, s::broadcast, nullptr, x::broadcast},
      {"Sum", {}, s::broadcast, nullptr, x::broadcast},
      {"Mean", {}, s::broadcast, nullptr, x::broadcast},
      {"Max", {}, s::broadcast, nullptr, x::broadcast},
      {"Min", {}, s::broadcast, nullptr, x::broadcast},
      {"Where", {}, s::broadcast, nullptr, x::broadcast},
      {"Equal", {}, s::broadcast, nullptr, x::broadcast},
      {"Less", {}, s::broadcast, nullptr, x::broadcast},
      {"LessOrEqual", {}, s::broadcast, nullptr, x::broadcast},
      {"Greater", {}, s::broadcast, nullptr, x::broadcast},
      {"GreaterOrEqual", {}, s::broadcast, nullptr, x::broadcast},
      {"And", {}, s::broadcast, nullptr, x::broadcast},
      {"Or", {}, s::broadcast, nullptr, x::broadcast},
      {"Xor", {}, s::broadcast, nullptr, x::broadcast},
      {"Mod", {}, s::broadcast, nullptr, x::broadcast},
      {"BitShift", {}, s::broadcast, nullptr, x::broadcast},
      {"BitwiseAnd", {}, s::broadcast, nullptr, x::broadcast},
      {"BitwiseOr", {}, s::broadcast, nullptr, x::broadcast},
      {"BitwiseXor", {}, s::broadcast, nullptr, x::broadcast},

      {"ReduceMean", kReduce, s::reduce, nullptr, x::reduce},
      {"ReduceSum", kReduce, s::reduce, nullptr, x::reduce},
      {"ReduceMax", kReduce, s::reduce, nullptr, x::reduce},
      {"ReduceMin", kReduce, s::reduce, nullptr, x::reduce},
      {"ReduceL1", kReduce, s::reduce, nullptr, x::reduce},
      {"ReduceL2", kReduce, s::reduce, nullptr, x::reduce},
      {"ReduceProd", kReduce, s::reduce, nullptr, x::reduce},
      {"ReduceSumSquare", kReduce, s::reduce, nullptr, x::reduce},
      {"ReduceLogSum", kReduce, s::reduce, nullptr, x::reduce},
      {"ReduceLogSumExp", kReduce, s::reduce, nullptr, x::reduce},

      {"Concat", kAxisSecond, s::concat, nullptr, x::same},
      {"Split", kSplit, s::split, nullptr, x::same, nullptr, nullptr, none, m::split},
      {"Slice", kSlice, s::slice, nullptr, x::same, nullptr, nullptr, none, m::slice},
      {"Gather", kAxisFirst, s::gather, nullptr, x::gather, nullptr, nullptr, none, m::gather},
      {"Pad", kPad, s::pad, nullptr, x::same},
      {"Resize", kResize, s::resize, nullptr, x::same},
      {"Upsample", kUpsample, s::resize, nullptr, x::same},
      {"Tile", {}, s::tile, nullptr, x::same, nullptr, nullptr, none, m::tile},
      {"Expand", {}, s::expand, nullptr, x::broadcast, nullptr, nullptr, none, m::expand},
      {"Reshape", kReshape, s::reshape, nullptr, x::view, nullptr, nullptr, none, m::reshape},
      {"Flatten", kAxisSecond, s::flatten, nullptr, x::view, nullptr, nullptr, none, m::reshape},
      {"Squeeze", kAxes, s::squeeze, nullptr, x::reduce, nullptr, nullptr, none, m::reshape},
      {"Unsqueeze", kAxes, s::unsqueeze, nullptr, x::reduce, nullptr, nullptr, none, m::reshape},
      {"Transpose", kPerm, s::transpose, nullptr, x::transpose, nullptr, nullptr, none, m::transpose},
      {"DepthToSpace", kDepthToSpace, s::depth_to_space, a::second, nullptr, nullptr, nullptr, none, m::depth_to_space},
      {"SpaceToDepth", kSpaceToDepth, s::space_to_depth, a::second, nullptr, nullptr, nullptr, none, m::space_to_depth},

      {"Trilu", kTrilu, s::same, nullptr, x::same},
      {"CumSum", kCumSum, s::same, nullptr, x::same},
      {"ReverseSequence", kReverse, s::same, nullptr, x::same},
      {"GatherElements", kAxisFirst, s::gather_elements, nullptr, x::same},
      {"TopK", kTopK, s::top_k, nullptr, x::same},
      {"ScatterElements", kAxisFirst, s::same, nullptr, x::same},
      {"Scatter", kAxisFirst, s::same, nullptr, x::same},
      {"ScatterND", {}, s::same, nullptr, x::same},
      {"TensorScatter", {}, s::same, nullptr, x::same},

      {"Shape", kShape, s::shape},
      {"Range", {}, s::range},
      {"Size", {}, s::scalar},
      {"Constant", {}, s::constant},
      {"ConstantOfShape", {}, s::constant_of_shape},
      {"EyeLike", {}, s::same},
      {"RandomNormalLike", {}, s::same},
      {"RandomUniformLike", {}, s::same},

      // Of these nothing is needed but that they exist: they carry no scale, and their outputs have whatever shape the
      // model says.
      {"AffineGrid"},
      {"ArgMax"},
      {"ArgMin"},
      {"Attention"},
      {"BlackmanWindow"},
      {"CenterCropPad"},
      {"Col2Im"},
      {"Compress"},
      {"ConcatFromSequence"},
      {"ConvInteger"},
      {"DFT"},
      {"DeformConv"},
      {"Det"},
      {"DynamicQuantizeLinear"},
      {"Einsum"},
      {"GRU"},
      {"GatherND"},
      {"HammingWindow"},
      {"HannWindow"},
      {"If"},
      {"ImageDecoder"},
      {"LSTM"},
      {"Loop"},
      {"MatMulInteger"},
      {"MaxRoiPool"},
      {"MelWeightMatrix"},
      {"Multinomial"},
      {"NegativeLogLikelihoodLoss"},
      {"NonMaxSuppression"},
      {"NonZero"},
      {"OneHot"},
      {"Optional"},
      {"OptionalGetElement"},
      {"OptionalHasElement"},
      {"QLinearConv"},
      {"QLinearMatMul"},
      {"RNN"},
      {"RandomNormal"},
      {"RandomUniform"},
      {"RegexFullMatch"},
      {"RotaryEmbedding"},
      {"STFT"},
      {"Scan"},
      {"SequenceAt"},
      {"SequenceConstruct"},
      {"SequenceEmpty"},
      {"SequenceErase"},
      {"SequenceInsert"},
      {"SequenceLength"},
      {"SequenceMap"},
      {"SoftmaxCrossEntropyLoss"},
      {"SplitToSequence"},
      {"StringConcat"},
      {"StringNormalizer"},
      {"StringSplit"},
      {"TfIdfVectorizer"},
      {"Unique"},
  };
  return rows;
}

}  // namespace

std::span<const Form> forms() { return table(); }

const Form* find_form(std::string_view op) {
  static const std::map<std::string_view, const Form*> index = [] {
    std::map<std::string_view, const Form*> all;
    for (const Form& form : table()) all.emplace(form.op, &form);
    return all;
  }();
  const auto found = index.find(op);
  return found == index.end() ? nullptr : found->second;
}

Forms::Forms(const Network& network) : by_type_(network.type_count()) {
  for (TypeId type = 0; type < by_type_.size(); ++type)
    if (const Form* form = find_form(network.type_name(type))) by_type_[type] = *form;
}

const Form& Forms::of(const Network& network, std::uint32_t op) const { return by_type_[network.op(op).type]; }

Form user_form_linear(std::string_view op, const UserForm& where) {
  return {
      .op = op, .shape = shape_of::user_linear, .anchors = anchors_of::user, .linear = weight_of::user, .user = where};
}

Form user_form_affine(std::string_view op, const UserForm& where) {
  return {.op = op,
          .shape = shape_of::same,
          .anchors = anchors_of::user,
          .axes = axes_of::same,
          .affine = weight_of::user_affine,
          .user = where};
}

Form user_form_elementwise(std::string_view op) {
  return {.op = op, .shape = shape_of::broadcast, .axes = axes_of::broadcast};
}

}  // namespace rw::graph
