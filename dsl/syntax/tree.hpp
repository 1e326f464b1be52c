// A rule file as it is written: declarations, clauses and formulas with their places. Brackets are not kept (the shape
// of the tree says them), nor are comments (tokens.hpp); everything else that a formatter needs is here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dsl/text/source.hpp"

namespace rw::dsl::tree {

// A name, an operator's name, a string (without quotes, escapes resolved) or a number as it is spelled.
struct Word {
  std::string text;
  Position at;
};

enum class Form : std::uint8_t {
  number,         // word: as spelled; number: its value
  text,           // word
  name,           // word
  operator_name,  // word; an error, as everything that makes operators, but in `replace`
  field,          // word: what stands before the dot; fields: one or two words behind dots; operand: what stands in
                  // brackets behind them
  call,           // word: the function; operands: the arguments
  negate,
  not_,
  sum,      // operands with + or - between them: signs[i] stands before operands[i + 1]
  product,  // ... * or /
  compare,  // two operands, one sign
  like,     // operands: the value and a text
  and_,     // two or more operands
  or_,
  if_,   // operands: condition, then, else
  let_,  // word: the name; operands: its value and the body
  all,   // word: the set; operand: the condition
  any,
  none,
  // In rules with `match`. There `all`, `any` and `none` may have brackets, and no word.
  list,     // operands: the items
  spread,   // word: `s...`; or operand: the list before `...`
  element,  // operands: the list, what stands in the brackets
  slice,    // operands: the list, from, to; kNoFormula: left out
  absent,   // `none` as an argument
  made,     // word: the operator; operands: what it reads
  given,    // operands: a call or `made`, then the values of the settings that `fields` name; word: behind `like`
};

enum class Sign : std::uint8_t {
  add,
  subtract,
  multiply,
  divide,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal
};

using FormulaId = std::uint32_t;  // into File::formulas
inline constexpr FormulaId kNoFormula = UINT32_MAX;

// A formula. A chain of the same precedence is one node (`a + b - c` has three operands), so that the depth of a tree
// is the depth of what the user nested: at most kMaxNesting brackets, signs and words, each a few nodes deep.
struct Formula {
  Form form = Form::number;
  bool bracketed = false;
  Position at;    // all of it, brackets included
  Position mark;  // the word or sign that it is named after
  Word word;
  double number = 0;
  std::vector<FormulaId> operands;
  std::vector<Sign> signs;
  std::vector<Word> fields;
};

inline constexpr int kMaxNesting = 200;
inline constexpr std::size_t kMaxFileSize = std::size_t{16} << 20U;  // bytes
inline constexpr std::size_t kMaxItems = 500'000;                    // nodes, terms and clauses of a file

enum class TermForm : std::uint8_t { set, op, law };

struct Term {
  Word name;
  TermForm form = TermForm::set;
  bool on_channel = false;
  FormulaId guard = kNoFormula;
  Position at;
};

// `use "f"`: its names are visible; `include "f"`: and its rules run at this place.
struct Use {
  Word path;
  bool runs = false;             // include
  bool as_far_as_exact = false;  // only of include
};

struct NumberArgument {
  Word name;
  double value = 0;
  Word spelled;  // with its sign
};

struct Set {
  Word name;
  std::vector<Term> terms, excepted;
};

// `p`, or `percentile = 100`, which may be left out of a call; so may those behind it.
struct FunctionParam {
  Word name;
  std::optional<NumberArgument> otherwise;
};

struct Function {
  Word name;
  std::vector<FunctionParam> params;
  FormulaId body = kNoFormula;
};

// `[1, 3, 8, 8]`, or one number without brackets.
struct Numbers {
  std::vector<NumberArgument> items;  // without names
  bool list = false;                  // in brackets
  Position at;
};

// What is absent is this: `or none`, `or -inf`, `or 0`.
struct Default {
  bool none = false;
  double value = 0;
  Word spelled;
};

// `axis 1`, `perm p`, `axis a or 0`, `mode _` behind an operator that is looked for.
struct Setting {
  Word name;
  FormulaId value = kNoFormula;  // none: `_`
  std::optional<Default> otherwise;
  Position at;
};

struct Operand;

// `TERM(operands) settings as name`, or a tensor's name alone.
struct Alternative {
  Word name;
  TermForm form = TermForm::set;
  bool call = false;  // false: a tensor
  std::vector<Operand> operands;
  std::vector<Setting> settings;
  std::optional<Word> as;
  Position at;
};

// What an operator reads that is looked for.
struct Operand {
  enum class Form : std::uint8_t { constant, dots, anything, none, number, formula, found } form = Form::found;
  Word name;                         // constant
  NumberArgument number;             // number
  FormulaId formula = kNoFormula;    // formula: in brackets
  std::vector<Alternative> found;    // found: one or more
  bool rest = false;                 // found: a name with `...` behind it
  std::optional<Default> otherwise;  // constant, found
  Position at;
};

struct Output {
  enum class Form : std::uint8_t { tensor, anything, rest } form = Form::anything;
  Word name;
  Position at;
};

// `outputs = ...`, in `match` and in `replace`.
struct PatternLine {
  std::vector<Output> outputs;
  std::vector<Alternative> found;  // match
  FormulaId value = kNoFormula;    // replace
  Position at;
};

enum class ConstantWord : std::uint8_t { weight, bias, positive, values, integers };
inline constexpr std::string_view kConstantWords[] = {"weight", "bias", "positive", "values", "integers"};

// What an operator of a test's network reads: a tensor, a constant that stands there, or nothing (`none`).
struct TestInput {
  enum class Form : std::uint8_t { tensor, constant, none } form = Form::none;
  Word name;  // tensor
  ConstantWord word = ConstantWord::weight;
  Numbers numbers;               // constant: its shape, or its values
  std::optional<Numbers> shape;  // of values
  std::optional<Word> type;      // `float16`
  Position at;
};

struct TestAttribute {
  Word name;
  Numbers numbers;
  std::optional<Word> text;
};

// `max [1, 2]`, `"p99.9" [1, 2]` of a line `stats`.
struct TestStatistic {
  Word key;
  Numbers numbers;
};

enum class TestWord : std::uint8_t {
  input,
  output,
  seed,
  opset,
  calibrate,
  stats,
  node,
  match,
  scale,
  no_match,
  within,
  becomes,
  operators,
  same
};

// One line of a test.
struct TestLine {
  TestWord form = TestWord::node;
  std::vector<Word>
      names;  // input, stats, scale: one; same: two; output, node, operators: one or more; no_match: none or one
  Word op;    // node
  std::vector<TestInput> inputs;
  std::vector<TestAttribute> attributes;
  Numbers numbers;                                     // input: shape; seed; opset; scale; within
  std::vector<TestStatistic> statistics;               // stats
  std::optional<Word> type;                            // input
  std::optional<Numbers> values;                       // input
  std::vector<PatternLine> lines;                      // becomes
  std::optional<std::vector<Word>> parents, children;  // match
  std::optional<Word> reason;                          // no_match
  Position word;                                       // what it begins with
  Position at;
};

// What an operator of one's own computes: what another one does, or `(x, w) { lines }`, of which the last one makes it.
struct Means {
  std::optional<Word> op;
  std::vector<Word> params;
  std::vector<TestLine> lines;
  Position at;
};

struct Op {
  std::vector<Word> operators;
  Word law;
  std::optional<Word> elementwise;
  std::vector<NumberArgument> parameters;
  FormulaId guard = kNoFormula;
  std::optional<Means> means;
};

struct Test {
  Word rule;
  Word title;
  std::vector<TestLine> lines;
};

enum class RegionWord : std::uint8_t {
  parents,
  children,
  through,
  must_through,
  join,
  may_join,
  leak_pin,
  leak_reject
};

struct RegionClause {
  RegionWord form = RegionWord::parents;
  std::vector<Term> terms, excepted;  // of `leak`: what is restored
  std::optional<Word> as;
  Position word;  // `parents`, `may join`
  Position at;
};

enum class ClauseWord : std::uint8_t { region, let, where, needs, repeat, again, act, match, replace, approximate };

struct Clause {
  ClauseWord form = ClauseWord::again;
  Word name;  // region, let, act: what follows the word
  std::vector<RegionClause> region;
  std::vector<PatternLine> lines;    // match, replace
  FormulaId expr = kNoFormula;       // let, where, needs
  std::optional<Word> reason;        // where, needs, approximate
  std::vector<FormulaId> arguments;  // act
  NumberArgument count, change;      // repeat
  Position word;                     // `region`, `do`
  Position at;                       // all of it
};

struct Rule {
  Word name;
  std::vector<NumberArgument> params;
  std::optional<Word> doc;
  std::vector<Clause> clauses;
};

struct Declaration {
  Position at;
  std::variant<Use, Op, Set, Function, Test, Rule> what;
};

// What a declaration that could not be read would have declared: its uses are not complained about.
enum class Declares : std::uint8_t { set, function, rule, op };
struct Broken {
  Declares what = Declares::set;
  Word name;                                // of op: whatever
  std::optional<Rule> rule = std::nullopt;  // as far as it was read, for the mistakes in that
};

struct File {
  std::uint32_t source = 0;
  std::vector<Declaration> declarations;
  std::vector<Formula> formulas;
  std::vector<Broken> broken;
};

}  // namespace rw::dsl::tree
