// What the rules of formulas do. The parts of a formula go into the file as they are read; what is not yet part of one
// lies on stacks.
#pragma once

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "dsl/syntax/actions.hpp"

namespace rw::dsl {

struct OpenFormula {
  Reading& reading;
  std::vector<tree::FormulaId> values;
  std::vector<std::size_t> calls;  // where the arguments of open calls begin among the values
  struct SignAt {
    tree::Sign sign;
    Position at;
  };
  std::vector<SignAt> signs;  // between values
  struct Opened {
    tree::Form form;
    Position mark;
    tree::Word name;
  };
  std::vector<Opened> opened;  // `let`, `all`, ...
  struct Subscript {
    bool from = false, slice = false, to = false;  // what stands in the brackets
  };
  std::vector<Subscript> subscripts;  // that are open
  std::vector<tree::Word> settings;   // whose values are read

  template <typename Input, typename Around>
  OpenFormula(const Input&, Around& around) : reading(around.reading) {}

  tree::Formula& at(tree::FormulaId id) { return reading.file.formulas[id]; }
  tree::Formula& last() { return at(values.back()); }

  tree::FormulaId add(tree::Formula made) {
    reading.count_item(made.at);
    reading.file.formulas.push_back(std::move(made));
    values.push_back(static_cast<tree::FormulaId>(reading.file.formulas.size() - 1));
    return values.back();
  }
  void add_word(tree::Form form, const tree::Word& word, double number = 0) {
    add({form, false, word.at, word.at, word, number, {}, {}, {}});
  }
  // Takes the last `operands` values.
  void add_over(std::size_t operands, tree::Form form, Position at, Position mark, tree::Word word = {}) {
    add({form, false, at, mark, std::move(word), 0, pop(operands), {}, {}});
  }

  std::vector<tree::FormulaId> pop(std::size_t n) {
    const auto first = values.end() - static_cast<std::ptrdiff_t>(n);
    std::vector<tree::FormulaId> out(first, values.end());
    values.erase(first, values.end());
    return out;
  }
  // Those of the innermost open call.
  std::vector<tree::FormulaId> pop_arguments() {
    const std::size_t first = calls.back();
    calls.pop_back();
    return pop(values.size() - first);
  }
  // The last value as one that settings can be added to.
  tree::Formula& given() {
    if (last().form == tree::Form::like && !last().bracketed && at(last().operands[1]).form == tree::Form::name) {
      tree::Formula& like = last();  // `Op(x) like y`, which was read as a comparison
      like.form = tree::Form::given;
      like.word = at(like.operands[1]).word;
      like.operands.pop_back();
    }
    if (last().form != tree::Form::given || last().bracketed) {
      const Position all = last().at;
      add_over(1, tree::Form::given, all, all);
    }
    return last();
  }
  Opened close() {
    Opened last_opened = std::move(opened.back());
    opened.pop_back();
    return last_opened;
  }

  // The last value was read behind a sign: it joins the chain on its left, or begins one with it.
  void chain(tree::Form form) {
    const tree::FormulaId right = pop(1)[0];
    const tree::FormulaId left = pop(1)[0];
    const SignAt sign = signs.back();
    signs.pop_back();
    tree::Formula& first = at(left);
    const Position both = span(first.at, at(right).at);
    if (first.form != form || first.bracketed || form == tree::Form::compare) {
      add({form, false, both, sign.at, {}, 0, {left, right}, {sign.sign}, {}});
      return;
    }
    reading.count_item(sign.at);
    first.operands.push_back(right);
    first.signs.push_back(sign.sign);
    first.at = both;
    values.push_back(left);
  }
};

// Inside of a formula: changes `formula`; the rule begins at `begin`, its last word ends at `end`.
#define RW_IN_FORMULA(RULE)                                                                                         \
  template <>                                                                                                       \
  struct Action<grammar::RULE> {                                                                                    \
    template <typename Input>                                                                                       \
    static void apply(const Input& in, OpenFormula& formula) {                                                      \
      take(formula, formula.reading, in.begin(), in.end());                                                         \
    }                                                                                                               \
    static void take(OpenFormula& formula, Reading& reading, const char* begin, const char* end);                   \
  };                                                                                                                \
  inline void Action<grammar::RULE>::take([[maybe_unused]] OpenFormula& formula, [[maybe_unused]] Reading& reading, \
                                          [[maybe_unused]] const char* begin, [[maybe_unused]] const char* end)

// ---- values ----

RW_IN_FORMULA(number_value) { formula.add_word(tree::Form::number, reading.number_word, reading.number); }
RW_IN_FORMULA(text_value) { formula.add_word(tree::Form::text, reading.string); }
RW_IN_FORMULA(operator_name_value) { formula.add_word(tree::Form::operator_name, reading.oper); }
RW_IN_FORMULA(name_value) { formula.add_word(tree::Form::name, reading.name); }
RW_IN_FORMULA(op_word) { reading.word = {"op", reading.at(begin, end)}; }
RW_IN_FORMULA(op_value) { formula.add_word(tree::Form::name, reading.word); }
RW_IN_FORMULA(field_text) {
  tree::Formula& last = formula.last();
  const Position at = reading.at(begin, end);
  last.form = tree::Form::field;
  last.fields.push_back({std::string(begin, end), at});
  last.at = span(last.at, at);
}
RW_IN_FORMULA(member_key) {
  const tree::FormulaId key = formula.pop(1)[0];
  tree::Formula& last = formula.last();
  last.operands = {key};
  last.at = reading.extent(reading.text.data() + last.at.offset);
}
RW_IN_FORMULA(call_open) { formula.calls.push_back(formula.values.size()); }
RW_IN_FORMULA(call) {
  std::vector<tree::FormulaId> arguments = formula.pop_arguments();
  tree::Formula& last = formula.last();
  last.form = last.form == tree::Form::operator_name ? tree::Form::made : tree::Form::call;
  last.operands = std::move(arguments);
  last.at = reading.extent(reading.text.data() + last.at.offset);
}
RW_IN_FORMULA(bracketed) {
  formula.last().bracketed = true;
  formula.last().at = reading.extent(begin);
}

// ---- lists ----

RW_IN_FORMULA(absent_value) { formula.add_word(tree::Form::absent, {"none", reading.at(begin, begin + 4)}); }
RW_IN_FORMULA(spread) {
  tree::Formula& last = formula.last();
  last.form = tree::Form::spread;
  last.at = reading.extent(reading.text.data() + last.at.offset);
}
RW_IN_FORMULA(item_spread) {
  tree::Formula& list = formula.last();
  const Position all = reading.extent(reading.text.data() + list.at.offset);
  if (list.form == tree::Form::name) {  // in brackets
    list.form = tree::Form::spread;
    list.at = all;
  } else {
    formula.add_over(1, tree::Form::spread, all, all);
  }
}
RW_IN_FORMULA(items_open) { formula.calls.push_back(formula.values.size()); }
RW_IN_FORMULA(list_value) {
  std::vector<tree::FormulaId> items = formula.pop_arguments();
  const Position at = reading.extent(begin);
  formula.add({tree::Form::list, false, at, at, {}, 0, std::move(items), {}, {}});
}
RW_IN_FORMULA(subscript_open) { formula.subscripts.emplace_back(); }
RW_IN_FORMULA(subscript_first) { formula.subscripts.back().from = true; }
RW_IN_FORMULA(slice_colon) { formula.subscripts.back().slice = true; }
RW_IN_FORMULA(slice_end) { formula.subscripts.back().to = true; }
RW_IN_FORMULA(subscript) {
  const OpenFormula::Subscript open = formula.subscripts.back();
  formula.subscripts.pop_back();
  const tree::FormulaId to = open.to ? formula.pop(1)[0] : tree::kNoFormula;
  const tree::FormulaId from = open.from ? formula.pop(1)[0] : tree::kNoFormula;
  const tree::FormulaId list = formula.pop(1)[0];
  const Position at = reading.extent(reading.text.data() + formula.at(list).at.offset);
  const Position mark = reading.extent(begin);
  std::vector<tree::FormulaId> operands = {list, from};
  if (open.slice) operands.push_back(to);
  formula.add(
      {open.slice ? tree::Form::slice : tree::Form::element, false, at, mark, {}, 0, std::move(operands), {}, {}});
}

// ---- operators that are made ----

RW_IN_FORMULA(made_setting_name) { formula.settings.push_back(reading.word); }
RW_IN_FORMULA(made_setting) {
  const tree::FormulaId value = formula.pop(1)[0];
  const Position until = formula.at(value).at;
  tree::Formula& given = formula.given();
  given.fields.push_back(std::move(formula.settings.back()));
  formula.settings.pop_back();
  given.operands.push_back(value);
  given.at = span(given.at, until);
}
RW_IN_FORMULA(made_like) {
  tree::Formula& given = formula.given();
  if (!given.word.text.empty())
    throw Refusal{{Severity::error, "duplicate-clause", reading.name.at, "`like` stands twice", ""}};
  given.word = reading.name;
  given.at = span(given.at, reading.name.at);
}

// ---- words with values behind them ----

RW_IN_FORMULA(if_value) { formula.add_over(3, tree::Form::if_, reading.extent(begin), reading.at(begin, begin + 2)); }
RW_IN_FORMULA(let_name) { formula.opened.push_back({tree::Form::let_, reading.name.at, reading.name}); }
RW_IN_FORMULA(let_value) {
  OpenFormula::Opened let = formula.close();
  formula.add_over(2, tree::Form::let_, reading.extent(begin), let.mark, std::move(let.name));
}
RW_IN_FORMULA(k_all) { formula.opened.push_back({tree::Form::all, reading.at(begin, begin + 3), {}}); }
RW_IN_FORMULA(k_any) { formula.opened.push_back({tree::Form::any, reading.at(begin, begin + 3), {}}); }
RW_IN_FORMULA(k_none) { formula.opened.push_back({tree::Form::none, reading.at(begin, begin + 4), {}}); }
RW_IN_FORMULA(quantifier_name) { formula.opened.back().name = reading.name; }
RW_IN_FORMULA(quantifier) {
  OpenFormula::Opened word = formula.close();
  formula.add_over(1, word.form, reading.extent(begin), word.mark, std::move(word.name));
}
RW_IN_FORMULA(negation) {
  formula.add_over(1, tree::Form::negate, reading.extent(begin), reading.at(begin, begin + 1));
}
RW_IN_FORMULA(not_value) { formula.add_over(1, tree::Form::not_, reading.extent(begin), reading.at(begin, begin + 3)); }

// ---- signs between values ----

constexpr std::pair<std::string_view, tree::Sign> kSigns[] = {
    {"+", tree::Sign::add},           {"-", tree::Sign::subtract},    {"*", tree::Sign::multiply},
    {"/", tree::Sign::divide},        {"==", tree::Sign::equal},      {"!=", tree::Sign::not_equal},
    {"<", tree::Sign::less},          {"<=", tree::Sign::less_equal}, {">", tree::Sign::greater},
    {">=", tree::Sign::greater_equal}};

inline void push_sign(OpenFormula& formula, const char* begin) {
  const char* end = formula.reading.token_end;
  const std::string_view spelled(begin, static_cast<std::size_t>(end - begin));
  const auto found =
      std::find_if(std::begin(kSigns), std::end(kSigns), [&](auto& row) { return row.first == spelled; });
  formula.signs.push_back({found->second, formula.reading.at(begin, end)});
}

RW_IN_FORMULA(sum_sign) { push_sign(formula, begin); }
RW_IN_FORMULA(product_sign) { push_sign(formula, begin); }
RW_IN_FORMULA(compare_sign) { push_sign(formula, begin); }
// Of a chain of one word the sign says nothing.
RW_IN_FORMULA(k_and) { formula.signs.push_back({tree::Sign::add, reading.extent(begin)}); }
RW_IN_FORMULA(k_or) { formula.signs.push_back({tree::Sign::add, reading.extent(begin)}); }
RW_IN_FORMULA(sum_more) { formula.chain(tree::Form::sum); }
RW_IN_FORMULA(product_more) { formula.chain(tree::Form::product); }
RW_IN_FORMULA(compare_more) { formula.chain(tree::Form::compare); }
RW_IN_FORMULA(and_more) { formula.chain(tree::Form::and_); }
RW_IN_FORMULA(or_more) { formula.chain(tree::Form::or_); }
RW_IN_FORMULA(like_text) { formula.add_word(tree::Form::text, reading.string); }
RW_IN_FORMULA(like_name) { formula.add_word(tree::Form::name, reading.name); }
RW_IN_FORMULA(like_more) {
  const Position first = formula.at(formula.values[formula.values.size() - 2]).at;
  const Position pattern = formula.last().at;
  formula.add_over(2, tree::Form::like, span(first, pattern), reading.at(begin, begin + 4));
}

// ---- formulas in clauses ----

#define RW_FORMULA(RULE)                                                      \
  template <>                                                                 \
  struct Action<grammar::RULE> : tao::pegtl::change_state<OpenFormula> {      \
    template <typename Input, typename Around>                                \
    static void success(const Input&, OpenFormula& formula, Around& around) { \
      give(formula.values, around.piece);                                     \
    }                                                                         \
    static void give(std::vector<tree::FormulaId>& values, auto& around);     \
  };                                                                          \
  inline void Action<grammar::RULE>::give(std::vector<tree::FormulaId>& values, auto& around)

RW_FORMULA(guard_value) { around.guard = values.back(); }
RW_FORMULA(function_body) { around.body = values.back(); }
RW_FORMULA(clause_value) { around.expr = values.back(); }
RW_FORMULA(condition_value) { around.expr = values.back(); }
RW_FORMULA(setting_value) { around.value = values.back(); }
RW_FORMULA(operand_formula) { around.formula = values.back(); }
RW_FORMULA(made_line_value) { around.value = values.back(); }
RW_FORMULA(action_arguments) { around.arguments = std::move(values); }

#undef RW_FORMULA
#undef RW_IN_FORMULA

}  // namespace rw::dsl
