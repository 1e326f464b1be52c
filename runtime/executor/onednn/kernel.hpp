// A primitive of oneDNN with what it reads and gives.
#pragma once

#include <dnnl.hpp>

#include <memory>
#include <vector>

#include "runtime/executor/kernels.hpp"

namespace rw::executor::onednn {

dnnl::algorithm algorithm_of(Step step);

// The post-ops as oneDNN has them. Tensors that they read are taken in the format of the output where they have its
// shape; with `accumulate` the first of them adds to what lies in the output.
dnnl::primitive_attr attributes_of(const Layer& layer, const dnnl::memory::desc& output, bool accumulate = false);

// Memory of a kernel's own, in pages of its own where it is large: the heap does not grow by what is copied meanwhile.
struct Kept {
  dnnl::memory memory;
  std::shared_ptr<void> owner;
};
// A parameter in the format that the primitive asks for.
Kept kept(const Parameter& parameter, const dnnl::memory::desc& as, const dnnl::memory::desc& wanted);

class Primitive final : public Kernel {
 public:
  // An argument of the primitive that it reads from its caller; no name: it lies in the output.
  struct Argument {
    std::optional<int> name;
    dnnl::memory::desc desc;
  };

  Primitive(dnnl::primitive primitive, std::vector<Argument> inputs, const dnnl::memory::desc& output);
  void keep(int name, Kept what) {
    arguments_.insert({name, std::move(what.memory)});
    owners_.push_back(std::move(what.owner));
  }
  void run(std::span<const float* const> inputs, float* output) override;

 private:
  dnnl::primitive primitive_;
  std::vector<dnnl::memory> inputs_;
  dnnl::memory output_;
  std::unordered_map<int, dnnl::memory> arguments_;
  std::vector<std::shared_ptr<void>> owners_;
};

// Whether the primitive is one of those that compute element by element for lack of a better one.
bool slow(const dnnl::primitive_desc& chosen);

// Adds the tensors that post-ops read to the arguments.
void add_others(const Layer& layer, const dnnl::memory::desc& output, std::vector<Primitive::Argument>& arguments,
                bool accumulate = false);

// One for each kind of layer.
std::unique_ptr<Kernel> convolution(const Layer& layer);
std::unique_ptr<Kernel> deconvolution(const Layer& layer);
std::unique_ptr<Kernel> product(const Layer& layer);
std::unique_ptr<Kernel> batch_product(const Layer& layer);
std::unique_ptr<Kernel> pool(const Layer& layer);
std::unique_ptr<Kernel> softmax(const Layer& layer);
std::unique_ptr<Kernel> resize(const Layer& layer);
std::unique_ptr<Kernel> concat(const Layer& layer);
std::unique_ptr<Kernel> elementwise(const Layer& layer);
std::unique_ptr<Kernel> copy(const Layer& layer);
std::unique_ptr<Kernel> pad(const Layer& layer);
std::unique_ptr<Kernel> normalize(const Layer& layer);

}  // namespace rw::executor::onednn
