#include "graph/formats/text/json_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

namespace rw::graph::json {

namespace {

bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void append_escaped(char c, std::string& text) {
  constexpr std::string_view kEscaped = "\"\\\b\f\n\r\t";
  constexpr std::string_view kNames = "\"\\bfnrt";
  if (const std::size_t at = kEscaped.find(c); at != std::string_view::npos)
    (text += '\\') += kNames[at];
  else
    text += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
}

}  // namespace

void append_quoted(std::string_view plain, std::string& text) {
  text += '"';
  while (true) {
    std::size_t run = 0;
    while (run < plain.size() && is_plain(plain[run])) ++run;
    text.append(plain.substr(0, run));
    if (run == plain.size()) break;
    append_escaped(plain[run], text);
    plain.remove_prefix(run + 1);
  }
  text += '"';
}

std::string quoted(std::string_view text) {
  std::string result;
  append_quoted(text, result);
  return result;
}

void append_number(std::uint64_t value, std::string& text) {
  std::array<char, 20> digits;
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

// The shortest decimal that is read as this number, with an exponent where it is small or large. std::to_chars alone
// would take the exponent wherever that is a character shorter (1e+05).
void append_number(double value, std::string& text) {
  if (std::isnan(value)) {
    text += "\"nan\"";
    return;
  }
  if (std::isinf(value)) {
    text += value < 0 ? "\"-inf\"" : "\"inf\"";
    return;
  }
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  std::array<char, 32> digits;  // 17 digits, a sign, a point and four zeros, or an exponent
  const std::to_chars_result end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  assert(end.ec == std::errc());
  text.append(digits.data(), end.ptr);
}

}  // namespace rw::graph::json
