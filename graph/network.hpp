// A neural network as a bipartite graph of operators and tensors, in SSA form: every tensor is an input of the network,
// a constant, or the output of one operator. Built once by NetworkBuilder (builder.hpp); Boost.Graph holds it inside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "graph/base/arena.hpp"
#include "graph/base/growing.hpp"
#include "graph/values/dtype.hpp"
#include "graph/values/literal.hpp"
#include "graph/values/shape.hpp"

namespace rw::graph {

using TensorId = std::uint32_t;  // index into Network::tensors()
// Index into Network::operators(): the order of the file, and behind those that were read what was inserted.
using OperatorId = std::uint32_t;
using TypeId = std::uint32_t;  // an operator name ("Conv", "com.microsoft::FusedConv"), interned
inline constexpr std::uint32_t kNone = UINT32_MAX;
// Before the type of a call of a function that is called like an operator with a form.
inline constexpr std::string_view kFunctionPrefix = "function::";

// A nested network that the engine does not look into (the body of If, Loop or Scan), or a type.
struct Opaque {
  std::string_view text;
  std::span<const std::string_view> defines = {};  // names of tensors that it makes, or that graphs in it make
  bool type = false;                               // it is a type
};

using AttributeValue = std::variant<std::int64_t, double, std::string_view, std::span<const std::int64_t>,
                                    std::span<const double>, std::span<const std::string_view>, Literal, Opaque>;

struct Attribute {
  std::string_view name;
  AttributeValue value;
};

struct Operator {
  TypeId type = 0;
  std::string_view name;                  // never empty, unique: "Conv_3" where the file has none
  std::span<const TensorId> inputs;       // kNone: an optional input that is absent
  std::span<const TensorId> outputs;      // kNone: an optional output that is absent
  std::span<const Attribute> attributes;  // as the file has them, in its order
  std::uint32_t captured = 0;             // the last so many inputs are what graphs in the attributes read
  std::uint32_t subgraph = 0;             // the nested network that it stands in (Network::prefix); 0: none

  bool nested() const { return subgraph != 0; }                   // and is not edited
  const AttributeValue* find(std::string_view attribute) const {  // null where it is absent
    for (const Attribute& each : attributes)
      if (each.name == attribute) return &each.value;
    return nullptr;
  }
};

struct Tensor {
  std::string_view name;           // unique
  Shape shape;                     // may be unknown, or have unknown dimensions
  OperatorId producer = kNone;     // kNone: an input of the network or a constant
  std::uint32_t output_slot = 0;   // its place among the producer's outputs
  DType dtype = DType::undefined;  // undefined: not known
  bool is_input = false;           // of the network
  bool is_output = false;          // of the network
  // The value of a constant, or the value that its producer always computes. Null: the value is not known before the
  // network runs. The literal lives as long as the model.
  const Literal* constant = nullptr;
  // Elements of an integer tensor that follow from shapes (fold_shapes.hpp); filled in by shape inference. Null: none.
  const std::span<const std::int64_t>* folded = nullptr;
};

// One reading of a tensor: input `slot` of operator `op`.
struct Use {
  OperatorId op;
  std::uint32_t slot;
};

class Network {
 public:
  Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  std::string_view name() const;
  // Version of the operator set of a domain ("" is ONNX itself); nothing where the model does not say.
  std::optional<std::int64_t> opset(std::string_view domain = "") const;
  std::vector<std::pair<std::string_view, std::int64_t>> opsets() const;  // by domain

  std::span<const Operator> operators() const { return {lists_->operators.begin(), lists_->operators.size()}; }
  std::span<const Tensor> tensors() const { return {lists_->tensors.begin(), lists_->tensors.size()}; }
  const Operator& op(OperatorId id) const { return lists_->operators[id]; }
  const Tensor& tensor(TensorId id) const { return lists_->tensors[id]; }

  std::span<const TensorId> inputs() const;   // of the network, in order
  std::span<const TensorId> outputs() const;  // in order; one tensor may stand twice

  std::string_view type_name(TypeId type) const;
  std::string_view type_of(OperatorId id) const { return type_name(op(id).type); }
  std::size_t type_count() const;
  std::optional<TypeId> find_type(std::string_view name) const;
  bool is_function(TypeId type) const;  // the model gives it a body of its own

  // What stands before the names of a nested network, "outer/inner/"; "" of 0. Names do not reach across its border.
  std::string_view prefix(std::uint32_t subgraph) const;

  std::span<const Use> consumers(TensorId id) const;                 // in the order of the file
  std::span<const OperatorId> order() const;                         // topological: producers before consumers
  std::optional<TensorId> find(std::string_view tensor_name) const;  // by its name or by an alias

  // Shape inference fills in what the file does not say.
  void set_shape(TensorId id, Shape shape, DType dtype);
  void set_folded(TensorId id, std::span<const std::int64_t> values);  // copied
  void set_constant(TensorId id, Literal value);                       // what its producer always gives
  Arena& arena();

  // --- edits of the graph, for graph/editor.hpp, which also notes them. Ids stay as they are. consumers() and order()
  // are the old ones until relink() is called.
  void remove(OperatorId id);                         // it has neither inputs nor outputs afterwards
  void retype(OperatorId id, std::string_view type);  // and has no attributes afterwards
  void set_inputs(OperatorId id, std::span<const TensorId> inputs);
  void set_output(OperatorId id, std::uint32_t slot, TensorId tensor);  // which has no producer; kNone: absent
  void add_type(std::string_view name);                                 // which no operator may have yet
  TensorId add_tensor(std::string_view name);                           // a new name; neither shape nor type are known
  TensorId add_constant(std::string_view name, Literal value);          // a new name; the literal lives in the arena
  // The name is new, or that of an operator that was removed; the outputs have no producer. All is copied.
  OperatorId add_operator(std::string_view type, std::string_view name, std::span<const TensorId> inputs,
                          std::span<const TensorId> outputs, std::span<const Attribute> attributes = {},
                          std::uint32_t subgraph = 0);
  void relink();
  bool removed(OperatorId id) const { return op(id).inputs.empty() && op(id).outputs.empty(); }
  // Of several operators that had the name one after the other, the last.
  std::optional<OperatorId> find_operator(std::string_view name) const;
  std::size_t live_count() const;  // operators that are not removed
  std::size_t read_count() const;  // operators that were read: those behind them were inserted

 private:
  friend class NetworkBuilder;
  struct Lists {
    Growing<Operator> operators;
    Growing<Tensor> tensors;
  };
  struct State;  // these lists and what belongs to them
  std::unique_ptr<State> state_;
  const Lists* lists_;
};

}  // namespace rw::graph
