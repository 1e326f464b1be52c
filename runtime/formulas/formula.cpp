#include "runtime/formulas/formula.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "runtime/formulas/words.hpp"
#include "runtime/laws/guard.hpp"
#include "runtime/text/glob.hpp"
#include "runtime/weights/bias.hpp"
#include "runtime/weights/edited.hpp"

namespace rw::runtime {

using dsl::About;
using dsl::ExprOp;
using dsl::Kind;

namespace {

Family make_family(dsl::Role role, std::span<const OperatorId> nodes, const Analysis& analysis, const Regions& regions,
                   RegionId region) {
  Family family;
  family.role = role;
  const auto in_region = [&](TensorId tensor) { return tensor != kNone && regions.region_of(tensor) == region; };
  for (const OperatorId op : nodes) {
    const graph::Operator& info = analysis.network->op(op);
    // A child is looked at where it absorbs, everything else where its channels come out.
    TensorId tensor = kNone;
    if (role == dsl::Role::children) {
      const auto found = std::find_if(info.inputs.begin(), info.inputs.end(), in_region);
      if (found != info.inputs.end()) tensor = *found;
    } else if (!info.outputs.empty()) {
      tensor = info.outputs[0];
    }
    family.nodes.push_back(op);
    family.tensors.push_back(tensor);
  }
  return family;
}

void add_channels(Family& family, const Regions& regions, RegionId region) {
  family.first.push_back(0);
  for (const TensorId tensor : family.tensors) {
    if (tensor != kNone && regions.region_of(tensor) == region) {
      const auto classes = regions.classes(tensor);
      family.classes.insert(family.classes.end(), classes.begin(), classes.end());
    }
    family.first.push_back(static_cast<std::uint32_t>(family.classes.size()));
  }
}

}  // namespace

TensorId observed(const Analysis& analysis, const Regions& regions, TensorId output) {
  TensorId tensor = output;
  while (!analysis.network->tensor(tensor).is_output) {
    const auto uses = analysis.network->consumers(tensor);
    if (uses.size() != 1) break;
    const OperatorId op = uses[0].op;
    if (!analysis.holds(op)) break;
    // An Add of a constant: a law that ties, with further inputs that are constants, and channel by channel.
    const bool adds = analysis.law(op).name == "join" && !regions.is_joining(op);
    if (!analysis.operators[op].elementwise && !adds) break;
    const TensorId next = analysis.network->op(op).outputs[0];
    if (analysis.channels.count(next) != analysis.channels.count(output) ||
        regions.region_of(next) != regions.region_of(output))
      break;
    tensor = next;
  }
  return tensor;
}

BoundRegion::BoundRegion(const dsl::Rule& rule, const Pattern& pattern, const Analysis& analysis,
                         const graph::Statistics& statistics, const Regions& regions, RegionId region)
    : analysis_(analysis),
      statistics_(statistics),
      regions_(regions),
      id_(region),
      rule_(&rule),
      pattern_(&pattern),
      families_(rule.bindings.size()) {}

Family& BoundRegion::made_once(dsl::BindingIndex binding) const {
  std::optional<Family>& family = families_[binding];
  if (!family) family = made(binding);
  return *family;
}

const Family& BoundRegion::family(dsl::BindingIndex binding) const {
  Family& family = made_once(binding);
  if (family.first.empty()) add_channels(family, regions_, id_);
  return family;
}

Family BoundRegion::made(dsl::BindingIndex binding) const {
  if (!rule_) return {};  // an element of a chain that is not there
  const auto make = [&](dsl::Role role, std::span<const OperatorId> nodes) {
    return make_family(role, nodes, analysis_, regions_, id_);
  };
  const dsl::RegionPattern& pattern = *rule_->region;
  if (binding == pattern.parents.binding) return make(dsl::Role::parents, region().parents);
  if (binding == pattern.children.binding) return make(dsl::Role::children, region().children);
  for (std::size_t i = 0; i < pattern.joins.size(); ++i)
    if (binding == pattern.joins[i].terms.binding) return make(dsl::Role::join, pattern_->joins(regions_, id_, i));
  return {};  // the region, which has no nodes of its own
}

BoundRegion::BoundRegion(const Analysis& analysis, const graph::Statistics& statistics, const Regions& regions,
                         std::span<const OperatorId> chain)
    : analysis_(analysis), statistics_(statistics), regions_(regions), id_(kNone), families_(chain.size()) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (chain[i] == kNone) continue;
    const auto outputs = analysis.network->op(chain[i]).outputs;
    families_[i] = Family{.role = dsl::Role::chain_node,
                          .nodes = {chain[i]},
                          .tensors = {outputs.empty() ? kNone : outputs[0]},
                          .first = {0, 0},
                          .classes = {}};
  }
}

RuleFormulas::RuleFormulas(const dsl::Rule& rule, std::vector<double> params)
    : rule_(rule), params_(std::move(params)), locals_(rule.slots, 0) {
  for (const dsl::Expr& expr : rule.exprs) {
    if (expr.op == ExprOp::let_) locals_[expr.index] = expr.operands[0];
    const auto field = static_cast<Field>(expr.index);
    reads_constants_ |= expr.op == ExprOp::field && (field == Field::weight || field == Field::bias);
  }
  for (const dsl::Step& step : rule.steps)
    if (step.form == dsl::Step::Form::let) locals_[step.slot] = step.expr;
  for (const dsl::Step& step : rule.steps) {
    if (step.form == dsl::Step::Form::where || step.form == dsl::Step::Form::needs)
      needed_.emplace(step.expr, order_of(step.expr));
    for (const dsl::Step::Argument& argument : step.arguments)
      if (argument.binding == dsl::kNoBinding && argument.op.empty())
        needed_.emplace(argument.expr, order_of(argument.expr));
  }
}

std::vector<dsl::ExprId> RuleFormulas::order_of(dsl::ExprId root) const {
  std::set<dsl::ExprId, std::greater<>> open = {root};  // operands come before their expression: largest first
  std::vector<dsl::ExprId> order;
  while (!open.empty()) {
    const dsl::ExprId id = *open.begin();
    open.erase(open.begin());
    order.push_back(id);
    const dsl::Expr& expr = rule_.exprs[id];
    for (const dsl::ExprId operand : expr.operands) {
      assert(operand < id);
      open.insert(operand);
    }
    if (expr.op == ExprOp::local) open.insert(locals_[expr.index]);
  }
  std::reverse(order.begin(), order.end());
  return order;
}

FormulaEvaluator::FormulaEvaluator(const RuleFormulas& formulas, const BoundRegion& view, const Plan& plan)
    : formulas_(formulas), view_(view), plan_(plan), values_(formulas.rule().exprs.size()) {}

const FormulaValue& FormulaEvaluator::value(dsl::ExprId root) {
  if (values_[root]) return *values_[root];
  for (const dsl::ExprId id : formulas_.needed(root))
    if (!values_[id]) values_[id] = compute(formulas_.rule().exprs[id]);
  return *values_[root];
}

std::size_t FormulaEvaluator::size_of(const dsl::Type& type) const {
  switch (type.about) {
    case About::nothing:
      return 1;
    case About::node:
      return view_.family(type.family).nodes.size();
    case About::channel:
      return view_.family(type.family).classes.size();
    case About::region_class:
      return view_.region().classes;
  }
  return 0;
}

std::vector<double> FormulaEvaluator::over_channels(const FormulaValue& value, const Family& family) const {
  std::vector<double> numbers(family.classes.size());
  switch (value.type.about) {
    case About::nothing:
      std::fill(numbers.begin(), numbers.end(), value.numbers[0]);
      break;
    case About::channel:
      numbers = value.numbers;
      break;
    case About::region_class:
      for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = value.numbers[family.classes[i]];
      break;
    case About::node:
      for (std::size_t node = 0; node + 1 < family.first.size(); ++node)
        for (std::uint32_t i = family.first[node]; i < family.first[node + 1]; ++i) numbers[i] = value.numbers[node];
      break;
  }
  return numbers;
}

// One number for each thing that `type` is about.
std::vector<double> FormulaEvaluator::spread(const FormulaValue& value, const dsl::Type& type) const {
  if (value.type.about == type.about) return value.numbers;
  if (value.type.about == About::nothing) return std::vector<double>(size_of(type), value.numbers[0]);
  assert(type.about == About::channel);  // the checker lets nothing else pass
  return over_channels(value, view_.family(type.family));
}

namespace {

using Unary = double (*)(double);
using Binary = double (*)(double, double);

double pow2_below(double x) {
  if (!(x > 0) || std::isinf(x)) return x;
  return std::ldexp(1.0, std::ilogb(x));
}

Unary unary_of(Function function) {
  switch (function) {
    case Function::abs:
      return [](double x) { return std::fabs(x); };
    case Function::sqrt:
      return [](double x) { return std::sqrt(x); };
    case Function::exp2:
      return [](double x) { return std::exp2(x); };
    case Function::log2:
      return [](double x) { return std::log2(x); };
    case Function::pow2:
      return pow2_below;
    default:
      return nullptr;
  }
}

Binary binary_of(Function function) {
  switch (function) {
    case Function::pow:
      return [](double x, double y) { return std::pow(x, y); };
    case Function::min:
      return [](double x, double y) { return std::isnan(x) || x < y ? x : y; };
    case Function::max:
      return [](double x, double y) { return std::isnan(x) || x > y ? x : y; };
    default:
      return nullptr;
  }
}

Binary binary_of(ExprOp op) {
  switch (op) {
    case ExprOp::add:
      return [](double x, double y) { return x + y; };
    case ExprOp::subtract:
      return [](double x, double y) { return x - y; };
    case ExprOp::multiply:
      return [](double x, double y) { return x * y; };
    case ExprOp::divide:
      return [](double x, double y) { return x / y; };
    case ExprOp::equal:
      return [](double x, double y) { return x == y ? 1.0 : 0.0; };
    case ExprOp::not_equal:
      return [](double x, double y) { return x != y ? 1.0 : 0.0; };
    case ExprOp::less:
      return [](double x, double y) { return x < y ? 1.0 : 0.0; };
    case ExprOp::less_equal:
      return [](double x, double y) { return x <= y ? 1.0 : 0.0; };
    case ExprOp::greater:
      return [](double x, double y) { return x > y ? 1.0 : 0.0; };
    case ExprOp::greater_equal:
      return [](double x, double y) { return x >= y ? 1.0 : 0.0; };
    case ExprOp::and_:
      return [](double x, double y) { return x != 0 && y != 0 ? 1.0 : 0.0; };
    case ExprOp::or_:
      return [](double x, double y) { return x != 0 || y != 0 ? 1.0 : 0.0; };
    default:
      return nullptr;
  }
}

double reduce(Reduction reduction, std::span<const double> values) {
  if (values.empty()) return 0;
  if (reduction == Reduction::mean) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
  }
  const Binary pick = binary_of(reduction == Reduction::max ? Function::max : Function::min);
  double found = values[0];
  for (const double value : values) found = pick(found, value);
  return found;
}

double reduce(Function function, std::span<const double> values) {
  switch (function) {
    case Function::largest:
      return reduce(Reduction::max, values);
    case Function::smallest:
      return reduce(Reduction::min, values);
    case Function::mean:
      return reduce(Reduction::mean, values);
    default: {
      double sum = 0;
      for (const double value : values) sum += value;
      return sum;
    }
  }
}

// What is missing of several operands: the first that misses something.
void inherit(FormulaValue& value, const FormulaValue& operand) {
  if (value.missing.empty()) value.missing = operand.missing;
}

}  // namespace

FormulaValue FormulaEvaluator::compute(const dsl::Expr& expr) {
  switch (expr.op) {
    case ExprOp::number:
      return {.type = expr.type, .numbers = {expr.number}};
    case ExprOp::text:
      return {.type = expr.type, .texts = {expr.text}};
    case ExprOp::parameter:
      return {.type = expr.type, .numbers = {formulas_.param(expr.index)}};
    case ExprOp::local:
      return *values_[formulas_.local(expr.index)];
    case ExprOp::let_:
      return operand(expr, 1);
    case ExprOp::field:
      return field(expr);
    case ExprOp::attribute:
      return attribute(expr);
    case ExprOp::call:
      return call(expr);
    case ExprOp::all:
    case ExprOp::any:
    case ExprOp::none:
      return quantifier(expr);
    default:
      return arithmetic(expr);
  }
}

FormulaValue FormulaEvaluator::arithmetic(const dsl::Expr& expr) const {
  FormulaValue result{.type = expr.type};
  const std::size_t size = size_of(expr.type);
  if (expr.op == ExprOp::negate || expr.op == ExprOp::not_) {
    result = operand(expr, 0);
    for (double& each : result.numbers) each = expr.op == ExprOp::negate ? -each : (each == 0 ? 1.0 : 0.0);
    return result;
  }
  if (expr.op == ExprOp::if_) {
    const FormulaValue &condition = operand(expr, 0), &then = operand(expr, 1), &otherwise = operand(expr, 2);
    inherit(result, condition);
    // Where one condition decides for all, what the other branch misses does not matter.
    const bool one = condition.type.about == About::nothing;
    const bool first = condition.numbers[0] != 0;
    if (!one || first) inherit(result, then);
    if (!one || !first) inherit(result, otherwise);
    if (expr.type.kind == Kind::text) {
      result.texts = (first ? then : otherwise).texts;
      return result;
    }
    const auto decide = spread(condition, expr.type), yes = spread(then, expr.type), no = spread(otherwise, expr.type);
    result.numbers.resize(size);
    for (std::size_t i = 0; i < size; ++i) result.numbers[i] = decide[i] != 0 ? yes[i] : no[i];
    return result;
  }
  const FormulaValue &left = operand(expr, 0), &right = operand(expr, 1);
  const bool decided =
      left.type.about == About::nothing && left.missing.empty() && left.type.kind == Kind::condition &&
      (expr.op == ExprOp::and_ ? left.numbers[0] == 0 : expr.op == ExprOp::or_ && left.numbers[0] != 0);
  inherit(result, left);
  if (!decided) inherit(result, right);
  if (left.type.kind == Kind::text) {
    for (std::size_t i = 0; i < size; ++i) {
      const std::string &a = left.texts[left.texts.size() == 1 ? 0 : i],
                        &b = right.texts[right.texts.size() == 1 ? 0 : i];
      const bool holds = expr.op == ExprOp::like ? matches(b, a) : (a == b) == (expr.op == ExprOp::equal);
      result.numbers.push_back(holds ? 1 : 0);
    }
    return result;
  }
  const Binary apply = binary_of(expr.op);
  assert(apply);
  const auto a = spread(left, expr.type), b = spread(right, expr.type);
  result.numbers.resize(size);
  for (std::size_t i = 0; i < size; ++i) result.numbers[i] = apply(a[i], b[i]);
  return result;
}

FormulaValue FormulaEvaluator::quantifier(const dsl::Expr& expr) const {
  const FormulaValue& condition = operand(expr, 0);
  const auto met = static_cast<std::size_t>(
      std::count_if(condition.numbers.begin(), condition.numbers.end(), [](double each) { return each != 0; }));
  // A condition about nothing holds for every node or for none.
  const std::size_t nodes = view_.family(expr.family).nodes.size();
  const bool any = nodes > 0 && met > 0, all = nodes == 0 || met == condition.numbers.size();
  const bool holds = expr.op == ExprOp::all ? all : expr.op == ExprOp::any ? any : !any;
  return {.type = expr.type, .numbers = {holds ? 1.0 : 0.0}, .missing = condition.missing};
}

FormulaValue FormulaEvaluator::call(const dsl::Expr& expr) {
  const auto function = static_cast<Function>(expr.index);
  FormulaValue result{.type = expr.type};
  for (std::size_t i = 0; i < expr.operands.size(); ++i) inherit(result, operand(expr, i));
  const std::size_t size = size_of(expr.type);
  if (const Unary apply = unary_of(function)) {
    result.numbers = spread(operand(expr, 0), expr.type);
    for (double& each : result.numbers) each = apply(each);
    return result;
  }
  if (const Binary apply = binary_of(function)) {
    const auto a = spread(operand(expr, 0), expr.type), b = spread(operand(expr, 1), expr.type);
    result.numbers.resize(size);
    for (std::size_t i = 0; i < size; ++i) result.numbers[i] = apply(a[i], b[i]);
    return result;
  }
  switch (function) {
    case Function::clamp: {
      const auto x = spread(operand(expr, 0), expr.type), lo = spread(operand(expr, 1), expr.type),
                 hi = spread(operand(expr, 2), expr.type);
      result.numbers.resize(size);
      for (std::size_t i = 0; i < size; ++i) result.numbers[i] = x[i] < lo[i] ? lo[i] : x[i] > hi[i] ? hi[i] : x[i];
      return result;
    }
    case Function::largest:
    case Function::smallest:
    case Function::mean:
    case Function::sum: {
      const FormulaValue& values = operand(expr, 0);
      const Family& family = view_.family(values.type.family);
      for (std::size_t node = 0; node < family.nodes.size(); ++node)
        result.numbers.push_back(
            reduce(function,
                   std::span(values.numbers).subspan(family.first[node], family.first[node + 1] - family.first[node])));
      return result;
    }
    case Function::overall:
      result.numbers = {reduce(static_cast<Reduction>(expr.reduction), operand(expr, 0).numbers)};
      return result;
    case Function::across: {
      const FormulaValue& values = operand(expr, 0);
      const Family& family = view_.family(values.type.family);
      const auto numbers = over_channels(values, family);
      const auto reduction = static_cast<Reduction>(expr.reduction);
      result.numbers.assign(size, 0.0);
      std::vector<std::uint32_t> members(size, 0);
      const Binary pick = binary_of(reduction == Reduction::max ? Function::max : Function::min);
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        double& found = result.numbers[family.classes[i]];
        const bool first = members[family.classes[i]]++ == 0;
        found = first ? numbers[i] : reduction == Reduction::mean ? found + numbers[i] : pick(found, numbers[i]);
      }
      for (std::size_t i = 0; reduction == Reduction::mean && i < size; ++i)
        if (members[i] > 0) result.numbers[i] /= members[i];
      return result;
    }
    case Function::count:
      result.numbers = {static_cast<double>(view_.family(expr.family).nodes.size())};
      return result;
    default:
      break;
  }
  assert(function == Function::stats);
  const bool of_region = formulas_.rule().bindings[expr.family].role == dsl::Role::region;
  bool all = true;
  if (of_region) {
    std::vector<bool> seen(view_.region().classes, false);
    for (const TensorId tensor : view_.region().tensors)
      if (view_.statistics().find(tensor))
        for (const std::uint32_t scale_class : view_.regions().classes(tensor)) seen[scale_class] = true;
    all = std::all_of(seen.begin(), seen.end(), [](bool each) { return each; });
  } else {
    for (const TensorId tensor : view_.tensors(expr.family))
      all &= view_.statistics().find(observed(view_.analysis(), view_.regions(), tensor)) != nullptr;
  }
  result.numbers = {all ? 1.0 : 0.0};
  return result;
}

FormulaValue FormulaEvaluator::attribute(const dsl::Expr& expr) const {
  FormulaValue result{.type = expr.type};
  const Family& family = view_.family(expr.family);
  for (const OperatorId op : family.nodes) {
    const Site site = view_.analysis().site(op);
    if (expr.type.kind == Kind::text) {
      result.texts.emplace_back(site.text(expr.text));
    } else {
      const double number = attribute_number(site, expr.text);
      if (std::isnan(number) && result.missing.empty())
        result.missing = {"an attribute is missing", fmt::format("'{}' has no {}", site.op().name, expr.text)};
      result.numbers.push_back(number);
    }
  }
  return result;
}

namespace {

constexpr std::string_view kNoStatistics = "statistics are missing";

// Statistics of one tensor through the plan.
std::vector<double> range_of(const graph::Statistics& statistics, const Plan& plan, TensorId tensor, bool largest,
                             const graph::Network& network, Missing& missing, std::size_t channels) {
  const graph::Statistic* entry = statistics.find(tensor);
  const std::span<const double> values = !entry ? std::span<const double>() : largest ? entry->max : entry->min;
  if (values.empty()) {
    if (missing.empty()) missing = {kNoStatistics, fmt::format("'{}' has none", network.tensor(tensor).name)};
    return std::vector<double>(channels, std::numeric_limits<double>::quiet_NaN());
  }
  std::vector<double> range(values.begin(), values.end());
  if (const auto* shift = plan.shift_of(tensor))
    for (std::size_t i = 0; i < range.size(); ++i) range[i] -= (*shift)[i];
  if (const auto* scale = plan.scale_of(tensor))
    for (std::size_t i = 0; i < range.size(); ++i) range[i] *= (*scale)[i];
  return range;
}

}  // namespace

FormulaValue FormulaEvaluator::field(const dsl::Expr& expr) const {
  FormulaValue result{.type = expr.type};
  const auto which = static_cast<Field>(expr.index);
  const Analysis& analysis = view_.analysis();
  if (which == Field::region_min || which == Field::region_max) {
    const bool largest = which == Field::region_max;
    result.numbers.assign(view_.region().classes, largest ? -INFINITY : INFINITY);
    for (const TensorId tensor : view_.region().tensors) {
      if (!view_.statistics().find(tensor)) continue;
      const auto classes = view_.regions().classes(tensor);
      const auto range =
          range_of(view_.statistics(), plan_, tensor, largest, *analysis.network, result.missing, classes.size());
      for (std::size_t i = 0; i < classes.size(); ++i) {
        double& number = result.numbers[classes[i]];
        number = largest ? std::max(number, range[i]) : std::min(number, range[i]);
      }
    }
    for (const double number : result.numbers)
      if (std::isinf(number) && result.missing.empty())
        result.missing = {kNoStatistics, "no tensor of the region has any for some of its channels"};
    return result;
  }
  const Family& family = view_.family(expr.family);
  for (std::size_t node = 0; node < family.nodes.size(); ++node) {
    const Site site = analysis.site(family.nodes[node]);
    const std::size_t channels = family.first[node + 1] - family.first[node];
    const auto append = [&](const std::vector<double>& numbers) {
      result.numbers.insert(result.numbers.end(), numbers.begin(), numbers.end());
    };
    switch (which) {
      case Field::name:
        result.texts.emplace_back(site.op().name);
        break;
      case Field::op:
        result.texts.emplace_back(site.network().type_of(site.id()));
        break;
      case Field::channels:
        result.numbers.push_back(family.tensors[node] == kNone ? 0 : analysis.channels.count(family.tensors[node]));
        break;
      case Field::min:
      case Field::max: {
        const TensorId tensor = observed(analysis, view_.regions(), family.tensors[node]);
        append(range_of(view_.statistics(), plan_, tensor, which == Field::max, *analysis.network, result.missing,
                        channels));
        break;
      }
      default: {
        const auto side = family.role == dsl::Role::children ? Handle::Side::in : Handle::Side::out;
        const auto read = which == Field::weight ? Handle::Read::weight : Handle::Read::bias;
        const auto handle = find_handle(analysis.law(site.id()), site, side, read);
        if (which == Field::bias && plan_.added_bias(site.id())) {
          append(bias_of(site, plan_));
          break;
        }
        if (!handle) {
          append(std::vector<double>(channels, 0.0));
          break;
        }
        const Edit* edit = plan_.edit(site.id(), handle->slot);
        if (which == Field::weight) {
          const auto found = magnitudes(site.tensor(handle->slot), *handle, edit, channels / handle->run);
          // What shrinks as the operator's output grows is divided by: the factor is its reciprocal.
          const bool divides = handle->inverse == (side == Handle::Side::out);
          for (const double each : found) append(std::vector<double>(handle->run, divides ? 1 / each : each));
        } else {
          std::vector<double> bias(channels, 0.0);
          for_each_element(site.tensor(handle->slot), *handle, edit,
                           [&](double value, double factor, std::size_t channel) {
                             std::fill_n(bias.begin() + static_cast<std::ptrdiff_t>(channel * handle->run), handle->run,
                                         value * factor);
                           });
          append(bias);
        }
      }
    }
  }
  return result;
}

std::string FormulaEvaluator::explain(dsl::ExprId root, dsl::BindingIndex binding, std::size_t channel) {
  std::string text;
  std::set<std::string> told;
  for (const dsl::ExprId id : formulas_.needed(root)) {
    const dsl::Expr& expr = formulas_.rule().exprs[id];
    if (expr.op != ExprOp::field || expr.type.kind != Kind::number || !values_[id]) continue;
    const auto& word = field_words()[expr.index];
    const std::string name = fmt::format("{}.{}", formulas_.rule().bindings[expr.family].name, word.name);
    if (expr.family != binding || expr.type.about != About::channel || !told.insert(name).second) continue;
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, values_[id]->numbers[channel]);
  }
  return text;
}

}  // namespace rw::runtime
