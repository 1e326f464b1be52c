// The grammar of rule files, for PEGTL. What each rule does is in actions.hpp, what is said where it fails in
// messages.hpp.
//
// A rule inside must<> is a commit point: what came before it can only be this, so its absence is an error at this
// place. Keywords come first everywhere, so nothing is read twice. `gap` is what may stand between two words.
#pragma once

#include <tao/pegtl.hpp>

#include <cstddef>

#include "dsl/syntax/tree.hpp"

namespace rw::dsl::grammar {

namespace peg = tao::pegtl;
using peg::at, peg::if_must, peg::must, peg::not_at, peg::one, peg::opt, peg::seq, peg::sor, peg::star, peg::string;

// ---- nesting ----

// Thrown where brackets, signs and words are nested beyond tree::kMaxNesting.
struct TooDeep {
  const char* at;
};

// R, one level deeper. Levels are counted in the file's Reading.
template <typename R>
struct nested {
  using rule_t = typename seq<R>::rule_t;
  using subs_t = peg::type_list<R>;

  template <peg::apply_mode A, peg::rewind_mode M, template <typename...> class Action,
            template <typename...> class Control, typename Input, typename State>
  static bool match(Input& in, State& state) {
    struct Level {
      int& depth;
      ~Level() { --depth; }
    } level{++state.reading.depth};
    if (level.depth > tree::kMaxNesting) throw TooDeep{in.current()};
    return Control<R>::template match<A, M, Action, Control>(in, state);
  }
};

// ---- words ----

struct comment : seq<one<'#'>, star<peg::not_one<'\n'>>> {};
struct gap : star<sor<one<' ', '\t', '\n', '\r', '\v', '\f'>, comment>> {};

struct idchar : peg::identifier_other {};  // A-Z a-z 0-9 _
template <char... C>
struct word : seq<string<C...>, not_at<idchar>> {};
template <char... C>
struct keyword : seq<word<C...>, gap> {};
template <char C>
struct mark : seq<one<C>, gap> {};

// clang-format off
struct k_use : keyword<'u','s','e'> {};
struct k_include : keyword<'i','n','c','l','u','d','e'> {};
struct k_op : keyword<'o','p'> {};
struct k_set : keyword<'s','e','t'> {};
struct k_function : keyword<'f','u','n','c','t','i','o','n'> {};
struct k_rule : keyword<'r','u','l','e'> {};
struct k_test : keyword<'t','e','s','t'> {};
struct k_law : keyword<'l','a','w'> {};
struct k_where : keyword<'w','h','e','r','e'> {};
struct k_needs : keyword<'n','e','e','d','s'> {};
struct k_else : keyword<'e','l','s','e'> {};
struct k_region : keyword<'r','e','g','i','o','n'> {};
struct k_let : keyword<'l','e','t'> {};
struct k_in : keyword<'i','n'> {};
struct k_repeat : keyword<'r','e','p','e','a','t'> {};
struct k_until : keyword<'u','n','t','i','l'> {};
struct k_do : keyword<'d','o'> {};
struct k_parents : keyword<'p','a','r','e','n','t','s'> {};
struct k_children : keyword<'c','h','i','l','d','r','e','n'> {};
struct k_through : keyword<'t','h','r','o','u','g','h'> {};
struct k_may : keyword<'m','a','y'> {};
struct k_join : keyword<'j','o','i','n'> {};
struct k_leak : keyword<'l','e','a','k'> {};
struct k_again : keyword<'a','g','a','i','n'> {};
struct k_if : keyword<'i','f'> {};
struct k_then : keyword<'t','h','e','n'> {};
struct k_and : keyword<'a','n','d'> {};
struct k_or : keyword<'o','r'> {};
struct k_not : keyword<'n','o','t'> {};
struct k_as : keyword<'a','s'> {};
struct k_on : keyword<'o','n'> {};
struct k_all : keyword<'a','l','l'> {};
struct k_any : keyword<'a','n','y'> {};
struct k_none : keyword<'n','o','n','e'> {};
struct k_like : keyword<'l','i','k','e'> {};

struct reserved : sor<
  k_use, k_include, k_op, k_set, k_function, k_rule, k_test, k_law, k_where, k_needs, k_else, k_region, k_let, k_in,
  k_repeat, k_until, k_do, k_parents, k_children, k_through, k_may, k_join, k_leak, k_again, k_if, k_then, k_and, k_or,
  k_not, k_as, k_on, k_all, k_any, k_none, k_like> {};

// Words only where they are expected; elsewhere they are names.
struct k_channel : keyword<'c','h','a','n','n','e','l'> {};
struct k_elementwise : keyword<'e','l','e','m','e','n','t','w','i','s','e'> {};
struct k_change : keyword<'c','h','a','n','g','e'> {};
struct k_except : keyword<'e','x','c','e','p','t'> {};
struct k_must : keyword<'m','u','s','t'> {};
struct k_pin : keyword<'p','i','n'> {};
struct k_far : keyword<'f','a','r'> {};
struct k_exact : keyword<'e','x','a','c','t'> {};
struct k_reject : keyword<'r','e','j','e','c','t'> {};
struct k_restore : keyword<'r','e','s','t','o','r','e'> {};
struct k_chain : keyword<'c','h','a','i','n'> {};  // as an error
struct k_match : keyword<'m','a','t','c','h'> {};
struct k_replace : keyword<'r','e','p','l','a','c','e'> {};
struct k_approximate : keyword<'a','p','p','r','o','x','i','m','a','t','e'> {};
struct k_constant : keyword<'c','o','n','s','t','a','n','t'> {};
struct k_inf : keyword<'i','n','f'> {};
// clang-format on

struct name_text : seq<not_at<reserved>, peg::lower, star<idchar>> {};
struct name : seq<name_text, gap> {};

// An operator: `Relu`, `com.microsoft::FusedConv`. A domain has a bound so that looking for `::` stays linear.
struct domain_char : sor<peg::alnum, one<'_', '.', '-'>> {};
struct operator_tail : seq<sor<peg::alpha, one<'_'>>, star<idchar>> {};
struct operator_text : sor<seq<peg::rep_min_max<1, 255, domain_char>, string<':', ':'>, must<operator_tail>>,
                           seq<peg::upper, star<idchar>>> {};
struct oper : seq<operator_text, gap> {};

struct open_quote : one<'"'> {};
struct escaped : one<'"', '\\', 'n'> {};
struct plain : peg::not_one<'"', '\\', '\n', '\r'> {};
struct string_char : sor<seq<one<'\\'>, must<escaped>>, plain> {};
struct string_body : star<string_char> {};
struct close_quote : one<'"'> {};
struct quoted : seq<open_quote, string_body, must<close_quote>, gap> {};

struct number_end : not_at<sor<idchar, one<'.'>>> {};
struct number_text : seq<peg::plus<peg::digit>, opt<one<'.'>, peg::plus<peg::digit>>,
                         opt<one<'e', 'E'>, opt<one<'+', '-'>>, peg::plus<peg::digit>>> {};
struct number : seq<number_text, must<number_end>, gap> {};

// ---- formulas ----

struct expr;

template <typename R>
struct value : seq<R> {};  // the value that must follow a sign, a word or an opening bracket

// Signs and habits of other languages, each with an answer of its own where it stands.
struct no_single_equal : not_at<one<'='>> {};
struct no_second_compare : not_at<sor<string<'=', '='>, string<'!', '='>, one<'<', '>'>, k_like>> {};
struct no_power : not_at<sor<one<'^'>, string<'*', '*'>>> {};
struct no_remainder : not_at<one<'%'>> {};
struct no_ampersands : not_at<one<'&'>> {};
struct no_bars : not_at<one<'|'>> {};
struct no_exclamation : not_at<one<'!'>> {};

struct field_text : seq<sor<peg::alpha, one<'_'>>, star<idchar>> {};
struct field : seq<field_text> {};
struct no_dots : not_at<string<'.', '.', '.'>> {};
struct member : seq<no_dots, one<'.'>, must<field>, opt<no_dots, one<'.'>, must<field>>, gap> {};
struct dots : seq<string<'.', '.', '.'>, gap> {};

struct bracket_close : mark<')'> {};
struct call_open : mark<'('> {};
struct call_close : mark<')'> {};
struct absent_word : keyword<'n', 'o', 'n', 'e'> {};
struct absent_begin : seq<absent_word, one<',', ')'>> {};
struct absent_value : seq<at<absent_begin>, absent_word> {};  // what an operator lacks
struct made_settings;
struct argument_value : sor<absent_value, seq<expr, opt<made_settings>>> {};
struct after_comma : seq<argument_value> {};
struct arguments : opt<argument_value, star<if_must<mark<','>, after_comma>>> {};
struct call : seq<call_open, nested<arguments>, must<call_close>> {};
struct name_value : seq<name_text> {};
struct spread : seq<dots> {};  // `s...`: the items of a list, the operands that have a name together
struct member_key : seq<mark<'('>, must<value<nested<expr>>>, must<bracket_close>> {};  // p.stat("p99.9")
struct reference : seq<name_value, sor<seq<member, opt<member_key>>, seq<gap, opt<sor<call, spread>>>>> {};
// `op` as a value, in guards. Before an operator it begins a declaration.
struct op_word : word<'o', 'p'> {};
struct op_value : seq<op_word, gap, not_at<oper>> {};

struct bracketed : seq<mark<'('>, must<value<nested<expr>>>, must<bracket_close>> {};

struct then_word : k_then {};
struct else_word : k_else {};
struct if_value : seq<k_if, must<value<nested<expr>>>, must<then_word>, must<value<nested<expr>>>, must<else_word>,
                      must<value<nested<expr>>>> {};

struct let_name : name {};
struct let_equal : seq<one<'='>, not_at<one<'='>>, gap> {};
struct in_word : k_in {};
struct let_value
    : seq<k_let, must<let_name>, must<let_equal>, must<value<nested<expr>>>, must<in_word>, must<value<nested<expr>>>> {
};

struct quantifier_word : sor<k_all, k_any, k_none> {};
struct quantifier_name : name {};
struct quantifier_colon : mark<':'> {};
struct quantified_set : seq<must<quantifier_name>, must<quantifier_colon>, must<value<nested<expr>>>> {};
struct quantified_list : seq<mark<'('>, must<value<nested<expr>>>, must<bracket_close>> {};
struct quantifier : seq<quantifier_word, sor<quantified_list, quantified_set>> {};

// `[1, s..., l[1:]...]`, and behind a list `[i]` or `[a:b]`.
struct items_open : mark<'['> {};
struct items_close : mark<']'> {};
struct item_spread : seq<dots> {};
struct item_value : seq<expr, opt<item_spread>> {};
struct after_item : seq<item_value> {};
struct items : opt<item_value, star<if_must<mark<','>, after_item>>> {};
struct list_value : seq<items_open, nested<items>, must<items_close>> {};
struct subscript_open : mark<'['> {};
struct slice_colon : mark<':'> {};
struct slice_end : seq<expr> {};
struct slice_rest : seq<slice_colon, opt<slice_end>> {};
struct subscript_first : seq<expr> {};
struct subscript_value : sor<slice_rest, seq<subscript_first, opt<slice_rest>>> {};
struct subscript_close : mark<']'> {};
struct subscript : seq<subscript_open, must<nested<subscript_value>>, must<subscript_close>> {};

struct number_value : seq<number> {};
struct text_value : seq<quoted> {};
// `Relu(x)` makes an operator.
struct operator_name_value : seq<oper> {};
struct operator_value : seq<operator_name_value, opt<call>> {};

struct atom : sor<number_value, text_value, if_value, let_value, quantifier, bracketed, list_value, op_value,
                  operator_value, reference, seq<must<no_exclamation>, peg::failure>> {};
struct postfix : seq<atom, star<subscript>> {};

struct minus_sign : seq<one<'-'>, not_at<one<'>'>>, gap> {};
struct unary;
struct negation : seq<minus_sign, must<value<nested<unary>>>> {};
struct unary : sor<negation, postfix> {};

struct product_sign : seq<one<'*', '/'>, gap> {};
struct product_more : seq<product_sign, must<value<unary>>, must<no_power>> {};
struct product : seq<unary, must<no_power>, star<product_more>, must<no_remainder>> {};

struct sum_sign : seq<one<'+', '-'>, not_at<one<'>'>>, gap> {};
struct sum_more : seq<sum_sign, must<value<product>>> {};
struct sum : seq<product, star<sum_more>> {};

struct compare_sign
    : seq<sor<string<'=', '='>, string<'!', '='>, string<'<', '='>, string<'>', '='>, one<'<', '>'>>, gap> {};
struct compare_more : seq<compare_sign, must<value<sum>>> {};
struct like_text : seq<quoted> {};
struct like_name : name {};
struct like_pattern : sor<like_text, like_name> {};  // a name: of an operator whose settings another one gets
struct like_more : seq<k_like, must<like_pattern>> {};
struct comparison : seq<sum, opt<sor<compare_more, like_more>, must<no_second_compare>>, must<no_single_equal>> {};

struct not_word : k_not {};
struct condition;
struct not_value : seq<not_word, must<value<nested<condition>>>> {};
struct condition : sor<not_value, comparison> {};

struct and_more : seq<k_and, must<value<condition>>> {};
struct conjunction : seq<condition, star<and_more>, must<no_ampersands>> {};
struct or_more : seq<k_or, must<value<conjunction>>> {};
struct expr : seq<conjunction, star<or_more>, must<no_bars>> {};

// Settings behind an operator: `axis 1`, `perm p`. What is tried in vain leaves no trace only under `at`: a place where
// the line might end.
struct setting_text : seq<not_at<reserved>, sor<peg::alpha, one<'_'>>, star<idchar>> {};
struct setting_begin : seq<setting_text, gap, sor<one<'[', '-', '"', '(', '_'>, peg::alnum>> {};
struct setting_name : seq<at<setting_begin>, setting_text, gap> {};
struct made_setting_name : seq<setting_name> {};
struct made_setting : seq<made_setting_name, must<value<sum>>> {};
struct made_like_name : name {};
struct made_like : seq<k_like, must<made_like_name>> {};
struct made_settings : peg::plus<sor<made_like, made_setting>> {};

// ---- terms ----

// A law may be named like a clause (`join`), but not like what can follow it.
struct law_text
    : seq<not_at<sor<k_use, k_include, k_op, k_set, k_function, k_rule, k_test, k_where>>, peg::lower, star<idchar>> {};

struct term_operator : seq<oper> {};
struct k_not_a_law : sor<k_parents, k_children, k_through, k_may, k_leak, k_as, k_on> {};
struct term_law_name : seq<not_at<k_not_a_law>, law_text, gap> {};
struct term_law : seq<k_law, must<term_law_name>> {};
struct no_dot : not_at<one<'.'>> {};
struct term_set : seq<name, must<no_dot>> {};
struct channel_word : k_channel {};
struct on_channel : seq<k_on, must<channel_word>> {};
struct guard_value : seq<expr> {};
struct term_guard : seq<k_where, must<guard_value>> {};
struct any_term : sor<term_operator, term_law, term_set> {};
struct no_attribute : not_at<one<'(', '.'>> {};
struct term : seq<any_term, must<no_attribute>, opt<on_channel>, opt<term_guard>> {};
struct first_term : seq<term> {};
struct next_term : seq<term> {};
struct term_list : seq<must<first_term>, star<if_must<mark<','>, next_term>>> {};
struct excepted : seq<k_except, term_list> {};
struct terms : seq<term_list, opt<excepted>> {};
struct as_name : name {};
struct as : seq<k_as, must<as_name>> {};

// ---- numbers with a name: `lo = 1` ----

struct argument_name : name {};
struct argument_equal : seq<one<'='>, not_at<one<'='>>, gap> {};
struct argument_number : seq<opt<mark<'-'>>, number> {};
struct argument : seq<argument_name, must<argument_equal>, must<argument_number>> {};
struct first_argument : seq<argument> {};
struct next_argument : seq<argument> {};
struct arguments_close : mark<')'> {};
struct number_arguments
    : seq<mark<'('>, must<first_argument>, star<if_must<mark<','>, next_argument>>, must<arguments_close>> {};

// ---- clauses of a region ----

struct parents_word : k_parents {};
struct children_word : k_children {};
struct through_word : k_through {};
struct through_required : k_through {};
struct must_through_word : seq<k_must, must<through_required>> {};
struct join_word : k_join {};
struct may_join_word : seq<k_may, must<join_word>> {};
struct leak_pin : k_pin {};
struct leak_reject : k_reject {};
struct leak_else : k_else {};
struct leak_otherwise : sor<leak_pin, leak_reject> {};
struct leak_restore : seq<k_restore, terms, must<leak_else>, must<leak_otherwise>> {};
struct leak_choice : sor<leak_restore, leak_pin, leak_reject> {};
struct leak_word : k_leak {};
struct leak_clause : seq<leak_word, must<leak_choice>> {};
struct no_name_of_through : not_at<k_as> {};
struct region_clause : sor<seq<sor<parents_word, children_word, may_join_word, join_word>, terms, opt<as>>,
                           seq<sor<through_word, must_through_word>, terms, must<no_name_of_through>>, leak_clause> {};

// ---- clauses of a rule ----

struct clause_word;
struct region_name : name {};
struct region_open : mark<'{'> {};
struct region_close : mark<'}'> {};
struct region : seq<k_region, must<region_name>, must<region_open>, star<region_clause>, must<region_close>> {};

// What rules about paths were written with before there was `match`: always an error, which shows the new form.
struct chain_is_gone : peg::failure {};
struct chain : seq<at<k_chain>, must<chain_is_gone>> {};

struct clause_let_name : name {};
struct clause_value : seq<expr> {};
struct let_clause : seq<k_let, must<clause_let_name>, must<let_equal>, must<clause_value>> {};

struct reason : seq<quoted> {};
struct no_bare_reason : not_at<one<'"'>> {};
struct condition_value : seq<expr> {};
struct condition_rest : seq<must<condition_value>, sor<seq<k_else, must<reason>>, must<no_bare_reason>>> {};
struct where_clause : seq<k_where, condition_rest> {};
struct needs_clause : seq<k_needs, condition_rest> {};

struct repeat_count : seq<number> {};
struct until_word : k_until {};
struct change_word : k_change {};
struct change_less : seq<one<'<'>, not_at<one<'='>>, gap> {};
struct change_limit : seq<number> {};
struct repeat_clause
    : seq<k_repeat, must<repeat_count>, must<until_word>, must<change_word>, must<change_less>, must<change_limit>> {};

struct again_clause : k_again {};

struct action_name : name {};
struct action_open : mark<'('> {};
struct action_close : mark<')'> {};
struct action_arguments : seq<arguments> {};
struct do_clause : seq<k_do, must<action_name>, must<action_open>, action_arguments, must<action_close>> {};

// ---- match and replace ----

struct output_name : name {};
struct output_dots : seq<dots> {};
struct wild : seq<one<'_'>, not_at<idchar>, gap> {};
struct output_wild : seq<wild> {};
struct output : sor<output_wild, seq<output_name, opt<output_dots>>> {};
struct next_output : seq<output> {};
struct line_equal : seq<one<'='>, not_at<one<'='>>, gap> {};
struct outputs : seq<output, star<if_must<mark<','>, next_output>>, must<line_equal>> {};

// What is absent is this.
struct default_text : seq<opt<one<'-'>, gap>, sor<word<'i', 'n', 'f'>, seq<number_text, must<number_end>>>> {};
struct default_none : seq<absent_word> {};
struct default_number : seq<default_text, gap> {};
struct default_value : sor<default_none, default_number> {};
struct default_begin : sor<absent_word, k_inf, one<'-'>, peg::digit> {};
struct or_word : keyword<'o', 'r'> {};
struct otherwise_begin : seq<or_word, default_begin> {};
struct otherwise : seq<at<otherwise_begin>, or_word, default_value> {};
struct wanted_otherwise : seq<or_word, must<default_value>> {};

struct setting_wild : seq<wild> {};
struct setting_value : seq<sum> {};
struct found_setting_name : seq<setting_name> {};
struct setting : seq<found_setting_name, sor<setting_wild, must<setting_value>>, opt<otherwise>> {};

// `TERM(operands) settings`, or the name of a tensor alone.
struct alternative;
struct operand;
struct found_law_name : seq<law_text, gap> {};
struct found_law : seq<k_law, must<found_law_name>> {};
struct found_operator : seq<oper> {};
struct found_name : name {};
struct operands_open : mark<'('> {};
struct operands_close : mark<')'> {};
struct next_operand : seq<operand> {};
struct operands : opt<operand, star<if_must<mark<','>, next_operand>>> {};
struct found_as : seq<k_as, must<as_name>> {};
struct found_rest : seq<nested<operands>, must<operands_close>, star<setting>, opt<found_as>> {};
struct found_open : seq<operands_open> {};  // of a call; without it a name is a tensor
struct alternative : sor<seq<sor<found_operator, found_law>, must<found_open>, found_rest>,
                         seq<found_name, opt<found_open, found_rest>>> {};
struct next_alternative : seq<alternative> {};
struct alternatives : seq<alternative, star<if_must<or_word, next_alternative>>> {};

struct constant_begin : seq<k_constant, name> {};
struct constant_name : name {};
struct operand_constant : seq<at<constant_begin>, k_constant, constant_name, opt<wanted_otherwise>> {};
struct operand_dots : seq<dots> {};
struct operand_wild : seq<wild> {};
struct operand_none : seq<absent_word> {};
struct operand_number : seq<opt<mark<'-'>>, number> {};
struct operand_formula : seq<expr> {};
struct operand_bracketed : seq<mark<'('>, must<operand_formula>, must<bracket_close>> {};
struct operand_rest : seq<dots> {};
struct operand_found : seq<alternative, sor<operand_rest, otherwise, star<if_must<or_word, next_alternative>>>> {};
struct operand : sor<operand_constant, operand_dots, operand_wild, operand_none, operand_number, operand_bracketed,
                     operand_found> {};

struct line_alternatives : seq<alternatives> {};
struct match_line : seq<outputs, must<line_alternatives>> {};
struct match_open : mark<'{'> {};
struct match_close : mark<'}'> {};
struct first_match_line : seq<match_line> {};
struct match_clause : seq<k_match, must<match_open>, must<first_match_line>, star<match_line>, must<match_close>> {};

struct made_line_value : seq<sum, opt<made_settings>> {};
struct replace_line : seq<outputs, must<made_line_value>> {};
struct replace_open : mark<'{'> {};
struct replace_close : mark<'}'> {};
struct first_replace_line : seq<replace_line> {};
struct replace_lines : seq<must<replace_open>, must<first_replace_line>, star<replace_line>, must<replace_close>> {};
struct replace_clause : seq<k_replace, replace_lines> {};

struct why_approximate : seq<quoted> {};
struct approximate_clause : seq<k_approximate, must<why_approximate>> {};

struct clause : sor<region, chain, match_clause, replace_clause, approximate_clause, let_clause, where_clause,
                    needs_clause, repeat_clause, again_clause, do_clause> {};

// ---- declarations ----

struct use_path : seq<quoted> {};
struct far_as_exact : seq<k_far, k_as, k_exact> {};
struct use_limit : seq<k_as, must<far_as_exact>> {};
struct no_limit_of_use : not_at<k_as> {};
struct use_declaration : seq<k_use, must<use_path>, must<no_limit_of_use>> {};
struct include_path : seq<quoted> {};
struct include_declaration : seq<k_include, must<include_path>, opt<use_limit>> {};

struct first_operator : seq<oper> {};
struct next_operator : seq<oper> {};
struct law_word : k_law {};
struct law_name : seq<law_text, gap> {};
struct elementwise : k_elementwise {};
struct op_guard : seq<k_where, must<guard_value>> {};

struct set_name : name {};
struct set_equal : seq<one<'='>, not_at<one<'='>>, gap> {};
struct set_declaration : seq<k_set, must<set_name>, must<set_equal>, terms> {};

struct function_name : name {};
struct params_open : mark<'('> {};
struct param_name : name {};
struct param_number : seq<opt<mark<'-'>>, number> {};
struct param_default : seq<let_equal, must<param_number>> {};
struct param : seq<param_name, opt<param_default>> {};
struct first_param : seq<param> {};
struct next_param : seq<param> {};
struct params_close : mark<')'> {};
struct function_equal : seq<one<'='>, not_at<one<'='>>, gap> {};
struct function_body : seq<expr> {};
struct function_declaration
    : seq<k_function, must<function_name>, must<params_open>, must<first_param>, star<if_must<mark<','>, next_param>>,
          must<params_close>, must<function_equal>, must<function_body>> {};

// ---- tests ----

// Words of a line only where one begins and no tensor of that name does.
template <char... C>
struct line_word : seq<word<C...>, gap, not_at<one<'=', ','>>> {};
// clang-format off
struct k_input : line_word<'i','n','p','u','t'> {};
struct k_output : line_word<'o','u','t','p','u','t'> {};
struct k_seed : line_word<'s','e','e','d'> {};
struct k_opset : line_word<'o','p','s','e','t'> {};
struct k_calibrate : line_word<'c','a','l','i','b','r','a','t','e'> {};
struct k_stats : line_word<'s','t','a','t','s'> {};
struct k_expect : line_word<'e','x','p','e','c','t'> {};
struct k_scale : keyword<'s','c','a','l','e'> {};
struct k_no : keyword<'n','o'> {};
struct k_within : keyword<'w','i','t','h','i','n'> {};
struct k_same : keyword<'s','a','m','e'> {};
struct k_shape : keyword<'s','h','a','p','e'> {};
struct absent : keyword<'n','o','n','e'> {};
struct k_becomes : keyword<'b','e','c','o','m','e','s'> {};
struct k_operators : keyword<'o','p','e','r','a','t','o','r','s'> {};
struct type_text : sor<
  word<'f','l','o','a','t','1','6'>,
  word<'b','f','l','o','a','t','1','6'>,
  word<'f','l','o','a','t','3','2'>,
  word<'f','l','o','a','t','6','4'>,
  word<'i','n','t','8'>,
  word<'u','i','n','t','8'>,
  word<'i','n','t','1','6'>,
  word<'u','i','n','t','1','6'>,
  word<'i','n','t','3','2'>,
  word<'u','i','n','t','3','2'>,
  word<'i','n','t','6','4'>,
  word<'u','i','n','t','6','4'>,
  word<'b','o','o','l'>> {};
struct values_word : keyword<'v','a','l','u','e','s'> {};
struct constant_text : sor<word<'w','e','i','g','h','t'>, word<'b','i','a','s'>, word<'p','o','s','i','t','i','v','e'>,
                           word<'v','a','l','u','e','s'>, word<'i','n','t','e','g','e','r','s'>> {};
// clang-format on

struct item : seq<opt<mark<'-'>>, number> {};
struct first_item : seq<item> {};
struct next_item : seq<item> {};
struct list_open : mark<'['> {};
struct list_close : mark<']'> {};
struct list : seq<list_open, opt<first_item, star<if_must<mark<','>, next_item>>>, must<list_close>> {};
struct numbers : sor<list, item> {};
struct wanted_list : seq<list> {};
struct wanted_numbers : seq<numbers> {};

struct line_name : name {};
struct first_name : seq<line_name> {};
struct next_name : seq<line_name> {};
struct names : seq<must<first_name>, star<if_must<mark<','>, next_name>>> {};

struct numeric_begin : sor<one<'[', '-'>, peg::digit> {};
struct type_begin : seq<type_text, gap, not_at<one<'=', ','>>> {};
struct input_type : seq<at<type_begin>, type_text, gap> {};
struct values_begin : seq<values_word, numeric_begin> {};
struct input_values : seq<at<values_begin>, values_word, must<wanted_numbers>> {};
struct input_line : seq<k_input, must<first_name>, must<wanted_list>, opt<input_type>, opt<input_values>> {};
struct output_line : seq<k_output, names> {};
// Lines that are a word and a number, as an attribute is and a statistic: these words begin a line everywhere.
struct number_line : sor<k_seed, k_opset> {};
struct seed_line : seq<k_seed, must<wanted_numbers>> {};
struct opset_line : seq<k_opset, must<wanted_numbers>> {};
struct calibrate_line : seq<k_calibrate> {};
struct statistic_text : seq<sor<peg::alpha, one<'_'>>, star<idchar>> {};
struct statistic_quoted : seq<quoted> {};
struct statistic_begin : seq<not_at<number_line>, sor<quoted, seq<statistic_text, gap>>, numeric_begin> {};
struct statistic_key : sor<statistic_quoted, seq<statistic_text, gap>> {};
struct statistic : seq<at<statistic_begin>, statistic_key, numbers> {};
struct first_statistic : seq<statistic> {};
struct stats_line : seq<k_stats, must<first_name>, must<first_statistic>, star<statistic>> {};

struct constant_word : seq<constant_text, gap, at<sor<one<'[', '-'>, peg::digit>>> {};
struct constant_shape : seq<k_shape, must<wanted_list>> {};
struct constant_type : seq<type_text, gap> {};
struct constant_input : seq<constant_word, numbers, opt<constant_type>, opt<constant_shape>> {};
struct absent_input : seq<absent> {};
struct tensor_input : name {};
struct node_input : sor<constant_input, absent_input, tensor_input> {};
struct first_input : seq<node_input> {};
struct next_input : seq<node_input> {};
struct attribute_text : seq<sor<peg::alpha, one<'_'>>, star<idchar>> {};
// What is tried in vain leaves no trace only under `at`: a place where the line might end.
struct attribute_begin : seq<not_at<number_line>, attribute_text, gap, sor<one<'[', '-', '"'>, peg::digit>> {};
struct attribute_name : seq<at<attribute_begin>, attribute_text, gap> {};
struct attribute_string : seq<quoted> {};
struct attribute : seq<attribute_name, sor<attribute_string, numbers>> {};
struct node_equal : seq<one<'='>, not_at<one<'='>>, gap> {};
struct node_operator : seq<oper> {};
struct node_open : mark<'('> {};
struct node_close : mark<')'> {};
struct node_line
    : seq<line_name, star<if_must<mark<','>, next_name>>, must<node_equal>, must<node_operator>, must<node_open>,
          opt<first_input, star<if_must<mark<','>, next_input>>>, must<node_close>, star<attribute>> {};

struct match_parents : seq<k_parents, names> {};
struct match_children : seq<k_children, names> {};
struct expect_match : seq<k_match, opt<match_parents>, opt<match_children>> {};
struct scale_line : seq<k_scale, must<first_name>, must<wanted_numbers>> {};
struct match_word : k_match {};
struct no_match_reason : seq<quoted> {};
struct line_begin : sor<k_input, k_output, number_line, k_calibrate, k_stats, k_expect, seq<name, one<'=', ','>>> {};
struct no_match_node : seq<not_at<line_begin>, line_name> {};
struct no_match_line : seq<k_no, must<match_word>, opt<no_match_node>, opt<no_match_reason>> {};
struct within_line : seq<k_within, must<wanted_numbers>> {};
struct becomes_open : mark<'{'> {};
struct becomes_close : mark<'}'> {};
struct first_becomes_line : seq<replace_line> {};
struct becomes_line
    : seq<k_becomes, must<becomes_open>, must<first_becomes_line>, star<replace_line>, must<becomes_close>> {};
struct left_operator : seq<oper> {};
struct first_left : sor<absent, left_operator> {};
struct next_left : seq<left_operator> {};
struct second_name : seq<line_name> {};
struct same_line : seq<k_same, must<first_name>, must<second_name>> {};
struct operators_line : seq<k_operators, must<first_left>, star<if_must<mark<','>, next_left>>> {};
struct expectation
    : sor<expect_match, scale_line, no_match_line, within_line, becomes_line, operators_line, same_line> {};
struct expect_line : seq<k_expect, must<expectation>> {};

struct test_line
    : sor<input_line, output_line, seed_line, opset_line, calibrate_line, stats_line, expect_line, node_line> {};

// ---- what an operator of one's own computes ----

struct k_means : keyword<'m', 'e', 'a', 'n', 's'> {};
struct means_operator : seq<oper> {};
struct means_open : mark<'('> {};
struct means_param : name {};
struct first_means_param : seq<means_param> {};
struct next_means_param : seq<means_param> {};
struct means_close : mark<')'> {};
struct body_open : mark<'{'> {};
struct body_close : mark<'}'> {};
struct body_line : seq<node_line> {};
struct first_body_line : seq<body_line> {};
struct means_body : seq<means_open, must<first_means_param>, star<if_must<mark<','>, next_means_param>>,
                        must<means_close>, must<body_open>, must<first_body_line>, star<body_line>, must<body_close>> {
};
struct meaning : sor<means_operator, means_body> {};
struct means : seq<k_means, must<meaning>> {};
struct op_declaration : seq<k_op, must<first_operator>, star<if_must<mark<','>, next_operator>>, must<law_word>,
                            must<law_name>, opt<elementwise>, opt<number_arguments>, opt<op_guard>, opt<means>> {};

struct tested_rule : name {};
struct test_title : seq<quoted> {};
struct test_open : mark<'{'> {};
struct test_close : mark<'}'> {};
struct test_declaration
    : seq<k_test, must<tested_rule>, must<test_title>, must<test_open>, star<test_line>, must<test_close>> {};

struct rule_name : name {};
struct rule_open : mark<'{'> {};
struct doc : seq<quoted> {};
struct rule_close : mark<'}'> {};
struct rule_declaration
    : seq<k_rule, must<rule_name>, opt<number_arguments>, must<rule_open>, opt<doc>, star<clause>, must<rule_close>> {};

struct declaration : sor<use_declaration, include_declaration, op_declaration, set_declaration, function_declaration,
                         test_declaration, rule_declaration> {};
struct end_of_file : peg::eof {};
struct file : seq<gap, star<declaration>, must<end_of_file>> {};

}  // namespace rw::dsl::grammar
