// Any bytes as a .npy (behind an even byte) or a .npz (behind an odd one) of samples.
#include <algorithm>

#include "graph/base/error.hpp"
#include "runtime/data/arrays.hpp"
#include "tests/fuzz/scratch.hpp"

namespace {

using namespace rw;

constexpr std::uint64_t kMost = 1U << 16U;  // elements that are read of an array

void read(data::FileArray& array) {
  for (const graph::DType type : {graph::DType::float32, graph::DType::int8}) {
    const std::uint64_t count = std::min(array.stored().elements(), kMost);
    data::Values values(type);
    try {
      data::check_type(array.stored(), type);
      array.read(0, count, values);
      if (values.take({static_cast<std::int64_t>(count)}).count() != count) __builtin_trap();
    } catch (const graph::Error& error) {
      if (error.message.empty() || error.file != "f") __builtin_trap();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  try {
    if (data[0] % 2 == 0)
      read(*data::npy_of(bytes, "f"));
    else
      for (data::NamedArray& member : data::npz_of(bytes, "f")) read(*member.array);
  } catch (const graph::Error& error) {
    if (error.message.empty() || error.file != "f") __builtin_trap();
  }
  return 0;
}
