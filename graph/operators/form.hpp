// What must be known of an operator's form, independent of any law: its attributes with their defaults, which element
// types and shapes its outputs have, on which axes its channels lie and how axes are carried through it, where its
// constants are, and what becomes of constants that it reads.
// One row an operator (forms.cpp); what an ONNX operator is and which defaults it has: the ONNX operator specification.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/base/arena.hpp"
#include "graph/operators/movement.hpp"
#include "graph/values/dtype.hpp"
#include "graph/values/literal.hpp"
#include "graph/values/shape.hpp"

namespace rw::graph {

class Network;
class Node;

enum class AttributeForm : std::uint8_t { integer, number, text, list };

struct AttributeRow {
  std::string_view name;
  AttributeForm form;
  double number = 0;           // default of integers and numbers
  std::string_view text = {};  // default of texts
  std::uint32_t slot = 0;      // the input that newer operator sets have instead; 0: none
};

// Row-major dimensions of a constant, split so that the axes of channels can be told apart (at most [batch, group, out,
// in, kernel]).
struct View {
  std::array<std::int64_t, 6> dims{};
  int rank = 0;
  std::span<const std::int64_t> span() const { return {dims.data(), static_cast<std::size_t>(rank)}; }
  std::vector<std::int64_t> vector() const { return {dims.begin(), dims.begin() + rank}; }
};

// y[out] += W[out, in] x[in]: where it stands in a `linear` operator. Axes are those of `view` of the weight.
struct Linear {
  std::uint32_t activation = 0, weight = 1;  // input slots
  std::optional<std::uint32_t> bias;         // input slot, where there is one
  bool bias_broadcasts = false;              // the bias may have one element, or a row for each of the batch
  View view;
  AxisMask out_axes, in_axes;
};

// y = scale * (x - mean) / sqrt(var) + bias (mean and bias may be missing), or y = x * factor: input slots.
struct Affine {
  std::uint32_t activation = 0;
  std::uint32_t factor = 1;
  bool divides = false;  // y = x / factor
  std::optional<std::uint32_t> bias, mean;
};

// A set of axes for each axis of a tensor; all empty at first.
class AxisMasks {
 public:
  explicit AxisMasks(int rank) : rank_(static_cast<std::size_t>(rank)) { assert(rank >= 0 && rank <= kMaxRank); }
  std::size_t size() const { return rank_; }
  AxisMask& operator[](std::size_t axis) { return masks_[axis]; }
  const AxisMask& operator[](std::size_t axis) const { return masks_[axis]; }

 private:
  std::size_t rank_;
  std::array<AxisMask, kMaxRank> masks_;
};

// How the axes of an input correspond to those of the output: forward[i] are the output axes on which elements of input
// axis i come to lie, backward the other way round. An empty set means that the axis is reduced or broadcast.
struct AxisMap {
  AxisMap(int in_rank, int out_rank) : forward(in_rank), backward(out_rank) {}

  AxisMasks forward, backward;
  bool broadcasts = false;  // the input may have no axis at all for a channel axis of the output: one element meets all
};

// Where the constants of an operator that only the user's rule file knows are: `op my::Linear law linear(weight = 1)`.
struct UserForm {
  std::optional<std::int64_t> weight, bias, mean;  // input slots
  std::int64_t weight_out = 0, weight_in = 1;      // axes of the weight
  std::int64_t axis = -1;                          // of input and output, where the channels lie
};

// Where an operator itself puts channels, whatever stands around it. `input` and `output` are empty where it does not
// say.
struct Anchors {
  std::uint32_t slot = 0;  // of the activation
  std::optional<AxisMask> input, output;
};

// Whether an operator can be told by the last axes of its input (Shape::any_front): no; where its other inputs have one
// axis at most, or are like that, too; where its other input is a constant matrix.
enum class AnyRank : std::uint8_t { no, elementwise, matrix };

struct Form {
  std::string_view op;
  std::span<const AttributeRow> attributes = {};
  // The element type of output `slot`; undefined where it is not known. Null: nothing but the file says it.
  DType (*type)(const Node&, std::uint32_t slot) = nullptr;
  // The shape of output `slot`, where the shapes of the inputs suffice for it.
  std::optional<std::vector<std::int64_t>> (*shape)(const Node&, std::uint32_t slot) = nullptr;
  AnyRank any_rank = AnyRank::no;
  // What its constants say of the shape of input 0, for where nothing else does; with any_rank of its last axes. Null:
  // nothing.
  std::optional<std::vector<std::int64_t>> (*input)(const Node&) = nullptr;
  Anchors (*anchors)(const Node&) = nullptr;
  // The same by its constants, which may mean positions: for where no anchor reaches.
  Anchors (*hints)(const Node&) = nullptr;
  // How the axes of input `slot` lie in the first output; returns nothing where that is not known. Null: the operator
  // does not carry axes.
  std::optional<AxisMap> (*axes)(const Node&, std::uint32_t slot) = nullptr;
  // Where the constants of such an operator are. Returns nothing, and says why, where this one cannot be read in that
  // form. Null: no operator of this name has the form.
  std::optional<Linear> (*linear)(const Node&, std::string& why) = nullptr;
  std::optional<Affine> (*affine)(const Node&, std::string& why) = nullptr;
  UserForm user = {};
  // How the elements of input 0 come to each output, where the operator only moves, repeats or chooses them.
  Movements (*movements)(const Node&) = nullptr;
  // The input slot of a bias. The bias may be absent and can then be added. Empty: the operator takes no bias.
  std::optional<std::uint32_t> bias = std::nullopt;
  // What becomes of the constant `from` at input 0, viewed where it lies: the value of output 0, which has this shape
  // and as many elements. Returns nothing where the operator changes values here. Null: it always does.
  std::optional<Literal> (*constant)(const Node&, const Literal& from, const Shape&, Arena&) = nullptr;
  // The elements of an integer output 0 as far as they follow from shapes and constants (fold_shapes.hpp).
  std::optional<std::vector<std::int64_t>> (*integers)(const Node&) = nullptr;
  // Error: constants that do not fit the operator's input or each other. Null: nothing needs to be checked.
  void (*check)(const Node&) = nullptr;
};

// Returns null where no row has the name, which is as in Network::type_name.
const Form* find_form(std::string_view op);
std::span<const Form> forms();

// Forms of operators that only a rule file knows, by the law that it gives them.
Form user_form_linear(std::string_view op, const UserForm& where);
Form user_form_affine(std::string_view op, const UserForm& where);

// The form of every operator of a network: its row, what a rule file says of it, or an empty form.
class Forms {
 public:
  Forms() = default;  // of no network
  explicit Forms(const Network& network);
  void set(std::uint32_t type, const Form& form) { by_type_[type] = form; }
  const Form& of(const Network& network, std::uint32_t op) const;
  const Form& of_type(std::uint32_t type) const { return by_type_[type]; }
  bool known(std::uint32_t type) const { return !by_type_[type].op.empty(); }

 private:
  std::vector<Form> by_type_;
};

}  // namespace rw::graph
