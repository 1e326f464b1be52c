# cross_layer.dsl: cross-layer equalization of weights. Every channel gets the scale at which the weights that make it and
# the weights that read it have the same range: s = sqrt(range of the children / range of the parents), class by class,
# half of the way in each of ten sweeps. It needs no statistics.
# M. Nagel, M. van Baalen, T. Blankevoort, M. Welling: "Data-Free Quantization Through Weight Equalization and Bias
# Correction", ICCV 2019 (DFQ), section 4.1; their s is the reciprocal of this one.

use "sets"

# A channel that its bias makes alone would grow without end if its weights were all that counts: so a part of the bias
# counts as a weight (Quark's CLEScaleAppendBias and PPQ's including_bias are alike); a tenth costs nothing elsewhere.
# Half of the way in the logarithm, ten times: as good as forty whole steps, which swing, in a quarter of the time;
# of what a class lacks a 1024th is left.
rule cross_layer(bias = 0.1, lo = 0.000001, hi = 1000000) {
  "Output channels and the input channels that read them get weights of one range."
  region r {
    parents  offering as p
    through  carrying
    may join joining
    children absorbing as c
    leak     pin
  }
  let made = across(max, if no_weights(p) then 0 else max(p.weight, bias * abs(p.bias)))
  let read = across(max, if no_weights(c) then 0 else c.weight)
  let free_parent = across(max, if no_weights(p) then 1 else 0)
  let free_child = across(max, if no_weights(c) then 1 else 0)
  repeat 10 until change < 0.001
  do scale(p, sqrt(balanced(made, read, free_parent, free_child)), lo, hi)
}

test cross_layer "weights before and behind a channel get one range" {
  input x [1, 1, 4, 4]
  a = Conv(x, values [1, 4] shape [2, 1, 1, 1])
  b = Relu(a)
  c = Conv(b, values [1, 1] shape [1, 2, 1, 1])
  output c
  expect match parents a children c
  expect scale a [1, 0.500338565346533]
}

test cross_layer "a class without weights on one side stays as it is" {
  input x [1, 1, 4, 4]
  a = Conv(x, values [0, 4] shape [2, 1, 1, 1])
  c = Conv(a, values [1, 1] shape [1, 2, 1, 1])
  output c
  expect match
  expect scale a [1, 0.500338565346533]
}

test cross_layer "a channel that its bias makes grows as far as the bias allows" {
  input x [1, 1, 4, 4]
  a = Conv(x, values [1, 0.00000001] shape [2, 1, 1, 1], values [0, 1])
  b = Relu(a)
  c = Conv(b, values [1, 1] shape [1, 2, 1, 1])
  output c
  expect match parents a children c
  expect scale a [1, 3.15872428045449]
}

test cross_layer "nothing behind a Softmax takes the scale back" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [2, 3, 1, 1])
  b = Softmax(a) axis 1
  c = Conv(b, weight [2, 2, 1, 1])
  output c
  expect no match a
}
