#include "dsl/syntax/tokens.hpp"

#include <algorithm>

#include "dsl/text/characters.hpp"

namespace rw::dsl {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kTwoSigns[] = {"==", "!=", "<=", ">=", "=>", "->", "&&", "||", "**", "::"};

// With its quotes; without the second one where the line ends first.
std::string_view front_string(std::string_view text) {
  std::size_t end = 1;
  for (; end < text.size() && text[end] != '"' && text[end] != '\n'; ++end) {
    if (text[end] == '\\' && end + 1 < text.size() && text[end + 1] != '\n') ++end;
  }
  return text.substr(0, end < text.size() && text[end] == '"' ? end + 1 : end);
}

// Steps through text: over a gap, a comment, a string, a word, a sign or one character.
std::string_view step(std::string_view text) {
  if (kBlanks.find(text[0]) != std::string_view::npos)
    return text.substr(0, std::min(text.find_first_not_of(kBlanks), text.size()));
  if (text[0] == '#') return text.substr(0, std::min(text.find('\n'), text.size()));
  return front_token(text);
}

// The word behind the gap at the front; empty: there is no gap, or nothing behind it.
std::string_view word_behind_gap(std::string_view text) {
  const std::size_t gap = text.find_first_not_of(kBlanks);
  return gap == 0 || gap == std::string_view::npos ? std::string_view() : front_token(text.substr(gap));
}

// `text` begins behind `op`.
bool begins_operator(std::string_view text) {
  const std::string_view word = word_behind_gap(text);
  if (word.empty()) return false;
  const char* end = word.data() + word.size();
  const std::string_view behind(end, static_cast<std::size_t>(text.data() + text.size() - end));
  return (word[0] >= 'A' && word[0] <= 'Z') ||
         (is_word(word[0]) && (behind.starts_with("::") || behind.starts_with(".")));
}

// Whether a word, behind which `rest` stands, begins a declaration. In the middle of a line only with what must follow:
// there it may be a part of something else.
bool begins_declaration(std::string_view word, std::string_view rest, bool line_begins) {
  if (std::find(std::begin(kDeclarationWords), std::end(kDeclarationWords), word) == std::end(kDeclarationWords))
    return false;
  if (word == "op") return begins_operator(rest);
  if (line_begins) return true;
  const std::string_view next = word_behind_gap(rest);
  if (next.empty()) return false;
  return word == "use" || word == "include" ? next[0] == '"' : next[0] >= 'a' && next[0] <= 'z';
}

}  // namespace

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::string_view front_token(std::string_view text) {
  if (text.empty()) return text;
  std::size_t end = 0;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end > 0) return text.substr(0, end);
  if (text[0] == '"') return front_string(text);
  for (const std::string_view two : kTwoSigns) {
    if (text.starts_with(two)) return two.size() < text.size() ? text.substr(0, 2) : text;
  }
  return text.substr(0, std::max<std::size_t>(character_length(text), 1));
}

const char* next_declaration(std::string_view text, const char* from) {
  std::string_view rest = text.substr(static_cast<std::size_t>(from - text.data()));
  std::string_view before = "\n";  // the last token that is no gap; a line break where it stands on another line
  while (!rest.empty()) {
    const std::string_view token = step(rest);
    const std::string_view behind = rest.substr(token.size());
    // Not a field (`p.op`), nor a part of a name (`my-rule`).
    if (before != "." && before != "-" && begins_declaration(token, behind, before == "\n")) return rest.data();
    if (token.find('\n') != std::string_view::npos) {
      before = "\n";
    } else if (kBlanks.find(token[0]) == std::string_view::npos) {
      before = token;
    } else if (before != "\n") {
      before = " ";
    }
    rest = behind;
  }
  return text.data() + text.size();
}

std::vector<Position> comments_of(std::string_view text, std::uint32_t source) {
  std::vector<Position> out;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view token = step(text.substr(i));
    if (token[0] == '#') {
      const std::size_t end = token.find_last_not_of(" \t\r") + 1;
      out.push_back({source, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(end)});
    }
    i += token.size();
  }
  return out;
}

std::optional<Position> first_bad_byte(std::string_view text, std::uint32_t source) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text.substr(i));
    if (length == 0) return Position{source, static_cast<std::uint32_t>(i), 1};
    i += length;
  }
  return std::nullopt;
}

}  // namespace rw::dsl
