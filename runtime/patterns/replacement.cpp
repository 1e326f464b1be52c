#include "runtime/patterns/replacement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "graph/operators/schema.hpp"
#include "runtime/settings/settings.hpp"
#include "runtime/weights/edited.hpp"

namespace rw::patterns {
namespace {

class Maker {
 public:
  Maker(const dsl::Rule& rule, Formulas& formulas, Match& match, graph::Arena& arena)
      : rule_(rule),
        pattern_(*rule.pattern),
        formulas_(formulas),
        view_(formulas.view()),
        match_(match),
        arena_(arena) {}

  Replacement make() {
    name_results();
    for (const dsl::ReplaceLine& line : pattern_.replaced) make(line);
    for (const OperatorId op : match_.ops)
      if (std::none_of(out_.operators.begin(), out_.operators.end(),
                       [&](const MadeOperator& each) { return each.in_place && each.again == op; }))
        out_.removed.push_back(op);
    check_reads();
    return std::move(out_);
  }

 private:
  // ---- names

  // New tensors are called after the first result.
  void name_results() {
    for (const dsl::ReplaceLine& line : pattern_.replaced)
      for (const dsl::Output& output : line.outputs) {
        if (output.name == dsl::kNoName || !prefix_.empty()) continue;
        if (const TensorId tensor = match_.names[output.name].tensor; tensor != kNone)
          prefix_ = fmt::format("{}/{}", view_.network().tensor(tensor).name, rule_.name);
      }
    if (prefix_.empty()) prefix_ = rule_.name;
  }

  std::string fresh(std::string_view what) { return fmt::format("{}/{}", prefix_, what); }

  // ---- lines

  void make(const dsl::ReplaceLine& line) {
    if (line.call == dsl::kNoCall) return alias(line);
    std::vector<std::uint32_t> outputs;
    std::string name;
    for (const dsl::Output& output : line.outputs) {
      if (output.form == dsl::Output::Form::anything) {
        outputs.push_back(kNone);
      } else if (output.form == dsl::Output::Form::rest) {
        for (const TensorId each : match_.names[output.name].rest) outputs.push_back(add(each, ""));
      } else {
        const TensorId found = found_tensor(output.name);
        outputs.push_back(add(found, found == kNone ? fresh(pattern_.names[output.name].name) : ""));
        if (found == kNone)
          made_[output.name] = outputs.back();
        else
          again_[output.name] = outputs.back();
      }
    }
    call(line.call, std::move(outputs));
  }

  // A result of the match, which is made again; kNone: a new name.
  TensorId found_tensor(dsl::NameId name) const {
    const Bound& own = match_.names[name];
    return own.bound ? own.tensor : kNone;
  }

  std::uint32_t add(TensorId again, std::string name) {
    out_.tensors.push_back({again, std::move(name)});
    return static_cast<std::uint32_t>(out_.tensors.size() - 1);
  }

  void alias(const dsl::ReplaceLine& line) {
    const dsl::NameId result = line.outputs[0].name;
    const TensorId tensor = found_tensor(result);
    const Value value = formulas_.value(line.expr);
    if (tensor == kNone) {  // a constant with a name
      match_.names[result].bound = true;
      match_.names[result].value = value;
      return;
    }
    const graph::Tensor& info = view_.network().tensor(tensor);
    if (const auto* own = std::get_if<TensorValue>(&value)) {
      const auto made = std::find_if(again_.begin(), again_.end(),
                                     [&](const auto& each) { return match_.names[each.first].tensor == own->id; });
      out_.aliases.push_back({tensor, made != again_.end() ? Source{Source::Form::made, kNone, made->second}
                                                           : Source{Source::Form::tensor, own->id, 0}});
      return;
    }
    out_.aliases.push_back({tensor, constant(value, info.dtype, pattern_.names[result].name)});
  }

  // ---- calls

  std::uint32_t call(std::uint32_t id, std::vector<std::uint32_t> outputs) {
    const dsl::MadeCall& made = pattern_.made[id];
    MadeOperator op;
    op.outputs = std::move(outputs);
    const OperatorId again = made.again != dsl::kNoName ? match_.names[made.again].op : kNone;
    if (made.again != dsl::kNoName && again == kNone)
      throw NoValue(fmt::format("'{}' is no operator here", pattern_.names[made.again].name));
    op.again = again;
    op.type = again != kNone ? std::string(view_.network().type_of(again)) : made.op;
    const bool by_law = again != kNone && by_roles(again);
    // Operands before the operator, so that producers stand before consumers.
    const auto slots =
        again != kNone && by_law ? role_slots(again) : operand_slots(op.type, made.arguments.size() + 32);
    arguments(op, made, slots);
    if (again != kNone) keep_settings(op, again);
    if (made.like != dsl::kNoName) copy_settings(op, match_.names[made.like].op);
    give_settings(op, made);
    while (!op.inputs.empty() && op.inputs.back().form == Source::Form::absent) op.inputs.pop_back();
    op.in_place = again != kNone && made.settings.empty() && again_once(again) && same_outputs(op) && keeps_inputs(op);
    if (!op.in_place && op.weight) materialise(op);
    const std::string why = not_in_model(view_.network(), op.type, op.inputs.size());
    if (!why.empty()) throw NoValue(why);
    op.name = name_of(op);
    out_.operators.push_back(std::move(op));
    return static_cast<std::uint32_t>(out_.operators.size() - 1);
  }

  bool by_roles(OperatorId op) const {
    for (std::size_t i = 0; i < pattern_.calls.size(); ++i)
      if (match_.calls[i] == op) return pattern_.calls[i].by_law && view_.node(op).form().linear != nullptr;
    return false;
  }

  std::vector<std::uint32_t> role_slots(OperatorId op) const {
    std::string why;
    const auto linear = view_.linear(op, &why);
    if (!linear) throw NoValue(why);
    std::vector<std::uint32_t> slots = {linear->activation, linear->weight};
    if (linear->bias) slots.push_back(*linear->bias);
    return slots;
  }

  void arguments(MadeOperator& op, const dsl::MadeCall& made, std::span<const std::uint32_t> slots) {
    std::size_t at = 0;
    const auto put = [&](Source source) {
      if (source.form == Source::Form::absent && at >= slots.size()) return;
      if (at >= slots.size()) throw NoValue(fmt::format("{} takes no operand {} here", op.type, at));
      const std::uint32_t slot = slots[at++];
      if (op.inputs.size() <= slot) op.inputs.resize(slot + 1);
      op.inputs[slot] = source;
    };
    for (const dsl::Argument& each : made.arguments) {
      switch (each.form) {
        case dsl::Argument::Form::absent:
          put({});
          break;
        case dsl::Argument::Form::rest:
          for (const TensorId tensor : match_.names[each.name].rest)
            put(tensor == kNone ? Source{} : Source{Source::Form::tensor, tensor, 0});
          break;
        case dsl::Argument::Form::made: {
          const std::string& type = pattern_.made[each.call].op;
          const std::uint32_t tensor = add(kNone, fresh(type.empty() ? "again" : type));
          call(each.call, {tensor});
          put({Source::Form::made, kNone, tensor});
          break;
        }
        case dsl::Argument::Form::formula:
          if (at >= slots.size() && is_nothing(each.expr)) break;
          put(formula(op, each.expr, at < slots.size() ? slots[at] : 0));
          break;
      }
    }
  }

  // The value adds nothing where there is no place for it: 0 as a bias.
  bool is_nothing(dsl::PatternExprId id) {
    const Value value = formulas_.value(id);
    if (is_absent(value)) return true;
    if (std::holds_alternative<TensorValue>(value)) return false;
    const Numbers numbers = formulas_.numbers_of(value);
    return std::all_of(numbers.values.begin(), numbers.values.end(), [](double each) { return each == 0; });
  }

  Source formula(MadeOperator& op, dsl::PatternExprId id, std::uint32_t slot) {
    const dsl::PatternExpr& expr = pattern_.exprs[id];
    if (expr.op == dsl::PatternOp::name) {
      if (const auto found = made_.find(expr.index); found != made_.end())
        return {Source::Form::made, kNone, found->second};
      if (const auto found = again_.find(expr.index); found != again_.end())
        return {Source::Form::made, kNone, found->second};
    }
    const Value value = formulas_.value(id);
    if (is_absent(value)) return {};
    if (const auto* own = std::get_if<TensorValue>(&value)) return {Source::Form::tensor, own->id, 0};
    if (const auto* own = std::get_if<Scaled>(&value); own && is_weight(op, slot, *own)) {
      check_weight(*own);
      op.weight = *own;
      op.weight_slot = slot;
      return {Source::Form::kept, own->constant, 0};
    }
    // A bias that was absent and is nothing stays absent.
    const bool was_absent = op.again != kNone && !view_.node(op.again).has(slot);
    if (was_absent && is_nothing(id)) return {};
    return constant(value, dtype_at(op, slot), slot_name(op, slot));
  }

  // The weights stay finite, and those of narrow types normal numbers. Those of wide types are looked at only where the
  // factors are so large that a sane weight could overflow.
  void check_weight(const Scaled& value) const {
    constexpr double kHarmless = 0x1p48;
    const graph::Literal& literal = *view_.constant(value.constant);
    const graph::DTypeRow& type = graph::row(literal.dtype);
    const bool narrow = literal.dtype == graph::DType::float16;
    double top = 1;
    for (const Along& each : value.factors)
      for (const double factor : each.values) {
        if (!std::isfinite(factor)) throw NoValue("its weights would not be finite");
        top = std::max(top, std::fabs(factor));
      }
    if (!narrow && top <= kHarmless) return;
    const graph::Linear linear = *view_.linear(value.factors[0].op);
    runtime::Handle handle;
    handle.shape.assign(literal.shape.dims().begin(), literal.shape.dims().end());
    handle.view.assign(linear.view.span().begin(), linear.view.span().end());
    handle.axes = linear.out_axes;
    runtime::Edit edit{handle.shape, handle.view, {}};
    for (const Along& each : value.factors)
      edit.factors.push_back({each.outputs ? linear.out_axes : linear.in_axes, each.values, true});
    const auto channels = static_cast<std::size_t>(graph::product(handle.view, handle.axes).value_or(1));
    std::vector<double> before(channels, 0), after(channels, 0);
    runtime::for_each_element(view_.network().tensor(value.constant), handle, &edit,
                              [&](double weight, double factor, std::size_t channel) {
                                const double made = std::fabs(weight * factor);
                                if (!(made <= type.largest)) throw NoValue("its weights would not be finite");
                                before[channel] = std::max(before[channel], std::fabs(weight));
                                after[channel] = std::max(after[channel], made);
                              });
    for (std::size_t i = 0; narrow && i < channels; ++i)
      if (after[i] > 0 && after[i] < type.smallest && before[i] >= type.smallest)
        throw NoValue(fmt::format("the weights of channel {} would fall below the normal numbers of {}", i,
                                  graph::name(literal.dtype)));
  }

  // The factors lie along the weight that the operator reads at this slot.
  bool is_weight(const MadeOperator& op, std::uint32_t slot, const Scaled& value) const {
    if (op.again == kNone || view_.node(op.again).input(slot) != value.constant) return false;
    // What operators make of other constants is written out: it may be read elsewhere, too.
    if (view_.producer(value.constant) != kNone) return false;
    return std::all_of(value.factors.begin(), value.factors.end(),
                       [&](const Along& each) { return each.op == op.again; });
  }

  std::string slot_name(const MadeOperator& op, std::uint32_t slot) const {
    if (op.again == kNone) return std::to_string(out_.constants.size());
    const auto linear = view_.linear(op.again);
    if (linear && slot == linear->weight) return "weight";
    return view_.node(op.again).form().bias == slot ? "bias" : std::to_string(out_.constants.size());
  }

  // The type of a constant: that of the one whose place it takes, else that of the first tensor that is read.
  graph::DType dtype_at(const MadeOperator& op, std::uint32_t slot) const {
    if (op.again != kNone) {
      const graph::Node node = view_.node(op.again);
      if (node.has(slot)) return node.tensor(slot).dtype;
      if (node.has(1) && node.form().linear) return node.tensor(1).dtype;
    }
    for (const Source& each : op.inputs)
      if (each.form == Source::Form::tensor) return view_.network().tensor(each.tensor).dtype;
    for (const OperatorId each : match_.ops)
      for (const TensorId output : view_.network().op(each).outputs)
        if (output != kNone && view_.network().tensor(output).dtype != graph::DType::undefined)
          return view_.network().tensor(output).dtype;
    return graph::DType::undefined;
  }

  Source constant(const Value& value, graph::DType otherwise, std::string_view what) {
    Numbers numbers = formulas_.numbers_of(value);
    if (otherwise != graph::DType::undefined &&
        (numbers.dtype == graph::DType::undefined || graph::floating(otherwise)))
      numbers.dtype = graph::floating(numbers.dtype) && !graph::floating(otherwise) ? numbers.dtype : otherwise;
    if (numbers.dtype == graph::DType::undefined) numbers.dtype = graph::DType::float32;
    bytes_of(numbers);  // NoValue: it is no value of its type
    if (graph::floating(numbers.dtype))
      for (const double each : numbers.values)
        if (!(std::fabs(each) <= graph::row(numbers.dtype).largest))
          throw NoValue(fmt::format("a constant would hold {}, beyond {}", each, graph::name(numbers.dtype)));
    out_.constants.push_back({fresh(what), std::move(numbers)});
    return {Source::Form::constant, kNone, static_cast<std::uint32_t>(out_.constants.size() - 1)};
  }

  void materialise(MadeOperator& op) {
    op.inputs[op.weight_slot] = constant(*op.weight, view_.network().tensor(op.weight->constant).dtype, "weight");
    op.weight.reset();
  }

  // ---- settings

  void keep_settings(MadeOperator& op, OperatorId again) {
    const graph::Operator& info = view_.network().op(again);
    op.attributes.assign(info.attributes.begin(), info.attributes.end());
    const graph::Node node = view_.node(again);
    const auto operands = operand_slots(node);
    for (std::uint32_t slot = 0; slot < info.inputs.size(); ++slot) {
      const bool setting_here = std::find(operands.begin(), operands.end(), slot) == operands.end();
      if (!setting_here || info.inputs[slot] == kNone) continue;
      if (op.inputs.size() <= slot) op.inputs.resize(slot + 1);
      op.inputs[slot] = {Source::Form::tensor, info.inputs[slot], 0};
    }
  }

  void copy_settings(MadeOperator& op, OperatorId like) {
    if (like == kNone) throw NoValue("there is no operator to be like");
    const graph::OperatorSchema* schema = graph::find_schema(op.type);
    if (!schema) throw NoValue(fmt::format("{} is not known", op.type));
    const graph::Node node = view_.node(like);
    std::string_view last;
    for (const graph::AttributeSchema& row : schema->attributes) {
      if (std::exchange(last, row.name) == row.name) continue;
      const Value value = setting(node, row.name);
      const bool said = node.op().find(row.name) != nullptr ||
                        setting_slot(view_.network().type_of(like), row.name, opset(op.type)).has_value();
      if (said && !is_absent(value)) give(op, row.name, value);
    }
  }

  void give_settings(MadeOperator& op, const dsl::MadeCall& made) {
    for (const dsl::Given& each : made.settings) {
      const Value value = plain_value(formulas_.value(each.expr));
      if (!is_absent(value)) give(op, each.setting, value);
    }
    const bool pads = std::any_of(made.settings.begin(), made.settings.end(),
                                  [](const auto& each) { return each.setting == "pads"; });
    if (pads) std::erase_if(op.attributes, [](const graph::Attribute& each) { return each.name == "auto_pad"; });
  }

  // A setting that a constant says: a number or a list.
  Value plain_value(const Value& value) {
    const bool constant =
        std::holds_alternative<TensorValue>(value) || std::holds_alternative<std::shared_ptr<const Numbers>>(value);
    if (!constant) return value;
    const Numbers numbers = formulas_.numbers_of(value);
    if (numbers.shape.empty()) return number(numbers.values[0]);
    if (numbers.shape.size() != 1) throw NoValue("a setting is a number or a list");
    List list;
    for (const double each : numbers.values) list.items.push_back({each, 0});
    return list;
  }

  std::int64_t opset(std::string_view type) const {
    const std::string_view domain = graph::domain_of(type);
    return view_.network().opset(domain).value_or(domain.empty() ? graph::kNewestOperatorSet : 1);
  }

  void give(MadeOperator& op, std::string_view name, const Value& value) {
    const WrittenSetting written = write_setting(op.type, name, value, opset(op.type), arena_);
    std::erase_if(op.attributes, [&](const graph::Attribute& each) { return each.name == name; });
    if (!written.slot) {
      op.attributes.push_back({arena_.store(name), written.attribute});
      return;
    }
    if (op.inputs.size() <= *written.slot) op.inputs.resize(*written.slot + 1);
    Numbers numbers = written.constant;
    if (numbers.dtype == graph::DType::undefined) numbers.dtype = dtype_at(op, *written.slot);
    op.inputs[*written.slot] = constant(patterns::numbers(numbers), numbers.dtype, name);
    if (op.type == "Slice")  // all axes are said
      if (op.inputs.size() > 3 && name != "axes") op.inputs[3] = {};
  }

  // ---- in place

  bool again_once(OperatorId again) const {
    return std::count_if(pattern_.made.begin(), pattern_.made.end(), [&](const dsl::MadeCall& each) {
             return each.again != dsl::kNoName && match_.names[each.again].op == again;
           }) == 1;
  }

  // Nothing that it reads is taken away.
  bool keeps_inputs(const MadeOperator& op) const {
    const auto inputs = view_.network().op(op.again).inputs;
    for (std::size_t slot = 0; slot < inputs.size(); ++slot)
      if (inputs[slot] != kNone && (slot >= op.inputs.size() || op.inputs[slot].form == Source::Form::absent))
        return false;
    return true;
  }

  bool same_outputs(const MadeOperator& op) const {
    const auto outputs = view_.network().op(op.again).outputs;
    return op.outputs.size() == 1 && op.outputs[0] != kNone &&
           std::all_of(outputs.begin() + 1, outputs.end(), [](TensorId each) { return each == kNone; });
  }

  // Operators are called like the tensors that they give, or like the rule where that is a result.
  std::string name_of(const MadeOperator& op) const {
    for (const std::uint32_t output : op.outputs)
      if (output != kNone && out_.tensors[output].again == kNone) return out_.tensors[output].name;
    return prefix_;
  }

  // Nothing that is taken out may be read.
  void check_reads() const {
    const auto gone = [&](TensorId tensor) {
      const OperatorId by = view_.producer(tensor);
      return by != kNone && !view_.constant(tensor) && match_.has(by);
    };
    const auto check = [&](const Source& source) {
      if (source.form == Source::Form::tensor && gone(source.tensor))
        throw NoValue(
            fmt::format("the replacement reads '{}', which it takes out", view_.network().tensor(source.tensor).name));
    };
    for (const MadeOperator& op : out_.operators)
      for (const Source& each : op.inputs) check(each);
    for (const Replacement::Alias& each : out_.aliases) check(each.from);
  }

  const dsl::Rule& rule_;
  const dsl::Pattern& pattern_;
  Formulas& formulas_;
  const View& view_;
  Match& match_;
  graph::Arena& arena_;
  Replacement out_;
  std::string prefix_;
  std::map<dsl::NameId, std::uint32_t> made_, again_;  // tensors by name
};

}  // namespace

std::string not_in_model(const graph::Network& network, std::string_view type, std::size_t inputs) {
  const std::string_view domain = graph::domain_of(type);
  const auto opset = network.opset(domain);
  const graph::OperatorSchema* schema = graph::find_schema(type);
  if (!domain.empty() && !opset) return fmt::format("the model has no operators of {}", domain);
  if (!schema) return graph::find_form(type) ? "" : fmt::format("{} is not known", type);
  const std::int64_t set = opset.value_or(graph::kNewestOperatorSet);
  if (!schema->in(set)) return fmt::format("there is no {} in operator set {}", type, set);
  const graph::Count takes = schema->signature(set).inputs;
  if (inputs < takes.least || inputs > takes.most) return fmt::format("{} does not take {} inputs", type, inputs);
  return {};
}

Replacement replacement_of(const dsl::Rule& rule, Formulas& formulas, Match& match, graph::Arena& arena) {
  return Maker(rule, formulas, match, arena).make();
}

}  // namespace rw::patterns
