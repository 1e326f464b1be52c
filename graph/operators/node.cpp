#include "graph/operators/node.hpp"

#include <algorithm>

#include "graph/values/elements.hpp"

namespace rw::graph {
namespace {

const AttributeRow* row_of(const Form& form, std::string_view name) {
  for (const AttributeRow& row : form.attributes)
    if (row.name == name) return &row;
  return nullptr;
}

constexpr std::int64_t kMaxElements = 1 << 16;  // of a constant that says axes, pads or a shape

}  // namespace

std::int64_t bounded(std::int64_t value) {
  constexpr std::int64_t kBound = std::int64_t{1} << 44;
  return std::clamp(value, -kBound, kBound);
}

const Operator* Node::dequantizer(std::size_t slot) const {
  if (!has(slot) || tensor(slot).producer == kNone) return nullptr;
  const OperatorId by = tensor(slot).producer;
  const Operator& op = network_.op(by);
  const bool constant = !op.inputs.empty() && op.inputs[0] != kNone && network_.tensor(op.inputs[0]).constant;
  return constant && network_.type_of(by) == "DequantizeLinear" ? &op : nullptr;
}

std::int64_t Node::integer(std::string_view name, std::int64_t otherwise) const {
  if (const AttributeValue* value = op().find(name))
    if (const auto* number = std::get_if<std::int64_t>(value)) return bounded(*number);
  if (const AttributeRow* row = row_of(form_, name)) return static_cast<std::int64_t>(row->number);
  return otherwise;
}

double Node::number(std::string_view name, double otherwise) const {
  if (const AttributeValue* value = op().find(name)) {
    if (const auto* real = std::get_if<double>(value)) return *real;
    if (const auto* whole = std::get_if<std::int64_t>(value)) return static_cast<double>(*whole);
  }
  if (const AttributeRow* row = row_of(form_, name)) return row->number;
  return otherwise;
}

std::string_view Node::text(std::string_view name, std::string_view otherwise) const {
  if (const AttributeValue* value = op().find(name))
    if (const auto* own = std::get_if<std::string_view>(value)) return *own;
  if (const AttributeRow* row = row_of(form_, name)) return row->text;
  return otherwise;
}

std::span<const std::int64_t> Node::list(std::string_view name) const {
  const AttributeValue* value = op().find(name);
  const auto* values = value ? std::get_if<std::span<const std::int64_t>>(value) : nullptr;
  return values ? *values : std::span<const std::int64_t>();
}

std::optional<std::vector<std::int64_t>> Node::integers(std::string_view name) const {
  const AttributeValue* value = op().find(name);
  if (!value) return std::nullopt;
  if (const auto* list = std::get_if<std::span<const std::int64_t>>(value)) {
    std::vector<std::int64_t> values(list->begin(), list->end());
    for (std::int64_t& each : values) each = bounded(each);
    return values;
  }
  // An empty list has no element type.
  if (const auto* list = std::get_if<std::span<const double>>(value); list && list->empty())
    return std::vector<std::int64_t>();
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> Node::whole_values(std::size_t slot) const {
  if (!has(slot)) return std::nullopt;
  if (tensor(slot).folded) return std::vector<std::int64_t>(tensor(slot).folded->begin(), tensor(slot).folded->end());
  if (!is_constant(slot)) return std::nullopt;
  const Literal& literal = *tensor(slot).constant;
  const auto count = literal.shape.count();
  if (floating(literal.dtype) || !count || *count > kMaxElements) return std::nullopt;
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < *count; ++i)
    values.push_back(bounded(graph::integer(literal, static_cast<std::size_t>(i))));
  return values;
}

std::optional<std::int64_t> Node::integer_of(std::size_t slot, std::size_t index) const {
  if (!has(slot)) return std::nullopt;
  if (const auto* folded = tensor(slot).folded)
    return index < folded->size() && !is_open((*folded)[index]) ? std::optional((*folded)[index]) : std::nullopt;
  if (!is_constant(slot)) return std::nullopt;
  const Literal& literal = *tensor(slot).constant;
  if (floating(literal.dtype) || index >= count(literal)) return std::nullopt;
  return bounded(graph::integer(literal, index));
}

std::optional<std::vector<std::int64_t>> Node::integers_of(std::size_t slot) const {
  auto values = whole_values(slot);
  if (values && std::any_of(values->begin(), values->end(), is_open)) return std::nullopt;
  return values;
}

std::optional<std::vector<double>> Node::numbers_of(std::size_t slot) const {
  if (!is_constant(slot)) return std::nullopt;
  const Literal& literal = *tensor(slot).constant;
  const auto count = literal.shape.count();
  if (!count || *count > kMaxElements) return std::nullopt;
  std::vector<double> values;
  for (std::int64_t i = 0; i < *count; ++i) values.push_back(element(literal, static_cast<std::size_t>(i)));
  return values;
}

std::optional<double> Node::scalar_of(std::size_t slot) const {
  if (!is_constant(slot)) return std::nullopt;
  const Literal& literal = *tensor(slot).constant;
  if (literal.shape.count() != 1) return std::nullopt;
  return element(literal, 0);
}

}  // namespace rw::graph
