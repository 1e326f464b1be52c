// What is said where a commit point of the grammar fails: one row for each. Only parse.cpp includes this.
#pragma once

#include <span>
#include <string_view>

#include "dsl/syntax/grammar.hpp"
#include "dsl/syntax/tokens.hpp"

namespace rw::dsl::grammar {

enum class Wants : unsigned char { anything, name, operator_name, term };

struct Message {
  std::string_view code = {};  // empty: the rule has no message, it is no commit point
  std::string_view text = {};  // "expected ..." gets ", found ..." behind it
  std::string_view hint = {};  // empty: one is made from what was found, or else it is `form`
  Wants wants = Wants::anything;
  std::span<const std::string_view> words = {};  // what could stand here, for "did you mean"
  bool behind = false;                           // it is missing behind the last word, also where that ends its line
  std::string_view form = {};                    // how it is written
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
inline constexpr std::string_view kTestWords[] = {"input", "output", "seed", "opset", "calibrate", "stats", "expect"};
inline constexpr std::string_view kStatistics[] = {"max", "min", "mean", "mean_square"};
inline constexpr std::string_view kMatch[] = {"match"};
inline constexpr std::string_view kExpectations[] = {"match", "scale", "no", "within", "becomes", "operators", "same"};
inline constexpr std::string_view kChannel[] = {"channel"};

constexpr Message expected(std::string_view text, std::string_view form, std::span<const std::string_view> words = {}) {
  return {.code = "syntax", .text = text, .words = words, .form = form};
}
constexpr Message behind(Message message) {
  message.behind = true;
  return message;
}
constexpr Message expected_name(std::string_view text, std::string_view form) {
  return {.code = "syntax", .text = text, .wants = Wants::name, .form = form};
}
constexpr Message expected_operator(std::string_view text, std::string_view form) {
  return {.code = "syntax", .text = text, .wants = Wants::operator_name, .form = form};
}
constexpr Message expected_term(std::string_view text, std::string_view form) {
  return {.code = "syntax", .text = text, .wants = Wants::term, .form = form};
}
constexpr Message after_a_comma(std::string_view text, std::string_view form) {
  return {.code = "trailing-comma", .text = text, .hint = "take out the comma", .form = form};
}
constexpr Message instead(std::string_view code, std::string_view text, std::string_view hint) {
  return {.code = code, .text = text, .hint = hint};
}

template <typename Rule>
inline constexpr Message message = {};

#define RW_MESSAGE \
  template <>      \
  inline constexpr Message message

// clang-format off

// words
RW_MESSAGE<operator_tail>  = expected("expected the operator's name after '::'", "as in: my::Swirl");
RW_MESSAGE<escaped> =
    instead("bad-escape", "a backslash in a string stands before \", \\ or n", "for a backslash write \\\\");
RW_MESSAGE<close_quote> =
    instead("unterminated-string", "this string has no end", "a string ends on its line, with \"");
RW_MESSAGE<number_end> =
    instead("bad-number", "a number cannot go on like this", "numbers have no units, and are written 3, 0.5 or 1e-30");

// formulas
template <typename R>
inline constexpr Message message<value<R>> = expected("expected a value", "as in: 2, lo, p.max or max(x, y)");
RW_MESSAGE<no_single_equal>   = instead("single-equal", "'=' gives a name to a value", "to compare write ==");
RW_MESSAGE<no_second_compare> =
    instead("chained-comparison", "comparisons cannot be chained", "write `a < b and b < c`");
RW_MESSAGE<no_power>          = instead("no-such-sign", "there is no sign for powers", "write pow(x, y)");
RW_MESSAGE<no_remainder> =
    instead("no-such-sign", "'%' is no sign of formulas", "there is no remainder, and 20 % is 0.2");
RW_MESSAGE<no_ampersands>     = instead("no-such-sign", "conditions are joined by a word", "write `and`");
RW_MESSAGE<no_bars>           = instead("no-such-sign", "conditions are joined by a word", "write `or`");
RW_MESSAGE<no_exclamation>    = instead("no-such-sign", "conditions are negated by a word", "write `not`");
RW_MESSAGE<field>             = expected("expected a field or an attribute after '.'", "as in: p.max, or p.stat(\"p99.9\")");
RW_MESSAGE<after_comma>       = after_a_comma("expected another argument after ','", "as in: max(x, y)");
RW_MESSAGE<call_close>        = expected("expected ',' or ')' after an argument", "as in: max(x, y)");
RW_MESSAGE<bracket_close>     = expected("expected ')'", "each ( has its )");
RW_MESSAGE<then_word>         = expected("expected `then` after the condition", "as in: if C then A else B", kThen);
RW_MESSAGE<else_word>         = expected("expected `else`: `if` has a value in both cases", "as in: if C then A else B", kElse);
RW_MESSAGE<let_name>          = expected_name("expected a name after `let`", "as in: let e = x in e * 2");
RW_MESSAGE<let_equal>         = expected("expected '=' after the name", "as in: let e = x");
RW_MESSAGE<in_word>           = expected("expected `in` after the value of `let`", "as in: let e = x in e * 2", kIn);
RW_MESSAGE<quantifier_name>   = expected_name("expected the name of a set of nodes", "as in: all p: p.group == 1");
RW_MESSAGE<quantifier_colon>  = expected("expected ':' after the set", "as in: all p: p.group == 1");
RW_MESSAGE<like_pattern>      = expected("expected a pattern in quotes after `like`", "as in: p.name like \"conv*\"");

RW_MESSAGE<after_item>        = after_a_comma("expected another item of the list after ','", "as in: [1, 2]");
RW_MESSAGE<items_close>       = expected("expected ',' or ']' after an item of the list", "as in: [1, 2]");
RW_MESSAGE<nested<subscript_value>> = expected("expected a position, or two with ':' between them", "as in: l[0], l[-1] or l[1:3]");
RW_MESSAGE<subscript_close>   = expected("expected ']' after the position", "as in: l[0], l[-1] or l[1:3]");

// terms
RW_MESSAGE<first_term>         = expected_term("expected an operator, a set or a law", "as in: Conv, law pass, or the name of a set");
RW_MESSAGE<next_term>          = after_a_comma("expected an operator, a set or a law after ','", "as in: Conv, law pass, or the name of a set");
RW_MESSAGE<term_law_name>      = expected_name("expected a law after `law`: law pass", "as in: law pass");
RW_MESSAGE<no_dot> =
    instead("syntax", "a name of an operator or set has no dot",
            "write Conv, or with a domain my::Conv; ask for an attribute behind it: conv where group == 1");
RW_MESSAGE<no_attribute> =
    instead("syntax", "an operator is named without its attributes", "ask for one behind it: Conv where group == 1");
RW_MESSAGE<channel_word>       = expected("expected `channel` after `on`", "as in: Concat on channel", kChannel);
RW_MESSAGE<guard_value>        = expected("expected a condition after `where`", "as in: Conv where group == 1");
RW_MESSAGE<as_name>            = expected_name("expected a name after `as`", "as in: Conv as p");
RW_MESSAGE<argument_equal>     = expected("expected '=' and a number after the name", "as in: (lo = 1, hi = 20)");
RW_MESSAGE<argument_number>    = expected("expected a number after '='", "as in: (lo = 1, hi = 20)");
RW_MESSAGE<first_argument>     = expected_name("expected a name and a number: `lo = 1`", "as in: (lo = 1, hi = 20)");
RW_MESSAGE<next_argument>      = after_a_comma("expected a name and a number after ','", "as in: (lo = 1, hi = 20)");
RW_MESSAGE<arguments_close>    = expected("expected ',' or ')' after a number", "as in: (lo = 1, hi = 20)");

// clauses of a region
RW_MESSAGE<join_word>          = expected("expected `join` after `may`", "as in: may join Add", kJoin);
RW_MESSAGE<through_required>   = expected("expected `through` after `must`", "as in: must through Mul", kThrough);
RW_MESSAGE<leak_choice>        = expected("expected `pin`, `reject` or `restore` after `leak`", "as in: leak pin", kLeakWords);
RW_MESSAGE<leak_else> =
    expected("expected `else` behind what is restored", "as in: leak restore Sigmoid else pin", kElse);
RW_MESSAGE<leak_otherwise>     = expected("expected `pin` or `reject` after `else`", "as in: leak restore Sigmoid else pin", kLeakOtherwise);
RW_MESSAGE<no_name_of_through> = instead("syntax", "`through` gives no name", "parents, children and join do");
RW_MESSAGE<region_name>        = expected_name("expected a name after `region`", "as in: region r { ... }");
RW_MESSAGE<region_open>        = expected("expected '{' after the region's name", "as in: region r { ... }");
RW_MESSAGE<region_close>       = expected("expected a clause of the region or '}'", "its clauses are parents, through, must through, join, may join, children and leak", kRegionWords);

// clauses of a rule
RW_MESSAGE<chain_is_gone> =
    instead("syntax", "`chain` is no clause: operators are found with `match`",
            "Relu behind Relu: match { y = Relu(x) z = Relu(y) } replace { z = Relu(x) }");
RW_MESSAGE<clause_let_name> = expected_name("expected a name after `let`", "as in: let e = p.max");
RW_MESSAGE<clause_value>    = expected("expected a value after '='", "as in: let e = p.max");
RW_MESSAGE<condition_value> = expected("expected a condition", "as in: where C else \"reason\"");
RW_MESSAGE<reason>          = expected("expected the reason in quotes after `else`", "as in: else \"too small\"");
RW_MESSAGE<no_bare_reason> =
    instead("missing-else", "a reason stands behind `else`", "write `else` before the reason");
RW_MESSAGE<repeat_count>    = expected("expected a number after `repeat`", "as in: repeat 40 until change < 0.01");
RW_MESSAGE<until_word>      = behind(expected("expected `until change <` and a number", "as in: repeat 40 until change < 0.01", kUntil));
RW_MESSAGE<change_word>     = expected("expected `change <` and a number after `until`", "as in: repeat 40 until change < 0.01", kChange);
RW_MESSAGE<change_less>     = expected("expected '<' after `change`", "as in: repeat 40 until change < 0.01");
RW_MESSAGE<change_limit>    = expected("expected a number after '<'", "as in: repeat 40 until change < 0.01");
RW_MESSAGE<action_name>     = expected_name("expected an action after `do`", "as in: do scale(p, EXPR)");
RW_MESSAGE<action_open>     = expected("expected '(' after the action", "as in: do scale(p, EXPR)");
RW_MESSAGE<action_close>    = expected("expected ',' or ')' after an argument", "as in: do scale(p, EXPR)");

// match and replace
RW_MESSAGE<match_open>         = expected("expected '{' after `match`", "as in: match { y = Relu(x) }");
RW_MESSAGE<first_match_line>   = expected("expected a line of the pattern: y = Relu(x)", "what it makes stands first: y = Relu(x)");
RW_MESSAGE<match_close>        = expected("expected a line of the pattern or '}'", "what it makes stands first: y = Relu(x)");
RW_MESSAGE<next_output>        = after_a_comma("expected the name of an output after ','", "as in: y, z = Split(x)");
RW_MESSAGE<line_equal>         = expected("expected '=' after the outputs: y = Relu(x)", "one = behind what it makes: y = Relu(x)");
RW_MESSAGE<line_alternatives>  = expected_term("expected an operator, a set or a law after '='", "as in: y = Relu(x)");
RW_MESSAGE<next_alternative>   = expected_term("expected an operator, a set, a law or a tensor after `or`", "as in: y = Relu(x) or Clip(x)");
RW_MESSAGE<found_law_name>     = expected_name("expected a law after `law`: law linear(x, constant w)", "as in: law linear(x, constant w)");
RW_MESSAGE<found_open>         = expected("expected '(' and what the operator reads", "as in: Relu(x)");
RW_MESSAGE<next_operand>       = after_a_comma("expected an operand after ','", "as in: Conv(x, constant w)");
RW_MESSAGE<operands_close>     = expected("expected ',' or ')' after an operand", "settings stand behind the bracket: LeakyRelu(x) alpha 0.1");
RW_MESSAGE<setting_value>      = expected("expected a value of the setting", "as in: LeakyRelu(x) alpha 0.1");
RW_MESSAGE<default_value>      = expected("expected a number, inf or none after `or`", "as in: constant c or 0");
RW_MESSAGE<operand_formula>    = expected("expected a number", "as in: (1 / sqrt(2))");
RW_MESSAGE<replace_open>       = expected("expected '{' after `replace`", "as in: replace { y = x }");
RW_MESSAGE<first_replace_line> = expected("expected a line of the replacement: y = Relu(x)", "what is made stands first: y = Relu(x)");
RW_MESSAGE<replace_close>      = expected("expected a line of the replacement or '}'", "what is made stands first: y = Relu(x)");
RW_MESSAGE<made_line_value>    = expected("expected an operator, a tensor or a formula after '='", "as in: y = Relu(x), y = x, or y = w * 2");
RW_MESSAGE<made_like_name>     = expected_name("expected the name of an operator of the match after `like`", "as in: y = Gemm(x, w) like z");
RW_MESSAGE<why_approximate>    = expected("expected in quotes why after `approximate`", "as in: approximate \"why\"");

// tests
RW_MESSAGE<next_item>       = after_a_comma("expected a number after ','", "as in: [1, 3, 8, 8]");
RW_MESSAGE<list_close>      = expected("expected ',' or ']' after a number", "as in: [1, 3, 8, 8]");
RW_MESSAGE<wanted_list>     = expected("expected a shape: [1, 3, 8, 8]", "as in: input x [1, 3, 8, 8]");
RW_MESSAGE<wanted_numbers>  = expected("expected a number, or several in [ ]", "as in: 7, or [1, 2]");
RW_MESSAGE<first_name>      = expected_name("expected the name of a tensor", "a name begins with a small letter: x");
RW_MESSAGE<next_name>       = after_a_comma("expected the name of a tensor after ','", "a name begins with a small letter: x");
RW_MESSAGE<first_statistic> = expected("expected statistics, and a number of each channel: min [0, 0] max [1, 2]", "as in: stats b max [1, 2]", kStatistics);
RW_MESSAGE<second_name>     = expected_name("expected the name of a second tensor: expect same a b", "as in: expect same a b");
RW_MESSAGE<next_input>      = after_a_comma("expected a tensor or a constant after ','", "as in: Conv(x, weight [4, 3, 1, 1])");
RW_MESSAGE<node_equal>      = expected("expected '=' and an operator: b = Relu(a)", "other lines begin with input, output, seed, opset, calibrate, stats or expect", kTestWords);
RW_MESSAGE<node_operator>   = expected_operator("expected an operator after '='", "as in: b = Relu(a)");
RW_MESSAGE<node_open>       = expected("expected '(' after the operator", "as in: b = Relu(a)");
RW_MESSAGE<node_close>      = expected("expected ',' or ')' after an input", "as in: Conv(x, weight [4, 3, 1, 1]) pads [1, 1, 1, 1]");
RW_MESSAGE<match_word>      = expected("expected `match` after `no`", "as in: expect no match", kMatch);
RW_MESSAGE<expectation>     = expected("expected `match`, `scale`, `no match`, `within`, `becomes`, `operators` or `same` after `expect`", "as in: expect match", kExpectations);
RW_MESSAGE<becomes_open>       = expected("expected '{' after `becomes`", "as in: expect becomes { y = Relu(x) }");
RW_MESSAGE<first_becomes_line> = expected("expected a line of the network: y = Relu(x)", "as in: expect becomes { y = Relu(x) }");
RW_MESSAGE<becomes_close>      = expected("expected a line of the network or '}'", "as in: expect becomes { y = Relu(x) }");
RW_MESSAGE<first_left>         = expected_operator("expected the operators that are left, or `none`", "as in: expect operators Conv, Relu");
RW_MESSAGE<next_left>          = after_a_comma("expected an operator after ','", "as in: expect operators Conv, Relu");

// declarations
RW_MESSAGE<use_path>        = expected("expected a file in quotes after `use`", "as in: use \"std\"");
RW_MESSAGE<no_limit_of_use> = instead("syntax", "`as` does not go with `use`", "take it out: names keep what they are called, and nothing runs; `include` runs the rules here");
RW_MESSAGE<include_path>    = expected("expected a file in quotes after `include`", "as in: include \"equalization\"");
RW_MESSAGE<far_as_exact>    = expected("expected `as far as exact`, or nothing, behind the file", "as in: include \"prepare\" as far as exact");
RW_MESSAGE<first_operator>  = expected_operator("expected an operator after `op`", "as in: op Relu law pass");
RW_MESSAGE<next_operator>   = after_a_comma("expected an operator after ','", "as in: op Relu, Abs law pass");
RW_MESSAGE<law_word>        = expected("expected `law` after the operators", "as in: op Relu law pass", kLaw);
RW_MESSAGE<law_name>        = expected_name("expected a law after `law`", "as in: op Relu law pass");
RW_MESSAGE<meaning>         = expected("expected after `means` an operator, or names and lines: (x) { s = Sigmoid(x) y = Mul(x, s) }", "as in: op my::Half law pass means Relu");
RW_MESSAGE<first_means_param> = expected_name("expected a name of what the operator reads", "as in: (x) { y = Relu(x) }");
RW_MESSAGE<next_means_param>  = after_a_comma("expected a name of what the operator reads after ','", "as in: (x, w) { y = Mul(x, w) }");
RW_MESSAGE<means_close>     = expected("expected ',' or ')' after a name", "as in: (x, w) { y = Mul(x, w) }");
RW_MESSAGE<body_open>       = expected("expected '{' and the lines that compute it", "as in: (x) { y = Relu(x) }");
RW_MESSAGE<first_body_line> = expected("expected a line: y = Relu(x)", "as in: (x) { y = Relu(x) }");
RW_MESSAGE<body_close>      = expected("expected a line or '}'", "as in: (x) { y = Relu(x) }");
RW_MESSAGE<set_name>        = expected_name("expected a name after `set`", "as in: set conv = Conv, Gemm");
RW_MESSAGE<set_equal>       = expected("expected '=' after the set's name", "as in: set conv = Conv, Gemm");
RW_MESSAGE<function_name>   = expected_name("expected a name after `function`", "as in: function f(x) = x * 2");
RW_MESSAGE<params_open>     = expected("expected '(' after the function's name", "as in: function f(x) = x * 2");
RW_MESSAGE<first_param>     = expected_name("expected the name of a parameter", "as in: function f(x) = x * 2");
RW_MESSAGE<next_param>      = after_a_comma("expected the name of a parameter after ','", "as in: function f(x, lo = 1) = x * lo");
RW_MESSAGE<param_number>    = expected("expected a number after '='", "as in: function f(x, lo = 1) = x * lo");
RW_MESSAGE<params_close>    = expected("expected ',' or ')' after a parameter", "as in: function f(x, lo = 1) = x * lo");
RW_MESSAGE<function_equal>  = expected("expected '=' after the parameters", "as in: function f(x) = x * 2");
RW_MESSAGE<function_body>   = expected("expected a value after '='", "as in: function f(x) = x * 2");
RW_MESSAGE<tested_rule>     = expected_name("expected the name of a rule after `test`", "as in: test r \"title\" { ... }");
RW_MESSAGE<test_title>      = expected("expected a title in quotes after the rule's name", "as in: test r \"title\" { ... }");
RW_MESSAGE<test_open>       = expected("expected '{' after the title", "as in: test r \"title\" { ... }");
RW_MESSAGE<test_close>      = expected("expected a line of the test or '}'", "lines are b = Relu(a), or begin with input, output, seed, opset, calibrate, stats or expect", kTestWords);
RW_MESSAGE<rule_name>       = expected_name("expected a name after `rule`", "as in: rule r { ... }");
RW_MESSAGE<rule_open>       = expected("expected '{' after the rule's name and parameters", "as in: rule r(lo = 1) { ... }");
RW_MESSAGE<rule_close>      = expected("expected a clause or '}'", "its clauses are region, match, replace, let, where, needs, repeat, again, approximate and do", kClauseWords);
RW_MESSAGE<end_of_file>     = expected("expected a declaration", "a rule file has use, include, op, set, function, rule and test", kDeclarationWords);

// clang-format on
#undef RW_MESSAGE

}  // namespace rw::dsl::grammar
