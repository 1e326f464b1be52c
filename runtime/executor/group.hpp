// Which operators may run as one layer: what computes a tensor, and the elementwise operators behind it.
#pragma once

#include <optional>
#include <vector>

#include "graph/network.hpp"
#include "runtime/executor/constants.hpp"
#include "runtime/executor/kernels.hpp"
#include "runtime/executor/schedule.hpp"

namespace rw::executor {

// Operators behind the head of a group that are one step: mostly one; several where an activation is written out
// (x * Sigmoid(x)).
struct Member {
  std::vector<graph::OperatorId> operators;  // in order; the last one gives the result
  std::size_t slot = 0;                      // of the only operator: which input is the tensor before
  std::optional<PostOp> activation;          // of several operators

  graph::OperatorId last() const { return operators.back(); }
};

struct Group {
  std::vector<Member> members;  // the first is the head alone
};

// Every operator of the schedule in one group, in an order in which they can run. Tensors between the members of a
// group are read by nobody else, and not watched; what else the members read is there before the head runs. Whether a
// layer can really take them is seen when the shapes are known.
std::vector<Group> groups_of(const graph::Network& network, const Schedule& schedule, Constants& constants);

}  // namespace rw::executor
