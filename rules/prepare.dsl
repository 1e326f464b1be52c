# prepare.dsl: what every quantizer does to a network first. Each rule states an identity, so that what the network
# computes stays: run it before the rules that scale, as in `rewrite-engine model.onnx prepare equalization`.

set linear = Conv, ConvTranspose, Gemm

rule remove_identity {
  "Identity is nothing; so is Dropout when the network does not train."
  chain Identity as n
  do remove(n)
}

rule remove_dropout {
  chain Dropout as n
  do remove(n)
}

rule fold_batch_normalization {
  "y = W x + c, z = f y + d: z = (f W) x + (f c + d). Jacob et al. 2018, section 3.2."
  chain linear as a => BatchNormalization as b
  do fold_affine(a, b)
}

set arithmetic = Mul, Div, Add, Sub

rule fold_constant {
  "The same for a constant factor or summand, one for all or one for each channel."
  chain linear as a => arithmetic as b
  do fold_affine(a, b)
}

rule clip_to_relu {
  "Clip(x, 0, none) is Relu(x)."
  chain Clip as c
  where c.attribute.min == 0 and c.attribute.max >= 3.4e38 else "its bounds are not 0 and none"
  do replace(c, Relu)
}

test fold_batch_normalization "a normalization behind a convolution is folded into it" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [4, 3, 1, 1])
  b = BatchNormalization(a, positive [4], bias [4], bias [4], positive [4])
  c = Relu(b)
  output c
  expect match
}

test fold_batch_normalization "not where somebody else reads the convolution" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [4, 3, 1, 1])
  b = BatchNormalization(a, positive [4], bias [4], bias [4], positive [4])
  output a, b
  expect no match
}

test fold_constant "a factor for each channel" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [4, 3, 1, 1], bias [4])
  b = Mul(a, weight [4, 1, 1])
  c = Relu(b)
  output c
  expect match
}

test remove_identity "an Identity goes" {
  input x [1, 3, 4, 4]
  a = Relu(x)
  b = Identity(a)
  c = Sigmoid(b)
  output c
  expect match
}
