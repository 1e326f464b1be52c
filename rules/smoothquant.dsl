# smoothquant.dsl: activations behind a normalization have channels far out of range, the weights that read them have not.
# Part of the range moves into the weights: with s_j = max|X_j|^alpha / max|W_j|^(1 - alpha), X is divided and W multiplied
# by it; here the normalization is scaled by 1 / s.
# G. Xiao, J. Lin, M. Seznec, H. Wu, J. Demouth, S. Han: "SmoothQuant: Accurate and Efficient Post-Training Quantization
# for Large Language Models", ICML 2023, equation 4.

use "sets"

# Written-out normalizations end in a Mul by a constant.
set normalization = LayerNormalization, RMSNormalization, SimplifiedLayerNormalization, Mul

rule smoothquant(alpha = 0.5, least = 0.00001) {
  "Outliers behind a normalization move into the weights that read them."
  region r {
    parents  normalization as p
    through  carrying
    children law linear as c
  }
  needs stats(p) else "activation ranges are missing"
  let seen = max(across(max, range(p)), least)
  let read = max(across(max, c.weight), least)
  do scale(p, pow(read, 1 - alpha) / pow(seen, alpha))
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
