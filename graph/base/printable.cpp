#include "graph/base/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

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
      return control <= 0xFFFF ? fmt::format("\\u{:04x}", static_cast<unsigned>(control))
                               : fmt::format("\\U{:08x}", static_cast<unsigned>(control));
  }
}

struct Range {
  char32_t first, last;
};

// What a terminal would not show as a character of its own: C0 and C1, soft hyphen, zero width and direction marks,
// line separators, annotations, tags. dsl/text/characters.cpp has the same, and a test that they agree.
constexpr Range kHidden[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},      {0x61C, 0x61C},
                             {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},  {0x2060, 0x206F},
                             {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};

bool is_hidden(char32_t point) {
  return std::any_of(std::begin(kHidden), std::end(kHidden),
                     [&](const Range& range) { return point >= range.first && point <= range.last; });
}

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Utf8 first = decode_utf8(text);
    if (!first.valid)
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    else if (is_hidden(first.point))
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

std::string plural(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

Error printable(const Error& error, std::string_view file) {
  Error told(printable(error.file.empty() ? file : std::string_view(error.file)), printable(error.place),
             printable(error.message));
  told.missing = error.missing;
  return told;
}

}  // namespace rw::graph
