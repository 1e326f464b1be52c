// Settings of operators: whatever is an attribute in some operator set, by name, wherever a model keeps it (an
// attribute, or an input in newer operator sets), in normal form: axes counted from 0 and sorted, lists for all axes,
// pads of auto_pad computed, defaults there. Source: the ONNX operator specification.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/operators/node.hpp"
#include "runtime/settings/value.hpp"

namespace rw::patterns {

// The setting of an operator; Absent where it is not there and has no default. NoValue: it is computed, or depends on a
// shape that is not known.
Value setting(const graph::Node& node, std::string_view name);

// Input slots that are operands of a call: all but those of settings. Absent inputs are among them.
std::vector<std::uint32_t> operand_slots(const graph::Node& node);
// The same of an operator that is to be made, with so many operands.
std::vector<std::uint32_t> operand_slots(std::string_view op, std::size_t count);
// The input slot of a setting in this operator set; nothing where it is an attribute there.
std::optional<std::uint32_t> setting_slot(std::string_view op, std::string_view setting, std::int64_t opset);

// A setting of an operator that is to be made, as the operator set has it: an attribute, or a constant at an input.
struct WrittenSetting {
  std::optional<std::uint32_t> slot;
  Numbers constant;                      // with a slot; its dtype is undefined where it is that of the activation
  graph::AttributeValue attribute = {};  // without; in the arena
};
// NoValue: it cannot be written there.
WrittenSetting write_setting(std::string_view op, std::string_view setting, const Value& value, std::int64_t opset,
                             graph::Arena& arena);

// The element type that a text names, also by ONNX's names ("float", "double", "bool").
std::optional<graph::DType> dtype_of(std::string_view text);

}  // namespace rw::patterns
