#include "runtime/settings/value.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace rw::patterns {
namespace {

template <typename T>
const T& held(const Value& value, std::string_view wanted) {
  if (const T* own = std::get_if<T>(&value)) return *own;
  throw NoValue(fmt::format("{} where {} is wanted", kind_of(value), wanted));
}

std::string shown_element(const Element& each) { return each.known() ? fmt::format("{:.6g}", each.number) : "?"; }

}  // namespace

std::optional<bool> equal(const Element& a, const Element& b) {
  if (a.known() && b.known()) return a.number == b.number;
  if (a.symbol == b.symbol && a.symbol != graph::kUnknown) return true;
  return std::nullopt;
}

Value list_of(const std::vector<std::int64_t>& values) {
  List list;
  list.items.reserve(values.size());
  for (const std::int64_t each : values) list.items.push_back(element_of(each));
  return list;
}

Value whole_list(const std::vector<std::int64_t>& values) {
  List list;
  list.items.reserve(values.size());
  for (const std::int64_t each : values) list.items.push_back({static_cast<double>(each), 0});
  return list;
}

Value numbers(Numbers values) { return std::make_shared<const Numbers>(std::move(values)); }

double number_of(const Value& value) {
  if (const auto* own = std::get_if<std::shared_ptr<const Numbers>>(&value); own && (*own)->single())
    return (*own)->values[0];
  const auto& each = held<Element>(value, "a number");
  if (!each.known()) throw NoValue("a dimension is not known");
  return each.number;
}

const std::string& text_of(const Value& value) { return held<std::string>(value, "a text"); }

const List& list_of(const Value& value) { return held<List>(value, "a list"); }

std::vector<std::int64_t> whole_list_of(const Value& value) {
  std::vector<std::int64_t> out;
  const auto take = [&](double each) {
    if (each != std::trunc(each) || std::fabs(each) > 0x1p53) throw NoValue(fmt::format("{} is no whole number", each));
    out.push_back(static_cast<std::int64_t>(each));
  };
  if (const auto* own = std::get_if<std::shared_ptr<const Numbers>>(&value)) {
    for (const double each : (*own)->values) take(each);
    return out;
  }
  for (const Element& each : list_of(value).items) {
    if (!each.known()) throw NoValue("a dimension is not known");
    take(each.number);
  }
  return out;
}

bool is_absent(const Value& value) { return std::holds_alternative<Absent>(value); }

std::string_view kind_of(const Value& value) {
  static constexpr std::string_view kKinds[] = {"nothing",  "a number",   "a text",     "a condition", "a list",
                                                "a tensor", "a constant", "a constant", "a constant"};
  return kKinds[value.index()];
}

std::string shown(const Value& value) {
  if (const auto* own = std::get_if<Element>(&value)) return shown_element(*own);
  if (const auto* own = std::get_if<std::string>(&value)) return fmt::format("\"{}\"", *own);
  if (const auto* own = std::get_if<List>(&value)) {
    std::vector<std::string> items;
    for (const Element& each : own->items) items.push_back(shown_element(each));
    return fmt::format("[{}]", fmt::join(items, ", "));
  }
  if (const auto* own = std::get_if<std::shared_ptr<const Numbers>>(&value)) {
    if ((*own)->single()) return fmt::format("{:.6g}", (*own)->values[0]);
    return fmt::format("a constant of shape [{}]", fmt::join((*own)->shape, ", "));
  }
  return std::string(kind_of(value));
}

}  // namespace rw::patterns
