// Builds a Network: readers and tests name tensors, operators and the boundary in any order; finish() checks and links.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/network.hpp"

namespace rw::graph {

class NetworkBuilder {
 public:
  NetworkBuilder();
  ~NetworkBuilder();
  NetworkBuilder(NetworkBuilder&&) noexcept;

  Arena& arena();  // whatever is passed below as span or view inside attributes must live here (or as long)

  void name(std::string_view name);
  void opset(std::string_view domain, std::int64_t version);
  void function(std::string_view type);  // operators of this type are calls of a function that the model defines

  // The tensor of that name, made where it is new. The name is copied.
  TensorId tensor(std::string_view name);
  // Tensors and operators that will soon be asked for by these names: in a large network each of them waits for memory.
  void prefetch_tensor(std::string_view name) const;
  void prefetch_operator(std::string_view name) const;
  std::optional<TensorId> find(std::string_view name) const;
  const Tensor& at(TensorId id) const;  // as far as it is known
  // A second name for a tensor (inner and outer name at the border of a nested network).
  void alias(std::string_view name, TensorId id);
  void describe(TensorId id, DType dtype, Shape shape);  // what the file says of it
  void constant(TensorId id, const Literal* value);      // which lives as long. Error: has a value already
  void constant_output(TensorId id, Literal value);  // the value that its producer always gives (a Constant operator)
  void hold(TensorId id);  // it has a value that is not read here (text, an unknown element type): nothing changes it
  void input(TensorId id);
  void output(TensorId id);

  // Adds an operator. An empty or used name becomes "Op_i" (i: its place in the file); if that is used too, "Op_i_2"...
  // Name, inputs and outputs are copied, attributes are kept as they are. The last `captured` inputs are what graphs in
  // the attributes read.
  // Error: an output that has a producer or a value already, or is an input of the network.
  OperatorId add(std::string_view type, std::string_view name, std::span<const TensorId> inputs,
                 std::span<const TensorId> outputs, std::span<const Attribute> attributes, std::uint32_t captured = 0);

  std::uint32_t add_subgraph(std::string_view prefix);  // a nested network, with what its names begin with; copied
  void nest(OperatorId id, std::uint32_t subgraph);     // the operator stands in it

  // Error (file left empty, place the node or tensor): an input that nobody produces, a cycle (its path is named), an
  // output of the network that nobody produces. The builder is empty afterwards.
  Network finish();

 private:
  Network network_;
};

}  // namespace rw::graph
