// A deconvolution and then, in place, its bias. With a bias oneDNN 2.6 computes into memory beside the output and adds
// while it moves that over, which takes two to six times as long.
#include <algorithm>

#include "runtime/executor/onednn/kernel.hpp"

namespace rw::executor::onednn {
namespace {

class BiasBehind final : public Kernel {
 public:
  // `add` reads what `first` gives, the bias, and then what the layer's post-ops read.
  BiasBehind(std::unique_ptr<Kernel> first, std::unique_ptr<Kernel> add, std::vector<float> bias)
      : first_(std::move(first)), add_(std::move(add)), bias_(std::move(bias)) {
    reads = first_->reads;
    reads.insert(reads.end(), add_->reads.begin() + 2, add_->reads.end());
    gives = add_->gives;
    output_bytes = first_->output_bytes;
    scratch_bytes = std::max(first_->scratch_bytes, add_->scratch_bytes);
    weight_bytes = first_->weight_bytes + bias_.size() * sizeof(float);
  }

  void run(std::span<const float* const> inputs, float* output, float* scratch) override {
    const std::size_t count = first_->reads.size();
    first_->run(inputs.first(count), output, scratch);
    std::vector<const float*> read = {output, bias_.data()};
    read.insert(read.end(), inputs.begin() + static_cast<std::ptrdiff_t>(count), inputs.end());
    add_->run(read, output, scratch);
  }

 private:
  std::unique_ptr<Kernel> first_, add_;
  std::vector<float> bias_;
};

}  // namespace

std::unique_ptr<Kernel> bias_behind(const Layer& layer, Kernels& kernels) {
  Layer bare = layer;
  bare.bias = {};
  bare.post.clear();
  auto first = kernels.make(bare);
  if (!first) return nullptr;
  Layer add;
  add.inputs = {{layer.output, first->gives}};
  add.output = layer.output;
  Dims along_channels(layer.output.size(), 1);
  along_channels[1] = layer.output[1];
  add.post = {{Step::add, 0, 0, {along_channels, nullptr}}};
  add.post.insert(add.post.end(), layer.post.begin(), layer.post.end());
  auto behind = kernels.make(add);
  if (!behind || !behind->in_place || !same(behind->reads[0], first->gives) || behind->reads[1] != nullptr)
    return nullptr;
  const float* bias = layer.bias.values;
  return std::make_unique<BiasBehind>(std::move(first), std::move(behind),
                                      std::vector<float>(bias, bias + layer.output[1]));
}

}  // namespace rw::executor::onednn
