#include "runtime/patterns/formula.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "graph/values/elements.hpp"
#include "runtime/patterns/formula_calls.hpp"
#include "runtime/settings/settings.hpp"
#include "runtime/text/glob.hpp"

namespace rw::patterns {
namespace {

using dsl::PatternOp;

double computed(PatternOp op, double a, double b) {
  switch (op) {
    case PatternOp::add:
      return a + b;
    case PatternOp::subtract:
      return a - b;
    case PatternOp::multiply:
      return a * b;
    default:
      return a / b;
  }
}

// What stays of a dimension that is not known: d + 0, d * 1.
Element computed(PatternOp op, const Element& a, const Element& b) {
  if (a.known() && b.known()) return {computed(op, a.number, b.number), 0};
  const bool additive = op == PatternOp::add || op == PatternOp::subtract;
  const double neutral = additive ? 0 : 1;
  if (b.known() && b.number == neutral) return a;
  if (a.known() && a.number == neutral && (op == PatternOp::add || op == PatternOp::multiply)) return b;
  throw NoValue("a dimension is not known");
}

List computed(PatternOp op, const List& a, const List& b) {
  if (a.size() != b.size()) throw NoValue(fmt::format("lists of {} and {} elements", a.size(), b.size()));
  List out;
  for (std::size_t i = 0; i < a.size(); ++i) out.items.push_back(computed(op, a.items[i], b.items[i]));
  return out;
}

List repeated(const Element& value, std::size_t size) { return {std::vector<Element>(size, value)}; }

// ---- factors along a weight

Along combined(PatternOp op, Along a, const Along& b) {
  for (std::size_t i = 0; i < a.values.size(); ++i) a.values[i] = computed(op, a.values[i], b.values[i]);
  return a;
}

bool same_side(const Along& a, const Along& b) {
  return a.op == b.op && a.outputs == b.outputs && a.values.size() == b.values.size();
}

// The constant times (or divided by) one more factor; nothing where that is no such product.
std::optional<Value> scaled(PatternOp op, const Value& a, const Value& b, const View& view) {
  const auto* along = std::get_if<Along>(&b);
  if (!along) {
    if (op != PatternOp::multiply || !std::holds_alternative<Along>(a) || std::holds_alternative<Along>(b))
      return std::nullopt;
    return scaled(op, b, a, view);
  }
  Scaled out;
  if (const auto* tensor = std::get_if<TensorValue>(&a); tensor && view.constant(tensor->id))
    out.constant = tensor->id;
  else if (const auto* before = std::get_if<Scaled>(&a))
    out = *before;
  else
    return std::nullopt;
  Along factor = *along;
  if (op == PatternOp::divide)
    for (double& each : factor.values) each = 1 / each;
  for (Along& each : out.factors)
    if (same_side(each, factor)) return each = combined(PatternOp::multiply, each, factor), Value(out);
  out.factors.push_back(std::move(factor));
  return out;
}

// ---- comparisons

bool ordered(PatternOp op, double a, double b) {
  switch (op) {
    case PatternOp::equal:
      return a == b;
    case PatternOp::not_equal:
      return a != b;
    case PatternOp::less:
      return a < b;
    case PatternOp::less_equal:
      return a <= b;
    case PatternOp::greater:
      return a > b;
    default:
      return a >= b;
  }
}

Truth compared(PatternOp op, const Element& a, const Element& b) {
  if (a.known() && b.known()) return ordered(op, a.number, b.number) ? Truth::yes : Truth::no;
  const auto same = equal(a, b);
  if (same && *same)
    return op == PatternOp::equal || op == PatternOp::less_equal || op == PatternOp::greater_equal ? Truth::yes
                                                                                                   : Truth::no;
  // No dimension is negative.
  const Element& known = a.known() ? a : b;
  if (known.known() && known.number < 0 && op == PatternOp::equal) return Truth::no;
  return Truth::unknown;
}

Truth opposite(Truth a) { return a == Truth::unknown ? a : a == Truth::yes ? Truth::no : Truth::yes; }

Truth equal_lists(const List& a, const List& b) {
  if (a.size() != b.size()) return Truth::no;
  Truth all = Truth::yes;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Truth each = compared(PatternOp::equal, a.items[i], b.items[i]);
    if (each == Truth::no) return Truth::no;
    if (each == Truth::unknown) all = Truth::unknown;
  }
  return all;
}

Truths compared(PatternOp op, const List& a, const Element& b, bool swapped) {
  Truths out{{}, false};
  for (const Element& each : a.items) out.each.push_back(swapped ? compared(op, b, each) : compared(op, each, b));
  return out;
}

Truth one(const Truths& truths) {
  if (!truths.single) throw NoValue("a condition for each element: all(...) or any(...) makes one of them");
  return truths.each[0];
}

const Truths& truths_of(const Value& value) {
  if (const auto* own = std::get_if<Truths>(&value)) return *own;
  throw NoValue(fmt::format("{} where a condition is wanted", kind_of(value)));
}

std::int64_t position(double at, std::size_t size) {
  const double front = at < 0 ? at + static_cast<double>(size) : at;
  if (at != std::trunc(at) || front < 0 || front >= static_cast<double>(size))
    throw NoValue(fmt::format("a list of {} has no element {}", size, at));
  return static_cast<std::int64_t>(front);
}

}  // namespace

bool agree(double a, double b) {
  if (a == b) return true;
  const double unit = std::ldexp(1.0, -23);
  return std::fabs(a - b) <= 4 * unit * std::max(std::fabs(a), std::fabs(b));
}

bool is_number(const graph::Literal& literal, double number) {
  const std::size_t all = graph::count(literal);
  if (all == 0) return false;
  double unit = 0;  // of its type, relative
  switch (literal.dtype) {
    case graph::DType::float16:
      unit = 0x1p-10;
      break;
    case graph::DType::bfloat16:
      unit = 0x1p-7;
      break;
    case graph::DType::float64:
      unit = 0x1p-52;
      break;
    case graph::DType::float32:
      unit = 0x1p-23;
      break;
    default:
      break;
  }
  // The number of the rule is a decimal one: it is rounded to float32 before it is looked at in wider types.
  const double slack = 4 * unit * std::fabs(number);
  const auto is = [&](double value) { return value == number || std::fabs(value - number) <= slack; };
  if (!is(graph::element(literal, 0))) return false;
  for (std::size_t i = 1; i < all; ++i)
    if (!is(graph::element(literal, i))) return false;
  return true;
}

bool same_constant(const graph::Literal& a, const graph::Literal& b) {
  if (a.dtype != b.dtype || !(a.shape == b.shape) || graph::count(a) != graph::count(b)) return false;
  if (!a.layout && !b.layout) return std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end());
  for (std::size_t i = 0; i < graph::count(a); ++i)
    if (graph::element(a, i) != graph::element(b, i)) return false;
  return true;
}

bool same_setting(const Value& a, const Value& b) {
  if (is_absent(a) || is_absent(b)) return is_absent(a) && is_absent(b);
  const auto* text = std::get_if<std::string>(&a);
  const auto* other = std::get_if<std::string>(&b);
  if (text && other) {
    if (*text == *other) return true;
    const auto x = dtype_of(*text), y = dtype_of(*other);
    return x && y && *x == *y;
  }
  const auto* x = std::get_if<List>(&a);
  const auto* y = std::get_if<List>(&b);
  if (x && y) return equal_lists(*x, *y) == Truth::yes;
  if (x || y || text || other) return false;
  return agree(number_of(a), number_of(b));
}

Value Formulas::value(dsl::PatternExprId id) {
  const dsl::PatternExpr& expr = pattern_.exprs[id];
  switch (expr.op) {
    case PatternOp::number:
      return number(expr.number);
    case PatternOp::text:
      return expr.text;
    case PatternOp::parameter:
      return number(params_[expr.index]);
    case PatternOp::name:
      return name(expr.index);
    case PatternOp::field:
      return field(expr);
    case PatternOp::call:
      return call_function(*this, expr);
    case PatternOp::list:
      return list(expr);
    case PatternOp::spread:
      return value(expr.operands[0]);
    case PatternOp::element:
      return element(expr);
    case PatternOp::slice:
      return slice(expr);
    case PatternOp::negate:
    case PatternOp::add:
    case PatternOp::subtract:
    case PatternOp::multiply:
    case PatternOp::divide:
      return arithmetic(expr);
    case PatternOp::if_: {
      const Truth chosen = holds(expr.operands[0]);
      if (chosen == Truth::unknown) throw NoValue("a condition is not known");
      return value(expr.operands[chosen == Truth::yes ? 1 : 2]);
    }
    case PatternOp::let_: {
      Bound& bound = match_.names[expr.index];
      bound.bound = true;
      bound.value = value(expr.operands[0]);
      return value(expr.operands[1]);
    }
    case PatternOp::like:
      return truth(runtime::matches(text_of(value(expr.operands[1])), text_of(value(expr.operands[0]))));
    default:
      return comparison(expr);
  }
}

Truth Formulas::holds(dsl::PatternExprId id) { return one(truths_of(value(id))); }

Value Formulas::name(dsl::NameId id) {
  const Bound& bound = match_.names[id];
  if (!bound.bound) throw NoValue(fmt::format("'{}' is not known yet", pattern_.names[id].name));
  if (bound.value) return *bound.value;
  if (pattern_.names[id].sort == dsl::NameSort::rest) {
    throw NoValue(fmt::format("'{}' stands for several tensors", pattern_.names[id].name));
  }
  if (bound.tensor == kNone) return Absent{};
  return TensorValue{bound.tensor};
}

namespace {

Value statistic_of(const View& view, TensorId tensor, std::string_view field) {
  const graph::Statistic* own = view.statistics().find_finite(tensor);
  const auto values = !own              ? std::span<const double>()
                      : field == "min"  ? own->min
                      : field == "max"  ? own->max
                      : field == "mean" ? own->mean
                                        : own->mean_square;
  if (values.empty()) throw NoValue(fmt::format("there are no statistics of '{}'", view.network().tensor(tensor).name));
  List out;
  for (const double each : values) out.items.push_back({each, 0});
  return out;
}

Value shape_value(const graph::Tensor& tensor) {
  if (!tensor.shape.known() || tensor.shape.any_front())
    throw NoValue(fmt::format("the shape of '{}' is not known", tensor.name));
  return list_of(std::vector<std::int64_t>(tensor.shape.dims().begin(), tensor.shape.dims().end()));
}

// Where nothing says the type of a tensor, the constants beside it do: an operator's operands mostly have one type.
graph::DType dtype_beside(const View& view, TensorId id) {
  for (const graph::Use& use : view.consumers(id)) {
    const graph::Operator& op = view.network().op(use.op);
    for (const TensorId input : op.inputs)
      if (input != kNone && view.constant(input) && graph::floating(view.constant(input)->dtype))
        return view.constant(input)->dtype;
    // As attributes, the bounds of a Clip are floats.
    if (view.network().type_of(use.op) == "Clip" && op.inputs.size() == 1 && !op.attributes.empty())
      return graph::DType::float32;
  }
  return graph::DType::undefined;
}

std::optional<Value> tensor_field(const View& view, TensorId id, std::string_view field) {
  const graph::Tensor& tensor = view.network().tensor(id);
  if (field == "shape") return shape_value(tensor);
  if (field == "rank") return number(static_cast<double>(list_of(shape_value(tensor)).size()));
  if (field == "dtype") {
    const graph::DType dtype = tensor.dtype == graph::DType::undefined ? dtype_beside(view, id) : tensor.dtype;
    if (dtype == graph::DType::undefined)
      throw NoValue(fmt::format("the element type of '{}' is not known", tensor.name));
    return std::string(graph::name(dtype));
  }
  if (field == "channels") {
    const graph::ChannelAxes& channels = view.analysis().channels;
    if (id >= view.analysis().network->tensors().size() || !channels.has(id))
      throw NoValue(fmt::format("'{}' has no channels", tensor.name));
    return number(channels.count(id));
  }
  if (field == "min" || field == "max" || field == "mean" || field == "mean_square")
    return statistic_of(view, id, field);
  return std::nullopt;
}

}  // namespace

Value Formulas::field(const dsl::PatternExpr& expr) {
  const dsl::NameId id = pattern_.exprs[expr.operands[0]].index;
  const Bound& bound = match_.names[id];
  if (!bound.bound) throw NoValue(fmt::format("'{}' is not known yet", pattern_.names[id].name));
  if (bound.tensor != kNone)
    if (auto own = tensor_field(view_, bound.tensor, expr.text)) return *own;
  if (bound.op == kNone) throw NoValue(fmt::format("'{}' is absent", pattern_.names[id].name));
  const graph::Network& network = view_.network();
  if (expr.text == "name") return std::string(network.op(bound.op).name);
  if (expr.text == "op") return std::string(network.type_of(bound.op));
  if (expr.text == "opset") return number(static_cast<double>(network.opset().value_or(0)));
  return setting(view_.node(bound.op), expr.text);
}

Value Formulas::list(const dsl::PatternExpr& expr) {
  List out;
  for (const dsl::PatternExprId each : expr.operands) {
    const Value item = value(each);
    if (pattern_.exprs[each].op == PatternOp::spread) {
      const std::vector<Element> more = as_list(item).items;
      out.items.insert(out.items.end(), more.begin(), more.end());
    } else if (const auto* own = std::get_if<Element>(&item)) {
      out.items.push_back(*own);
    } else {
      out.items.push_back({number_of(item), 0});
    }
  }
  return out;
}

List Formulas::as_list(const Value& value) const {
  if (const auto* own = std::get_if<List>(&value)) return *own;
  const Numbers numbers = numbers_of(value);
  if (numbers.shape.size() != 1) throw NoValue(fmt::format("{} where a list is wanted", kind_of(value)));
  List out;
  for (const double each : numbers.values) out.items.push_back({each, 0});
  return out;
}

Value Formulas::element(const dsl::PatternExpr& expr) {
  const List items = as_list(value(expr.operands[0]));
  const Value at = value(expr.operands[1]);
  if (std::holds_alternative<Element>(at) || (!std::holds_alternative<List>(at) && numbers_of(at).shape.empty()))
    return items.items[static_cast<std::size_t>(position(numbers_of(at).values[0], items.size()))];
  List out;
  for (const std::int64_t each : whole_list_of(as_list(at)))
    out.items.push_back(items.items[static_cast<std::size_t>(position(static_cast<double>(each), items.size()))]);
  return out;
}

Value Formulas::slice(const dsl::PatternExpr& expr) {
  const List items = as_list(value(expr.operands[0]));
  const auto size = static_cast<double>(items.size());
  const auto bound = [&](std::size_t i, double otherwise) {
    if (expr.operands[i] == dsl::kNoExpr) return otherwise;
    const double at = number_of(value(expr.operands[i]));
    return std::clamp(at < 0 ? at + size : at, 0.0, size);
  };
  const auto begin = static_cast<std::size_t>(bound(1, 0)), end = static_cast<std::size_t>(bound(2, size));
  List out;
  for (std::size_t i = begin; i < end; ++i) out.items.push_back(items.items[i]);
  return out;
}

Numbers Formulas::numbers_of(const Value& value) const {
  if (const auto* own = std::get_if<std::shared_ptr<const Numbers>>(&value)) return **own;
  if (const auto* own = std::get_if<Element>(&value)) return {{}, {number_of(*own)}, graph::DType::undefined};
  if (const auto* own = std::get_if<List>(&value)) {
    Numbers out{{static_cast<std::int64_t>(own->size())}, {}, graph::DType::undefined};
    for (const Element& each : own->items) out.values.push_back(number_of(each));
    return out;
  }
  if (const auto* own = std::get_if<TensorValue>(&value)) {
    const graph::Literal* literal = view_.constant(own->id);
    if (!literal) throw NoValue(fmt::format("'{}' is no constant", view_.network().tensor(own->id).name));
    count(literal->shape.dims());
    return {Dims(literal->shape.dims().begin(), literal->shape.dims().end()), graph::to_double(*literal),
            literal->dtype};
  }
  if (const auto* own = std::get_if<Along>(&value)) return laid(*this, *own);
  if (const auto* own = std::get_if<Scaled>(&value)) {
    Numbers out = numbers_of(TensorValue{own->constant});
    for (const Along& each : own->factors)
      out = combine(out, laid(*this, each), [](double a, double b) { return a * b; });
    return out;
  }
  throw NoValue(fmt::format("{} where a constant is wanted", kind_of(value)));
}

Value Formulas::arithmetic(const dsl::PatternExpr& expr) {
  const Value a = value(expr.operands[0]);
  if (expr.op == PatternOp::negate) {
    if (const auto* one = std::get_if<Element>(&a)) return number(-number_of(*one));
    if (const auto* list = std::get_if<List>(&a))
      return computed(PatternOp::multiply, *list, repeated({-1, 0}, list->size()));
    return numbers(each(numbers_of(a), [](double x) { return -x; }));
  }
  const Value b = value(expr.operands[1]);
  const auto* x = std::get_if<Element>(&a);
  const auto* y = std::get_if<Element>(&b);
  const auto* l = std::get_if<List>(&a);
  const auto* m = std::get_if<List>(&b);
  if (x && y) return computed(expr.op, *x, *y);
  if (l && m) return computed(expr.op, *l, *m);
  if (l && y) return computed(expr.op, *l, repeated(*y, l->size()));
  if (x && m) return computed(expr.op, repeated(*x, m->size()), *m);
  if (expr.op == PatternOp::multiply || expr.op == PatternOp::divide) {
    const auto* p = std::get_if<Along>(&a);
    const auto* q = std::get_if<Along>(&b);
    if (p && q && same_side(*p, *q)) return combined(expr.op, *p, *q);
    if (auto product = scaled(expr.op, a, b, view_)) return *product;
  }
  const dsl::PatternOp op = expr.op;
  return numbers(combine(numbers_of(a), numbers_of(b), [op](double p, double q) { return computed(op, p, q); }));
}

Value Formulas::quantified(const dsl::PatternExpr& expr) {
  const Value held = value(expr.operands[0]);
  const Truths& truths = truths_of(held);
  const bool any = expr.op != PatternOp::all;  // `none` is the opposite of `any`
  Truth out = any ? Truth::no : Truth::yes;
  for (const Truth each : truths.each) {
    if (each == (any ? Truth::yes : Truth::no)) {
      out = each;
      break;
    }
    if (each == Truth::unknown) out = each;
  }
  return Truths{{expr.op == PatternOp::none ? opposite(out) : out}, true};
}

namespace {

Truths each_of(const Numbers& a, const Numbers& b, PatternOp op) {
  const Numbers found = combine(a, b, [op](double x, double y) { return ordered(op, x, y) ? 1.0 : 0.0; });
  Truths out{{}, found.shape.empty()};
  for (const double value : found.values) out.each.push_back(value != 0 ? Truth::yes : Truth::no);
  return out;
}

Truths joined(PatternOp op, const Truths& a, const Truths& b) {
  const bool spread = !a.single || !b.single;
  if (!a.single && !b.single && a.each.size() != b.each.size()) throw NoValue("conditions about different lists");
  Truths out{{}, !spread};
  const std::size_t size = a.single ? b.each.size() : a.each.size();
  const Truth decides = op == PatternOp::and_ ? Truth::no : Truth::yes;
  for (std::size_t i = 0; i < size; ++i) {
    const Truth x = a.each[a.single ? 0 : i], y = b.each[b.single ? 0 : i];
    out.each.push_back(x == decides || y == decides                 ? decides
                       : x == Truth::unknown || y == Truth::unknown ? Truth::unknown
                                                                    : opposite(decides));
  }
  return out;
}

}  // namespace

Value Formulas::comparison(const dsl::PatternExpr& expr) {
  switch (expr.op) {
    case PatternOp::all:
    case PatternOp::any:
    case PatternOp::none:
      return quantified(expr);
    case PatternOp::not_: {
      const Value held = value(expr.operands[0]);
      Truths truths = truths_of(held);
      for (Truth& each : truths.each) each = opposite(each);
      return truths;
    }
    case PatternOp::and_:
    case PatternOp::or_: {
      const Value a = value(expr.operands[0]);
      const Truths& first = truths_of(a);
      // What the second one asks may make sense only where the first one holds.
      if (first.single && first.each[0] == (expr.op == PatternOp::and_ ? Truth::no : Truth::yes)) return a;
      const Value b = value(expr.operands[1]);
      return joined(expr.op, first, truths_of(b));
    }
    default:
      break;
  }
  const Value a = value(expr.operands[0]), b = value(expr.operands[1]);
  const bool equality = expr.op == PatternOp::equal || expr.op == PatternOp::not_equal;
  if (equality && (is_absent(a) || is_absent(b)))
    return truth((is_absent(a) && is_absent(b)) == (expr.op == PatternOp::equal));
  if (equality && std::holds_alternative<std::string>(a) && std::holds_alternative<std::string>(b))
    return truth(same_setting(a, b) == (expr.op == PatternOp::equal));
  if (equality && std::holds_alternative<TensorValue>(a) && std::holds_alternative<TensorValue>(b)) {
    const TensorId x = std::get<TensorValue>(a).id, y = std::get<TensorValue>(b).id;
    const bool same =
        x == y || (view_.constant(x) && view_.constant(y) && same_constant(*view_.constant(x), *view_.constant(y)));
    return truth(same == (expr.op == PatternOp::equal));
  }
  const auto* x = std::get_if<Element>(&a);
  const auto* y = std::get_if<Element>(&b);
  const auto* l = std::get_if<List>(&a);
  const auto* m = std::get_if<List>(&b);
  if (x && y) return Truths{{compared(expr.op, *x, *y)}, true};
  if (l && m) {
    if (equality) {
      const Truth same = equal_lists(*l, *m);
      return Truths{{expr.op == PatternOp::equal ? same : opposite(same)}, true};
    }
    if (l->size() != m->size()) throw NoValue("lists of different lengths are compared");
    Truths out{{}, false};
    for (std::size_t i = 0; i < l->size(); ++i) out.each.push_back(compared(expr.op, l->items[i], m->items[i]));
    return out;
  }
  if (l && y) return compared(expr.op, *l, *y, false);
  if (x && m) return compared(expr.op, *m, *x, true);
  return each_of(numbers_of(a), numbers_of(b), expr.op);
}

std::string Formulas::seen(dsl::PatternExprId id) {
  std::set<std::string> texts;
  std::vector<dsl::PatternExprId> open = {id};
  while (!open.empty() && texts.size() < 4) {
    const dsl::PatternExpr& expr = pattern_.exprs[open.back()];
    const dsl::PatternExprId at = open.back();
    open.pop_back();
    if (expr.op != PatternOp::name && expr.op != PatternOp::field) {
      for (const dsl::PatternExprId each : expr.operands)
        if (each != dsl::kNoExpr) open.push_back(each);
      continue;
    }
    const std::string& owner =
        pattern_.names[expr.op == PatternOp::name ? expr.index : pattern_.exprs[expr.operands[0]].index].name;
    const std::string shown_name = expr.op == PatternOp::name ? owner : fmt::format("{}.{}", owner, expr.text);
    try {
      const Value held = value(at);
      if (const auto* tensor = std::get_if<TensorValue>(&held))
        texts.insert(fmt::format("{} = '{}'", shown_name, view_.network().tensor(tensor->id).name));
      else
        texts.insert(fmt::format("{} = {}", shown_name, shown(held)));
    } catch (const NoValue& why) {
      texts.insert(fmt::format("{}: {}", shown_name, why.what()));
    }
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace rw::patterns
