#include "graph/base/printable.hpp"

#include <fmt/format.h>

#include "graph/base/utf8.hpp"

namespace rw::graph {
namespace {

constexpr std::size_t kLongest = 1000;  // bytes of one text in a message

std::string escaped(char32_t control) {
  switch (control) {
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    default:
      return fmt::format("\\u{:04x}", static_cast<unsigned>(control));
  }
}

// C0, DEL, C1, and what turns the direction of the text around it or breaks its line.
bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x200B && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Utf8 first = decode_utf8(text);
    if (!first.valid)
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    else if (is_control(first.point))
      result += escaped(first.point);
    else
      result += text.substr(0, first.size);
    text.remove_prefix(first.size);
  }
  return result;
}

}  // namespace

std::string printable(std::string_view text) {
  if (text.size() <= kLongest) return escaped(text);
  std::size_t head = kLongest / 2;
  std::size_t tail = text.size() - kLongest / 2;
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  for (int i = 0; i < 3 && continues(head); ++i) --head;
  for (int i = 0; i < 3 && continues(tail); ++i) ++tail;
  return escaped(text.substr(0, head)) + "..." + escaped(text.substr(tail));
}

Error printable(const Error& error, std::string_view file) {
  return Error(printable(error.file.empty() ? file : std::string_view(error.file)), printable(error.place),
               printable(error.message));
}

}  // namespace rw::graph
