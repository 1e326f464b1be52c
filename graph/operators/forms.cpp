// One row an operator: attributes with defaults, element types and shapes of its outputs, where channels lie, how axes
// are carried, where the constants are, and what follows from constant inputs. A row says nothing of laws. Source: the
// ONNX operator specification (ai.onnx, com.microsoft).
#include "graph/operators/form.hpp"

#include <string_view>
#include <unordered_map>

#include "graph/operators/attributes.hpp"
#include "graph/operators/form_functions.hpp"
#include "graph/operators/user_forms.hpp"

namespace rw::graph {
namespace {

namespace n = attributes_of;
namespace t = type_of;
namespace s = shape_of;
namespace p = input_of;
namespace a = anchors_of;
namespace x = axes_of;
namespace w = weight_of;
namespace m = movement_of;
namespace c = constant_of;
namespace i = integers_of;
using Attributes = std::span<const AttributeRow>;

// Kinds of operators, of which nothing differs but name and attributes.

constexpr Form elementwise(std::string_view op, Attributes attributes = {}) {
  return {.op = op,
          .attributes = attributes,
          .type = t::same,
          .shape = s::same,
          .any_rank = AnyRank::elementwise,
          .axes = x::same};
}

// y[..., i, ...] from x[..., j, ...] along some axes: the shape stays, the elements do not.
constexpr Form along_axes(std::string_view op, Attributes attributes = {}) {
  return {.op = op, .attributes = attributes, .type = t::same, .shape = s::same, .axes = x::same};
}

constexpr Form test_of_elements(std::string_view op) {
  return {.op = op, .type = t::boolean, .shape = s::same, .axes = x::same};
}

constexpr Form broadcast(std::string_view op) {
  return {.op = op, .type = t::common, .shape = s::broadcast, .any_rank = AnyRank::elementwise, .axes = x::broadcast};
}

constexpr Form comparison(std::string_view op) {
  return {.op = op, .type = t::boolean, .shape = s::broadcast, .axes = x::broadcast};
}

constexpr Form reduction(std::string_view op) {
  return {.op = op, .attributes = n::kReduce, .type = t::same, .shape = s::reduce, .axes = x::reduce};
}

constexpr Form pool(std::string_view op, Attributes attributes) {
  return {.op = op, .attributes = attributes, .type = t::same, .shape = s::pool, .anchors = a::second, .axes = x::same};
}

constexpr Form global_pool(std::string_view op, Attributes attributes = {}) {
  return {.op = op,
          .attributes = attributes,
          .type = t::same,
          .shape = s::global_pool,
          .anchors = a::second,
          .axes = x::same};
}

// Normalization, then a factor and a bias.
constexpr Form normalization(std::string_view op, Attributes attributes) {
  return {.op = op,
          .attributes = attributes,
          .type = t::same,
          .shape = s::same,
          .anchors = a::second,
          .axes = x::same,
          .affine = w::normalization};
}

constexpr Form layer_normalization(std::string_view op) {
  return {.op = op,
          .attributes = n::kLayerNorm,
          .type = t::layer_normalization,
          .shape = s::layer_normalization,
          .anchors = a::last,
          .axes = x::same,
          .affine = w::normalization};
}

// It has the shape of its input, and elements of its own.
constexpr Form made_like(std::string_view op) { return {.op = op, .type = t::named_or_same, .shape = s::same}; }

constexpr Form random_numbers(std::string_view op) { return {.op = op, .type = t::named_or_float32, .shape = s::said}; }

constexpr Form window(std::string_view op) { return {.op = op, .type = t::output_datatype, .shape = s::window}; }

constexpr Form recurrent(std::string_view op) { return {.op = op, .type = t::same, .shape = s::recurrent}; }

// Of it nothing is needed but that it exists: it carries no scale, and what its outputs are (a graph in it, a sequence,
// texts) only the model says.
constexpr Form known(std::string_view op) { return {.op = op}; }

constexpr Form kRows[] = {
    {.op = "Conv",
     .attributes = n::kConv,
     .type = t::common,
     .shape = s::conv,
     .input = p::linear,
     .anchors = a::second,
     .linear = w::conv,
     .bias = 2,
     .check = check_of::convolution},
    {.op = "com.microsoft::FusedConv",
     .attributes = n::kFusedConv,
     .type = t::common,
     .shape = s::conv,
     .input = p::linear,
     .anchors = a::second,
     .linear = w::conv},
    {.op = "ConvTranspose",
     .attributes = n::kConvTranspose,
     .type = t::common,
     .shape = s::conv_transpose,
     .input = p::linear,
     .anchors = a::second,
     .linear = w::conv_transpose,
     .bias = 2,
     .check = check_of::convolution},
    {.op = "Gemm",
     .attributes = n::kGemm,
     .type = t::common,
     .shape = s::gemm,
     .input = p::linear,
     .anchors = a::last,
     .linear = w::gemm,
     .bias = 2},
    {.op = "MatMul",
     .type = t::common,
     .shape = s::matmul,
     .any_rank = AnyRank::matrix,
     .input = p::matrix,
     .anchors = a::matmul,
     .axes = x::matmul,
     .linear = w::matmul},
    {.op = "BatchNormalization",
     .attributes = n::kBatchNorm,
     .type = t::batch_normalization,
     .shape = s::batch_normalization,
     .anchors = a::second,
     .axes = x::same,
     .affine = w::batch_normalization,
     .check = check_of::batch_normalization},

    {.op = "MaxPool",
     .attributes = n::kPool,
     .type = t::then_int64,
     .shape = s::pool,
     .anchors = a::second,
     .axes = x::same},
    pool("AveragePool", n::kPool),
    pool("LpPool", n::kLpPool),
    global_pool("GlobalMaxPool"),
    global_pool("GlobalAveragePool"),
    global_pool("GlobalLpPool", n::kGlobalLp),
    normalization("InstanceNormalization", n::kEpsilon),
    normalization("GroupNormalization", n::kGroupNorm),
    layer_normalization("LayerNormalization"),
    layer_normalization("RMSNormalization"),
    layer_normalization("SimplifiedLayerNormalization"),
    {.op = "LRN", .type = t::same, .shape = s::same, .anchors = a::second, .axes = x::same},
    {.op = "MeanVarianceNormalization",
     .attributes = n::kAxes,
     .type = t::same,
     .shape = s::same,
     .anchors = a::second,
     .axes = x::same},
    {.op = "MaxUnpool",
     .attributes = n::kPool,
     .type = t::same,
     .shape = s::max_unpool,
     .anchors = a::second,
     .axes = x::first_two},
    {.op = "RoiAlign",
     .attributes = n::kRoiAlign,
     .type = t::same,
     .shape = s::roi_align,
     .anchors = a::second,
     .axes = x::second},
    {.op = "GridSample",
     .attributes = n::kGridSample,
     .type = t::same,
     .shape = s::grid_sample,
     .anchors = a::second,
     .axes = x::first_two},

    elementwise("Relu"),
    elementwise("LeakyRelu", n::kLeaky),
    elementwise("PRelu"),
    elementwise("Abs"),
    elementwise("Neg"),
    {.op = "Identity",
     .type = t::same,
     .shape = s::same,
     .any_rank = AnyRank::elementwise,
     .axes = x::same,
     .constant = c::same_order,
     .integers = i::same},
    {.op = "Dropout",
     .attributes = n::kDropout,
     .type = t::dropout,
     .shape = s::same,
     .any_rank = AnyRank::elementwise,
     .axes = x::same},
    elementwise("Clip", n::kClip),
    {.op = "Cast",
     .attributes = n::kCast,
     .type = t::cast,
     .shape = s::same,
     .any_rank = AnyRank::elementwise,
     .axes = x::same,
     .constant = c::cast,
     .integers = i::cast},
    {.op = "CastLike", .type = t::of_second, .shape = s::same, .axes = x::same},
    elementwise("Sigmoid"),
    elementwise("HardSigmoid", n::kHardSigmoid),
    elementwise("HardSwish"),
    elementwise("Tanh"),
    elementwise("Erf"),
    elementwise("Exp"),
    elementwise("Log"),
    elementwise("Sqrt"),
    elementwise("Reciprocal"),
    elementwise("Elu", n::kElu),
    elementwise("Celu", n::kElu),
    elementwise("Selu"),
    elementwise("Gelu", n::kGelu),
    elementwise("com.microsoft::Gelu"),
    elementwise("Mish"),
    elementwise("Softplus"),
    elementwise("Softsign"),
    elementwise("ThresholdedRelu", n::kElu),
    elementwise("Swish", n::kElu),
    elementwise("com.microsoft::QuickGelu", n::kElu),
    elementwise("com.microsoft::FastGelu"),
    elementwise("com.microsoft::BiasGelu"),
    elementwise("Shrink"),
    elementwise("Sin"),
    elementwise("Cos"),
    elementwise("Tan"),
    elementwise("Asin"),
    elementwise("Acos"),
    elementwise("Atan"),
    elementwise("Sinh"),
    elementwise("Cosh"),
    elementwise("Asinh"),
    elementwise("Acosh"),
    elementwise("Atanh"),
    {.op = "Bernoulli", .type = t::named_or_same, .shape = s::same, .axes = x::same},
    elementwise("BitwiseNot"),
    elementwise("Floor"),
    elementwise("Ceil"),
    elementwise("Round"),
    elementwise("Sign"),
    test_of_elements("Not"),
    test_of_elements("IsNaN"),
    test_of_elements("IsInf"),
    along_axes("Hardmax", n::kAxisLast),
    along_axes("LpNormalization", n::kAxisLast),
    along_axes("Softmax", n::kAxisLast),
    along_axes("LogSoftmax", n::kAxisLast),
    {.op = "QuantizeLinear", .attributes = n::kAxisSecond, .type = t::quantized, .shape = s::same, .axes = x::same},
    {.op = "DequantizeLinear", .attributes = n::kAxisSecond, .type = t::dequantized, .shape = s::same, .axes = x::same},

    {.op = "Add",
     .type = t::common,
     .shape = s::broadcast,
     .any_rank = AnyRank::elementwise,
     .axes = x::broadcast,
     .integers = i::add},
    {.op = "Sub",
     .type = t::common,
     .shape = s::broadcast,
     .any_rank = AnyRank::elementwise,
     .axes = x::broadcast,
     .integers = i::subtract},
    {.op = "Mul",
     .type = t::common,
     .shape = s::broadcast,
     .any_rank = AnyRank::elementwise,
     .hints = a::factor,
     .axes = x::broadcast,
     .affine = w::multiply,
     .integers = i::multiply},
    {.op = "Div",
     .type = t::common,
     .shape = s::broadcast,
     .any_rank = AnyRank::elementwise,
     .hints = a::factor,
     .axes = x::broadcast,
     .affine = w::divide,
     .integers = i::divide},
    {.op = "Pow", .type = t::same, .shape = s::broadcast, .axes = x::broadcast},
    broadcast("Sum"),
    broadcast("Mean"),
    broadcast("Max"),
    broadcast("Min"),
    {.op = "Where", .type = t::where, .shape = s::broadcast, .axes = x::broadcast, .integers = i::where},
    {.op = "Equal", .type = t::boolean, .shape = s::broadcast, .axes = x::broadcast, .integers = i::equal},
    comparison("Less"),
    comparison("LessOrEqual"),
    comparison("Greater"),
    comparison("GreaterOrEqual"),
    comparison("And"),
    comparison("Or"),
    comparison("Xor"),
    broadcast("Mod"),
    broadcast("BitShift"),
    broadcast("BitwiseAnd"),
    broadcast("BitwiseOr"),
    broadcast("BitwiseXor"),

    reduction("ReduceMean"),
    reduction("ReduceSum"),
    reduction("ReduceMax"),
    reduction("ReduceMin"),
    reduction("ReduceL1"),
    reduction("ReduceL2"),
    {.op = "ReduceProd",
     .attributes = n::kReduce,
     .type = t::same,
     .shape = s::reduce,
     .axes = x::reduce,
     .integers = i::product},
    reduction("ReduceSumSquare"),
    reduction("ReduceLogSum"),
    reduction("ReduceLogSumExp"),

    {.op = "Concat",
     .attributes = n::kAxisSecond,
     .type = t::common,
     .shape = s::concat,
     .axes = x::same,
     .integers = i::concat},
    {.op = "Split",
     .attributes = n::kSplit,
     .type = t::same,
     .shape = s::split,
     .axes = x::same,
     .movements = m::split},
    {.op = "Slice",
     .attributes = n::kSlice,
     .type = t::same,
     .shape = s::slice,
     .axes = x::same,
     .movements = m::slice,
     .integers = i::slice},
    {.op = "Gather",
     .attributes = n::kAxisFirst,
     .type = t::same,
     .shape = s::gather,
     .axes = x::gather,
     .movements = m::gather,
     .integers = i::gather},
    {.op = "Pad", .attributes = n::kPad, .type = t::same, .shape = s::pad, .axes = x::same},
    {.op = "Resize", .attributes = n::kResize, .type = t::same, .shape = s::resize, .axes = x::same},
    {.op = "Upsample", .attributes = n::kUpsample, .type = t::same, .shape = s::upsample, .axes = x::same},
    {.op = "Tile", .type = t::same, .shape = s::tile, .axes = x::same, .movements = m::tile},
    {.op = "Expand", .type = t::same, .shape = s::expand, .axes = x::broadcast, .movements = m::expand},
    {.op = "Reshape",
     .attributes = n::kReshape,
     .type = t::same,
     .shape = s::reshape,
     .axes = x::view,
     .movements = m::reshape,
     .constant = c::same_order,
     .integers = i::same},
    {.op = "Flatten",
     .attributes = n::kAxisSecond,
     .type = t::same,
     .shape = s::flatten,
     .axes = x::view,
     .movements = m::reshape,
     .constant = c::same_order,
     .integers = i::same},
    {.op = "Squeeze",
     .attributes = n::kAxes,
     .type = t::same,
     .shape = s::squeeze,
     .axes = x::squeeze,
     .movements = m::reshape,
     .constant = c::same_order,
     .integers = i::same},
    {.op = "Unsqueeze",
     .attributes = n::kAxes,
     .type = t::same,
     .shape = s::unsqueeze,
     .axes = x::unsqueeze,
     .movements = m::reshape,
     .constant = c::same_order,
     .integers = i::same},
    {.op = "Transpose",
     .attributes = n::kPerm,
     .type = t::same,
     .shape = s::transpose,
     .axes = x::transpose,
     .movements = m::transpose,
     .constant = c::transpose},
    {.op = "DepthToSpace",
     .attributes = n::kDepthToSpace,
     .type = t::same,
     .shape = s::depth_to_space,
     .anchors = a::second,
     .movements = m::depth_to_space},
    {.op = "SpaceToDepth",
     .attributes = n::kSpaceToDepth,
     .type = t::same,
     .shape = s::space_to_depth,
     .anchors = a::second,
     .movements = m::space_to_depth},

    along_axes("Trilu", n::kTrilu),
    along_axes("CumSum", n::kCumSum),
    along_axes("ReverseSequence", n::kReverse),
    {.op = "GatherElements",
     .attributes = n::kAxisFirst,
     .type = t::same,
     .shape = s::gather_elements,
     .axes = x::same},
    {.op = "TopK", .attributes = n::kTopK, .type = t::then_int64, .shape = s::top_k, .axes = x::same},
    along_axes("ScatterElements", n::kAxisFirst),
    along_axes("Scatter", n::kAxisFirst),
    along_axes("ScatterND"),
    along_axes("TensorScatter"),

    {.op = "Shape", .attributes = n::kShape, .type = t::int64, .shape = s::shape, .integers = i::shape},
    {.op = "Range", .type = t::common, .shape = s::range, .integers = i::range},
    {.op = "Size", .type = t::int64, .shape = s::scalar, .integers = i::size},
    {.op = "Constant", .type = t::constant, .shape = s::constant},
    {.op = "ConstantOfShape",
     .type = t::constant_of_shape,
     .shape = s::constant_of_shape,
     .integers = i::constant_of_shape},
    made_like("EyeLike"),
    made_like("RandomNormalLike"),
    made_like("RandomUniformLike"),
    random_numbers("RandomNormal"),
    random_numbers("RandomUniform"),

    {.op = "ArgMax", .type = t::int64, .shape = s::one_axis},
    {.op = "ArgMin", .type = t::int64, .shape = s::one_axis},
    {.op = "NonZero", .type = t::int64, .shape = s::non_zero},
    {.op = "Unique", .type = t::then_int64, .shape = s::unique},
    {.op = "Compress", .type = t::same, .shape = s::compress},
    {.op = "CenterCropPad", .type = t::same, .shape = s::center_crop_pad},
    {.op = "GatherND", .type = t::same, .shape = s::gather_nd},
    {.op = "OneHot", .type = t::of_third, .shape = s::one_hot},
    {.op = "Det", .type = t::same, .shape = s::det},
    {.op = "Einsum", .type = t::common, .shape = s::einsum},
    {.op = "Multinomial", .type = t::named_or_int32, .shape = s::multinomial},

    {.op = "DeformConv", .type = t::same, .shape = s::conv},
    {.op = "ConvInteger", .type = t::int32, .shape = s::conv},
    {.op = "MatMulInteger", .type = t::int32, .shape = s::matmul},
    {.op = "QLinearConv", .type = t::of_eighth, .shape = s::quantized_conv},
    {.op = "QLinearMatMul", .type = t::of_eighth, .shape = s::quantized_matmul},
    {.op = "DynamicQuantizeLinear", .type = t::dynamic_quantized, .shape = s::then_scalars},
    {.op = "AffineGrid", .type = t::same, .shape = s::affine_grid},
    {.op = "Col2Im", .type = t::same, .shape = s::col2im},
    {.op = "MaxRoiPool", .type = t::same, .shape = s::max_roi_pool},
    {.op = "NonMaxSuppression", .type = t::int64, .shape = s::non_max_suppression},

    recurrent("GRU"),
    recurrent("LSTM"),
    recurrent("RNN"),
    {.op = "Attention", .type = t::attention, .shape = s::attention},
    {.op = "RotaryEmbedding", .type = t::same, .shape = s::same},
    {.op = "NegativeLogLikelihoodLoss", .type = t::same, .shape = s::loss},
    {.op = "SoftmaxCrossEntropyLoss", .type = t::same, .shape = s::loss},
    {.op = "TfIdfVectorizer", .type = t::float32, .shape = s::tf_idf},

    {.op = "DFT", .type = t::same, .shape = s::dft},
    {.op = "STFT", .type = t::same, .shape = s::stft},
    {.op = "MelWeightMatrix", .type = t::output_datatype, .shape = s::mel_weights},
    window("BlackmanWindow"),
    window("HammingWindow"),
    window("HannWindow"),

    {.op = "OptionalHasElement", .type = t::boolean, .shape = s::scalar},
    {.op = "SequenceLength", .type = t::int64, .shape = s::scalar},
    {.op = "RegexFullMatch", .type = t::boolean, .shape = s::same},
    {.op = "StringConcat", .shape = s::broadcast},
    {.op = "StringSplit", .type = t::int64_second, .shape = s::string_split},
    {.op = "ImageDecoder", .type = t::uint8},

    known("ConcatFromSequence"),
    known("If"),
    known("Loop"),
    known("Optional"),
    known("OptionalGetElement"),
    known("Scan"),
    known("SequenceAt"),
    known("SequenceConstruct"),
    known("SequenceEmpty"),
    known("SequenceErase"),
    known("SequenceInsert"),
    known("SequenceMap"),
    known("SplitToSequence"),
    known("StringNormalizer"),
};

}  // namespace

std::span<const Form> forms() { return kRows; }

const Form* find_form(std::string_view op) {
  static const std::unordered_map<std::string_view, const Form*> index = [] {
    std::unordered_map<std::string_view, const Form*> all;
    all.reserve(std::size(kRows));
    for (const Form& form : kRows) all.emplace(form.op, &form);
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

namespace {

// What a law says of shapes is about the first output.
Dims same_first(const Node& node, std::uint32_t output) { return output == 0 ? s::same(node, 0) : std::nullopt; }
Dims broadcast_first(const Node& node, std::uint32_t output) {
  return output == 0 ? s::broadcast(node, 0) : std::nullopt;
}

}  // namespace

Form user_form_linear(std::string_view op, const UserForm& where) {
  return {.op = op,
          .type = type_of::user,
          .shape = shape_of::user_linear,
          .anchors = anchors_of::user,
          .linear = weight_of::user,
          .user = where};
}

Form user_form_affine(std::string_view op, const UserForm& where) {
  return {.op = op,
          .type = type_of::user,
          .shape = same_first,
          .anchors = anchors_of::user,
          .axes = axes_of::same,
          .affine = weight_of::user_affine,
          .user = where};
}

Form user_form_same(std::string_view op, const UserForm&) {
  return {.op = op, .shape = same_first, .axes = axes_of::same};
}

Form user_form_broadcast(std::string_view op, const UserForm&) {
  return {.op = op, .shape = broadcast_first, .axes = axes_of::broadcast};
}

}  // namespace rw::graph
