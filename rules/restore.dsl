# restore.dsl: cross-layer equalization (cross_layer.dsl) of networks with SiLU, hard-swish or Gelu, which no scale passes:
# s x * sigmoid(s x) is not s times x * sigmoid(x). In front of the curve alone a Mul by 1 / s gives back what it was, and
# the product has the scale of x: x' = s x, y' = x' * sigmoid(x' / s) = s y. One Mul serves all curves that read one tensor;
# it is put in only where it frees channels, and where all of its factors would be 1 it is not. This costs an operator at
# each curve, and a runtime that computes x * sigmoid(x) at once, or by one table, does not find it there any more.

include "curves" as far as exact
use "sets"

rule restore(bias = 0.1, lo = 0.000001, hi = 1000000) {
  "Output channels and the input channels that read them get weights of one range, through curves, too."
  region r {
    parents  offering as p
    through  carrying
    may join joining
    children absorbing as c
    leak     restore curves else pin
  }
  let made = across(max, if no_weights(p) then 0 else max(p.weight, bias * abs(p.bias)))
  let read = across(max, if no_weights(c) then 0 else c.weight)
  let free_parent = across(max, if no_weights(p) then 1 else 0)
  let free_child = across(max, if no_weights(c) then 1 else 0)
  repeat 10 until change < 0.001
  do scale(p, sqrt(balanced(made, read, free_parent, free_child)), lo, hi)
}

test restore "SiLU between two convolutions" {
  input x [1, 1, 4, 4]
  a = Conv(x, values [1, 4] shape [2, 1, 1, 1])
  s = Sigmoid(a)
  b = Mul(a, s)
  c = Conv(b, values [1, 1] shape [1, 2, 1, 1])
  output c
  expect match parents a children c
  expect scale a [1, 0.500338565346533]
}

test restore "hard-swish as `curves` writes it" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [4, 3, 1, 1])
  h = HardSigmoid(a) alpha 0.16666667 beta 0.5
  b = Mul(a, h)
  c = Conv(b, weight [2, 4, 1, 1])
  output c
  expect match parents a children c
}

test restore "Gelu as `curves` writes it: its own factor takes the scale back" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [4, 3, 1, 1])
  d = Mul(a, values 0.70710678)
  e = Erf(d)
  f = Add(e, values 1)
  g = Mul(f, values 0.5)
  b = Mul(a, g)
  c = Conv(b, weight [2, 4, 1, 1])
  output c
  expect match parents a children c
}

test restore "two curves of one tensor, and squeeze and excitation" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [4, 3, 1, 1])
  s = Sigmoid(a)
  b = Mul(a, s)
  t = Tanh(a)
  d = Mul(a, t)
  e = Add(b, d)
  g = GlobalAveragePool(e)
  h = Conv(g, weight [2, 4, 1, 1])
  i = Sigmoid(h)
  j = Mul(h, i)
  k = Conv(j, weight [4, 2, 1, 1])
  l = Sigmoid(k)
  m = Mul(e, l)
  c = Conv(m, weight [2, 4, 1, 1])
  output c
  expect match parents a children c, h
  expect match parents h children k
}

test restore "a Sigmoid behind which nothing has the scale" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [4, 3, 1, 1])
  s = Sigmoid(a)
  c = Conv(s, weight [2, 4, 1, 1])
  output c
  expect no match a "nothing absorbs its scale"
}

test restore "other leaks are pinned" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [4, 3, 1, 1])
  s = Sigmoid(a)
  b = Mul(a, s)
  c = Conv(b, weight [2, 4, 1, 1])
  d = Softmax(b) axis 1
  output c, d
  expect no match a
}
