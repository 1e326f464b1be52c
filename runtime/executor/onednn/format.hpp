// Formats of tensors as oneDNN describes them.
#pragma once

#include <dnnl.hpp>

#include "runtime/executor/kernels.hpp"

namespace rw::executor::onednn {

const dnnl::engine& engine();
dnnl::stream& stream();

dnnl::memory::desc row_major(const Dims& shape);
dnnl::memory::desc any(const Dims& shape);

// Dilations as oneDNN counts them: the gaps.
Dims gaps(const Dims& dilations);

// Whether there is more of it in memory than its elements: what fills blocks up.
bool is_padded(const dnnl::memory::desc& desc);

// Like a format, for a tensor of another size.
dnnl::memory::desc resized(dnnl::memory::desc desc, const Dims& shape);

// A description of oneDNN's. There is one object for each that is in use: many tensors have the same, of 650 bytes.
class Described final : public Format {
 public:
  explicit Described(const dnnl::memory::desc& with) : desc(with) {}
  std::size_t bytes() const override { return desc.get_size(); }
  bool same_as(const Format& other) const override { return desc == static_cast<const Described&>(other).desc; }

  const dnnl::memory::desc desc;
};
using DescribedRef = std::shared_ptr<const Described>;
DescribedRef described(const dnnl::memory::desc& desc);

// What a format stands for, and the other way round: null where the elements lie in row-major order, by whatever name.
dnnl::memory::desc desc_of(const Operand& operand);
FormatRef format_of(const dnnl::memory::desc& desc);

}  // namespace rw::executor::onednn
