# Wrong versions of real rules, each of a kind that somebody has shipped. `check` must find every one of them; what
# stands behind "mended by" is the condition that it must propose.

set linear = Conv, ConvTranspose, Gemm, MatMul

rule pad_of_negative_widths {
  "mended by all(w >= 0)"
  match {
    y = Pad(x) pads w mode "constant" value 0
    z = Conv(y, k, c or none) pads p auto_pad "NOTSET"
  }
  where all(w[0:2] == 0) and all(w[x.rank:x.rank + 2] == 0)
  let before = w[2:x.rank]
  let behind = w[x.rank + 2:]
  replace { z = z(x, k, c) pads p + [before..., behind...] }
}

rule pad_of_other_axes {
  "left alone"
  match {
    y = Pad(x) pads w mode "constant" value 0
    z = Conv(y, k, c or none) pads p auto_pad "NOTSET"
  }
  where all(w >= 0)
  let before = w[2:x.rank]
  let behind = w[x.rank + 2:]
  replace { z = z(x, k, c) pads p + [before..., behind...] }
}

rule pad_of_any_mode {
  match {
    y = Pad(x) pads w value 0
    z = Conv(y, k, c or none) pads p auto_pad "NOTSET"
  }
  where all(w >= 0) and all(w[0:2] == 0) and all(w[x.rank:x.rank + 2] == 0)
  let before = w[2:x.rank]
  let behind = w[x.rank + 2:]
  replace { z = z(x, k, c) pads p + [before..., behind...] }
}

rule clip_without_maximum {
  match   { y = Clip(x) min 0 max m or 6 }
  replace { y = Clip(x) min 0 max 6 }
}

rule clip_is_relu {
  match   { y = Clip(x) min 0 }
  replace { y = Relu(x) }
}

rule normalization_behind_grouped_transpose {
  "left alone"
  match {
    y = ConvTranspose(x, constant w, constant c or 0)
    z = BatchNormalization(y, constant gain, constant shift, constant mean, constant variance) epsilon e training_mode 0
  }
  let f = gain / sqrt(variance + e)
  replace { z = y(x, w * reshape(f, [1, -1, 1, 1]), (c - mean) * f + shift) }
}

rule normalization_that_trains {
  match {
    y = Conv(x, constant w, constant c or 0)
    z = BatchNormalization(y, constant gain, constant shift, constant mean, constant variance) epsilon e
  }
  let f = gain / sqrt(variance + e)
  replace { z = y(x, w * per_output(y, f), (c - mean) * f + shift) }
}

rule normalization_on_another_axis {
  match {
    y = MatMul(x, constant w)
    z = BatchNormalization(y, constant gain, constant shift, constant mean, constant variance) epsilon e
  }
  where all(mean == 0) and all(shift == 0) and z.training_mode == 0
  replace { z = y(x, w * per_output(y, gain / sqrt(variance + e))) }
}

rule normalization_without_its_epsilon {
  match {
    y = Conv(x, constant w, constant c or 0)
    z = BatchNormalization(y, constant gain, constant shift, constant mean, constant variance) training_mode 0
  }
  let f = gain / sqrt(variance)
  replace { z = y(x, w * per_output(y, f), (c - mean) * f + shift) }
}

rule factor_over_another_axis {
  match {
    y = Conv(x, constant w, constant c or 0)
    z = Mul(y, constant k)
  }
  where product(k.shape) == y.shape[1]
  let f = reshape(k, [-1])
  replace { z = y(x, w * per_output(y, f), c * f) }
}

rule summand_of_scaled_gemm {
  "mended by g.beta == 1"
  match {
    y = Add(g, constant k)
    g = Gemm(x, w, constant c)
  }
  where k.shape == c.shape
  replace { y = g(x, w, c + k) }
}

rule reshape_copies_dimensions {
  "left alone"
  match   { y = Reshape(Reshape(x) shape s) shape t }
  let front = t[0:1]
  replace { y = Reshape(x) shape [front..., -1] }
}

rule transpose_the_wrong_way_round {
  match   { y = Transpose(Transpose(x) perm p) perm q }
  replace { y = Transpose(x) perm q[p] }
}

rule slice_of_any_steps {
  match   { y = Slice(Slice(x) starts a) starts c ends d }
  replace { y = Slice(x) starts a + c ends a + d }
}

rule slice_with_steps {
  "left alone; mended by y.shape == x.shape"
  match   { y = Slice(x) starts a ends b }
  where all(a == 0) and b == x.shape
  replace { y = x }
}

rule concat_of_split_in_another_order {
  match {
    a, b = Split(x) axis i
    y = Concat(b, a) axis j
  }
  where i == j
  replace { y = x }
}

rule cast_that_loses {
  match   { y = Cast(Cast(x) to t) to u }
  replace { y = Cast(x) to u }
}

rule gemm_of_batches {
  "left alone; mended by x.rank == 2"
  match   { y = Add(MatMul(x, constant w), constant c) }
  where w.rank == 2
  replace { y = Gemm(x, w, c) }
}

rule gelu_with_another_constant {
  match   { y = Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.5)), 1)) }
  replace { y = Gelu(x) }
}

rule gelu_by_tanh {
  match   { y = Gelu(x) }
  replace { y = Mul(x, Sigmoid(Mul(x, 1.702))) }
}

rule layer_normalization_over_any_axes {
  match {
    m = ReduceMean(x) axes a keepdims 1
    d = Sub(x, m)
    v = ReduceMean(Mul(d, d)) axes b keepdims 1
    n = Div(d, Sqrt(Add(v, constant e)))
    y = Mul(n, constant gain)
  }
  where product(e.shape) == 1 and gain.shape == x.shape[-1:]
  replace { y = LayerNormalization(x, gain) axis -1 epsilon reshape(e, []) }
}

rule epsilon_outside_of_the_root {
  match {
    m = ReduceMean(x) axes a keepdims 1
    d = Sub(x, m)
    v = ReduceMean(Mul(d, d)) axes b keepdims 1
    n = Div(d, Add(Sqrt(v), constant e))
    y = Mul(n, constant gain)
  }
  where a == b and a == [x.rank - 1] and product(e.shape) == 1 and gain.shape == x.shape[-1:]
  replace { y = LayerNormalization(x, gain) axis -1 epsilon reshape(e, []) }
}

rule quotient_for_product {
  match   { y = Div(Mul(x, constant a), constant b) }
  replace { y = Mul(x, b / a) }
}

rule difference_the_other_way {
  match   { y = Sub(Sub(x, a), b) }
  replace { y = Sub(x, Sub(a, b)) }
}

rule reduction_that_keeps_its_axis {
  "left alone; mended by y.keepdims == 1"
  match   { y = ReduceMean(x) axes a }
  where x.rank == 4 and a == [2, 3]
  replace { y = GlobalAveragePool(x) }
}

rule squeeze_without_axes {
  "left alone; mended by y.shape == x.shape"
  match   { y = Unsqueeze(Squeeze(x)) axes a }
  where length(a) == 1
  replace { y = x }
}

rule gather_of_negative_indices {
  match   { y = Gather(Concat(a, b) axis i, constant k) axis j }
  where i == 0 and j == 0 and all(k < a.shape[0])
  replace { y = Gather(a, k) axis j }
}

rule dropout_that_trains {
  match   { y = Dropout(x, ...) }
  replace { y = x }
}

rule difference_of_the_same {
  match   { y = Sub(x, x) }
  replace { y = Expand(0, Shape(x)) }
}

rule quotient_of_the_same {
  match   { y = Div(x, x) }
  replace { y = Add(Mul(x, 0), 1) }
}

rule summand_that_changes_the_rank {
  "left alone; mended by y.shape == x.shape"
  match   { y = Add(x, 0) }
  replace { y = Identity(x) }
}

rule relu_behind_any_clip {
  match   { y = Relu(Clip(x) min a max b) }
  replace { y = Clip(x) min max(a, 0) max b }
}

rule hard_swish_of_any_gate {
  "se14: the gate is not of x"
  match   { y = Mul(x, HardSigmoid(s)) }
  replace { y = HardSwish(x) }
}

rule matmul_transposes {
  match   { y = MatMul(Transpose(x), Transpose(w)) }
  replace { y = Transpose(MatMul(x, w)) }
}

rule two_relus_of_a_sum {
  match   { y = Relu(Add(Relu(a), b)) }
  replace { y = Relu(Add(a, b)) }
}

rule softmax_of_any_axis {
  match   { y = Softmax(Transpose(x) perm p) }
  replace { y = Transpose(Softmax(x)) perm p }
}

rule leaky_relu_of_any_slope {
  match   { y = Max(x, Mul(x, constant a)) }
  where product(a.shape) == 1 and a.rank == 0
  replace { y = LeakyRelu(x) alpha a }
}

rule relu_behind_pool {
  match   { y = Relu(MaxPool(Relu(x))) }
  replace { y = Relu(x) }
}

rule max_pool_of_anything {
  match {
    y = Pad(x) pads w mode "constant" value 0
    z = MaxPool(y) pads p dilations d ceil_mode 0 kernel_shape k auto_pad "NOTSET"
  }
  where all(w >= 0) and all(w[0:2] == 0) and all(w[x.rank:x.rank + 2] == 0) and all(d == 1)
  let before = w[2:x.rank]
  let behind = w[x.rank + 2:]
  let q = p + [before..., behind...]
  where all(q[0:length(k)] < k) and all(q[length(k):] < k)
  replace { z = z(x) pads q }
}

rule average_pool_that_does_not_count {
  "mended by all(z.pads == 0)"
  match {
    y = Pad(x) pads w mode "constant" value 0
    z = AveragePool(y) pads p ceil_mode 0 kernel_shape k auto_pad "NOTSET"
  }
  where all(w >= 0) and all(w[0:2] == 0) and all(w[x.rank:x.rank + 2] == 0)
  let before = w[2:x.rank]
  let behind = w[x.rank + 2:]
  let q = p + [before..., behind...]
  where all(q[0:length(k)] < k) and all(q[length(k):] < k)
  replace { z = z(x) pads q count_include_pad 1 }
}

rule clips_that_do_not_overlap {
  match   { y = Clip(Clip(x) min a max b) min c max d }
  replace { y = Clip(x) min max(a, c) max min(b, d) }
}

rule shift_of_what_is_padded {
  match {
    y = Add(x, constant k)
    z = Conv(y, constant w, constant c or 0)
  }
  let moved = reshape(sum(reshape(w * per_input(z, channels(k, y)), [w.shape[0], -1]), 1), [-1])
  replace { z = z(x, w, c + moved) }
}

rule bounds_out_of_order {
  match   { y = Max(Min(x, constant b), constant a) }
  where a.rank == 0 and b.rank == 0
  replace { y = Clip(x) min a max b }
}

rule transposes_that_go_on {
  match   { y = Transpose(Relu(Transpose(x) perm p)) perm q }
  where p == q
  replace { y = Relu(x) }
}

rule root_mean_square_is_no_deviation {
  match {
    s = Sqrt(Add(ReduceMean(Mul(x, x)) axes a keepdims 1, constant e))
    y = Mul(Div(x, s), constant gain)
  }
  where a == [x.rank - 1]
  where e.rank == 0 or e.shape == [1]
  where gain.shape == x.shape[-1:]
  replace { y = LayerNormalization(x, gain) axis -1 epsilon reshape(e, []) }
}
