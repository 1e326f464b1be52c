#include "graph/base/utf8.hpp"

#include <array>

namespace rw::graph {
namespace {

// One row for each length of a character.
struct LengthRow {
  unsigned char mask, lead;  // (first byte & mask) == lead
  char32_t smallest;         // a smaller one should have been written shorter
};
constexpr std::array<LengthRow, 4> kRows = {
    {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}}};

bool is_character(char32_t point) { return point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF); }

}  // namespace

Utf8 decode_utf8(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  for (std::size_t size = 1; size <= kRows.size() && size <= text.size(); ++size) {
    const LengthRow& row = kRows[size - 1];
    if ((byte(0) & row.mask) != row.lead) continue;
    auto point = static_cast<char32_t>(byte(0) & static_cast<unsigned char>(~row.mask));
    for (std::size_t i = 1; i < size; ++i) {
      if ((byte(i) & 0xC0U) != 0x80U) return {};
      point = point << 6U | (byte(i) & 0x3FU);
    }
    if (point < row.smallest || !is_character(point)) return {};
    return {point, size, true};
  }
  return {};
}

void append_utf8(char32_t point, std::string& text) {
  std::size_t size = 1;
  while (size < kRows.size() && point >= kRows[size].smallest) ++size;
  for (std::size_t i = 0; i < size; ++i) {
    const auto shift = static_cast<unsigned>(6 * (size - 1 - i));
    const char32_t bits = i == 0 ? kRows[size - 1].lead | (point >> shift) : 0x80U | ((point >> shift) & 0x3FU);
    text.push_back(static_cast<char>(bits));
  }
}

}  // namespace rw::graph
