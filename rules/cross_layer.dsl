# cross_layer.dsl: cross-layer equalization of weights. Every channel gets the scale at which the weights that make it and
# the weights that read it have the same range: s = sqrt(range of the children / range of the parents), class by class,
# again and again until nothing moves. It needs no statistics.
# M. Nagel, M. van Baalen, T. Blankevoort, M. Welling: "Data-Free Quantization Through Weight Equalization and Bias
# Correction", ICCV 2019 (DFQ), section 4.1; their s is the reciprocal of this one.

# Whatever has weights, and whatever carries a scale: also operators that other files give one of these laws.
set weighted = law linear
set carrying = law pass, law bounded, law join, law concat, law split, law slice, law gather,
               law view, law product, law contract
set joining = law join, law concat

# A class whose weights are 0 on one side has no range to share: it stays as it is.
function balance(made, read) = if made > 0 and read > 0 then sqrt(read / made) else 1

rule cross_layer(lo = 0.000001, hi = 1000000) {
  "Output channels and the input channels that read them get weights of one range."
  region r {
    parents  weighted as p
    through  carrying
    may join joining
    children weighted as c
    leak     pin
  }
  repeat 40 until change < 0.01
  do scale(p, clamp(balance(across(max, p.weight), across(max, c.weight)), lo, hi))
}

test cross_layer "weights before and behind a channel get one range" {
  input x [1, 1, 4, 4]
  a = Conv(x, values [1, 4] shape [2, 1, 1, 1])
  b = Relu(a)
  c = Conv(b, values [1, 1] shape [1, 2, 1, 1])
  output c
  expect match parents a children c
  expect scale a [1, 0.5]
}

test cross_layer "a class without weights on one side stays as it is" {
  input x [1, 1, 4, 4]
  a = Conv(x, values [0, 4] shape [2, 1, 1, 1])
  c = Conv(a, values [1, 1] shape [1, 2, 1, 1])
  output c
  expect match
  expect scale a [1, 0.5]
}

test cross_layer "nothing behind a Softmax takes the scale back" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [2, 3, 1, 1])
  b = Softmax(a) axis 1
  c = Conv(b, weight [2, 2, 1, 1])
  output c
  expect no match a
}
