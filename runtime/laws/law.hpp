// Laws: how the scales of an operator's inputs and outputs are tied. Every channel of every activation has a scale > 0;
// a law says which channels must have the same one (`tie`), which constants follow a scale (`handles`), and, apart from
// that, which scale comes out when given scales go in and given edits were made (`carry`, for the certificate).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/program/law_parameter.hpp"
#include "runtime/laws/site.hpp"
#include "runtime/plan/plan.hpp"

namespace rw::runtime {

using graph::AxisMask;
using graph::kNone;
using graph::OperatorId;
using graph::TensorId;

// A law tells it which channels it ties. Every activation that the law does not mention is pinned: its scales are 1.
class Tie {
 public:
  virtual ~Tie() = default;
  virtual void absorbs(std::uint32_t slot) = 0;  // any scale of this input is taken up by constants
  virtual void offers() = 0;                     // the first output may have any scale
  virtual void ignores(std::uint32_t slot) = 0;  // no value of this input is read
  virtual void ties(std::uint32_t slot) = 0;     // this input is tied to an output by one of the calls below
  virtual void ties_output(std::uint32_t output) = 0;
  virtual void keeps(TensorId output, std::uint32_t first, std::uint32_t count) = 0;  // these channels have scale 1
  // Once every channel of input `gate` is known to be pinned, Law::tie_behind_gate may tie `other` and the output.
  // Until then both are undecided; if the gate is never pinned as a whole, both are pinned.
  virtual void waits(std::uint32_t gate, std::uint32_t other) = 0;
  virtual void same(TensorId a, TensorId b) = 0;  // channel i with channel i; both have as many
  // Channel a0 + i * a_step of a with channel b0 + i * b_step of b, for i < count.
  virtual void link(TensorId a, std::uint32_t a0, std::uint32_t a_step, TensorId b, std::uint32_t b0,
                    std::uint32_t b_step, std::uint32_t count) = 0;
};

// A constant that follows a scale: the elements along `axes` of its view are multiplied by it (or by 1 / it).
struct Handle {
  enum class Side : std::uint8_t { in, out };
  std::uint32_t slot = 0;        // input slot of the constant
  Side side = Side::out;         // the scale of the activation input `activation`, or of the first output
  std::uint32_t activation = 0;  // input slot, for Side::in
  bool inverse = false;          // multiplied by 1 / scale
  enum class Read : std::uint8_t { no, weight, bias };
  Read read = Read::no;  // what formulas see of it: p.weight and c.weight, p.bias
  // The constant is no input but an attribute of this value (constant.hpp); `slot` is free.
  std::optional<double> attribute;
  std::vector<std::int64_t> shape;  // of the constant, expanded where a size of 1 meets several channels
  std::vector<std::int64_t> view;   // row-major factorisation of shape
  AxisMask axes;                    // of the view; as many elements as the tensor of that side has channels, or
  std::uint32_t run = 1;  // as many times `run`: each element stands for so many channels in a row, which are tied
};

// The scales that go into an operator, the edits of its constants, and the scales that come out.
class Carry {
 public:
  virtual ~Carry() = default;
  virtual const Scale& input(std::uint32_t slot) const = 0;
  virtual const Edit* edit(std::uint32_t slot) const = 0;  // null: the constant is as it was
  // Another constant stands there, which an action has made that is about no scale: nothing is known of it.
  virtual bool replaced(std::uint32_t slot) const = 0;
  virtual void output(std::uint32_t slot, Scale scale) = 0;  // 1 where nothing is said
};

// What a law can be said to be of an operator that nobody knows: explain proposes it, and the user answers for it.
enum class Claim : std::uint8_t { none, of_one_activation, of_several };

// One constant a law, in its own file; table.cpp lists them.
struct Law {
  std::string_view name;
  std::string_view help;
  std::span<const dsl::LawParameter> parameters = {};  // of `law linear(weight = 1)`
  bool offers = false, absorbs = false, ties_channels = false;
  bool joins = false;             // ties the channels of several activations
  bool says_elementwise = false;  // `pass elementwise` may be said
  bool elementwise = false;       // takes each element for itself, without a rule file saying so
  bool unfolds = false;           // where a constant of it changes, others stand in for the operator (apply_plan.cpp)
  Claim claim = Claim::none;
  std::string_view pins = {};  // why it pins an activation although its condition holds; empty: it never does
  // The form of an operator that only a rule file knows; null: the law says nothing of its shape.
  graph::Form (*form)(std::string_view op, const graph::UserForm&) = nullptr;
  // Says why the law does not hold for this operator (its attributes, constants, shapes). Returns an empty text where
  // it holds; only then may tie be called.
  std::string (*condition)(const Site&) = nullptr;
  void (*tie)(const Site&, Tie&) = nullptr;
  void (*handles)(const Site&, std::vector<Handle>&) = nullptr;  // null: it has none
  // Computes the scale of the outputs from the scales of the inputs and the edits of the constants. Returns why no
  // scale of the outputs makes up for them, and an empty text where one does.
  std::string (*carry)(const Site&, Carry&) = nullptr;
  // For laws that call Tie::waits; null for the others.
  void (*tie_behind_gate)(const Site&, Tie&, std::uint32_t gate, std::uint32_t other) = nullptr;
};

std::span<const Law* const> laws();          // in the order of dsl::LawBinding::law
const Law* find_law(std::string_view name);  // null: none
extern const Law kBlockLaw;                  // of an operator that is bound to none

}  // namespace rw::runtime
