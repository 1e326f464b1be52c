// UTF-8, one character at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rw::graph {

struct Utf8 {
  char32_t point = 0;
  std::size_t size = 1;  // bytes; 1 where it is not valid
  bool valid = false;    // no overlong form, no surrogate, not above U+10FFFF
};

// The first character of a text that is not empty.
Utf8 decode_utf8(std::string_view text);

// Appends a character (not a surrogate, at most U+10FFFF).
void append_utf8(char32_t point, std::string& text);

}  // namespace rw::graph
