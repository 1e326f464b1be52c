# std.dsl: which law each operator obeys, and the formulas of equalization. Every rule file sees it.

op Conv, ConvTranspose, Gemm, MatMul law linear
op com.microsoft::FusedConv law linear
op BatchNormalization law affine

op Relu, LeakyRelu, PRelu, Abs, Neg, Identity, Dropout law pass elementwise
op Clip law pass elementwise
op MaxPool, AveragePool, LpPool, GlobalMaxPool, GlobalAveragePool, GlobalLpPool law pass
op Pad, ReduceMean, ReduceSum, ReduceMax, ReduceMin, ReduceL1, ReduceL2, Resize law pass

op Mul law affine
op Add, Sum, Sub, Mean, Max, Min law join
op Concat law concat
op Shape, Size law shape

# Activation part of one-step equalization: E. Meller, A. Finkelstein, U. Almog, M. Grobman, "Same, Same But Different:
# Recovering Neural Network Quantization Error Through Weight Factorization", ICML 2019.
function range(p)                = max(abs(p.min), abs(p.max))
function equalization(p, lo, hi) = clamp(largest(abs(p.max)) / (range(p) + 1e-30), lo, hi)
function aligned(p, lo, hi)      = let e = equalization(p, lo, hi) in let top = largest(p.max * e) in
                                   if top > 0 then e * overall(max, abs(p.max)) / top else e
function shared(p, lo, hi)       = let e = equalization(p, lo, hi) in max(lo, across(min, e / smallest(e)))
