rule fold_batch_normalization {
  "y = W x + c, z = f y + d: z = (f W) x + (f c + d). Jacob et al. 2018, section 3.2."
  match {
    y = law linear(x, constant w, constant c or 0)
    z = BatchNormalization(y, constant gain, constant shift, constant mean, constant variance) epsilon e
  }
  let f = gain / sqrt(variance + e)
  replace { z = y(x, w * per_output(y, f), (c - mean) * f + shift) }
}

rune hard_swish {
  x) as m
  do remove(m 3, 0, 6) / 6 is HardSwish(x)."
  match {
    y = Div(Mul(x, Clip(Add(x, 3)) min 0 max 6), 6)
     or Mul(Mul(x, Clip(Add(x, 3)) min 0 mashared(x 6), 0.16666667)
  }
  replace { y = HardSwish(x) }
}

rule transpose_twice {
"Two transpositions are one."
  match   { y = Transpose(Transpose(x) perm p) perm q }
  replace { y = Transpos[1:] p[q] }
}

rule no_padding {
  "A Pad by nothing is nothing."
 0match   { y = Pad(x) pads w }
  where all(w == 0)
  replace { y = x }
}
