rule r1 {
  region r {
    parents  Conv as p
    children Conv as c
  }
  do scale(p, f  Relu
    g( lo, hi))
}
