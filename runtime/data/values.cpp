#include "runtime/data/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "graph/base/error.hpp"
#include "graph/values/elements.hpp"

namespace rw::data {
namespace {

using graph::DType;

struct Bounds {
  DType dtype;
  std::int64_t least, most;
};
constexpr std::array<Bounds, 9> kBounds = {{
    {DType::boolean, 0, 1},
    {DType::int8, INT8_MIN, INT8_MAX},
    {DType::uint8, 0, UINT8_MAX},
    {DType::int16, INT16_MIN, INT16_MAX},
    {DType::uint16, 0, UINT16_MAX},
    {DType::int32, INT32_MIN, INT32_MAX},
    {DType::uint32, 0, UINT32_MAX},
    {DType::int64, INT64_MIN, INT64_MAX},
    {DType::uint64, 0, INT64_MAX},
}};

const Bounds& bounds_of(DType dtype) {
  const auto* found =
      std::find_if(kBounds.begin(), kBounds.end(), [&](const Bounds& each) { return each.dtype == dtype; });
  assert(found != kBounds.end());
  return *found;
}

// "[3, 0, 17]"
std::string index_of(const evaluator::Dims& shape, std::uint64_t flat) {
  evaluator::Dims index(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const auto dim = static_cast<std::uint64_t>(shape[axis]);
    index[axis] = static_cast<std::int64_t>(flat % dim);
    flat /= dim;
  }
  return evaluator::to_string(index);
}

[[noreturn]] void wrong_element(const StoredArray& array, std::uint64_t flat, const std::string& what) {
  throw graph::Error(array.file, array.place, fmt::format("element {} {}", index_of(array.shape, flat), what));
}

// To the type of a float input and back: what the network gets is what it could hold.
float rounded(double value, DType input) {
  if (input == DType::float16) return static_cast<float>(graph::Float16::widen(graph::Float16::narrow(value)));
  if (input == DType::bfloat16) return static_cast<float>(graph::BFloat16::widen(graph::BFloat16::narrow(value)));
  return static_cast<float>(value);
}

template <typename Stored>
Stored load(const std::byte* from, bool swapped) {
  std::array<std::byte, sizeof(Stored)> bytes;
  std::memcpy(bytes.data(), from, sizeof(Stored));
  if (swapped) std::reverse(bytes.begin(), bytes.end());
  Stored value;
  std::memcpy(&value, bytes.data(), sizeof(Stored));
  return value;
}

}  // namespace

void check_type(const StoredArray& array, DType input) {
  if (input == DType::undefined || graph::floating(input) || !graph::floating(array.dtype)) return;
  throw graph::Error(array.file, array.place,
                     fmt::format("it holds {}, and the input takes {}", graph::name(array.dtype), graph::name(input)));
}

void Values::reserve(std::uint64_t count) {
  if (floating())
    floats_.reserve(count);
  else
    integers_.reserve(count);
}

void Values::append(const StoredArray& array, std::uint64_t first, std::span<const std::byte> elements) {
  graph::with_codec(array.dtype, [&](auto codec) {
    using Codec = decltype(codec);
    using Stored = typename Codec::Stored;
    const std::size_t count = elements.size() / sizeof(Stored);
    if (floating()) {
      for (std::size_t i = 0; i < count; ++i) {
        const double value = Codec::widen(load<Stored>(elements.data() + i * sizeof(Stored), array.swapped));
        const float result = rounded(value, input_);
        if (!std::isfinite(result))
          wrong_element(array, first + i,
                        std::isfinite(value) ? fmt::format("is {}, which is beyond {}", value, graph::name(input_))
                                             : fmt::format("is {}", std::isnan(value) ? "NaN" : "infinite"));
        floats_.push_back(result);
      }
    } else if constexpr (!Codec::kFloating) {
      const Bounds& bounds = bounds_of(input_);
      for (std::size_t i = 0; i < count; ++i) {
        const Stored stored = load<Stored>(elements.data() + i * sizeof(Stored), array.swapped);
        const auto value = static_cast<std::int64_t>(stored);
        const bool wrapped = std::is_same_v<Stored, std::uint64_t> && value < 0;
        if (wrapped || value < bounds.least || value > bounds.most)
          wrong_element(array, first + i, fmt::format("is {}, which is beyond {}", +stored, graph::name(input_)));
        integers_.push_back(value);
      }
    } else {
      assert(false && "check_type() comes first");
    }
  });
}

void Values::append(std::span<const float> values) { floats_.insert(floats_.end(), values.begin(), values.end()); }

void Values::append(std::span<const std::int64_t> values) {
  integers_.insert(integers_.end(), values.begin(), values.end());
}

evaluator::Array Values::take(evaluator::Dims shape) {
  if (floating()) return {std::move(shape), std::exchange(floats_, {})};
  return {std::move(shape), std::exchange(integers_, {})};
}

}  // namespace rw::data
