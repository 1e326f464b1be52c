// The elements of a constant as numbers. Bytes of a literal are not aligned, so that elements are loaded by copy.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "graph/values/literal.hpp"
#include "graph/values/small_float.hpp"

namespace rw::graph {

// How one element type is stored. widen is exact for floats and for integers up to 2^53; narrow rounds once, to nearest
// even (floats only).
template <typename T>
struct PlainCodec {
  using Stored = T;
  static constexpr bool kFloating = std::is_floating_point_v<T>;
  static constexpr double widen(T value) { return static_cast<double>(value); }
  static constexpr T narrow(double value) { return static_cast<T>(value); }
};
template <typename Small>
struct SmallCodec {
  using Stored = std::uint16_t;
  static constexpr bool kFloating = true;
  static constexpr double widen(std::uint16_t bits) { return Small::widen(bits); }
  static constexpr std::uint16_t narrow(double value) { return Small::narrow(value); }
};

// Calls f(codec) for the element type.
template <typename F>
decltype(auto) with_codec(DType dtype, F&& f) {
  assert(dtype != DType::undefined);  // a literal has an element type
  switch (dtype) {
    case DType::float32:
      return f(PlainCodec<float>{});
    case DType::float16:
      return f(SmallCodec<Float16>{});
    case DType::bfloat16:
      return f(SmallCodec<BFloat16>{});
    case DType::float64:
      return f(PlainCodec<double>{});
    case DType::int8:
      return f(PlainCodec<std::int8_t>{});
    case DType::int16:
      return f(PlainCodec<std::int16_t>{});
    case DType::uint16:
      return f(PlainCodec<std::uint16_t>{});
    case DType::int32:
      return f(PlainCodec<std::int32_t>{});
    case DType::uint32:
      return f(PlainCodec<std::uint32_t>{});
    case DType::int64:
      return f(PlainCodec<std::int64_t>{});
    case DType::uint64:
      return f(PlainCodec<std::uint64_t>{});
    case DType::undefined:
    case DType::uint8:
    case DType::boolean:
      break;
  }
  return f(PlainCodec<std::uint8_t>{});
}

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

// The type in which the elements are stored.
inline DType stored_dtype(const Literal& literal) { return literal.layout ? literal.layout->dtype : literal.dtype; }

// Number of elements. (No two of a layout lie at one place.)
inline std::size_t count(const Literal& literal) { return literal.bytes.size() / size(stored_dtype(literal)); }

// Where element `index` is stored, counted in stored elements.
inline std::size_t place(const Layout& layout, std::size_t index) {
  std::size_t at = 0;
  for (int axis = layout.shape.rank() - 1; axis >= 0; --axis) {
    const auto extent = static_cast<std::size_t>(layout.shape[axis]);
    at += index % extent * static_cast<std::size_t>(layout.strides[static_cast<std::size_t>(axis)]);
    index /= extent;
  }
  return at;
}

// Element `index` of 0..count-1 in row-major order.
inline double element(const Literal& literal, std::size_t index) {
  assert(index < count(literal));
  if (literal.layout) index = place(*literal.layout, index);
  return with_codec(stored_dtype(literal), [&](auto codec) {
    using Stored = typename decltype(codec)::Stored;
    return codec.widen(load<Stored>(literal.bytes.data() + index * sizeof(Stored)));
  });
}

// The same of an integer type, exactly; what no int64 holds is the largest of them.
inline std::int64_t integer(const Literal& literal, std::size_t index) {
  assert(!floating(literal.dtype) && !literal.layout && index < count(literal));
  return with_codec(literal.dtype, [&](auto codec) {
    using Stored = typename decltype(codec)::Stored;
    const Stored value = load<Stored>(literal.bytes.data() + index * sizeof(Stored));
    if constexpr (std::is_same_v<Stored, std::uint64_t>)
      return static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX));
    else
      return static_cast<std::int64_t>(value);
  });
}

// Calls f(index, value) for every element in row-major order; the element type is looked at once.
template <typename F>
void for_each_element(const Literal& literal, F&& f) {
  if (literal.layout) {
    for (std::size_t i = 0; i < count(literal); ++i) f(i, element(literal, i));
    return;
  }
  with_codec(literal.dtype, [&](auto codec) {
    using Stored = typename decltype(codec)::Stored;
    const std::size_t elements = literal.bytes.size() / sizeof(Stored);
    for (std::size_t i = 0; i < elements; ++i)
      f(i, codec.widen(load<Stored>(literal.bytes.data() + i * sizeof(Stored))));
  });
}

// The elements of `values` in a floating type, each rounded once to nearest even.
inline std::vector<std::byte> from_double(std::span<const double> values, DType dtype) {
  assert(floating(dtype));
  std::vector<std::byte> bytes(values.size() * size(dtype));
  with_codec(dtype, [&](auto codec) {
    using Stored = typename decltype(codec)::Stored;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Stored stored = codec.narrow(values[i]);
      std::memcpy(bytes.data() + i * sizeof stored, &stored, sizeof stored);
    }
  });
  return bytes;
}

inline std::vector<double> to_double(const Literal& literal) {
  std::vector<double> values(count(literal));
  for_each_element(literal, [&](std::size_t i, double value) { values[i] = value; });
  return values;
}

}  // namespace rw::graph
