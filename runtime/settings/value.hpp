// What a formula of a rule with a pattern can be: a number or a dimension, a text, a condition, a list, a tensor, or
// numbers with a shape. A formula without a value throws NoValue (numbers.hpp), with the reason.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "graph/network.hpp"
#include "runtime/settings/numbers.hpp"

namespace rw::patterns {

// A number, or a dimension that is not known before the network runs: with the same symbol it is the same dimension
// (graph::Shape); kUnknown is equal to nothing.
struct Element {
  double number = 0;
  std::int64_t symbol = 0;  // < 0: not known
  bool known() const { return symbol == 0; }
};
inline Element element_of(std::int64_t dim) { return dim < 0 ? Element{0, dim} : Element{static_cast<double>(dim), 0}; }
// Nothing: it is not known whether they are equal.
std::optional<bool> equal(const Element& a, const Element& b);

struct List {
  std::vector<Element> items;
  std::size_t size() const { return items.size(); }
};

struct Absent {};  // an operand or a setting that is not there

// One condition for each element. What cannot be decided is `unknown`.
enum class Truth : std::uint8_t { no, yes, unknown };
struct Truths {
  std::vector<Truth> each;
  bool single = true;  // a condition by itself, and not a list of one
};

struct TensorValue {
  graph::TensorId id = graph::kNone;
};

// A value for each output (or input) channel of a linear operator, laid along its weight: per_output(y, f).
struct Along {
  graph::OperatorId op = graph::kNone;
  bool outputs = true;
  std::vector<double> values;
};

// A constant of the network times such values. It stays what it is where it takes the place of that constant: the
// product is then made while the constant is written.
struct Scaled {
  graph::TensorId constant = graph::kNone;
  std::vector<Along> factors;  // of one operator, at most one for its outputs and one for its inputs
};

using Value = std::variant<Absent, Element, std::string, Truths, List, TensorValue, Along, Scaled,
                           std::shared_ptr<const Numbers>>;

inline Value truth(bool yes) { return Truths{{yes ? Truth::yes : Truth::no}, true}; }
inline Value number(double value) { return Element{value, 0}; }
Value list_of(const std::vector<std::int64_t>& values);     // with dimensions that are not known (< 0)
Value whole_list(const std::vector<std::int64_t>& values);  // numbers, negative ones, too
Value numbers(Numbers values);

// NoValue where it is none.
double number_of(const Value& value);
const std::string& text_of(const Value& value);
const List& list_of(const Value& value);
std::vector<std::int64_t> whole_list_of(const Value& value);  // every element a whole number that is known

bool is_absent(const Value& value);
std::string_view kind_of(const Value& value);  // "a list", for messages
std::string shown(const Value& value);         // "[1, 3, ?]", "a constant [4, 3]"

}  // namespace rw::patterns
