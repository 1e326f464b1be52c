// Layers with weights.
#include <algorithm>
#include <string_view>
#include <utility>

#include "runtime/executor/onednn/format.hpp"
#include "runtime/executor/onednn/kernel.hpp"

namespace rw::executor::onednn {
namespace {

using dnnl::memory;
using dnnl::prop_kind;

constexpr auto kInference = prop_kind::forward_inference;

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

memory::desc convolution_weight(const Layer& layer) { return weight_desc(layer, false); }
memory::desc deconvolution_weight(const Layer& layer) { return weight_desc(layer, true); }

// oneDNN proposes convolutions made of small matrix products (brgemm), which take several kernels, also for the rests
// of rows and columns: 50 to 270 KiB a layer. Its direct convolution takes 20 to 60 on the same formats, and as long;
// but not where there are many channels, which lie so far apart that caches hold few of them. There weights are large,
// too: of so many bytes of them a matrix product takes less than a third.
constexpr std::size_t kHeavyWeights = std::size_t{256} << 10U;

bool is_matrix_product(std::string_view name) { return name.starts_with("br"); }
bool is_direct(std::string_view name) { return name.starts_with("jit") && !name.starts_with("jit_1x1"); }

// `describe(source, target)`: the operation on these formats.
template <typename Descriptor, typename Describe>
Descriptor chosen(const Describe& describe, const memory::desc& source, const memory::desc& target,
                  const dnnl::primitive_attr& attributes) {
  Descriptor proposed(describe(source, target), attributes, engine(), true);
  if (!proposed || !is_matrix_product(proposed.impl_info_str())) return proposed;
  if (proposed.weights_desc().get_size() >= kHeavyWeights) return proposed;
  const auto same_formats = describe(proposed.src_desc(), proposed.dst_desc());  // next_impl() of oneDNN 2.6 reads it
  Descriptor other(same_formats, attributes, engine(), true);
  do {
    if (is_direct(other.impl_info_str())) return other;
  } while (other.next_impl());
  return proposed;
}

struct Formats {
  memory::desc source, target;
};

// The primitive of a layer, and whether its first post-op adds to what lies in the output, which more of them can do
// than add another tensor.
template <typename Forward, typename Describe>
std::pair<typename Forward::primitive_desc, bool> choose(const Layer& layer, const Describe& describe,
                                                         const Formats& formats) {
  using Descriptor = typename Forward::primitive_desc;
  const auto& [source, target] = formats;
  const bool adds = !layer.post.empty() && layer.post[0].step == Step::add && layer.post[0].other.shape == layer.output;
  const auto reads = static_cast<std::size_t>(
      std::count_if(layer.post.begin(), layer.post.end(), [](const PostOp& post) { return reads_tensor(post.step); }));
  if (adds && reads == 1)
    if (auto found = chosen<Descriptor>(describe, source, target, attributes_of(layer, target, true)))
      return {found, true};
  // Which format the output has is known when there is a descriptor without the tensors that post-ops read.
  if (reads == 0) return {chosen<Descriptor>(describe, source, target, attributes_of(layer, target)), false};
  const memory::desc output = chosen<Descriptor>(describe, source, target, dnnl::primitive_attr()).dst_desc();
  auto found = chosen<Descriptor>(describe, source, target, attributes_of(layer, output));
  if (found && found.dst_desc() != output) found = Descriptor();
  return {found, false};
}

template <typename Forward>
PrimitiveRef convolved(const Layer& layer, dnnl::algorithm how, memory::desc (*stored)(const Layer&),
                       const Formats& formats) {
  const memory::desc weight = any(stored(layer).dims());
  const bool biased = layer.bias.values != nullptr;
  const auto describe = [&](const memory::desc& source, const memory::desc& target) {
    return biased ? typename Forward::desc(kInference, how, source, weight, bias_desc(layer), target, layer.strides,
                                           gaps(layer.dilations), layer.begin, layer.end)
                  : typename Forward::desc(kInference, how, source, weight, target, layer.strides,
                                           gaps(layer.dilations), layer.begin, layer.end);
  };
  const auto [chosen, accumulate] = choose<Forward>(layer, describe, formats);
  if (!chosen) return nullptr;
  // 0 / 0 would stand where channels are filled up, and go into all that the next layer computes.
  const auto divides = [](const PostOp& post) { return post.step == Step::divide; };
  if (is_padded(chosen.dst_desc()) && std::any_of(layer.post.begin(), layer.post.end(), divides)) return nullptr;
  const bool given = formats.source.data.format_kind != dnnl_format_kind_any;
  if (given && !is_direct(chosen.impl_info_str())) return nullptr;
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_SRC, chosen.src_desc()}};
  add_others(layer, chosen.dst_desc(), arguments, accumulate);
  std::vector<Primitive::Weight> weights = {
      {DNNL_ARG_WEIGHTS, &Layer::weight, stored, described(chosen.weights_desc())}};
  if (biased) weights.push_back({DNNL_ARG_BIAS, &Layer::bias, bias_desc, described(chosen.bias_desc())});
  return std::make_shared<Primitive>(chosen, arguments, chosen.dst_desc(), std::move(weights));
}

}  // namespace

PrimitiveRef convolution(const Layer& layer) {
  return convolved<dnnl::convolution_forward>(layer, dnnl::algorithm::convolution_direct, convolution_weight,
                                              {any(layer.inputs[0].shape), any(layer.output)});
}

// oneDNN proposes blocks of channels, whatever lies around; in the format that the input has it is as fast.
PrimitiveRef deconvolution(const Layer& layer) {
  const auto in = [&](const Formats& formats) {
    return convolved<dnnl::deconvolution_forward>(layer, dnnl::algorithm::deconvolution_direct, deconvolution_weight,
                                                  formats);
  };
  if (layer.inputs[0].format) {
    const memory::desc lies = desc_of(layer.inputs[0]);
    if (auto primitive = in({lies, resized(lies, layer.output)})) return primitive;
  }
  return in({any(layer.inputs[0].shape), any(layer.output)});
}

namespace {

// [k, n]
memory::desc product_weight(const Layer& layer) {
  const Dims& stored = layer.weight.shape;
  if (!layer.weight.transposed) return row_major(stored);
  return {{stored[1], stored[0]}, memory::data_type::f32, Dims{1, stored[1]}};
}

memory::desc product_bias(const Layer& layer) { return row_major({1, layer.output[1]}); }
memory::desc scale_desc(const Layer& layer) { return row_major(layer.weight.shape); }

}  // namespace

// [m, k] times [k, n], with the bias [n].
PrimitiveRef product(const Layer& layer) {
  const Dims shape = product_weight(layer).dims();
  const memory::desc source = row_major(layer.inputs[0].shape), target = row_major(layer.output),
                     bias = product_bias(layer);
  const bool biased = layer.bias.values != nullptr;
  const dnnl::matmul::desc desc =
      biased ? dnnl::matmul::desc(source, any(shape), bias, target) : dnnl::matmul::desc(source, any(shape), target);
  const dnnl::matmul::primitive_desc chosen(desc, attributes_of(layer, target), engine(), true);
  if (!chosen) return nullptr;
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_SRC, source}};
  add_others(layer, target, arguments);
  std::vector<Primitive::Weight> weights = {
      {DNNL_ARG_WEIGHTS, &Layer::weight, product_weight, described(chosen.weights_desc())}};
  if (biased) weights.push_back({DNNL_ARG_BIAS, &Layer::bias, product_bias, described(chosen.bias_desc())});
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
  const DescribedRef vector = described(scale_desc(layer));
  return std::make_shared<Primitive>(
      chosen, std::vector<Primitive::Argument>{{DNNL_ARG_SRC, data}}, data,
      std::vector<Primitive::Weight>{{DNNL_ARG_SCALE, &Layer::weight, scale_desc, vector},
                                     {DNNL_ARG_SHIFT, &Layer::bias, scale_desc, vector}});
}

}  // namespace rw::executor::onednn
