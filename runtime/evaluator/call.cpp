#include "runtime/evaluator/call.hpp"

#include <fmt/format.h>

#include <map>
#include <stdexcept>

namespace rw::evaluator {
namespace {

using graph::AttributeValue;

const AttributeValue* find(std::span<const graph::Attribute> attributes, std::string_view name) {
  for (const graph::Attribute& each : attributes)
    if (each.name == name) return &each.value;
  return nullptr;
}

[[noreturn]] void wrong_kind(std::string_view name, std::string_view wanted) {
  throw std::invalid_argument(fmt::format("attribute '{}' must be {}", name, wanted));
}

using Table = std::map<std::string_view, Results (*)(const Call&)>;

Table all_rows() {
  Table table;
  for (const auto rows : {conv_rows(), matmul_rows(), pool_rows(), elementwise_rows(), reduce_rows(), normalize_rows(),
                          shape_rows(), resize_rows(), choose_rows(), sample_rows()})
    for (const OperatorRow& row : rows)
      if (!table.emplace(row.type, row.run).second)
        throw std::logic_error(fmt::format("operator '{}' has two rows", row.type));
  return table;
}

const Table& table() {
  static const Table kTable = all_rows();
  return kTable;
}

}  // namespace

const Array& Call::input(std::size_t slot) const {
  if (const Array* array = optional(slot)) return *array;
  throw std::invalid_argument(fmt::format("input {} is missing", slot));
}

const Array* Call::optional(std::size_t slot) const { return slot < inputs.size() ? inputs[slot] : nullptr; }

bool Call::has(std::string_view name) const { return find(attributes, name) != nullptr; }

std::int64_t Call::integer(std::string_view name, std::int64_t fallback) const {
  const AttributeValue* value = find(attributes, name);
  if (value == nullptr) return fallback;
  if (const auto* integer = std::get_if<std::int64_t>(value)) return *integer;
  wrong_kind(name, "an integer");
}

float Call::number(std::string_view name, float fallback) const {
  const AttributeValue* value = find(attributes, name);
  if (value == nullptr) return fallback;
  if (const auto* number = std::get_if<double>(value)) return static_cast<float>(*number);
  if (const auto* integer = std::get_if<std::int64_t>(value)) return static_cast<float>(*integer);
  wrong_kind(name, "a number");
}

std::string_view Call::text(std::string_view name, std::string_view fallback) const {
  const AttributeValue* value = find(attributes, name);
  if (value == nullptr) return fallback;
  if (const auto* text = std::get_if<std::string_view>(value)) return *text;
  wrong_kind(name, "a string");
}

Dims Call::integers(std::string_view name, Dims fallback) const {
  const AttributeValue* value = find(attributes, name);
  if (value == nullptr) return fallback;
  if (const auto* list = std::get_if<std::span<const std::int64_t>>(value)) return Dims(list->begin(), list->end());
  if (const auto* doubles = std::get_if<std::span<const double>>(value); doubles && doubles->empty()) return {};
  wrong_kind(name, "a list of integers");
}

std::vector<float> Call::numbers(std::string_view name, std::vector<float> fallback) const {
  const AttributeValue* value = find(attributes, name);
  if (value == nullptr) return fallback;
  std::vector<float> result;
  if (const auto* list = std::get_if<std::span<const double>>(value)) {
    for (const double number : *list) result.push_back(static_cast<float>(number));
  } else if (const auto* integers = std::get_if<std::span<const std::int64_t>>(value)) {
    for (const std::int64_t integer : *integers) result.push_back(static_cast<float>(integer));
  } else {
    wrong_kind(name, "a list of numbers");
  }
  return result;
}

std::optional<Dims> Call::integers_or_input(std::string_view name, std::size_t slot) const {
  if (has(name)) return integers(name, {});
  if (const Array* array = optional(slot)) return array->ints();
  return std::nullopt;
}

std::optional<float> Call::number_or_input(std::string_view name, std::size_t slot) const {
  if (has(name)) return number(name, 0);
  const Array* array = optional(slot);
  if (array == nullptr) return std::nullopt;
  if (array->count() != 1) throw std::invalid_argument(fmt::format("input {} must be one number", slot));
  return array->to_floats().front();
}

bool knows(std::string_view type) { return table().contains(type); }

Results run(const Call& call) {
  const auto row = table().find(call.type);
  if (row == table().end()) throw std::invalid_argument("the evaluator does not know this operator");
  return row->second(call);
}

}  // namespace rw::evaluator
