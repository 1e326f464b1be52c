#include "runtime/weights/row_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace rw::runtime {
namespace {

// Loops are written once and compiled twice: as they are, and for AVX2. Sums are kept in lanes, so that the compiler
// need not keep one order.
#define RW_LOOP __attribute__((always_inline)) inline
#if defined(__x86_64__)
#define RW_AVX2 __attribute__((target("avx2")))
#endif

// What one register of AVX2 holds, side by side, whatever the processor has for it.
template <typename T>
struct Side {
  using Lanes [[gnu::vector_size(32)]] = T;
  static constexpr std::size_t kAtOnce = sizeof(Lanes) / sizeof(T);
};
using Floats = Side<float>::Lanes;
using Doubles = Side<double>::Lanes;
using LaneBits [[gnu::vector_size(32)]] = std::int32_t;

template <typename T>
RW_LOOP void load(const T* from, typename Side<T>::Lanes& lanes) {
  std::memcpy(&lanes, from, sizeof(lanes));
}
RW_LOOP void load_magnitudes(const std::byte* row, std::size_t i, Floats& lanes) {
  LaneBits bits;
  std::memcpy(&bits, row + i * sizeof(float), sizeof(bits));
  bits &= 0x7FFFFFFF;
  std::memcpy(&lanes, &bits, sizeof(lanes));
}
RW_LOOP void load_magnitudes(const std::byte* row, std::size_t i, Doubles& lanes) {
  using Bits [[gnu::vector_size(16)]] = std::int32_t;
  using Half [[gnu::vector_size(16)]] = float;
  Bits bits;
  std::memcpy(&bits, row + i * sizeof(float), sizeof(bits));
  bits &= 0x7FFFFFFF;
  Half values;
  std::memcpy(&values, &bits, sizeof(values));
  lanes = __builtin_convertvector(values, Doubles);
}
RW_LOOP float magnitude(const std::byte* row, std::size_t i) {
  float value = 0;
  std::memcpy(&value, row + i * sizeof(value), sizeof(value));
  return std::fabs(value);
}

// A maximum waits for the one before: two are kept side by side.
template <typename T>
RW_LOOP T largest_in(const std::byte* row, const T* b, std::size_t count) {
  constexpr std::size_t kAtOnce = Side<T>::kAtOnce;
  typename Side<T>::Lanes most = {}, more = {}, values, factors;
  std::size_t i = 0;
  for (; i + 2 * kAtOnce <= count; i += 2 * kAtOnce) {
    load_magnitudes(row, i, values);
    load(b + i, factors);
    values *= factors;
    most = values > most ? values : most;
    load_magnitudes(row, i + kAtOnce, values);
    load(b + i + kAtOnce, factors);
    values *= factors;
    more = values > more ? values : more;
  }
  most = more > most ? more : most;
  T largest = 0;
  for (std::size_t lane = 0; lane < kAtOnce; ++lane) largest = std::max(largest, most[lane]);
  for (; i < count; ++i) largest = std::max(largest, T{magnitude(row, i)} * b[i]);
  return largest;
}

template <typename T>
RW_LOOP void raise_to(const std::byte* row, T factor, std::size_t count, T* to) {
  constexpr std::size_t kAtOnce = Side<T>::kAtOnce;
  typename Side<T>::Lanes values, most;
  std::size_t i = 0;
  for (; i + kAtOnce <= count; i += kAtOnce) {
    load_magnitudes(row, i, values);
    load(to + i, most);
    values *= factor;
    most = values > most ? values : most;
    std::memcpy(to + i, &most, sizeof(most));
  }
  for (; i < count; ++i) to[i] = std::max(to[i], T{magnitude(row, i)} * factor);
}

template <int kSquarings>
RW_LOOP float shares_in(const std::byte* row, const float* b, float inverse, std::size_t count, float* shares) {
  constexpr float kFloor = kSquarings > 2 ? 0.05F : 0.001F;
  constexpr std::size_t kAtOnce = Side<float>::kAtOnce;
  const Floats least = Floats{} + kFloor;
  Floats sums = {}, values, factors;
  std::size_t i = 0;
  for (; i + kAtOnce <= count; i += kAtOnce) {
    load_magnitudes(row, i, values);
    load(b + i, factors);
    values *= factors * inverse;
    values = values > least ? values : least;
    for (int k = 0; k < kSquarings; ++k) values *= values;
    std::memcpy(shares + i, &values, sizeof(values));
    sums += values;
  }
  float sum = 0;
  for (std::size_t lane = 0; lane < kAtOnce; ++lane) sum += sums[lane];
  for (; i < count; ++i) {
    float x = std::max(magnitude(row, i) * b[i] * inverse, kFloor);
    for (int k = 0; k < kSquarings; ++k) x *= x;
    sum += shares[i] = x;
  }
  return sum;
}

RW_LOOP void add_scaled_to(const float* from, float factor, std::size_t count, float* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] += factor * from[i];
}

RW_LOOP bool finite_in(const std::byte* row, std::size_t count) {
  constexpr std::int32_t kInfinity = 0x7F800000;
  constexpr std::size_t kAtOnce = Side<float>::kAtOnce;
  LaneBits seen = {}, bits;
  std::size_t i = 0;
  for (; i + kAtOnce <= count; i += kAtOnce) {
    std::memcpy(&bits, row + i * sizeof(float), sizeof(bits));
    seen |= (bits & kInfinity) == kInfinity;
  }
  bool finite = true;
  for (std::size_t lane = 0; lane < kAtOnce; ++lane) finite &= seen[lane] == 0;
  for (; i < count; ++i) finite &= magnitude(row, i) <= std::numeric_limits<float>::max();
  return finite;
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
double largest_exactly(const std::byte* row, const double* b, std::size_t count) { return largest_in(row, b, count); }
void raise_exactly(const std::byte* row, double factor, std::size_t count, double* to) {
  raise_to(row, factor, count, to);
}
bool finite(const std::byte* row, std::size_t count) { return finite_in(row, count); }
constexpr RowKernels kPlain = {largest, shares_4, shares_16, raise, add_scaled, largest_exactly, raise_exactly, finite};

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
RW_AVX2 double largest_exactly_avx2(const std::byte* row, const double* b, std::size_t count) {
  return largest_in(row, b, count);
}
RW_AVX2 void raise_exactly_avx2(const std::byte* row, double factor, std::size_t count, double* to) {
  raise_to(row, factor, count, to);
}
RW_AVX2 bool finite_avx2(const std::byte* row, std::size_t count) { return finite_in(row, count); }
constexpr RowKernels kAvx2 = {largest_avx2,    shares_4_avx2,        shares_16_avx2,     raise_avx2,
                              add_scaled_avx2, largest_exactly_avx2, raise_exactly_avx2, finite_avx2};
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
