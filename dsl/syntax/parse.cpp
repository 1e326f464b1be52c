#include "dsl/syntax/parse.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

#include "dsl/syntax/actions.hpp"
#include "dsl/syntax/clause_actions.hpp"
#include "dsl/syntax/formula_actions.hpp"
#include "dsl/syntax/grammar.hpp"
#include "dsl/syntax/messages.hpp"
#include "dsl/syntax/pattern_actions.hpp"
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

// What is written otherwise in other languages, by the text that stands there.
struct Habit {
  std::string_view text, hint;
};
constexpr Habit kHabits[] = {
    {"//", "a comment begins with #"},
    {"/*", "a comment begins with #"},
    {"'", "a text stands in \" \""},
    {"\u2018", "a text stands in \" \""},
    {"\u2019", "a text stands in \" \""},
    {"\u201c", "a text stands in \" \""},
    {"\u201d", "a text stands in \" \""},
    {"\u201e", "a text stands in \" \""},
    {"?", "write `if C then A else B`"},
    {";", "nothing stands between clauses: take it out"},
    {"%", "numbers have no units: 20 % is 0.2"},
    {"in ", "write x == 1 or x == 2; `in` goes with `let`"},
    {"|", "write `or` between conditions and ways to match, a comma between operators, abs(x) for a magnitude"},
    {"=~", "a text is compared with a pattern: p.name like \"conv*\""},
};

// The same of words, where no clause and no declaration begins so.
constexpr Habit kWordHabits[] = {
    {"if", "a condition is a clause: where C; `if C then A else B` is a value"},
    {"for", "a rule is carried out for each region or match by itself"},
    {"import", "write use \"std\" for names, include \"equalization\" for rules that run"},
    {"except", "`except` stands once, behind the last operator: A, B except C, D"},
    {"opset", "it is a line of a test: test r \"title\" { opset 20 ... }"},
};

// Of elements, in tests.
constexpr std::string_view kTypes[] = {"float16", "bfloat16", "float32", "float64", "int8",   "uint8", "int16",
                                       "uint16",  "int32",    "uint32",  "int64",   "uint64", "bool"};

// Units that stand behind a number elsewhere; some of them are near a word of the language.
constexpr std::string_view kUnits[] = {"dB",  "db",   "ms",      "us", "ns", "s", "px",
                                       "bit", "bits", "percent", "KB", "MB", "GB"};

// `found` is a name and stands behind this word on its line.
bool is_name_behind(const Reading& reading, const tree::Word& word, std::string_view found) {
  const char* end = reading.token_end;
  return is_word(found[0]) && !is_reserved(found) && end != nullptr && word.at.length > 0 &&
         end == reading.text.data() + word.at.offset + word.at.length &&
         std::find(end, found.data(), '\n') == found.data();
}

std::string hint_for_unit(const Reading& reading, std::string_view found) {
  constexpr std::string_view kClauses[] = {"match", "replace", "approximate"};  // words, though not reserved
  const bool clause = std::find(std::begin(kClauses), std::end(kClauses), found) != std::end(kClauses);
  if (clause || (found[0] >= '0' && found[0] <= '9')) return "";
  if (!is_name_behind(reading, reading.number_word, found)) return "";
  return fmt::format("numbers have no units: take out '{}'", found);
}

// An attribute behind an operator, in a place where it has none.
std::string hint_for_attribute(const Reading& reading, const grammar::Message& message, std::string_view found) {
  if (found == "means") return "a law stands before it: op my::Half law pass means Relu";
  if (!is_name_behind(reading, reading.oper, found)) return "";
  const bool argument =
      &message == &grammar::message<grammar::action_close> || &message == &grammar::message<grammar::call_close>;
  return argument ? "an operator stands here without attributes"
                  : "ask for an attribute behind `where`: Conv where group == 1";
}

// A number in quotes, a word where numbers stand, a reason without quotes, a clause that is left off.
std::string hint_for_line(const Reading& reading, const grammar::Message& message, std::string_view found) {
  const auto is = [&](const grammar::Message& other) { return &message == &other; };
  if (found[0] == '"' && message.text.find("number") != std::string_view::npos && found.size() > 2 &&
      found.find_first_not_of("0123456789.eE+-", 1) == found.size() - 1)
    return fmt::format("a number stands without quotes: {}", found.substr(1, found.size() - 2));
  if (is(grammar::message<grammar::list_close>) && is_word(found[0]))
    return fmt::format("a test is made of numbers: write one for '{}'", found);
  if (is(grammar::message<grammar::reason>) && is_word(found[0]))
    return "a reason stands in quotes: else \"too small\"";
  if (is(grammar::message<grammar::until_word>))
    return fmt::format("write repeat {} until change < 0.01", reading.number_word.text);
  if (is(grammar::message<grammar::node_operator>) && found == "input")
    return "an input is written: input x [1, 3, 8, 8]";
  const std::string& name = reading.name.text;
  const auto& lines = grammar::kTestWords;
  const bool value = std::string_view("\"[-0123456789").find(found[0]) != std::string_view::npos;
  if (is(grammar::message<grammar::node_operator>) && value)
    return std::find(std::begin(lines), std::end(lines), name) != std::end(lines)
               ? fmt::format("no = stands behind it: {} {}", name, found)
               : fmt::format("an attribute has no =: Softmax(x) {} {}", name, found);
  if (is(grammar::message<grammar::line_alternatives>) && value)
    return "settings have no =: Conv(x, constant w) group 1";
  return "";
}

// What stands behind this token.
std::string_view behind(std::string_view rest, std::string_view found) {
  const std::size_t at = rest.find_first_not_of(" \t", found.size());
  return at == std::string_view::npos ? std::string_view() : rest.substr(at);
}

std::string hint_for_word(const grammar::Message& message, std::string_view rest, std::string_view found) {
  const bool clause = &message == &grammar::message<grammar::rule_close>;
  if (!is_word(found[0]) || (!clause && &message != &grammar::message<grammar::end_of_file>)) return "";
  for (const Habit& habit : kWordHabits)
    if (found == habit.text) return std::string(habit.hint);
  const std::string_view next = behind(rest, found);
  return clause && next.starts_with('=') && !next.starts_with("==")
             ? fmt::format("a value gets its name by `let`: let {} = ...", found)
             : "";
}

std::string hint_for_habit(const grammar::Message& message, std::string_view rest) {
  for (const Habit& habit : kHabits)
    if (rest.starts_with(habit.text)) return std::string(habit.hint);
  const auto is = [&](const grammar::Message& other) { return &message == &other; };
  if (rest.starts_with('[') && is(grammar::message<grammar::next_input>))
    return "say what the list is: weight, bias, positive, values or integers";
  if (rest.starts_with('{') && is(grammar::message<grammar::line_equal>)) return "is the { before it closed?";
  if (rest.starts_with('{') && is(grammar::message<grammar::first_term>))
    return "a list has no braces: set a = Conv, Gemm";
  if (rest.starts_with(',') && is(grammar::message<grammar::bracket_close>)) return "a list stands in [ ]: [0, 2, 1]";
  if (rest.starts_with(')') && message.text == grammar::message<grammar::value<grammar::expr>>.text)
    return "a call has something in its brackets: max(x, y); a field has none: p.max";
  const bool attribute = rest.starts_with('(') || rest.starts_with('.');
  if (attribute && is(grammar::message<grammar::law_word>)) return "ask in a guard: op Conv law block where group == 1";
  if (rest.starts_with('=') && is(grammar::message<grammar::node_close>))
    return "attributes stand behind the bracket: Conv(x, w) pads [1, 1]";
  if (rest.starts_with('}') && is(grammar::message<grammar::end_of_file>)) return "nothing is open that it would close";
  if (rest.starts_with('-') && is(grammar::message<grammar::rule_open>)) return "names have _ between their words";
  if (is(grammar::message<grammar::end_of_file>))
    return "a rule file has use, include, op, set, function, rule and test";
  return "";
}

bool is_declaration(std::string_view token) {
  return std::find(std::begin(kDeclarationWords), std::end(kDeclarationWords), token) != std::end(kDeclarationWords);
}

// A brace that is open where the file ends or the next declaration begins.
std::string hint_for_brace(const Reading& reading, const grammar::Message& message, std::string_view found) {
  const bool closes =
      &message == &grammar::message<grammar::rule_close> || &message == &grammar::message<grammar::region_close> ||
      &message == &grammar::message<grammar::match_close> || &message == &grammar::message<grammar::replace_close> ||
      &message == &grammar::message<grammar::becomes_close> || &message == &grammar::message<grammar::body_close> ||
      &message == &grammar::message<grammar::test_close>;
  if (!closes || reading.braces.empty() || !(found.empty() || is_declaration(found))) return "";
  return fmt::format("the {{ in line {} is not closed",
                     1 + std::count(reading.text.data(), reading.braces.back(), '\n'));
}

std::string hint_for_name(std::string_view found) {
  if (is_reserved(found)) return fmt::format("'{}' is a word of the language: choose another name", found);
  if (found[0] >= 'A' && found[0] <= 'Z') return "names begin with a small letter";
  return found[0] == '_' ? "names begin with a letter" : "";
}

std::string made_hint(const Reading& reading, const grammar::Message& message, std::string_view rest) {
  if (rest.starts_with("=~")) return hint_for_habit(message, rest);
  if (!message.hint.empty()) return std::string(message.hint);
  const std::string_view found = front_token(rest);
  if (std::string hint = hint_for_brace(reading, message, found); !hint.empty() || found.empty()) return hint;
  const std::string unit = hint_for_unit(reading, found);
  if (!unit.empty() && std::find(std::begin(kUnits), std::end(kUnits), found) != std::end(kUnits)) return unit;
  const std::vector<std::string_view> words(message.words.begin(), message.words.end());
  if (std::string hint = did_you_mean(found, words); !hint.empty()) return hint;
  if (!unit.empty()) return unit;
  if (std::string hint = hint_for_word(message, rest, found); !hint.empty()) return hint;
  if (std::string hint = hint_for_attribute(reading, message, found); !hint.empty()) return hint;
  if (std::string hint = hint_for_line(reading, message, found); !hint.empty()) return hint;
  if (std::string hint = hint_for_habit(message, rest); !hint.empty()) return hint;
  switch (message.wants) {
    case grammar::Wants::name:
      return hint_for_name(found);
    case grammar::Wants::term:
      return is_reserved(found) ? "name one at least: Conv" : hint_for_name(found);
    case grammar::Wants::operator_name:
      return is_word(found[0]) ? "operators begin with a capital letter, or with a domain: my::Op" : "";
    case grammar::Wants::anything:
      break;
  }
  return "";
}

std::string hint_for(const Reading& reading, const grammar::Message& message, std::string_view rest) {
  std::string made = made_hint(reading, message, rest);
  return made.empty() ? std::string(message.form) : made;
}

// float8, uint4: letters of a type, and digits.
bool is_like_type(std::string_view name) {
  return std::any_of(std::begin(kTypes), std::end(kTypes), [&](std::string_view each) {
    const std::string_view letters = each.substr(0, each.find_first_of("0123456789"));
    const std::string_view rest = name.starts_with(letters) ? name.substr(letters.size()) : "x";
    return rest.empty() || (rest[0] >= '0' && rest[0] <= '9');
  });
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
  const bool ends = found.empty() || is_reserved(found) ||
                    (found.size() == 1 && std::string_view(")]}").find(found[0]) != std::string_view::npos);
  if (message.code == "trailing-comma" && ends) {
    return {Severity::error, message.code, reading.at(reading.comma, reading.comma + 1), std::move(text),
            std::string(message.hint)};
  }
  if (message.code == "trailing-comma") {
    const std::string habit = hint_for_habit(message, rest);
    return {Severity::error, "syntax", reading.at(failure.at, failure.at + found.size()), std::move(text),
            habit.empty() ? std::string(message.form) : habit};
  }
  // A word that begins no line is read as the name of a tensor.
  if (&message == &grammar::message<grammar::node_equal>) {
    const std::string meant = did_you_mean(reading.name.text, {message.words.begin(), message.words.end()});
    if (!meant.empty())
      return {Severity::error, message.code, reading.name.at,
              fmt::format("no line of a test begins with '{}'", reading.name.text), meant};
    const std::string_view name = reading.name.text;
    if (is_like_type(name))
      return {Severity::error, message.code, reading.name.at, fmt::format("nobody knows the type '{}'", name),
              fmt::format("there are {}", fmt::join(kTypes, ", "))};
  }
  // What is missing at the end of the file is missing behind the last word, not on the empty line after it; so are the
  // operators of a list that ends before it has begun.
  const bool next_line = reading.token_end != nullptr && std::find(reading.token_end, failure.at, '\n') != failure.at;
  const bool belongs_behind =
      (message.wants == grammar::Wants::term && is_reserved(found)) || (message.behind && next_line);
  if ((found.empty() || belongs_behind) && reading.token_end != nullptr) {
    return {Severity::error, message.code, reading.at(reading.token_end, reading.token_end), std::move(text),
            hint_for(reading, message, rest)};
  }
  return {Severity::error, message.code, reading.at(failure.at, failure.at + found.size()), std::move(text),
          hint_for(reading, message, rest)};
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
  reading.depth = 0;
  reading.braces.clear();
  reading.declares.reset();
  reading.left.reset();
  const auto fail = [&](Diagnostic diagnostic, const char* at) {
    if (reading.declares) {
      reading.declares->rule = std::move(reading.left);
      reading.file.broken.push_back(std::move(*reading.declares));
    }
    diagnostics.push_back(std::move(diagnostic));
    return reading.items > tree::kMaxItems ? end : next_declaration(reading.text, at);
  };
  try {
    peg::parse<grammar::file, Action, Control>(in, root);
  } catch (const Failure& failure) {
    // Where a clause goes on as none can, it is the one before that is not whole.
    if (failure.message == &grammar::message<grammar::rule_close> && reading.left && !reading.left->clauses.empty())
      reading.left->clauses.pop_back();
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
  Reading reading{text, file};
  const char* at = text.data() + (text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  const char* const end = text.data() + text.size();
  for (std::size_t errors = 0; at != end && errors <= kMaxErrors; ++errors) at = parse_some(reading, at, diagnostics);
  return file;
}

}  // namespace rw::dsl
