# smoothquant.dsl: activations behind a normalization have channels far out of range, the weights that read them have not.
# Part of the range moves into the weights: with s_j = max|X_j|^alpha / max|W_j|^(1 - alpha), X is divided and W multiplied
# by it; here the normalization is scaled by 1 / s.
# G. Xiao, J. Lin, M. Seznec, H. Wu, J. Demouth, S. Han: "SmoothQuant: Accurate and Efficient Post-Training Quantization
# for Large Language Models", ICML 2023, equation 4.

use "sets"

# Written-out normalizations end in a factor for each channel.
set normalization = law normalize, law affine

rule smoothquant(alpha = 0.5, least = 0.00001) {
  "Outliers behind a normalization move into the weights that read them."
  region r {
    parents  normalization as p
    through  carrying
    may join joining
    children absorbing as c
  }
  where any c: not no_weights(c) else "no layer with weights reads it"
  needs stats(p) else "activation ranges are missing"
  let seen = max(across(max, range(p)), least)
  let read = across(max, if no_weights(c) then 0 else c.weight)
  do scale(p, if read > 0 then pow(max(read, least), 1 - alpha) / pow(seen, alpha) else 1)
}

test smoothquant "half of an outlier moves into the weights that read it" {
  input x [1, 2, 4]
  n = LayerNormalization(x, positive [4], bias [4]) axis -1
  q = MatMul(n, values [1, 1, 1, 1, 1, 1, 1, 1] shape [4, 2])
  output q
  stats n max [16, 1, 1, 1]
  expect match parents n children q
  expect scale n [0.25, 1, 1, 1]
}

test smoothquant "who else reads the normalization keeps it as it is" {
  input x [1, 2, 4]
  n = LayerNormalization(x, positive [4], bias [4]) axis -1
  q = MatMul(n, weight [4, 2])
  output n, q
  calibrate
  expect no match n "output of the network"
}
