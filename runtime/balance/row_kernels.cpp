#include "runtime/balance/row_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace rw::runtime {
namespace {

// Loops are written once and compiled twice: as they are, and for AVX2. Sums are kept in lanes, so that the compiler
// need not keep one order.
#define RW_LOOP __attribute__((always_inline)) inline
#if defined(__x86_64__)
#define RW_AVX2 __attribute__((target("avx2")))
#endif

// Eight numbers side by side, whatever the processor has for them.
using Lanes = float __attribute__((vector_size(32)));
constexpr std::size_t kLanes = sizeof(Lanes) / sizeof(float);

using LaneBits = std::int32_t __attribute__((vector_size(32)));

RW_LOOP void load(const float* from, Lanes& lanes) { std::memcpy(&lanes, from, sizeof(lanes)); }
RW_LOOP void load_magnitudes(const std::byte* row, std::size_t i, Lanes& lanes) {
  LaneBits bits;
  std::memcpy(&bits, row + i * sizeof(float), sizeof(bits));
  bits &= 0x7FFFFFFF;
  std::memcpy(&lanes, &bits, sizeof(lanes));
}
RW_LOOP float magnitude(const std::byte* row, std::size_t i) {
  float value = 0;
  std::memcpy(&value, row + i * sizeof(value), sizeof(value));
  return std::fabs(value);
}

RW_LOOP float largest_in(const std::byte* row, const float* b, std::size_t count) {
  Lanes most = {}, values, factors;
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    load_magnitudes(row, i, values);
    load(b + i, factors);
    values *= factors;
    most = values > most ? values : most;
  }
  float largest = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) largest = std::max(largest, most[lane]);
  for (; i < count; ++i) largest = std::max(largest, magnitude(row, i) * b[i]);
  return largest;
}

template <int kSquarings>
RW_LOOP float shares_in(const std::byte* row, const float* b, float inverse, std::size_t count, float* shares) {
  constexpr float kFloor = kSquarings > 2 ? 0.05F : 0.001F;
  const Lanes least = Lanes{} + kFloor;
  Lanes sums = {}, values, factors;
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    load_magnitudes(row, i, values);
    load(b + i, factors);
    values *= factors * inverse;
    values = values > least ? values : least;
    for (int k = 0; k < kSquarings; ++k) values *= values;
    std::memcpy(shares + i, &values, sizeof(values));
    sums += values;
  }
  float sum = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) sum += sums[lane];
  for (; i < count; ++i) {
    float x = std::max(magnitude(row, i) * b[i] * inverse, kFloor);
    for (int k = 0; k < kSquarings; ++k) x *= x;
    sum += shares[i] = x;
  }
  return sum;
}

RW_LOOP void raise_to(const std::byte* row, float factor, std::size_t count, float* to) {
  Lanes values, most;
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    load_magnitudes(row, i, values);
    load(to + i, most);
    values *= factor;
    most = values > most ? values : most;
    std::memcpy(to + i, &most, sizeof(most));
  }
  for (; i < count; ++i) to[i] = std::max(to[i], magnitude(row, i) * factor);
}

RW_LOOP void add_scaled_to(const float* from, float factor, std::size_t count, float* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] += factor * from[i];
}

float largest(const std::byte* row, const float* b, std::size_t count) { return largest_in(row, b, count); }
float shares_4(const std::byte* row, const float* b, float inverse, std::size_t count, float* shares) {
  return shares_in<2>(row, b, inverse, count, shares);
}
float shares_16(const std::byte* row, const float* b, float inverse, std::size_t count, float* shares) {
  return shares_in<4>(row, b, inverse, count, shares);
}
void raise(const std::byte* row, float factor, std::size_t count, float* to) { raise_to(row, factor, count, to); }
void add_scaled(const float* from, float factor, std::size_t count, float* to) {
  add_scaled_to(from, factor, count, to);
}
constexpr RowKernels kPlain = {largest, shares_4, shares_16, raise, add_scaled};

#ifdef RW_AVX2
RW_AVX2 float largest_avx2(const std::byte* row, const float* b, std::size_t count) {
  return largest_in(row, b, count);
}
RW_AVX2 float shares_4_avx2(const std::byte* row, const float* b, float inverse, std::size_t count, float* shares) {
  return shares_in<2>(row, b, inverse, count, shares);
}
RW_AVX2 float shares_16_avx2(const std::byte* row, const float* b, float inverse, std::size_t count, float* shares) {
  return shares_in<4>(row, b, inverse, count, shares);
}
RW_AVX2 void raise_avx2(const std::byte* row, float factor, std::size_t count, float* to) {
  raise_to(row, factor, count, to);
}
RW_AVX2 void add_scaled_avx2(const float* from, float factor, std::size_t count, float* to) {
  add_scaled_to(from, factor, count, to);
}
constexpr RowKernels kAvx2 = {largest_avx2, shares_4_avx2, shares_16_avx2, raise_avx2, add_scaled_avx2};
#endif

const RowKernels& chosen() {
#ifdef RW_AVX2
  if (__builtin_cpu_supports("avx2")) return kAvx2;
#endif
  return kPlain;
}

}  // namespace

const RowKernels& row_kernels() {
  static const RowKernels& kernels = chosen();
  return kernels;
}

}  // namespace rw::runtime
