// Layers without weights: they read their input as it lies.
#include <algorithm>
#include <numeric>

#include "runtime/executor/onednn/format.hpp"
#include "runtime/executor/onednn/kernel.hpp"

namespace rw::executor::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;

constexpr auto kInference = prop_kind::forward_inference;

Dims gaps(const Dims& dilations) {
  Dims result = dilations;
  for (std::int64_t& each : result) --each;
  return result;
}

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

bool is_padded(const memory::desc& desc) {
  return !std::equal(desc.data.dims, desc.data.dims + desc.data.ndims, desc.data.padded_dims);
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

PrimitiveRef concat(const Layer& layer) {
  std::vector<memory::desc> sources;
  for (const Operand& input : layer.inputs) sources.push_back(desc_of(input));
  const dnnl::concat::primitive_desc chosen(static_cast<int>(layer.axis), sources, engine(), plain_attributes());
  std::vector<Primitive::Argument> arguments;
  for (std::size_t i = 0; i < sources.size(); ++i)
    arguments.push_back({DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), sources[i]});
  return std::make_shared<Primitive>(chosen, arguments, chosen.dst_desc());
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

PrimitiveRef copy(const Layer& layer) {
  memory::desc source = desc_of(layer.inputs[0]);
  const memory::desc target = desc_of({layer.output, layer.wanted});
  if (!layer.steps.empty()) source = {layer.output, memory::data_type::f32, layer.steps};
  const dnnl::reorder::primitive_desc chosen(engine(), source, engine(), target, plain_attributes(), true);
  if (!chosen) return nullptr;
  return std::make_shared<Primitive>(chosen, std::vector<Primitive::Argument>{{DNNL_ARG_SRC, source}}, target);
}

namespace {

// Like a format, for a tensor of another size.
memory::desc resized(memory::desc desc, const Dims& shape) {
  dnnl_memory_desc_t& data = desc.data;
  auto& blocking = data.format_desc.blocking;
  std::vector<int> order(shape.size());  // of the axes, the one that varies slowest first
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return blocking.strides[a] > blocking.strides[b]; });
  std::int64_t stride = 1;
  std::vector<std::int64_t> blocks(shape.size(), 1);
  for (int i = 0; i < blocking.inner_nblks; ++i) {
    blocks[static_cast<std::size_t>(blocking.inner_idxs[i])] *= blocking.inner_blks[i];
    stride *= blocking.inner_blks[i];
  }
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    data.dims[axis] = shape[axis];
    data.padded_dims[axis] = (shape[axis] + blocks[axis] - 1) / blocks[axis] * blocks[axis];
  }
  for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
    blocking.strides[*axis] = stride;
    stride *= std::max<std::int64_t>(data.padded_dims[*axis] / blocks[static_cast<std::size_t>(*axis)], 1);
  }
  return desc;
}

}  // namespace

PrimitiveRef pad(const Layer& layer) {
  const memory::desc source = desc_of(layer.inputs[0]), target = resized(source, layer.output);
  // Elements that make a block full are zeros.
  if (layer.fill != 0 && !std::equal(layer.output.begin(), layer.output.end(), target.data.padded_dims)) return nullptr;
  const memory::desc inside = target.submemory_desc(layer.inputs[0].shape, layer.offsets, true);
  if (!inside) return nullptr;
  const dnnl::reorder::primitive_desc chosen(engine(), source, engine(), inside, plain_attributes());
  auto primitive =
      std::make_shared<Primitive>(chosen, std::vector<Primitive::Argument>{{DNNL_ARG_SRC, source}}, inside);
  primitive->gives = format_of(target);
  primitive->output_bytes = target.get_size();
  primitive->fill = layer.fill;
  return primitive;
}

PrimitiveRef part(const Layer& layer) {
  const memory::desc whole = desc_of(layer.inputs[0]), target = resized(whole, layer.output);
  const memory::desc source = whole.submemory_desc(layer.output, layer.offsets, true);
  if (!source) return nullptr;  // it begins within a block
  const dnnl::reorder::primitive_desc chosen(engine(), source, engine(), target, plain_attributes(), true);
  if (!chosen) return nullptr;
  auto primitive =
      std::make_shared<Primitive>(chosen, std::vector<Primitive::Argument>{{DNNL_ARG_SRC, source}}, target);
  primitive->reads = {format_of(whole)};
  return primitive;
}

}  // namespace rw::executor::onednn
