// The functions that rows of forms.cpp name, each namespace in a file of its own: element types (type.cpp), shapes
// (shape*.cpp), anchors and axes (axis.cpp), weights (weight.cpp), movements (movement.cpp), constants
// (fold_constants.cpp), whole numbers (fold_shapes.cpp), checks (check.cpp). Internal to graph/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/operators/dims.hpp"
#include "graph/operators/form.hpp"
#include "graph/operators/node.hpp"

namespace rw::graph {

namespace type_of {
DType same(const Node&, std::uint32_t);    // as input 0
DType common(const Node&, std::uint32_t);  // as all inputs: the first that is known
DType of_second(const Node&, std::uint32_t);
DType of_third(const Node&, std::uint32_t);
DType of_eighth(const Node&, std::uint32_t);
DType where(const Node&, std::uint32_t);  // as inputs 1 and 2
DType boolean(const Node&, std::uint32_t);
DType int32(const Node&, std::uint32_t);
DType int64(const Node&, std::uint32_t);
DType uint8(const Node&, std::uint32_t);
DType float32(const Node&, std::uint32_t);
DType then_int64(const Node&, std::uint32_t);    // as input 0, and indices behind it
DType int64_second(const Node&, std::uint32_t);  // texts, and numbers as output 1
DType dropout(const Node&, std::uint32_t);
DType batch_normalization(const Node&, std::uint32_t);
DType layer_normalization(const Node&, std::uint32_t);
DType attention(const Node&, std::uint32_t);
DType cast(const Node&, std::uint32_t);
DType constant(const Node&, std::uint32_t);
DType constant_of_shape(const Node&, std::uint32_t);
DType named_or_same(const Node&, std::uint32_t);     // by `dtype`, else as input 0
DType named_or_float32(const Node&, std::uint32_t);  // by `dtype`
DType named_or_int32(const Node&, std::uint32_t);    // by `dtype`
DType output_datatype(const Node&, std::uint32_t);
DType quantized(const Node&, std::uint32_t);
DType dequantized(const Node&, std::uint32_t);
DType dynamic_quantized(const Node&, std::uint32_t);
DType user(const Node&, std::uint32_t);  // as its weight
}  // namespace type_of

namespace shape_of {
Dims same(const Node&, std::uint32_t);       // as input 0
Dims broadcast(const Node&, std::uint32_t);  // of all inputs
Dims conv(const Node&, std::uint32_t);
Dims conv_transpose(const Node&, std::uint32_t);
Dims gemm(const Node&, std::uint32_t);
Dims matmul(const Node&, std::uint32_t);
Dims pool(const Node&, std::uint32_t);
Dims global_pool(const Node&, std::uint32_t);
Dims pad(const Node&, std::uint32_t);
Dims reduce(const Node&, std::uint32_t);
Dims concat(const Node&, std::uint32_t);
Dims split(const Node&, std::uint32_t);
Dims slice(const Node&, std::uint32_t);
Dims gather(const Node&, std::uint32_t);
Dims tile(const Node&, std::uint32_t);
Dims expand(const Node&, std::uint32_t);
Dims reshape(const Node&, std::uint32_t);
Dims flatten(const Node&, std::uint32_t);
Dims squeeze(const Node&, std::uint32_t);
Dims unsqueeze(const Node&, std::uint32_t);
Dims transpose(const Node&, std::uint32_t);
Dims depth_to_space(const Node&, std::uint32_t);
Dims space_to_depth(const Node&, std::uint32_t);
Dims resize(const Node&, std::uint32_t);
Dims upsample(const Node&, std::uint32_t);
Dims shape(const Node&, std::uint32_t);
Dims scalar(const Node&, std::uint32_t);
Dims constant(const Node&, std::uint32_t);
Dims constant_of_shape(const Node&, std::uint32_t);
Dims grid_sample(const Node&, std::uint32_t);
Dims range(const Node&, std::uint32_t);
Dims max_unpool(const Node&, std::uint32_t);
Dims roi_align(const Node&, std::uint32_t);
Dims gather_elements(const Node&, std::uint32_t);
Dims top_k(const Node&, std::uint32_t);
Dims user_linear(const Node&, std::uint32_t);
Dims then_scalars(const Node&, std::uint32_t);  // as input 0, further outputs of one element
Dims layer_normalization(const Node&, std::uint32_t);
Dims batch_normalization(const Node&, std::uint32_t);
Dims quantized_conv(const Node&, std::uint32_t);
Dims quantized_matmul(const Node&, std::uint32_t);
Dims einsum(const Node&, std::uint32_t);
Dims one_axis(const Node&, std::uint32_t);  // reduced
Dims det(const Node&, std::uint32_t);
Dims non_zero(const Node&, std::uint32_t);
Dims unique(const Node&, std::uint32_t);
Dims compress(const Node&, std::uint32_t);
Dims gather_nd(const Node&, std::uint32_t);
Dims center_crop_pad(const Node&, std::uint32_t);
Dims said(const Node&, std::uint32_t);  // by `shape`
Dims max_roi_pool(const Node&, std::uint32_t);
Dims affine_grid(const Node&, std::uint32_t);
Dims col2im(const Node&, std::uint32_t);
Dims recurrent(const Node&, std::uint32_t);
Dims attention(const Node&, std::uint32_t);
Dims loss(const Node&, std::uint32_t);
Dims non_max_suppression(const Node&, std::uint32_t);
Dims one_hot(const Node&, std::uint32_t);
Dims tf_idf(const Node&, std::uint32_t);
Dims multinomial(const Node&, std::uint32_t);
Dims string_split(const Node&, std::uint32_t);
Dims dft(const Node&, std::uint32_t);
Dims stft(const Node&, std::uint32_t);
Dims window(const Node&, std::uint32_t);
Dims mel_weights(const Node&, std::uint32_t);
}  // namespace shape_of

namespace input_of {
Dims linear(const Node&);  // as many axes as its weight, and the channels that it reads
Dims matrix(const Node&);  // the last two axes, where input 1 is a constant matrix
}  // namespace input_of

namespace anchors_of {
Anchors second(const Node&);  // axis 1 of input 0 and of the output
Anchors last(const Node&);    // the last axis of both
Anchors matmul(const Node&);  // last, or last but one where the constant stands on the left
Anchors user(const Node&);
Anchors factor(const Node&);  // the one axis along which the constant factor changes
}  // namespace anchors_of

namespace axes_of {
std::optional<AxisMap> same(const Node&, std::uint32_t);       // axis i is axis i
std::optional<AxisMap> broadcast(const Node&, std::uint32_t);  // aligned at the last axis
std::optional<AxisMap> reduce(const Node&, std::uint32_t);
std::optional<AxisMap> squeeze(const Node&, std::uint32_t);
std::optional<AxisMap> unsqueeze(const Node&, std::uint32_t);
std::optional<AxisMap> transpose(const Node&, std::uint32_t);
std::optional<AxisMap> view(const Node&, std::uint32_t);  // row-major elements keep their order
std::optional<AxisMap> gather(const Node&, std::uint32_t);
std::optional<AxisMap> matmul(const Node&, std::uint32_t);     // of two activations
std::optional<AxisMap> first_two(const Node&, std::uint32_t);  // batch and channels; positions are sampled
std::optional<AxisMap> second(const Node&, std::uint32_t);     // channels alone; pictures are chosen, too
}  // namespace axes_of

namespace weight_of {
std::optional<Linear> conv(const Node&, std::string&);
std::optional<Linear> conv_transpose(const Node&, std::string&);
std::optional<Linear> gemm(const Node&, std::string&);
std::optional<Linear> matmul(const Node&, std::string&);
std::optional<Linear> user(const Node&, std::string&);
std::optional<Affine> batch_normalization(const Node&, std::string&);
std::optional<Affine> multiply(const Node&, std::string&);
std::optional<Affine> divide(const Node&, std::string&);
std::optional<Affine> normalization(const Node&, std::string&);
std::optional<Affine> user_affine(const Node&, std::string&);
}  // namespace weight_of

namespace movement_of {
Movements reshape(const Node&);  // also Flatten, Squeeze, Unsqueeze: the order stays
Movements transpose(const Node&);
Movements depth_to_space(const Node&);
Movements space_to_depth(const Node&);
Movements expand(const Node&);
Movements tile(const Node&);
Movements slice(const Node&);
Movements split(const Node&);
Movements gather(const Node&);
}  // namespace movement_of

namespace constant_of {
using Folded = std::optional<Literal>;
Folded same_order(const Node&, const Literal& from, const Shape&, Arena&);  // another shape at most
Folded transpose(const Node&, const Literal& from, const Shape&, Arena&);
Folded cast(const Node&, const Literal& from, const Shape&, Arena&);
}  // namespace constant_of

namespace integers_of {
using Values = std::optional<std::vector<std::int64_t>>;
Values same(const Node&);
Values cast(const Node&);
Values shape(const Node&);
Values size(const Node&);
Values gather(const Node&);
Values concat(const Node&);
Values slice(const Node&);
Values add(const Node&);
Values subtract(const Node&);
Values multiply(const Node&);
Values divide(const Node&);
Values equal(const Node&);
Values where(const Node&);
Values constant_of_shape(const Node&);
Values range(const Node&);
Values product(const Node&);
}  // namespace integers_of

namespace check_of {
void convolution(const Node&);
void batch_normalization(const Node&);
}  // namespace check_of

// What Slice keeps of one axis: positions first, first + step, ... (count of them).
struct Cut {
  int axis = 0;
  bool known = false;  // false: decided when the network runs, or the dimension is not known
  std::int64_t first = 0, step = 1, count = 0;
};
// What a Slice keeps of each axis that it cuts. Returns nothing where the axes are not known or its input has no such
// axis.
std::optional<std::vector<Cut>> slice_cuts(const Node& node);

// How much of an axis of `whole` output `output` of a Split takes; kUnknown: not known.
std::int64_t split_size(const Node& node, std::int64_t whole, std::uint32_t output);

// The axes that a reduction (or Squeeze, Unsqueeze) names, from the attribute or input 1, counted from 0 in a tensor of
// `rank`; all axes where it names none (no axis for Squeeze). Returns nothing where the axes are
// not known or out of range.
std::optional<AxisMask> named_axes(const Node& node, int rank, bool all_where_absent);

}  // namespace rw::graph
