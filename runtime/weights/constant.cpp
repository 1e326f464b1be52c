#include "runtime/weights/constant.hpp"

#include <cstring>

#include "graph/values/elements.hpp"

namespace rw::runtime {

Constant::Constant(const Site& site, const Handle& handle) : tensor_(&held_) {
  if (!handle.attribute) {
    tensor_ = &site.tensor(handle.slot);
    return;
  }
  held_.name = site.op().name;
  held_.dtype = site.tensor(0).dtype;
  graph::with_codec(held_.dtype, [&](auto codec) {
    const auto stored = codec.narrow(*handle.attribute);
    std::memcpy(bytes_.data(), &stored, sizeof stored);
  });
  held_.shape = graph::Shape(std::span<const std::int64_t>());
  literal_ = {held_.dtype, held_.shape, std::span(bytes_).first(graph::size(held_.dtype))};
  held_.constant = &literal_;
}

}  // namespace rw::runtime
