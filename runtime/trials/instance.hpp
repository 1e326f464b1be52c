// A small network that a rule with a pattern is tried on: as data, as a network, and as a `test` block of a rule file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dsl/program/rule_test.hpp"
#include "graph/base/arena.hpp"
#include "graph/network.hpp"
#include "runtime/settings/numbers.hpp"

namespace rw::trials {

using patterns::Dims;

struct InstanceTensor {
  std::string name;
  Dims shape;
  graph::DType dtype = graph::DType::float32;
  bool constant = false;
  std::vector<double> values;  // of a constant
};

struct InstanceOp {
  std::string type, name;
  std::vector<std::string> inputs, outputs;  // "": absent
  std::vector<graph::Attribute> attributes;  // in the arena
};

struct Instance {
  std::int64_t opset = dsl::kTestOperatorSet;
  std::vector<InstanceTensor> tensors;  // inputs and constants
  std::vector<InstanceOp> ops;          // producers before consumers
  std::vector<std::string> outputs;
  std::shared_ptr<graph::Arena> arena = std::make_shared<graph::Arena>();

  const InstanceTensor* find(const std::string& name) const;
  std::size_t size() const;  // for whoever looks for a small one: elements and operators
};

// Shapes are not inferred. graph::Error: it is no network.
graph::Network network_of(const Instance& instance);

// The lines of a test block without `test ... {`, each with two spaces before it. Values are drawn again by a test, but
// for constants.
std::string lines_of(const Instance& instance);

}  // namespace rw::trials
