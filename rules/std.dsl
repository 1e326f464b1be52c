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
op Pad, Resize, Upsample, GridSample, Cast law pass

op Mul, Div law product
op Mul, Div law affine where activations == 1
op Add, Sum, Sub, Mean, Max, Min, Where law join
op Concat law concat
op Split law split
op Slice law slice
op Gather law gather
op Reshape, Flatten, Transpose, Squeeze, Unsqueeze, DepthToSpace, SpaceToDepth, Expand, Tile law view
op Shape, Size, Constant, ConstantOfShape law shape

op Sigmoid, HardSigmoid, HardSwish, Tanh, Erf, Exp, Log, Sqrt, Reciprocal, Pow law block
op Elu, Celu, Selu, Gelu, com.microsoft::Gelu, Mish, Softplus, Softsign, ThresholdedRelu law block
op Softmax, LogSoftmax, LRN, Floor, Ceil, Round, Sign, Not, IsNaN law block
op Equal, Less, LessOrEqual, Greater, GreaterOrEqual, And, Or law block
op ReduceProd, ReduceSumSquare, ReduceLogSum, ReduceLogSumExp law block
op CastLike, Range, QuantizeLinear, DequantizeLinear law block

# Activation part of one-step equalization: E. Meller, A. Finkelstein, U. Almog, M. Grobman, "Same, Same But Different:
# Recovering Neural Network Quantization Error Through Weight Factorization", ICML 2019.
function range(p)                = max(abs(p.min), abs(p.max))
function equalization(p, lo, hi) = clamp(largest(abs(p.max)) / (range(p) + 1e-30), lo, hi)
function aligned(p, lo, hi)      = let e = equalization(p, lo, hi) in let top = largest(p.max * e) in
                                   if top > 0 then e * overall(max, abs(p.max)) / top else e
function shared(p, lo, hi)       = let e = equalization(p, lo, hi) in max(lo, across(min, e / smallest(e)))
