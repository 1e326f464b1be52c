// What the rules of declarations and clauses do, tests apart.
#pragma once

#include <algorithm>
#include <utility>

#include "dsl/syntax/actions.hpp"

namespace rw::dsl {

// ---- terms ----

RW_ON(term_operator, tree::Term) {
  piece.name = reading.oper;
  piece.form = tree::TermForm::op;
}
RW_ON(term_law, tree::Term) {
  piece.name = reading.word;
  piece.form = tree::TermForm::law;
}
RW_ON(term_set, tree::Term) { piece.name = reading.name; }
RW_ON(on_channel, tree::Term) { piece.on_channel = true; }
RW_BUILDS(term, tree::Term) {
  built.at = at;
  reading.count_item(at);
  around.terms.push_back(std::move(built));
}
struct Excepted {
  std::vector<tree::Term> terms;
};
RW_BUILDS(excepted, Excepted) { around.excepted = std::move(built.terms); }
RW_ON_ANY(as_name) { piece.as = reading.name; }

// ---- numbers with a name: `lo = 1` ----

inline std::vector<tree::NumberArgument>& numbers_of(tree::Rule& rule) { return rule.params; }
inline std::vector<tree::NumberArgument>& numbers_of(tree::Op& op) { return op.parameters; }

RW_ON(argument_name, tree::NumberArgument) { piece.name = reading.name; }
RW_ON(argument_number, tree::NumberArgument) {
  tree::NumberArgument number = signed_number(reading, at);
  piece.value = number.value;
  piece.spelled = std::move(number.spelled);
}
RW_BUILDS(argument, tree::NumberArgument) {
  reading.count_item(built.name.at);
  numbers_of(around).push_back(std::move(built));
}

// ---- clauses of a region ----

inline void begin_region_clause(tree::RegionClause& clause, tree::RegionWord form, Position word) {
  clause.form = form;
  clause.word = word;
}
RW_ON(parents_word, tree::RegionClause) { begin_region_clause(piece, tree::RegionWord::parents, at); }
RW_ON(children_word, tree::RegionClause) { begin_region_clause(piece, tree::RegionWord::children, at); }
RW_ON(through_word, tree::RegionClause) { begin_region_clause(piece, tree::RegionWord::through, at); }
RW_ON(must_through_word, tree::RegionClause) { begin_region_clause(piece, tree::RegionWord::must_through, at); }
RW_ON(join_word, tree::RegionClause) { begin_region_clause(piece, tree::RegionWord::join, at); }
RW_ON(may_join_word, tree::RegionClause) { begin_region_clause(piece, tree::RegionWord::may_join, at); }
RW_ON(leak_word, tree::RegionClause) { piece.word = at; }
RW_ON(leak_pin, tree::RegionClause) { piece.form = tree::RegionWord::leak_pin; }
RW_ON(leak_reject, tree::RegionClause) { piece.form = tree::RegionWord::leak_reject; }
RW_BUILDS(region_clause, tree::RegionClause) {
  built.at = at;
  reading.count_item(at);
  around.region.push_back(std::move(built));
}

// ---- clauses of a rule ----

RW_ON(region_name, tree::Clause) { piece.name = reading.name; }
RW_ON(clause_let_name, tree::Clause) { piece.name = reading.name; }
RW_ON(action_name, tree::Clause) { piece.name = reading.name; }
RW_ON(reason, tree::Clause) { piece.reason = reading.string; }
RW_ON(repeat_count, tree::Clause) { piece.count = signed_number(reading, reading.number_word.at); }
RW_ON(change_limit, tree::Clause) { piece.change = signed_number(reading, reading.number_word.at); }
RW_ON(region, tree::Clause) { piece.form = tree::ClauseWord::region; }
RW_ON(let_clause, tree::Clause) { piece.form = tree::ClauseWord::let; }
RW_ON(where_clause, tree::Clause) { piece.form = tree::ClauseWord::where; }
RW_ON(needs_clause, tree::Clause) { piece.form = tree::ClauseWord::needs; }
RW_ON(repeat_clause, tree::Clause) { piece.form = tree::ClauseWord::repeat; }
RW_ON(again_clause, tree::Clause) { piece.form = tree::ClauseWord::again; }
RW_ON(do_clause, tree::Clause) { piece.form = tree::ClauseWord::act; }
RW_BUILDS(clause, tree::Clause) {
  const std::string_view text = reading.text.substr(at.offset);
  const std::size_t word = std::min(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), text.size());
  built.word = {at.source, at.offset, static_cast<std::uint32_t>(word)};
  built.at = at;
  reading.count_item(at);
  around.clauses.push_back(std::move(built));
}

// ---- declarations ----

// What is declared, so that its uses are not complained about where the rest of it cannot be read.
RW_WORD(k_op) { reading.declares = {tree::Declares::op, {}}; }
RW_ON(set_name, tree::Set) {
  piece.name = reading.name;
  reading.declares = {tree::Declares::set, reading.name};
}
RW_ON(function_name, tree::Function) {
  piece.name = reading.name;
  reading.declares = {tree::Declares::function, reading.name};
}
RW_ON(rule_name, tree::Rule) {
  piece.name = reading.name;
  reading.declares = {tree::Declares::rule, reading.name};
}

RW_ON(use_path, tree::Use) { piece.path = reading.string; }
RW_ON(include_path, tree::Use) {
  piece.path = reading.string;
  piece.runs = true;
}
RW_ON(use_limit, tree::Use) { piece.as_far_as_exact = true; }
RW_ON(first_operator, tree::Op) { piece.operators.push_back(reading.oper); }
RW_ON(next_operator, tree::Op) {
  reading.count_item(reading.oper.at);
  piece.operators.push_back(reading.oper);
}
RW_ON(law_name, tree::Op) { piece.law = reading.word; }
RW_ON(elementwise, tree::Op) { piece.elementwise = {"elementwise", at}; }
RW_ON(param_name, tree::FunctionParam) { piece.name = reading.name; }
RW_ON(param_number, tree::FunctionParam) { piece.otherwise = signed_number(reading, at); }
RW_BUILDS(param, tree::FunctionParam) {
  reading.count_item(built.name.at);
  around.params.push_back(std::move(built));
}
RW_ON(doc, tree::Rule) { piece.doc = reading.string; }
RW_ON(tested_rule, tree::Test) { piece.rule = reading.name; }
RW_ON(test_title, tree::Test) { piece.title = reading.string; }

template <typename Declared>
void declare(Declared& declared, Reading& reading, Position at) {
  reading.count_item(at);
  reading.file.declarations.push_back({at, std::move(declared)});
  reading.declares.reset();
}
RW_BUILDS(use_declaration, tree::Use) { declare(built, reading, at); }
RW_BUILDS(include_declaration, tree::Use) { declare(built, reading, at); }
RW_BUILDS(op_declaration, tree::Op) { declare(built, reading, at); }
RW_BUILDS(set_declaration, tree::Set) { declare(built, reading, at); }
RW_BUILDS(function_declaration, tree::Function) { declare(built, reading, at); }
RW_BUILDS(test_declaration, tree::Test) { declare(built, reading, at); }
RW_BUILDS(rule_declaration, tree::Rule) { declare(built, reading, at); }

}  // namespace rw::dsl
