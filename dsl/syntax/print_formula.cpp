#include <fmt/core.h>

#include <array>

#include "dsl/syntax/print.hpp"
#include "dsl/syntax/print_parts.hpp"

namespace rw::dsl {

namespace {

using tree::Form, tree::Formula, tree::FormulaId;

// How strongly a form binds its parts. An operand that binds no stronger than what it stands in gets brackets.
enum Strength : int { kOpen, kOr, kAnd, kNot, kCompare, kSum, kProduct, kUnary, kAtom };

constexpr std::array<Strength, 26> kStrengths = {
    kAtom,     // number
    kAtom,     // text
    kAtom,     // name
    kAtom,     // operator_name
    kAtom,     // field
    kAtom,     // call
    kUnary,    // negate
    kNot,      // not_
    kSum,      // sum
    kProduct,  // product
    kCompare,  // compare
    kCompare,  // like
    kAnd,      // and_
    kOr,       // or_
    kOpen,     // if_
    kOpen,     // let_
    kOpen,     // all
    kOpen,     // any
    kOpen,     // none
    kAtom,     // list
    kAtom,     // spread
    kAtom,     // element
    kAtom,     // slice
    kAtom,     // absent
    kAtom,     // made
    kAtom,     // given: it has brackets of its own
};
Strength strength(const Formula& formula) {
  const bool list = formula.form >= Form::all && formula.form <= Form::none && formula.word.text.empty();
  return list ? kAtom : kStrengths[static_cast<std::size_t>(formula.form)];  // `all(...)` has brackets of its own
}

constexpr std::string_view kSignTexts[] = {"+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">="};

class FormulaPrinter {
 public:
  explicit FormulaPrinter(const tree::File& file) : file_(file) {}

  void print(FormulaId id) {
    const Formula& formula = file_.formulas[id];
    if (formula.form == Form::like && file_.formulas[formula.operands[1]].form == Form::name)
      return in_brackets(formula, &FormulaPrinter::print_like_name);
    if (formula.form > Form::none) return print_pattern(formula);
    switch (formula.form) {
      case Form::number:
      case Form::name:
      case Form::operator_name:
        out_ += formula.word.text;
        break;
      case Form::text:
        out_ += quote(formula.word.text);
        break;
      case Form::field:
        print_field(formula);
        break;
      case Form::call:
        print_call(formula);
        break;
      case Form::negate:
        print_prefix(formula, "-");
        break;
      case Form::not_:
        print_prefix(formula, "not ");
        break;
      case Form::sum:
      case Form::product:
      case Form::compare:
        print_signs(formula);
        break;
      case Form::like:
        print_words(formula, " like ");
        break;
      case Form::and_:
        print_words(formula, " and ");
        break;
      case Form::or_:
        print_words(formula, " or ");
        break;
      case Form::if_:
        print_if(formula);
        break;
      case Form::let_:
        print_let(formula);
        break;
      case Form::all:
        print_quantifier(formula, "all");
        break;
      case Form::any:
        print_quantifier(formula, "any");
        break;
      case Form::none:
        print_quantifier(formula, "none");
        break;
      default:
        break;
    }
  }

  // An argument, or what a line of `replace` makes: `like y` stands there without brackets.
  void print_made(FormulaId id, bool line) {
    const Formula& formula = file_.formulas[id];
    const bool like = formula.form == Form::like && file_.formulas[formula.operands[1]].form == Form::name;
    if (like && !line) return print_like_name(formula);
    print(id);
  }

  std::string take() { return std::move(out_); }

 private:
  void operand(FormulaId id, bool brackets) {
    if (brackets) out_ += '(';
    print(id);
    if (brackets) out_ += ')';
  }

  void print_field(const Formula& formula) {
    out_ += formula.word.text;
    for (const tree::Word& field : formula.fields) out_ += "." + field.text;
    if (formula.operands.empty()) return;
    out_ += '(';
    print(formula.operands[0]);
    out_ += ')';
  }

  void print_call(const Formula& formula) {
    out_ += formula.word.text + "(";
    for (std::size_t i = 0; i < formula.operands.size(); ++i) {
      if (i > 0) out_ += ", ";
      print_made(formula.operands[i], false);
    }
    out_ += ')';
  }

  void print_prefix(const Formula& formula, std::string_view sign) {
    out_ += sign;
    operand(formula.operands[0], strength(file_.formulas[formula.operands[0]]) < strength(formula));
  }

  void print_signs(const Formula& formula) {
    for (std::size_t i = 0; i < formula.operands.size(); ++i) {
      if (i > 0) out_ += fmt::format(" {} ", kSignTexts[static_cast<std::size_t>(formula.signs[i - 1])]);
      operand(formula.operands[i], strength(file_.formulas[formula.operands[i]]) <= strength(formula));
    }
  }

  void print_words(const Formula& formula, std::string_view word) {
    for (std::size_t i = 0; i < formula.operands.size(); ++i) {
      if (i > 0) out_ += word;
      operand(formula.operands[i], strength(file_.formulas[formula.operands[i]]) <= strength(formula));
    }
  }

  void print_if(const Formula& formula) {
    constexpr std::string_view kBefore[] = {"if ", " then ", " else "};
    for (std::size_t i = 0; i < 3; ++i) {
      out_ += kBefore[i];
      print(formula.operands[i]);
    }
  }

  void print_let(const Formula& formula) {
    out_ += fmt::format("let {} = ", formula.word.text);
    print(formula.operands[0]);
    out_ += " in ";
    print(formula.operands[1]);
  }

  void print_quantifier(const Formula& formula, std::string_view word) {
    const bool list = formula.word.text.empty();
    out_ += list ? fmt::format("{}(", word) : fmt::format("{} {}: ", word, formula.word.text);
    print(formula.operands[0]);
    if (list) out_ += ')';
  }

  // ---- what only rules with `match` have ----

  void print_pattern(const Formula& formula) {
    switch (formula.form) {
      case Form::list:
        print_list(formula);
        break;
      case Form::spread:
        if (!formula.operands.empty()) spread_list(formula.operands[0]);
        out_ += formula.word.text + "...";
        break;
      case Form::element:
      case Form::slice:
        print_subscript(formula);
        break;
      case Form::absent:
        out_ += "none";
        break;
      case Form::made:
        print_call(formula);
        break;
      default:  // settings stand in arguments and lines of `replace` alone, and never in brackets
        print_given(formula);
        break;
    }
  }

  void in_brackets(const Formula& formula, void (FormulaPrinter::*what)(const Formula&)) {
    out_ += '(';
    (this->*what)(formula);
    out_ += ')';
  }

  void print_like_name(const Formula& formula) { print_words(formula, " like "); }

  void spread_list(FormulaId list) {
    const Formula& formula = file_.formulas[list];
    operand(list, strength(formula) < kAtom || formula.form == Form::number);  // `1...` is no number
  }

  void print_list(const Formula& formula) {
    out_ += '[';
    for (std::size_t i = 0; i < formula.operands.size(); ++i) {
      if (i > 0) out_ += ", ";
      print(formula.operands[i]);
    }
    out_ += ']';
  }

  void print_subscript(const Formula& formula) {
    operand(formula.operands[0], strength(file_.formulas[formula.operands[0]]) < kAtom);
    out_ += '[';
    if (formula.operands[1] != tree::kNoFormula) print(formula.operands[1]);
    if (formula.form == Form::slice) out_ += ':';
    if (formula.form == Form::slice && formula.operands[2] != tree::kNoFormula) print(formula.operands[2]);
    out_ += ']';
  }

  void print_given(const Formula& formula) {
    operand(formula.operands[0], strength(file_.formulas[formula.operands[0]]) < kSum);
    if (!formula.word.text.empty()) out_ += " like " + formula.word.text;
    for (std::size_t i = 0; i < formula.fields.size(); ++i) {
      const FormulaId value = formula.operands[i + 1];
      out_ += fmt::format(" {} ", formula.fields[i].text);
      operand(value, strength(file_.formulas[value]) < kSum);
    }
  }

  const tree::File& file_;
  std::string out_;
};

}  // namespace

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? "\\n" : std::string(1, c);
  }
  return out + '"';
}

std::string print_formula(const tree::File& file, FormulaId formula) {
  FormulaPrinter printer(file);
  printer.print(formula);
  return printer.take();
}

std::string print_made(const tree::File& file, FormulaId formula) {
  FormulaPrinter printer(file);
  printer.print_made(formula, true);
  return printer.take();
}

std::string print_wrapped(const tree::File& file, FormulaId id, std::size_t column) {
  std::string line = print_formula(file, id);
  if (column + line.size() <= kLineWidth) return line;
  std::string out;
  const std::string indent(column, ' ');
  while (file.formulas[id].form == Form::let_) {
    const Formula& formula = file.formulas[id];
    out += fmt::format("let {} = {} in\n{}", formula.word.text, print_formula(file, formula.operands[0]), indent);
    id = formula.operands[1];
  }
  return out + print_formula(file, id);
}

}  // namespace rw::dsl
