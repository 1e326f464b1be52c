# wide.dsl: every region that an operator with constants can offer and another can absorb, whatever joins it; what leaks
# keeps scale 1. One scale a class: the least that all parents of the class allow, as for residual families.

set offering  = Conv, ConvTranspose, Gemm, MatMul, com.microsoft::FusedConv, BatchNormalization, Mul, Div, Gather,
                LayerNormalization, RMSNormalization, SimplifiedLayerNormalization, InstanceNormalization,
                GroupNormalization
set absorbing = Conv, ConvTranspose, Gemm, MatMul, com.microsoft::FusedConv, BatchNormalization, Mul, Div
set carrying  = Relu, LeakyRelu, PRelu, Abs, Neg, Identity, Dropout, Clip, Cast, MaxPool, AveragePool, LpPool,
                GlobalMaxPool, GlobalAveragePool, GlobalLpPool, ReduceMean, ReduceSum, ReduceMax, ReduceMin, ReduceL1,
                ReduceL2, Pad, Resize, Upsample, GridSample, RoiAlign, MaxUnpool, Trilu, CumSum, TopK,
                GatherElements, ReverseSequence, Split, Slice, Gather, Reshape, Flatten, Transpose, Squeeze,
                Unsqueeze, DepthToSpace, SpaceToDepth, Expand, Tile, Mul, Div, MatMul, Add, Sub, Sum, Mean, Max, Min,
                Where, Concat
set joining   = Add, Sub, Sum, Mean, Max, Min, Where, Concat

rule wide(lo = 1, hi = 20) {
  "Whatever can be scaled; joins of all kinds may be mixed."
  region r {
    parents  offering as p
    through  carrying
    may join joining
    children absorbing as c
    leak     pin
  }
  needs stats(p)  else "activation ranges are missing: pass --stats"
  do scale(p, shared(p, lo, hi))
}
