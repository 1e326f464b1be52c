# equalization.dsl: the three patterns of channel equalization

set conv        = Conv, ConvTranspose, com.microsoft::FusedConv
set transparent = Relu, LeakyRelu, PRelu, Clip, MaxPool, AveragePool, GlobalMaxPool, GlobalAveragePool,
                  Identity, Dropout, Pad, Add

rule pair(lo = 1, hi = 20) {
  "A convolution whose every consumer is a convolution."
  region r {
    parents  conv as p
    through  transparent
    children conv as c
  }
  needs stats(p)  else "activation ranges are missing: pass --stats"
  do scale(p, equalization(p, lo, hi))
}

rule concat(lo = 1, hi = 20) {
  "Convolutions joined along the channels; after scaling all of them have the same largest value."
  region r {
    parents  conv as p
    through  transparent
    join     Concat on channel as k
    children conv as c
  }
  needs stats(p)  else "activation ranges are missing: pass --stats"
  do scale(p, aligned(p, lo, hi))
}

rule residual_family(lo = 1, hi = 20) {
  "Convolutions that meet in additions share one scale."
  region r {
    parents  conv as p
    through  transparent
    join     Add, Sum as a
    children conv as c
  }
  needs stats(p)  else "activation ranges are missing: pass --stats"
  do scale(p, shared(p, lo, hi))
}
