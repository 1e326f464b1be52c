// Paths of operators that a chain rule names: `chain Conv as a => BatchNormalization as b`.
#pragma once

#include <span>
#include <vector>

#include "dsl/program/program.hpp"
#include "graph/base/function_ref.hpp"
#include "graph/editor.hpp"
#include "runtime/matching/match.hpp"

namespace rw::runtime {

class Chain {
 public:
  Chain(const dsl::Rule& rule, const Analysis& analysis);  // borrows both

  // Gives the paths that begin at `first`, operator by element, until `take` says true; says whether it did. Every
  // operator on them can be edited. The network is looked at as the editor has left it.
  bool find(const graph::Editor& editor, OperatorId first,
            graph::FunctionRef<bool(std::span<const OperatorId> ops)> take) const;

  // A path as the rule's names: by binding, kNone for a name that no element has.
  std::vector<OperatorId> by_binding(std::span<const OperatorId> ops) const;

  std::size_t length() const { return clauses_.size(); }

 private:
  bool admits(const graph::Editor& editor, std::size_t element, OperatorId op) const;

  const dsl::Rule& rule_;
  const Analysis& analysis_;
  std::vector<Clause> clauses_;  // by element
};

}  // namespace rw::runtime
