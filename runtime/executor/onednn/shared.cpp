#include "runtime/executor/onednn/shared.hpp"

#include <bit>
#include <span>

#include "runtime/executor/onednn/format.hpp"
#include "runtime/executor/onednn/openmp.hpp"

namespace rw::executor::onednn {
namespace {

// Numbers, of which most are small, seven bits a byte.
class Words {
 public:
  void add(std::int64_t word) {
    auto left = static_cast<std::uint64_t>(word);
    for (; left > 127; left >>= 7U) bytes_.push_back(static_cast<char>(left | 128U));
    bytes_.push_back(static_cast<char>(left));
  }
  void add(float value) { add(std::int64_t{std::bit_cast<std::int32_t>(value)}); }
  void add(std::span<const std::int64_t> words) {
    add(static_cast<std::int64_t>(words.size()));
    for (const std::int64_t word : words) add(word);
  }
  void add(const Operand& operand) {
    add(operand.shape);
    add(std::int64_t{operand.format != nullptr});
    if (operand.format) add(desc_of(operand));
  }
  void add(const dnnl::memory::desc& desc) {
    const dnnl_memory_desc_t& data = desc.data;
    const dnnl_blocking_desc_t& blocking = data.format_desc.blocking;
    add(std::int64_t{data.format_kind});
    add(data.offset0);
    add(static_cast<std::int64_t>(data.extra.flags));
    const auto rank = static_cast<std::size_t>(data.ndims), blocks = static_cast<std::size_t>(blocking.inner_nblks);
    for (const dnnl_dim_t* dims : {data.dims, data.padded_dims, blocking.strides}) add(std::span(dims, rank));
    for (const dnnl_dim_t* dims : {blocking.inner_blks, blocking.inner_idxs}) add(std::span(dims, blocks));
  }
  void add(const Parameter& parameter) {
    add(parameter.shape);
    add(std::int64_t{parameter.values != nullptr});
    add(std::int64_t{parameter.transposed});
  }
  void add(const PostOp& post) {
    add(static_cast<std::int64_t>(post.step));
    add(post.alpha);
    add(post.beta);
    add(post.other);
  }
  std::string take() const { return bytes_; }  // without room to grow

 private:
  std::string bytes_;
};

}  // namespace

SharedPrimitives::Key SharedPrimitives::key_of(const Layer& layer) {
  Words words;
  words.add(std::int64_t{omp_get_max_threads()});
  words.add(static_cast<std::int64_t>(layer.kind));
  words.add(static_cast<std::int64_t>(layer.inputs.size()));
  for (const Operand& input : layer.inputs) words.add(input);
  words.add(layer.output);
  words.add(layer.weight);
  words.add(layer.bias);
  words.add(static_cast<std::int64_t>(layer.post.size()));
  for (const PostOp& post : layer.post) words.add(post);
  for (const Dims* dims : {&layer.kernel, &layer.strides, &layer.dilations, &layer.begin, &layer.end}) words.add(*dims);
  for (const std::int64_t number : {layer.groups, layer.axis}) words.add(number);
  words.add(layer.epsilon);
  return words.take();
}

PrimitiveRef SharedPrimitives::get(const Layer& layer, PrimitiveRef (*make)(const Layer&)) {
  const std::lock_guard lock(guard_);
  Key key = key_of(layer);
  if (const auto found = known_.find(key); found != known_.end())
    if (auto lives = found->second.lock()) return lives;
  PrimitiveRef made = make(layer);
  if (made == nullptr) return nullptr;
  std::erase_if(known_, [](const auto& each) { return each.second.expired(); });
  known_.insert_or_assign(std::move(key), made);
  return made;
}

}  // namespace rw::executor::onednn
