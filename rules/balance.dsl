# balance.dsl: the scales of all channels at once, chosen so that the noise which int8 quantization is predicted to make at
# the outputs is least: of weights and of activations, weighed by what each channel does to the outputs. Ranges of
# activations are those of --stats or --data; without them they are estimated from weights and biases.

use "sets"

# In front of curves (SiLU) a Mul gives scales back, in those regions where each hundredth of all elements that such Muls
# compute is predicted to win restore_cost dB, in the mean over all layers.
rule balance(per_channel = 0.5, activations = 0.3, headroom = 0.000003, restore_cost = 0.05) {
  "The least predicted noise. per_channel: weights have a step for each tensor (0), each channel (1), or nobody knows."
  region r {
    parents  offering as p
    through  carrying
    may join joining
    children absorbing as c
    leak     restore curves else pin
  }
  do balance(p, per_channel, activations, headroom, restore_cost)
}

test balance "a channel whose weights are small grows" {
  input x [1, 1, 4, 4]
  a = Conv(x, values [8, 0.5] shape [2, 1, 1, 1])
  b = Relu(a)
  c = Conv(b, values [0.5, 8] shape [1, 2, 1, 1])
  output c
  calibrate
  expect match parents a children c
}

test balance "it needs no ranges" {
  input x [1, 1, 4, 4]
  a = Conv(x, values [8, 0.5] shape [2, 1, 1, 1])
  c = Conv(a, values [0.5, 8] shape [1, 2, 1, 1])
  output c
  expect match parents a children c
}

test balance "nothing behind a Sigmoid takes the scale back" {
  input x [1, 1, 4, 4]
  a = Conv(x, weight [2, 1, 1, 1])
  b = Sigmoid(a)
  c = Conv(b, weight [1, 2, 1, 1])
  output c
  expect no match a
}
