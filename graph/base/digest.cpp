#include "graph/base/digest.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>

namespace rw::graph {
namespace {

// https://prng.di.unimi.it/splitmix64.c
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

// The next `count` bytes, at most 8, the first the lowest.
std::uint64_t word_at(const std::byte* bytes, std::size_t count) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

}  // namespace

void Digest::add(std::uint64_t value) { state_ = std::rotl(state_, 23) * 0x9e3779b97f4a7c15U ^ mixed(value); }

void Digest::add(std::span<const std::byte> bytes) {
  add(bytes.size());
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t), at += sizeof(std::uint64_t))
    add(word_at(at, sizeof(std::uint64_t)));
  if (left > 0) add(word_at(at, left));
}

std::uint64_t Digest::value() const { return mixed(state_); }

std::string Digest::text() const { return fmt::format("{:016x}", value()); }

std::uint64_t digest_of(std::string_view text) {
  Digest digest;
  digest.add(text);
  return digest.value();
}

}  // namespace rw::graph
