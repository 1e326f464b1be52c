# auto.dsl: the int8 network for which nothing needs to be known: what every quantizer does first, scales through ReLU6
# and other Clips, and all scales at once so that the predicted noise is least. Statistics are used where they are. With
# --exact nothing is folded, and scales are powers of two.

include "prepare" as far as exact
include "clip"
include "balance"
