// Edits of the graph by rules with a chain: made in the network at once, and noted in the plan for the writer.
#pragma once

#include <string>

#include "runtime/plan.hpp"

namespace rw::runtime {

class Editor {
 public:
  Editor(graph::Network& network, Plan& plan) : network_(network), plan_(plan) {}

  const graph::Network& network() const { return network_; }
  void remove(graph::OperatorId op);
  void retype(graph::OperatorId op, const std::string& type);  // the same first input, no attributes
  // Input `slot` reads `tensor` from now on; `slot` may be one behind the last.
  void read(graph::OperatorId op, std::uint32_t slot, graph::TensorId tensor);
  // The first output of `op` is `tensor` from now on; whoever produced it before has been removed.
  void write(graph::OperatorId op, graph::TensorId tensor);
  // A float vector, each value rounded once to `dtype`. The name is made unique.
  graph::TensorId constant(const std::string& name, graph::DType dtype, std::span<const double> values);

 private:
  graph::Network& network_;
  Plan& plan_;
};

}  // namespace rw::runtime
