// Formats of tensors as oneDNN describes them.
#pragma once

#include <dnnl.hpp>

#include "runtime/executor/kernels.hpp"

namespace rw::executor::onednn {

const dnnl::engine& engine();
dnnl::stream& stream();

dnnl::memory::desc row_major(const Dims& shape);
dnnl::memory::desc any(const Dims& shape);

// Whether there is more of it in memory than its elements: what fills blocks up.
bool is_padded(const dnnl::memory::desc& desc);

// Like a format, for a tensor of another size.
dnnl::memory::desc resized(dnnl::memory::desc desc, const Dims& shape);

// What a format stands for, and the other way round: null where the elements lie in row-major order, by whatever name.
dnnl::memory::desc desc_of(const Operand& operand);
FormatRef format_of(const dnnl::memory::desc& desc);

}  // namespace rw::executor::onednn
