#include "graph/base/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace rw::graph {
namespace {

// https://prng.di.unimi.it/splitmix64.c
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

}  // namespace

void Digest::add(std::uint64_t value) { state_ = std::rotl(state_, 23) * 0x9e3779b97f4a7c15U ^ mixed(value); }

void Digest::add(std::span<const std::byte> bytes) {
  add(bytes.size());
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t count = std::min<std::size_t>(8, bytes.size());
    for (std::size_t i = 0; i < count; ++i) word |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    add(word);
    bytes = bytes.subspan(count);
  }
}

std::uint64_t Digest::value() const { return mixed(state_); }

std::string Digest::text() const { return fmt::format("{:016x}", value()); }

std::uint64_t digest_of(std::string_view text) {
  Digest digest;
  digest.add(text);
  return digest.value();
}

}  // namespace rw::graph
