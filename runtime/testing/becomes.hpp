// Compares a network with the lines of `expect becomes`.
#pragma once

#include <optional>
#include <string>

#include "dsl/program/rule_test.hpp"
#include "graph/network.hpp"

namespace rw::runtime {

// The first line that is not there, and what is in its place.
struct NotThere {
  dsl::Position at;
  std::string message, hint;
};

// Lines are found by the tensors of the test that they make, and from there against the flow. Nothing: all are there.
std::optional<NotThere> missing_line(const graph::Network& network, const dsl::RuleTest& test,
                                     const std::vector<dsl::WantedLine>& wanted);

// `Conv(x, c.weight) pads [1, 1]`, as it stands in the network.
std::string operator_text(const graph::Network& network, graph::OperatorId op);

}  // namespace rw::runtime
