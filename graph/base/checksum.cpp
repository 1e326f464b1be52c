#include "graph/base/checksum.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace rw::graph {
namespace {

// Polynomials over GF(2) modulo the one of CRC-32C, in the reflected order of its bits: bit 31 is the coefficient of 1.
constexpr std::uint32_t kPolynomial = 0x82F63B78, kOne = 0x80000000;

constexpr std::uint32_t times_x(std::uint32_t a) { return (a & 1U) != 0 ? a >> 1U ^ kPolynomial : a >> 1U; }

constexpr std::uint32_t product(std::uint32_t a, std::uint32_t b) {
  std::uint32_t result = 0;
  for (std::uint32_t bit = kOne; bit != 0; bit >>= 1U, b = times_x(b))
    if ((a & bit) != 0) result ^= b;
  return result;
}

// x to the power of 8 * 2^i.
constexpr std::array<std::uint32_t, 61> kPowers = [] {
  std::array<std::uint32_t, 61> powers{};
  std::uint32_t power = kOne;
  for (int i = 0; i < 8; ++i) power = times_x(power);
  for (std::uint32_t& each : powers) each = power, power = product(power, power);
  return powers;
}();

// What a remainder becomes when so many bytes follow.
std::uint32_t moved(std::uint32_t remainder, std::uint64_t bytes) {
  for (std::size_t i = 0; bytes != 0; ++i, bytes >>= 1U)
    if ((bytes & 1U) != 0) remainder = product(kPowers[i], remainder);
  return remainder;
}

// By the byte that is shifted out, eight bytes at a time.
constexpr std::array<std::array<std::uint32_t, 256>, 8> kTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t remainder = byte;
    for (int i = 0; i < 8; ++i) remainder = times_x(remainder);
    tables[0][byte] = remainder;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::uint32_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = tables[k - 1][byte] >> 8U ^ tables[0][tables[k - 1][byte] & 255U];
  return tables;
}();

using Remainder = std::uint32_t (*)(std::span<const std::byte> bytes);

std::uint32_t by_tables(std::span<const std::byte> bytes) {
  std::uint64_t remainder = 0;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    word ^= remainder;
    remainder = 0;
    for (std::size_t k = 0; k < 8; ++k) remainder ^= kTables[7 - k][word >> 8 * k & 255U];
  }
  auto rest = static_cast<std::uint32_t>(remainder);
  for (; i < bytes.size(); ++i)
    rest = rest >> 8U ^ kTables[0][(rest ^ std::to_integer<std::uint32_t>(bytes[i])) & 255U];
  return rest;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::span<const std::byte> bytes) {
  std::uint64_t remainder = 0;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    remainder = _mm_crc32_u64(remainder, word);
  }
  auto rest = static_cast<std::uint32_t>(remainder);
  for (; i < bytes.size(); ++i) rest = _mm_crc32_u8(rest, std::to_integer<std::uint8_t>(bytes[i]));
  return rest;
}
#endif

Remainder fastest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return by_instruction;
#endif
  return by_tables;
}

}  // namespace

std::uint32_t detail::remainder_by_tables(std::span<const std::byte> bytes) { return by_tables(bytes); }

void Checksum::add(std::span<const std::byte> bytes, std::uint64_t behind) {
  static const Remainder remainder = fastest();
  sum_.fetch_xor(moved(remainder(bytes), behind), std::memory_order_relaxed);
  size_.fetch_add(bytes.size(), std::memory_order_relaxed);
}

std::uint32_t Checksum::value() const { return ~(sum_ ^ moved(~std::uint32_t{0}, size_)); }

std::uint32_t checksum(std::span<const std::byte> bytes) {
  Checksum sum;
  sum.add(bytes, 0);
  return sum.value();
}

}  // namespace rw::graph
