// What a pattern has found, name by name.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "dsl/program/pattern.hpp"
#include "runtime/settings/value.hpp"

namespace rw::patterns {

struct Bound {
  bool bound = false;
  graph::TensorId tensor = graph::kNone;  // of a tensor or a constant; kNone: it is absent
  graph::OperatorId op = graph::kNone;    // of an operator
  std::vector<graph::TensorId> rest;      // of `rest...`
  std::optional<Value> value;             // of a setting, a let, or what stands for an absent constant
};

struct Match {
  std::vector<Bound> names;              // by dsl::NameId
  std::vector<graph::OperatorId> calls;  // by dsl::CallId; kNone: another alternative was taken
  std::vector<graph::OperatorId> ops;    // all operators found, the first line's first

  bool has(graph::OperatorId op) const { return std::find(ops.begin(), ops.end(), op) != ops.end(); }
};

}  // namespace rw::patterns
