#include "runtime/html/escape.hpp"

#include "graph/base/printable.hpp"

namespace rw::html {
namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : graph::printable(text)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string shortened(std::string_view text, std::size_t most) {
  const std::string plain = graph::printable(text);
  std::size_t count = 0;
  for (const char c : plain) count += !continues(c);
  if (count <= most) return plain;
  const std::size_t head = (most - 1) / 2, tail = most - 1 - head;
  std::string first, last;
  std::size_t seen = 0;
  for (const char c : plain) {
    seen += !continues(c);
    if (seen <= head) first += c;
    if (seen > count - tail) last += c;
  }
  return first + "\u2026" + last;
}

}  // namespace rw::html
