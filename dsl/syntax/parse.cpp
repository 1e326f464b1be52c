#include "dsl/syntax/parse.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>

#include "dsl/syntax/grammar.hpp"
#include "dsl/syntax/messages.hpp"
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

// Something that the grammar cannot see.
struct Refusal {
  Diagnostic diagnostic;
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

// ---- the tree as it grows ----

using tree::Form, tree::Formula, tree::FormulaId, tree::Sign, tree::Word;

struct State {
  std::string_view text;
  std::uint32_t source = 0;
  tree::File& file;
  int depth = 0;
  std::size_t items = 0;

  const char* token_end = nullptr;  // where the last word or sign ended
  const char* quote = nullptr;      // where the last string began
  const char* comma = nullptr;      // the last one

  // The last of each sort.
  Word name, oper, string_value, number_word, keyword;
  double number = 0;

  // Stacks of formulas: values, signs between them, where the arguments of open calls begin, names of open `let`s.
  std::vector<FormulaId> values;
  std::vector<Sign> signs;
  std::vector<Position> sign_places;
  std::vector<std::size_t> calls;
  struct Opened {
    Form form;
    Position mark;
    Word name;
  };
  std::vector<Opened> opened;

  // What the declaration is made of.
  std::vector<Word> words;
  std::vector<tree::Term> terms;
  tree::Term term;
  std::vector<tree::NumberArgument> numbers;
  tree::NumberArgument argument;
  std::optional<Word> as, elementwise, reason, doc;
  Word head;  // name of the declaration
  Word law, clause_name;
  tree::RegionWord region_word = tree::RegionWord::parents;
  Position region_word_at, clause_word_at;
  std::vector<tree::RegionClause> region_clauses;
  tree::Arrow arrow = tree::Arrow::none;
  std::vector<tree::ChainElement> elements;
  tree::NumberArgument count;
  std::vector<tree::Clause> clauses;
  std::optional<tree::Declares> declares;

  // What a line of a test is made of: numbers of an open list, lists that are read, the line itself.
  std::vector<tree::NumberArgument> list_items;
  std::vector<tree::Numbers> lists;
  Word line_word, attribute_name;
  std::optional<tree::Numbers> constant_shape;
  std::optional<Word> attribute_text;
  tree::TestLine line;
  std::vector<tree::TestLine> test_lines;

  State(std::string_view text_, tree::File& file_) : text(text_), source(file_.source), file(file_) {}

  Position at(const char* begin, const char* end) const {
    return {source, static_cast<std::uint32_t>(begin - text.data()), static_cast<std::uint32_t>(end - begin)};
  }
  // From `begin` to the end of the last token (a rule's own input may end behind a gap).
  template <typename Input>
  Position extent(const Input& in) const {
    return at(in.begin(), std::max(token_end, in.begin()));
  }

  void count_item(Position where) {
    if (++items > tree::kMaxItems) {
      throw Refusal{{Severity::error, "too-large", where,
                     fmt::format("a rule file has at most {} formulas, operators and clauses", tree::kMaxItems), ""}};
    }
  }

  FormulaId add(Formula formula) {
    count_item(formula.at);
    file.formulas.push_back(std::move(formula));
    values.push_back(static_cast<FormulaId>(file.formulas.size() - 1));
    return values.back();
  }

  FormulaId pop() {
    const FormulaId id = values.back();
    values.pop_back();
    return id;
  }

  std::vector<FormulaId> pop(std::size_t n) {
    const auto first = values.end() - static_cast<std::ptrdiff_t>(n);
    std::vector<FormulaId> out(first, values.end());
    values.erase(first, values.end());
    return out;
  }

  Position place(FormulaId id) const { return file.formulas[id].at; }

  // `right` was read behind a sign: it joins the chain on its left, or begins one with it.
  void chain(Form form) {
    const FormulaId right = pop();
    const FormulaId left = pop();
    const Sign sign = signs.back();
    const Position sign_at = sign_places.back();
    signs.pop_back();
    sign_places.pop_back();
    Formula& first = file.formulas[left];
    if (first.form == form && !first.bracketed && form != Form::compare) {
      count_item(sign_at);
      first.operands.push_back(right);
      first.signs.push_back(sign);
      first.at = span(first.at, place(right));
      values.push_back(left);
      return;
    }
    add({form, false, span(first.at, place(right)), sign_at, {}, 0, {left, right}, {sign}, {}});
  }

  void push_sign(Sign sign, Position where) {
    signs.push_back(sign);
    sign_places.push_back(where);
  }

  // What an error left half done.
  void clear() {
    depth = 0;
    values.clear(), signs.clear(), sign_places.clear(), calls.clear(), opened.clear();
    words.clear(), terms.clear(), numbers.clear(), region_clauses.clear(), elements.clear(), clauses.clear();
    as.reset(), elementwise.reset(), reason.reset(), doc.reset(), declares.reset();
    list_items.clear(), lists.clear(), test_lines.clear();
    constant_shape.reset(), attribute_text.reset();
    arrow = tree::Arrow::none;
    term = {};
    line = {};
  }
};

// Takes what is in `from` and leaves it empty.
template <typename T>
T take(T& from) {
  T out = std::move(from);
  from = T();
  return out;
}

std::string unescape(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  for (std::size_t i = 0; i < body.size(); ++i) {
    const bool escape = body[i] == '\\';
    if (escape) ++i;
    out += escape && body[i] == 'n' ? '\n' : body[i];
  }
  return out;
}

// ---- actions: what each rule of the grammar does ----

template <typename Rule>
struct Action : peg::nothing<Rule> {};

#define RW_ON(...)                                                 \
  template <>                                                      \
  struct Action<grammar::__VA_ARGS__> {                            \
    template <typename Input>                                      \
    static void apply([[maybe_unused]] const Input& in, State& s); \
  };                                                               \
  template <typename Input>                                        \
  void Action<grammar::__VA_ARGS__>::apply([[maybe_unused]] const Input& in, State& s)

// words
RW_ON(gap) { s.token_end = in.begin(); }
RW_ON(mark<','>) { s.comma = in.begin(); }
RW_ON(name_text) { s.name = {in.string(), s.at(in.begin(), in.end())}; }
RW_ON(operator_text) { s.oper = {in.string(), s.at(in.begin(), in.end())}; }
RW_ON(open_quote) { s.quote = in.begin(); }
RW_ON(string_body) { s.string_value = {unescape(in.string_view()), s.at(in.begin() - 1, in.end() + 1)}; }
RW_ON(number_text) {
  s.number_word = {in.string(), s.at(in.begin(), in.end())};
  const auto result = std::from_chars(in.begin(), in.end(), s.number);
  // What is too small to be told from 0 is 0; what is too large is a mistake.
  if (result.ec == std::errc::result_out_of_range) {
    s.number = std::strtod(s.number_word.text.c_str(), nullptr);
    if (std::isinf(s.number)) {
      throw Refusal{{Severity::error, "bad-number", s.number_word.at, "this number is too large", "at most 1.7e308"}};
    }
  }
}

// values
RW_ON(number_value) {
  s.add({Form::number, false, s.number_word.at, s.number_word.at, s.number_word, s.number, {}, {}, {}});
}
RW_ON(text_value) { s.add({Form::text, false, s.string_value.at, s.string_value.at, s.string_value, 0, {}, {}, {}}); }
RW_ON(operator_value) { s.add({Form::operator_name, false, s.oper.at, s.oper.at, s.oper, 0, {}, {}, {}}); }
RW_ON(name_value) { s.add({Form::name, false, s.name.at, s.name.at, s.name, 0, {}, {}, {}}); }
RW_ON(op_word) { s.keyword = {"op", s.at(in.begin(), in.end())}; }
RW_ON(op_value) { s.add({Form::name, false, s.keyword.at, s.keyword.at, s.keyword, 0, {}, {}, {}}); }
RW_ON(field_text) {
  Formula& formula = s.file.formulas[s.values.back()];
  const Position at = s.at(in.begin(), in.end());
  formula.form = Form::field;
  formula.fields.push_back({in.string(), at});
  formula.at = span(formula.at, at);
}
RW_ON(call_open) { s.calls.push_back(s.values.size()); }
RW_ON(call) {
  const std::size_t mark = s.calls.back();
  s.calls.pop_back();
  std::vector<FormulaId> arguments = s.pop(s.values.size() - mark);
  Formula& formula = s.file.formulas[s.values.back()];
  formula.form = Form::call;
  formula.operands = std::move(arguments);
  formula.at = s.at(s.text.data() + formula.at.offset, s.token_end);
}
RW_ON(bracketed) {
  Formula& formula = s.file.formulas[s.values.back()];
  formula.bracketed = true;
  formula.at = s.extent(in);
}
RW_ON(if_value) {
  const Position mark = s.at(in.begin(), in.begin() + 2);
  s.add({Form::if_, false, s.extent(in), mark, {}, 0, s.pop(3), {}, {}});
}
RW_ON(let_name) { s.opened.push_back({Form::let_, s.name.at, s.name}); }
RW_ON(let_value) {
  Word name = std::move(s.opened.back().name);
  s.opened.pop_back();
  const Position mark = name.at;
  s.add({Form::let_, false, s.extent(in), mark, std::move(name), 0, s.pop(2), {}, {}});
}
RW_ON(k_all) { s.opened.push_back({Form::all, s.at(in.begin(), in.begin() + 3), {}}); }
RW_ON(k_any) { s.opened.push_back({Form::any, s.at(in.begin(), in.begin() + 3), {}}); }
RW_ON(k_none) { s.opened.push_back({Form::none, s.at(in.begin(), in.begin() + 4), {}}); }
RW_ON(quantifier_name) { s.opened.back().name = s.name; }
RW_ON(quantifier) {
  State::Opened opened = std::move(s.opened.back());
  s.opened.pop_back();
  s.add({opened.form, false, s.extent(in), opened.mark, std::move(opened.name), 0, s.pop(1), {}, {}});
}

// signs
constexpr std::pair<std::string_view, Sign> kSigns[] = {
    {"+", Sign::add},     {"-", Sign::subtract},      {"*", Sign::multiply}, {"/", Sign::divide},
    {"==", Sign::equal},  {"!=", Sign::not_equal},    {"<", Sign::less},     {"<=", Sign::less_equal},
    {">", Sign::greater}, {">=", Sign::greater_equal}};

void push_sign(State& s, const char* begin, const char* end) {
  const std::string_view spelled(begin, static_cast<std::size_t>(end - begin));
  const auto found =
      std::find_if(std::begin(kSigns), std::end(kSigns), [&](auto& row) { return row.first == spelled; });
  s.push_sign(found->second, s.at(begin, end));
}

RW_ON(sum_sign) { push_sign(s, in.begin(), s.token_end); }
RW_ON(product_sign) { push_sign(s, in.begin(), s.token_end); }
RW_ON(compare_sign) { push_sign(s, in.begin(), s.token_end); }
RW_ON(k_and) { s.push_sign(Sign::add, s.at(in.begin(), s.token_end)); }  // of a chain of one word the sign says nothing
RW_ON(k_or) { s.push_sign(Sign::add, s.at(in.begin(), s.token_end)); }
RW_ON(sum_more) { s.chain(Form::sum); }
RW_ON(product_more) { s.chain(Form::product); }
RW_ON(compare_more) { s.chain(Form::compare); }
RW_ON(and_more) { s.chain(Form::and_); }
RW_ON(or_more) { s.chain(Form::or_); }
RW_ON(like_more) {
  const Position pattern = s.string_value.at;
  const FormulaId text = s.add({Form::text, false, pattern, pattern, s.string_value, 0, {}, {}, {}});
  s.pop();
  const FormulaId value = s.pop();
  const Position mark = s.at(in.begin(), in.begin() + 4);
  s.add({Form::like, false, span(s.place(value), pattern), mark, {}, 0, {value, text}, {}, {}});
}
RW_ON(negation) {
  const FormulaId value = s.pop();
  s.add({Form::negate, false, s.extent(in), s.at(in.begin(), in.begin() + 1), {}, 0, {value}, {}, {}});
}
RW_ON(not_value) {
  const FormulaId value = s.pop();
  s.add({Form::not_, false, s.extent(in), s.at(in.begin(), in.begin() + 3), {}, 0, {value}, {}, {}});
}

// terms
RW_ON(term_operator) { s.term = {s.oper, true, false, tree::kNoFormula, s.oper.at}; }
RW_ON(term_set) { s.term = {s.name, false, false, tree::kNoFormula, s.name.at}; }
RW_ON(on_channel) { s.term.on_channel = true; }
RW_ON(term_guard) { s.term.guard = s.pop(); }
RW_ON(term) {
  s.term.at = s.extent(in);
  s.count_item(s.term.at);
  s.terms.push_back(take(s.term));
}
RW_ON(as_name) { s.as = s.name; }

// numbers with a name
RW_ON(argument_name) { s.argument = {s.name, 0, {}}; }
RW_ON(argument_number) {
  const bool negative = *in.begin() == '-';
  s.argument.value = negative ? -s.number : s.number;
  s.argument.spelled = {(negative ? "-" : "") + s.number_word.text, s.extent(in)};
}
RW_ON(argument) {
  s.count_item(s.argument.name.at);
  s.numbers.push_back(take(s.argument));
}

// clauses of a region
void begin_region_clause(State& s, tree::RegionWord word, Position at) {
  s.region_word = word;
  s.region_word_at = at;
}
RW_ON(parents_word) { begin_region_clause(s, tree::RegionWord::parents, s.extent(in)); }
RW_ON(children_word) { begin_region_clause(s, tree::RegionWord::children, s.extent(in)); }
RW_ON(through_word) { begin_region_clause(s, tree::RegionWord::through, s.extent(in)); }
RW_ON(join_word) { begin_region_clause(s, tree::RegionWord::join, s.extent(in)); }
RW_ON(may_join_word) { begin_region_clause(s, tree::RegionWord::may_join, s.extent(in)); }
RW_ON(leak_pin) { begin_region_clause(s, tree::RegionWord::leak_pin, {}); }
RW_ON(leak_reject) { begin_region_clause(s, tree::RegionWord::leak_reject, {}); }
RW_ON(leak_clause) { s.region_word_at = s.at(in.begin(), in.begin() + 4); }
RW_ON(region_clause) {
  const Position at = s.extent(in);
  s.count_item(at);
  s.region_clauses.push_back({s.region_word, take(s.terms), take(s.as), s.region_word_at, at});
}
RW_ON(region_name) { s.clause_name = s.name; }

// clauses of a rule
void add_clause(State& s, tree::Clause clause, Position at) {
  const std::string_view text = s.text.substr(at.offset);
  const std::size_t word = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
  s.count_item(at);
  clause.at = at;
  clause.word = {at.source, at.offset, static_cast<std::uint32_t>(std::min(word, text.size()))};
  s.clauses.push_back(std::move(clause));
}
tree::Clause clause_of(tree::ClauseWord form) {
  tree::Clause clause;
  clause.form = form;
  return clause;
}
RW_ON(region) {
  tree::Clause clause = clause_of(tree::ClauseWord::region);
  clause.name = take(s.clause_name);
  clause.region = take(s.region_clauses);
  add_clause(s, std::move(clause), s.extent(in));
}
RW_ON(arrow_only) { s.arrow = tree::Arrow::only_consumer; }
RW_ON(arrow_a) { s.arrow = tree::Arrow::a_consumer; }
RW_ON(element) {
  s.count_item(s.term.at);
  s.elements.push_back({take(s.arrow), take(s.term), take(s.as)});
}
RW_ON(chain) {
  tree::Clause clause = clause_of(tree::ClauseWord::chain);
  clause.chain = take(s.elements);
  add_clause(s, std::move(clause), s.extent(in));
}
RW_ON(clause_let_name) { s.clause_name = s.name; }
RW_ON(let_clause) {
  tree::Clause clause = clause_of(tree::ClauseWord::let);
  clause.name = take(s.clause_name);
  clause.expr = s.pop();
  add_clause(s, std::move(clause), s.extent(in));
}
RW_ON(reason) { s.reason = s.string_value; }
void condition_clause(State& s, tree::ClauseWord form, Position at) {
  tree::Clause clause = clause_of(form);
  clause.expr = s.pop();
  clause.reason = take(s.reason);
  add_clause(s, std::move(clause), at);
}
RW_ON(where_clause) { condition_clause(s, tree::ClauseWord::where, s.extent(in)); }
RW_ON(needs_clause) { condition_clause(s, tree::ClauseWord::needs, s.extent(in)); }
RW_ON(repeat_count) { s.count = {{}, s.number, s.number_word}; }
RW_ON(repeat_clause) {
  tree::Clause clause = clause_of(tree::ClauseWord::repeat);
  clause.count = take(s.count);
  clause.change = {{}, s.number, s.number_word};
  add_clause(s, std::move(clause), s.extent(in));
}
RW_ON(again_clause) { add_clause(s, clause_of(tree::ClauseWord::again), s.extent(in)); }
RW_ON(action_name) { s.clause_name = s.name; }
RW_ON(action_open) { s.calls.push_back(s.values.size()); }
RW_ON(do_clause) {
  tree::Clause clause = clause_of(tree::ClauseWord::act);
  clause.name = take(s.clause_name);
  clause.arguments = s.pop(s.values.size() - s.calls.back());
  s.calls.pop_back();
  add_clause(s, std::move(clause), s.extent(in));
}

// lines of a test
RW_ON(item) {
  const bool negative = *in.begin() == '-';
  const Position at = s.extent(in);
  s.count_item(at);
  s.list_items.push_back({{}, negative ? -s.number : s.number, {(negative ? "-" : "") + s.number_word.text, at}});
}
template <typename Input>
void end_list(State& s, const Input& in) {
  s.lists.push_back({take(s.list_items), *in.begin() == '[', s.extent(in)});
}
tree::Numbers pop_list(State& s) {
  tree::Numbers last = std::move(s.lists.back());
  s.lists.pop_back();
  return last;
}
RW_ON(numbers) { end_list(s, in); }
RW_ON(wanted_list) { end_list(s, in); }
RW_ON(line_name) {
  s.count_item(s.name.at);
  s.line.names.push_back(s.name);
}
void end_line(State& s, tree::TestWord form, Position at) {
  s.count_item(at);
  s.line.form = form;
  s.line.at = at;
  const std::string_view text = s.text.substr(at.offset, at.length);
  s.line.word = {at.source, at.offset,
                 static_cast<std::uint32_t>(std::min(text.find_first_of(" \t\r\n\v\f#"), text.size()))};
  s.test_lines.push_back(take(s.line));
}
RW_ON(input_line) {
  s.line.numbers = pop_list(s);
  end_line(s, tree::TestWord::input, s.extent(in));
}
RW_ON(output_line) { end_line(s, tree::TestWord::output, s.extent(in)); }
RW_ON(seed_line) {
  s.line.numbers = pop_list(s);
  end_line(s, tree::TestWord::seed, s.extent(in));
}
RW_ON(calibrate_line) { end_line(s, tree::TestWord::calibrate, s.extent(in)); }
RW_ON(stats_min) { s.line.min = pop_list(s); }
RW_ON(stats_line) {
  s.line.numbers = pop_list(s);
  end_line(s, tree::TestWord::stats, s.extent(in));
}
RW_ON(constant_text) { s.line_word = {in.string(), s.at(in.begin(), in.end())}; }
RW_ON(constant_shape) { s.constant_shape = pop_list(s); }
RW_ON(constant_input) {
  const auto word = std::find(std::begin(tree::kConstantWords), std::end(tree::kConstantWords), s.line_word.text);
  s.line.inputs.push_back({tree::TestInput::Form::constant, s.line_word,
                           static_cast<tree::ConstantWord>(word - std::begin(tree::kConstantWords)), pop_list(s),
                           take(s.constant_shape), s.extent(in)});
}
RW_ON(absent_input) { s.line.inputs.push_back({tree::TestInput::Form::none, {}, {}, {}, {}, s.extent(in)}); }
RW_ON(tensor_input) { s.line.inputs.push_back({tree::TestInput::Form::tensor, s.name, {}, {}, {}, s.name.at}); }
RW_ON(node_input) { s.count_item(s.extent(in)); }
RW_ON(attribute_text) { s.line_word = {in.string(), s.at(in.begin(), in.end())}; }
RW_ON(attribute_name) { s.attribute_name = s.line_word; }
RW_ON(attribute_string) { s.attribute_text = s.string_value; }
RW_ON(attribute) {
  s.count_item(s.attribute_name.at);
  tree::Numbers numbers = s.attribute_text ? tree::Numbers() : pop_list(s);
  s.line.attributes.push_back({s.attribute_name, std::move(numbers), take(s.attribute_text)});
}
RW_ON(node_operator) { s.line.op = s.oper; }
RW_ON(node_line) { end_line(s, tree::TestWord::node, s.extent(in)); }
RW_ON(match_parents) { s.line.parents = take(s.line.names); }
RW_ON(match_children) { s.line.children = take(s.line.names); }
RW_ON(match_line) { s.line.form = tree::TestWord::match; }
RW_ON(scale_line) {
  s.line.form = tree::TestWord::scale;
  s.line.numbers = pop_list(s);
}
RW_ON(no_match_reason) { s.line.reason = s.string_value; }
RW_ON(no_match_line) { s.line.form = tree::TestWord::no_match; }
RW_ON(expect_line) { end_line(s, s.line.form, s.extent(in)); }

// declarations
template <typename What>
void declare(State& s, Position at, What what) {
  s.count_item(at);
  s.file.declarations.push_back({at, std::move(what)});
  s.declares.reset();
}
void begin_declaration(State& s, tree::Declares what) {
  s.head = s.name;
  s.declares = what;
}
RW_ON(use_declaration) { declare(s, s.extent(in), tree::Use{s.string_value}); }
RW_ON(k_op) { s.declares = tree::Declares::op; }
RW_ON(first_operator) { s.words = {s.oper}; }
RW_ON(next_operator) {
  s.count_item(s.oper.at);
  s.words.push_back(s.oper);
}
RW_ON(law_text) { s.law = {in.string(), s.at(in.begin(), in.end())}; }
RW_ON(elementwise) { s.elementwise = Word{"elementwise", s.extent(in)}; }
RW_ON(op_declaration) {
  const FormulaId guard = s.values.empty() ? tree::kNoFormula : s.pop();
  declare(s, s.extent(in), tree::Op{take(s.words), take(s.law), take(s.elementwise), take(s.numbers), guard});
}
RW_ON(set_name) { begin_declaration(s, tree::Declares::set); }
RW_ON(set_declaration) { declare(s, s.extent(in), tree::Set{take(s.head), take(s.terms)}); }
RW_ON(function_name) { begin_declaration(s, tree::Declares::function); }
RW_ON(first_param) { s.words = {s.name}; }
RW_ON(next_param) {
  s.count_item(s.name.at);
  s.words.push_back(s.name);
}
RW_ON(function_declaration) { declare(s, s.extent(in), tree::Function{take(s.head), take(s.words), s.pop()}); }
RW_ON(tested_rule) { s.head = s.name; }
RW_ON(test_title) { s.law = s.string_value; }
RW_ON(test_declaration) { declare(s, s.extent(in), tree::Test{take(s.head), take(s.law), take(s.test_lines)}); }
RW_ON(rule_name) { begin_declaration(s, tree::Declares::rule); }
RW_ON(doc) { s.doc = s.string_value; }
RW_ON(rule_declaration) {
  declare(s, s.extent(in), tree::Rule{take(s.head), take(s.numbers), take(s.doc), take(s.clauses)});
}

#undef RW_ON

// ---- messages ----

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// The word, string, sign or character at the front of `text`; empty at the end of the file.
std::string_view front_token(std::string_view text) {
  if (text.empty()) return text;
  std::size_t end = 0;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end > 0) return text.substr(0, end);
  if (text[0] == '"') {
    for (end = 1; end < text.size() && text[end] != '"' && text[end] != '\n'; ++end) {
      if (text[end] == '\\' && end + 1 < text.size() && text[end + 1] != '\n') ++end;
    }
    return text.substr(0, end < text.size() && text[end] == '"' ? end + 1 : end);
  }
  constexpr std::string_view kTwoSigns[] = {"==", "!=", "<=", ">=", "=>", "->", "&&", "||", "**", "::"};
  for (const std::string_view two : kTwoSigns) {
    if (text.starts_with(two)) return two.size() < text.size() ? text.substr(0, 2) : text;
  }
  return text.substr(0, std::max<std::size_t>(character_length(text), 1));
}

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
Diagnostic explain(const State& s, const Failure& failure) {
  const grammar::Message& message = *failure.message;
  const std::string_view rest = s.text.substr(static_cast<std::size_t>(failure.at - s.text.data()));
  if (message.code == "unterminated-string") {
    return {Severity::error, message.code, s.at(s.quote, failure.at), std::string(message.text),
            std::string(message.hint)};
  }
  if (message.code == "bad-escape") {
    const char* end =
        failure.at + (rest.empty() || rest[0] == '\n' ? 0 : std::max<std::size_t>(character_length(rest), 1));
    return {Severity::error, message.code, s.at(failure.at - 1, end), std::string(message.text),
            std::string(message.hint)};
  }
  const std::string_view found = front_token(rest);
  std::string text(message.text);
  if (text.starts_with("expected")) text += ", found " + describe(found);
  if (message.code == "trailing-comma") {
    return {Severity::error, message.code, s.at(s.comma, s.comma + 1), std::move(text), std::string(message.hint)};
  }
  // What is missing at the end of the file is missing behind the last word, not on the empty line after it.
  const char* at = found.empty() && s.token_end != nullptr ? s.token_end : failure.at;
  return {Severity::error, message.code, s.at(at, at + found.size()), std::move(text), hint_for(message, found)};
}

Diagnostic explain(const State& s, const grammar::TooDeep& failure) {
  const std::string_view found = front_token(s.text.substr(static_cast<std::size_t>(failure.at - s.text.data())));
  return {Severity::error, "too-deep", s.at(failure.at, failure.at + found.size()),
          fmt::format("formulas are nested at most {} deep", tree::kMaxNesting), "give a part of it a name with `let`"};
}

// ---- from error to error ----

// Steps through text: over a gap, a comment, a string, a word, a sign or one character.
std::string_view step(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  if (kBlanks.find(text[0]) != std::string_view::npos)
    return text.substr(0, std::min(text.find_first_not_of(kBlanks), text.size()));
  if (text[0] == '#') return text.substr(0, std::min(text.find('\n'), text.size()));
  return front_token(text);
}

bool begins_operator(std::string_view text) {
  const std::size_t gap = text.find_first_not_of(" \t\r\n");
  if (gap == 0 || gap == std::string_view::npos) return false;
  const std::string_view word = front_token(text.substr(gap));
  const std::string_view behind = text.substr(gap + word.size());
  return (word[0] >= 'A' && word[0] <= 'Z') ||
         (is_word(word[0]) && (behind.starts_with("::") || behind.starts_with(".")));
}

// The next word after `from` that begins a declaration (not a field: `p.op`, nor the `op` of a guard), or the end.
const char* next_declaration(std::string_view text, const char* from) {
  std::string_view rest = text.substr(static_cast<std::size_t>(from - text.data()));
  bool field = false;
  while (!rest.empty()) {
    const std::string_view token = step(rest);
    const bool begins = std::find(std::begin(grammar::kDeclarationWords), std::end(grammar::kDeclarationWords),
                                  token) != std::end(grammar::kDeclarationWords);
    if (begins && !field && (token != "op" || begins_operator(rest.substr(2)))) return rest.data();
    field = token == ".";
    rest.remove_prefix(token.size());
  }
  return text.data() + text.size();
}

void collect_comments(std::string_view text, std::uint32_t source, std::vector<Position>& out) {
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view token = step(text.substr(i));
    if (token[0] == '#') {
      const std::size_t end = token.find_last_not_of(" \t\r") + 1;
      out.push_back({source, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(end)});
    }
    i += token.size();
  }
}

std::optional<Position> first_bad_byte(std::string_view text, std::uint32_t source) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text.substr(i));
    if (length == 0) return Position{source, static_cast<std::uint32_t>(i), 1};
    i += length;
  }
  return std::nullopt;
}

// Parses from `from` to the end or to an error, which is added. Returns where to go on.
const char* parse_some(State& s, const char* from, Diagnostics& diagnostics) {
  const char* const end = s.text.data() + s.text.size();
  peg::memory_input<peg::tracking_mode::lazy> in(from, end, "");
  const char* at = end;
  const auto fail = [&](const Diagnostic& diagnostic) {
    if (s.declares) s.file.broken.push_back({*s.declares, s.head});
    diagnostics.push_back(diagnostic);
    s.clear();
  };
  try {
    peg::parse<grammar::file, Action, Control>(in, s);
  } catch (const Failure& failure) {
    at = next_declaration(s.text, failure.at);
    // A string without an end has been read to the end of its line; the failing place is behind it already.
    fail(explain(s, failure));
  } catch (const grammar::TooDeep& failure) {
    at = next_declaration(s.text, failure.at);
    fail(explain(s, failure));
  } catch (const Refusal& refusal) {
    const bool full = s.items > tree::kMaxItems;
    at = full ? end : next_declaration(s.text, s.text.data() + refusal.diagnostic.at.offset);
    fail(refusal.diagnostic);
  }
  return at;
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
  collect_comments(text, source, file.comments);
  State state(text, file);
  const char* at = text.data() + (text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  const char* const end = text.data() + text.size();
  for (std::size_t errors = 0; at != end && errors <= kMaxErrors; ++errors) {
    state.token_end = nullptr;
    at = parse_some(state, at, diagnostics);
  }
  return file;
}

}  // namespace rw::dsl
