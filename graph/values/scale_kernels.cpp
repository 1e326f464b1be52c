// Instructions that not every processor has are compiled in functions of their own and chosen when the program runs.
// A product in double is rounded to 16 bits by way of float32: first "to odd" (cut off; the last bit is set where
// something was lost), which keeps enough of it for the second rounding, to nearest even, to come out as if it were the
// only one (Boldo and Melquiond, Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd,
// 2008: the format between needs two bits more than the last).
#include "graph/values/scale_kernels.hpp"

#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "graph/values/elements.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#define RW_AVX2 __attribute__((target("avx2,f16c")))
#define RW_AVX512 __attribute__((target("avx512f,avx2,f16c")))
#define RW_AVX2_INLINE __attribute__((target("avx2,f16c"), always_inline)) inline
#endif

namespace rw::graph {
namespace {

// --- plain code, for every type and processor

template <typename Codec>
bool plain(std::byte* to, const std::byte* from, std::size_t count, StretchFactors factors) {
  using Stored = typename Codec::Stored;
  using Bits = std::conditional_t<sizeof(Stored) == 2, std::uint16_t,
                                  std::conditional_t<sizeof(Stored) == 4, std::uint32_t, std::uint64_t>>;
  // All bits of the exponent are set in nan and infinity only.
  const Bits exponent = std::bit_cast<Bits>(Codec::narrow(std::numeric_limits<double>::infinity()));
  Bits bad = 0;
  const auto scale = [&](std::size_t i, double factor) {
    const Stored scaled = Codec::narrow(Codec::widen(load<Stored>(from + i * sizeof(Stored))) * factor);
    bad |= static_cast<Bits>((std::bit_cast<Bits>(scaled) & exponent) == exponent);
    std::memcpy(to + i * sizeof(Stored), &scaled, sizeof(Stored));
  };
  if (factors.each)
    for (std::size_t i = 0; i < count; ++i) scale(i, factors.uniform * factors.each[i]);
  else
    for (std::size_t i = 0; i < count; ++i) scale(i, factors.uniform);
  return bad == 0;
}

#if defined(__x86_64__)

// --- AVX2: eight elements at a time; what is left over goes to the plain code

struct Eight {
  __m256d low, high;
};

template <bool kEach>
RW_AVX2_INLINE Eight factors_of(const StretchFactors& factors, std::size_t i, __m256d uniform) {
  if constexpr (kEach)
    return {_mm256_mul_pd(uniform, _mm256_loadu_pd(factors.each + i)),
            _mm256_mul_pd(uniform, _mm256_loadu_pd(factors.each + i + 4))};
  else
    return {uniform, uniform};
}

RW_AVX2_INLINE Eight product(__m256 values, const Eight& factors) {
  return {_mm256_mul_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(values)), factors.low),
          _mm256_mul_pd(_mm256_cvtps_pd(_mm256_extractf128_ps(values, 1)), factors.high)};
}

RW_AVX2_INLINE __m256 to_float(const Eight& values) {
  return _mm256_set_m128(_mm256_cvtpd_ps(values.high), _mm256_cvtpd_ps(values.low));
}

// Rounded to the 24 digits of a float32, to odd; the conversion that follows is exact down to its smallest normal.
RW_AVX2_INLINE __m256d to_odd(__m256d value) {
  const __m256i lost = _mm256_set1_epi64x((std::int64_t{1} << 29) - 1);
  const __m256i bits = _mm256_castpd_si256(value);
  // Adding "lost" to what would be lost carries into the last bit that stays, where anything would be.
  const __m256i carry = _mm256_add_epi64(_mm256_and_si256(bits, lost), lost);
  return _mm256_castsi256_pd(_mm256_andnot_si256(lost, _mm256_or_si256(bits, carry)));
}
RW_AVX2_INLINE __m256 to_odd_float(const Eight& values) { return to_float({to_odd(values.low), to_odd(values.high)}); }

template <bool kEach>
RW_AVX2 bool float32_avx2(std::byte* to, const std::byte* from, std::size_t count, StretchFactors factors) {
  const __m256d uniform = _mm256_set1_pd(factors.uniform);
  const __m256i exponent = _mm256_set1_epi32(0x7F800000);
  __m256i bad = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const auto* const values = reinterpret_cast<const float*>(from + 4 * i);
    const Eight each = factors_of<kEach>(factors, i, uniform);
    const __m256 scaled = to_float({_mm256_mul_pd(_mm256_cvtps_pd(_mm_loadu_ps(values)), each.low),
                                    _mm256_mul_pd(_mm256_cvtps_pd(_mm_loadu_ps(values + 4)), each.high)});
    bad = _mm256_or_si256(bad, _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_castps_si256(scaled), exponent), exponent));
    _mm256_storeu_ps(reinterpret_cast<float*>(to + 4 * i), scaled);
  }
  const bool rest = plain<PlainCodec<float>>(to + 4 * i, from + 4 * i, count - i, factors.from(i));
  return _mm256_testz_si256(bad, bad) && rest;
}

// Products in float32 are at most five roundings away from those in double: what lies on both sides of one mostly
// rounds to the same 16 bits, and then so does what lies between. Only where it does not the product is formed in
// double.
template <bool kEach>
RW_AVX2_INLINE __m256 rough_product(__m256 values, const StretchFactors& factors, std::size_t i, __m256 uniform) {
  if constexpr (kEach) return _mm256_mul_ps(values, _mm256_mul_ps(uniform, _mm256_loadu_ps(factors.rough + i)));
  return _mm256_mul_ps(values, uniform);
}

template <bool kEach>
RW_AVX2_INLINE __m128i exact_float16(__m256 values, const StretchFactors& factors, std::size_t i, __m256d uniform) {
  const Eight exact = product(values, factors_of<kEach>(factors, i, uniform));
  return _mm256_cvtps_ph(to_odd_float(exact), _MM_FROUND_TO_NEAREST_INT);
}

template <bool kEach>
RW_AVX2 bool float16_avx2(std::byte* to, const std::byte* from, std::size_t count, StretchFactors factors) {
  const __m256d uniform = _mm256_set1_pd(factors.uniform);
  const __m256 rough = _mm256_set1_ps(static_cast<float>(factors.uniform)), above = _mm256_set1_ps(1 + 0x1p-21F),
               below = _mm256_set1_ps(1 - 0x1p-21F);
  const __m128i exponent = _mm_set1_epi16(0x7C00);
  __m128i bad = _mm_setzero_si128();
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256 values = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 2 * i)));
    const __m256 near = rough_product<kEach>(values, factors, i, rough);
    __m128i scaled = _mm256_cvtps_ph(_mm256_mul_ps(near, above), _MM_FROUND_TO_NEAREST_INT);
    const __m128i other = _mm256_cvtps_ph(_mm256_mul_ps(near, below), _MM_FROUND_TO_NEAREST_INT);
    const __m128i differs = _mm_xor_si128(scaled, other);
    if (!_mm_testz_si128(differs, differs)) scaled = exact_float16<kEach>(values, factors, i, uniform);
    bad = _mm_or_si128(bad, _mm_cmpeq_epi16(_mm_and_si128(scaled, exponent), exponent));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 2 * i), scaled);
  }
  const bool rest = plain<SmallCodec<Float16>>(to + 2 * i, from + 2 * i, count - i, factors.from(i));
  return _mm_testz_si128(bad, bad) && rest;
}

// The same for sixteen elements at a time.
template <bool kEach>
RW_AVX512 bool float16_avx512(std::byte* to, const std::byte* from, std::size_t count, StretchFactors factors) {
  const __m256d uniform = _mm256_set1_pd(factors.uniform);
  const __m512 rough = _mm512_set1_ps(static_cast<float>(factors.uniform)), above = _mm512_set1_ps(1 + 0x1p-21F),
               below = _mm512_set1_ps(1 - 0x1p-21F);
  const __m256i exponent = _mm256_set1_epi16(0x7C00);
  __m256i bad = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m512 values = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 2 * i)));
    __m512 near = _mm512_mul_ps(values, rough);
    if constexpr (kEach) near = _mm512_mul_ps(values, _mm512_mul_ps(rough, _mm512_loadu_ps(factors.rough + i)));
    __m256i scaled = _mm512_cvtps_ph(_mm512_mul_ps(near, above), _MM_FROUND_TO_NEAREST_INT);
    const __m256i other = _mm512_cvtps_ph(_mm512_mul_ps(near, below), _MM_FROUND_TO_NEAREST_INT);
    const __m256i differs = _mm256_xor_si256(scaled, other);
    if (!_mm256_testz_si256(differs, differs)) {
      const __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(values), 1));
      scaled = _mm256_set_m128i(exact_float16<kEach>(high, factors, i + 8, uniform),
                                exact_float16<kEach>(_mm512_castps512_ps256(values), factors, i, uniform));
    }
    bad = _mm256_or_si256(bad, _mm256_cmpeq_epi16(_mm256_and_si256(scaled, exponent), exponent));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 2 * i), scaled);
  }
  const bool rest = float16_avx2<kEach>(to + 2 * i, from + 2 * i, count - i, factors.from(i));
  return _mm256_testz_si256(bad, bad) && rest;
}

// Elements 0, 2, 4 ... or 1, 3, 5 ... of sixteen factors.
struct EvenOdd {
  __m256 even, odd;
};

// Pairs of lanes back in order after a shuffle of two registers.
RW_AVX2_INLINE __m256 in_order(__m256 shuffled) {
  return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(shuffled), 0xD8));
}

template <bool kEach>
RW_AVX2_INLINE EvenOdd rough_factors(const StretchFactors& factors, std::size_t i, __m256 uniform) {
  if constexpr (!kEach) return {uniform, uniform};
  const __m256 first = _mm256_loadu_ps(factors.rough + i), second = _mm256_loadu_ps(factors.rough + i + 8);
  return {_mm256_mul_ps(uniform, in_order(_mm256_shuffle_ps(first, second, 0x88))),
          _mm256_mul_ps(uniform, in_order(_mm256_shuffle_ps(first, second, 0xDD)))};
}

// bfloat16 is the upper half of a float32: half of its last place is added, and where the lower half then is close to
// zero the product was close to a tie. (Bits count in steps of one size below the smallest normal number, too.) Of two
// neighbours each is widened where it lies, so that nothing changes places.
template <bool kEach>
RW_AVX2 bool bfloat16_avx2(std::byte* to, const std::byte* from, std::size_t count, StretchFactors factors) {
  // Each rounding to float32 is at most one step of the product: of the values of both factors, of their product where
  // they differ by element, and of the result. One step more than that is on the safe side.
  constexpr int kMargin = kEach ? 5 : 3, kOdd = 0xAA;
  const __m256 uniform = _mm256_set1_ps(static_cast<float>(factors.uniform));
  const __m256i half = _mm256_set1_epi32(0x8000), upper = _mm256_set1_epi32(static_cast<int>(0xFFFF0000U)),
                margin = _mm256_set1_epi16(kMargin), window = _mm256_set1_epi16(2 * kMargin),
                exponent = _mm256_set1_epi16(0x7F80), zero = _mm256_setzero_si256();
  __m256i largest = zero;  // exponent that was read or written; out of a nan anything may come by the addition
  bool rest = true;
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m256i stored = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 2 * i));
    const EvenOdd each = rough_factors<kEach>(factors, i, uniform);
    const __m256 even = _mm256_mul_ps(_mm256_castsi256_ps(_mm256_slli_epi32(stored, 16)), each.even),
                 odd = _mm256_mul_ps(_mm256_castsi256_ps(_mm256_and_si256(stored, upper)), each.odd);
    const __m256i rounded_even = _mm256_add_epi32(_mm256_castps_si256(even), half),
                  rounded_odd = _mm256_add_epi32(_mm256_castps_si256(odd), half);
    const __m256i lower = _mm256_blend_epi16(rounded_even, _mm256_slli_epi32(rounded_odd, 16), kOdd);
    const __m256i doubtful = _mm256_cmpeq_epi16(_mm256_subs_epu16(_mm256_add_epi16(lower, margin), window), zero);
    if (!_mm256_testz_si256(doubtful, doubtful)) {
      rest &= plain<SmallCodec<BFloat16>>(to + 2 * i, from + 2 * i, 16, factors.from(i));
      continue;
    }
    const __m256i scaled = _mm256_blend_epi16(_mm256_srli_epi32(rounded_even, 16), rounded_odd, kOdd);
    largest = _mm256_max_epu16(
        largest, _mm256_max_epu16(_mm256_and_si256(stored, exponent), _mm256_and_si256(scaled, exponent)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 2 * i), scaled);
  }
  rest &= plain<SmallCodec<BFloat16>>(to + 2 * i, from + 2 * i, count - i, factors.from(i));
  const __m256i bad = _mm256_cmpeq_epi16(largest, exponent);
  return _mm256_testz_si256(bad, bad) && rest;
}

template <ScaleKernel kUniform, ScaleKernel kEach>
bool either(std::byte* to, const std::byte* from, std::size_t count, StretchFactors factors) {
  return (factors.each ? kEach : kUniform)(to, from, count, factors);
}

// That the system saves the wide registers is part of the builtin's answer; F16C it does not know in every compiler.
bool has_avx2() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("avx2") && __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

void add_wide_kernels(DType dtype, std::vector<ScaleKernel>& kernels) {
  static const bool wide = has_avx2();
  if (!wide) return;
  if (dtype == DType::float32) kernels.push_back(either<float32_avx2<false>, float32_avx2<true>>);
  if (dtype == DType::float16) kernels.push_back(either<float16_avx2<false>, float16_avx2<true>>);
  if (dtype == DType::bfloat16) kernels.push_back(either<bfloat16_avx2<false>, bfloat16_avx2<true>>);
  if (dtype == DType::float16 && __builtin_cpu_supports("avx512f"))
    kernels.push_back(either<float16_avx512<false>, float16_avx512<true>>);
}

#else

void add_wide_kernels(DType, std::vector<ScaleKernel>&) {}

#endif

}  // namespace

ScaleKernel plain_scale_kernel(DType dtype) {
  assert(floating(dtype));
  return with_codec(dtype, [](auto codec) -> ScaleKernel {
    using Codec = decltype(codec);
    if constexpr (Codec::kFloating)
      return plain<Codec>;
    else
      return nullptr;
  });
}

std::vector<ScaleKernel> scale_kernels(DType dtype) {
  std::vector<ScaleKernel> kernels = {plain_scale_kernel(dtype)};
  add_wide_kernels(dtype, kernels);
  return kernels;
}

ScaleKernel fast_scale_kernel(DType dtype) { return scale_kernels(dtype).back(); }

}  // namespace rw::graph
