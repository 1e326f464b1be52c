// The values of formulas. A value holds one number for each thing it is about, so that arithmetic is plain loops over
// arrays.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dsl/program/program.hpp"

namespace rw::runtime {

// Data that a value needs and that is not there.
struct Missing {
  std::string_view kind;  // what is said of many of its kind: "statistics are missing"
  std::string text;       // and of this one behind it: "'t1' has none"
  bool empty() const { return text.empty(); }
  std::string sentence() const { return std::string(kind) + ": " + text; }
};

struct FormulaValue {
  dsl::Type type;
  std::vector<double> numbers;                  // numbers, and conditions as 0 or 1; as many as type.about asks
  std::vector<std::string> texts;               // texts
  std::vector<std::vector<double>> lists = {};  // lists; NaN: an item that is not known
  Missing missing = {};                         // empty: nothing

  // Misses what an operand misses; of several the first.
  void inherit(const FormulaValue& operand) {
    if (missing.empty()) missing = operand.missing;
  }
};

}  // namespace rw::runtime
