#include "runtime/executor/onednn/kernel.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "runtime/executor/onednn/memories.hpp"

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

// Memory of weights, in pages of their own where they are large: the heap does not grow by what is copied meanwhile.
std::shared_ptr<void> weight_memory(std::size_t bytes) {
  constexpr std::size_t kLarge = std::size_t{128} << 10U;
  bytes = bytes / 64 * 64 + 128;  // a kernel may read behind them without need
  if (bytes < kLarge) {
    void* memory = std::aligned_alloc(64, bytes);
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
  dnnl::primitive_attr attributes = plain_attributes();
  attributes.set_post_ops(post_ops);
  return attributes;
}

dnnl::primitive_attr plain_attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
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

Primitive::Primitive(const dnnl::primitive_desc_base& chosen, const std::vector<Argument>& inputs,
                     const memory::desc& output, std::vector<Weight> weights)
    : gives(format_of(output)),
      output_bytes(output.get_size()),
      scratch_bytes(chosen.scratchpad_desc().get_size()),
      primitive_(chosen.get()),
      weights_(std::move(weights)) {
  for (const Argument& input : inputs) {
    if (input.name)
      bind(*input.name, described(input.desc));
    else
      accumulates = reads.size();
    reads.push_back(format_of(input.desc));
  }
  for (const Weight& weight : weights_) bind(weight.name, weight.wanted);
  bind(DNNL_ARG_DST, described(output));
  if (scratch_bytes > 0) bind(DNNL_ARG_SCRATCHPAD, described(chosen.scratchpad_desc()));
}

void Primitive::bind(int name, DescribedRef description) {
  const auto before =
      std::count_if(bound_.begin(), bound_.end(), [&](const Bound& each) { return each.description == description; });
  bound_.push_back({name, std::move(description), static_cast<std::size_t>(before)});
}

std::vector<std::shared_ptr<void>> Primitive::reordered(const Layer& layer) const {
  std::vector<std::shared_ptr<void>> all;
  for (const Weight& weight : weights_) {
    const memory::desc& wanted = weight.wanted->desc;
    memory from(weight.stored(layer), engine(), const_cast<float*>((layer.*weight.of).values));
    memory to(wanted, engine(), all.emplace_back(weight_memory(wanted.get_size())).get());
    dnnl::reorder(from, to).execute(stream(), from, to);
    stream().wait();
  }
  return all;
}

std::size_t Primitive::weight_bytes() const {
  std::size_t bytes = 0;
  for (const Weight& weight : weights_) bytes += weight.wanted->bytes();
  return bytes;
}

void Primitive::run(std::span<const float* const> inputs, std::span<const std::shared_ptr<void>> weights, float* output,
                    float* scratch) const {
  thread_local std::vector<dnnl_exec_arg_t> arguments;
  arguments.clear();
  const auto give = [&](const void* data) {
    const Bound& next = bound_[arguments.size()];
    arguments.push_back({next.name, memory_object(next.description, next.nth, data)});
  };
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (i != accumulates) give(inputs[i]);
  for (const std::shared_ptr<void>& weight : weights) give(weight.get());
  give(output);
  if (scratch_bytes > 0) give(scratch);
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(primitive_.get(), stream().get(), static_cast<int>(arguments.size()), arguments.data()),
      "a layer cannot be computed");
}

namespace {

class Weighted final : public Kernel {
 public:
  Weighted(PrimitiveRef primitive, const Layer& layer)
      : primitive_(std::move(primitive)), weights_(primitive_->reordered(layer)) {
    weight_bytes = primitive_->weight_bytes();
    reads = primitive_->reads;
    gives = primitive_->gives;
    output_bytes = primitive_->output_bytes;
    scratch_bytes = primitive_->scratch_bytes;
    in_place = primitive_->in_place;
    accumulates = primitive_->accumulates;
  }
  void run(std::span<const float* const> inputs, float* output, float* scratch) override {
    primitive_->run(inputs, weights_, output, scratch);
  }

 private:
  PrimitiveRef primitive_;
  std::vector<std::shared_ptr<void>> weights_;
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(PrimitiveRef primitive, const Layer& layer) {
  return std::make_unique<Weighted>(std::move(primitive), layer);
}

}  // namespace rw::executor::onednn
