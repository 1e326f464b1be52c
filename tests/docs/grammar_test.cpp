// The grammar of docs/language.md, carried out as it is written, reads what the parser reads and nothing else.
#include <algorithm>
#include <cctype>
#include <filesystem>

#include <tao/pegtl/visit.hpp>

#include "dsl/syntax/grammar.hpp"
#include "dsl/syntax/parse.hpp"
#include "tests/docs/manual.hpp"
#include "tests/docs/peg.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/random.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

const Manual& grammar_manual() {
  static const Manual manual("docs/language.md");
  return manual;
}

// --- the words and signs of the parser: its texts of two characters and more

struct Texts {
  template <typename Rule>
  struct Visitor {
    static void visit(std::set<std::string>& words) { add(words, static_cast<typename Rule::rule_t*>(nullptr)); }
    template <char A, char B, char... C>
    static void add(std::set<std::string>& words, tao::pegtl::internal::string<A, B, C...>*) {
      words.insert({A, B, C...});
    }
    template <typename Other>
    static void add(std::set<std::string>&, Other*) {}
  };
};

std::set<std::string> words_of_parser() {
  std::set<std::string> words;
  tao::pegtl::visit<dsl::grammar::file, Texts::Visitor>(words);
  words.erase("**");     // a sign of another language, which gets a message of its own
  words.erase("chain");  // a clause of before, which gets one, too
  return words;
}

// --- texts for both grammars

bool parser_accepts(const std::string& text) {
  dsl::Sources sources;
  dsl::Diagnostics diagnostics;
  dsl::parse(sources, sources.add({"mine.dsl", text}), diagnostics);
  return !has_errors(diagnostics);
}

// Whole files, and each of their declarations by itself.
std::vector<std::string> rule_texts() {
  std::vector<std::string> texts;
  const auto add = [&](const std::string& text) {
    // What is no UTF-8 is refused before the grammar sees it.
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) return;
    texts.push_back(text);
    for (std::size_t at = 0, end = 0; end != std::string::npos; at = end + 2) {
      end = text.find("\n\n", at);
      texts.push_back(text.substr(at, end - at));
    }
  };
  for (const char* folder : {"rules", "tests/fuzz/corpus/rules"})
    for (const auto& entry : std::filesystem::directory_iterator(source_path(folder)))
      if (entry.path().extension() != ".md") add(read_file(entry.path()));
  for (const Fence& fence : grammar_manual().fences("dsl")) add(fence.text);
  return texts;
}

// The words and signs of a text; a string is one word.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> tokens;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if (text[i] == '#')
      end = std::min(text.find('\n', i), text.size());
    else if (text[i] == '"')
      end = std::min(text.find('"', i + 1), text.size() - 1) + 1;
    else
      while (end < text.size() && is_word(text[i]) && is_word(text[end])) ++end;
    if (!std::isspace(static_cast<unsigned char>(text[i])) && text[i] != '#') tokens.push_back(text.substr(i, end - i));
    i = end;
  }
  return tokens;
}

// Names, operators, numbers, texts; every sign is a sort of its own.
char sort_of(const std::string& token) {
  const auto c = static_cast<unsigned char>(token[0]);
  return std::islower(c) ? 'a' : std::isupper(c) ? 'A' : std::isdigit(c) ? '1' : token[0];
}

// One word is taken out, doubled, exchanged for its neighbour, for any other, or for one of its sort.
std::string changed(std::vector<std::string> tokens, const std::vector<std::string>& others, Random& random) {
  const auto at = static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(tokens.size()) - 1));
  std::string& token = tokens[at];
  switch (random.between(0, 5)) {
    case 0:
      token.clear();
      break;
    case 1:
      token += ' ' + token;
      break;
    case 2:
      std::swap(token, tokens[(at + 1) % tokens.size()]);
      break;
    case 3:
      token = random.pick(others);
      break;
    default:
      for (int tries = 0; tries < 20; ++tries)
        if (const std::string& other = random.pick(others); sort_of(other) == sort_of(token)) {
          token = other;
          break;
        }
  }
  std::string text;
  for (const std::string& each : tokens) text += each + ' ';
  return text;
}

}  // namespace

TEST_CASE("The grammar of language.md has the words and signs of the parser's") {
  const std::set<std::string> words = words_of_parser();
  CHECK(Peg(grammar_manual().fence("grammar").text).words() == words);
  for (const std::string& word : words) {
    INFO(word);
    CHECK((!std::isalpha(static_cast<unsigned char>(word[0])) || grammar_manual().quotes(word)));
  }
}

TEST_CASE("The grammar of language.md reads what the parser reads, and nothing else") {
  const Peg grammar(grammar_manual().fence("grammar").text);
  const std::vector<std::string> texts = rule_texts();
  REQUIRE(texts.size() > 50);
  std::vector<std::string> others;
  for (const std::string& text : texts)
    for (std::string& each : split(text)) others.push_back(std::move(each));
  Random random(1);
  std::size_t accepted = 0, refused = 0;
  for (const std::string& text : texts) {
    std::vector<std::string> variants = {text};
    const std::vector<std::string> tokens = split(text);
    for (int i = 0; i < 30 && !tokens.empty(); ++i) variants.push_back(changed(tokens, others, random));
    for (const std::string& variant : variants) {
      const bool wanted = parser_accepts(variant);
      ++(wanted ? accepted : refused);
      if (grammar.accepts(variant) != wanted) {
        INFO((wanted ? "the parser reads this: " : "the parser refuses this: ") << variant);
        CHECK(false);
      }
    }
  }
  CHECK(accepted > 500);
  CHECK(refused > 500);
}

}  // namespace rw::test
