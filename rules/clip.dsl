# clip.dsl: networks with ReLU6, or any Clip to constant bounds. Give it together with the rules that shall see through
# them: `rewrite-engine model.onnx clip wide`.
#
# Clip(x, a, b) is no obstacle to a scale s > 0 of each channel, as Clip(s x, s a, s b) = s Clip(x, a, b); but Clip takes
# one bound for all channels. So where bounds must differ it becomes Min(Max(x, a s), b s) with a constant for each
# channel (Relu where a = 0). Where the bounds are inputs of the Clip (operator sets from 11) it stays in front, with the
# widest of them, so that the range of what is rounded behind a layer ends there. Every other Clip stays as it is. This
# is exact, unlike the replacement of ReLU6 by Relu (relu6.dsl) of M. Nagel et al., "Data-Free Quantization Through
# Weight Equalization and Bias Correction", ICCV 2019, section 5.1.1.

op Clip law bounded
