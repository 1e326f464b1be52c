// One operator in its network, as shape rules and laws read it: inputs by slot, attributes with their defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/network.hpp"
#include "graph/operators/form.hpp"

namespace rw::graph {

class Node {
 public:
  Node(const Network& network, OperatorId id, const Form& form) : network_(network), id_(id), form_(form) {}

  const Network& network() const { return network_; }
  OperatorId id() const { return id_; }
  const Operator& op() const { return network_.op(id_); }
  const Form& form() const { return form_; }

  std::size_t input_count() const { return op().inputs.size(); }
  TensorId input(std::size_t slot) const { return slot < op().inputs.size() ? op().inputs[slot] : kNone; }
  TensorId output(std::size_t slot = 0) const { return slot < op().outputs.size() ? op().outputs[slot] : kNone; }
  bool has(std::size_t slot) const { return input(slot) != kNone; }

  const Tensor& tensor(std::size_t slot) const { return network_.tensor(input(slot)); }  // has(slot)
  bool is_constant(std::size_t slot) const { return has(slot) && tensor(slot).constant != nullptr; }
  Shape shape(std::size_t slot) const { return has(slot) ? tensor(slot).shape : Shape(); }
  Shape output_shape() const { return output() == kNone ? Shape() : network_.tensor(output()).shape; }

  // The DequantizeLinear that computes this input from a constant. Returns null where the input comes from elsewhere.
  const Operator* dequantizer(std::size_t slot) const;

  // Attributes: the operator's own, else the default of its form, else `otherwise`.
  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const;
  double number(std::string_view name, double otherwise = 0) const;
  std::string_view text(std::string_view name, std::string_view otherwise = "") const;
  std::optional<std::vector<std::int64_t>> integers(std::string_view name) const;  // nothing where it is absent
  std::span<const std::int64_t> list(std::string_view name) const;                 // as the file has it; empty: absent

  // An input of whole numbers (axes, pads, a target shape) that is a constant or follows from shapes; nothing where it
  // is absent, or one of its elements is not known. whole_values may have open elements (shape.hpp).
  std::optional<std::vector<std::int64_t>> whole_values(std::size_t slot) const;
  std::optional<std::vector<std::int64_t>> integers_of(std::size_t slot) const;
  std::optional<std::int64_t> integer_of(std::size_t slot, std::size_t index) const;  // one element of them
  // The one element of a constant input in double; nothing where it is absent, no constant, or of several elements.
  std::optional<double> scalar_of(std::size_t slot) const;
  std::optional<std::vector<double>> numbers_of(std::size_t slot) const;  // the same for any dtype, in double
  // By attribute (older operator sets) or by input (newer ones); nothing where neither is there or known.
  std::optional<std::vector<std::int64_t>> integers(std::string_view name, std::size_t slot) const {
    if (auto own = integers(name)) return own;
    return integers_of(slot);
  }

 private:
  const Network& network_;
  OperatorId id_;
  const Form& form_;
};

// Returns the nearest number within +-2^44. No dimension or position of a real network is larger, and sums of a few
// such numbers do not overflow.
std::int64_t bounded(std::int64_t value);

}  // namespace rw::graph
