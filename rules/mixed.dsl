# mixed.dsl: weights and activations share the burden. The logarithm of a scale goes half of the way, sweep by sweep, to
#   children^c / (parents^w activations^a),
# where `children` and `parents` are the ranges of a class's weights behind and before it and `activations` its calibrated
# range. The exponents are parameters; with c = w = 0.5 and a = 0 it is cross-layer equalization (cross_layer.dsl).
# It generalises M. Nagel et al., ICCV 2019 (weights alone) and E. Meller et al., ICML 2019 (activations alone).

# Whatever has weights, and whatever carries a scale: also operators that other files give one of these laws.
set weighted = law linear
set carrying = law pass, law bounded, law join, law concat, law split, law slice, law gather,
               law view, law product, law contract
set joining = law join, law concat

rule mixed(c_power = 0.5, p_power = 0.25, a_power = 0.25, lo = 0.001, hi = 1000) {
  "Ranges of weights before, of weights behind and of activations between are traded against each other."
  region r {
    parents  weighted as p
    through  carrying
    may join joining
    children weighted as c
    leak     pin
  }
  needs stats(p) else "activation ranges are missing"
  let made = across(max, p.weight)
  let read = across(max, c.weight)
  let seen = across(max, range(p))
  let goal = if made > 0 and read > 0 and seen > 0 then pow(read, c_power) / (pow(made, p_power) * pow(seen, a_power)) else 1
  repeat 10 until change < 0.001
  do scale(p, clamp(sqrt(goal), lo, hi))
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
