# relu6.dsl: ReLU6 becomes Relu, through which any scale passes: for runtimes that have no Min with a constant for each
# channel, or fuse Relu alone. Values beyond the bound are no longer cut off, so that the network computes something
# else where they occur: every report says `approximate`, and --exact refuses it. clip.dsl does without.
# A Clip whose calibrated values, or those of its input, reach its bound is left alone: there something was cut off.
# Run it before the rules that scale: `rewrite-engine model.onnx relu6 cross_layer`.
# M. Nagel, M. van Baalen, T. Blankevoort, M. Welling: "Data-Free Quantization Through Weight Equalization and Bias
# Correction", ICCV 2019 (DFQ), section 5.1.1.

rule relu6(bound = 6) {
  "Clip(x, 0, 6) becomes Relu(x)."
  approximate "Relu in place of Clip"
  match   { y = Clip(x) min 0 max m }
  where m == bound else "its bounds are not 0 and 6"
  where not stats(y) or all(y.max < bound) else "its statistics reach its bound: Relu would not cut off what it does"
  where not stats(x) or stats(y) or all(x.max < bound) else "its statistics reach its bound: Relu would not cut off what it does"
  replace { y = Relu(x) }
}

test relu6 "a Clip that never cuts off becomes Relu" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [2, 3, 1, 1])
  b = Clip(a, values 0, values 6)
  c = Conv(b, weight [2, 2, 1, 1])
  output c
  stats b max [1, 5.9]
  expect match
}

test relu6 "a Clip whose values reach its bound stays" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [2, 3, 1, 1])
  b = Clip(a, values 0, values 6)
  c = Conv(b, weight [2, 2, 1, 1])
  output c
  stats b max [1, 6]
  expect no match b "statistics reach its bound"
}

test relu6 "nor one whose input is known to reach it" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [2, 3, 1, 1])
  b = Clip(a, values 0, values 6)
  c = Conv(b, weight [2, 2, 1, 1])
  output c
  stats a min [-9, -9] max [1, 7]
  expect no match b "statistics reach its bound"
}
