// A short number for much data: to name things by what they are. The same on every machine; no protection against
// somebody who looks for two with the same number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rw::graph {

class Digest {
 public:
  void add(std::uint64_t value);
  void add(std::span<const std::byte> bytes);  // their number as well: "ab", "c" is not "a", "bc"
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }

  std::uint64_t value() const;
  std::string text() const;  // 16 hexadecimal digits

 private:
  std::uint64_t state_ = 0x243f6a8885a308d3U;
};

std::uint64_t digest_of(std::string_view text);

}  // namespace rw::graph
