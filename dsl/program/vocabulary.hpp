// The words that rule files may use beyond the language itself: laws, actions, functions, fields and operator
// attributes. The language is told them as data by whoever runs the rules; it knows no operator by name.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/program/law_parameter.hpp"

namespace rw::dsl {

enum class Kind : unsigned char { number, condition, text, list };  // list: of numbers

struct LawWord {
  std::string_view name;
  std::span<const LawParameter> parameters;  // of the form "linear(weight = 1)", for a user's operator
  bool elementwise;                          // "pass elementwise" may be said
  bool offers;                               // an operator of this law can be a parent
  bool absorbs;                              // ... a child
  bool ties;                                 // ... inside a region
  bool joins;                                // ... and tie the channels of several activations
  std::string_view help;
};

// ONNX's operator sets that have an operator. `until` 0: it is still there.
struct OperatorSets {
  std::int64_t since = 1, until = 0;
  bool has(std::int64_t set) const { return set >= since && (until == 0 || set <= until); }
};

// What an action takes: each argument is a name bound to a set or node, or a formula (`number`: of one value).
enum class ArgumentForm : unsigned char { parents, number_per_channel, number };

struct ActionWord {
  std::string_view name;
  std::span<const ArgumentForm> arguments;
  std::string_view help;
  std::size_t optional = 0;  // so many of the last arguments are all given, or none
};

// Functions of the language. `numeric`: element by element on numbers; `per_node`: largest, smallest, mean, sum over
// the channels of each node; `collect`: across(max, x), overall(max, x), grouped(max, x, n); `data`: stats(p), about a
// set or a region; `channels`: channel(p), a number for each channel of a set.
enum class FunctionForm : unsigned char {
  numeric,
  per_node,
  collect_classes,
  collect_all,
  collect_groups,
  count,
  data,
  channels,
  gain,  // of a set and a number for each of its channels: one number
  best,  // of two or more numbers: one of them
};

struct FunctionWord {
  std::string_view name;
  FunctionForm form;
  int arity;
  std::string_view help;
  int most = 0;  // > 0: there may be more arguments, up to so many
};

std::string called(const FunctionWord& word);  // how it is called: "clamp(x, lo, hi)"

// What is reached with a dot. `roles`: bits of 1 << Role (program.hpp).
enum class FieldAbout : unsigned char { node, channel, region_class, region };
struct FieldWord {
  std::string_view name;
  Kind kind;
  FieldAbout about;
  unsigned roles;
  std::string_view help;
  bool measured = false;   // it comes from statistics, which may be missing
  bool takes_key = false;  // p.stat("p99.9"): the name of a statistic, or a percentile
};

struct AttributeWord {
  std::string_view name;
  std::optional<Kind>
      kind;  // of attributes: no value for a tensor, which formulas cannot read; of settings: for a list
};

// Values of formulas in rules with `match`. As what an argument is: `numeric`: a number, list or constant; `tensor`:
// the name of a tensor or constant; `operation`: the name of an operator; `rest`: a list, or a name with `...`. As what
// comes of a function `numeric` is what its arguments make together. `conditions`: one for each element, which all(),
// any() and none() collect.
enum class PatternKind : unsigned char {
  anything,
  number,
  text,
  condition,
  conditions,
  list,
  constant,
  numeric,
  tensor,
  operation,
  rest
};

// sqrt(x), transpose(w, perm): `arguments` says what each is, the last one also what any further ones are.
struct PatternFunctionWord {
  std::string_view name;
  std::span<const PatternKind> arguments;
  std::size_t least, most;  // how many there are
  PatternKind value;
  std::string_view help;
};

// x.rank, y.op. Settings of an operator have no row here.
struct PatternFieldWord {
  std::string_view name;
  bool of_operator;  // else of a tensor
  PatternKind value;
  std::string_view help;
  bool measured = false;  // of a tensor that is no constant it comes from statistics
};

struct Vocabulary {
  std::span<const LawWord> laws;
  std::span<const ActionWord> actions;
  std::span<const FunctionWord> functions;
  std::span<const std::string_view> reductions;  // first argument of the collecting functions: max, min, mean
  std::span<const FieldWord> fields;
  std::span<const PatternFunctionWord> pattern_functions;
  std::span<const PatternFieldWord> pattern_fields;
  // The attributes of an operator; nothing where the operator is not known (then any attribute may be named).
  std::function<std::optional<std::span<const AttributeWord>>(std::string_view operator_name)> attributes;
  // The same of rules with `match`: whatever is an attribute in some operator set, or an input instead of one.
  std::function<std::optional<std::span<const AttributeWord>>(std::string_view operator_name)> settings;
  std::function<std::vector<std::string>()> operators;  // every known operator, for "did you mean"
  // Statistics of each channel that p.stat reads: those whose scaling is known. Besides them percentiles: p99.9.
  std::span<const std::string_view> statistics;
  std::int64_t newest_operator_set = 0;
  // Nothing of operators of other domains, and of those that are not known.
  std::function<std::optional<OperatorSets>(std::string_view operator_name)> operator_sets;
};

}  // namespace rw::dsl
