# sets.dsl: no rule: what `wide`, `balance`, `cross_layer`, `mixed` and `smoothquant` look for, by law, so that what one of
# them takes is open to the others, and operators that other files give one of these laws are open to all.

set offering = law linear, law affine, law gather, law normalize
set absorbing = law linear, law affine
set carrying = law pass, law bounded, law join, law concat, law split, law slice, law gather,
               law view, law product, law contract
set joining = law join, law concat

# Factors of normalizations and tables of embeddings are no weights of which a quantizer rounds the products.
function no_weights(x) = x.op like "*Normalization" or x.op == "Mul" or x.op == "Div" or x.op == "Gather"

# Of cross-layer equalization, `cross_layer` and `restore`: sqrt(read / made).
# Normalizations have factors and no weights of a quantizer: they set no range, and where one stands on a side the other
# side's range becomes 1. A class whose weights are 0 on one side has no range to share: it stays as it is.
function balanced(made, read, free_parent, free_child) = if made > 0 and read > 0 then sqrt(read / made) else if read > 0 and free_parent > 0 then sqrt(read) else if made > 0 and free_child > 0 then 1 / sqrt(made) else 1
