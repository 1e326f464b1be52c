// Checked rules: every name resolved, every function written out at its call, every expression with its type. This is
// all that the runtime sees of a rule file; it includes neither the parser nor the checker.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/program/pattern.hpp"
#include "dsl/program/rule_test.hpp"
#include "dsl/program/vocabulary.hpp"
#include "dsl/text/source.hpp"

namespace rw::dsl {

// What a name of a rule is bound to.
enum class Role : std::uint8_t { parents, children, join, region };

struct Binding {
  std::string name;
  Role role;
  Position at;
};
using BindingIndex = std::uint32_t;  // into Rule::bindings
inline constexpr std::uint32_t kNoBinding = UINT32_MAX;

// What a value is about: one value; one for each node of a set; one for each channel of each node of a set; one for
// each scale class of the region.
enum class About : std::uint8_t { nothing, node, channel, region_class };

struct Type {
  Kind kind = Kind::number;
  About about = About::nothing;
  BindingIndex family = kNoBinding;  // whose nodes or channels (About::node, About::channel)
};

enum class ExprOp : std::uint8_t {
  number,     // Expr::number
  text,       // Expr::text
  parameter,  // index: into Rule::params
  local,      // index: slot of a let (expression or clause)
  field,    // index: into Vocabulary::fields; family: the binding; operand: the key of a statistic, where it takes one
  list,     // operands: the items, each a number
  element,  // operands: a list, a position (counted from 0; from the end below that)
  attribute,  // text: the attribute; family: the binding; kNoBinding in a guard, where it is the operator's own:
              // index kOwnWord: one of `name`, `op`, `channels`, `activations`; 0: an attribute proper
  negate,
  not_,
  add,
  subtract,
  multiply,
  divide,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  like,
  and_,
  or_,
  if_,   // operands: condition, then, else
  let_,  // index: slot; operands: value, body
  all,
  any,
  none,  // family: the set; operand: the condition
  call,  // index: into Vocabulary::functions; operands: the arguments; family where an argument is a set or region;
         // reduction: into Vocabulary::reductions for the collecting functions
};

// In a guard `name`, `op`, `channels` (of the output) and `activations` (inputs that are no constants) are words of the
// operator itself; an attribute that is named like one of them is reached as `attribute.name`.
inline constexpr std::uint32_t kOwnWord = 1;

// What a rule may come to when its functions are written out.
inline constexpr std::size_t kMaxRuleExprs = 100'000;
inline constexpr std::size_t kMaxProgramExprs = 1'000'000;  // all rules and guards together
inline constexpr std::size_t kMaxProgramTerms = 1'000'000;  // operators of all sets and clauses together
inline constexpr std::uint32_t kMaxExprDepth = 500;         // so that evaluation may call itself

using ExprId = std::uint32_t;  // into Rule::exprs (LawBinding::exprs, Term::exprs)

struct Expr {
  ExprOp op = ExprOp::number;
  Type type;
  Position at;
  double number = 0;
  std::string text;
  std::uint32_t index = 0;
  std::uint32_t reduction = 0;
  BindingIndex family = kNoBinding;
  std::vector<ExprId> operands;
};

// A condition about one operator by itself (`where transB == 1`): names without a dot are its attributes or kOwnWords.
// It holds attributes, numbers, texts and operations on them (`if` too), and neither functions nor `let`; its type is a
// condition about nothing.
struct Guard {
  std::vector<Expr> exprs;
  ExprId root = 0;
};

inline constexpr std::uint32_t kNoLaw = UINT32_MAX;

struct Term;
using TermList = std::vector<Term>;

// Operators that a clause admits: those of one type, or all whose law in this run is a certain one. Sets are written
// out; all guards must hold, and no term of a list that is excepted may admit the operator.
struct Term {
  std::string op;              // empty: a law
  std::uint32_t law = kNoLaw;  // into Vocabulary::laws
  bool on_channel = false;
  std::vector<std::shared_ptr<const Guard>> guards;
  Position at;  // of the term in the clause (not in the set)
  std::vector<std::shared_ptr<const TermList>> excepted = {};
};

struct Terms {
  std::vector<Term> terms;
  BindingIndex binding = kNoBinding;  // `as p`
  Position at;                        // of the whole clause
  bool required = false;              // `must through`, `join`: one of them must be there
};

enum class LeakPolicy : std::uint8_t { reject, pin };

// `leak restore TERMS`: in front of these operators, and of outputs of the network, the scale is given back.
struct RestoreClause {
  std::vector<Term> terms;
  bool outputs = false;
};

struct RegionPattern {
  BindingIndex binding = kNoBinding;  // region r
  Terms parents;
  Terms children;
  std::vector<Terms> through;
  std::vector<Terms> joins;
  std::optional<RestoreClause> restore;
  LeakPolicy leaks = LeakPolicy::reject;  // those that are not restored
  Position at;
};

// A clause that is carried out in order, for each region.
struct Step {
  enum class Form : std::uint8_t { let, where, needs, act } form = Form::let;
  ExprId expr = 0;         // let: the value; where, needs: the condition
  std::uint32_t slot = 0;  // let: where the value goes
  std::string reason;      // where, needs: the `else` text; empty: none
  Position at;
  // act
  std::uint32_t action = 0;  // into Vocabulary::actions
  struct Argument {
    BindingIndex binding = kNoBinding;  // parents
    ExprId expr = 0;                    // number_per_channel, number
  };
  std::vector<Argument> arguments;
};

struct Param {
  std::string name;
  double value = 0;  // its default
  Position at;
};

struct Rule {
  std::string name;
  std::string doc;
  std::vector<Param> params;
  std::vector<Binding> bindings;
  std::optional<RegionPattern> region;  // exactly one of region and pattern
  std::optional<Pattern> pattern;       // then `steps` and `exprs` are empty
  std::vector<Step> steps;
  std::vector<Expr> exprs;  // operands come before the expressions that use them
  std::uint32_t slots = 0;  // how many let slots there are
  bool again = false;
  bool runs = true;              // false: of a file that is used, and neither included nor named in the run
  bool as_far_as_exact = false;  // `include "f" as far as exact`: with --exact it leaves alone what would not be exact
  struct Repeat {
    std::uint32_t count;
    double change;
    Position at;
  };
  std::optional<Repeat> repeat;
  Position at;  // of the name
};

// `op Relu law pass`. Tried from the last to the first; the first whose guard holds counts.
struct LawBinding {
  std::string op;
  std::uint32_t law = 0;  // into Vocabulary::laws
  bool elementwise = false;
  std::map<std::string, double> parameters;
  std::shared_ptr<const Guard> guard;  // null: none
  Position at;
  Position line;  // the whole declaration, of which there may be other bindings
};

struct Program {
  std::vector<LawBinding> laws;  // in the order of the files
  std::vector<Rule> rules;       // in the order they run; behind them those that do not run
  std::vector<RuleTest> tests;   // in the order of the files
  std::vector<OperatorMeaning>
      meanings;              // the last one of an operator counts; a body has operators of meanings before it
  std::vector<Term> curves;  // the set of this name in std.dsl: what `--leak restore` restores
};

// As if every rule with a region that says nothing of it said `leak restore curves`.
void restore_leaks(Program& program);

// The rules that run.
inline std::span<const Rule> running(const Program& program) {
  const auto rests =
      std::find_if(program.rules.begin(), program.rules.end(), [](const Rule& rule) { return !rule.runs; });
  return std::span(program.rules).first(static_cast<std::size_t>(rests - program.rules.begin()));
}

}  // namespace rw::dsl
