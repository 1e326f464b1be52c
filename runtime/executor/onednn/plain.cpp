// Layers without weights: they read their input as it lies.
#include <algorithm>

#include "runtime/executor/onednn/format.hpp"
#include "runtime/executor/onednn/kernel.hpp"

namespace rw::executor::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;

constexpr auto kInference = prop_kind::forward_inference;

template <typename Forward>
PrimitiveRef of_one(const Layer& layer, const typename Forward::desc& desc) {
  const typename Forward::primitive_desc chosen(desc, attributes_of(layer, desc_of(layer.inputs[0])), engine(), true);
  if (!chosen) return nullptr;
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_SRC, chosen.src_desc()}};
  add_others(layer, chosen.dst_desc(), arguments);
  return std::make_shared<Primitive>(chosen, arguments, chosen.dst_desc());
}

// The first post-op as a primitive, the others behind it.
Layer behind_first(const Layer& layer) {
  Layer rest = layer;
  rest.post.erase(rest.post.begin());
  return rest;
}

// oneDNN 2.6 writes elsewhere where channels lie in blocks that are smaller than its vectors: such a tensor is taken in
// row-major order.
memory::desc taken(const Operand& operand) {
  const memory::desc desc = desc_of(operand);
  const auto& blocking = desc.data.format_desc.blocking;
  const auto isa = dnnl::get_effective_cpu_isa();
  const std::int64_t width = isa >= dnnl::cpu_isa::avx512_core ? 16 : isa >= dnnl::cpu_isa::avx ? 8 : 4;
  return blocking.inner_nblks > 0 && blocking.inner_blks[0] < width ? row_major(operand.shape) : desc;
}

PrimitiveRef binary(const Layer& layer) {
  const PostOp& first = layer.post[0];
  const memory::desc left = taken(layer.inputs[0]);
  const memory::desc right = first.other.shape == layer.inputs[0].shape ? left : row_major(first.other.shape);
  const Layer rest = behind_first(layer);
  if (is_padded(left) && !rest.post.empty()) return nullptr;  // oneDNN 2.6 computes something else
  const dnnl::binary::primitive_desc chosen({algorithm_of(first.step), left, right, left}, attributes_of(rest, left),
                                            engine(), true);
  if (!chosen || slow(chosen)) return nullptr;
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_SRC_0, left}, {DNNL_ARG_SRC_1, right}};
  add_others(rest, left, arguments);
  auto primitive = std::make_shared<Primitive>(chosen, arguments, left);
  primitive->in_place = true;
  return primitive;
}

}  // namespace

PrimitiveRef pool(const Layer& layer) {
  const algorithm how = layer.kind == Kind::max_pool       ? algorithm::pooling_max
                        : layer.kind == Kind::average_pool ? algorithm::pooling_avg_exclude_padding
                                                           : algorithm::pooling_avg_include_padding;
  return of_one<dnnl::pooling_v2_forward>(
      layer, {kInference, how, desc_of(layer.inputs[0]), any(layer.output), layer.strides, layer.kernel,
              gaps(layer.dilations), layer.begin, layer.end});
}

PrimitiveRef softmax(const Layer& layer) {
  return of_one<dnnl::softmax_forward>(layer, {kInference, desc_of(layer.inputs[0]), static_cast<int>(layer.axis)});
}

PrimitiveRef resize(const Layer& layer) {
  const algorithm how =
      layer.kind == Kind::resize_nearest ? algorithm::resampling_nearest : algorithm::resampling_linear;
  return of_one<dnnl::resampling_forward>(layer, {kInference, how, desc_of(layer.inputs[0]), any(layer.output)});
}

PrimitiveRef elementwise(const Layer& layer) {
  const PostOp& first = layer.post[0];
  if (reads_tensor(first.step)) return binary(layer);
  const memory::desc data = taken(layer.inputs[0]);
  const Layer rest = behind_first(layer);
  const dnnl::eltwise_forward::primitive_desc chosen(
      {kInference, algorithm_of(first.step), data, first.alpha, first.beta}, attributes_of(rest, data), engine(), true);
  if (!chosen || slow(chosen)) return nullptr;
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_SRC, data}};
  add_others(rest, data, arguments);
  auto primitive = std::make_shared<Primitive>(chosen, arguments, data);
  primitive->in_place = true;
  return primitive;
}

}  // namespace rw::executor::onednn
