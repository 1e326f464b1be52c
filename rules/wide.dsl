# wide.dsl: every region that an operator with constants can offer and another can absorb, whatever joins it; what leaks
# keeps scale 1. One scale a class: the least that all parents of the class allow, as for residual families.

use "sets"

rule wide(lo = 1, hi = 20) {
  "Whatever can be scaled; joins of all kinds may be mixed."
  region r {
    parents  offering as p
    through  carrying
    may join joining
    children absorbing as c
    leak     pin
  }
  needs stats(p) else "activation ranges are missing"
  do scale(p, shared(p, lo, hi))
}

test wide "what comes from outside keeps scale 1, the rest of the concat is scaled" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [2, 3, 1, 1])
  k = Concat(a, x) axis 1
  c = Conv(k, weight [2, 5, 1, 1])
  output c
  stats a max [1, 2]
  expect match parents a children a, c
  expect scale a [2, 1]
}

test wide "additions and concats in one region" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [2, 3, 1, 1])
  b = Conv(x, weight [2, 3, 1, 1])
  n = BatchNormalization(b, positive [2], bias [2], bias [2], positive [2])
  s = Add(a, n)
  k = Concat(s, a) axis 1
  c = Conv(k, weight [2, 4, 1, 1])
  output c
  calibrate
  expect match parents a, n children c
  expect match parents b children n
}

test wide "nothing takes the scale back" {
  input x [1, 3, 4, 4]
  a = Conv(x, weight [2, 3, 1, 1])
  b = Relu(a)
  output b
  calibrate
  expect no match a
}
