// What the rules of the grammar do, in four headers that parse.cpp alone includes: this one for words, then
// formula_actions.hpp, clause_actions.hpp and test_actions.hpp.
//
//   RW_WORD(RULE) { ... }          a word: `reading` takes it, whatever is being built
//   RW_ON(RULE, PIECE) { ... }     inside of PIECE: changes `piece`; `at` is where RULE stands
//   RW_BUILDS(RULE, PIECE) { ... } RULE builds a PIECE; once it is read, `built` goes into what is `around` it
#pragma once

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include "dsl/syntax/grammar.hpp"
#include "dsl/syntax/reading.hpp"

namespace rw::dsl {

template <typename Rule>
struct Action : tao::pegtl::nothing<Rule> {};

#define RW_WORD(...)                                                                \
  template <>                                                                       \
  struct Action<grammar::__VA_ARGS__> {                                             \
    template <typename Input, typename State>                                       \
    static void apply(const Input& in, State& state) {                              \
      take(state.reading, in.begin(), in.end());                                    \
    }                                                                               \
    static void take(Reading& reading, const char* begin, const char* end);         \
  };                                                                                \
  inline void Action<grammar::__VA_ARGS__>::take([[maybe_unused]] Reading& reading, \
                                                 [[maybe_unused]] const char* begin, [[maybe_unused]] const char* end)

#define RW_ON(RULE, PIECE)                                                                                  \
  template <>                                                                                               \
  struct Action<grammar::RULE> {                                                                            \
    template <typename Input>                                                                               \
    static void apply(const Input& in, Building<PIECE>& state) {                                            \
      take(state.piece, state.reading, state.reading.extent(in.begin()));                                   \
    }                                                                                                       \
    static void take(PIECE& piece, Reading& reading, Position at);                                          \
  };                                                                                                        \
  inline void Action<grammar::RULE>::take([[maybe_unused]] PIECE& piece, [[maybe_unused]] Reading& reading, \
                                          [[maybe_unused]] Position at)

// The same for a rule that stands in pieces of several sorts.
#define RW_ON_ANY(RULE)                              \
  template <>                                        \
  struct Action<grammar::RULE> {                     \
    template <typename Input, typename State>        \
    static void apply(const Input&, State& state) {  \
      take(state.piece, state.reading);              \
    }                                                \
    static void take(auto& piece, Reading& reading); \
  };                                                 \
  inline void Action<grammar::RULE>::take(auto& piece, [[maybe_unused]] Reading& reading)

#define RW_BUILDS(RULE, PIECE)                                                         \
  template <>                                                                          \
  struct Action<grammar::RULE> : tao::pegtl::change_state<Building<PIECE>> {           \
    template <typename Input, typename Around>                                         \
    static void success(const Input&, Building<PIECE>& state, Around& around) {        \
      give(state.piece, around.piece, state.reading, state.extent());                  \
    }                                                                                  \
    static void give(PIECE& built, auto& around, Reading& reading, Position at);       \
  };                                                                                   \
  inline void Action<grammar::RULE>::give(PIECE& built, [[maybe_unused]] auto& around, \
                                          [[maybe_unused]] Reading& reading, [[maybe_unused]] Position at)

inline std::string unescape(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  for (std::size_t i = 0; i < body.size(); ++i) {
    const bool escape = body[i] == '\\';
    if (escape) ++i;
    out += escape && body[i] == 'n' ? '\n' : body[i];
  }
  return out;
}

RW_WORD(gap) { reading.token_end = begin; }
RW_WORD(mark<','>) { reading.comma = begin; }
RW_WORD(rule_open) { reading.braces.push_back(begin); }
RW_WORD(region_open) { reading.braces.push_back(begin); }
RW_WORD(match_open) { reading.braces.push_back(begin); }
RW_WORD(replace_open) { reading.braces.push_back(begin); }
RW_WORD(match_close) { reading.braces.pop_back(); }
RW_WORD(replace_close) { reading.braces.pop_back(); }
RW_WORD(test_open) { reading.braces.push_back(begin); }
RW_WORD(rule_close) { reading.braces.pop_back(); }
RW_WORD(region_close) { reading.braces.pop_back(); }
RW_WORD(becomes_open) { reading.braces.push_back(begin); }
RW_WORD(becomes_close) { reading.braces.pop_back(); }
RW_WORD(type_text) { reading.word = {std::string(begin, end), reading.at(begin, end)}; }
RW_WORD(test_close) { reading.braces.pop_back(); }
RW_WORD(name_text) { reading.name = {std::string(begin, end), reading.at(begin, end)}; }
RW_WORD(operator_text) { reading.oper = {std::string(begin, end), reading.at(begin, end)}; }
RW_WORD(law_text) { reading.word = {std::string(begin, end), reading.at(begin, end)}; }
RW_WORD(constant_text) { reading.word = {std::string(begin, end), reading.at(begin, end)}; }
RW_WORD(attribute_text) { reading.word = {std::string(begin, end), reading.at(begin, end)}; }
RW_WORD(setting_text) { reading.word = {std::string(begin, end), reading.at(begin, end)}; }
RW_WORD(open_quote) { reading.quote = begin; }
RW_WORD(string_body) {
  const std::string_view body(begin, static_cast<std::size_t>(end - begin));
  reading.string = {unescape(body), reading.at(begin - 1, end + 1)};
}
RW_WORD(number_text) {
  reading.number_word = {std::string(begin, end), reading.at(begin, end)};
  const auto result = std::from_chars(begin, end, reading.number);
  if (result.ec != std::errc::result_out_of_range) return;
  // What is too small to be told from 0 is 0; what is too large is a mistake.
  reading.number = std::strtod(reading.number_word.text.c_str(), nullptr);
  if (!std::isinf(reading.number)) return;
  throw Refusal{{Severity::error, "bad-number", reading.number_word.at, "this number is too large", "at most 1.7e308"}};
}

// A number with a sign before it, or without.
inline tree::NumberArgument signed_number(const Reading& reading, Position at) {
  const bool negative = reading.text[at.offset] == '-';
  return {{}, negative ? -reading.number : reading.number, {(negative ? "-" : "") + reading.number_word.text, at}};
}

}  // namespace rw::dsl
