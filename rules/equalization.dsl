# equalization.dsl: the three patterns of channel equalization

set conv = Conv, ConvTranspose, com.microsoft::FusedConv
set transparent = Relu, LeakyRelu, PRelu, Clip, MaxPool, AveragePool, GlobalMaxPool,
                  GlobalAveragePool, Identity, Dropout, Pad, Add

rule pair(lo = 1, hi = 20) {
  "A convolution whose every consumer is a convolution."
  region r {
    parents  conv as p
    through  transparent
    children conv as c
  }
  needs stats(p) else "activation ranges are missing"
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
  needs stats(p) else "activation ranges are missing"
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
  needs stats(p) else "activation ranges are missing"
  do scale(p, shared(p, lo, hi))
}

test pair "every channel grows to the largest" {
  input x [1, 3, 8, 8]
  a = Conv(x, weight [4, 3, 3, 3], bias [4]) pads [1, 1, 1, 1]
  b = Relu(a)
  c = Conv(b, weight [2, 4, 1, 1])
  output c
  stats b max [1, 2, 4, 8]
  expect match parents a children c
  expect scale a [8, 4, 2, 1]
}

test pair "by at most hi, and a dead channel too" {
  input x [1, 3, 8, 8]
  a = Conv(x, weight [3, 3, 3, 3], bias [3])
  b = Relu(a)
  c = Conv(b, weight [2, 3, 1, 1])
  output c
  stats b max [0.1, 0, 8]
  expect match parents a children c
  expect scale a [20, 20, 1]
}

test pair "two consumers divide by the same scale" {
  input x [1, 3, 8, 8]
  a = Conv(x, weight [2, 3, 1, 1])
  b = MaxPool(a) kernel_shape [2, 2] strides [2, 2]
  c = Conv(a, weight [2, 2, 1, 1])
  d = Conv(b, weight [2, 2, 1, 1])
  output c, d
  stats a min [-1, -1] max [1, 4]
  expect match parents a children c, d
  expect scale a [4, 1]
}

test pair "what leaves the network stays as it is" {
  input x [1, 3, 8, 8]
  a = Conv(x, weight [4, 3, 1, 1])
  b = Relu(a)
  c = Conv(b, weight [2, 4, 1, 1])
  output b, c
  stats b max [1, 2, 4, 8]
  expect no match a "output of the network"
}

test pair "a Sigmoid carries no scale" {
  input x [1, 3, 8, 8]
  a = Conv(x, weight [4, 3, 1, 1])
  b = Sigmoid(a)
  c = Conv(a, weight [2, 4, 1, 1])
  output b, c
  calibrate
  expect no match a "Sigmoid"
}

test pair "without statistics it does not run" {
  input x [1, 3, 8, 8]
  a = Conv(x, weight [4, 3, 1, 1])
  c = Conv(a, weight [2, 4, 1, 1])
  output c
  expect no match a "activation ranges are missing"
}

test concat "all parents end with one largest value" {
  input x [1, 3, 8, 8]
  a = Conv(x, weight [2, 3, 1, 1])
  b = Conv(x, weight [2, 3, 1, 1])
  k = Concat(a, b) axis 1
  c = Conv(k, weight [3, 4, 1, 1])
  output c
  stats a max [1, 2]
  stats b max [4, 8]
  expect match parents a, b children c
  expect scale a [8, 4]
  expect scale b [2, 1]
}

test concat "a concat along another axis is none" {
  input x [1, 3, 8, 8]
  a = Conv(x, weight [2, 3, 1, 1])
  b = Conv(x, weight [2, 3, 1, 1])
  k = Concat(a, b) axis 2
  c = Conv(k, weight [3, 2, 1, 1])
  output c
  calibrate
  expect no match a "Concat"
}

test concat "a plain pair is left to pair" {
  input x [1, 3, 8, 8]
  a = Conv(x, weight [2, 3, 1, 1])
  c = Conv(a, weight [3, 2, 1, 1])
  output c
  calibrate
  expect no match a "join"
}

test residual_family "the members share the least scale that each allows" {
  input x [1, 3, 8, 8]
  a = Conv(x, weight [2, 3, 1, 1])
  b = Conv(x, weight [2, 3, 1, 1])
  s = Add(a, b)
  c = Conv(s, weight [3, 2, 1, 1])
  output c
  stats a max [1, 4]
  stats b max [2, 4]
  expect match parents a, b children c
  expect scale a [2, 1]
  expect scale b [2, 1]
}

test residual_family "a concat in the family is not its business" {
  input x [1, 3, 8, 8]
  a = Conv(x, weight [2, 3, 1, 1])
  b = Conv(x, weight [2, 3, 1, 1])
  s = Add(a, b)
  k = Concat(a, b) axis 1
  c = Conv(s, weight [3, 2, 1, 1])
  d = Conv(k, weight [3, 4, 1, 1])
  output c, d
  calibrate
  expect no match a "Concat"
}
