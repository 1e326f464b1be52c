// The certificate: proof that what will be written computes what the network computes, from the network, its laws and
// the rewriting alone, whoever made that: rules, or a plan that is applied. The operators are walked as they will be,
// in topological order, with the scale that each tensor then has; every operator's law says which scale comes out of
// the scales and edits that go in. Where an operator reads or gives something else than in the network, that must be a
// copy of what it read (copies, rebindings), the same tensor behind operators that are the identity, or an affine
// operator behind it that was folded into its constants; where operators take the place of a Clip they must have its
// bounds. Where a bias says that less is given than before, what is missing must be carried to operators whose bias
// makes up for it (shifts.hpp); through a Relu that holds for values above it alone. It knows neither regions nor
// rules.
//
// What it does not look at: edits that were made on the network already (graph/editor.hpp). Actions answer for them.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "graph/rewritten.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/regions/analysis.hpp"

namespace rw::runtime {

struct Certificate {
  bool holds = false;
  std::size_t operators = 0;  // that were checked
  // Where it does not hold:
  OperatorId op = kNone;  // the operator that leaks; kNone: an output of the network, or statistics
  TensorId tensor = kNone;
  std::string why;
};

// How activations are said to be scaled along their channels (that is how statistics are), by tensor; absent: 1, empty:
// nothing is said.
using ClaimedScales = std::unordered_map<TensorId, std::vector<double>>;

// `analysis`: of rewritten.network(). `shifts`: what is said to be taken out of activations along their channels, in
// the units of before; absent: nothing. graph::Error: operators that wait for one another.
Certificate certify(const Analysis& analysis, const graph::Rewritten& rewritten, const ClaimedScales& claimed,
                    const ClaimedScales& shifts = {});

}  // namespace rw::runtime
