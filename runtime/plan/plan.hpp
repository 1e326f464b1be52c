// The plan: everything that rules have decided to do to a network, and nothing else. No weight is touched while rules
// run; reading a constant or a statistic through the plan gives its edited value.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "graph/operators/form.hpp"
#include "graph/rewriting.hpp"

namespace rw::runtime {

// A scale along some axes of a tensor, row-major over them; no values: 1 everywhere.
struct Scale {
  graph::AxisMask axes;
  std::shared_ptr<const std::vector<double>> values;
  bool is_one() const { return values == nullptr; }
};

using graph::Edit;  // of the constant that one operator reads at one input slot

class Plan {
 public:
  // Multiplies `values` into the constant at input `slot` of `op`. The view of later calls must be the same.
  void multiply(graph::OperatorId op, std::uint32_t slot, std::span<const std::int64_t> shape,
                std::span<const std::int64_t> view, graph::AxisMask axes, std::span<const double> values);
  // The same for what is folded into it.
  void fold(graph::OperatorId op, std::uint32_t slot, std::span<const std::int64_t> shape,
            std::span<const std::int64_t> view, graph::AxisMask axes, std::span<const double> values);
  // What is folded along these axes becomes `values`.
  void set_fold(graph::OperatorId op, std::uint32_t slot, std::span<const std::int64_t> shape,
                std::span<const std::int64_t> view, graph::AxisMask axes, std::span<const double> values);
  // An operator that is taken out or becomes another one has no constants to edit; a tensor that is gone has no scale.
  void forget_constants(graph::OperatorId op, std::uint32_t first, std::uint32_t last);  // slots [first, last)
  void forget_scale(graph::TensorId tensor) { scales_.erase(tensor); }
  void forget_bias(graph::OperatorId op) { biases_.erase(op); }  // what was added has become part of a constant
  // Multiplies the scale of an activation, along its channel axes.
  void scale(graph::TensorId tensor, std::span<const double> values);

  // Adds `values` to the bias of a linear operator, one for each channel of its output; takes `values` from an
  // activation along its channel axes (what absorb_bias does). Both in the units of the model as it was read: scales
  // come on top.
  void add_bias(graph::OperatorId op, std::span<const double> values);
  void shift(graph::TensorId tensor, std::span<const double> values);

  const std::vector<double>* added_bias(graph::OperatorId op) const;  // null: none
  const std::vector<double>* shift_of(graph::TensorId tensor) const;  // null: none
  const Edit* edit(graph::OperatorId op, std::uint32_t slot) const;   // null: none
  const std::vector<double>* scale_of(graph::TensorId tensor) const;  // null: 1

  graph::GraphEdits graph;  // edits of the graph, made on the network already

  bool empty() const { return edits_.empty() && scales_.empty() && graph.empty() && biases_.empty(); }
  const std::unordered_map<std::uint64_t, Edit>& edits() const { return edits_; }  // by key()
  const std::unordered_map<graph::TensorId, std::vector<double>>& scales() const { return scales_; }
  const std::map<graph::OperatorId, std::vector<double>>& added_biases() const { return biases_; }
  const std::unordered_map<graph::TensorId, std::vector<double>>& shifts() const { return shifts_; }

  static std::uint64_t key(graph::OperatorId op, std::uint32_t slot) { return (std::uint64_t{op} << 32U) | slot; }

 private:
  Edit& edit_of(graph::OperatorId op, std::uint32_t slot, std::span<const std::int64_t> shape,
                std::span<const std::int64_t> view);

  // Which operators and tensors may be in a table: most of a large network are in none, and each is asked for.
  class Marks {
   public:
    void mark(std::uint32_t id) {
      if (id >= marked_.size()) marked_.resize(std::size_t{id} + 1);
      marked_[id] = true;
    }
    bool operator[](std::uint32_t id) const { return id < marked_.size() && marked_[id]; }

   private:
    std::vector<bool> marked_;
  };

  std::unordered_map<std::uint64_t, Edit> edits_;
  std::unordered_map<graph::TensorId, std::vector<double>> scales_, shifts_;
  Marks edited_, scaled_;  // by operator, by tensor
  std::map<graph::OperatorId, std::vector<double>> biases_;
};

}  // namespace rw::runtime
