#include "runtime/executor/onednn/format.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <vector>

namespace rw::executor::onednn {
namespace {

using dnnl::memory;

// Whether walking the memory from its beginning meets the elements in row-major order, without gaps: axes of size 1 and
// blocks that reach over all of an axis behind which nothing varies make other names for the same order.
bool is_row_major(const memory::desc& desc) {
  const dnnl_memory_desc_t& data = desc.data;
  if (data.format_kind != dnnl_blocked || data.offset0 != 0 || data.extra.flags != 0) return false;
  const auto& blocking = data.format_desc.blocking;
  std::int64_t inner = 1, count = 1, past = 1;
  for (int i = 0; i < blocking.inner_nblks; ++i) inner *= blocking.inner_blks[i];
  for (int axis = 0; axis < data.ndims; ++axis) {
    if (data.dims[axis] != data.padded_dims[axis] || data.dims[axis] == 0) return false;
    count *= data.dims[axis];
  }
  if (inner > 1) {  // one blocked axis, and size 1 along all behind it
    if (blocking.inner_nblks != 1) return false;
    for (int axis = static_cast<int>(blocking.inner_idxs[0]) + 1; axis < data.ndims; ++axis)
      if (data.dims[axis] != 1) return false;
  }
  for (int axis = data.ndims; axis-- > 0;) {
    const bool blocked = inner > 1 && axis == static_cast<int>(blocking.inner_idxs[0]);
    const std::int64_t blocks = blocked ? data.dims[axis] / inner : data.dims[axis];
    if (blocked) past = inner;
    if (blocks > 1 && blocking.strides[axis] != past) return false;
    past *= blocks;
  }
  return past == count;
}

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine kEngine(dnnl::engine::kind::cpu, 0);
  return kEngine;
}

dnnl::stream& stream() {
  static dnnl::stream stream(engine());
  return stream;
}

memory::desc row_major(const Dims& shape) {
  if (shape.empty()) return row_major({1});
  Dims strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * std::max<std::int64_t>(shape[axis], 1);
  return {shape, memory::data_type::f32, strides};
}

memory::desc any(const Dims& shape) { return {shape, memory::data_type::f32, memory::format_tag::any}; }

Dims gaps(const Dims& dilations) {
  Dims result = dilations;
  for (std::int64_t& each : result) --each;
  return result;
}

bool is_padded(const memory::desc& desc) {
  return !std::equal(desc.data.dims, desc.data.dims + desc.data.ndims, desc.data.padded_dims);
}

memory::desc resized(memory::desc desc, const Dims& shape) {
  dnnl_memory_desc_t& data = desc.data;
  auto& blocking = data.format_desc.blocking;
  std::vector<int> order(shape.size());  // of the axes, the one that varies slowest first
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return blocking.strides[a] > blocking.strides[b]; });
  std::int64_t stride = 1;
  std::vector<std::int64_t> blocks(shape.size(), 1);
  for (int i = 0; i < blocking.inner_nblks; ++i) {
    blocks[static_cast<std::size_t>(blocking.inner_idxs[i])] *= blocking.inner_blks[i];
    stride *= blocking.inner_blks[i];
  }
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    data.dims[axis] = shape[axis];
    data.padded_dims[axis] = (shape[axis] + blocks[axis] - 1) / blocks[axis] * blocks[axis];
  }
  for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
    blocking.strides[*axis] = stride;
    stride *= std::max<std::int64_t>(data.padded_dims[*axis] / blocks[static_cast<std::size_t>(*axis)], 1);
  }
  return desc;
}

memory::desc desc_of(const Operand& operand) {
  return operand.format ? static_cast<const Described&>(*operand.format).desc : row_major(operand.shape);
}

DescribedRef described(const memory::desc& desc) {
  static std::mutex guard;
  static std::vector<std::weak_ptr<const Described>> known;
  const std::lock_guard lock(guard);
  std::erase_if(known, [](const auto& each) { return each.expired(); });
  for (const auto& each : known)
    if (auto lives = each.lock(); lives && lives->desc == desc) return lives;
  auto made = std::make_shared<const Described>(desc);
  known.push_back(made);
  return made;
}

FormatRef format_of(const memory::desc& desc) { return is_row_major(desc) ? nullptr : described(desc); }

}  // namespace rw::executor::onednn
