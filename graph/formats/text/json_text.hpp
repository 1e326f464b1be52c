// Strings and numbers as JSON.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>

namespace rw::graph::json {

// In quotes, with the escapes that JSON asks for.
std::string quoted(std::string_view text);
void append_quoted(std::string_view plain, std::string& text);

// "[...]" of text(item) for each item.
template <typename List, typename Text>
std::string list(const List& items, Text text, std::string_view between = ", ") {
  std::string out = "[";
  bool first = true;
  for (const auto& each : items) {
    if (!first) out += between;
    first = false;
    out += text(each);
  }
  return out + "]";
}

// The shortest digits that are read back as the same double; "inf", "-inf" and "nan" in quotes.
void append_number(double value, std::string& text);
void append_number(std::uint64_t value, std::string& text);

// The same for a float of any width by its codec (literal.hpp): the fewest digits that round to the same stored value.
template <typename Codec>
void append_number(typename Codec::Stored stored, std::string& text) {
  if constexpr (std::is_same_v<typename Codec::Stored, double>) {
    append_number(stored, text);
  } else {
    const double value = Codec::widen(stored);
    if (!std::isfinite(value)) return append_number(value, text);
    // Shortest for float32 first; the 16-bit floats need at most five digits.
    if constexpr (std::is_same_v<typename Codec::Stored, float>) {
      fmt::format_to(std::back_inserter(text), "{}", stored);
    } else {
      for (int digits = 1;; ++digits) {
        const std::string tried = fmt::format("{:.{}g}", value, digits);
        double again = 0;
        std::from_chars(tried.data(), tried.data() + tried.size(), again);
        if (Codec::narrow(again) != stored) continue;
        text += tried;
        return;
      }
    }
  }
}

}  // namespace rw::graph::json
