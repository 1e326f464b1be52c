# prepare.dsl: what every quantizer does to a network first. Each rule states an identity, so that what the network
# computes stays: run it before the rules that scale, as in `rewrite-engine model.onnx prepare equalization`. Behind each
# rule stand its tests: networks that it rewrites, and others that look like them and that it must leave alone.

set linear = Conv, ConvTranspose, Gemm, MatMul

# ---- operators that do nothing

rule remove_identity {
  "Identity is nothing."
  match   { y = Identity(x) }
  replace { y = x }
}

test remove_identity "the reader of an Identity reads what it copied" {
  input x [2, 3]
  a = Identity(x)
  y = Relu(a)
  output y
  expect match
  expect becomes { y = Relu(x) }
  expect operators Relu
}

test remove_identity "two readers, one of them the network's output" {
  input x [2, 3]
  a = Relu(x)
  b = Identity(a)
  y = Neg(b)
  output b, y
  expect match
  expect becomes {
    b = Relu(x)
    y = Neg(b)
  }
  expect operators Relu, Neg
}

test remove_identity "from an input to an output it keeps both names" {
  input x [2, 3]
  y = Identity(x)
  output y
  expect no match
}

rule remove_dropout {
  "Dropout is nothing when the network does not train. Its ratio does not matter then."
  match   { y = Dropout(x) or Dropout(x, 0) }
  where y.opset >= 7 else "in this operator set it may train"
  replace { y = x }
}

test remove_dropout "its ratio does not matter" {
  input x [2, 3]
  a = Dropout(x, values 0.5)
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test remove_dropout "it says that it does not train" {
  input x [2, 3]
  a = Dropout(x, values 0.5, values 0 bool)
  y = Relu(a)
  output y
  expect match
  expect becomes { y = Relu(x) }
}

test remove_dropout "it trains" {
  input x [2, 3]
  a = Dropout(x, values 0.5, values 1 bool)
  y = Relu(a)
  output y
  expect no match
}

test remove_dropout "its mask is read" {
  input x [2, 3]
  a, mask = Dropout(x)
  y = Relu(a)
  n = Not(mask)
  output y, n
  expect no match
}

# ---- into the linear operator before

rule fold_batch_normalization {
  "y = W x + c, z = f y + d: z = (f W) x + (f c + d). Jacob et al. 2018, section 3.2."
  match {
    y = linear(x, constant w, constant c or 0)
    z = BatchNormalization(y, constant gain, constant shift, constant mean, constant variance) epsilon e
  }
  where z.training_mode == 0 and z.spatial == 1 else "it trains, or normalizes each element by itself"
  where y.op != "MatMul" or y.rank == 2 else "its channels lie on another axis than those of the product"
  where y.op != "Gemm" or y.beta == 1 else "the bias of the Gemm is multiplied"
  let f = gain / sqrt(variance + e)
  replace { z = y(x, w * per_output(y, f), (c - mean) * f + shift) }
}

test fold_batch_normalization "a convolution with a bias" {
  # f = [4 / 2, 3 / 3] = [2, 1]; the bias is (c - mean) f + shift.
  input x [1, 1, 2, 2]
  a = Conv(x, values [1, 2] shape [2, 1, 1, 1], values [1, 1])
  y = BatchNormalization(a, values [4, 3], values [5, 1], values [2, 0], values [3, 8]) epsilon 1.0
  output y
  expect match
  expect becomes { y = Conv(x, [2, 2], [3, 2]) }
  expect operators Conv
}

test fold_batch_normalization "a convolution without a bias gets one" {
  input x [1, 1, 2, 2]
  a = Conv(x, values [1, 2] shape [2, 1, 1, 1])
  y = BatchNormalization(a, values [4, 3], values [5, 1], values [2, 1], values [3, 8]) epsilon 1.0
  output y
  expect match
  expect becomes { y = Conv(x, [2, 2], [1, 0]) }
}

test fold_batch_normalization "the outputs of a grouped transposed convolution lie on its second axis, group by group" {
  # Two groups of one input and two outputs each: f belongs to the outputs [0, 1] of the first and [2, 3] of the second.
  input x [1, 2, 2, 2]
  a = ConvTranspose(x, values [1, 1, 1, 1] shape [2, 2, 1, 1]) group 2
  y = BatchNormalization(a, values [2, 4, 6, 8], values [0, 0, 0, 1], values [0, 0, 0, 0],
                         values [3, 3, 3, 3]) epsilon 1.0
  output y
  expect match
  expect becomes { y = ConvTranspose(x, [1, 2, 3, 4], [0, 0, 0, 1]) group 2 }
}

test fold_batch_normalization "the weight of a Gemm may be transposed" {
  input x [3, 1]
  a = Gemm(x, values [1, 2] shape [2, 1], values [0, 0]) transB 1
  y = BatchNormalization(a, values [4, 6], values [0, 1], values [0, 0], values [3, 3]) epsilon 1.0
  output y
  expect match
  expect becomes { y = Gemm(x, [2, 6], [0, 1]) transB 1 }
}

test fold_batch_normalization "it trains" {
  input x [1, 1, 2, 2]
  a = Conv(x, weight [2, 1, 1, 1])
  y = BatchNormalization(a, positive [2], bias [2], bias [2], positive [2]) training_mode 1
  output y
  expect no match "it trains"
}

test fold_batch_normalization "the convolution has a second reader" {
  input x [1, 1, 2, 2]
  a = Conv(x, weight [2, 1, 1, 1])
  y = BatchNormalization(a, positive [2], bias [2], bias [2], positive [2])
  z = Relu(a)
  output y, z
  expect no match "'a'"
}

test fold_batch_normalization "the bias of the Gemm is multiplied" {
  input x [3, 4]
  a = Gemm(x, weight [4, 2], bias [2]) beta 0.5
  y = BatchNormalization(a, positive [2], bias [2], bias [2], positive [2])
  output y
  expect no match "the bias of the Gemm is multiplied"
}

test fold_batch_normalization "the channels of a product of rank 3 lie on another axis" {
  input x [1, 2, 4]
  a = MatMul(x, weight [4, 2])
  y = BatchNormalization(a, positive [2], values [0, 0], values [0, 0], positive [2])
  output y
  expect no match "its channels lie on another axis than those of the product"
}

test fold_batch_normalization "a weight that is computed is no constant" {
  input x [1, 1, 2, 2]
  input w [2, 1, 1, 1]
  a = Conv(x, w)
  y = BatchNormalization(a, positive [2], bias [2], bias [2], positive [2])
  output y
  expect no match
}

rule fold_batch_normalization_of_product {
  "y = x W, z = f y + d: z = x (f W) + d, which is a Gemm."
  match {
    y = MatMul(x, constant w)
    z = BatchNormalization(y, constant gain, constant shift, constant mean, constant variance) epsilon e
  }
  where z.training_mode == 0 and z.spatial == 1 else "it trains, or normalizes each element by itself"
  where x.rank == 2 and w.rank == 2 else "it has batch dimensions"
  let f = gain / sqrt(variance + e)
  replace { z = Gemm(x, w * per_output(y, f), shift - mean * f) }
}

test fold_batch_normalization_of_product "a product of two matrices" {
  input x [3, 1]
  a = MatMul(x, values [1, 2] shape [1, 2])
  y = BatchNormalization(a, values [4, 3], values [5, 1], values [2, 1], values [3, 8]) epsilon 1.0
  output y
  expect match
  expect becomes { y = Gemm(x, [2, 2], [1, 0]) }
  expect operators Gemm
}

test fold_batch_normalization_of_product "batches of matrices" {
  input x [1, 2, 4]
  a = MatMul(x, weight [4, 2])
  y = BatchNormalization(a, positive [2], bias [2], bias [2], positive [2])
  output y
  expect no match "it has batch dimensions"
}

rule fold_factor {
  "y = W x + c, z = f y: z = (f W) x + f c, for a factor or one for each channel."
  match {
    y = linear(x, constant w, constant c or 0)
    z = Mul(y, constant k)
  }
  let f = channels(k, y)
  replace { z = y(x, w * per_output(y, f), c * f) }
}

test fold_factor "one factor for each channel" {
  input x [1, 1, 2, 2]
  a = Conv(x, values [1, 2] shape [2, 1, 1, 1], values [1, 3])
  y = Mul(a, values [2, 3] shape [2, 1, 1])
  output y
  expect match
  expect becomes { y = Conv(x, [2, 6], [2, 9]) }
  expect operators Conv
}

test fold_factor "one factor, which stands first" {
  input x [2, 2, 3]
  a = MatMul(x, values [1, 2, 3] shape [3, 1])
  y = Mul(values 0.5, a)
  output y
  expect match
  expect becomes { y = MatMul(x, [0.5, 1, 1.5]) }
}

test fold_factor "the factor runs along a spatial axis" {
  input x [1, 1, 2, 2]
  a = Conv(x, weight [2, 1, 1, 1])
  y = Mul(a, weight [2])
  output y
  expect no match
}

test fold_factor "the factor is computed" {
  input x [1, 1, 2, 2]
  input s [1, 2, 1, 1]
  a = Conv(x, weight [2, 1, 1, 1])
  y = Mul(a, s)
  output y
  expect no match
}

rule fold_divisor {
  "y = W x + c, z = y / k: z = (W / k) x + c / k."
  match {
    y = linear(x, constant w, constant c or 0)
    z = Div(y, constant k)
  }
  where all(k != 0) else "it divides by 0"
  let f = 1 / channels(k, y)
  replace { z = y(x, w * per_output(y, f), c * f) }
}

test fold_divisor "one divisor for each channel" {
  input x [1, 1, 2, 2]
  a = Conv(x, values [1, 6] shape [2, 1, 1, 1], values [2, 3])
  y = Div(a, values [2, 3] shape [1, 2, 1, 1])
  output y
  expect match
  expect becomes { y = Conv(x, [0.5, 2], [1, 1]) }
  expect operators Conv
}

test fold_divisor "it divides by 0" {
  input x [1, 1, 2, 2]
  a = Conv(x, weight [2, 1, 1, 1])
  y = Div(a, values [2, 0] shape [2, 1, 1])
  output y
  expect no match "it divides by 0"
}

test fold_divisor "a constant over the convolution" {
  input x [1, 1, 2, 2]
  a = Conv(x, weight [2, 1, 1, 1], values [5, 5])
  y = Div(values 2, a)
  output y
  expect no match
}

rule fold_summand {
  "y = W x + c, z = y + d: z = W x + (c + d)."
  match {
    y = linear(x, constant w, constant c or 0)
    z = Add(y, constant k)
  }
  where y.op != "Gemm" or y.beta == 1 else "the bias of the Gemm is multiplied"
  replace { z = y(x, w, c + channels(k, y)) }
}

test fold_summand "the bias of a convolution that has none" {
  input x [1, 1, 2, 2]
  a = Conv(x, values [1, 2] shape [2, 1, 1, 1])
  y = Add(a, values [3, 4] shape [2, 1, 1])
  output y
  expect match
  expect becomes { y = Conv(x, [1, 2], [3, 4]) }
  expect operators Conv
}

test fold_summand "a Gemm that has a bias, and one summand for all" {
  input x [3, 1]
  a = Gemm(x, values [1, 2] shape [1, 2], values [1, 5])
  y = Add(values 1, a)
  output y
  expect match
  expect becomes { y = Gemm(x, [1, 2], [2, 6]) }
}

test fold_summand "a product has no bias" {
  input x [3, 4]
  a = MatMul(x, weight [4, 2])
  y = Add(a, bias [2])
  output y
  expect no match
}

test fold_summand "the bias of the Gemm is multiplied" {
  input x [3, 4]
  a = Gemm(x, weight [4, 2], bias [2]) beta 2.0
  y = Add(a, bias [2])
  output y
  expect no match "the bias of the Gemm is multiplied"
}

test fold_summand "the summand differs from row to row" {
  input x [3, 4]
  a = Gemm(x, weight [4, 2], bias [2])
  y = Add(a, weight [3, 1])
  output y
  expect no match
}

rule fold_subtrahend {
  "y = W x + c, z = y - d: z = W x + (c - d)."
  match {
    y = linear(x, constant w, constant c or 0)
    z = Sub(y, constant k)
  }
  where y.op != "Gemm" or y.beta == 1 else "the bias of the Gemm is multiplied"
  replace { z = y(x, w, c - channels(k, y)) }
}

test fold_subtrahend "one subtrahend for each channel" {
  input x [1, 1, 2, 2]
  a = Conv(x, values [1, 2] shape [2, 1, 1, 1], values [1, 1])
  y = Sub(a, values [3, 4] shape [2, 1, 1])
  output y
  expect match
  expect becomes { y = Conv(x, [1, 2], [-2, -3]) }
  expect operators Conv
}

test fold_subtrahend "a constant less the convolution" {
  input x [1, 1, 2, 2]
  a = Conv(x, weight [2, 1, 1, 1])
  y = Sub(bias [2, 1, 1], a)
  output y
  expect no match
}

rule fold_minuend {
  "y = W x + c, z = d - y: z = -W x + (d - c)."
  match {
    y = linear(x, constant w, constant c or 0)
    z = Sub(constant k, y)
  }
  where y.op != "Gemm" or y.beta == 1 else "the bias of the Gemm is multiplied"
  replace { z = y(x, w * per_output(y, -1), channels(k, y) - c) }
}

test fold_minuend "one minuend for all channels" {
  input x [1, 1, 2, 2]
  a = Conv(x, values [1, 2] shape [2, 1, 1, 1], values [1, 3])
  y = Sub(values 1, a)
  output y
  expect match
  expect becomes { y = Conv(x, [-1, -2], [0, -2]) }
  expect operators Conv
}

test fold_minuend "the convolution less a constant" {
  input x [1, 1, 2, 2]
  a = Conv(x, weight [2, 1, 1, 1])
  y = Sub(a, values 1)
  output y
  expect no match
}

rule fold_negation {
  "y = W x + c, z = -y: z = -W x - c."
  match {
    y = linear(x, constant w, constant c or 0)
    z = Neg(y)
  }
  replace { z = y(x, w * per_output(y, -1), -c) }
}

test fold_negation "a convolution with a bias" {
  input x [1, 1, 2, 2]
  a = Conv(x, values [1, -2] shape [2, 1, 1, 1], values [1, 3])
  y = Neg(a)
  output y
  expect match
  expect becomes { y = Conv(x, [-1, 2], [-1, -3]) }
  expect operators Conv
}

test fold_negation "a product" {
  input x [3, 2]
  a = MatMul(x, values [1, -2] shape [2, 1])
  y = Neg(a)
  output y
  expect match
  expect becomes { y = MatMul(x, [-1, 2]) }
}

test fold_negation "the magnitude is no negation" {
  input x [1, 1, 2, 2]
  a = Conv(x, weight [2, 1, 1, 1])
  y = Abs(a)
  output y
  expect no match
}

# ---- into the linear operator behind

rule fold_factor_forward {
  "y = f x, z = W y + c: z = (W f) x + c. Zeros that are put around x stay zeros."
  match {
    y = Mul(x, constant k)
    z = linear(y, constant w, constant c or 0)
  }
  let f = channels(k, y)
  replace { z = z(x, w * per_input(z, f), c) }
}

test fold_factor_forward "one factor for each channel, into a convolution that pads" {
  input x [1, 2, 3, 3]
  a = Mul(x, values [2, 3] shape [2, 1, 1])
  y = Conv(a, values [1, 4] shape [1, 2, 1, 1], values [7]) pads [1, 1, 1, 1]
  output y
  expect match
  expect becomes { y = Conv(x, [2, 12], [7]) pads [1, 1, 1, 1] }
  expect operators Conv
}

test fold_factor_forward "each group reads its own channels" {
  input x [1, 2, 3, 3]
  a = Mul(x, values [2, 3] shape [2, 1, 1])
  y = Conv(a, values [1, 1, 1, 1] shape [4, 1, 1, 1]) group 2
  output y
  expect match
  expect becomes { y = Conv(x, [2, 2, 3, 3]) group 2 }
}

test fold_factor_forward "it widens what it multiplies" {
  input x [1, 1, 3, 3]
  a = Mul(x, weight [2, 1, 1])
  y = Conv(a, weight [1, 2, 1, 1])
  output y
  expect no match
}

test fold_factor_forward "the product has a second reader" {
  input x [1, 2, 3, 3]
  a = Mul(x, weight [2, 1, 1])
  y = Conv(a, weight [1, 2, 1, 1])
  z = Sigmoid(a)
  output y, z
  expect no match "'a'"
}

rule fold_divisor_forward {
  "y = x / k, z = W y + c: z = (W / k) x + c."
  match {
    y = Div(x, constant k)
    z = linear(y, constant w, constant c or 0)
  }
  where all(k != 0) else "it divides by 0"
  let f = 1 / channels(k, y)
  replace { z = z(x, w * per_input(z, f), c) }
}

test fold_divisor_forward "an image in bytes, as a network scales it first" {
  input x [1, 3, 3, 3]
  a = Div(x, values 255)
  y = Conv(a, values [255, 510, 1020] shape [1, 3, 1, 1]) pads [1, 1, 1, 1]
  output y
  expect match
  expect becomes { y = Conv(x, [1, 2, 4]) pads [1, 1, 1, 1] }
  expect operators Conv
}

test fold_divisor_forward "it divides by 0" {
  input x [1, 2, 3, 3]
  a = Div(x, values [1, 0] shape [2, 1, 1])
  y = Conv(a, weight [1, 2, 1, 1])
  output y
  expect no match "it divides by 0"
}

rule fold_summand_forward {
  "y = x + d, z = W y + c: z = W x + (W d + c), where no zeros are put around y."
  match {
    y = Add(x, constant k)
    z = Conv(y, constant w, constant c or 0) pads p
  }
  where all(p == 0) else "zeros are put around what it shifts"
  let d = channels(k, y)
  let moved = reshape(sum(reshape(w * per_input(z, d), [w.shape[0], -1]), 1), [-1])
  replace { z = z(x, w, c + moved) }
}

test fold_summand_forward "every weight that meets a summand counts" {
  # Channel 0 has the summand 1 and the weights 1 and 2, channel 1 the summand 10 and the weights 3 and 4.
  input x [1, 2, 3, 3]
  a = Add(x, values [1, 10] shape [2, 1, 1])
  y = Conv(a, values [1, 2, 3, 4] shape [1, 2, 1, 2], values [0.5])
  output y
  expect match
  expect becomes { y = Conv(x, [1, 2, 3, 4], [73.5]) }
  expect operators Conv
}

test fold_summand_forward "zeros are put around what it shifts" {
  input x [1, 2, 3, 3]
  a = Add(x, values [1, 10] shape [2, 1, 1])
  y = Conv(a, weight [1, 2, 3, 3]) pads [1, 1, 1, 1]
  output y
  expect no match "zeros are put around what it shifts"
}

test fold_summand_forward "pads may be computed" {
  input x [1, 2, 3, 3]
  a = Add(x, values [1, 10] shape [2, 1, 1])
  y = Conv(a, weight [1, 2, 3, 3]) auto_pad "SAME_UPPER"
  output y
  expect no match "zeros are put around what it shifts"
}

rule fold_subtrahend_forward {
  "y = x - d, z = W y + c: z = W x + (c - W d), where no zeros are put around y."
  match {
    y = Sub(x, constant k)
    z = Conv(y, constant w, constant c or 0) pads p
  }
  where all(p == 0) else "zeros are put around what it shifts"
  let d = channels(k, y)
  let moved = reshape(sum(reshape(w * per_input(z, d), [w.shape[0], -1]), 1), [-1])
  replace { z = z(x, w, c - moved) }
}

test fold_subtrahend_forward "two groups" {
  input x [1, 2, 3, 3]
  a = Sub(x, values [1, 10] shape [2, 1, 1])
  y = Conv(a, values [2, 3] shape [2, 1, 1, 1]) group 2
  output y
  expect match
  expect becomes { y = Conv(x, [2, 3], [-2, -30]) group 2 }
  expect operators Conv
}

test fold_subtrahend_forward "zeros are put around what it shifts" {
  input x [1, 2, 3, 3]
  a = Sub(x, values [1, 10] shape [2, 1, 1])
  y = Conv(a, weight [1, 2, 3, 3]) pads [0, 0, 1, 1]
  output y
  expect no match "zeros are put around what it shifts"
}

rule fold_batch_normalization_forward {
  "y = f x + d, z = W y + c: z = (W f) x + (W d + c), where no zeros are put around y, or d is 0."
  match {
    y = BatchNormalization(x, constant gain, constant shift, constant mean, constant variance) epsilon e
    z = Conv(y, constant w, constant c or 0) pads p
  }
  where y.training_mode == 0 and y.spatial == 1 else "it trains, or normalizes each element by itself"
  let f = gain / sqrt(variance + e)
  let d = shift - mean * f
  where all(p == 0) or all(d == 0) else "zeros are put around what it shifts"
  let moved = reshape(sum(reshape(w * per_input(z, d), [w.shape[0], -1]), 1), [-1])
  replace { z = z(x, w * per_input(z, f), c + moved) }
}

test fold_batch_normalization_forward "factor and shift go into the convolution behind" {
  # f = [2, 1], d = [5 - 2 * 2, 1 - 0 * 1] = [1, 1].
  input x [1, 2, 3, 3]
  a = BatchNormalization(x, values [4, 3], values [5, 1], values [2, 0], values [3, 8]) epsilon 1.0
  y = Conv(a, values [1, 10] shape [1, 2, 1, 1], values [100])
  output y
  expect match
  expect becomes { y = Conv(x, [2, 10], [111]) }
  expect operators Conv
}

test fold_batch_normalization_forward "without a shift the convolution may pad" {
  # d = [4 - 2 * 2, 0 - 0 * 1] = [0, 0].
  input x [1, 2, 3, 3]
  a = BatchNormalization(x, values [4, 3], values [4, 0], values [2, 0], values [3, 8]) epsilon 1.0
  y = Conv(a, values [1, 10] shape [1, 2, 1, 1], values [100]) pads [1, 1, 1, 1]
  output y
  expect match
  expect becomes { y = Conv(x, [2, 10], [100]) pads [1, 1, 1, 1] }
}

test fold_batch_normalization_forward "zeros are put around what it shifts" {
  input x [1, 2, 3, 3]
  a = BatchNormalization(x, values [4, 3], values [5, 1], values [2, 0], values [3, 8]) epsilon 1.0
  y = Conv(a, weight [1, 2, 3, 3]) pads [1, 1, 1, 1]
  output y
  expect no match "zeros are put around what it shifts"
}

test fold_batch_normalization_forward "it trains" {
  input x [1, 2, 3, 3]
  a = BatchNormalization(x, positive [2], bias [2], bias [2], positive [2]) training_mode 1
  y = Conv(a, weight [1, 2, 3, 3])
  output y
  expect no match "it trains"
}

rule fold_batch_normalization_into_gemm {
  "y = f x + d, z = y W + c: z = x (f W) + (d W + c)."
  match {
    y = BatchNormalization(x, constant gain, constant shift, constant mean, constant variance) epsilon e
    z = Gemm(y, constant w, constant c or 0) alpha 1 beta 1 transA 0 transB t
  }
  where y.training_mode == 0 and y.spatial == 1 else "it trains, or normalizes each element by itself"
  let f = gain / sqrt(variance + e)
  let d = shift - mean * f
  let moved = reshape(sum(w * per_input(z, d), t), [-1])
  replace { z = z(x, w * per_input(z, f), c + moved) }
}

test fold_batch_normalization_into_gemm "the inputs of a transposed weight lie on its second axis" {
  # f = [2, 1], d = [1, 1]; the weight is [[1, 2], [3, 4]].
  input x [3, 2]
  a = BatchNormalization(x, values [4, 3], values [5, 1], values [2, 0], values [3, 8]) epsilon 1.0
  y = Gemm(a, values [1, 2, 3, 4] shape [2, 2], values [10, 20]) transB 1
  output y
  expect match
  expect becomes { y = Gemm(x, [2, 2, 6, 4], [13, 27]) transB 1 }
  expect operators Gemm
}

test fold_batch_normalization_into_gemm "the same weight as it is" {
  input x [3, 2]
  a = BatchNormalization(x, values [4, 3], values [5, 1], values [2, 0], values [3, 8]) epsilon 1.0
  y = Gemm(a, values [1, 2, 3, 4] shape [2, 2], values [10, 20])
  output y
  expect match
  expect becomes { y = Gemm(x, [2, 4, 3, 4], [14, 26]) }
}

test fold_batch_normalization_into_gemm "the product is multiplied" {
  input x [3, 2]
  a = BatchNormalization(x, positive [2], bias [2], bias [2], positive [2])
  y = Gemm(a, weight [2, 2], bias [2]) alpha 0.5
  output y
  expect no match
}

# ---- activations

rule clip_to_relu {
  "Clip(x, 0, none) is Relu(x)."
  match   { y = Clip(x) min 0 max m or inf }
  where m >= 3.4e38 else "it has an upper bound"
  where x.dtype == "float32" or x.dtype == "float16" or x.dtype == "float64" or x.dtype == "bfloat16" else "runtimes have no Relu of this type"
  replace { y = Relu(x) }
}

test clip_to_relu "without an upper bound" {
  input x [2, 3]
  y = Clip(x, values 0)
  output y
  expect match
  expect becomes { y = Relu(x) }
  expect operators Relu
}

test clip_to_relu "the largest float is no upper bound" {
  input x [2, 3]
  y = Clip(x, values 0, values 3.4028235e38)
  output y
  expect match
  expect operators Relu
}

test clip_to_relu "it has an upper bound" {
  input x [2, 3]
  y = Clip(x, values 0, values 6)
  output y
  expect no match "it has an upper bound"
}

test clip_to_relu "it has no lower bound" {
  input x [2, 3]
  y = Clip(x)
  output y
  expect no match
}

test clip_to_relu "another lower bound" {
  input x [2, 3]
  y = Clip(x, values -1)
  output y
  expect no match
}

test clip_to_relu "of whole numbers there is no Relu" {
  input x [2, 3] int32
  y = Clip(x, values 0 int32)
  output y
  expect no match "runtimes have no Relu of this type"
}
