#include "runtime/executor/onednn/kernel.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "runtime/executor/onednn/format.hpp"

namespace rw::executor::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;

struct StepRow {
  Step step;
  algorithm eltwise;
  bool parameters = false;  // alpha and beta mean the same in oneDNN
};

constexpr StepRow kSteps[] = {
    {Step::relu, algorithm::eltwise_relu, true},
    {Step::clip, algorithm::eltwise_clip, true},
    {Step::linear, algorithm::eltwise_linear, true},
    {Step::sigmoid, algorithm::eltwise_logistic},
    {Step::swish, algorithm::eltwise_swish, true},
    {Step::hardswish, algorithm::eltwise_hardswish},
    {Step::tanh, algorithm::eltwise_tanh},
    {Step::elu, algorithm::eltwise_elu, true},
    {Step::exp, algorithm::eltwise_exp},
    {Step::log, algorithm::eltwise_log},
    {Step::sqrt, algorithm::eltwise_sqrt},
    {Step::abs, algorithm::eltwise_abs},
    {Step::mish, algorithm::eltwise_mish},
    {Step::softplus, algorithm::eltwise_soft_relu},
    {Step::gelu_erf, algorithm::eltwise_gelu_erf},
    {Step::gelu_tanh, algorithm::eltwise_gelu_tanh},
    {Step::power, algorithm::eltwise_pow, true},
    {Step::add, algorithm::binary_add},
    {Step::subtract, algorithm::binary_sub},
    {Step::multiply, algorithm::binary_mul},
    {Step::divide, algorithm::binary_div},
    {Step::larger, algorithm::binary_max},
    {Step::smaller, algorithm::binary_min},
};

// Where a tensor has the shape of the output, it is read in the same format.
memory::desc other_desc(const PostOp& post, const memory::desc& output) {
  return post.other.shape == output.dims() && output.data.format_kind == dnnl_blocked ? output
                                                                                      : row_major(post.other.shape);
}

std::shared_ptr<void> pages(std::size_t bytes) {
  constexpr std::size_t kLarge = std::size_t{64} << 10U;
  bytes += 64;  // which a kernel may read without need
  if (bytes < kLarge) {
    void* memory = std::aligned_alloc(64, (std::max<std::size_t>(bytes, 1) + 63) / 64 * 64);
    if (memory == nullptr) throw std::bad_alloc();
    return {memory, std::free};
  }
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return {memory, [bytes](void* each) { munmap(each, bytes); }};
}

}  // namespace

algorithm algorithm_of(Step step) {
  return std::find_if(std::begin(kSteps), std::end(kSteps), [&](const StepRow& row) { return row.step == step; })
      ->eltwise;
}

dnnl::primitive_attr attributes_of(const Layer& layer, const memory::desc& output, bool accumulate) {
  dnnl::post_ops post_ops;
  for (const PostOp& post : layer.post) {
    if (accumulate && &post == layer.post.data())
      post_ops.append_sum(1);
    else if (reads_tensor(post.step))
      post_ops.append_binary(algorithm_of(post.step), other_desc(post, output));
    else
      post_ops.append_eltwise(1, algorithm_of(post.step), post.alpha, post.beta);
  }
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(post_ops);
  return attributes;
}

void add_others(const Layer& layer, const memory::desc& output, std::vector<Primitive::Argument>& arguments,
                bool accumulate) {
  for (std::size_t i = 0; i < layer.post.size(); ++i) {
    if (!reads_tensor(layer.post[i].step)) continue;
    const memory::desc desc = other_desc(layer.post[i], output);
    if (accumulate && i == 0)
      arguments.push_back({std::nullopt, desc});
    else
      arguments.push_back({DNNL_ARG_ATTR_MULTIPLE_POST_OP(static_cast<int>(i)) | DNNL_ARG_SRC_1, desc});
  }
}

bool slow(const dnnl::primitive_desc& chosen) {
  return std::string_view(chosen.impl_info_str()).find("ref") != std::string_view::npos;
}

Kept kept(const Parameter& parameter, const memory::desc& as, const memory::desc& wanted) {
  memory from(as, engine(), const_cast<float*>(parameter.values));
  std::shared_ptr<void> owner = pages(wanted.get_size());
  memory to(wanted, engine(), owner.get());
  dnnl::reorder(from, to).execute(stream(), from, to);
  stream().wait();
  return {std::move(to), std::move(owner)};
}

Primitive::Primitive(dnnl::primitive primitive, std::vector<Argument> inputs, const memory::desc& output)
    : primitive_(std::move(primitive)), output_(output, engine(), nullptr) {
  for (const Argument& input : inputs) {
    inputs_.emplace_back(input.desc, engine(), nullptr);
    if (input.name)
      arguments_.insert({*input.name, inputs_.back()});  // a handle of the same memory
    else
      accumulates = inputs_.size() - 1;
    reads.push_back(format_of(input.desc));
  }
  arguments_.insert({DNNL_ARG_DST, output_});
  gives = format_of(output);
  output_bytes = output.get_size();
}

void Primitive::run(std::span<const float* const> inputs, float* output) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) inputs_[i].set_data_handle(const_cast<float*>(inputs[i]));
  output_.set_data_handle(output);
  primitive_.execute(stream(), arguments_);
}

}  // namespace rw::executor::onednn
