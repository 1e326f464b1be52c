// A checked rule with `match { lines }` and `replace { lines }`: a pattern of operators, conditions on what it found,
// and what takes its place. Part of program.hpp.
//
// Lists of this header refer to one another by index, so that a pattern is plain data: calls are in Pattern::calls,
// formulas in Pattern::exprs. A call that stands within another one has a higher index than it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dsl/text/source.hpp"

namespace rw::dsl {

struct Term;

using NameId = std::uint32_t;         // into Pattern::names
using CallId = std::uint32_t;         // into Pattern::calls
using PatternExprId = std::uint32_t;  // into Pattern::exprs
inline constexpr std::uint32_t kNoName = UINT32_MAX;
inline constexpr std::uint32_t kNoCall = UINT32_MAX;
inline constexpr std::uint32_t kNoExpr = UINT32_MAX;

// What a name stands for. A name may be both a tensor and the operator that gives it first (`y = Conv(x, w)`): it is
// then a tensor, and Name::is_operator says that it is an operator too (`y.group`, and `y(...)` in `replace`).
enum class NameSort : std::uint8_t {
  tensor,    // any tensor; a constant, too
  constant,  // `constant w`, `constant w or 0`: a constant, or what it is where it is absent
  rest,      // `parts...`: operands or outputs, none or more
  setting,   // `perm p`: a number, a text or a list
  local,     // let
  op,        // `... as y`: an operator
};

struct PatternName {
  std::string name;
  NameSort sort = NameSort::tensor;
  bool is_operator = false;
  Position at;
};

// ---- formulas about tensors and lists

enum class PatternOp : std::uint8_t {
  number,     // number
  text,       // text
  parameter,  // index: into Rule::params
  name,       // index: a NameId
  field,      // operand: what stands before the dot, always a `name`; text: the field (rank, shape, dtype, channels,
              // min, max, ... of a tensor; a setting, `name` or `op` of an operator)
  call,       // text: the function; operands: the arguments
  list,       // operands: the items
  spread,     // only as an item of a list: `s...`; operand: the list
  element,    // l[i], l[list]; operands: the list and the position or positions
  slice,      // l[a:b]; operands: the list, a, b; kNoExpr: to the end, or from the beginning
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
  like,  // operands: a text, and the pattern as a text
  and_,
  or_,
  if_,   // operands: condition, then, else
  let_,  // index: the NameId of the local; operands: its value and the body
  all,   // all(C): operand: the condition
  any,
  none,
};

struct PatternExpr {
  PatternOp op = PatternOp::number;
  Position at;
  double number = 0;
  std::string text;
  std::uint32_t index = 0;
  std::vector<PatternExprId> operands;
};

// ---- match

// What an absent operand or setting is: `or 0`, `or inf`, `or none`.
struct Default {
  bool none = false;  // absent stays absent
  double number = 0;  // infinite too
};

// One way to find a tensor: a call that gives it, or, without one, the tensor itself, whatever gives it.
struct Alternative {
  CallId call = kNoCall;
  NameId tensor = kNoName;  // without a call: the name that is bound; kNoName beside a call
  Position at;
};

struct Operand {
  enum class Form : std::uint8_t {
    tensor,    // name: bound here, or, where it is bound before, the same tensor
    constant,  // name: the same, of a constant; otherwise: what it is where it is absent
    number,    // number: a constant every element of which is that
    absent,    // `none`
    anything,  // `_`: present or not
    rest,      // `...`, `rest...`: any further ones; name: kNoName or a rest
    made,      // alternatives: it is found by one of these
  } form = Form::tensor;
  NameId name = kNoName;
  double number = 0;
  std::optional<Default> otherwise;       // tensor, constant
  std::vector<Alternative> alternatives;  // made: one or more; tried in order
  Position at;
};

struct Setting {
  enum class Form : std::uint8_t {
    bind,      // name: bound here; otherwise: what it is where it is absent and has no default of its own
    value,     // expr: it is equal to this
    anything,  // `_`
  } form = Form::anything;
  std::string setting;  // as the operator calls its attribute
  NameId name = kNoName;
  std::optional<Default> otherwise;
  PatternExprId expr = kNoExpr;
  Position at;
};

// `TERM(operands) settings`: an operator and what it reads.
struct Call {
  std::vector<Term> terms;  // operators and laws that are admitted; sets are written out. One or more
  bool by_law = false;      // `law linear(...)`: operands are by the roles of the law (activation, weight, bias)
  std::vector<Operand> operands;
  std::vector<Setting> settings;
  NameId op = kNoName;  // the name of the operator (that of its first output, or behind `as`)
  Position at;
};

struct Output {
  enum class Form : std::uint8_t { tensor, anything, rest } form = Form::tensor;  // `y`, `_`, `parts...`
  NameId name = kNoName;
  Position at;
};

// `outputs = CALL or CALL or x`.
struct MatchLine {
  std::vector<Output> outputs;            // one or more
  std::vector<Alternative> alternatives;  // one or more
  Position at;
};

// ---- clauses between match and replace, in order

struct PatternStep {
  enum class Form : std::uint8_t { let, where, needs } form = Form::where;
  PatternExprId expr = kNoExpr;
  NameId name = kNoName;  // let
  std::string reason;     // where, needs: the `else` text; empty: none
  Position at;
};

// ---- replace

struct Given {
  std::string setting;
  PatternExprId expr = kNoExpr;
  Position at;
};

// What an operator that is put in reads.
struct Argument {
  enum class Form : std::uint8_t {
    absent,   // `none`
    rest,     // `rest...`: name
    formula,  // expr: a name alone is the tensor; else a constant
    made,     // call: an operator within the line
  } form = Form::formula;
  NameId name = kNoName;
  PatternExprId expr = kNoExpr;
  std::uint32_t call = kNoCall;  // into Pattern::made
  Position at;
};

// `Op(arguments) settings`, `Op(arguments) like y`, or `y(arguments) settings`.
struct MadeCall {
  std::string op;          // the operator that is put in; empty: `again`
  NameId again = kNoName;  // `y(...)`: the matched operator once more, with its settings unless given
  NameId like = kNoName;   // `like y`: with those settings of y that it has
  std::vector<Argument> arguments;
  std::vector<Given> settings;
  Position at;
};

// `outputs = Op(...)`, `y = x`, `y = FORMULA`. A name that `match` bound to a tensor is made again, another one is new.
struct ReplaceLine {
  std::vector<Output> outputs;
  std::uint32_t call = kNoCall;  // into Pattern::made
  PatternExprId expr = kNoExpr;  // without a call: a name alone is the tensor itself; else it becomes a constant
  Position at;
};

struct Pattern {
  std::vector<PatternName> names;  // in the order in which they are bound; those that only `replace` makes at the end
  std::vector<Call> calls;
  std::vector<MatchLine> lines;
  std::vector<PatternStep> steps;
  std::vector<MadeCall> made;
  std::vector<ReplaceLine> replaced;
  std::vector<PatternExpr> exprs;
  std::optional<std::string> approximate;  // why it is not exact
  Position match, replace;                 // the words
};

}  // namespace rw::dsl
