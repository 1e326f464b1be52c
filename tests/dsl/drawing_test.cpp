// Where a mark stands: tabs, characters of several bytes, control characters, long lines, the last line.
#include "dsl/text/characters.hpp"
#include "dsl/text/diagnostic.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {

namespace {

using dsl::Position, dsl::Sources;

// Draws a mark under `length` bytes from the first place of `what` in `text`.
std::string draw_under(const std::string& text, const std::string& what, std::size_t length) {
  Sources sources;
  sources.add({"a.dsl", text});
  const Position at = {0, static_cast<std::uint32_t>(text.find(what)), static_cast<std::uint32_t>(length)};
  return draw({dsl::Severity::error, "syntax", at, "wrong", "right"}, sources);
}

}  // namespace

TEST_CASE("a tab before the mark stays a tab, so that the mark lines up") {
  CHECK(draw_under("\tset\tx = 1\n", "x", 1) ==
        "a.dsl:1:6: error: wrong [syntax]\n   1 | \tset\tx = 1\n     | \t   \t^ right\n");
}

TEST_CASE("columns and marks count characters, not bytes") {
  CHECK(draw_under("use \"größe.dsl\" x\n", "x", 1) ==
        "a.dsl:1:17: error: wrong [syntax]\n   1 | use \"größe.dsl\" x\n     |                 ^ right\n");
  CHECK(draw_under("use \"größe\"", "größe", 7) ==
        "a.dsl:1:6: error: wrong [syntax]\n   1 | use \"größe\"\n     |      ^^^^^ right\n");
}

TEST_CASE("control characters and stray bytes are drawn escaped, and the mark is as wide as they are") {
  CHECK(draw_under("a\x1b[1m b", "b", 1) ==
        "a.dsl:1:7: error: wrong [syntax]\n   1 | a\\u001b[1m b\n     |            ^ right\n");
  CHECK(draw_under("a \xff b", "\xff", 1) ==
        "a.dsl:1:3: error: wrong [syntax]\n   1 | a \\xff b\n     |   ^^^^ right\n");
  Sources sources;
  sources.add({"a\nb.dsl", "x"});
  CHECK(draw({dsl::Severity::warning, "unused", {0, 0, 1}, "name '\x07\xe2\x80\xae'", ""}, sources) ==
        "a\\nb.dsl:1:1: warning: name '\\u0007\\u202e' [unused]\n   1 | x\n     | ^\n");
}

TEST_CASE("the end of the last line can be marked, with and without a line break") {
  CHECK(draw_under("ab\ncd", "d", 1) == "a.dsl:2:2: error: wrong [syntax]\n   2 | cd\n     |  ^ right\n");
  Sources sources;
  sources.add({"a.dsl", "ab\r\ncd"});
  CHECK(draw({dsl::Severity::error, "syntax", {0, 6, 0}, "wrong", ""}, sources) ==
        "a.dsl:2:3: error: wrong [syntax]\n   2 | cd\n     |   ^\n");
  CHECK(draw({dsl::Severity::error, "syntax", {0, 2, 0}, "wrong", ""}, sources) ==
        "a.dsl:1:3: error: wrong [syntax]\n   1 | ab\n     |   ^\n");
}

TEST_CASE("a mark over several lines ends with its first line") {
  CHECK(draw_under("ab (c\nd) e", "(", 5) == "a.dsl:1:4: error: wrong [syntax]\n   1 | ab (c\n     |    ^^ right\n");
}

TEST_CASE("of a very long line the part around the mark is drawn") {
  const std::string text = std::string(5000, 'a') + "X" + std::string(5000, 'b');
  const std::string drawn = draw_under(text, "X", 1);
  CHECK(drawn.starts_with("a.dsl:1:5001: error: wrong [syntax]\n   1 | ...aaa"));
  CHECK(drawn.size() < 600);
  // The mark stands under the X.
  const std::size_t line = drawn.find('\n') + 1;
  const std::size_t marks = drawn.find('\n', line) + 1;
  CHECK(drawn.find('X') - line == drawn.find('^') - marks);
}

TEST_CASE("line numbers of five digits keep the bar in its place") {
  Sources sources;
  sources.add({"a.dsl", std::string(12344, '\n') + "xy"});
  CHECK(draw({dsl::Severity::error, "syntax", {0, 12345, 1}, "wrong", ""}, sources) ==
        "a.dsl:12345:2: error: wrong [syntax]\n12345 | xy\n      |  ^\n");
}

TEST_CASE("what is UTF-8 and what is not") {
  CHECK(dsl::character_length("a") == 1);
  CHECK(dsl::character_length("\xc3\xb6") == 2);
  CHECK(dsl::character_length("\xe2\x82\xac") == 3);
  CHECK(dsl::character_length("\xf0\x9f\x8e\x89") == 4);
  CHECK(dsl::character_length("\x80") == 0);              // a continuation by itself
  CHECK(dsl::character_length("\xc3") == 0);              // cut off
  CHECK(dsl::character_length("\xc0\xaf") == 0);          // overlong
  CHECK(dsl::character_length("\xe0\x80\xaf") == 0);      // overlong
  CHECK(dsl::character_length("\xed\xa0\x80") == 0);      // a surrogate
  CHECK(dsl::character_length("\xf4\x90\x80\x80") == 0);  // beyond the last code point
}

}  // namespace rw::test
