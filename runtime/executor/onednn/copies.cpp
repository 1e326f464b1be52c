// Layers that move elements and compute nothing.
#include <algorithm>
#include <limits>

#include "runtime/executor/onednn/format.hpp"
#include "runtime/executor/onednn/kernel.hpp"
#include "runtime/executor/onednn/openmp.hpp"
#include "runtime/executor/onednn/strided_copy.hpp"

namespace rw::executor::onednn {
namespace {

using dnnl::memory;

// Of the elements from `offsets` on (empty: all) of a tensor that lies like this.
View view_of(const memory::desc& desc, Dims offsets = {}) {
  const auto& blocking = desc.data.format_desc.blocking;
  const auto rank = static_cast<std::size_t>(desc.data.ndims);
  View view{{}, std::move(offsets)};
  view.offsets.resize(rank, 0);
  for (std::size_t axis = 0; axis < rank; ++axis)
    view.axes.push_back({std::numeric_limits<std::int64_t>::max(), blocking.strides[axis], 0});
  std::int64_t inner = 1;
  for (int i = blocking.inner_nblks; i-- > 0;) {  // the last lies innermost
    const auto axis = static_cast<std::size_t>(blocking.inner_idxs[i]);
    view.axes[axis] = {blocking.inner_blks[i], inner, blocking.strides[axis]};
    inner *= blocking.inner_blks[i];
  }
  return view;
}

// Each input goes somewhere in the output.
class Copies final : public Kernel {
 public:
  // What fills a block up is zero.
  explicit Copies(const memory::desc& output) {
    gives = format_of(output);
    output_bytes = output.get_size();
    if (is_padded(output)) fill_ = 0;
    constexpr std::size_t kEach = std::size_t{8} << 10U;  // bytes that are worth a thread
    shares_ = static_cast<std::int64_t>(
        std::clamp<std::size_t>(output_bytes / kEach, 1, static_cast<std::size_t>(omp_get_max_threads())));
  }

  void add(const Dims& shape, const memory::desc& source, View from, View to) {
    moves_.push_back({shape, std::move(from), std::move(to)});
    reads.push_back(format_of(source));
  }
  void fill(float value) { fill_ = value; }

  // All inputs are shared out in the same way: who computed a row of them mostly copies it, too.
  void run(std::span<const float* const> inputs, float* output, float* /*scratch*/) override {
    if (fill_) std::fill_n(output, output_bytes / sizeof(float), *fill_);
    if (shares_ == 1) {  // a team of one takes longer than that
      for (std::size_t i = 0; i < moves_.size(); ++i) copy_elements(moves_[i], inputs[i], output);
      return;
    }
#pragma omp parallel for
    for (std::int64_t index = 0; index < shares_; ++index)
      for (std::size_t i = 0; i < moves_.size(); ++i) copy_elements(moves_[i], inputs[i], output, {index, shares_});
  }

 private:
  std::vector<Move> moves_;  // by input
  std::int64_t shares_ = 1;  // by thread
  std::optional<float> fill_;
};

}  // namespace

std::unique_ptr<Kernel> copy(const Layer& layer) {
  memory::desc source = desc_of(layer.inputs[0]);
  const memory::desc target = desc_of({layer.output, layer.wanted});
  if (!layer.steps.empty()) source = {layer.output, memory::data_type::f32, layer.steps};
  auto kernel = std::make_unique<Copies>(target);
  kernel->add(layer.output, source, view_of(source), view_of(target));
  return kernel;
}

// In the format of the largest input.
std::unique_ptr<Kernel> concat(const Layer& layer) {
  const auto axis = static_cast<std::size_t>(layer.axis);
  const Operand& largest =
      *std::max_element(layer.inputs.begin(), layer.inputs.end(),
                        [&](const Operand& a, const Operand& b) { return a.shape[axis] < b.shape[axis]; });
  const memory::desc target = resized(desc_of(largest), layer.output);
  auto kernel = std::make_unique<Copies>(target);
  Dims offsets(layer.output.size(), 0);
  for (const Operand& input : layer.inputs) {
    kernel->add(input.shape, desc_of(input), view_of(desc_of(input)), view_of(target, offsets));
    offsets[axis] += input.shape[axis];
  }
  return kernel;
}

std::unique_ptr<Kernel> pad(const Layer& layer) {
  const memory::desc source = desc_of(layer.inputs[0]), target = resized(source, layer.output);
  if (layer.fill != 0 && is_padded(target)) return nullptr;  // what fills a block up is zero
  auto kernel = std::make_unique<Copies>(target);
  kernel->fill(layer.fill);
  kernel->add(layer.inputs[0].shape, source, view_of(source), view_of(target, layer.offsets));
  return kernel;
}

std::unique_ptr<Kernel> part(const Layer& layer) {
  const memory::desc whole = desc_of(layer.inputs[0]), target = resized(whole, layer.output);
  auto kernel = std::make_unique<Copies>(target);
  kernel->add(layer.output, whole, view_of(whole, layer.offsets), view_of(target));
  return kernel;
}

}  // namespace rw::executor::onednn
