// What `match` looks for, as text.
#include <fmt/core.h>

#include "dsl/syntax/print.hpp"
#include "dsl/syntax/print_parts.hpp"

namespace rw::dsl {

namespace {

class PatternPrinter {
 public:
  explicit PatternPrinter(const tree::File& file) : file_(file) {}

  std::string alternative(const tree::Alternative& found) const {
    if (!found.call) return found.name.text;
    std::string out = (found.form == tree::TermForm::law ? "law " : "") + found.name.text + "(";
    for (std::size_t i = 0; i < found.operands.size(); ++i) out += (i > 0 ? ", " : "") + operand(found.operands[i]);
    out += ')';
    for (const tree::Setting& each : found.settings) out += setting(each);
    if (found.as) out += " as " + found.as->text;
    return out;
  }

 private:
  static std::string otherwise(const std::optional<tree::Default>& value) {
    return value ? " or " + value->spelled.text : "";
  }

  std::string setting(const tree::Setting& setting) const {
    const bool any = setting.value == tree::kNoFormula;
    return fmt::format(" {} {}{}", setting.name.text, any ? "_" : setting_value(setting.value),
                       otherwise(setting.otherwise));
  }

  // A setting's value is a sum; whatever binds less has brackets.
  std::string setting_value(tree::FormulaId value) const {
    const tree::Form form = file_.formulas[value].form;
    const std::string text = print_formula(file_, value);
    return form == tree::Form::not_ || (form >= tree::Form::compare && form <= tree::Form::none) ? '(' + text + ')'
                                                                                                 : text;
  }

  std::string operand(const tree::Operand& operand) const {
    using Sort = tree::Operand::Form;
    switch (operand.form) {
      case Sort::constant:
        return "constant " + operand.name.text + otherwise(operand.otherwise);
      case Sort::dots:
        return "...";
      case Sort::anything:
        return "_";
      case Sort::none:
        return "none";
      case Sort::number:
        return operand.number.spelled.text;
      case Sort::formula:
        return '(' + print_formula(file_, operand.formula) + ')';
      case Sort::found:
        break;
    }
    std::string out;
    for (const tree::Alternative& each : operand.found) out += (out.empty() ? "" : " or ") + alternative(each);
    return out + (operand.rest ? "..." : "") + otherwise(operand.otherwise);
  }

  const tree::File& file_;
};

}  // namespace

std::vector<std::string> print_alternatives(const tree::File& file, const std::vector<tree::Alternative>& found) {
  std::vector<std::string> out;
  for (const tree::Alternative& each : found) out.push_back(PatternPrinter(file).alternative(each));
  return out;
}

}  // namespace rw::dsl
