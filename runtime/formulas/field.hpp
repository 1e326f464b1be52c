// What formulas reach with a dot: p.weight, r.max.
#pragma once

#include <span>

#include "dsl/program/vocabulary.hpp"
#include "runtime/formulas/bound_region.hpp"
#include "runtime/formulas/formula_value.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/weights/pair_maxima.hpp"

namespace rw::runtime {

struct FieldCall {
  const BoundRegion& view;
  const Plan& plan;
  const dsl::Expr& expr;
  PairMaximaTable* maxima = nullptr;  // null: weights are read where they lie
  const FormulaValue* key = nullptr;  // of a field that takes one: a text, or the number of a percentile
};

// One name is about channels for nodes and about classes for regions.
struct Field {
  std::string_view name;
  std::string_view help;
  unsigned roles;  // as in dsl::FieldWord
  dsl::Kind kind = dsl::Kind::number;
  dsl::FieldAbout about = dsl::FieldAbout::channel;
  bool measured = false;         // it comes from statistics, which may be missing
  bool takes_key = false;        // p.stat("p99.9")
  bool reads_constants = false;  // which actions change from both of their sides
  // Numbers or texts, as many as the field is about. graph::Error: NaN or infinity in a constant.
  void (*read)(const FieldCall& call, FormulaValue& result) = nullptr;
};

std::span<const Field> fields();  // in the order of dsl::Expr::index

}  // namespace rw::runtime
