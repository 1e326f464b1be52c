#include "dsl/syntax/parse.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

#include "dsl/syntax/actions.hpp"
#include "dsl/syntax/clause_actions.hpp"
#include "dsl/syntax/formula_actions.hpp"
#include "dsl/syntax/grammar.hpp"
#include "dsl/syntax/messages.hpp"
#include "dsl/syntax/reading.hpp"
#include "dsl/syntax/test_actions.hpp"
#include "dsl/syntax/tokens.hpp"
#include "dsl/text/characters.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

namespace peg = tao::pegtl;

// ---- what goes wrong ----

// A commit point failed.
struct Failure {
  const char* at;
  const grammar::Message* message;
};

template <typename Rule>
struct Control : peg::normal<Rule> {
  // A rule with a message leaves the input where it began, so that the message points there.
  template <peg::apply_mode A, peg::rewind_mode M, template <typename...> class Action,
            template <typename...> class Self, typename Input, typename... States>
  static bool match(Input& in, States&&... states) {
    constexpr peg::rewind_mode mode = grammar::message<Rule>.code.empty() ? M : peg::rewind_mode::required;
    return peg::normal<Rule>::template match<A, mode, Action, Self>(in, states...);
  }

  template <typename Input, typename... States>
  [[noreturn]] static void raise(const Input& in, States&&...) {
    static_assert(!grammar::message<Rule>.code.empty(), "a commit point without a message");
    throw Failure{in.current(), &grammar::message<Rule>};
  }
};

// ---- messages ----

std::string describe(std::string_view token) {
  if (token.empty()) return "the end of the file";
  if (token[0] == '"') return token.size() > 40 ? "a string" : fmt::format("the string {}", token);
  return fmt::format("'{}'", token);
}

bool is_reserved(std::string_view token) {
  peg::memory_input in(token.data(), token.size(), "");
  return peg::parse<grammar::reserved>(in);
}

std::string hint_for(const grammar::Message& message, std::string_view found) {
  if (!message.hint.empty()) return std::string(message.hint);
  if (found.empty()) return "";
  const std::vector<std::string_view> words(message.words.begin(), message.words.end());
  if (std::string hint = did_you_mean(found, words); !hint.empty()) return hint;
  if (message.wants == grammar::Wants::name) {
    if (is_reserved(found)) return fmt::format("'{}' is a word of the language: choose another name", found);
    if (found[0] >= 'A' && found[0] <= 'Z') return "names begin with a small letter";
    if (found[0] == '_') return "names begin with a letter";
  }
  if (message.wants == grammar::Wants::operator_name && is_word(found[0])) {
    return "operators begin with a capital letter, or with a domain: my::Op";
  }
  return "";
}

// Where the message points and what it says of what is there.
Diagnostic explain(const Reading& reading, const Failure& failure) {
  const grammar::Message& message = *failure.message;
  const std::string_view rest = reading.text.substr(static_cast<std::size_t>(failure.at - reading.text.data()));
  if (message.code == "unterminated-string") {
    return {Severity::error, message.code, reading.at(reading.quote, failure.at), std::string(message.text),
            std::string(message.hint)};
  }
  if (message.code == "bad-escape") {
    const char* end =
        failure.at + (rest.empty() || rest[0] == '\n' ? 0 : std::max<std::size_t>(character_length(rest), 1));
    return {Severity::error, message.code, reading.at(failure.at - 1, end), std::string(message.text),
            std::string(message.hint)};
  }
  const std::string_view found = front_token(rest);
  std::string text(message.text);
  if (text.starts_with("expected")) text += ", found " + describe(found);
  if (message.code == "trailing-comma") {
    return {Severity::error, message.code, reading.at(reading.comma, reading.comma + 1), std::move(text),
            std::string(message.hint)};
  }
  // What is missing at the end of the file is missing behind the last word, not on the empty line after it.
  const char* at = found.empty() && reading.token_end != nullptr ? reading.token_end : failure.at;
  return {Severity::error, message.code, reading.at(at, at + found.size()), std::move(text), hint_for(message, found)};
}

Diagnostic explain(const Reading& reading, const grammar::TooDeep& failure) {
  const std::string_view found =
      front_token(reading.text.substr(static_cast<std::size_t>(failure.at - reading.text.data())));
  return {Severity::error, "too-deep", reading.at(failure.at, failure.at + found.size()),
          fmt::format("formulas are nested at most {} deep", tree::kMaxNesting), "give a part of it a name with `let`"};
}

// ---- from error to error ----

// What is around the declarations.
struct Root {
  Reading& reading;
  tree::File& piece;
};

// Parses from `from` to the end or to an error, which is added. Returns where to go on.
const char* parse_some(Reading& reading, const char* from, Diagnostics& diagnostics) {
  const char* const end = reading.text.data() + reading.text.size();
  peg::memory_input<peg::tracking_mode::lazy> in(from, end, "");
  Root root{reading, reading.file};
  reading.token_end = nullptr;
  reading.declares.reset();
  const auto fail = [&](Diagnostic diagnostic, const char* at) {
    if (reading.declares) reading.file.broken.push_back(std::move(*reading.declares));
    diagnostics.push_back(std::move(diagnostic));
    return reading.items > tree::kMaxItems ? end : next_declaration(reading.text, at);
  };
  try {
    peg::parse<grammar::file, Action, Control>(in, root);
  } catch (const Failure& failure) {
    // A string without an end has been read to the end of its line; the failing place is behind it already.
    return fail(explain(reading, failure), failure.at);
  } catch (const grammar::TooDeep& failure) {
    return fail(explain(reading, failure), failure.at);
  } catch (const Refusal& refusal) {
    return fail(refusal.diagnostic, reading.text.data() + refusal.diagnostic.at.offset);
  }
  return end;
}

}  // namespace

tree::File parse(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics) {
  tree::File file;
  file.source = source;
  const std::string_view text = sources[source].text;
  assert(text.size() <= tree::kMaxFileSize && "whoever reads files bounds them");
  if (const std::optional<Position> bad = first_bad_byte(text, source)) {
    diagnostics.push_back({Severity::error, "encoding", *bad, "this byte is not UTF-8", "save the file as UTF-8"});
    return file;
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  file.comments = comments_of(text, source);
  Reading reading{text, file};
  const char* at = text.data() + (text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  const char* const end = text.data() + text.size();
  for (std::size_t errors = 0; at != end && errors <= kMaxErrors; ++errors) at = parse_some(reading, at, diagnostics);
  return file;
}

}  // namespace rw::dsl
