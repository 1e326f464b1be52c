// One call of an operator in the evaluator, and the tables that say how each operator is computed.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/network.hpp"
#include "runtime/evaluator/array.hpp"

namespace rw::evaluator {

struct Call {
  std::string_view type;  // "Conv", "com.microsoft::FusedConv"
  std::span<const graph::Attribute> attributes;
  std::vector<const Array*> inputs;   // null: absent
  std::vector<graph::DType> types;    // of the inputs, where the network has them; may be shorter
  std::size_t outputs = 1;            // how many the operator has
  std::optional<std::int64_t> opset;  // version of the ONNX operators; without one, the newest form that fits

  const Array& input(std::size_t slot) const;     // throws std::invalid_argument where it is absent
  const Array* optional(std::size_t slot) const;  // null where it is absent
  bool older_than(std::int64_t version) const { return opset && *opset < version; }

  // Attributes; `fallback` where they are absent. Throw std::invalid_argument where they are of another kind.
  bool has(std::string_view name) const;
  std::int64_t integer(std::string_view name, std::int64_t fallback) const;
  float number(std::string_view name, float fallback) const;
  std::string_view text(std::string_view name, std::string_view fallback) const;
  Dims integers(std::string_view name, Dims fallback) const;
  std::vector<float> numbers(std::string_view name, std::vector<float> fallback) const;

  // What is an attribute in the older operator sets and an input in the newer ones; nothing where it is neither.
  std::optional<Dims> integers_or_input(std::string_view name, std::size_t slot) const;
  std::optional<float> number_or_input(std::string_view name, std::size_t slot) const;
};

using Results = std::vector<Array>;  // by output slot

struct OperatorRow {
  std::string_view type;
  Results (*run)(const Call& call);
};

// One table a family, each in the file evaluate_<family>.cpp.
std::span<const OperatorRow> conv_rows();
std::span<const OperatorRow> matmul_rows();
std::span<const OperatorRow> pool_rows();
std::span<const OperatorRow> elementwise_rows();
std::span<const OperatorRow> reduce_rows();
std::span<const OperatorRow> normalize_rows();
std::span<const OperatorRow> shape_rows();
std::span<const OperatorRow> resize_rows();
std::span<const OperatorRow> choose_rows();
std::span<const OperatorRow> sample_rows();

// Whether there is a row for operators of this type.
bool knows(std::string_view type);

// Computes the outputs. Throws std::invalid_argument: operator not known, or inputs that do not fit it.
Results run(const Call& call);

// The results of an operator with one output.
inline Results one(Array array) {
  Results results;
  results.push_back(std::move(array));
  return results;
}

}  // namespace rw::evaluator
