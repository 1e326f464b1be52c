// A checked `test` of a rule file: a small network, statistics, and what its rule must do with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dsl/text/source.hpp"

namespace rw::dsl {

// What a test may be made of. Whoever runs it bounds what its operators make of it.
inline constexpr std::size_t kMaxTestElements = 65'536;  // of one tensor that is written down
inline constexpr std::size_t kMaxTestNodes = 1'000;
inline constexpr std::size_t kMaxTestConstants = 1'000'000;  // elements, all together

inline constexpr std::int64_t kTestOperatorSet = 17;  // of a test that does not say one

using TestShape = std::vector<std::int64_t>;  // every dimension >= 0

struct TestInput {
  std::string name;
  TestShape shape;
  bool any = false;  // of a meaning: whatever the operator is given
  std::string type = "float32";
  std::optional<std::vector<double>> values;  // as many as the shape has; none: random ones
};

struct TestConstant {
  enum class Form : std::uint8_t {
    random,    // between -1 and 1
    positive,  // between 0.5 and 1.5
    values,    // float32
    integers,  // int64
  } form = Form::random;
  std::string name;  // "<node>.weight"
  TestShape shape;
  std::vector<double> values;  // of values, integers: as many as the shape has
  std::string type;            // empty: as the form says
};

struct TestAttribute {
  std::string name;
  std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>> value;
};

struct TestNode {
  std::string op;
  std::vector<std::string> inputs;   // tensors and constants; "": absent
  std::vector<std::string> outputs;  // the first is the node's name too
  std::vector<TestAttribute> attributes;
  Position at;
};

struct TestStatistics {
  std::string tensor;
  std::vector<double> min, max;  // by channel; one value is meant for all of them
  struct Series {
    std::string key;
    std::vector<double> values;  // as many
  };
  std::vector<Series> others;  // mean, p99.9, ...
  Position at;
};

// What an operator reads that `expect becomes` wants to be there.
struct WantedOperand {
  enum class Form : std::uint8_t {
    tensor,    // name: of a tensor of the network, or what another line makes
    made,      // line: what that line makes
    number,    // number: a constant every element of which is that
    list,      // list: a constant with these elements
    constant,  // any constant
    absent,
  } form = Form::tensor;
  std::string name;
  std::uint32_t line = 0;  // into Expectation::becomes
  double number = 0;
  std::vector<double> list;
};

// An operator that must be there. Its settings are those that are said; of others nothing is wanted.
struct WantedLine {
  std::string op;
  std::vector<std::string> outputs;  // "": whatever; none: an operand of another line
  std::vector<WantedOperand> operands;
  std::vector<TestAttribute> attributes;
  Position at;
};

struct Expectation {
  enum class Form : std::uint8_t { match, scale, no_match, becomes, operators, same } form = Form::match;
  std::optional<std::vector<std::string>> parents, children;  // match: nodes of the region that the rule took
  std::string node;                    // scale; no_match: a parent of the region that is meant, "": any
  std::vector<double> scale;           // of its output channels; one value is meant for all of them
  std::string reason;                  // no_match: a part of the reason; "": any
  std::vector<WantedLine> becomes;     // of the network when the rule has run
  std::vector<std::string> operators;  // all that it has then, in order
  std::vector<std::string> tensors;    // same: two, whose values are equal then
  Position at;
};

struct RuleTest {
  std::uint32_t rule = 0;  // into Program::rules
  std::string title;
  std::uint64_t seed = 1;  // of random weights and inputs
  std::int64_t opset = kTestOperatorSet;
  bool calibrate = false;  // statistics of every tensor are measured
  std::vector<TestInput> inputs;
  std::vector<TestConstant> constants;
  std::vector<TestNode> nodes;
  std::vector<std::string> outputs;
  std::vector<Position> output_at;  // of their names
  std::vector<TestStatistics> statistics;
  std::vector<Expectation> expectations;
  // So much of its largest value an output may move; without a value the function has to stay.
  std::optional<double> within;
  Position at;  // of the title
};

// What an operator of the user's own computes: what `as` does with its operands and settings; or, where that is empty,
// what `body` makes of its inputs, which stand for the operands. The outputs of its last node are those of the
// operator.
struct OperatorMeaning {
  std::string op;
  std::string as;
  RuleTest body;
  Position at;
};

}  // namespace rw::dsl
