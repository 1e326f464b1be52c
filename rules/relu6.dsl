# relu6.dsl: ReLU6 becomes Relu, through which any scale passes: for runtimes that have no Min with a constant for each
# channel, or fuse Relu alone. Values beyond the bound are no longer cut off, so that the network computes something
# else where they occur: every report says `approximate`, and --exact refuses it. clip.dsl does without.
# Run it before the rules that scale: `rewrite-engine model.onnx relu6 cross_layer`.
# M. Nagel, M. van Baalen, T. Blankevoort, M. Welling: "Data-Free Quantization Through Weight Equalization and Bias
# Correction", ICCV 2019 (DFQ), section 5.1.1.

rule relu6(bound = 6) {
  "Clip(x, 0, 6) becomes Relu(x)."
  chain Clip as c
  where c.attribute.min == 0 and c.attribute.max == bound else "its bounds are not 0 and 6"
  do replace(c, Relu)
}
