// The functions that rows of forms.cpp name, each namespace in a file of its own: element types (type.cpp), shapes
// (shape.cpp), anchors and axes (axis.cpp), weights (weight.cpp), movements (movement.cpp), constants
// (fold_constants.cpp), whole numbers (fold_shapes.cpp), checks (check.cpp). Internal to graph/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/operators/form.hpp"
#include "graph/operators/node.hpp"

namespace rw::graph {

using Dims = std::optional<std::vector<std::int64_t>>;

namespace type_of {
DType same(const Node&, std::uint32_t);       // as input 0
DType of_second(const Node&, std::uint32_t);  // as input 1
DType boolean(const Node&, std::uint32_t);
DType int64(const Node&, std::uint32_t);
DType indices_second(const Node&, std::uint32_t);  // as input 0, and indices as output 1
DType mask_second(const Node&, std::uint32_t);     // as input 0, and a mask as output 1
DType cast(const Node&, std::uint32_t);
DType constant_of_shape(const Node&, std::uint32_t);
DType quantized(const Node&, std::uint32_t);
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
}  // namespace shape_of

namespace anchors_of {
Anchors second(const Node&);  // axis 1 of input 0 and of the output
Anchors last(const Node&);    // the last axis of both
Anchors matmul(const Node&);  // last, or last but one where the constant stands on the left
Anchors user(const Node&);
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
std::optional<Movement> reshape(const Node&, std::uint32_t);  // also Flatten, Squeeze, Unsqueeze: the order stays
std::optional<Movement> transpose(const Node&, std::uint32_t);
std::optional<Movement> depth_to_space(const Node&, std::uint32_t);
std::optional<Movement> space_to_depth(const Node&, std::uint32_t);
std::optional<Movement> expand(const Node&, std::uint32_t);
std::optional<Movement> tile(const Node&, std::uint32_t);
std::optional<Movement> slice(const Node&, std::uint32_t);
std::optional<Movement> split(const Node&, std::uint32_t);
std::optional<Movement> gather(const Node&, std::uint32_t);
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

// The axes that a reduction (or Squeeze, Unsqueeze) names, from the attribute or input 1, counted from 0 in a tensor of
// `rank`; all axes where it names none (no axis for Squeeze). Returns nothing where the axes are
// not known or out of range.
std::optional<AxisMask> named_axes(const Node& node, int rank, bool all_where_absent);

}  // namespace rw::graph
