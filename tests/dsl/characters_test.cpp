// Rule text and models are decoded and escaped in two places, which know nothing of each other (dsl/text and
// graph/base). What is a character, and how one is shown that a terminal would not show, must be the same in both, and
// right.
#include "dsl/text/characters.hpp"

#include <fmt/core.h>

#include <array>
#include <optional>

#include "graph/base/printable.hpp"
#include "graph/base/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"

namespace rw::test {

namespace {

// The well-formed sequences as the Unicode standard lists them (table 3-7): the ranges of the bytes of each length.
struct Bytes {
  unsigned char first, last;
};
const std::vector<std::vector<Bytes>> kWellFormed = {
    {{0x00, 0x7F}},
    {{0xC2, 0xDF}, {0x80, 0xBF}},
    {{0xE0, 0xE0}, {0xA0, 0xBF}, {0x80, 0xBF}},
    {{0xE1, 0xEC}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xED, 0xED}, {0x80, 0x9F}, {0x80, 0xBF}},
    {{0xEE, 0xEF}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xF0, 0xF0}, {0x90, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xF1, 0xF3}, {0x80, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xF4, 0xF4}, {0x80, 0x8F}, {0x80, 0xBF}, {0x80, 0xBF}},
};

// Length of the character at the front of `text`; 0: none.
std::size_t length_by_table(std::string_view text) {
  for (const std::vector<Bytes>& row : kWellFormed) {
    std::size_t i = 0;
    while (i < row.size() && i < text.size() && static_cast<unsigned char>(text[i]) >= row[i].first &&
           static_cast<unsigned char>(text[i]) <= row[i].last)
      ++i;
    if (i == row.size()) return i;
  }
  return 0;
}

std::string encode(std::uint32_t code) {
  const auto byte = [](std::uint32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  const auto rest = [&](unsigned shift) { return byte(0x80 + (code >> shift) % 64); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0 + code / 64), rest(0)};
  if (code < 0x10000) return {byte(0xE0 + code / 4096), rest(6), rest(0)};
  return {byte(0xF0 + code / 262144), rest(12), rest(6), rest(0)};
}

// What is wrong with how the two take a text; empty: nothing.
std::string disagreement(std::string_view text) {
  const std::size_t wanted = length_by_table(text), length = dsl::character_length(text);
  const graph::Utf8 decoded = graph::decode_utf8(text);
  if (length != wanted) return fmt::format("length {} for {}", length, wanted);
  if (decoded.valid != (wanted != 0) || decoded.size != std::max<std::size_t>(wanted, 1)) return "decode_utf8";
  const std::string one = dsl::escape(text), other = graph::printable(text);
  return one == other ? "" : fmt::format("'{}' and '{}'", one, other);
}

}  // namespace

TEST_CASE("every code point is decoded and shown in the same way by both") {
  std::size_t shown = 0;
  for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    const std::string text = encode(code);
    if (const std::string wrong = disagreement(text); !wrong.empty()) FAIL("U+" << std::hex << code << ": " << wrong);
    if (!surrogate && graph::decode_utf8(text).point != code) FAIL("U+" << std::hex << code << " is another");
    shown += dsl::escape(text) == text;
  }
  // What is shown as it is: of 1,114,112 all but 2,048 surrogates, 65 controls and 4,134 others that are not visible.
  CHECK(shown == 0x110000 - 2048 - 65 - (1 + 1 + 1 + 5 + 7 + 16 + 1 + 3 + 4096));
}

TEST_CASE("malformed sequences are none for both, and their bytes are shown one by one") {
  // Every three bytes, the last of them cut off or not.
  const unsigned step = unless_sanitized(1U, 3U);
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; b += step) {
      for (unsigned c = 0; c < 256; c += step) {
        const std::array<char, 3> bytes = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        const std::size_t wanted = length_by_table({bytes.data(), 3});
        if (dsl::character_length({bytes.data(), 3}) != wanted) FAIL(a << ' ' << b << ' ' << c);
        if (graph::decode_utf8({bytes.data(), 3}).valid != (wanted != 0)) FAIL(a << ' ' << b << ' ' << c);
      }
    }
  }
  // Four bytes and fewer of those at which something changes.
  const unsigned char edges[] = {0x00, 0x1B, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xAD, 0xBF, 0xC0, 0xC1, 0xC2,
                                 0xDF, 0xE0, 0xE1, 0xE2, 0xED, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFE, 0xFF};
  for (const unsigned char a : edges) {
    for (const unsigned char b : edges) {
      for (const unsigned char c : edges) {
        for (const unsigned char d : edges) {
          const std::array<char, 4> bytes = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c),
                                             static_cast<char>(d)};
          for (std::size_t size = 1; size <= 4; ++size) {
            const std::string wrong = disagreement({bytes.data(), size});
            if (!wrong.empty()) FAIL(int(a) << ' ' << int(b) << ' ' << int(c) << ' ' << int(d) << ": " << wrong);
          }
        }
      }
    }
  }
  CHECK(dsl::escape("a\xff\xe2\x80z\xed\xa0\x80") == "a\\xff\\xe2\\x80z\\xed\\xa0\\x80");
}

TEST_CASE("what a terminal obeys or hides is written with its number") {
  CHECK(dsl::escape("\n\t\r\x1b\x7f") == "\\n\\t\\r\\u001b\\u007f");
  CHECK(dsl::escape("\u202e\u2066\ufeff\u00ad") == "\\u202e\\u2066\\ufeff\\u00ad");
  CHECK(dsl::escape("\U000e0041") == "\\U000e0041");
  CHECK(dsl::escape("\u00f6 \u4e2d \U0001f600") == "\u00f6 \u4e2d \U0001f600");
}

}  // namespace rw::test
