// A primitive of oneDNN with what it reads and gives.
#pragma once

#include <dnnl.hpp>

#include <memory>
#include <vector>

#include "runtime/executor/onednn/format.hpp"

namespace rw::executor::onednn {

dnnl::algorithm algorithm_of(Step step);

// The post-ops as oneDNN has them. Tensors that they read are taken in the format of the output where they have its
// shape; with `accumulate` the first of them adds to what lies in the output.
dnnl::primitive_attr attributes_of(const Layer& layer, const dnnl::memory::desc& output, bool accumulate = false);

// A primitive that is ready to run on any memory. Its code and its descriptors take tens of kilobytes, so that kernels
// of equal layers share it; weights are their own.
class Primitive {
 public:
  // An argument that is read from the caller; no name: it lies in the output.
  struct Argument {
    std::optional<int> name;
    dnnl::memory::desc desc;
  };
  // A weight or bias: how a layer stores it, and how the primitive reads it.
  struct Weight {
    int name;
    Parameter Layer::*of;
    dnnl::memory::desc (*stored)(const Layer&);
    DescribedRef wanted;
  };

  Primitive(const dnnl::primitive_desc_base& chosen, const std::vector<Argument>& inputs,
            const dnnl::memory::desc& output, std::vector<Weight> weights = {});

  // The weights of this layer as the primitive reads them.
  std::vector<std::shared_ptr<void>> reordered(const Layer& layer) const;
  std::size_t weight_bytes() const;

  // `weights`: what `reordered` gave.
  void run(std::span<const float* const> inputs, std::span<const std::shared_ptr<void>> weights, float* output,
           float* scratch) const;

  // What a Kernel tells.
  std::vector<FormatRef> reads;
  FormatRef gives;
  std::size_t output_bytes = 0, scratch_bytes = 0;
  bool in_place = false;
  std::optional<std::size_t> accumulates;

 private:
  struct Bound {
    int name;
    DescribedRef description;
    std::size_t nth;  // of those with this description
  };
  void bind(int name, DescribedRef description);

  dnnl::primitive primitive_;
  std::vector<Bound> bound_;  // inputs, weights, the output, the scratchpad
  std::vector<Weight> weights_;
};
using PrimitiveRef = std::shared_ptr<Primitive>;

// A primitive with weights of its own, which the layer has and is read for alone.
std::unique_ptr<Kernel> kernel_of(PrimitiveRef primitive, const Layer& layer);

// Attributes of what has no post-ops: memory that primitives need beside comes from their caller.
dnnl::primitive_attr plain_attributes();

// Whether the primitive is one of those that compute element by element for lack of a better one.
bool slow(const dnnl::primitive_desc& chosen);

// Adds the tensors that post-ops read to the arguments.
void add_others(const Layer& layer, const dnnl::memory::desc& output, std::vector<Primitive::Argument>& arguments,
                bool accumulate = false);

// One for each kind of layer; null: there is none. Of the weights only shapes are read.
PrimitiveRef convolution(const Layer& layer);
PrimitiveRef deconvolution(const Layer& layer);
PrimitiveRef product(const Layer& layer);
PrimitiveRef batch_product(const Layer& layer);
PrimitiveRef pool(const Layer& layer);
PrimitiveRef softmax(const Layer& layer);
PrimitiveRef resize(const Layer& layer);
PrimitiveRef elementwise(const Layer& layer);
PrimitiveRef normalize(const Layer& layer);

// A layer whose bias is added behind it; null: it cannot be.
std::unique_ptr<Kernel> bias_behind(const Layer& layer, Kernels& kernels);

// Those that move elements, without oneDNN.
std::unique_ptr<Kernel> concat(const Layer& layer);
std::unique_ptr<Kernel> copy(const Layer& layer);
std::unique_ptr<Kernel> pad(const Layer& layer);
std::unique_ptr<Kernel> part(const Layer& layer);

}  // namespace rw::executor::onednn
