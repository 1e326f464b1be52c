#include "graph/formats/json_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

namespace rw::graph::json {

std::string quoted(std::string_view text) {
  constexpr std::string_view kEscaped = "\"\\\b\f\n\r\t";
  constexpr std::string_view kNames = "\"\\bfnrt";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const std::size_t at = kEscaped.find(c); at != std::string_view::npos)
      (result += '\\') += kNames[at];
    else if (byte < 0x20)
      result += fmt::format("\\u{:04x}", byte);
    else
      result += c;
  }
  return result + '"';
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
