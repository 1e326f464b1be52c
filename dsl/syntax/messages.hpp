// What is said where a commit point of the grammar fails: one row for each. Only parse.cpp includes this.
#pragma once

#include <span>
#include <string_view>

#include "dsl/syntax/grammar.hpp"
#include "dsl/syntax/tokens.hpp"

namespace rw::dsl::grammar {

enum class Wants : unsigned char { anything, name, operator_name, term };

struct Message {
  std::string_view code;  // empty: the rule has no message, it is no commit point
  std::string_view text;  // "expected ..." gets ", found ..." behind it
  std::string_view hint;  // empty: a hint is made from what was found, where there is one to make
  Wants wants = Wants::anything;
  std::span<const std::string_view> words;  // what could stand here, for "did you mean"
  bool behind = false;                      // it is missing behind the last word, also where that ends its line
};

inline constexpr std::string_view kClauseWords[] = {"region", "match", "replace", "approximate", "let",
                                                    "where",  "needs", "repeat",  "again",       "do"};
inline constexpr std::string_view kRegionWords[] = {"parents", "children", "through", "must", "join", "may", "leak"};
inline constexpr std::string_view kLeakWords[] = {"pin", "reject", "restore"};
inline constexpr std::string_view kLeakOtherwise[] = {"pin", "reject"};
inline constexpr std::string_view kThrough[] = {"through"};
inline constexpr std::string_view kThen[] = {"then"};
inline constexpr std::string_view kElse[] = {"else"};
inline constexpr std::string_view kIn[] = {"in"};
inline constexpr std::string_view kUntil[] = {"until"};
inline constexpr std::string_view kChange[] = {"change"};
inline constexpr std::string_view kLaw[] = {"law"};
inline constexpr std::string_view kJoin[] = {"join"};
inline constexpr std::string_view kTestWords[] = {"input", "output", "seed", "calibrate", "stats", "expect"};
inline constexpr std::string_view kStatistics[] = {"max", "min", "mean", "mean_square"};
inline constexpr std::string_view kMatch[] = {"match"};
inline constexpr std::string_view kExpectations[] = {"match", "scale", "no", "within", "becomes", "operators", "same"};
inline constexpr std::string_view kChannel[] = {"channel"};

constexpr Message expected(std::string_view text, std::string_view hint = "",
                           std::span<const std::string_view> words = {}) {
  return {"syntax", text, hint, Wants::anything, words};
}
constexpr Message behind(Message message) {
  message.behind = true;
  return message;
}
constexpr Message expected_name(std::string_view text) { return {"syntax", text, "", Wants::name, {}}; }
constexpr Message expected_operator(std::string_view text) { return {"syntax", text, "", Wants::operator_name, {}}; }
constexpr Message after_a_comma(std::string_view text) {
  return {"trailing-comma", text, "take out the comma", Wants::anything, {}};
}
constexpr Message instead(std::string_view code, std::string_view text, std::string_view hint) {
  return {code, text, hint, Wants::anything, {}};
}

template <typename Rule>
inline constexpr Message message = {};

#define RW_MESSAGE \
  template <>      \
  inline constexpr Message message

// clang-format off

// words
RW_MESSAGE<operator_tail>  = expected("expected the operator's name after '::'");
RW_MESSAGE<escaped> =
    instead("bad-escape", "a backslash in a string stands before \", \\ or n", "for a backslash write \\\\");
RW_MESSAGE<close_quote> =
    instead("unterminated-string", "this string has no end", "a string ends on its line, with \"");
RW_MESSAGE<number_end> =
    instead("bad-number", "a number cannot go on like this", "numbers have no units, and are written 3, 0.5 or 1e-30");

// formulas
template <typename R>
inline constexpr Message message<value<R>> = expected("expected a value");
RW_MESSAGE<no_single_equal>   = instead("single-equal", "'=' gives a name to a value", "to compare write ==");
RW_MESSAGE<no_second_compare> =
    instead("chained-comparison", "comparisons cannot be chained", "write `a < b and b < c`");
RW_MESSAGE<no_power>          = instead("no-such-sign", "there is no sign for powers", "write pow(x, y)");
RW_MESSAGE<no_remainder> =
    instead("no-such-sign", "'%' is no sign of formulas", "there is no remainder, and 20 % is 0.2");
RW_MESSAGE<no_ampersands>     = instead("no-such-sign", "conditions are joined by a word", "write `and`");
RW_MESSAGE<no_bars>           = instead("no-such-sign", "conditions are joined by a word", "write `or`");
RW_MESSAGE<no_exclamation>    = instead("no-such-sign", "conditions are negated by a word", "write `not`");
RW_MESSAGE<field>             = expected("expected a field or an attribute after '.'");
RW_MESSAGE<after_comma>       = after_a_comma("expected another argument after ','");
RW_MESSAGE<call_close>        = expected("expected ',' or ')' after an argument");
RW_MESSAGE<bracket_close>     = expected("expected ')'");
RW_MESSAGE<then_word>         = expected("expected `then` after the condition", "", kThen);
RW_MESSAGE<else_word>         = expected("expected `else`: `if` has a value in both cases", "", kElse);
RW_MESSAGE<let_name>          = expected_name("expected a name after `let`");
RW_MESSAGE<let_equal>         = expected("expected '=' after the name");
RW_MESSAGE<in_word>           = expected("expected `in` after the value of `let`", "", kIn);
RW_MESSAGE<quantifier_name>   = expected_name("expected the name of a set of nodes");
RW_MESSAGE<quantifier_colon>  = expected("expected ':' after the set");
RW_MESSAGE<like_pattern>      = expected("expected a pattern in quotes after `like`");

RW_MESSAGE<after_item>        = after_a_comma("expected another item of the list after ','");
RW_MESSAGE<items_close>       = expected("expected ',' or ']' after an item of the list");
RW_MESSAGE<nested<subscript_value>> = expected("expected a position, or two with ':' between them");
RW_MESSAGE<subscript_close>   = expected("expected ']' after the position");

// terms
RW_MESSAGE<first_term>         = {"syntax", "expected an operator, a set or a law", "", Wants::term, {}};
RW_MESSAGE<next_term>          = after_a_comma("expected an operator, a set or a law after ','");
RW_MESSAGE<term_law_name>      = expected_name("expected a law after `law`: law pass");
RW_MESSAGE<no_dot> =
    instead("syntax", "a name of an operator or set has no dot",
            "write Conv, or with a domain my::Conv; ask for an attribute behind it: conv where group == 1");
RW_MESSAGE<no_attribute> =
    instead("syntax", "an operator is named without its attributes", "ask for one behind it: Conv where group == 1");
RW_MESSAGE<channel_word>       = expected("expected `channel` after `on`", "", kChannel);
RW_MESSAGE<guard_value>        = expected("expected a condition after `where`");
RW_MESSAGE<as_name>            = expected_name("expected a name after `as`");
RW_MESSAGE<argument_equal>     = expected("expected '=' and a number after the name");
RW_MESSAGE<argument_number>    = expected("expected a number after '='");
RW_MESSAGE<first_argument>     = expected_name("expected a name and a number: `lo = 1`");
RW_MESSAGE<next_argument>      = after_a_comma("expected a name and a number after ','");
RW_MESSAGE<arguments_close>    = expected("expected ',' or ')' after a number");

// clauses of a region
RW_MESSAGE<join_word>          = expected("expected `join` after `may`", "", kJoin);
RW_MESSAGE<through_required>   = expected("expected `through` after `must`", "", kThrough);
RW_MESSAGE<leak_choice>        = expected("expected `pin`, `reject` or `restore` after `leak`", "", kLeakWords);
RW_MESSAGE<leak_else> =
    expected("expected `else` behind what is restored", "leak restore Sigmoid else pin", kElse);
RW_MESSAGE<leak_otherwise>     = expected("expected `pin` or `reject` after `else`", "", kLeakOtherwise);
RW_MESSAGE<no_name_of_through> = instead("syntax", "`through` gives no name", "parents, children and join do");
RW_MESSAGE<region_name>        = expected_name("expected a name after `region`");
RW_MESSAGE<region_open>        = expected("expected '{' after the region's name");
RW_MESSAGE<region_close>       = expected("expected a clause of the region or '}'", "", kRegionWords);

// clauses of a rule
RW_MESSAGE<chain_is_gone> =
    instead("syntax", "`chain` is no clause: operators are found with `match`",
            "Relu behind Relu: match { y = Relu(x) z = Relu(y) } replace { z = Relu(x) }");
RW_MESSAGE<clause_let_name> = expected_name("expected a name after `let`");
RW_MESSAGE<clause_value>    = expected("expected a value after '='");
RW_MESSAGE<condition_value> = expected("expected a condition");
RW_MESSAGE<reason>          = expected("expected the reason in quotes after `else`");
RW_MESSAGE<no_bare_reason> =
    instead("missing-else", "a reason stands behind `else`", "write `else` before the reason");
RW_MESSAGE<repeat_count>    = expected("expected a number after `repeat`");
RW_MESSAGE<until_word>      = behind(expected("expected `until change <` and a number", "", kUntil));
RW_MESSAGE<change_word>     = expected("expected `change <` and a number after `until`", "", kChange);
RW_MESSAGE<change_less>     = expected("expected '<' after `change`");
RW_MESSAGE<change_limit>    = expected("expected a number after '<'");
RW_MESSAGE<action_name>     = expected_name("expected an action after `do`");
RW_MESSAGE<action_open>     = expected("expected '(' after the action");
RW_MESSAGE<action_close>    = expected("expected ',' or ')' after an argument");

// match and replace
RW_MESSAGE<match_open>         = expected("expected '{' after `match`");
RW_MESSAGE<first_match_line>   = expected("expected a line of the pattern: y = Relu(x)");
RW_MESSAGE<match_close>        = expected("expected a line of the pattern or '}'");
RW_MESSAGE<next_output>        = after_a_comma("expected the name of an output after ','");
RW_MESSAGE<line_equal>         = expected("expected '=' after the outputs: y = Relu(x)");
RW_MESSAGE<line_alternatives>  = {"syntax", "expected an operator, a set or a law after '='", "", Wants::term, {}};
RW_MESSAGE<next_alternative>   = {"syntax", "expected an operator, a set, a law or a tensor after `or`", "", Wants::term, {}};
RW_MESSAGE<found_law_name>     = expected_name("expected a law after `law`: law linear(x, constant w)");
RW_MESSAGE<found_open>         = expected("expected '(' and what the operator reads");
RW_MESSAGE<next_operand>       = after_a_comma("expected an operand after ','");
RW_MESSAGE<operands_close>     = expected("expected ',' or ')' after an operand");
RW_MESSAGE<setting_value>      = expected("expected a value of the setting");
RW_MESSAGE<default_value>      = expected("expected a number, inf or none after `or`");
RW_MESSAGE<operand_formula>    = expected("expected a number");
RW_MESSAGE<replace_open>       = expected("expected '{' after `replace`");
RW_MESSAGE<first_replace_line> = expected("expected a line of the replacement: y = Relu(x)");
RW_MESSAGE<replace_close>      = expected("expected a line of the replacement or '}'");
RW_MESSAGE<made_line_value>    = expected("expected an operator, a tensor or a formula after '='");
RW_MESSAGE<made_like_name>     = expected_name("expected the name of an operator of the match after `like`");
RW_MESSAGE<why_approximate>    = expected("expected in quotes why after `approximate`");

// tests
RW_MESSAGE<next_item>       = after_a_comma("expected a number after ','");
RW_MESSAGE<list_close>      = expected("expected ',' or ']' after a number");
RW_MESSAGE<wanted_list>     = expected("expected a shape: [1, 3, 8, 8]");
RW_MESSAGE<wanted_numbers>  = expected("expected a number, or several in [ ]");
RW_MESSAGE<first_name>      = expected_name("expected the name of a tensor");
RW_MESSAGE<next_name>       = after_a_comma("expected the name of a tensor after ','");
RW_MESSAGE<first_statistic> = expected("expected statistics, and a number of each channel: min [0, 0] max [1, 2]", "", kStatistics);
RW_MESSAGE<second_name>     = expected_name("expected the name of a second tensor: expect same a b");
RW_MESSAGE<next_input>      = after_a_comma("expected a tensor or a constant after ','");
RW_MESSAGE<node_equal>      = expected("expected '=' and an operator: b = Relu(a)", "", kTestWords);
RW_MESSAGE<node_operator>   = expected_operator("expected an operator after '='");
RW_MESSAGE<node_open>       = expected("expected '(' after the operator");
RW_MESSAGE<node_close>      = expected("expected ',' or ')' after an input");
RW_MESSAGE<match_word>      = expected("expected `match` after `no`", "", kMatch);
RW_MESSAGE<expectation>     = expected("expected `match`, `scale`, `no match`, `within`, `becomes`, `operators` or `same` after `expect`", "", kExpectations);
RW_MESSAGE<becomes_open>       = expected("expected '{' after `becomes`");
RW_MESSAGE<first_becomes_line> = expected("expected a line of the network: y = Relu(x)");
RW_MESSAGE<becomes_close>      = expected("expected a line of the network or '}'");
RW_MESSAGE<first_left>         = expected_operator("expected the operators that are left, or `none`");
RW_MESSAGE<next_left>          = after_a_comma("expected an operator after ','");

// declarations
RW_MESSAGE<use_path>        = expected("expected a file in quotes after `use`");
RW_MESSAGE<no_limit_of_use> = instead("syntax", "`use` runs nothing", "write `include` for `use`: the rules of the file run at this place");
RW_MESSAGE<include_path>    = expected("expected a file in quotes after `include`");
RW_MESSAGE<far_as_exact>    = expected("expected `as far as exact`, or nothing, behind the file");
RW_MESSAGE<first_operator>  = expected_operator("expected an operator after `op`");
RW_MESSAGE<next_operator>   = after_a_comma("expected an operator after ','");
RW_MESSAGE<law_word>        = expected("expected `law` after the operators", "", kLaw);
RW_MESSAGE<law_name>        = expected_name("expected a law after `law`");
RW_MESSAGE<meaning>         = expected("expected after `means` an operator, or names and lines: (x) { s = Sigmoid(x) y = Mul(x, s) }");
RW_MESSAGE<first_means_param> = expected_name("expected a name of what the operator reads");
RW_MESSAGE<next_means_param>  = after_a_comma("expected a name of what the operator reads after ','");
RW_MESSAGE<means_close>     = expected("expected ',' or ')' after a name");
RW_MESSAGE<body_open>       = expected("expected '{' and the lines that compute it");
RW_MESSAGE<first_body_line> = expected("expected a line: y = Relu(x)");
RW_MESSAGE<body_close>      = expected("expected a line or '}'");
RW_MESSAGE<set_name>        = expected_name("expected a name after `set`");
RW_MESSAGE<set_equal>       = expected("expected '=' after the set's name");
RW_MESSAGE<function_name>   = expected_name("expected a name after `function`");
RW_MESSAGE<params_open>     = expected("expected '(' after the function's name");
RW_MESSAGE<first_param>     = expected_name("expected the name of a parameter");
RW_MESSAGE<next_param>      = after_a_comma("expected the name of a parameter after ','");
RW_MESSAGE<param_number>    = expected("expected a number after '='");
RW_MESSAGE<params_close>    = expected("expected ',' or ')' after a parameter");
RW_MESSAGE<function_equal>  = expected("expected '=' after the parameters");
RW_MESSAGE<function_body>   = expected("expected a value after '='");
RW_MESSAGE<tested_rule>     = expected_name("expected the name of a rule after `test`");
RW_MESSAGE<test_title>      = expected("expected a title in quotes after the rule's name");
RW_MESSAGE<test_open>       = expected("expected '{' after the title");
RW_MESSAGE<test_close>      = expected("expected a line of the test or '}'", "", kTestWords);
RW_MESSAGE<rule_name>       = expected_name("expected a name after `rule`");
RW_MESSAGE<rule_open>       = expected("expected '{' after the rule's name and parameters");
RW_MESSAGE<rule_close>      = expected("expected a clause or '}'", "", kClauseWords);
RW_MESSAGE<end_of_file>     = expected("expected a declaration", "", kDeclarationWords);

// clang-format on
#undef RW_MESSAGE

}  // namespace rw::dsl::grammar
