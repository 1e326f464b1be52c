#include "runtime/laws/guard.hpp"

#include <cassert>
#include <cmath>
#include <limits>
#include <variant>

#include "runtime/settings/settings.hpp"
#include "runtime/text/glob.hpp"

namespace rw::runtime {
namespace {

using GuardList = std::vector<double>;
using GuardValue = std::variant<double, std::string, GuardList>;
using dsl::ExprOp;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();  // equal to nothing

class GuardEvaluator {
 public:
  GuardEvaluator(const dsl::Guard& guard, const Site& site) : guard_(guard), site_(site) {}
  bool holds() const { return number(guard_.root) != 0; }

 private:
  const dsl::Expr& expr(dsl::ExprId id) const { return guard_.exprs[id]; }
  double number(dsl::ExprId id) const { return std::get<double>(value(id)); }
  double operand(const dsl::Expr& e, std::size_t i) const { return number(e.operands[i]); }

  // NaN, an attribute that is not there, is equal to nothing.
  static bool equal(const GuardValue& a, const GuardValue& b) {
    const auto *x = std::get_if<double>(&a), *y = std::get_if<double>(&b);
    return x && y ? equal_attributes(*x, *y) : a == b;
  }

  GuardValue own_word(const dsl::Expr& e) const {
    if (e.text == "name") return std::string(site_.op().name);
    if (e.text == "op") return std::string(site_.network().type_of(site_.id()));
    if (e.text == "activations") return static_cast<double>(site_.activation_count());
    return site_.output() == kNone ? 0.0 : static_cast<double>(site_.channels().count(site_.output()));  // channels
  }

  GuardValue value(dsl::ExprId id) const {
    const dsl::Expr& e = expr(id);
    switch (e.op) {
      case ExprOp::number:
        return e.number;
      case ExprOp::text:
        return e.text;
      case ExprOp::attribute:
        if (e.index == dsl::kOwnWord) return own_word(e);
        if (e.type.kind == dsl::Kind::text) return std::string(site_.text(e.text));
        if (e.type.kind == dsl::Kind::list) return attribute_list(site_, e.text).value_or(GuardList{kUnknown});
        return attribute_number(site_, e.text);
      case ExprOp::list: {
        GuardList items;
        for (const dsl::ExprId item : e.operands) items.push_back(number(item));
        return items;
      }
      case ExprOp::element:
        return item_of(std::get<GuardList>(value(e.operands[0])), operand(e, 1));
      case ExprOp::negate:
        return -operand(e, 0);
      case ExprOp::not_:
        return operand(e, 0) == 0 ? 1.0 : 0.0;
      case ExprOp::and_:
        return operand(e, 0) != 0 && operand(e, 1) != 0 ? 1.0 : 0.0;
      case ExprOp::or_:
        return operand(e, 0) != 0 || operand(e, 1) != 0 ? 1.0 : 0.0;
      case ExprOp::if_:
        return value(e.operands[operand(e, 0) != 0 ? 1 : 2]);
      case ExprOp::add:
        return operand(e, 0) + operand(e, 1);
      case ExprOp::subtract:
        return operand(e, 0) - operand(e, 1);
      case ExprOp::multiply:
        return operand(e, 0) * operand(e, 1);
      case ExprOp::divide:
        return operand(e, 0) / operand(e, 1);
      case ExprOp::like:
        return matches(std::get<std::string>(value(e.operands[1])), std::get<std::string>(value(e.operands[0]))) ? 1.0
                                                                                                                 : 0.0;
      case ExprOp::equal:
        return equal(value(e.operands[0]), value(e.operands[1])) ? 1.0 : 0.0;
      case ExprOp::not_equal:
        return equal(value(e.operands[0]), value(e.operands[1])) ? 0.0 : 1.0;
      case ExprOp::less:
        return operand(e, 0) < operand(e, 1) ? 1.0 : 0.0;
      case ExprOp::less_equal:
        return operand(e, 0) <= operand(e, 1) ? 1.0 : 0.0;
      case ExprOp::greater:
        return operand(e, 0) > operand(e, 1) ? 1.0 : 0.0;
      case ExprOp::greater_equal:
        return operand(e, 0) >= operand(e, 1) ? 1.0 : 0.0;
      default:
        assert(!"guards hold attributes, numbers, texts and operators only");
        return 0.0;
    }
  }

  const dsl::Guard& guard_;
  const Site& site_;
};

// Its axis is that on which the channels of its output lie.
bool is_on_channel(const Site& site) {
  const auto axis = site.output_shape().axis(site.integer("axis", 1));
  return axis && site.output() != kNone && site.channels().has(site.output()) &&
         site.channels().axes(site.output()).contains(*axis);
}

}  // namespace

bool equal_attributes(double a, double b) { return a == b || static_cast<float>(a) == static_cast<float>(b); }

double item_of(const std::vector<double>& list, double position) {
  const double at = position < 0 ? position + static_cast<double>(list.size()) : position;
  if (!(at >= 0 && at < static_cast<double>(list.size()))) return std::numeric_limits<double>::quiet_NaN();
  return list[static_cast<std::size_t>(at)];
}

std::optional<std::vector<double>> attribute_list(const Site& site, std::string_view name) {
  try {
    const patterns::Value value = patterns::setting(site, name);
    const auto* list = std::get_if<patterns::List>(&value);
    if (!list) return std::nullopt;
    std::vector<double> items;
    for (const patterns::Element& each : list->items)
      items.push_back(each.known() ? each.number : std::numeric_limits<double>::quiet_NaN());
    return items;
  } catch (const patterns::NoValue&) {
    return std::nullopt;
  }
}

double attribute_number(const Site& site, std::string_view name) {
  // An axis counted from the end is the same axis counted from 0.
  if (name == "axis") {
    const std::int64_t axis = site.integer("axis", 1);
    const graph::Shape shape = site.output_shape();
    return static_cast<double>(axis < 0 && shape.known() ? axis + shape.rank() : axis);
  }
  for (const graph::AttributeRow& row : site.form().attributes)
    if (row.name == name && row.slot != 0 && site.has(row.slot))
      return site.scalar_of(row.slot).value_or(std::numeric_limits<double>::quiet_NaN());
  return site.number(name, std::numeric_limits<double>::quiet_NaN());
}

bool holds(const dsl::Guard& guard, const Site& site) { return GuardEvaluator(guard, site).holds(); }

bool holds(const dsl::Term& term, const Site& site) {
  if (term.on_channel && !is_on_channel(site)) return false;
  for (const auto& guard : term.guards)
    if (!holds(*guard, site)) return false;
  return true;
}

}  // namespace rw::runtime
