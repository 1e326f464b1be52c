// The lines of `expect becomes { }`: operators that must be there when the rule has run, as plain data.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "dsl/check/formula_parts.hpp"
#include "dsl/check/wanted.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

using tree::Form, tree::Formula, tree::FormulaId;

class WantedChecker {
 public:
  WantedChecker(CheckContext& context, const tree::File& file, const std::vector<std::string_view>& tensors)
      : context_(context), file_(file), tensors_(tensors) {}

  std::vector<WantedLine> check(const std::vector<tree::PatternLine>& lines) {
    for (const tree::PatternLine& line : lines)
      for (const tree::Output& output : line.outputs)
        if (output.form == tree::Output::Form::tensor) made_.emplace(output.name.text, output.name.at);
    for (const tree::PatternLine& line : lines) check_line(line);
    for (const auto& [name, at] : made_)
      if (!is_tensor(name) && !used_.contains(name))
        error("unknown-name", at, fmt::format("unknown tensor '{}', which no line of this reads", name),
              meant_or_all(name, tensors_));
    return std::move(lines_);
  }

 private:
  const Formula& formula_of(FormulaId id) const { return file_.formulas[id]; }
  void error(std::string_view code, Position at, std::string message, std::string hint = "") {
    context_.reporter.error(code, at, std::move(message), std::move(hint));
  }
  bool is_tensor(const std::string& name) const {
    return std::find(tensors_.begin(), tensors_.end(), name) != tensors_.end();
  }

  void check_line(const tree::PatternLine& line) {
    const std::uint32_t at = check_operator(line.value);
    if (at == kNone) return;
    for (const tree::Output& output : line.outputs) {
      if (output.form == tree::Output::Form::rest)
        error("misplaced", output.at, "each output has a name here, or is _", "write y = Relu(x)");
      lines_[at].outputs.push_back(output.form == tree::Output::Form::tensor ? output.name.text : "");
    }
  }

  // Into lines_; kNone after an error.
  std::uint32_t check_operator(FormulaId id) {
    const Formula& formula = formula_of(id);
    const Formula& head = formula.form == Form::given ? formula_of(formula.operands[0]) : formula;
    if (head.form != Form::made) {
      error("wrong-kind", formula.at, "expected an operator and what it reads: y = Relu(x)",
            "a formula is none: write the operator that computes it");
      return kNone;
    }
    if (!formula.word.text.empty() && formula.form == Form::given)
      error("misplaced", formula.word.at, "`like` is of rules: here the settings are written down",
            "write them: Conv(x, constant) pads [1, 1]");
    const auto at = static_cast<std::uint32_t>(lines_.size());
    lines_.emplace_back();
    WantedLine line;
    line.op = head.word.text;
    line.at = formula.at;
    for (const FormulaId operand : head.operands) line.operands.push_back(check_operand(operand));
    if (formula.form == Form::given)
      for (std::size_t i = 0; i < formula.fields.size(); ++i) setting(formula.fields[i], formula.operands[i + 1], line);
    lines_[at] = std::move(line);
    return at;
  }

  static std::optional<double> number_in(const tree::File& file, FormulaId id) {
    const Formula& formula = file.formulas[id];
    if (formula.form == Form::number) return formula.number;
    if (formula.form != Form::negate || file.formulas[formula.operands[0]].form != Form::number) return std::nullopt;
    return -file.formulas[formula.operands[0]].number;
  }
  std::optional<std::vector<double>> list_in(const Formula& formula) const {
    std::vector<double> out;
    for (const FormulaId id : formula.operands) {
      const auto number = number_in(file_, id);
      if (!number) return std::nullopt;
      out.push_back(*number);
    }
    return out;
  }

  WantedOperand check_operand(FormulaId id) {
    const Formula& formula = formula_of(id);
    WantedOperand out;
    if (formula.form == Form::absent) {
      out.form = WantedOperand::Form::absent;
    } else if (formula.form == Form::made || formula.form == Form::given) {
      out.form = WantedOperand::Form::made;
      out.line = check_operator(id);
    } else if (const auto number = number_in(file_, id)) {
      out.form = WantedOperand::Form::number;
      out.number = *number;
    } else if (formula.form == Form::list) {
      out.form = WantedOperand::Form::list;
      const auto list = list_in(formula);
      if (!list) error("wrong-kind", formula.at, "a list of numbers is wanted", "write [1, 2]");
      out.list = list.value_or(std::vector<double>());
    } else if (formula.form == Form::name) {
      name(formula, out);
    } else {
      error("wrong-kind", formula.at, "expected a tensor, a number, a list of numbers, an operator or `none`",
            "`constant` stands for any constant");
    }
    return out;
  }

  void name(const Formula& formula, WantedOperand& out) {
    out.name = formula.word.text;
    used_.insert(out.name);
    if (is_tensor(out.name) || made_.contains(out.name)) return;
    if (out.name == "constant") {
      out.form = WantedOperand::Form::constant;
      return;
    }
    error("unknown-name", formula.at, fmt::format("unknown tensor '{}'", out.name), meant_or_all(out.name, tensors_));
  }

  // As in a model: a float has a point or an exponent.
  bool is_whole_text(FormulaId id) const {
    const Formula& formula = formula_of(id);
    const Formula& number = formula.form == Form::negate ? formula_of(formula.operands[0]) : formula;
    return number.word.text.find_first_of(".eE") == std::string::npos;
  }

  void setting(const tree::Word& word, FormulaId id, WantedLine& line) {
    const Formula& value = formula_of(id);
    const auto known = context_.vocabulary.attributes(line.op);
    if (known && std::none_of(known->begin(), known->end(), [&](auto& row) { return row.name == word.text; }))
      error("unknown-name", word.at, fmt::format("{} has no attribute '{}'", line.op, word.text),
            meant_or_all(word.text, words_of(*known)));
    TestAttribute out{word.text, 0.0};
    if (value.form == Form::text) {
      out.value = value.word.text;
    } else if (const auto number = number_in(file_, id)) {
      if (is_whole_text(id) && std::abs(*number) < 1e15)
        out.value = static_cast<std::int64_t>(*number);
      else
        out.value = *number;
    } else if (const auto list = value.form == Form::list ? list_in(value) : std::nullopt) {
      out.value = *list;
    } else {
      error("wrong-kind", value.at, "a setting is a number, a list of numbers or a text", "write it out: pads [1, 1]");
    }
    line.attributes.push_back(std::move(out));
  }

  static constexpr std::uint32_t kNone = UINT32_MAX;
  CheckContext& context_;
  const tree::File& file_;
  const std::vector<std::string_view>& tensors_;
  NameTable<Position> made_;
  std::unordered_set<std::string> used_;
  std::vector<WantedLine> lines_;
};

}  // namespace

std::vector<WantedLine> check_wanted(CheckContext& context, const tree::File& file,
                                     const std::vector<std::string_view>& tensors,
                                     const std::vector<tree::PatternLine>& lines) {
  return WantedChecker(context, file, tensors).check(lines);
}

}  // namespace rw::dsl
