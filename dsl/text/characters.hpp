// Characters of rule text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rw::dsl {

// Length in bytes of the UTF-8 character at the front of `text` (not empty); 0: it is none (a stray or missing
// continuation, an overlong form, a surrogate, beyond U+10FFFF).
std::size_t character_length(std::string_view text);

// Control characters, what a terminal does not show, and bytes that are no UTF-8, written as \n, \u001b, \U000e0001,
// \xff; the rest as it is.
std::string escape(std::string_view text);

}  // namespace rw::dsl
