// The tables of docs/language.md name every word that rule files may use, and no other.
#include "dsl/text/diagnostic.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "tests/docs/manual.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {
namespace {

using Words = std::set<std::string>;

Words first_words(const std::vector<std::string>& texts) {
  Words words;
  for (const std::string& text : texts) words.insert(first_word(text));
  return words;
}

template <typename Rows, typename Name>
Words names_of(const Rows& rows, Name name) {
  Words words;
  for (const auto& row : rows) words.insert(std::string(row.*name));
  return words;
}

}  // namespace

TEST_CASE("The tables of language.md name every word of the vocabulary, and no other") {
  const Manual manual("docs/language.md");
  const dsl::Vocabulary& words = runtime::vocabulary();
  CHECK(first_words(manual.words("law")) == names_of(words.laws, &dsl::LawWord::name));
  CHECK(first_words(manual.words("action")) == names_of(words.actions, &dsl::ActionWord::name));
  CHECK(first_words(manual.words("function")) == names_of(words.functions, &dsl::FunctionWord::name));
  CHECK(first_words(manual.words("field")) == names_of(words.fields, &dsl::FieldWord::name));
  CHECK(first_words(manual.words("pattern function")) ==
        names_of(words.pattern_functions, &dsl::PatternFunctionWord::name));
  CHECK(first_words(manual.words("pattern field")) == names_of(words.pattern_fields, &dsl::PatternFieldWord::name));
  Words parameters;
  for (const dsl::LawWord& law : words.laws)
    for (const dsl::LawParameter& each : law.parameters) parameters.emplace(each.name);
  CHECK(first_words(manual.words("parameter")) == parameters);
  for (const std::string_view reduction : words.reductions) CHECK(manual.quotes(reduction));
}

TEST_CASE("language.md tells every kind of mistake") {
  const std::vector<std::string> told = Manual("docs/language.md").words("kind of mistake");
  CHECK(Words(told.begin(), told.end()) == names_of(dsl::diagnostic_codes(), &dsl::DiagnosticCode::code));
}

}  // namespace rw::test
