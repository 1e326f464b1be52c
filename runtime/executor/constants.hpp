// The values of constants, and of what follows from them.
#pragma once

#include <map>
#include <optional>

#include "graph/network.hpp"
#include "runtime/executor/schedule.hpp"
#include "runtime/executor/translate.hpp"

namespace rw::executor {

class Constants {
 public:
  Constants(const graph::Network& network, const Schedule& schedule,
            const std::map<graph::TensorId, evaluator::Array>& values)
      : network_(network), schedule_(schedule), values_(values) {}

  // A fixed tensor of the schedule: viewed where it lies, or computed. It is not kept: who needs it in every run keeps
  // it. std::runtime_error that names the operator: one that makes it fails.
  ArrayRef get(graph::TensorId id) const;
  std::optional<float> number(graph::TensorId id) const;  // the one element of a fixed float tensor

 private:
  ArrayRef computed(graph::TensorId id) const;

  const graph::Network& network_;
  const Schedule& schedule_;
  const std::map<graph::TensorId, evaluator::Array>& values_;
};

// Runs one operator by the evaluator. std::runtime_error that names it.
evaluator::Results run_by_evaluator(const graph::Network& network, const graph::Operator& op,
                                    std::vector<const evaluator::Array*> inputs);
// What the evaluator is told of an operator, without its inputs.
evaluator::Call call_of(const graph::Network& network, const graph::Operator& op);

}  // namespace rw::executor
