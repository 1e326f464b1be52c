# Right rules, of the same kinds as the wrong ones beside them: `check` must let every one of them pass.

rule transposed_product {
  match   { y = MatMul(Transpose(x) perm [1, 0], Transpose(w) perm [1, 0]) }
  replace { y = Transpose(MatMul(w, x)) perm [1, 0] }
}

rule relu_of_scaled {
  match   { y = Relu(Mul(x, constant k)) }
  where all(k > 0) and product(k.shape) == 1
  replace { y = Mul(Relu(x), k) }
}

rule swish_of_sigmoid_at_opset_24 {
  match   { y = Mul(x, Sigmoid(x)) }
  replace { y = Swish(x) }
}

rule slice_of_slice {
  match   { y = Slice(Slice(x) starts a ends b steps s) starts c ends d steps t }
  where all(s == 1) and all(t == 1)
  replace { y = Slice(x) starts a + c ends a + d steps s }
}

rule add_of_negated {
  match   { y = Add(x, Neg(z)) }
  replace { y = Sub(x, z) }
}

rule softmax_through_transpose {
  match   { y = Softmax(Transpose(x) perm p) axis a }
  where y.opset >= 13
  replace { y = Transpose(Softmax(x) axis p[a]) perm p }
}

rule leaky_relu {
  match   { y = Max(x, Mul(x, constant a)) }
  where product(a.shape) == 1 and a.rank == 0 and all(a >= 0) and all(a <= 1)
  replace { y = LeakyRelu(x) alpha reshape(a, []) }
}

rule pad_into_convolution {
  match {
    y = Pad(x) pads w mode "constant" value 0
    z = Conv(y, k, c or none) pads p auto_pad "NOTSET"
  }
  where all(w >= 0) and all(w[0:2] == 0) and all(w[x.rank:x.rank + 2] == 0)
  let before = w[2:x.rank]
  let behind = w[x.rank + 2:]
  replace { z = z(x, k, c) pads p + [before..., behind...] }
}

rule clip_between {
  match   { y = Clip(x) min 0 max m or inf }
  where m >= 3.4e38
  replace { y = Relu(x) }
}

rule normalization_of_matrices {
  match {
    y = MatMul(x, constant w)
    z = BatchNormalization(y, constant gain, constant shift, constant mean, constant variance) epsilon e
  }
  where z.training_mode == 0 and x.rank == 2 and w.rank == 2
  let f = gain / sqrt(variance + e)
  replace { z = Gemm(x, w * per_output(y, f), shift - mean * f) }
}

rule factor_of_channels {
  match {
    y = Conv(x, constant w, constant c or 0)
    z = Mul(y, constant k)
  }
  replace { z = y(x, w * per_output(y, channels(k, y)), c * channels(k, y)) }
}

rule summand_of_gemm {
  match {
    y = Add(g, constant k)
    g = Gemm(x, w, constant c)
  }
  where k.shape == c.shape and g.beta == 1
  replace { y = g(x, w, c + k) }
}

rule reshape_twice {
  match   { y = Reshape(Reshape(x)) shape t }
  replace { y = Reshape(x) shape t }
}

rule transpose_twice {
  match   { y = Transpose(Transpose(x) perm p) perm q }
  replace { y = Transpose(x) perm p[q] }
}

rule concat_of_split {
  match {
    a, b = Split(x) axis i
    y = Concat(a, b) axis j
  }
  where i == j
  replace { y = x }
}

rule cast_that_keeps {
  match   { y = Cast(Cast(x) to t) to u }
  where wider(t, x.dtype)
  replace { y = Cast(x) to u }
}

rule gemm {
  match   { y = Add(MatMul(x, constant w), constant c) }
  where x.rank == 2 and w.rank == 2 and c.shape == [w.shape[1]]
  replace { y = Gemm(x, w, c) }
}

rule gelu {
  match   { y = Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.4142135)), 1)) }
  replace { y = Gelu(x) }
}

rule quotient_and_product {
  match   { y = Div(Mul(x, constant a), constant b) }
  where product(a.shape) == 1 and product(b.shape) == 1 and all(b != 0) and x.dtype == "float32"
  replace { y = Mul(x, a / b) }
}

rule difference_of_differences {
  match   { y = Sub(Sub(x, a), b) }
  replace { y = Sub(x, Add(a, b)) }
}

rule mean_over_space {
  match   { y = ReduceMean(x) axes a keepdims 1 }
  where x.rank == 4 and a == [2, 3]
  replace { y = GlobalAveragePool(x) }
}

rule dropout_at_inference {
  match   { y = Dropout(x) }
  replace { y = x }
}

rule relu_behind_clip {
  match   { y = Relu(Clip(x) min a max b) }
  where b >= 0
  replace { y = Clip(x) min max(a, 0) max b }
}

rule hard_swish_of_its_own_gate {
  match   { y = Mul(x, HardSigmoid(x) alpha 0.16666667 beta 0.5) }
  replace { y = HardSwish(x) }
}

rule gather_of_concat {
  match   { y = Gather(Concat(a, b) axis i, constant k) axis j }
  where i == 0 and j == 0 and all(k < a.shape[0]) and all(k >= 0)
  replace { y = Gather(a, k) axis j }
}

rule fused_convolution {
  match {
    z = Conv(x, w, c or none)
    y = Relu(z)
  }
  replace { y = com.microsoft::FusedConv(x, w, c) like z activation "Relu" }
}

rule fused_convolution_with_slope {
  match {
    z = Conv(x, w, c or none)
    y = LeakyRelu(z) alpha a
  }
  replace {
    y = com.microsoft::FusedConv(x, w, c) like z activation "LeakyRelu" activation_params [a]
  }
}

rule fused_convolution_with_bounds {
  match {
    z = Conv(x, w, c or none)
    y = Clip(z) min a max b
  }
  replace {
    y = com.microsoft::FusedConv(x, w, c) like z activation "Clip" activation_params [a, b]
  }
}

rule split_of_concat {
  "another seam would change the shapes, so that the edit is not made"
  match {
    c = Concat(a, b) axis i
    y, z = Split(c) axis j
  }
  where i == j
  replace {
    y = a
    z = b
  }
}

rule shift_of_what_is_not_padded {
  match {
    y = Add(x, constant k)
    z = Conv(y, constant w, constant c or 0) pads p
  }
  where all(p == 0)
  let moved = reshape(sum(reshape(w * per_input(z, channels(k, y)), [w.shape[0], -1]), 1), [-1])
  replace { z = z(x, w, c + moved) }
}

rule max_pool_of_what_is_not_negative {
  match {
    r = Relu(x)
    y = Pad(r) pads w mode "constant" value 0
    z = MaxPool(y) pads p dilations d ceil_mode 0 kernel_shape k auto_pad "NOTSET"
  }
  where all(w >= 0) and all(w[0:2] == 0) and all(w[x.rank:x.rank + 2] == 0) and all(d == 1)
  let before = w[2:x.rank]
  let behind = w[x.rank + 2:]
  let q = p + [before..., behind...]
  where all(q[0:length(k)] < k) and all(q[length(k):] < k)
  replace { z = z(r(x)) pads q }
}
