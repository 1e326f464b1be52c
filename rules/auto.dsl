# auto.dsl: the int8 network for which nothing needs to be known: what every quantizer does first, scales through ReLU6
# and other Clips, and all scales at once so that the predicted noise is least. Statistics are used where they are. With
# --exact nothing is folded, and scales are powers of two. HardSwish, Swish and Gelu stay one operator, as to write them out
# costs an operator even where no scale is given back then: `curves auto` does that.

include "prepare" as far as exact

# Rounded, what a Concat reads is rounded for it, and once more behind it. Where its reader is a Concat, too (chains of
# dense networks), that reads the parts instead, which then are rounded twice, however long the chain is.
rule past_concat {
  "Concat(a, Concat(b), c) reads b, where the inner one has other readers."
  match {
    u = Concat(b...) axis i
    y = Concat(a..., u, c...) axis j
  }
  where i == j else "they run along different axes"
  where reads(u) > 1 else "nobody else reads the inner one: simplify makes one of both"
  replace {
    u = Concat(b...) axis i
    y = Concat(a..., b..., c...) axis j
  }
}

include "clip"
include "balance"

test past_concat "a chain of dense layers" {
  input x [1, 2, 4, 4]
  input u [1, 1, 4, 4]
  input v [1, 3, 4, 4]
  a = Concat(x, u) axis 1
  p = Relu(a)
  b = Concat(a, v) axis 1
  y = Relu(b)
  output p, y
  expect match
  expect becomes { b = Concat(x, u, v) axis 1 }
  expect operators Concat, Concat, Relu, Relu
}

test past_concat "nobody else reads the inner one" {
  input x [1, 2, 4, 4]
  input u [1, 1, 4, 4]
  a = Concat(x, u) axis 1
  y = Concat(a, x) axis 1
  output y
  expect no match "nobody else reads the inner one: simplify makes one of both"
}

test past_concat "along another axis" {
  input x [1, 2, 4, 4]
  a = Concat(x, x) axis 2
  p = Relu(a)
  y = Concat(a, a) axis 1
  output p, y
  expect no match "they run along different axes"
}
