# mixed.dsl: weights and activations share the burden. The logarithm of a scale goes half of the way, sweep by sweep, to
#   children^c / (parents^w activations^a),
# where `children` and `parents` are the ranges of a class's weights behind and before it and `activations` its calibrated
# range. The exponents are parameters; with c = w = 0.5 and a = 0 it is cross-layer equalization (cross_layer.dsl).
# It generalises M. Nagel et al., ICCV 2019 (weights alone) and E. Meller et al., ICML 2019 (activations alone).

use "sets"

# What a class is seen to reach is the range of its parents and of the sums behind them, which can be larger. What is
# (nearly) always 0 goes by its weights, so that these do not set the step of all others. A normalization has no
# weights of its own; what is missing on one side leaves the whole burden to the others.
function both_sides(made, read, seen, c, w, a) = if seen > 0 then pow(read, c) / (pow(made, w) * pow(seen, a)) else read / made
function one_side(range, seen, power, a) = if seen > 0 then pow(range, power / (power + a)) * pow(seen, a / (power + a)) else range
function before(read, seen, c, a) = if seen > 0 then one_side(read, 1 / seen, c, a) else read

rule mixed(c_power = 0.5, p_power = 0.25, a_power = 0.25, dead = 0.001, lo = 0.001, hi = 1000) {
  "Ranges of weights before, of weights behind and of activations between are traded against each other."
  region r {
    parents  offering as p
    through  carrying
    may join joining as j
    children absorbing as c
    leak     pin
  }
  needs stats(p) else "activation ranges are missing"
  let made = across(max, if no_weights(p) then 0 else p.weight)
  let read = across(max, if no_weights(c) then 0 else c.weight)
  let free_parent = across(max, if no_weights(p) then 1 else 0)
  let free_child = across(max, if no_weights(c) then 1 else 0)
  let sums = if stats(j) then across(max, range(j)) else 0
  let most = max(across(max, range(p)), sums)
  let seen = if most > dead * overall(max, range(p)) then most else 0
  let goal = if made > 0 and read > 0 then both_sides(made, read, seen, c_power, p_power, a_power) else if read > 0 and free_parent > 0 then before(read, seen, c_power, a_power) else if made > 0 and free_child > 0 then 1 / one_side(made, seen, p_power, a_power) else 1
  repeat 10 until change < 0.001
  do scale(p, sqrt(goal), lo, hi)
}

test mixed "a channel that nobody needs so large gets smaller" {
  input x [1, 1, 4, 4]
  a = Conv(x, values 1 shape [1, 1, 1, 1])
  c = Conv(a, values 1 shape [1, 1, 1, 1])
  output c
  stats a max 16
  expect match parents a children c
}

test mixed "without statistics it does not run" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [2, 3, 1, 1])
  c = Conv(a, weight [2, 2, 1, 1])
  output c
  expect no match a "activation ranges are missing"
}
