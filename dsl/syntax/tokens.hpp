// Rule text word by word, for what is told of mistakes and for going on after them. The grammar reads by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "dsl/text/source.hpp"

namespace rw::dsl {

inline constexpr std::string_view kDeclarationWords[] = {"use", "include", "op", "set", "function", "rule", "test"};

bool is_word(char c);  // can stand in a name

// The word, string, sign or character at the front of `text`; empty at its end.
std::string_view front_token(std::string_view text);

// The next word after `from` (into `text`) that begins a declaration (not a field: `p.op`, nor the `op` of a guard), or
// the end.
const char* next_declaration(std::string_view text, const char* from);

// The comments of a source, in order: each from `#` to the end of its line, without the blanks at its end.
std::vector<Position> comments_of(std::string_view text, std::uint32_t source);

// The first byte that is no UTF-8.
std::optional<Position> first_bad_byte(std::string_view text, std::uint32_t source);

}  // namespace rw::dsl
