# simplify.dsl: the same network with fewer operators. Each rule states an identity of its operators; what is equal only
# approximately says so. Run it alone, or before prepare: `rewrite-engine model.onnx simplify prepare -o small.onnx`.
# Behind each rule stand its tests: networks that it rewrites, and others that look like them and that it must leave
# alone. Swish (operator set 24), RMSNormalization (23), Gelu (20) and Mish (18) are put in where the network's operator set
# has them; tests have 17 where they say none.

# ---- operators that do nothing

rule transpose_nothing {
  "A Transpose that leaves every axis where it is."
  match   { y = Transpose(x) perm p }
  where p == indices(length(p)) else "an axis moves"
  replace { y = x }
}

test transpose_nothing "every axis stays" {
  input x [2, 3, 4]
  a = Transpose(x) perm [0, 1, 2]
  y = Relu(a)
  output y
  expect match
  expect becomes { y = Relu(x) }
  expect operators Relu
}

test transpose_nothing "two axes of the same size change places" {
  input x [2, 3, 3]
  a = Transpose(x) perm [0, 2, 1]
  y = Relu(a)
  output y
  expect no match "an axis moves"
}

test transpose_nothing "without perm all axes are turned round" {
  input x [2, 2]
  a = Transpose(x)
  y = Relu(a)
  output y
  expect no match "an axis moves"
}

rule reshape_nothing {
  "A Reshape to the shape that is there."
  match   { y = Reshape(x) }
  where y.shape == x.shape else "it changes the shape"
  replace { y = x }
}

test reshape_nothing "0 copies a dimension and -1 is what is left" {
  input x [2, 3, 4]
  a = Reshape(x, integers [0, -1, 4])
  y = Relu(a)
  output y
  expect match
  expect becomes { y = Relu(x) }
}

test reshape_nothing "the same elements in another shape" {
  input x [2, 3, 4]
  a = Reshape(x, integers [3, 2, 4])
  y = Relu(a)
  output y
  expect no match "it changes the shape"
}

rule flatten_nothing {
  "A Flatten of what is flat."
  match   { y = Flatten(x) }
  where y.shape == x.shape else "it changes the shape"
  replace { y = x }
}

test flatten_nothing "a matrix" {
  input x [2, 3]
  a = Flatten(x)
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test flatten_nothing "a matrix that becomes one row" {
  input x [2, 3]
  a = Flatten(x) axis 0
  y = Relu(a)
  output y
  expect no match "it changes the shape"
}

rule cast_nothing {
  "A Cast to the type that is there."
  match   { y = Cast(x) }
  where y.dtype == x.dtype else "it changes the type"
  replace { y = x }
}

test cast_nothing "float32 to float32" {
  input x [2, 3]
  a = Cast(x) to 1
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test cast_nothing "float32 to float64" {
  input x [2, 3]
  a = Cast(x) to 11
  y = Relu(a)
  output y
  expect no match "it changes the type"
}

rule no_padding {
  "A Pad by nothing."
  match   { y = Pad(x) pads w }
  where all(w == 0) else "it pads"
  replace { y = x }
}

test no_padding "no width" {
  input x [2, 3]
  a = Pad(x, integers [0, 0, 0, 0])
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test no_padding "what one end takes away the other puts on" {
  input x [2, 3]
  a = Pad(x, integers [0, 1, 0, -1])
  y = Relu(a)
  output y
  expect no match "it pads"
}

rule slice_nothing {
  "A Slice of everything."
  match   { y = Slice(x) starts a steps s }
  where y.shape == x.shape else "it takes a part"
  where all(a == 0) and all(s == 1) else "it turns round"
  replace { y = x }
}

test slice_nothing "to an end beyond the last element" {
  input x [2, 3]
  a = Slice(x, integers [0], integers [1000], integers [1])
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test slice_nothing "all but the last column" {
  input x [2, 3]
  a = Slice(x, integers [0], integers [-1], integers [1])
  y = Relu(a)
  output y
  expect no match "it takes a part"
}

test slice_nothing "everything, but the other way round" {
  input x [2, 3]
  a = Slice(x, integers [-1], integers [-1000], integers [1], integers [-1])
  y = Relu(a)
  output y
  expect no match "it turns round"
}

rule expand_nothing {
  "An Expand to the shape that is there."
  match   { y = Expand(x, constant s) }
  where y.shape == x.shape else "it changes the shape"
  replace { y = x }
}

test expand_nothing "1 is whatever is there" {
  input x [2, 3]
  a = Expand(x, integers [1, 3])
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test expand_nothing "a row becomes two" {
  input x [1, 3]
  a = Expand(x, integers [2, 3])
  y = Relu(a)
  output y
  expect no match "it changes the shape"
}

rule tile_nothing {
  "A Tile of one time along every axis."
  match   { y = Tile(x, constant r) }
  where all(r == 1) else "it repeats"
  replace { y = x }
}

test tile_nothing "once along both axes" {
  input x [2, 3]
  a = Tile(x, integers [1, 1])
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test tile_nothing "twice along one of them" {
  input x [2, 3]
  a = Tile(x, integers [1, 2])
  y = Relu(a)
  output y
  expect no match "it repeats"
}

rule times_one {
  "x * 1 and x / 1 are x."
  match   { y = Mul(x, 1) or Div(x, 1) }
  replace { y = x }
}

test times_one "ones for every channel, which stand first" {
  input x [2, 3]
  a = Mul(values [1, 1, 1], x)
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test times_one "divided by one" {
  input x [2, 3]
  a = Div(x, values 1)
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test times_one "one divided by it" {
  input x [2, 3]
  a = Add(x, values 2)
  b = Div(values 1, a)
  output b
  expect no match
}

test times_one "one of the factors is not 1" {
  input x [2, 3]
  a = Mul(x, values [1, 1, 2])
  y = Relu(a)
  output y
  expect no match "is not 1"
}

test times_one "the ones make more of it" {
  input x [3]
  a = Mul(x, values [1, 1] shape [2, 1])
  y = Relu(a)
  output y
  expect no match
}

rule plus_zero {
  "x + 0 and x - 0 are x."
  match   { y = Add(x, 0) or Sub(x, 0) }
  replace { y = x }
}

test plus_zero "a bias of zeros" {
  input x [2, 3]
  a = Add(x, values [0, 0, 0])
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test plus_zero "0 less x is its negative" {
  input x [2, 3]
  a = Sub(values 0, x)
  y = Relu(a)
  output y
  expect no match
}

test plus_zero "the zeros raise the rank" {
  input x [3]
  a = Add(x, values [0] shape [1, 1])
  y = Relu(a)
  output y
  expect no match
}

rule power_of_one {
  "x to the first power is x."
  match   { y = Pow(x, 1) }
  replace { y = x }
}

test power_of_one "the first power" {
  input x [2, 3]
  a = Pow(x, values 1)
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test power_of_one "the square" {
  input x [2, 3]
  a = Pow(x, values 2)
  y = Neg(a)
  output y
  expect no match "is not 1"
}

rule one_operand {
  "Concat, Sum, Mean, Max and Min of one tensor are the tensor."
  match   { y = Concat(x) or Sum(x) or Mean(x) or Max(x) or Min(x) }
  replace { y = x }
}

test one_operand "a Concat of one" {
  input x [2, 3]
  a = Concat(x) axis 1
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test one_operand "a Mean of one" {
  input x [2, 3]
  a = Mean(x)
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test one_operand "a Concat of the same tensor twice" {
  input x [2, 3]
  a = Concat(x, x) axis 1
  y = Relu(a)
  output y
  expect no match
}

rule split_into_one {
  "A Split into one part."
  match   { y = Split(x) }
  replace { y = x }
}

test split_into_one "all of it" {
  input x [2, 3]
  a = Split(x, integers [3]) axis 1
  y = Relu(a)
  output y
  expect match
  expect operators Relu
}

test split_into_one "two parts" {
  input x [2, 4]
  a, b = Split(x) axis 1
  y = Relu(a)
  z = Neg(b)
  output y, z
  expect no match
}

# ---- two that are one

rule transpose_twice {
  "Transpose(Transpose(x, p), q) is Transpose(x, p[q])."
  match   { y = Transpose(Transpose(x) perm p) perm q }
  replace { y = Transpose(x) perm p[q] }
}

test transpose_twice "two turns of three axes" {
  # y takes its axes from axes 2, 0, 1 of what takes its own from 1, 2, 0: from 0, 1, 2 of x.
  input x [2, 3, 4]
  a = Transpose(x) perm [1, 2, 0]
  y = Transpose(a) perm [2, 0, 1]
  output y
  expect match
  expect becomes { y = Transpose(x) perm [0, 1, 2] }
  expect operators Transpose
}

test transpose_twice "the order matters" {
  # y[i, j, k] = a[.., ..] with perm p[q] = [p[0], p[2], p[1]] = [1, 2, 0].
  input x [2, 3, 4]
  a = Transpose(x) perm [1, 0, 2]
  y = Transpose(a) perm [0, 2, 1]
  output y
  expect match
  expect becomes { y = Transpose(x) perm [1, 2, 0] }
}

test transpose_twice "the tensor between is an output" {
  input x [2, 3, 4]
  a = Transpose(x) perm [1, 2, 0]
  y = Transpose(a) perm [2, 0, 1]
  output a, y
  expect no match "'a' is an output of the network"
}

test transpose_twice "something stands between" {
  input x [2, 3, 4]
  a = Transpose(x) perm [1, 2, 0]
  b = Softmax(a) axis 0
  y = Transpose(b) perm [2, 0, 1]
  output y
  expect no match
}

set unary = Abs, Cast, Clip, Elu, Erf, Exp, HardSigmoid, HardSwish, LeakyRelu, Log, Neg, Reciprocal,
            Relu, Sigmoid, Softplus, Sqrt, Tanh

rule transposes_around {
  "Transposes that undo each other, around an operator that works element by element."
  match {
    t = Transpose(x) perm p
    u = unary(t)
    y = Transpose(u) perm q
  }
  where p[q] == indices(length(p)) else "the second Transpose does not undo the first"
  replace { y = u(x) }
}

test transposes_around "channels last and back again" {
  input x [1, 3, 4, 5]
  a = Transpose(x) perm [0, 2, 3, 1]
  b = LeakyRelu(a) alpha 0.25
  y = Transpose(b) perm [0, 3, 1, 2]
  output y
  expect match
  expect becomes { y = LeakyRelu(x) alpha 0.25 }
  expect operators LeakyRelu
}

test transposes_around "the second one goes on" {
  input x [1, 3, 4, 5]
  a = Transpose(x) perm [0, 2, 3, 1]
  b = Relu(a)
  y = Transpose(b) perm [0, 2, 3, 1]
  output y
  expect no match "the second Transpose does not undo the first"
}

test transposes_around "a Softmax does not work element by element" {
  input x [1, 3, 4, 5]
  a = Transpose(x) perm [0, 2, 3, 1]
  b = Softmax(a) axis 3
  y = Transpose(b) perm [0, 3, 1, 2]
  output y
  expect no match
}

rule reshape_twice {
  "Reshape(Reshape(x, s), t) is Reshape(x, t); so it is with Flatten, Squeeze and Unsqueeze for the first one."
  match   { y = Reshape(Reshape(x) or Flatten(x) or Squeeze(x) or Unsqueeze(x)) shape s }
  replace { y = Reshape(x) shape s }
}

test reshape_twice "two Reshapes" {
  input x [2, 3, 4]
  a = Reshape(x, integers [6, 4])
  y = Reshape(a, integers [3, 8])
  output y
  expect match
  expect becomes { y = Reshape(x, [3, 8]) }
  expect operators Reshape
}

test reshape_twice "a 0 of the second one is a dimension of the first one" {
  input x [2, 3, 4]
  a = Flatten(x) axis 2
  y = Reshape(a, integers [0, 2, -1])
  output y
  expect match
  expect becomes { y = Reshape(x, [6, 2, 2]) }
}

test reshape_twice "the first one has another reader" {
  input x [2, 3, 4]
  a = Reshape(x, integers [6, 4])
  y = Reshape(a, integers [3, 8])
  z = Softmax(a)
  output y, z
  expect no match "'a'"
}

test reshape_twice "a Transpose does not only say the shape" {
  input x [2, 3, 4]
  a = Transpose(x)
  y = Reshape(a, integers [3, 8])
  output y
  expect no match
}

rule cast_twice {
  "A Cast to a type that holds every value, and one from there."
  match   { y = Cast(Cast(x) to t) to u }
  where wider(t, x.dtype) else "the first Cast loses"
  replace { y = Cast(x) to u }
}

test cast_twice "by way of a wider type" {
  input x [2, 3] float16
  a = Cast(x) to 1
  y = Cast(a) to 10
  output y
  expect match
  expect becomes { y = Cast(x) to 10 }
  expect operators Cast
}

test cast_twice "whole numbers by way of a float that holds them" {
  input x [2, 3] int8
  a = Cast(x) to 1
  y = Cast(a) to 6
  output y
  expect match
  expect becomes { y = Cast(x) to 6 }
}

test cast_twice "the first one loses" {
  input x [2, 3]
  a = Cast(x) to 10
  y = Cast(a) to 1
  output y
  expect no match "the first Cast loses"
}

test cast_twice "large whole numbers do not fit into a float" {
  input x [2, 3] int64
  a = Cast(x) to 1
  y = Cast(a) to 7
  output y
  expect no match "the first Cast loses"
}

rule unsqueeze_squeeze {
  "What Unsqueeze puts in, Squeeze takes out."
  match   { y = Squeeze(Unsqueeze(x) axes a) axes b }
  where a == b else "they are about different axes"
  replace { y = x }
}

test unsqueeze_squeeze "the same axis, counted from the other end" {
  input x [2, 3]
  a = Unsqueeze(x, integers [1])
  b = Squeeze(a, integers [-2])
  y = Relu(b)
  output y
  expect match
  expect becomes { y = Relu(x) }
  expect operators Relu
}

test unsqueeze_squeeze "another axis" {
  input x [1, 3]
  a = Unsqueeze(x, integers [2])
  b = Squeeze(a, integers [0])
  y = Relu(b)
  output y
  expect no match "they are about different axes"
}

rule squeeze_unsqueeze {
  "What Squeeze takes out, Unsqueeze puts in."
  match   { y = Unsqueeze(Squeeze(x) axes a) axes b }
  where a == b else "they are about different axes"
  replace { y = x }
}

test squeeze_unsqueeze "two axes" {
  input x [2, 1, 3, 1]
  a = Squeeze(x, integers [3, 1])
  b = Unsqueeze(a, integers [1, 3])
  y = Relu(b)
  output y
  expect match
  expect becomes { y = Relu(x) }
}

test squeeze_unsqueeze "another axis" {
  input x [2, 1, 3]
  a = Squeeze(x, integers [1])
  b = Unsqueeze(a, integers [0])
  y = Relu(b)
  output y
  expect no match "they are about different axes"
}

set shaping = Flatten, Reshape, Squeeze, Unsqueeze

rule shaped_twice {
  "Two changes of the shape are one Reshape."
  match {
    a = shaping(x)
    y = shaping(a)
  }
  replace { y = Reshape(x) shape y.shape }
}

test shaped_twice "a Flatten behind a Reshape" {
  input x [2, 12]
  a = Reshape(x, integers [2, 3, 4])
  y = Flatten(a) axis 2
  output y
  expect match
  expect becomes { y = Reshape(x, [6, 4]) }
  expect operators Reshape
}

test shaped_twice "two axes are put in one after the other" {
  input x [2, 3]
  a = Unsqueeze(x, integers [0])
  y = Unsqueeze(a, integers [3])
  output y
  expect match
  expect becomes { y = Reshape(x, [1, 2, 3, 1]) }
}

test shaped_twice "a Flatten behind a Transpose" {
  input x [2, 3, 4]
  a = Transpose(x)
  y = Flatten(a)
  output y
  expect no match
}

test shaped_twice "the first shape is an output" {
  input x [2, 12]
  a = Reshape(x, integers [2, 3, 4])
  y = Flatten(a) axis 2
  output a, y
  expect no match "'a' is an output of the network"
}

rule pad_twice {
  "Two Pads with the same value are one, whose widths are the sums."
  match   { y = Pad(Pad(x) pads p mode "constant" value v) pads q mode "constant" value v }
  where all(p >= 0) and all(q >= 0) else "a Pad takes away"
  replace { y = Pad(x) pads p + q mode "constant" value v }
}

test pad_twice "first one axis, then the other" {
  input x [2, 3]
  a = Pad(x, integers [0, 1, 0, 2])
  y = Pad(a, integers [3, 0, 0, 1])
  output y
  expect match
  expect becomes { y = Pad(x, [3, 1, 0, 3], 0) }
  expect operators Pad
}

test pad_twice "both put on ones" {
  input x [2]
  a = Pad(x, integers [1, 1], values 1)
  y = Pad(a, integers [0, 2], values 1)
  output y
  expect match
  expect becomes { y = Pad(x, [1, 3], 1) }
}

test pad_twice "the second one takes away" {
  input x [2, 3]
  a = Pad(x, integers [0, 1, 0, 2])
  y = Pad(a, integers [0, -2, 0, 0])
  output y
  expect no match "a Pad takes away"
}

test pad_twice "zeros and ones" {
  input x [2]
  a = Pad(x, integers [1, 1])
  y = Pad(a, integers [1, 1], values 1)
  output y
  expect no match
}

test pad_twice "mirrored edges" {
  input x [4]
  a = Pad(x, integers [1, 1]) mode "reflect"
  y = Pad(a, integers [1, 1]) mode "reflect"
  output y
  expect no match
}

rule concat_of_concat {
  "Concat(a, Concat(b), c) is Concat(a, b, c), along the same axis."
  match   { y = Concat(a..., Concat(b...) axis i, c...) axis j }
  where i == j else "they run along different axes"
  replace { y = Concat(a..., b..., c...) axis j }
}

test concat_of_concat "in the middle" {
  input x [2, 3]
  input u [2, 1]
  a = Concat(u, x) axis 1
  y = Concat(x, a, u) axis -1
  output y
  expect match
  expect becomes { y = Concat(x, u, x, u) axis 1 }
  expect operators Concat
}

test concat_of_concat "at the beginning" {
  input x [2, 3]
  input u [2, 1]
  a = Concat(u, x) axis 1
  y = Concat(a, u) axis 1
  output y
  expect match
  expect becomes { y = Concat(u, x, u) axis 1 }
}

test concat_of_concat "along another axis" {
  input x [2, 3]
  input u [4, 3]
  a = Concat(x, x) axis 0
  y = Concat(a, u) axis 1
  output y
  expect no match "they run along different axes"
}

test concat_of_concat "the inner one has another reader" {
  input x [2, 3]
  a = Concat(x, x) axis 1
  y = Concat(a, x) axis 1
  z = Relu(a)
  output y, z
  expect no match "'a'"
}

rule concat_of_split {
  "Concat(Split(x)) is x, along the same axis and in the same order."
  match {
    parts... = Split(x) axis i
    y = Concat(parts...) axis j
  }
  where i == j else "they run along different axes"
  replace { y = x }
}

test concat_of_split "three parts" {
  input x [2, 6]
  a, b, c = Split(x, integers [1, 2, 3]) axis 1
  d = Concat(a, b, c) axis 1
  y = Relu(d)
  output y
  expect match
  expect becomes { y = Relu(x) }
  expect operators Relu
}

test concat_of_split "the parts change places" {
  input x [2, 4]
  a, b = Split(x) axis 1
  d = Concat(b, a) axis 1
  y = Relu(d)
  output y
  expect no match
}

test concat_of_split "they run along different axes" {
  input x [2, 4]
  a, b = Split(x) axis 1
  d = Concat(a, b) axis 0
  y = Relu(d)
  output y
  expect no match "they run along different axes"
}

test concat_of_split "one part has another reader" {
  input x [2, 4]
  a, b = Split(x) axis 1
  d = Concat(a, b) axis 1
  y = Relu(d)
  z = Neg(b)
  output y, z
  expect no match "'b'"
}

rule split_of_concat {
  "Split(Concat(a, b)) is a, b, where it cuts at the seam."
  match {
    c = Concat(a, b) axis i
    y, z = Split(c) axis j split s
  }
  where i == j and s == [a.shape[i], b.shape[i]] else "it cuts elsewhere"
  replace {
    y = a
    z = b
  }
}

test split_of_concat "at the seam" {
  input x [2, 1]
  input u [2, 3]
  c = Concat(x, u) axis 1
  a, b = Split(c, integers [1, 3]) axis 1
  y = Relu(a)
  z = Neg(b)
  output y, z
  expect match
  expect becomes {
    y = Relu(x)
    z = Neg(u)
  }
  expect operators Relu, Neg
}

test split_of_concat "beside the seam" {
  input x [2, 1]
  input u [2, 3]
  c = Concat(x, u) axis 1
  a, b = Split(c, integers [2, 2]) axis 1
  y = Relu(a)
  z = Neg(b)
  output y, z
  expect no match "it cuts elsewhere"
}

test split_of_concat "along another axis" {
  input x [4, 2]
  input u [4, 2]
  c = Concat(x, u) axis 0
  a, b = Split(c) axis 1
  y = Relu(a)
  z = Neg(b)
  output y, z
  expect no match "it cuts elsewhere"
}

rule split_of_three {
  "Split(Concat(a, b, c)) is a, b, c, where it cuts at the seams."
  match {
    d = Concat(a, b, c) axis i
    x, y, z = Split(d) axis j split s
  }
  where i == j and s == [a.shape[i], b.shape[i], c.shape[i]] else "it cuts elsewhere"
  replace {
    x = a
    y = b
    z = c
  }
}

test split_of_three "at the seams" {
  input q [2, 4]
  input k [2, 4]
  input v [2, 4]
  d = Concat(q, k, v) axis 1
  a, b, c = Split(d) axis 1
  x = Relu(a)
  y = Neg(b)
  z = Abs(c)
  output x, y, z
  expect match
  expect becomes {
    x = Relu(q)
    y = Neg(k)
    z = Abs(v)
  }
  expect operators Relu, Neg, Abs
}

test split_of_three "the joined tensor has another reader" {
  input q [2, 4]
  input k [2, 4]
  input v [2, 4]
  d = Concat(q, k, v) axis 1
  a, b, c = Split(d) axis 1
  x = Relu(a)
  y = Neg(b)
  z = Abs(c)
  output x, y, z, d
  expect no match "'d' is an output of the network"
}

rule negate_twice {
  "--x is x."
  match   { y = Neg(Neg(x)) }
  replace { y = x }
}

test negate_twice "two negations" {
  input x [2, 3]
  a = Neg(x)
  b = Neg(a)
  y = Relu(b)
  output y
  expect match
  expect becomes { y = Relu(x) }
  expect operators Relu
}

test negate_twice "a magnitude between them" {
  input x [2, 3]
  a = Neg(x)
  b = Abs(a)
  y = Neg(b)
  output y
  expect no match
}

rule add_negative {
  "x + -z is x - z."
  match   { y = Add(x, Neg(z)) }
  replace { y = Sub(x, z) }
}

test add_negative "the negative stands first" {
  input x [2, 3]
  input u [3]
  a = Neg(u)
  y = Add(a, x)
  output y
  expect match
  expect becomes { y = Sub(x, u) }
  expect operators Sub
}

test add_negative "it is taken away" {
  input x [2, 3]
  input u [3]
  a = Neg(u)
  y = Sub(x, a)
  output y
  expect no match
}

rule subtract_negative {
  "x - -z is x + z."
  match   { y = Sub(x, Neg(z)) }
  replace { y = Add(x, z) }
}

test subtract_negative "the negative of the second" {
  input x [2, 3]
  input u [3]
  a = Neg(u)
  y = Sub(x, a)
  output y
  expect match
  expect becomes { y = Add(x, u) }
  expect operators Add
}

test subtract_negative "the negative of the first" {
  input x [2, 3]
  input u [3]
  a = Neg(u)
  y = Sub(a, x)
  output y
  expect no match
}

rule relu_twice {
  "max(max(x, 0), 0) is max(x, 0)."
  match   { y = Relu(Relu(x)) }
  replace { y = Relu(x) }
}

test relu_twice "two in a row" {
  input x [2, 3]
  a = Relu(x)
  y = Relu(a)
  output y
  expect match
  expect becomes { y = Relu(x) }
  expect operators Relu
}

test relu_twice "the first one lets something through" {
  input x [2, 3]
  a = LeakyRelu(x)
  y = Relu(a)
  output y
  expect no match
}

test relu_twice "the first one is read by something else too" {
  input x [2, 3]
  a = Relu(x)
  y = Relu(a)
  z = Neg(a)
  output y, z
  expect no match "'a'"
}

rule absolute_twice {
  "abs(-x) and abs(abs(x)) are abs(x)."
  match   { y = Abs(Abs(x) or Neg(x)) }
  replace { y = Abs(x) }
}

test absolute_twice "the magnitude of the negative" {
  input x [2, 3]
  a = Neg(x)
  y = Abs(a)
  output y
  expect match
  expect becomes { y = Abs(x) }
  expect operators Abs
}

test absolute_twice "the magnitude of the positive part" {
  input x [2, 3]
  a = Relu(x)
  y = Abs(a)
  output y
  expect no match
}

set rounding = Ceil, Floor, Round

rule rounded_twice {
  "What is whole is rounded already."
  match {
    a = rounding(x)
    y = rounding(a)
  }
  replace { y = a(x) }
}

test rounded_twice "the first one decides" {
  input x [2, 3]
  a = Floor(x)
  y = Ceil(a)
  output y
  expect match
  expect becomes { y = Floor(x) }
  expect operators Floor
}

test rounded_twice "half of what is whole" {
  input x [2, 3]
  a = Floor(x)
  b = Mul(a, values 0.5)
  y = Ceil(b)
  output y
  expect no match
}

set never_negative = Abs, Exp, HardSigmoid, Sigmoid, Softmax, Softplus, Sqrt

rule relu_of_nothing_negative {
  "What is never negative is its own Relu."
  match {
    x = never_negative(a)
    y = Relu(x)
  }
  replace { y = x(a) }
}

test relu_of_nothing_negative "a Softmax keeps its axis" {
  input u [2, 3]
  a = Softmax(u) axis 0
  y = Relu(a)
  output y
  expect match
  expect becomes { y = Softmax(u) axis 0 }
  expect operators Softmax
}

test relu_of_nothing_negative "a Tanh is negative too" {
  input u [2, 3]
  a = Tanh(u)
  y = Relu(a)
  output y
  expect no match
}

rule relu_then_clip {
  "Clip(max(x, 0), a, b) is Clip(x, max(a, 0), b) where b is not negative."
  match   { y = Clip(Relu(x)) min a or -inf max b or inf }
  where b >= 0 else "its upper bound is below 0"
  where b < 3.4e38 else "it has no upper bound"
  replace { y = Clip(x) min max(a, 0) max b }
}

test relu_then_clip "the Relu is the lower bound" {
  input x [2, 3]
  a = Relu(x)
  y = Clip(a, values -1, values 0.5)
  output y
  expect match
  expect becomes { y = Clip(x, 0, 0.5) }
  expect operators Clip
}

test relu_then_clip "there is no lower bound" {
  input x [2, 3]
  a = Relu(x)
  y = Clip(a, none, values 0.5)
  output y
  expect match
  expect becomes { y = Clip(x, 0, 0.5) }
}

test relu_then_clip "its upper bound is below 0" {
  input x [2, 3]
  a = Relu(x)
  y = Clip(a, values -2, values -1)
  output y
  expect no match "its upper bound is below 0"
}

test relu_then_clip "it has no upper bound" {
  input x [2, 3]
  a = Relu(x)
  y = Clip(a, values 0.5)
  output y
  expect no match "it has no upper bound"
}

test relu_then_clip "the bound is computed" {
  input x [2, 3]
  input m []
  a = Relu(x)
  y = Clip(a, values 0, m)
  output y
  expect no match
}

rule clip_then_relu {
  "max(Clip(x, a, b), 0) is Clip(x, max(a, 0), b) where b is not negative."
  match   { y = Relu(Clip(x) min a or -inf max b or inf) }
  where b >= 0 and a <= b else "its bounds are not in order, or below 0"
  where b < 3.4e38 else "it has no upper bound"
  replace { y = Clip(x) min max(a, 0) max b }
}

test clip_then_relu "the Relu cuts off what is negative" {
  input x [2, 3]
  a = Clip(x, values -1, values 0.5)
  y = Relu(a)
  output y
  expect match
  expect becomes { y = Clip(x, 0, 0.5) }
  expect operators Clip
}

test clip_then_relu "the bounds are below 0" {
  input x [2, 3]
  a = Clip(x, values -2, values -1)
  y = Relu(a)
  output y
  expect no match "its bounds are not in order, or below 0"
}

test clip_then_relu "there is no upper bound" {
  input x [2, 3]
  a = Clip(x, values -1)
  y = Relu(a)
  output y
  expect no match "it has no upper bound"
}

rule clip_twice {
  "Clip(Clip(x, a, b), c, d) is Clip(x, max(a, c), min(b, d)) where the bounds overlap."
  match   { y = Clip(Clip(x) min a or -inf max b or inf) min c or -inf max d or inf }
  where a <= b and c <= d and c <= b and a <= d else "their bounds do not overlap"
  where max(a, c) > -3.4e38 and min(b, d) < 3.4e38 else "there is no bound on one side"
  replace { y = Clip(x) min max(a, c) max min(b, d) }
}

test clip_twice "the inner bounds of both" {
  input x [2, 3]
  a = Clip(x, values -0.5, values 6)
  y = Clip(a, values -1, values 0.25)
  output y
  expect match
  expect becomes { y = Clip(x, -0.5, 0.25) }
  expect operators Clip
}

test clip_twice "one bounds below, the other above" {
  input x [2, 3]
  a = Clip(x, values -0.5)
  y = Clip(a, none, values 0.25)
  output y
  expect match
  expect becomes { y = Clip(x, -0.5, 0.25) }
}

test clip_twice "the bounds do not overlap" {
  input x [2, 3]
  a = Clip(x, values -1, values 0)
  y = Clip(a, values 0.5, values 1)
  output y
  expect no match "their bounds do not overlap"
}

test clip_twice "both bound below only" {
  input x [2, 3]
  a = Clip(x, values -1)
  y = Clip(a, values 0.5)
  output y
  expect no match "there is no bound on one side"
}

rule clip_of_relu_and_min {
  "min(max(x, 0), b) is Clip(x, 0, b), for a number b that is not negative."
  match   { y = Min(Relu(x), constant b) }
  where b.rank == 0 or b.shape == [1] else "its bound is not one number"
  where all(b >= 0) else "its bound is below 0"
  replace { y = Clip(x) min 0 max reshape(b, []) }
}

test clip_of_relu_and_min "ReLU6 as it is sometimes written" {
  input x [2, 3]
  a = Relu(x)
  y = Min(values 0.5, a)
  output y
  expect match
  expect becomes { y = Clip(x, 0, 0.5) }
  expect operators Clip
}

test clip_of_relu_and_min "a bound for each column" {
  input x [2, 3]
  a = Relu(x)
  y = Min(a, values [0.5, 0.6, 0.7])
  output y
  expect no match "its bound is not one number"
}

test clip_of_relu_and_min "its bound is below 0" {
  input x [2, 3]
  a = Relu(x)
  y = Min(a, values -0.5)
  output y
  expect no match "its bound is below 0"
}

rule clip_of_max_and_min {
  "min(max(x, a), b) and max(min(x, b), a) are Clip(x, a, b), for numbers a <= b."
  match   { y = Min(Max(x, constant a), constant b) or Max(Min(x, constant b), constant a) }
  where a.rank == 0 or a.shape == [1] else "its lower bound is not one number"
  where b.rank == 0 or b.shape == [1] else "its upper bound is not one number"
  where all(a <= b) else "its bounds are not in order"
  replace { y = Clip(x) min reshape(a, []) max reshape(b, []) }
}

test clip_of_max_and_min "first from below, then from above" {
  input x [2, 3]
  a = Max(x, values -0.5)
  y = Min(a, values [0.25])
  output y
  expect match
  expect becomes { y = Clip(x, -0.5, 0.25) }
  expect operators Clip
}

test clip_of_max_and_min "first from above, then from below" {
  input x [2, 3]
  a = Min(values 0.25, x)
  y = Max(a, values -0.5)
  output y
  expect match
  expect becomes { y = Clip(x, -0.5, 0.25) }
}

test clip_of_max_and_min "its bounds are not in order" {
  input x [2, 3]
  a = Max(x, values 0.5)
  y = Min(a, values 0.25)
  output y
  expect no match "its bounds are not in order"
}

test clip_of_max_and_min "a bound for each column" {
  input x [2, 3]
  a = Max(x, values [0, 0.1, 0.2])
  y = Min(a, values 1)
  output y
  expect no match "its lower bound is not one number"
}

rule relu_that_never_cuts {
  "max(x, 0) is x where statistics never fall below 0."
  approximate "no value below 0 was seen"
  match   { y = Relu(x) }
  where stats(x) else "there are no statistics"
  where all(x.min >= 0) else "values below 0 were seen"
  replace { y = x }
}

test relu_that_never_cuts "no value below 0 was seen" {
  input x [1, 2, 2, 2]
  a = Conv(x, values [1, 1, 1, -1] shape [2, 2, 1, 1], values [2, 3])
  b = Relu(a)
  y = Conv(b, weight [1, 2, 1, 1])
  output y
  stats a min [0, 1] max [4, 5]
  expect match
  expect becomes { y = Conv(Conv(x, constant, constant), constant) }
  expect operators Conv, Conv
  expect within 0.001
}

test relu_that_never_cuts "values below 0 were seen in one channel" {
  input x [1, 2, 2, 2]
  a = Conv(x, weight [2, 2, 1, 1])
  b = Relu(a)
  y = Conv(b, weight [1, 2, 1, 1])
  output y
  stats a min [0, -0.1] max [4, 5]
  expect no match "values below 0 were seen"
}

test relu_that_never_cuts "there are no statistics" {
  input x [1, 2, 2, 2]
  a = Conv(x, weight [2, 2, 1, 1])
  b = Relu(a)
  y = Conv(b, weight [1, 2, 1, 1])
  output y
  expect no match "there are no statistics"
}

# ---- padding that the next operator can do

rule pad_into_convolution {
  "Zeros around x are what the pads of a convolution are."
  match {
    y = Pad(x) pads w mode "constant" value 0
    z = Conv(y, k, c or none) pads p
  }
  where all(w >= 0) else "the Pad takes away"
  where all(w[0:2] == 0) and all(w[x.rank:x.rank + 2] == 0) else "it pads other axes than the spatial ones"
  where z.auto_pad == "NOTSET" or z.auto_pad == "VALID" else "its pads depend on the size"
  let before = w[2:x.rank]
  let behind = w[x.rank + 2:]
  replace { z = z(x, k, c) pads p + [before..., behind...] }
}

test pad_into_convolution "its own pads and those of the Pad" {
  # Heights 1 and 0, widths 2 and 3; the convolution adds 1 on every side.
  input x [1, 1, 3, 3]
  a = Pad(x, integers [0, 0, 1, 2, 0, 0, 0, 3])
  y = Conv(a, weight [1, 1, 3, 3], bias [1]) pads [1, 1, 1, 1] strides [2, 2]
  output y
  expect match
  expect becomes { y = Conv(x, constant, constant) pads [2, 3, 1, 4] strides [2, 2] }
  expect operators Conv
}

test pad_into_convolution "a convolution that says that it does not pad" {
  input x [1, 1, 3, 3]
  a = Pad(x, integers [0, 0, 1, 1, 0, 0, 1, 1], values 0)
  y = Conv(a, weight [1, 1, 3, 3]) auto_pad "VALID"
  output y
  expect match
  expect becomes { y = Conv(x, constant) pads [1, 1, 1, 1] }
}

test pad_into_convolution "ones are put around" {
  input x [1, 1, 3, 3]
  a = Pad(x, integers [0, 0, 1, 1, 0, 0, 1, 1], values 1)
  y = Conv(a, weight [1, 1, 3, 3])
  output y
  expect no match
}

test pad_into_convolution "mirrored edges" {
  input x [1, 1, 3, 3]
  a = Pad(x, integers [0, 0, 1, 1, 0, 0, 1, 1]) mode "reflect"
  y = Conv(a, weight [1, 1, 3, 3])
  output y
  expect no match
}

test pad_into_convolution "the Pad takes away" {
  input x [1, 1, 5, 5]
  a = Pad(x, integers [0, 0, -1, 0, 0, 0, 0, 1])
  y = Conv(a, weight [1, 1, 3, 3])
  output y
  expect no match "the Pad takes away"
}

test pad_into_convolution "it pads the channels" {
  input x [1, 1, 5, 5]
  a = Pad(x, integers [0, 1, 0, 0, 0, 0, 0, 0])
  y = Conv(a, weight [1, 2, 3, 3])
  output y
  expect no match "it pads other axes than the spatial ones"
}

test pad_into_convolution "the pads of the convolution depend on the size" {
  input x [1, 1, 5, 5]
  a = Pad(x, integers [0, 0, 1, 1, 0, 0, 1, 1])
  y = Conv(a, weight [1, 1, 3, 3]) auto_pad "SAME_UPPER" strides [2, 2]
  output y
  expect no match "its pads depend on the size"
}

rule pad_into_average_pool {
  "Zeros around x are the pads of an AveragePool that counts what it pads."
  match {
    y = Pad(x) pads w mode "constant" value 0
    z = AveragePool(y) pads p ceil_mode 0 count_include_pad i
  }
  where i == 1 or all(p == 0) else "it does not count what it pads itself"
  where all(w >= 0) else "the Pad takes away"
  where all(w[0:2] == 0) and all(w[x.rank:x.rank + 2] == 0) else "it pads other axes than the spatial ones"
  where z.auto_pad == "NOTSET" or z.auto_pad == "VALID" else "its pads depend on the size"
  let before = w[2:x.rank]
  let behind = w[x.rank + 2:]
  let q = p + [before..., behind...]
  where all(q[0:length(z.kernel_shape)] < z.kernel_shape) and all(q[length(z.kernel_shape):] < z.kernel_shape) else "the pads are as large as the window"
  replace { z = z(x) pads q count_include_pad 1 }
}

test pad_into_average_pool "it counts what it pads" {
  input x [1, 1, 4, 4]
  a = Pad(x, integers [0, 0, 1, 0, 0, 0, 0, 0])
  y = AveragePool(a) kernel_shape [3, 3] pads [1, 1, 1, 1] count_include_pad 1
  output y
  expect match
  expect becomes { y = AveragePool(x) kernel_shape [3, 3] pads [2, 1, 1, 1] count_include_pad 1 }
  expect operators AveragePool
}

test pad_into_average_pool "it pads nothing itself, as PyTorch writes it" {
  input x [1, 1, 4, 4]
  a = Pad(x, integers [0, 0, 1, 1, 0, 0, 1, 1])
  y = AveragePool(a) kernel_shape [3, 3] strides [2, 2]
  output y
  expect match
  expect becomes {
    y = AveragePool(x) kernel_shape [3, 3] strides [2, 2] pads [1, 1, 1, 1] count_include_pad 1
  }
}

test pad_into_average_pool "it does not count what it pads itself" {
  input x [1, 1, 4, 4]
  a = Pad(x, integers [0, 0, 1, 1, 0, 0, 1, 1])
  y = AveragePool(a) kernel_shape [3, 3] pads [1, 1, 1, 1]
  output y
  expect no match "it does not count what it pads itself"
}

test pad_into_average_pool "the pads are as large as the window" {
  input x [1, 1, 4, 4]
  a = Pad(x, integers [0, 0, 2, 0, 0, 0, 0, 0])
  y = AveragePool(a) kernel_shape [2, 2] count_include_pad 1
  output y
  expect no match "the pads are as large as the window"
}

rule pad_into_max_pool {
  "Zeros around max(x, 0) never win a window that meets x, and neither do the pads of a MaxPool."
  match {
    r = Relu(x)
    y = Pad(r) pads w mode "constant" value 0
    z = MaxPool(y) pads p kernel_shape k dilations d ceil_mode 0
  }
  where all(w >= 0) else "the Pad takes away"
  where all(w[0:2] == 0) and all(w[x.rank:x.rank + 2] == 0) else "it pads other axes than the spatial ones"
  where z.auto_pad == "NOTSET" or z.auto_pad == "VALID" else "its pads depend on the size"
  where all(d == 1) else "its windows have gaps"
  let before = w[2:x.rank]
  let behind = w[x.rank + 2:]
  let q = p + [before..., behind...]
  where all(q[0:length(k)] < k) and all(q[length(k):] < k) else "the pads are as large as the window"
  replace { z = z(r(x)) pads q }
}

test pad_into_max_pool "as Keras begins its residual networks" {
  input x [1, 1, 6, 6]
  a = Relu(x)
  b = Pad(a, integers [0, 0, 1, 1, 0, 0, 1, 1])
  y = MaxPool(b) kernel_shape [3, 3] strides [2, 2]
  output y
  expect match
  expect becomes { y = MaxPool(Relu(x)) kernel_shape [3, 3] strides [2, 2] pads [1, 1, 1, 1] }
  expect operators Relu, MaxPool
}

test pad_into_max_pool "what is padded may be negative" {
  input x [1, 1, 6, 6]
  b = Pad(x, integers [0, 0, 1, 1, 0, 0, 1, 1])
  y = MaxPool(b) kernel_shape [3, 3] strides [2, 2]
  output y
  expect no match
}

test pad_into_max_pool "its windows have gaps" {
  input x [1, 1, 6, 6]
  a = Relu(x)
  b = Pad(a, integers [0, 0, 1, 1, 0, 0, 1, 1])
  y = MaxPool(b) kernel_shape [2, 2] dilations [2, 2]
  output y
  expect no match "its windows have gaps"
}

test pad_into_max_pool "the pads are as large as the window" {
  input x [1, 1, 6, 6]
  a = Relu(x)
  b = Pad(a, integers [0, 0, 2, 2, 0, 0, 2, 2])
  y = MaxPool(b) kernel_shape [2, 2]
  output y
  expect no match "the pads are as large as the window"
}

# ---- curves that are written out

rule power_of_half {
  "x to the power of a half is sqrt(x)."
  match   { y = Pow(x, 0.5) }
  replace { y = Sqrt(x) }
}

test power_of_half "the power of a half" {
  input x [3] values [1, 4, 9]
  y = Pow(x, values 0.5)
  output y
  expect match
  expect becomes { y = Sqrt(x) }
  expect operators Sqrt
}

test power_of_half "the square" {
  input x [2, 3]
  y = Pow(x, values 2)
  output y
  expect no match "is not 0.5"
}

rule sigmoid {
  "1 / (1 + exp -x) is Sigmoid(x)."
  match   { y = Div(1, Add(Exp(Neg(x)), 1)) or Reciprocal(Add(Exp(Neg(x)), 1)) }
  replace { y = Sigmoid(x) }
}

test sigmoid "one over the sum" {
  input x [2, 3]
  a = Neg(x)
  b = Exp(a)
  c = Add(values 1, b)
  y = Div(values 1, c)
  output y
  expect match
  expect becomes { y = Sigmoid(x) }
  expect operators Sigmoid
}

test sigmoid "the reciprocal of the sum" {
  input x [2, 3]
  a = Neg(x)
  b = Exp(a)
  c = Add(b, values 1)
  y = Reciprocal(c)
  output y
  expect match
  expect becomes { y = Sigmoid(x) }
}

test sigmoid "the sum over one" {
  input x [2, 3]
  a = Neg(x)
  b = Exp(a)
  c = Add(b, values 1)
  y = Div(c, values 1)
  output y
  expect no match
}

test sigmoid "another summand" {
  input x [2, 3]
  a = Neg(x)
  b = Exp(a)
  c = Add(b, values 2)
  y = Reciprocal(c)
  output y
  expect no match "is not 1"
}

rule hard_sigmoid {
  "clip(x + 3, 0, 6) / 6 is HardSigmoid(x) with a slope of 1/6."
  match {
    y = Div(Clip(Add(x, 3)) min 0 max 6, 6) or Mul(Clip(Add(x, 3)) min 0 max 6, 0.16666667)
  }
  replace { y = HardSigmoid(x) alpha 1 / 6 beta 0.5 }
}

test hard_sigmoid "divided by 6" {
  input x [2, 3]
  a = Add(x, values 3)
  b = Clip(a, values 0, values 6)
  y = Div(b, values 6)
  output y
  expect match
  expect becomes { y = HardSigmoid(x) alpha 0.16666667 beta 0.5 }
  expect operators HardSigmoid
}

test hard_sigmoid "times a sixth" {
  input x [2, 3]
  a = Add(values 3, x)
  b = Clip(a, values 0, values 6)
  y = Mul(b, values 0.16666667)
  output y
  expect match
  expect becomes { y = HardSigmoid(x) alpha 0.16666667 beta 0.5 }
}

test hard_sigmoid "another upper bound" {
  input x [2, 3]
  a = Add(x, values 3)
  b = Clip(a, values 0, values 5)
  y = Div(b, values 6)
  output y
  expect no match
}

test hard_sigmoid "the bound is missing" {
  input x [2, 3]
  a = Add(x, values 3)
  b = Clip(a, values 0)
  y = Div(b, values 6)
  output y
  expect no match
}

rule hard_sigmoid_of_line {
  "clip(a x + b, 0, 1) is HardSigmoid(x) with the slope a and the offset b."
  match   { y = Clip(Add(Mul(x, constant a), constant b)) min 0 max 1 }
  where a.rank == 0 or a.shape == [1] else "its slope is not one number"
  where b.rank == 0 or b.shape == [1] else "its offset is not one number"
  replace { y = HardSigmoid(x) alpha reshape(a, []) beta reshape(b, []) }
}

test hard_sigmoid_of_line "as Keras has it" {
  input x [2, 3]
  a = Mul(x, values 0.2)
  b = Add(a, values 0.5)
  y = Clip(b, values 0, values 1)
  output y
  expect match
  expect becomes { y = HardSigmoid(x) alpha 0.2 beta 0.5 }
  expect operators HardSigmoid
}

test hard_sigmoid_of_line "a slope for each column" {
  input x [2, 3]
  a = Mul(x, values [0.2, 0.3, 0.4])
  b = Add(a, values 0.5)
  y = Clip(b, values 0, values 1)
  output y
  expect no match "its slope is not one number"
}

test hard_sigmoid_of_line "it is cut off at 2" {
  input x [2, 3]
  a = Mul(x, values 0.2)
  b = Add(a, values 0.5)
  y = Clip(b, values 0, values 2)
  output y
  expect no match
}

rule hard_swish {
  "x * clip(x + 3, 0, 6) / 6 is HardSwish(x)."
  match {
    r = Clip(Add(x, 3)) min 0 max 6
    y = Div(Mul(x, r), 6)
     or Mul(Mul(x, r), 0.16666667)
     or Mul(x, Div(r, 6))
     or Mul(x, Mul(r, 0.16666667))
     or Mul(Mul(x, 0.16666667), r)
     or Mul(Div(x, 6), r)
  }
  replace { y = HardSwish(x) }
}

test hard_swish "the product divided by 6" {
  input x [2, 3]
  a = Add(x, values 3)
  b = Clip(a, values 0, values 6)
  c = Mul(x, b)
  y = Div(c, values 6)
  output y
  expect match
  expect becomes { y = HardSwish(x) }
  expect operators HardSwish
}

test hard_swish "the gate times a sixth, and then x" {
  input x [2, 3]
  a = Add(x, values 3)
  b = Clip(a, values 0, values 6)
  c = Mul(b, values 0.16666667)
  y = Mul(c, x)
  output y
  expect match
  expect operators HardSwish
}

test hard_swish "a sixth of x, and then the gate" {
  input x [2, 3]
  a = Add(x, values 3)
  b = Clip(a, values 0, values 6)
  c = Mul(x, values 0.16666667)
  y = Mul(c, b)
  output y
  expect match
  expect operators HardSwish
}

test hard_swish "the gate of something else" {
  input x [2, 3]
  input s [2, 3]
  a = Add(s, values 3)
  b = Clip(a, values 0, values 6)
  c = Mul(x, b)
  y = Div(c, values 6)
  output y
  expect no match
}

test hard_swish "another summand" {
  input x [2, 3]
  a = Add(x, values 2)
  b = Clip(a, values 0, values 6)
  c = Mul(x, b)
  y = Div(c, values 6)
  output y
  expect no match "is not 3"
}

rule hard_swish_of_hard_sigmoid {
  "x * HardSigmoid(x) with a slope of 1/6 is HardSwish(x)."
  match   { y = Mul(x, HardSigmoid(x) alpha 0.16666667 beta 0.5) }
  replace { y = HardSwish(x) }
}

test hard_swish_of_hard_sigmoid "as PyTorch wrote it before operator set 14" {
  input x [2, 3]
  a = HardSigmoid(x) alpha 0.16666667 beta 0.5
  y = Mul(x, a)
  output y
  expect match
  expect becomes { y = HardSwish(x) }
  expect operators HardSwish
}

test hard_swish_of_hard_sigmoid "the slope that is there by default" {
  input x [2, 3]
  a = HardSigmoid(x)
  y = Mul(x, a)
  output y
  expect no match
}

test hard_swish_of_hard_sigmoid "squeeze and excitation: the gate of something else" {
  input x [2, 3]
  input s [2, 1]
  a = HardSigmoid(s) alpha 0.16666667 beta 0.5
  y = Mul(x, a)
  output y
  expect no match
}

rule swish {
  "x * sigmoid(x) is Swish(x), where the operator set has it."
  match   { y = Mul(x, Sigmoid(x)) }
  replace { y = Swish(x) }
}

test swish "operator set 24 has it" {
  opset 24
  input x [2, 3]
  a = Sigmoid(x)
  y = Mul(a, x)
  output y
  expect match
  expect becomes { y = Swish(x) }
  expect operators Swish
}

test swish "operator set 17 has no Swish" {
  input x [2, 3]
  a = Sigmoid(x)
  y = Mul(x, a)
  output y
  expect no match "there is no Swish in operator set 17"
}

test swish "the gate of something else" {
  input x [2, 3]
  input s [2, 3]
  a = Sigmoid(s)
  y = Mul(x, a)
  output y
  expect no match
}

rule swish_of_slope {
  "x * sigmoid(a x) is Swish(x) with the slope a, where the operator set has it."
  match   { y = Mul(x, Sigmoid(Mul(x, constant a))) }
  where a.rank == 0 or a.shape == [1] else "its slope is not one number"
  replace { y = Swish(x) alpha reshape(a, []) }
}

test swish_of_slope "operator set 24 has it" {
  opset 24
  input x [2, 3]
  a = Mul(x, values [1.702])
  b = Sigmoid(a)
  y = Mul(x, b)
  output y
  expect match
  expect becomes { y = Swish(x) alpha 1.702 }
  expect operators Swish
}

test swish_of_slope "operator set 17 has no Swish" {
  input x [2, 3]
  a = Mul(x, values 1.702)
  b = Sigmoid(a)
  y = Mul(x, b)
  output y
  expect no match "in operator set 17"
}

test swish_of_slope "a slope for each column" {
  input x [2, 3]
  a = Mul(x, values [1, 2, 3])
  b = Sigmoid(a)
  y = Mul(x, b)
  output y
  expect no match "its slope is not one number"
}

rule gelu {
  "x (1 + erf(x / sqrt 2)) / 2 is Gelu(x), where the operator set has it."
  match {
    t = Add(Erf(Div(x, 1.4142135) or Mul(x, 0.70710678)), 1)
    y = Mul(Mul(x, t), 0.5) or Mul(Mul(x, 0.5), t) or Mul(x, Mul(t, 0.5)) or Div(Mul(x, t), 2)
  }
  replace { y = Gelu(x) }
}

test gelu "as PyTorch writes it in operator set 20" {
  opset 20
  input x [2, 3]
  a = Div(x, values 1.4142135)
  b = Erf(a)
  c = Add(b, values 1)
  d = Mul(x, c)
  y = Mul(d, values 0.5)
  output y
  expect match
  expect becomes { y = Gelu(x) }
  expect operators Gelu
}

test gelu "as TensorFlow writes it in operator set 20" {
  opset 20
  input x [2, 3]
  a = Mul(x, values 0.70710677)
  b = Erf(a)
  c = Add(values 1, b)
  d = Mul(values 0.5, c)
  y = Mul(x, d)
  output y
  expect match
  expect operators Gelu
}

test gelu "as PyTorch writes it, but operator set 17 has no Gelu" {
  input x [2, 3]
  a = Div(x, values 1.4142135)
  b = Erf(a)
  c = Add(b, values 1)
  d = Mul(x, c)
  y = Mul(d, values 0.5)
  output y
  expect no match "there is no Gelu in operator set 17"
}

test gelu "as TensorFlow writes it, but operator set 17 has no Gelu" {
  input x [2, 3]
  a = Mul(x, values 0.70710677)
  b = Erf(a)
  c = Add(values 1, b)
  d = Mul(values 0.5, c)
  y = Mul(x, d)
  output y
  expect no match "there is no Gelu in operator set 17"
}

test gelu "another divisor" {
  input x [2, 3]
  a = Div(x, values 1.5)
  b = Erf(a)
  c = Add(b, values 1)
  d = Mul(x, c)
  y = Mul(d, values 0.5)
  output y
  expect no match "is not 1.4142135"
}

test gelu "the gate of something else" {
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

rule gelu_of_tanh {
  "x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 is Gelu(x) by tanh, where the operator set has it."
  match {
    c = Pow(x, 3) or Mul(x, Mul(x, x))
    t = Add(Tanh(Mul(Add(x, Mul(c, 0.044715)), 0.7978846)), 1)
    y = Mul(Mul(x, 0.5), t) or Mul(Mul(x, t), 0.5) or Mul(x, Mul(t, 0.5))
  }
  replace { y = Gelu(x) approximate "tanh" }
}

test gelu_of_tanh "as PyTorch writes it in operator set 20" {
  opset 20
  input x [2, 3]
  a = Mul(x, x)
  b = Mul(x, a)
  c = Mul(values 0.044715, b)
  d = Add(x, c)
  e = Mul(values 0.7978846, d)
  f = Tanh(e)
  g = Add(values 1, f)
  h = Mul(x, g)
  y = Mul(values 0.5, h)
  output y
  expect match
  expect becomes { y = Gelu(x) approximate "tanh" }
  expect operators Gelu
}

test gelu_of_tanh "as PyTorch writes it, but operator set 17 has no Gelu" {
  input x [2, 3]
  a = Mul(x, x)
  b = Mul(x, a)
  c = Mul(values 0.044715, b)
  d = Add(x, c)
  e = Mul(values 0.7978846, d)
  f = Tanh(e)
  g = Add(values 1, f)
  h = Mul(x, g)
  y = Mul(values 0.5, h)
  output y
  expect no match "in operator set 17"
}

test gelu_of_tanh "the square for the cube" {
  input x [2, 3]
  b = Pow(x, values 2)
  c = Mul(b, values 0.044715)
  d = Add(x, c)
  e = Mul(d, values 0.7978846)
  f = Tanh(e)
  g = Add(f, values 1)
  h = Mul(x, values 0.5)
  y = Mul(h, g)
  output y
  expect no match
}

rule softplus {
  "log(1 + exp x) is Softplus(x)."
  match   { y = Log(Add(Exp(x), 1)) }
  replace { y = Softplus(x) }
}

test softplus "the logarithm of the sum" {
  input x [2, 3]
  a = Exp(x)
  b = Add(values 1, a)
  y = Log(b)
  output y
  expect match
  expect becomes { y = Softplus(x) }
  expect operators Softplus
}

test softplus "another summand" {
  input x [2, 3]
  a = Exp(x)
  b = Add(a, values 2)
  y = Log(b)
  output y
  expect no match "is not 1"
}

rule mish {
  "x * tanh(softplus(x)) is Mish(x), where the operator set has it."
  match   { y = Mul(x, Tanh(Softplus(x))) }
  replace { y = Mish(x) }
}

test mish "operator set 18 has it" {
  opset 18
  input x [2, 3]
  a = Softplus(x)
  b = Tanh(a)
  y = Mul(x, b)
  output y
  expect match
  expect becomes { y = Mish(x) }
  expect operators Mish
}

test mish "operator set 17 has no Mish" {
  input x [2, 3]
  a = Softplus(x)
  b = Tanh(a)
  y = Mul(x, b)
  output y
  expect no match "there is no Mish in operator set 17"
}

test mish "a Sigmoid for the Tanh" {
  input x [2, 3]
  a = Softplus(x)
  b = Sigmoid(a)
  y = Mul(x, b)
  output y
  expect no match
}

rule log_softmax {
  "log(softmax x) is LogSoftmax(x) along the same axis."
  match   { y = Log(Softmax(x) axis a) }
  replace { y = LogSoftmax(x) axis a }
}

test log_softmax "along the first axis" {
  input x [2, 3]
  a = Softmax(x) axis 0
  y = Log(a)
  output y
  expect match
  expect becomes { y = LogSoftmax(x) axis 0 }
  expect operators LogSoftmax
}

test log_softmax "the probabilities are read too" {
  input x [2, 3]
  a = Softmax(x) axis 1
  y = Log(a)
  output a, y
  expect no match "'a' is an output of the network"
}

# ---- normalizations that are written out

rule layer_normalization {
  "(x - mean) / sqrt(variance + epsilon) * gain + shift, over the last axes."
  match {
    d = Sub(x, ReduceMean(x) axes a keepdims 1)
    s = Sqrt(Add(ReduceMean(Pow(d, 2) or Mul(d, d)) axes a keepdims 1, constant e))
    n = Div(d, s) or Mul(d, Div(1, s)) or Mul(d, Reciprocal(s))
    y = Add(Mul(n, constant gain), constant shift)
  }
  where length(a) > 0 and a == indices(x.rank)[x.rank - length(a):] else "it normalizes other axes than the last ones"
  where product(e.shape) == 1 else "its epsilon is not one number"
  where gain.shape == x.shape[x.rank - length(a):] and shift.shape == x.shape[x.rank - length(a):] else "factor and summand do not run along these axes"
  replace { y = LayerNormalization(x, gain, shift) axis x.rank - length(a) epsilon reshape(e, []) }
}

test layer_normalization "as PyTorch wrote it before operator set 17" {
  input x [2, 3, 4]
  m = ReduceMean(x) axes [-1]
  d = Sub(x, m)
  p = Pow(d, values 2)
  v = ReduceMean(p) axes [-1]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  n = Div(d, s)
  g = Mul(n, weight [4])
  y = Add(g, bias [4])
  output y
  expect match
  expect becomes { y = LayerNormalization(x, constant, constant) axis 2 epsilon 0.001 }
  expect operators LayerNormalization
}

test layer_normalization "over two axes, and times the reciprocal" {
  input x [2, 3, 4]
  m = ReduceMean(x) axes [1, 2]
  d = Sub(x, m)
  p = Mul(d, d)
  v = ReduceMean(p) axes [2, 1]
  e = Add(v, values [0.001])
  s = Sqrt(e)
  r = Reciprocal(s)
  n = Mul(r, d)
  g = Mul(n, weight [3, 4])
  y = Add(g, weight [3, 4])
  output y
  expect match
  expect becomes { y = LayerNormalization(x, constant, constant) axis 1 epsilon 0.001 }
  expect operators LayerNormalization
}

test layer_normalization "over the first axis" {
  input x [4, 4]
  m = ReduceMean(x) axes [0]
  d = Sub(x, m)
  p = Mul(d, d)
  v = ReduceMean(p) axes [0]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  n = Div(d, s)
  g = Mul(n, weight [4])
  y = Add(g, bias [4])
  output y
  expect no match "it normalizes other axes than the last ones"
}

test layer_normalization "the variance over other axes than the mean" {
  input x [2, 3, 4]
  m = ReduceMean(x) axes [2]
  d = Sub(x, m)
  p = Mul(d, d)
  v = ReduceMean(p) axes [1, 2]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  n = Div(d, s)
  g = Mul(n, weight [4])
  y = Add(g, bias [4])
  output y
  expect no match
}

test layer_normalization "one factor for all" {
  input x [2, 3, 4]
  m = ReduceMean(x) axes [2]
  d = Sub(x, m)
  p = Mul(d, d)
  v = ReduceMean(p) axes [2]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  n = Div(d, s)
  g = Mul(n, values 2)
  y = Add(g, bias [4])
  output y
  expect no match "factor and summand do not run along these axes"
}

test layer_normalization "the mean is read too" {
  input x [2, 3, 4]
  m = ReduceMean(x) axes [2]
  d = Sub(x, m)
  p = Mul(d, d)
  v = ReduceMean(p) axes [2]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  n = Div(d, s)
  g = Mul(n, weight [4])
  y = Add(g, bias [4])
  output y, m
  expect no match "'m' is an output of the network"
}

rule layer_normalization_without_shift {
  "(x - mean) / sqrt(variance + epsilon) * gain, over the last axes."
  match {
    d = Sub(x, ReduceMean(x) axes a keepdims 1)
    s = Sqrt(Add(ReduceMean(Pow(d, 2) or Mul(d, d)) axes a keepdims 1, constant e))
    n = Div(d, s) or Mul(d, Div(1, s)) or Mul(d, Reciprocal(s))
    y = Mul(n, constant gain)
  }
  where length(a) > 0 and a == indices(x.rank)[x.rank - length(a):] else "it normalizes other axes than the last ones"
  where product(e.shape) == 1 else "its epsilon is not one number"
  where gain.shape == x.shape[x.rank - length(a):] else "its factor does not run along these axes"
  replace { y = LayerNormalization(x, gain) axis x.rank - length(a) epsilon reshape(e, []) }
}

test layer_normalization_without_shift "a factor alone" {
  input x [2, 3, 4]
  m = ReduceMean(x) axes [2]
  d = Sub(x, m)
  p = Mul(d, d)
  v = ReduceMean(p) axes [2]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  n = Div(d, s)
  y = Mul(n, weight [4])
  output y
  expect match
  expect becomes { y = LayerNormalization(x, constant) axis 2 epsilon 0.001 }
  expect operators LayerNormalization
}

test layer_normalization_without_shift "epsilon stands outside of the root" {
  input x [2, 3, 4]
  m = ReduceMean(x) axes [2]
  d = Sub(x, m)
  p = Mul(d, d)
  v = ReduceMean(p) axes [2]
  s = Sqrt(v)
  e = Add(s, values 0.001)
  n = Div(d, e)
  y = Mul(n, weight [4])
  output y
  expect no match
}

rule layer_normalization_as_line {
  "x k + (shift - mean k), where k = gain / sqrt(variance + epsilon), is a LayerNormalization too."
  match {
    m = ReduceMean(x) axes a keepdims 1
    d = Sub(x, m)
    k = Mul(Reciprocal(Sqrt(Add(ReduceMean(Pow(d, 2) or Mul(d, d)) axes a keepdims 1, constant e))), constant gain)
    y = Add(Mul(x, k), Sub(constant shift, Mul(m, k)))
  }
  where length(a) > 0 and a == indices(x.rank)[x.rank - length(a):] else "it normalizes other axes than the last ones"
  where product(e.shape) == 1 else "its epsilon is not one number"
  where gain.shape == x.shape[x.rank - length(a):] and shift.shape == x.shape[x.rank - length(a):] else "factor and summand do not run along these axes"
  replace { y = LayerNormalization(x, gain, shift) axis x.rank - length(a) epsilon reshape(e, []) }
}

test layer_normalization_as_line "as Keras writes it" {
  input x [2, 3, 4]
  m = ReduceMean(x) axes [-1]
  d = Sub(x, m)
  p = Mul(d, d)
  v = ReduceMean(p) axes [-1]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  r = Reciprocal(s)
  k = Mul(r, weight [4])
  f = Mul(x, k)
  g = Mul(m, k)
  h = Sub(bias [4], g)
  y = Add(f, h)
  output y
  expect match
  expect becomes { y = LayerNormalization(x, constant, constant) axis 2 epsilon 0.001 }
  expect operators LayerNormalization
}

test layer_normalization_as_line "the mean is added, not taken away" {
  input x [2, 3, 4]
  m = ReduceMean(x) axes [-1]
  d = Sub(x, m)
  p = Mul(d, d)
  v = ReduceMean(p) axes [-1]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  r = Reciprocal(s)
  k = Mul(r, weight [4])
  f = Mul(x, k)
  g = Mul(m, k)
  h = Add(bias [4], g)
  y = Add(f, h)
  output y
  expect no match
}

rule rms_normalization {
  "x / sqrt(mean(x^2) + epsilon) * gain over the last axes is RMSNormalization, where the operator set has it."
  match {
    s = Sqrt(Add(ReduceMean(Pow(x, 2) or Mul(x, x)) axes a keepdims 1, constant e))
    n = Div(x, s) or Mul(x, Div(1, s)) or Mul(x, Reciprocal(s))
    y = Mul(n, constant gain)
  }
  where length(a) > 0 and a == indices(x.rank)[x.rank - length(a):] else "it normalizes other axes than the last ones"
  where product(e.shape) == 1 else "its epsilon is not one number"
  where gain.shape == x.shape[x.rank - length(a):] else "its factor does not run along these axes"
  replace { y = RMSNormalization(x, gain) axis x.rank - length(a) epsilon reshape(e, []) }
}

test rms_normalization "as PyTorch writes it in operator set 23" {
  opset 23
  input x [2, 3, 4]
  p = Pow(x, values 2)
  v = ReduceMean(p, integers [-1])
  e = Add(v, values 0.001)
  s = Sqrt(e)
  r = Div(values 1, s)
  n = Mul(x, r)
  y = Mul(weight [4], n)
  output y
  expect match
  expect becomes { y = RMSNormalization(x, constant) axis 2 epsilon 0.001 }
  expect operators RMSNormalization
}

test rms_normalization "as PyTorch writes it, but operator set 17 has no RMSNormalization" {
  input x [2, 3, 4]
  p = Pow(x, values 2)
  v = ReduceMean(p) axes [-1]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  r = Div(values 1, s)
  n = Mul(x, r)
  y = Mul(weight [4], n)
  output y
  expect no match "in operator set 17"
}

test rms_normalization "over the first axis" {
  input x [4, 4]
  p = Mul(x, x)
  v = ReduceMean(p) axes [0]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  n = Div(x, s)
  y = Mul(n, weight [4])
  output y
  expect no match "it normalizes other axes than the last ones"
}

rule rms_normalization_in_float {
  "n = float(x) / sqrt(mean(float(x)^2) + epsilon), cast back, times gain: RMSNormalization goes by way of float itself."
  match {
    f = Cast(x) to "float32"
    s = Sqrt(Add(ReduceMean(Pow(f, 2) or Mul(f, f)) axes a keepdims 1, constant e))
    n = Div(f, s) or Mul(f, Div(1, s)) or Mul(f, Reciprocal(s))
    y = Mul(Cast(n) to "float16", constant gain)
  }
  where x.dtype == "float16" else "it is cast to another type than that of x"
  where length(a) > 0 and a == indices(x.rank)[x.rank - length(a):] else "it normalizes other axes than the last ones"
  where product(e.shape) == 1 else "its epsilon is not one number"
  where gain.shape == x.shape[x.rank - length(a):] else "its factor does not run along these axes"
  replace { y = RMSNormalization(x, gain) axis x.rank - length(a) epsilon reshape(e, []) }
}

test rms_normalization_in_float "as language models in half precision have it, in operator set 23" {
  opset 23
  input x [2, 3, 4] float16
  f = Cast(x) to 1
  p = Pow(f, values 2)
  v = ReduceMean(p, integers [-1])
  e = Add(v, values 0.001)
  s = Sqrt(e)
  r = Reciprocal(s)
  n = Mul(f, r)
  h = Cast(n) to 10
  y = Mul(values [1, 2, 3, 4] float16, h)
  output y
  expect match
  expect becomes { y = RMSNormalization(x, [1, 2, 3, 4]) axis 2 epsilon 0.001 }
  expect operators RMSNormalization
  # Where a half is rounded it moves by 2^-11 of itself at most.
  expect within 0.0005
}

test rms_normalization_in_float "as language models in half precision have it, but operator set 17 has no RMSNormalization" {
  input x [2, 3, 4] float16
  f = Cast(x) to 1
  p = Pow(f, values 2)
  v = ReduceMean(p) axes [-1]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  r = Reciprocal(s)
  n = Mul(f, r)
  h = Cast(n) to 10
  y = Mul(values [1, 2, 3, 4] float16, h)
  output y
  expect no match "in operator set 17"
}

test rms_normalization_in_float "it is cast to another type than that of x" {
  input x [2, 3, 4] float64
  f = Cast(x) to 1
  p = Pow(f, values 2)
  v = ReduceMean(p) axes [-1]
  e = Add(v, values 0.001)
  s = Sqrt(e)
  n = Div(f, s)
  h = Cast(n) to 10
  y = Mul(h, values [1, 2, 3, 4] float16)
  output y
  expect no match "it is cast to another type than that of x"
}

# ---- products

rule matmul_add {
  "x W + c of two matrices and a bias for each column is a Gemm."
  match   { y = Add(MatMul(x, constant w), constant c) }
  where x.rank == 2 and w.rank == 2 else "it has batch dimensions"
  where c.shape == [w.shape[1]] or c.shape == [1, w.shape[1]] else "its bias is not one value for each column"
  replace { y = Gemm(x, w, c) }
}

test matmul_add "a bias for each column" {
  input x [3, 4]
  a = MatMul(x, weight [4, 2])
  y = Add(values [1, 2], a)
  output y
  expect match
  expect becomes { y = Gemm(x, constant, [1, 2]) }
  expect operators Gemm
}

test matmul_add "the bias is a row" {
  input x [3, 4]
  a = MatMul(x, weight [4, 2])
  y = Add(a, values [1, 2] shape [1, 2])
  output y
  expect match
  expect becomes { y = Gemm(x, constant, [1, 2]) }
}

test matmul_add "batches of matrices" {
  input x [2, 3, 4]
  a = MatMul(x, weight [4, 2])
  y = Add(a, bias [2])
  output y
  expect no match "it has batch dimensions"
}

test matmul_add "a bias for each row" {
  input x [3, 4]
  a = MatMul(x, weight [4, 2])
  y = Add(a, weight [3, 1])
  output y
  expect no match "its bias is not one value for each column"
}

rule gemm_add {
  "a x W + c: the bias of a Gemm that has none."
  match {
    g = Gemm(x, w)
    y = Add(g, constant c)
  }
  where c.shape == y.shape[1:] else "its bias is not one value for each column"
  where g.beta == 1 else "the bias would be multiplied"
  replace { y = g(x, w, c) }
}

test gemm_add "the product may be multiplied" {
  input x [3, 4]
  a = Gemm(x, weight [2, 4]) transB 1 alpha 0.5
  y = Add(a, values [1, 2])
  output y
  expect match
  expect becomes { y = Gemm(x, constant, [1, 2]) transB 1 alpha 0.5 }
  expect operators Gemm
}

test gemm_add "there is a bias already" {
  input x [3, 4]
  a = Gemm(x, weight [4, 2], bias [2])
  y = Add(a, bias [2])
  output y
  expect no match
}

test gemm_add "the bias would be multiplied" {
  input x [3, 4]
  a = Gemm(x, weight [4, 2]) beta 2.0
  y = Add(a, bias [2])
  output y
  expect no match "the bias would be multiplied"
}

test gemm_add "a bias for each row" {
  input x [3, 4]
  a = Gemm(x, weight [4, 2])
  y = Add(a, weight [3, 1])
  output y
  expect no match "its bias is not one value for each column"
}

rule convolution_add {
  "W x + c: the bias of a convolution that has none."
  match {
    z = Conv(x, w) or ConvTranspose(x, w)
    y = Add(z, constant c)
  }
  replace { y = z(x, w, channels(c, z)) }
}

test convolution_add "one value for each channel, and a weight that is computed" {
  input x [1, 1, 3, 3]
  input w [2, 1, 1, 1]
  a = Conv(x, w) pads [1, 1, 1, 1]
  y = Add(a, values [1, 2] shape [1, 2, 1, 1])
  output y
  expect match
  expect becomes { y = Conv(x, w, [1, 2]) pads [1, 1, 1, 1] }
  expect operators Conv
}

test convolution_add "one value for all channels of a transposed convolution" {
  input x [1, 1, 3, 3]
  a = ConvTranspose(x, weight [1, 2, 2, 2])
  y = Add(a, values 3)
  output y
  expect match
  expect becomes { y = ConvTranspose(x, constant, [3, 3]) }
}

test convolution_add "one value for each column of the image" {
  input x [1, 1, 3, 3]
  a = Conv(x, weight [2, 1, 1, 1])
  y = Add(a, bias [3])
  output y
  expect no match
}

test convolution_add "there is a bias already" {
  input x [1, 1, 3, 3]
  a = Conv(x, weight [2, 1, 1, 1], bias [2])
  y = Add(a, bias [2, 1, 1])
  output y
  expect no match
}

rule transpose_into_gemm {
  "x W^T: a Gemm that reads a transposed weight can transpose it itself."
  match   { y = Gemm(x, Transpose(w) perm [1, 0], c or none) transB t }
  replace { y = y(x, w, c) transB 1 - t }
}

test transpose_into_gemm "a weight that is transposed once" {
  input x [3, 4]
  input w [2, 4]
  a = Transpose(w) perm [1, 0]
  y = Gemm(x, a, values [1, 2])
  output y
  expect match
  expect becomes { y = Gemm(x, w, [1, 2]) transB 1 }
  expect operators Gemm
}

test transpose_into_gemm "a weight that is transposed twice" {
  input x [3, 4]
  input w [4, 2]
  a = Transpose(w)
  y = Gemm(x, a) transB 1
  output y
  expect match
  expect becomes { y = Gemm(x, w) transB 0 }
}

test transpose_into_gemm "the Transpose does nothing" {
  input x [3, 4]
  input w [4, 2]
  a = Transpose(w) perm [0, 1]
  y = Gemm(x, a)
  output y
  expect no match
}

rule transpose_of_input_into_gemm {
  "x^T W: a Gemm that reads a transposed input can transpose it itself."
  match   { y = Gemm(Transpose(x) perm [1, 0], w, c or none) transA t }
  replace { y = y(x, w, c) transA 1 - t }
}

test transpose_of_input_into_gemm "an input that is transposed once" {
  input x [4, 3]
  a = Transpose(x)
  y = Gemm(a, weight [4, 2], values [1, 2])
  output y
  expect match
  expect becomes { y = Gemm(x, constant, [1, 2]) transA 1 }
  expect operators Gemm
}

test transpose_of_input_into_gemm "the transposed input has another reader" {
  input x [4, 3]
  a = Transpose(x)
  y = Gemm(a, weight [4, 2])
  z = Relu(a)
  output y, z
  expect no match "'a'"
}

rule mean_over_space {
  "The mean over all spatial axes is GlobalAveragePool."
  match   { y = ReduceMean(x) axes a keepdims 1 }
  where x.rank > 2 and a == indices(x.rank)[2:] else "it is not over all spatial axes"
  replace { y = GlobalAveragePool(x) }
}

test mean_over_space "over height and width" {
  input x [2, 3, 4, 5]
  y = ReduceMean(x) axes [-1, -2]
  output y
  expect match
  expect becomes { y = GlobalAveragePool(x) }
  expect operators GlobalAveragePool
}

test mean_over_space "over the width alone" {
  input x [2, 3, 4, 5]
  y = ReduceMean(x) axes [3]
  output y
  expect no match "it is not over all spatial axes"
}

test mean_over_space "the axes do not stay" {
  input x [2, 3, 4, 5]
  y = ReduceMean(x) axes [2, 3] keepdims 0
  output y
  expect no match
}

rule maximum_over_space {
  "The maximum over all spatial axes is GlobalMaxPool."
  match   { y = ReduceMax(x) axes a keepdims 1 }
  where x.rank > 2 and a == indices(x.rank)[2:] else "it is not over all spatial axes"
  replace { y = GlobalMaxPool(x) }
}

test maximum_over_space "over the one spatial axis of a signal" {
  input x [2, 3, 4]
  y = ReduceMax(x) axes [2]
  output y
  expect match
  expect becomes { y = GlobalMaxPool(x) }
  expect operators GlobalMaxPool
}

test maximum_over_space "over the channels too" {
  input x [2, 3, 4]
  y = ReduceMax(x) axes [1, 2]
  output y
  expect no match "it is not over all spatial axes"
}

# ---- what follows from constants
#
# A network of constants alone shows nothing of its inputs, so that each test adds what comes out to one.

rule sum_of_constants {
  "a + b of two constants is one."
  match   { y = Add(constant a, constant b) }
  replace { y = a + b }
}

test sum_of_constants "they broadcast" {
  input x [2, 2]
  a = Add(values [1, 2], values [10, 20] shape [2, 1])
  y = Add(x, a)
  output y
  expect match
  expect becomes { y = Add(x, [11, 12, 21, 22]) }
  expect operators Add
}

test sum_of_constants "one is computed" {
  input x [2, 2]
  y = Add(x, values [1, 2])
  output y
  expect no match
}

rule difference_of_constants {
  "a - b of two constants is one."
  match   { y = Sub(constant a, constant b) }
  where a.dtype == "float32" or a.dtype == "int64" else "it may be below 0 in a type without a sign"
  replace { y = a - b }
}

test difference_of_constants "whole numbers" {
  input x [2] int64
  a = Sub(integers [5, 3], integers [1, 4])
  y = Add(x, a)
  output y
  expect match
  expect becomes { y = Add(x, [4, -1]) }
  expect operators Add
}

test difference_of_constants "one is computed" {
  input x [2]
  y = Sub(values [1, 2], x)
  output y
  expect no match
}

test difference_of_constants "whole numbers without a sign" {
  input x [2] uint8
  a = Sub(values [1, 2] uint8, values [2, 1] uint8)
  y = Max(x, a)
  output y
  expect no match "it may be below 0 in a type without a sign"
}

rule product_of_constants {
  "a b of two constants is one."
  match   { y = Mul(constant a, constant b) }
  replace { y = a * b }
}

test product_of_constants "element by element" {
  input x [2]
  a = Mul(values [2, 3], values [4, 5])
  y = Add(x, a)
  output y
  expect match
  expect becomes { y = Add(x, [8, 15]) }
  expect operators Add
}

test product_of_constants "one is computed" {
  input x [2]
  y = Mul(x, values [4, 5])
  output y
  expect no match
}

rule quotient_of_constants {
  "a / b of two constants is one."
  match   { y = Div(constant a, constant b) }
  where a.dtype == "float32" and all(b != 0) else "it divides by 0, or whole numbers"
  replace { y = a / b }
}

test quotient_of_constants "element by element" {
  input x [2]
  a = Div(values [1, 6], values [4, 3])
  y = Add(x, a)
  output y
  expect match
  expect becomes { y = Add(x, [0.25, 2]) }
  expect operators Add
}

test quotient_of_constants "it divides by 0" {
  input x [2]
  a = Div(values [1, 6], values [4, 0])
  b = Clip(a, values 0, values 1)
  y = Add(x, b)
  output y
  expect no match "it divides by 0, or whole numbers"
}

test quotient_of_constants "it divides whole numbers" {
  input x [2] int64
  a = Div(integers [1, 6], integers [4, 4])
  y = Add(x, a)
  output y
  expect no match "it divides by 0, or whole numbers"
}

rule root_of_constant {
  "The square root of a constant is one."
  match   { y = Sqrt(constant a) }
  where all(a >= 0) else "it has no root"
  replace { y = sqrt(a) }
}

test root_of_constant "square numbers" {
  input x [2]
  a = Sqrt(values [4, 9])
  y = Add(x, a)
  output y
  expect match
  expect becomes { y = Add(x, [2, 3]) }
  expect operators Add
}

test root_of_constant "it has no root" {
  input x [2]
  a = Sqrt(values [4, -9])
  y = Add(x, a)
  output y
  expect no match "it has no root"
}

rule negative_constant {
  "-a of a constant is one."
  match   { y = Neg(constant a) }
  replace { y = -a }
}

test negative_constant "both signs" {
  input x [2]
  a = Neg(values [4, -9])
  y = Add(x, a)
  output y
  expect match
  expect becomes { y = Add(x, [-4, 9]) }
  expect operators Add
}

test negative_constant "it is computed" {
  input x [2]
  y = Neg(x)
  output y
  expect no match
}

rule concat_of_constants {
  "Two constants side by side are one."
  match   { y = Concat(constant a, constant b) axis i }
  replace { y = concat(i, a, b) }
}

test concat_of_constants "along the last axis" {
  input x [2, 3]
  a = Concat(values [1, 2] shape [2, 1], values [3, 4, 5, 6] shape [2, 2]) axis -1
  y = Add(x, a)
  output y
  expect match
  expect becomes { y = Add(x, [1, 3, 4, 2, 5, 6]) }
  expect operators Add
}

test concat_of_constants "one is computed" {
  input x [2]
  y = Concat(x, values [1, 2]) axis 0
  output y
  expect no match
}

rule transpose_of_constant {
  "A constant is transposed once and for all."
  match   { y = Transpose(constant a) perm p }
  replace { y = transpose(a, p) }
}

test transpose_of_constant "a weight" {
  input x [1, 2]
  a = Transpose(values [1, 2, 3, 4, 5, 6] shape [3, 2]) perm [1, 0]
  y = MatMul(x, a)
  output y
  expect match
  expect becomes { y = MatMul(x, [1, 3, 5, 2, 4, 6]) }
  expect operators MatMul
}

test transpose_of_constant "a weight that is computed" {
  input x [1, 2]
  input w [3, 2]
  a = Transpose(w) perm [1, 0]
  y = MatMul(x, a)
  output y
  expect no match
}

rule reshape_of_constant {
  "A constant in another shape is a constant."
  match {
    y = Reshape(constant a) or Flatten(constant a) or Squeeze(constant a) or Unsqueeze(constant a)
  }
  replace { y = reshape(a, y.shape) }
}

test reshape_of_constant "a bias gets two more axes" {
  input x [1, 2, 1, 3]
  a = Unsqueeze(values [5, 6], integers [1, 2])
  y = Add(x, a)
  output y
  expect match
  expect becomes { y = Add(x, [5, 6]) }
  expect operators Add
}

test reshape_of_constant "it is computed" {
  input x [2]
  input c [2]
  a = Unsqueeze(c, integers [1])
  y = Add(x, a)
  output y
  expect no match
}

rule cast_of_constant {
  "A constant of another type is a constant."
  match   { y = Cast(constant a) to t }
  replace { y = cast(a, t) }
}

test cast_of_constant "whole numbers become floats" {
  input x [2]
  a = Cast(integers [5, 6]) to 1
  y = Add(x, a)
  output y
  expect match
  expect becomes { y = Add(x, [5, 6]) }
  expect operators Add
}

test cast_of_constant "it is computed" {
  input x [2]
  input c [2] int64
  a = Cast(c) to 1
  y = Add(x, a)
  output y
  expect no match
}

rule shape_that_is_known {
  "The shape of a tensor is a constant where it is known."
  match   { y = Shape(x) start a end b }
  where known(x.shape) else "a dimension is not known"
  replace { y = x.shape[a:b] }
}

test shape_that_is_known "the shape of one tensor for another" {
  input x [2, 3]
  input u [6]
  a = Shape(x)
  y = Reshape(u, a)
  output y
  expect match
  expect becomes { y = Reshape(u, [2, 3]) }
  expect operators Reshape
}

test shape_that_is_known "the last dimension alone" {
  input x [2, 3]
  input u [3] int64
  a = Shape(x) start -1
  y = Add(u, a)
  output y
  expect match
  expect becomes { y = Add(u, 3) }
}

test shape_that_is_known "its Size is another operator" {
  input x [2, 3]
  input u [6] int64
  a = Size(x)
  y = Add(u, a)
  output y
  expect no match
}

rule two_factors {
  "(x a) b is x (a b)."
  match   { y = Mul(Mul(x, constant a), constant b) }
  replace { y = Mul(x, a * b) }
}

test two_factors "a number and one for each column" {
  input x [2, 2]
  a = Mul(values [2, 3], x)
  y = Mul(a, values 5)
  output y
  expect match
  expect becomes { y = Mul(x, [10, 15]) }
  expect operators Mul
}

test two_factors "the second one is computed" {
  input x [2, 2]
  a = Mul(x, values [2, 3])
  y = Mul(a, x)
  output y
  expect no match
}

test two_factors "the product between is read too" {
  input x [2, 2]
  a = Mul(x, values [2, 3])
  y = Mul(a, values 5)
  output a, y
  expect no match "'a' is an output of the network"
}

rule two_summands {
  "(x + a) + b is x + (a + b)."
  match   { y = Add(Add(x, constant a), constant b) }
  replace { y = Add(x, a + b) }
}

test two_summands "a number and one for each column" {
  input x [2, 2]
  a = Add(x, values [2, 3])
  y = Add(values 5, a)
  output y
  expect match
  expect becomes { y = Add(x, [7, 8]) }
  expect operators Add
}

test two_summands "a factor between" {
  input x [2, 2]
  a = Add(x, values [2, 3])
  b = Mul(a, values 2)
  y = Add(b, values 5)
  output y
  expect no match
}

rule summand_and_subtrahend {
  "(x + a) - b and (x - b) + a are x + (a - b)."
  match   { y = Sub(Add(x, constant a), constant b) or Add(Sub(x, constant b), constant a) }
  where x.dtype like "*float*" else "a - b may be below 0 in a type without a sign"
  replace { y = Add(x, a - b) }
}

test summand_and_subtrahend "first the summand" {
  input x [2, 2]
  a = Add(x, values [2, 3])
  y = Sub(a, values 5)
  output y
  expect match
  expect becomes { y = Add(x, [-3, -2]) }
  expect operators Add
}

test summand_and_subtrahend "first the subtrahend" {
  input x [2, 2]
  a = Sub(x, values 5)
  y = Add(values [2, 3], a)
  output y
  expect match
  expect becomes { y = Add(x, [-3, -2]) }
}

test summand_and_subtrahend "a minuend" {
  input x [2, 2]
  a = Sub(values 5, x)
  y = Add(a, values [2, 3])
  output y
  expect no match
}

rule two_subtrahends {
  "(x - a) - b is x - (a + b)."
  match   { y = Sub(Sub(x, constant a), constant b) }
  replace { y = Sub(x, a + b) }
}

test two_subtrahends "a number and one for each column" {
  input x [2, 2]
  a = Sub(x, values [2, 3])
  y = Sub(a, values 5)
  output y
  expect match
  expect becomes { y = Sub(x, [7, 8]) }
  expect operators Sub
}

test two_subtrahends "a minuend" {
  input x [2, 2]
  a = Sub(x, values [2, 3])
  y = Sub(values 5, a)
  output y
  expect no match
}

rule factor_and_divisor {
  "(x a) / b and (x / b) a are x (a / b)."
  match   { y = Div(Mul(x, constant a), constant b) or Mul(Div(x, constant b), constant a) }
  where x.dtype like "*float*" else "it divides whole numbers"
  where all(b != 0) else "it divides by 0"
  replace { y = Mul(x, a / b) }
}

test factor_and_divisor "first the factor" {
  input x [2, 2]
  a = Mul(x, values [2, 3])
  y = Div(a, values 4)
  output y
  expect match
  expect becomes { y = Mul(x, [0.5, 0.75]) }
  expect operators Mul
}

test factor_and_divisor "first the divisor" {
  input x [2, 2]
  a = Div(x, values 4)
  y = Mul(values [2, 3], a)
  output y
  expect match
  expect becomes { y = Mul(x, [0.5, 0.75]) }
}

test factor_and_divisor "it divides whole numbers" {
  input x [2, 2] int64
  a = Mul(x, integers 3)
  y = Div(a, integers 2)
  output y
  expect no match "it divides whole numbers"
}

test factor_and_divisor "it divides by 0" {
  input x [2, 2]
  a = Mul(x, values 3)
  b = Div(a, values [1, 0])
  y = Clip(b, values 0, values 1)
  output y
  expect no match "it divides by 0"
}

rule two_divisors {
  "(x / a) / b is x / (a b)."
  match   { y = Div(Div(x, constant a), constant b) }
  where x.dtype like "*float*" else "it divides whole numbers"
  where all(a != 0) and all(b != 0) else "it divides by 0"
  replace { y = Div(x, a * b) }
}

test two_divisors "a number and one for each column" {
  input x [2, 2]
  a = Div(x, values [2, 3])
  y = Div(a, values 4)
  output y
  expect match
  expect becomes { y = Div(x, [8, 12]) }
  expect operators Div
}

test two_divisors "it divides by 0" {
  input x [2, 2]
  a = Div(x, values [2, 0])
  b = Div(a, values 4)
  y = Clip(b, values 0, values 1)
  output y
  expect no match "it divides by 0"
}

test two_divisors "whole numbers, rounded twice" {
  input x [2, 2] int64
  a = Div(x, integers 3)
  y = Div(a, integers 2)
  output y
  expect no match "it divides whole numbers"
}
