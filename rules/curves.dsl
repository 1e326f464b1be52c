# curves.dsl: curves that are one operator, or hard-swish with a Clip, as a product of x and a gate that is made of x: so that
# a scale can be given back in front of the gate alone (`restore`, `--leak restore`). Exact but for rounding. It undoes what
# simplify.dsl does to them; leave it out where the runtime's own operator should stay, or name operators that should with
# --skip-node.

rule hard_swish_as_product {
  "HardSwish(x) is x times HardSigmoid(x) with a slope of 1/6."
  match   { y = HardSwish(x) }
  replace { y = Mul(x, HardSigmoid(x) alpha 1 / 6 beta 0.5) }
}

test hard_swish_as_product "one operator" {
  input x [2, 3]
  y = HardSwish(x)
  output y
  expect match
  expect operators HardSigmoid, Mul
}

rule hard_swish_of_clip_as_product {
  "x * clip(x + 3, 0, 6) / 6 is x times HardSigmoid(x) with a slope of 1/6."
  match {
    r = Clip(Add(x, 3)) min 0 max 6
    y = Div(Mul(x, r), 6)
     or Mul(Mul(x, r), 0.16666667)
     or Mul(x, Div(r, 6))
     or Mul(x, Mul(r, 0.16666667))
     or Mul(Mul(x, 0.16666667), r)
     or Mul(Div(x, 6), r)
  }
  replace { y = Mul(x, HardSigmoid(x) alpha 1 / 6 beta 0.5) }
}

test hard_swish_of_clip_as_product "the product divided by 6" {
  input x [2, 3]
  a = Add(x, values 3)
  b = Clip(a, values 0, values 6)
  c = Mul(x, b)
  y = Div(c, values 6)
  output y
  expect match
  expect operators HardSigmoid, Mul
}

test hard_swish_of_clip_as_product "the gate of something else" {
  input x [2, 3]
  input s [2, 3]
  a = Add(s, values 3)
  b = Clip(a, values 0, values 6)
  c = Mul(x, b)
  y = Div(c, values 6)
  output y
  expect no match
}

rule swish_as_product {
  "Swish(x) is x times Sigmoid(x)."
  match   { y = Swish(x) alpha 1 }
  replace { y = Mul(x, Sigmoid(x)) }
}

test swish_as_product "one operator" {
  opset 24
  input x [2, 3]
  y = Swish(x)
  output y
  expect match
  expect operators Sigmoid, Mul
}

test swish_as_product "of another slope" {
  opset 24
  input x [2, 3]
  y = Swish(x) alpha 1.702
  output y
  expect no match "alpha"
}

rule gelu_as_product {
  "Gelu(x) is x times (1 + erf(x / sqrt 2)) / 2."
  match   { y = Gelu(x) approximate "none" }
  replace { y = Mul(x, Mul(Add(Erf(Mul(x, 0.70710678)), 1), 0.5)) }
}

test gelu_as_product "one operator" {
  opset 20
  input x [2, 3]
  y = Gelu(x)
  output y
  expect match
  expect operators Mul, Erf, Add, Mul, Mul
}

test gelu_as_product "by tanh" {
  opset 20
  input x [2, 3]
  y = Gelu(x) approximate "tanh"
  output y
  expect no match "approximate"
}

rule gelu_of_half_as_product {
  "(x (1 + erf(x / sqrt 2))) / 2 is x times (1 + erf(x / sqrt 2)) / 2: no factor stands between it and what reads it."
  match {
    t = Add(Erf(Div(x, 1.4142135) or Mul(x, 0.70710678)), 1)
    y = Mul(Mul(x, t), 0.5) or Mul(Mul(x, 0.5), t) or Div(Mul(x, t), 2)
  }
  replace { y = Mul(x, Mul(Add(Erf(Mul(x, 0.70710678)), 1), 0.5)) }
}

test gelu_of_half_as_product "as PyTorch writes it" {
  input x [2, 3]
  a = Div(x, values 1.4142135)
  b = Erf(a)
  c = Add(b, values 1)
  d = Mul(x, c)
  y = Mul(d, values 0.5)
  output y
  expect match
  expect operators Mul, Erf, Add, Mul, Mul
}

test gelu_of_half_as_product "the gate of something else" {
  input x [2, 3]
  input s [2, 3]
  a = Div(s, values 1.4142135)
  b = Erf(a)
  c = Add(b, values 1)
  d = Mul(x, c)
  y = Mul(d, values 0.5)
  output y
  expect no match
}
