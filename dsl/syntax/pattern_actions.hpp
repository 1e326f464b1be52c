// What the rules of `match` and `replace` do.
#pragma once

#include <cmath>
#include <utility>

#include "dsl/syntax/actions.hpp"

namespace rw::dsl {

// ---- what is absent is this ----

RW_ON(default_none, tree::Default) {
  piece.none = true;
  piece.spelled = {"none", at};
}
RW_ON(default_number, tree::Default) {
  const std::string_view text = reading.text.substr(at.offset, at.length);
  if (text.ends_with("inf")) {
    piece.value = text[0] == '-' ? -INFINITY : INFINITY;
    piece.spelled = {text[0] == '-' ? "-inf" : "inf", at};
    return;
  }
  const tree::NumberArgument number = signed_number(reading, at);
  piece.value = number.value;
  piece.spelled = number.spelled;
}
RW_BUILDS(default_value, tree::Default) { around.otherwise = std::move(built); }

// ---- settings ----

RW_ON(found_setting_name, tree::Setting) { piece.name = reading.word; }
RW_BUILDS(setting, tree::Setting) {
  built.at = at;
  reading.count_item(at);
  around.settings.push_back(std::move(built));
}

// ---- operators that are looked for ----

RW_ON(found_operator, tree::Alternative) {
  piece.name = reading.oper;
  piece.form = tree::TermForm::op;
}
RW_ON(found_law, tree::Alternative) {
  piece.name = reading.word;
  piece.form = tree::TermForm::law;
}
RW_ON(found_name, tree::Alternative) { piece.name = reading.name; }
RW_ON(found_open, tree::Alternative) { piece.call = true; }

inline std::vector<tree::Alternative>& found_of(tree::Operand& operand) { return operand.found; }
inline std::vector<tree::Alternative>& found_of(tree::PatternLine& line) { return line.found; }
RW_BUILDS(alternative, tree::Alternative) {
  built.at = at;
  reading.count_item(at);
  found_of(around).push_back(std::move(built));
}

RW_ON(constant_name, tree::Operand) { piece.name = reading.name; }
RW_ON(operand_constant, tree::Operand) { piece.form = tree::Operand::Form::constant; }
RW_ON(operand_dots, tree::Operand) { piece.form = tree::Operand::Form::dots; }
RW_ON(operand_wild, tree::Operand) { piece.form = tree::Operand::Form::anything; }
RW_ON(operand_none, tree::Operand) { piece.form = tree::Operand::Form::none; }
RW_ON(operand_number, tree::Operand) {
  piece.form = tree::Operand::Form::number;
  piece.number = signed_number(reading, at);
}
RW_ON(operand_bracketed, tree::Operand) { piece.form = tree::Operand::Form::formula; }
RW_ON(operand_rest, tree::Operand) { piece.rest = true; }
RW_BUILDS(operand, tree::Operand) {
  built.at = at;
  reading.count_item(at);
  around.operands.push_back(std::move(built));
}

// ---- lines ----

RW_ON(output_name, tree::Output) {
  piece.form = tree::Output::Form::tensor;
  piece.name = reading.name;
}
RW_ON(output_dots, tree::Output) { piece.form = tree::Output::Form::rest; }
RW_BUILDS(output, tree::Output) {
  built.at = at;
  reading.count_item(at);
  around.outputs.push_back(std::move(built));
}

RW_BUILDS(match_line, tree::PatternLine) {
  built.at = at;
  reading.count_item(at);
  around.lines.push_back(std::move(built));
}
RW_BUILDS(replace_line, tree::PatternLine) {
  built.at = at;
  reading.count_item(at);
  around.lines.push_back(std::move(built));
}

RW_ON(match_clause, tree::Clause) { piece.form = tree::ClauseWord::match; }
RW_ON(replace_clause, tree::Clause) { piece.form = tree::ClauseWord::replace; }
RW_ON(approximate_clause, tree::Clause) { piece.form = tree::ClauseWord::approximate; }
RW_ON(why_approximate, tree::Clause) { piece.reason = reading.string; }

}  // namespace rw::dsl
