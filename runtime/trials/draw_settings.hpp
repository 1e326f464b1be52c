// Settings and constants of single operators, drawn: what an operator admits, and what of it finds mistakes.
#pragma once

#include <optional>
#include <string_view>

#include "runtime/settings/value.hpp"
#include "runtime/trials/choices.hpp"
#include "runtime/trials/instance.hpp"

namespace rw::trials {

// What is known while an operator is drawn.
struct DrawnCall {
  std::string_view op;
  std::vector<InstanceTensor> inputs;  // the first activation, then by slot, as far as they are drawn; shapes only
  std::vector<std::pair<std::string_view, double>> said;  // settings that are drawn already and are numbers
  std::int64_t opset = 17;
  std::size_t outputs = 1;
  std::span<const double> bounds;  // numbers that the rule names
};

// A value for a setting; nothing: it is left out.
std::optional<patterns::Value> draw_setting(const DrawnCall& call, std::string_view setting, Choices& choices);

// The settings that are drawn for an operator, in an order in which later ones may depend on earlier ones.
std::vector<std::string_view> settings_of(std::string_view op);

// The shape of the first activation of an operator, of a rank that it admits.
Dims draw_shape(std::string_view op, std::vector<std::int64_t>& sizes, Choices& choices);
std::int64_t draw_size(std::vector<std::int64_t>& sizes, Choices& choices);

// The constant at input `slot` that an operator asks for beside its first input: its shape, and whether it is positive
// (a variance). Nothing: it may be any that broadcasts.
struct ConstantForm {
  Dims shape;
  bool positive = false;
  bool whole = false;               // whole numbers
  std::vector<double> values = {};  // not empty: these
};
std::optional<ConstantForm> draw_constant(const DrawnCall& call, std::uint32_t slot, Choices& choices);

// A shape that broadcasts with another one.
Dims draw_broadcast(const Dims& shape, Choices& choices);

}  // namespace rw::trials
