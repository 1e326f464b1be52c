// The functions of formulas.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "dsl/program/vocabulary.hpp"
#include "runtime/formulas/formula_evaluator.hpp"

namespace rw::runtime {

struct FunctionCall {
  const FormulaEvaluator& evaluator;
  const dsl::Expr& expr;
  std::span<const FormulaValue* const> arguments;
};

// One constant a function; functions.cpp lists them.
struct Function {
  std::string_view name;
  std::string_view help;
  dsl::FunctionForm form = dsl::FunctionForm::numeric;
  int arity = 1;
  int most = 0;  // as in dsl::FunctionWord
  // FunctionForm::numeric: one number from `arity` of them.
  double (*each)(const double* x) = nullptr;
  // Other forms: the numbers of the call, as many as its type is about.
  std::vector<double> (*apply)(const FunctionCall& call) = nullptr;
  bool reads_network = false;  // what it gives changes with what actions do to other regions
};

std::span<const Function* const> functions();  // in the order of dsl::Expr::index

// The first argument of across and overall.
struct Reduction {
  std::string_view name;
  double (*reduce)(std::span<const double> values);  // 0 of nothing; NaN stays NaN
};

std::span<const Reduction> reductions();  // in the order of dsl::Expr::reduction

double smaller(double x, double y);  // x where it is NaN
double larger(double x, double y);   // likewise

}  // namespace rw::runtime
