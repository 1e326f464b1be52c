#include "runtime/laws/attribute_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rw::runtime {
namespace {

using graph::AttributeForm;

template <typename... Kinds>
bool is_one_of(const graph::AttributeValue& value) {
  return (std::holds_alternative<Kinds>(value) || ...);
}

bool fits(AttributeForm form, const graph::AttributeValue& value) {
  switch (form) {
    case AttributeForm::integer:
      return is_one_of<std::int64_t>(value);
    case AttributeForm::number:
      return is_one_of<double, std::int64_t>(value);
    case AttributeForm::text:
      return is_one_of<std::string_view>(value);
    case AttributeForm::list:
      return is_one_of<std::span<const std::int64_t>, std::span<const double>>(value);
  }
  return false;
}

constexpr std::string_view name_of(AttributeForm form) {
  constexpr std::array<std::string_view, 4> kNames = {"integer", "number", "text", "list of numbers"};
  return kNames[static_cast<std::size_t>(form)];
}

}  // namespace

std::string unreadable(const Site& site) {
  const auto& rows = site.form().attributes;
  for (const graph::Attribute& each : site.op().attributes) {
    // Up to operator set 6 `axis` then says where the axes of the second operand lie.
    if (each.name == "broadcast") return "its operands are broadcast along `axis`, as in operator sets up to 6";
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& known) { return known.name == each.name; });
    if (row != rows.end() && !fits(row->form, each.value))
      return fmt::format("its attribute '{}' is no {}", each.name, name_of(row->form));
  }
  return {};
}

bool AttributeKinds::fit(const Site& site) {
  const graph::Operator& op = site.op();
  if (op.attributes.empty()) return true;
  const auto place = reinterpret_cast<std::uintptr_t>(op.attributes.data()) / sizeof(graph::Attribute);
  Entry& entry = seen_[place % seen_.size()];
  if (entry.list != op.attributes.data() || entry.type != op.type)
    entry = {op.attributes.data(), op.type, unreadable(site).empty()};
  return entry.fits;
}

}  // namespace rw::runtime
