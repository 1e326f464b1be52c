// Choices drawn from the bytes of a fuzzer: the same bytes, the same choices. Once they have come to an end every
// choice is the first one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace rw::fuzz {

class Draw {
 public:
  explicit Draw(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return at_ >= bytes_.size(); }
  std::uint8_t byte() { return empty() ? std::uint8_t{0} : bytes_[at_++]; }
  std::int64_t between(std::int64_t low, std::int64_t high) {  // both included, at most 256 apart
    return low + byte() % (high - low + 1);
  }
  bool chance(unsigned of_256) { return 255U - byte() < of_256; }
  template <typename T>
  T pick(std::initializer_list<T> from) {
    return from.begin()[byte() % from.size()];
  }
  template <typename List>
  const auto& pick(const List& from) {
    return from[byte() % from.size()];
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

}  // namespace rw::fuzz
