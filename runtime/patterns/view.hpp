// The network as rules with a pattern see it while it is edited: its operators with their forms and laws, those that
// rules have put in, too.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dsl/program/program.hpp"
#include "graph/editor.hpp"
#include "graph/operators/node.hpp"
#include "graph/statistics.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/regions/analysis.hpp"

namespace rw::patterns {

using graph::kNone;
using graph::OperatorId;
using graph::TensorId;
using graph::TypeId;

class View {
 public:
  // Borrows all. `analysis`: of the network as it was before the editor put in operators.
  View(const graph::Editor& editor, const runtime::Analysis& analysis, std::span<const dsl::LawBinding> laws,
       const graph::Statistics& statistics, const runtime::Plan& plan);

  const graph::Network& network() const { return editor_.network(); }
  const graph::Editor& editor() const { return editor_; }
  const runtime::Analysis& analysis() const { return analysis_; }
  const graph::Statistics& statistics() const { return statistics_; }
  const runtime::Plan& plan() const { return plan_; }

  graph::Node node(OperatorId op) const { return {network(), op, analysis_.forms.of(network(), op)}; }
  // Where a linear operator has its activation, its weight and its bias. Nothing: it is none, or its weight cannot be
  // read, which `why` says.
  std::optional<graph::Linear> linear(OperatorId op, std::string* why = nullptr) const;
  std::span<const graph::Use> consumers(TensorId tensor) const { return editor_.consumers(tensor); }
  OperatorId producer(TensorId tensor) const { return network().tensor(tensor).producer; }
  const graph::Literal* constant(TensorId tensor) const { return network().tensor(tensor).constant; }

  // It may be part of a match: it can be edited, and nobody skips it.
  bool open(OperatorId op) const;
  // The law that this run binds the operator to, as an index into laws(); dsl::kNoLaw: none. Of what rules have put in
  // a binding with a guard is not looked at.
  std::uint32_t law(OperatorId op) const;
  // What a term says of an operator that it names.
  bool admits(const dsl::Term& term, OperatorId op) const;
  // Some binding gives operators of this type the law.
  bool may_obey(std::string_view type, std::uint32_t law) const;

  // Operators of each type, in the order in which they are in the network; some of them perhaps removed.
  std::span<const OperatorId> of_type(TypeId type) const;
  void note_added();  // the editor has put in operators

 private:
  bool analysed(OperatorId op) const { return op < analysis_.operators.size(); }

  const graph::Editor& editor_;
  const runtime::Analysis& analysis_;
  std::span<const dsl::LawBinding> laws_;
  const graph::Statistics& statistics_;
  const runtime::Plan& plan_;
  std::vector<std::vector<OperatorId>> by_type_;
  OperatorId listed_ = 0;
};

}  // namespace rw::patterns
