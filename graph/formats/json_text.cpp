#include "graph/formats/json_text.hpp"

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

void append_number(double value, std::string& text) {
  if (std::isnan(value))
    text += "\"nan\"";
  else if (std::isinf(value))
    text += value < 0 ? "\"-inf\"" : "\"inf\"";
  else
    fmt::format_to(std::back_inserter(text), "{}", value);
}

}  // namespace rw::graph::json
