#include "runtime/patterns/formula_calls.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/settings/settings.hpp"

namespace rw::patterns {

// What a function is given.
class Given {
 public:
  Given(Formulas& formulas, const dsl::Pattern& pattern, const Match& match, const dsl::PatternExpr& expr)
      : formulas_(formulas), pattern_(pattern), match_(match), expr_(expr) {}

  Formulas& formulas() { return formulas_; }
  std::size_t size() const { return expr_.operands.size(); }
  Value value(std::size_t i) { return formulas_.value(expr_.operands[i]); }
  double number(std::size_t i) { return number_of(value(i)); }
  Numbers numbers(std::size_t i) { return formulas_.numbers_of(value(i)); }
  graph::DType dtype(std::size_t i) {
    const std::string text = text_of(value(i));
    if (const auto found = dtype_of(text)) return *found;
    throw NoValue(fmt::format("there is no element type \"{}\"", text));
  }
  // An argument that is a name, and what it is bound to.
  const Bound& bound(std::size_t i) const {
    const dsl::PatternExpr& expr = pattern_.exprs[expr_.operands[i]];
    if (expr.op != dsl::PatternOp::name) throw NoValue("a name is wanted");
    return match_.names[expr.index];
  }
  OperatorId op(std::size_t i) const {
    const OperatorId op = bound(i).op;
    if (op == kNone) throw NoValue("the name of an operator is wanted");
    return op;
  }
  TensorId tensor(std::size_t i) const {
    const Bound& own = bound(i);
    if (own.tensor == kNone) throw NoValue("it is absent");
    return own.tensor;
  }

 private:
  Formulas& formulas_;
  const dsl::Pattern& pattern_;
  const Match& match_;
  const dsl::PatternExpr& expr_;
};

struct FormulaCalls {
  static Given given(Formulas& formulas, const dsl::PatternExpr& expr) {
    return {formulas, formulas.pattern_, formulas.match_, expr};
  }
};

namespace {

// ---- element by element

template <double (*F)(double)>
Value each_element(Given& given) {
  const Value value = given.value(0);
  if (const auto* one = std::get_if<Element>(&value)) return number(F(number_of(*one)));
  if (const auto* along = std::get_if<Along>(&value)) {
    Along out = *along;
    for (double& each : out.values) each = F(each);
    return out;
  }
  return numbers(each(given.formulas().numbers_of(value), F));
}

template <double (*F)(double, double)>
Value two_elements(Given& given) {
  const Value a = given.value(0), b = given.value(1);
  const auto* x = std::get_if<Element>(&a);
  const auto* y = std::get_if<Element>(&b);
  if (x && y) return number(F(number_of(*x), number_of(*y)));
  return numbers(combine(given.formulas().numbers_of(a), given.formulas().numbers_of(b), F));
}

double root(double x) { return std::sqrt(x); }
double magnitude(double x) { return std::fabs(x); }
double power_of_two(double x) { return std::exp2(x); }
double log_of_two(double x) { return std::log2(x); }
double exponential(double x) { return std::exp(x); }
double logarithm(double x) { return std::log(x); }
double down(double x) { return std::floor(x); }
double up(double x) { return std::ceil(x); }
double nearest(double x) { return std::nearbyint(x); }
double error_function(double x) { return std::erf(x); }
double hyperbolic_tangent(double x) { return std::tanh(x); }
double smaller(double x, double y) { return std::min(x, y); }
double larger(double x, double y) { return std::max(x, y); }
double power(double x, double y) { return std::pow(x, y); }

// ---- constants

Value transpose(Given& given) { return numbers(transposed(given.numbers(0), whole_list_of(given.value(1)))); }
Value reshape(Given& given) { return numbers(reshaped(given.numbers(0), whole_list_of(given.value(1)))); }

Value concat(Given& given) {
  std::vector<Numbers> parts;
  for (std::size_t i = 1; i < given.size(); ++i) parts.push_back(given.numbers(i));
  return numbers(concatenated(static_cast<std::int64_t>(given.number(0)), parts));
}

Value sum(Given& given) { return numbers(summed(given.numbers(0), static_cast<std::int64_t>(given.number(1)))); }

Value mean(Given& given) {
  const Numbers all = given.numbers(0);
  const Numbers total = summed(all, static_cast<std::int64_t>(given.number(1)));
  const double size =
      total.values.empty() ? 1 : static_cast<double>(all.values.size()) / static_cast<double>(total.values.size());
  return numbers(each(total, [size](double x) { return x / size; }));
}

Value cast_to(Given& given) { return numbers(cast(given.numbers(0), given.dtype(1))); }

// Bits of the values that a type has: digits of a number, and its reach.
struct Reach {
  int digits;     // of the significand, or of an integer
  int low, high;  // exponents of the smallest (subnormal) and the largest value; an integer: 0 and its digits
  bool negative;
  bool fractions;
};
Reach reach_of(graph::DType dtype) {
  switch (dtype) {
    case graph::DType::float64:
      return {53, -1074, 1024, true, true};
    case graph::DType::float32:
      return {24, -149, 128, true, true};
    case graph::DType::float16:
      return {11, -24, 16, true, true};
    case graph::DType::bfloat16:
      return {8, -133, 128, true, true};
    case graph::DType::int8:
      return {7, 0, 7, true, false};
    case graph::DType::uint8:
      return {8, 0, 8, false, false};
    case graph::DType::int16:
      return {15, 0, 15, true, false};
    case graph::DType::uint16:
      return {16, 0, 16, false, false};
    case graph::DType::int32:
      return {31, 0, 31, true, false};
    case graph::DType::uint32:
      return {32, 0, 32, false, false};
    case graph::DType::int64:
      return {63, 0, 63, true, false};
    case graph::DType::uint64:
      return {64, 0, 64, false, false};
    default:
      return {1, 0, 1, false, false};
  }
}

Value wider(Given& given) {
  const Reach t = reach_of(given.dtype(0)), u = reach_of(given.dtype(1));
  if (u.fractions && !t.fractions) return truth(false);
  return truth(t.digits >= u.digits && t.high >= u.high && t.low <= u.low && (t.negative || !u.negative));
}

Value has(Given& given) { return truth(given.bound(0).tensor != kNone); }

Value known(Given& given) {
  try {
    const Value value = given.value(0);
    if (const auto* one = std::get_if<Element>(&value)) return truth(one->known());
    if (const auto* list = std::get_if<List>(&value))
      return truth(
          std::all_of(list->items.begin(), list->items.end(), [](const Element& each) { return each.known(); }));
    return truth(true);
  } catch (const NoValue&) {
    return truth(false);
  }
}

// ---- channels

// How many channels a tensor has, and their axis counted from the end of its shape.
struct ChannelPlace {
  std::size_t channels = 0;
  int from_end = 1;
};

ChannelPlace place_of(const View& view, TensorId tensor) {
  const graph::Tensor& info = view.network().tensor(tensor);
  std::optional<graph::AxisMask> axes;
  if (info.producer != kNone) {
    const graph::Node node = view.node(info.producer);
    if (node.form().anchors && node.output() == tensor) axes = node.form().anchors(node).output;
  }
  const graph::ChannelAxes& channels = view.analysis().channels;
  if (!axes && tensor < view.analysis().network->tensors().size() && channels.has(tensor)) axes = channels.axes(tensor);
  // A tensor with one channel has no axis of its own: a single value serves it.
  if (axes && axes->empty() && info.shape.known()) return {1, 1};
  const auto axis = axes ? axes->only() : std::nullopt;
  if (!axis || !info.shape.known() || info.shape.any_front() || info.shape[*axis] < 0)
    throw NoValue(fmt::format("the channels of '{}' are not known", info.name));
  return {static_cast<std::size_t>(info.shape[*axis]), info.shape.rank() - *axis};
}

// The numbers as one value a channel: they broadcast, and differ along the axis of the channels alone.
std::vector<double> by_channel(const Numbers& values, const ChannelPlace& place, int rank) {
  if (values.single() && static_cast<int>(values.shape.size()) <= rank)
    return std::vector<double>(place.channels, values.values[0]);
  const auto size = static_cast<int>(values.shape.size());
  if (size <= rank && size >= place.from_end) {
    bool fits = true;
    for (int i = 0; i < size; ++i)
      fits = fits && values.shape[static_cast<std::size_t>(i)] ==
                         (i == size - place.from_end ? static_cast<std::int64_t>(place.channels) : 1);
    if (fits) return values.values;
  }
  throw NoValue(fmt::format("a constant of shape [{}] is not one value for each of {} channels",
                            fmt::join(values.shape, ", "), place.channels));
}

Value channels(Given& given) {
  const TensorId tensor = given.tensor(1);
  const ChannelPlace place = place_of(given.formulas().view(), tensor);
  const Numbers values = given.numbers(0);
  const int rank = given.formulas().view().network().tensor(tensor).shape.rank();
  return numbers({{static_cast<std::int64_t>(place.channels)}, by_channel(values, place, rank), values.dtype});
}

graph::Linear linear_of(const View& view, OperatorId op) {
  std::string why;
  const auto linear = view.linear(op, &why);
  if (!linear) throw NoValue(why.empty() ? fmt::format("{} is no linear operator", view.network().type_of(op)) : why);
  return *linear;
}

Value along(Given& given, bool outputs) {
  const OperatorId op = given.op(0);
  const graph::Linear linear = linear_of(given.formulas().view(), op);
  const graph::AxisMask axes = outputs ? linear.out_axes : linear.in_axes;
  const auto size = static_cast<std::size_t>(graph::product(linear.view.span(), axes).value_or(0));
  const Numbers values = given.numbers(1);
  if (values.single()) return Along{op, outputs, std::vector<double>(size, values.values[0])};
  if (values.shape.size() != 1 || values.values.size() != size)
    throw NoValue(fmt::format("a constant of shape [{}] is not one value for each of {} channels",
                              fmt::join(values.shape, ", "), size));
  return Along{op, outputs, values.values};
}
Value per_output(Given& given) { return along(given, true); }
Value per_input(Given& given) { return along(given, false); }

// ---- lists

Value length(Given& given) { return number(static_cast<double>(given.formulas().as_list(given.value(0)).size())); }

Value product(Given& given) {
  Element out{1, 0};
  const List list = given.formulas().as_list(given.value(0));
  for (const Element& each : list.items) {
    if (!out.known() && !(each.known() && each.number == 1)) throw NoValue("a dimension is not known");
    if (each.known())
      out = out.known() ? Element{out.number * each.number, 0} : out;
    else if (out.known() && out.number == 1)
      out = each;
    else
      throw NoValue("a dimension is not known");
  }
  return out;
}

Value indices(Given& given) {
  constexpr double kMost = 1024;
  const double size = given.number(0);
  if (!(size >= 0 && size <= kMost)) throw NoValue(fmt::format("a list of {} numbers", size));
  List out;
  for (int i = 0; i < size; ++i) out.items.push_back({static_cast<double>(i), 0});
  return out;
}

Value sorted(Given& given) {
  std::vector<std::int64_t> values = whole_list_of(given.value(0));
  std::sort(values.begin(), values.end());
  return whole_list(values);
}

// ---- the network around

Value stats(Given& given) {
  return truth(given.formulas().view().statistics().find_finite(given.tensor(0)) != nullptr);
}

Value reads(Given& given) {
  return number(static_cast<double>(given.formulas().view().consumers(given.tensor(0)).size()));
}

struct FunctionRow {
  std::string_view name;
  Value (*run)(Given&);
};
constexpr FunctionRow kFunctions[] = {
    {"abs", each_element<magnitude>},
    {"cast", cast_to},
    {"ceil", each_element<up>},
    {"channels", channels},
    {"concat", concat},
    {"erf", each_element<error_function>},
    {"exp", each_element<exponential>},
    {"exp2", each_element<power_of_two>},
    {"floor", each_element<down>},
    {"has", has},
    {"indices", indices},
    {"known", known},
    {"length", length},
    {"log", each_element<logarithm>},
    {"log2", each_element<log_of_two>},
    {"max", two_elements<larger>},
    {"mean", mean},
    {"min", two_elements<smaller>},
    {"per_input", per_input},
    {"per_output", per_output},
    {"pow", two_elements<power>},
    {"product", product},
    {"reads", reads},
    {"reshape", reshape},
    {"round", each_element<nearest>},
    {"sorted", sorted},
    {"sqrt", each_element<root>},
    {"stats", stats},
    {"sum", sum},
    {"tanh", each_element<hyperbolic_tangent>},
    {"transpose", transpose},
    {"wider", wider},
};

}  // namespace

Value call_function(Formulas& formulas, const dsl::PatternExpr& expr) {
  for (const FunctionRow& row : kFunctions) {
    if (row.name != expr.text) continue;
    Given given = FormulaCalls::given(formulas, expr);
    return row.run(given);
  }
  throw NoValue(fmt::format("there is no function '{}'", expr.text));
}

Numbers laid(const Formulas& formulas, const Along& along) {
  const View& view = formulas.view();
  const graph::Linear linear = linear_of(view, along.op);
  const graph::AxisMask axes = along.outputs ? linear.out_axes : linear.in_axes;
  Numbers out;
  for (int i = 0; i < linear.view.rank; ++i)
    out.shape.push_back(axes.contains(i) ? linear.view.dims[static_cast<std::size_t>(i)] : 1);
  out.values = along.values;
  out = expand(out, linear.view.vector());
  const graph::Shape weight = view.node(along.op).shape(linear.weight);
  return reshaped(std::move(out), Dims(weight.dims().begin(), weight.dims().end()));
}

}  // namespace rw::patterns
