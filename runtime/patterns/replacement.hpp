// What takes the place of a match: operators, constants and tensors, worked out before anything is edited.
#pragma once

#include <string>
#include <vector>

#include "runtime/patterns/formula.hpp"

namespace rw::patterns {

// What an operator that is put in reads.
struct Source {
  enum class Form : std::uint8_t {
    absent,
    tensor,    // of the network
    made,      // index: into Replacement::tensors
    constant,  // index: into Replacement::constants
    kept,      // what the operator reads there already, with Scaled::factors for its weight
  } form = Form::absent;
  TensorId tensor = kNone;
  std::uint32_t index = 0;
};

// A tensor that the replacement makes: one that the match found, made again, or a new one.
struct MadeTensor {
  TensorId again = kNone;
  std::string name;  // of a new one
};

struct MadeOperator {
  std::string type;
  OperatorId again = kNone;  // the matched operator once more (`y(...)`)
  bool in_place = false;     // and it stays where it is, with what it reads and gives changed
  std::vector<Source> inputs;
  std::vector<std::uint32_t> outputs;  // into Replacement::tensors; kNone: absent
  std::vector<graph::Attribute> attributes;
  std::string name;              // wanted
  std::optional<Scaled> weight;  // in place: its weight, times this
  std::uint32_t weight_slot = 0;
};

struct MadeConstant {
  std::string name;  // wanted
  Numbers value;     // its dtype is defined
};

struct Replacement {
  std::vector<MadeTensor> tensors;
  std::vector<MadeOperator> operators;  // producers before consumers
  std::vector<MadeConstant> constants;
  struct Alias {
    TensorId result;
    Source from;  // tensor, made or constant
  };
  std::vector<Alias> aliases;       // `y = x`, `y = FORMULA`
  std::vector<OperatorId> removed;  // of the match; those that stay in place are not among them
};

// NoValue: it cannot be made here, with the reason. Attributes and texts are kept in `arena`.
Replacement replacement_of(const dsl::Rule& rule, Formulas& formulas, Match& match, graph::Arena& arena);

// Why an operator cannot stand in this model with so many inputs; empty: it can.
std::string not_in_model(const graph::Network& network, std::string_view type, std::size_t inputs);

}  // namespace rw::patterns
