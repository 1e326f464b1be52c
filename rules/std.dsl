# std.dsl: which law each operator obeys, and the formulas of equalization. Every rule file sees it.

op Conv, ConvTranspose, Gemm law linear
op com.microsoft::FusedConv law linear
op MatMul law contract
op MatMul law linear where activations == 1
op BatchNormalization law affine
op LayerNormalization, RMSNormalization, SimplifiedLayerNormalization law normalize
op InstanceNormalization, GroupNormalization law normalize

op Relu, LeakyRelu, PRelu, Abs, Neg, Identity, Dropout law pass elementwise
op Clip law pass elementwise
op MaxPool, AveragePool, LpPool, GlobalMaxPool, GlobalAveragePool, GlobalLpPool law pass
op ReduceMean, ReduceSum, ReduceMax, ReduceMin, ReduceL1, ReduceL2 law pass
op Pad, Resize, Upsample, GridSample, RoiAlign, MaxUnpool, Cast law pass
op Trilu, CumSum, TopK, GatherElements, ReverseSequence law pass

op Mul, Div law product
op Mul, Div law affine where activations == 1
op Add, Sum, Sub, Mean, Max, Min, Where law join
op Concat law concat
op Split law split
op Slice law slice
op Gather law gather
op Reshape, Flatten, Transpose, Squeeze, Unsqueeze, DepthToSpace, SpaceToDepth, Expand, Tile law view
op Shape, Size, Constant, ConstantOfShape, EyeLike, RandomNormalLike, RandomUniformLike law shape

# What f(s x) = s f(x) does not hold for.
op Sigmoid, HardSigmoid, HardSwish, Swish, Tanh, Erf, Exp, Log, Sqrt, Reciprocal, Pow, Mod law block
op Elu, Celu, Selu, Gelu, Mish, Softplus, Softsign, ThresholdedRelu, Shrink law block
op com.microsoft::Gelu, com.microsoft::QuickGelu, com.microsoft::FastGelu, com.microsoft::BiasGelu law block
op Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Asinh, Acosh, Atanh law block
op Softmax, LogSoftmax, Hardmax, LRN, LpNormalization, MeanVarianceNormalization law block
op Floor, Ceil, Round, Sign, Not, IsNaN, IsInf, Bernoulli law block
op Equal, Less, LessOrEqual, Greater, GreaterOrEqual, And, Or, Xor law block
op BitShift, BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot law block
op ReduceProd, ReduceSumSquare, ReduceLogSum, ReduceLogSumExp, ArgMax, ArgMin, Det law block
op QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear, CastLike law block
op ConvInteger, MatMulInteger, QLinearConv, QLinearMatMul law block
op NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss law block

# Curves of one tensor, in front of which `leak restore curves else pin` gives the scale back.
set curves = Sigmoid, HardSigmoid, Tanh, Erf, Softplus, Clip, HardSwish, Swish, Gelu, Mish, Elu,
             Celu, Selu

# What the engine does not look into, and what makes values of its own.
op If, Loop, Scan, SequenceMap, RNN, LSTM, GRU, Attention, RotaryEmbedding, Einsum, DeformConv law block
op GatherND, ScatterND, ScatterElements, Scatter, TensorScatter, OneHot, Compress, NonZero, Unique law block
op Col2Im, CenterCropPad, MaxRoiPool, NonMaxSuppression, AffineGrid, DFT, STFT law block
op Range, RandomNormal, RandomUniform, Multinomial, BlackmanWindow, HammingWindow, HannWindow,
   MelWeightMatrix law block
op Optional, OptionalGetElement, OptionalHasElement, SequenceAt, SequenceConstruct, SequenceEmpty law block
op SequenceErase, SequenceInsert, SequenceLength, SplitToSequence, ConcatFromSequence law block
op StringConcat, StringNormalizer, StringSplit, RegexFullMatch, TfIdfVectorizer, ImageDecoder law block

# Activation part of one-step equalization: E. Meller, A. Finkelstein, U. Almog, M. Grobman, "Same, Same But Different:
# Recovering Neural Network Quantization Error Through Weight Factorization", ICML 2019.
function percentile_range(p, percentile) = max(abs(p.stat(100 - percentile)), abs(p.stat(percentile)))
function range(p, percentile = 100) = if percentile == 100 then max(abs(p.min), abs(p.max)) else percentile_range(p, percentile)
function equalization(p, lo, hi) = clamp(largest(abs(p.max)) / (range(p) + 1e-30), lo, hi)
function aligned(p, lo, hi) = let e = equalization(p, lo, hi) in
                              let top = largest(p.max * e) in
                              if top > 0 then e * overall(max, abs(p.max)) / top else e
function shared(p, lo, hi) = let e = equalization(p, lo, hi) in
                             max(lo, across(min, e / smallest(e)))
