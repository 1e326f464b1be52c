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

bool begins_operator(std::string_view text) {
  const std::size_t gap = text.find_first_not_of(kBlanks);
  if (gap == 0 || gap == std::string_view::npos) return false;
  const std::string_view word = front_token(text.substr(gap));
  const std::string_view behind = text.substr(gap + word.size());
  return (word[0] >= 'A' && word[0] <= 'Z') ||
         (is_word(word[0]) && (behind.starts_with("::") || behind.starts_with(".")));
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
  bool field = false;
  while (!rest.empty()) {
    const std::string_view token = step(rest);
    const bool begins =
        std::find(std::begin(kDeclarationWords), std::end(kDeclarationWords), token) != std::end(kDeclarationWords);
    if (begins && !field && (token != "op" || begins_operator(rest.substr(2)))) return rest.data();
    field = token == ".";
    rest.remove_prefix(token.size());
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
