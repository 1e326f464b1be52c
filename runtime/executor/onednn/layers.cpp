// Layers with weights.
#include <algorithm>
#include <utility>

#include "runtime/executor/onednn/format.hpp"
#include "runtime/executor/onednn/kernel.hpp"

namespace rw::executor::onednn {
namespace {

using dnnl::memory;
using dnnl::prop_kind;

constexpr auto kInference = prop_kind::forward_inference;

// oneDNN counts the gaps.
Dims gaps(const Dims& dilations) {
  Dims result = dilations;
  for (std::int64_t& each : result) --each;
  return result;
}

memory::desc bias_desc(const Layer& layer) {
  return layer.bias.values == nullptr ? memory::desc() : row_major(layer.bias.shape);
}

// The weight with its groups as an axis of their own: [groups, out / groups, in / groups, kernel...], which a
// deconvolution's file has as [groups, in / groups, out / groups, kernel...].
memory::desc weight_desc(const Layer& layer, bool input_first) {
  Dims shape = layer.weight.shape;
  const bool grouped = layer.groups > 1;
  if (grouped) {
    shape[0] /= layer.groups;
    shape.insert(shape.begin(), layer.groups);
  }
  const memory::desc stored = row_major(shape);
  if (!input_first) return stored;
  std::vector<int> order;
  for (int axis = 0; axis < static_cast<int>(shape.size()); ++axis) order.push_back(axis);
  std::swap(order[grouped ? 1 : 0], order[grouped ? 2 : 1]);
  return stored.permute_axes(order);
}

// The primitive of a layer, and whether its first post-op adds to what lies in the output, which more of them can do
// than add another tensor.
template <typename Forward>
std::pair<typename Forward::primitive_desc, bool> choose(const Layer& layer, const typename Forward::desc& desc,
                                                         const memory::desc& target) {
  using Descriptor = typename Forward::primitive_desc;
  const bool adds = !layer.post.empty() && layer.post[0].step == Step::add && layer.post[0].other.shape == layer.output;
  const auto reads = static_cast<std::size_t>(
      std::count_if(layer.post.begin(), layer.post.end(), [](const PostOp& post) { return reads_tensor(post.step); }));
  if (adds && reads == 1)
    if (Descriptor chosen(desc, attributes_of(layer, target, true), engine(), true); chosen) return {chosen, true};
  // Which format the output has is known when there is a descriptor without the tensors that post-ops read.
  if (reads == 0) return {Descriptor(desc, attributes_of(layer, target), engine(), true), false};
  const memory::desc output = Descriptor(desc, engine()).dst_desc();
  Descriptor chosen(desc, attributes_of(layer, output), engine(), true);
  if (chosen && chosen.dst_desc() != output) chosen = Descriptor();
  return {chosen, false};
}

template <typename Forward>
PrimitiveRef convolved(const Layer& layer, dnnl::algorithm how, const memory::desc& stored) {
  const memory::desc source = any(layer.inputs[0].shape), target = any(layer.output), weight = any(stored.dims());
  const bool biased = layer.bias.values != nullptr;
  const auto desc = biased ? typename Forward::desc(kInference, how, source, weight, bias_desc(layer), target,
                                                    layer.strides, gaps(layer.dilations), layer.begin, layer.end)
                           : typename Forward::desc(kInference, how, source, weight, target, layer.strides,
                                                    gaps(layer.dilations), layer.begin, layer.end);
  const auto [chosen, accumulate] = choose<Forward>(layer, desc, target);
  if (!chosen) return nullptr;
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_SRC, chosen.src_desc()}};
  add_others(layer, chosen.dst_desc(), arguments, accumulate);
  std::vector<Primitive::Weight> weights = {{DNNL_ARG_WEIGHTS, &Layer::weight, stored, chosen.weights_desc()}};
  if (biased) weights.push_back({DNNL_ARG_BIAS, &Layer::bias, bias_desc(layer), chosen.bias_desc()});
  return std::make_shared<Primitive>(chosen, arguments, chosen.dst_desc(), std::move(weights));
}

}  // namespace

PrimitiveRef convolution(const Layer& layer) {
  return convolved<dnnl::convolution_forward>(layer, dnnl::algorithm::convolution_direct, weight_desc(layer, false));
}

PrimitiveRef deconvolution(const Layer& layer) {
  return convolved<dnnl::deconvolution_forward>(layer, dnnl::algorithm::deconvolution_direct, weight_desc(layer, true));
}

// [m, k] times [k, n], with the bias [n].
PrimitiveRef product(const Layer& layer) {
  const Dims& stored = layer.weight.shape;
  const std::int64_t k = stored[layer.weight.transposed ? 1 : 0], n = stored[layer.weight.transposed ? 0 : 1];
  const memory::desc weight =
      layer.weight.transposed ? memory::desc({k, n}, memory::data_type::f32, Dims{1, k}) : row_major({k, n});
  const memory::desc source = row_major(layer.inputs[0].shape), target = row_major(layer.output),
                     bias = row_major({1, n});
  const bool biased = layer.bias.values != nullptr;
  const dnnl::matmul::desc desc =
      biased ? dnnl::matmul::desc(source, any({k, n}), bias, target) : dnnl::matmul::desc(source, any({k, n}), target);
  const dnnl::matmul::primitive_desc chosen(desc, attributes_of(layer, target), engine(), true);
  if (!chosen) return nullptr;
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_SRC, source}};
  add_others(layer, target, arguments);
  std::vector<Primitive::Weight> weights = {{DNNL_ARG_WEIGHTS, &Layer::weight, weight, chosen.weights_desc()}};
  if (biased) weights.push_back({DNNL_ARG_BIAS, &Layer::bias, bias, chosen.bias_desc()});
  return std::make_shared<Primitive>(chosen, arguments, target, std::move(weights));
}

PrimitiveRef batch_product(const Layer& layer) {
  const memory::desc left = row_major(layer.inputs[0].shape), right = row_major(layer.inputs[1].shape);
  const memory::desc target = row_major(layer.output);
  const dnnl::matmul::primitive_desc chosen({left, right, target}, attributes_of(layer, target), engine(), true);
  if (!chosen) return nullptr;
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}};
  add_others(layer, target, arguments);
  return std::make_shared<Primitive>(chosen, arguments, target);
}

PrimitiveRef normalize(const Layer& layer) {
  const memory::desc data = row_major(layer.inputs[0].shape);
  const dnnl::layer_normalization_forward::primitive_desc chosen(
      {kInference, data, layer.epsilon, dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift},
      plain_attributes(), engine(), true);
  if (!chosen) return nullptr;
  const memory::desc vector = row_major(layer.weight.shape);
  return std::make_shared<Primitive>(chosen, std::vector<Primitive::Argument>{{DNNL_ARG_SRC, data}}, data,
                                     std::vector<Primitive::Weight>{{DNNL_ARG_SCALE, &Layer::weight, vector, vector},
                                                                    {DNNL_ARG_SHIFT, &Layer::bias, vector, vector}});
}

}  // namespace rw::executor::onednn
