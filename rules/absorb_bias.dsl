# absorb_bias.dsl: high-bias absorption. Channels whose values never come near 0 waste the range of the quantizer: what
# they have at least is taken out of the bias that makes it and put into the bias behind the activation,
#   W2 relu(W1 x + b1) + b2 = W2 relu(W1 x + b1 - c) + (b2 + W2 c)   where W1 x + b1 >= c >= 0.
# With c = the smallest calibrated value this is exact on the inputs that were calibrated with, approximate on others that
# fall below it; without an activation in between it is exact. A network with BatchNormalization statistics but without
# data would take c = max(0, beta - 3 gamma), as the paper does. Children that pad are left alone: padding is 0, and has
# nothing that could be taken. Run it after the rules that scale: `rewrite-engine model.json cross_layer absorb_bias`.
# M. Nagel, M. van Baalen, T. Blankevoort, M. Welling: "Data-Free Quantization Through Weight Equalization and Bias
# Correction", ICCV 2019 (DFQ), section 4.1.3.

set passing = Relu, LeakyRelu, PRelu, Clip, Identity, Dropout, MaxPool, AveragePool, GlobalMaxPool,
              GlobalAveragePool, ReduceMean, ReduceMax, ReduceMin, Reshape, Flatten, Transpose,
              Squeeze, Unsqueeze, Split, Slice, Concat

rule absorb_bias(share = 1) {
  "What a channel has at least moves from the bias before the activation into the bias behind it."
  region r {
    parents  Conv, ConvTranspose, Gemm as p
    through  passing
    may join Concat on channel
    children Conv, Gemm as c
    leak     pin
  }
  again
  needs stats(p) else "activation ranges are missing"
  do absorb_bias(p, share * max(0, across(min, p.min)))
}
