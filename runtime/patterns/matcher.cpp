#include "runtime/patterns/matcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/laws/law.hpp"
#include "runtime/settings/settings.hpp"

namespace rw::patterns {
namespace {

constexpr std::size_t kNoLine = SIZE_MAX;
constexpr int kMostSteps = 20'000;  // at one operator: alternatives within alternatives grow fast

constexpr std::array<std::string_view, 9> kCommuting = {"Add", "And", "Equal", "Max", "Mean",
                                                        "Min", "Mul", "Or",    "Xor"};

bool commutes(std::string_view op) { return std::find(kCommuting.begin(), kCommuting.end(), op) != kCommuting.end(); }

}  // namespace

template <typename... Args>
bool Matcher::no(dsl::Position at, const char* format, const Args&... args) {
  if (tells_ && (miss_.why.empty() || match_.ops.size() > miss_.found))
    miss_ = {match_.ops.size(), false, fmt::format(fmt::runtime(format), args...), "", at};
  return false;
}

Matcher::Matcher(const dsl::Rule& rule, std::span<const double> params, const View& view, bool tells)
    : pattern_(*rule.pattern),
      view_(view),
      tells_(tells),
      formulas_(rule, params, view, match_),
      line_done_(pattern_.lines.size(), false),
      made_by_(pattern_.names.size(), {kNoLine, 0}),
      made_again_(pattern_.names.size(), false) {
  match_.names.resize(pattern_.names.size());
  match_.calls.assign(pattern_.calls.size(), kNone);
  for (const dsl::Call& call : pattern_.calls) types_.push_back(types_of(call));
  for (std::size_t i = 0; i < pattern_.lines.size(); ++i)
    for (std::size_t k = 0; k < pattern_.lines[i].outputs.size(); ++k)
      if (const dsl::NameId name = pattern_.lines[i].outputs[k].name; name != dsl::kNoName) made_by_[name] = {i, k};
  for (const dsl::ReplaceLine& line : pattern_.replaced)
    for (const dsl::Output& output : line.outputs)
      if (output.name != dsl::kNoName) made_again_[output.name] = true;
  first_ = first_line();
}

std::vector<std::uint8_t> Matcher::types_of(const dsl::Call& call) const {
  const graph::Network& network = view_.network();
  std::vector<std::uint8_t> out(network.type_count(), 0);
  const auto by_terms = [&](TypeId type) { out[type] = out[type] == 1 ? 1 : 2; };
  for (const dsl::Term& term : call.terms) {
    if (term.law != dsl::kNoLaw) {
      for (TypeId type = 0; type < network.type_count(); ++type)
        if (view_.may_obey(network.type_name(type), term.law)) by_terms(type);
    } else if (const auto type = network.find_type(term.op)) {
      term.guards.empty() && !term.on_channel && term.excepted.empty() ? void(out[*type] = 1) : by_terms(*type);
    }
  }
  return out;
}

// A match begins with a line that no other one reads.
std::size_t Matcher::first_line() const {
  std::vector<bool> read(pattern_.lines.size(), false);
  const auto note = [&](dsl::NameId name) {
    if (name != dsl::kNoName && made_by_[name].first != kNoLine) read[made_by_[name].first] = true;
  };
  for (const dsl::Call& call : pattern_.calls)
    for (const dsl::Operand& operand : call.operands) {
      note(operand.name);
      for (const dsl::Alternative& each : operand.alternatives) note(each.tensor);
    }
  for (std::size_t i = 0; i < pattern_.lines.size(); ++i)
    if (!read[i] && std::all_of(pattern_.lines[i].alternatives.begin(), pattern_.lines[i].alternatives.end(),
                                [](const dsl::Alternative& each) { return each.call != dsl::kNoCall; }))
      return i;
  return 0;
}

bool Matcher::admits(dsl::CallId id, OperatorId op) const {
  const TypeId type = view_.network().op(op).type;
  const std::uint8_t admitted = type < types_[id].size() ? types_[id][type] : 2;
  if (admitted != 2) return admitted == 1;
  const auto& terms = pattern_.calls[id].terms;
  return std::any_of(terms.begin(), terms.end(), [&](const dsl::Term& term) { return view_.admits(term, op); });
}

bool Matcher::begins(OperatorId op) const {
  if (view_.network().removed(op) || !view_.open(op)) return false;
  const auto& alternatives = pattern_.lines[first_].alternatives;
  return std::any_of(alternatives.begin(), alternatives.end(),
                     [&](const dsl::Alternative& each) { return each.call != dsl::kNoCall && admits(each.call, op); });
}

std::vector<OperatorId> Matcher::candidates() const {
  std::vector<OperatorId> out;
  std::size_t lists = 0;
  for (TypeId type = 0; type < view_.network().type_count(); ++type) {
    const auto& alternatives = pattern_.lines[first_].alternatives;
    const bool wanted = std::any_of(alternatives.begin(), alternatives.end(), [&](const dsl::Alternative& each) {
      return each.call != dsl::kNoCall && type < types_[each.call].size() && types_[each.call][type] != 0;
    });
    if (!wanted) continue;
    ++lists;
    const auto all = view_.of_type(type);
    out.insert(out.end(), all.begin(), all.end());
  }
  if (lists > 1) std::sort(out.begin(), out.end());
  return out;
}

std::optional<Match> Matcher::at(OperatorId op) {
  undo({0, 0});
  miss_ = {};
  steps_left_ = kMostSteps;
  if (!begins(op) || !line(first_, op) || !hanging_lines()) return std::nullopt;
  if (is_private() && steps()) return match_;
  miss_.whole = true;
  return std::nullopt;
}

void Matcher::undo(const Trail& trail) {
  while (bound_.size() > trail.names) {
    match_.names[bound_.back()] = Bound{};
    bound_.pop_back();
  }
  while (match_.ops.size() > trail.ops) {
    for (OperatorId& each : match_.calls)
      if (each == match_.ops.back()) each = kNone;
    match_.ops.pop_back();
  }
  while (!done_.empty()) {
    const dsl::MatchLine& line = pattern_.lines[done_.back()];
    const bool holds =
        std::any_of(line.alternatives.begin(), line.alternatives.end(), [&](const dsl::Alternative& each) {
          return each.call != dsl::kNoCall ? match_.calls[each.call] != kNone
                                           : each.tensor != dsl::kNoName && match_.names[each.tensor].bound;
        });
    if (holds) break;
    line_done_[done_.back()] = false;
    done_.pop_back();
  }
}

bool Matcher::bind(dsl::NameId name, TensorId tensor, OperatorId op) {
  if (name == dsl::kNoName) return true;
  Bound& own = match_.names[name];
  if (!own.bound) {
    own.bound = true;
    bound_.push_back(name);
    own.tensor = tensor;
    own.op = op;
    return true;
  }
  if (op != kNone) own.op = op;
  if (own.tensor == kNone && tensor != kNone && own.op != kNone && !own.value) own.tensor = tensor;
  return own.tensor == tensor || tensor == kNone;
}

bool Matcher::line(std::size_t index, OperatorId op) {
  const dsl::MatchLine& line = pattern_.lines[index];
  for (const dsl::Alternative& each : line.alternatives) {
    if (each.call == dsl::kNoCall) continue;
    const Trail trail = mark();
    if (call(each.call, op) && outputs(line, op)) {
      line_done_[index] = true;
      done_.push_back(index);
      return true;
    }
    undo(trail);
  }
  return false;
}

// The line that gives the tensor as its output of this number.
bool Matcher::line_at(std::size_t index, TensorId tensor, std::size_t output) {
  const dsl::MatchLine& line = pattern_.lines[index];
  const OperatorId by = view_.producer(tensor);
  for (const dsl::Alternative& each : line.alternatives) {
    const Trail trail = mark();
    if (each.call == dsl::kNoCall) {
      if (output == 0 && bind(line.outputs[0].name, tensor) && bind(each.tensor, tensor)) {
        line_done_[index] = true;
        done_.push_back(index);
        return true;
      }
    } else if (by != kNone && view_.network().tensor(tensor).output_slot == output && call(each.call, by) &&
               outputs(line, by)) {
      line_done_[index] = true;
      done_.push_back(index);
      return true;
    }
    undo(trail);
  }
  return no(line.at, "'{}' does not come from such an operator", view_.network().tensor(tensor).name);
}

bool Matcher::outputs(const dsl::MatchLine& line, OperatorId op) {
  const auto given = view_.network().op(op).outputs;
  std::size_t at = 0;
  for (const dsl::Output& output : line.outputs) {
    if (output.form == dsl::Output::Form::rest) {
      Bound& own = match_.names[output.name];
      const std::vector<TensorId> rest(given.begin() + static_cast<std::ptrdiff_t>(std::min(at, given.size())),
                                       given.end());
      if (own.bound)
        return own.rest == rest || no(output.at, "not all outputs of '{}' are read so", view_.network().op(op).name);
      own.bound = true;
      bound_.push_back(output.name);
      own.rest = rest;
      return true;
    }
    const TensorId tensor = at < given.size() ? given[at] : kNone;
    if (output.form == dsl::Output::Form::tensor) {
      if (tensor == kNone) return no(output.at, "'{}' has no such output", view_.network().op(op).name);
      if (!bind(output.name, tensor, at == 0 && pattern_.names[output.name].is_operator ? op : kNone)) return false;
    }
    ++at;
  }
  for (; at < given.size(); ++at)
    if (given[at] != kNone && (!view_.consumers(given[at]).empty() || view_.network().tensor(given[at]).is_output))
      return no(line.at, "another output of '{}' is read", view_.network().op(op).name);
  return true;
}

std::optional<std::vector<Matcher::Read>> Matcher::inputs_of(const dsl::Call& call, OperatorId op) const {
  const graph::Node node = view_.node(op);
  std::vector<Read> out;
  const auto add = [&](std::uint32_t slot) { out.push_back({node.input(slot), slot, op}); };
  if (!call.by_law || !node.form().linear) {
    for (const std::uint32_t slot : operand_slots(node)) add(slot);
    return out;
  }
  const auto linear = view_.linear(op);
  if (!linear) return std::nullopt;
  add(linear->activation);
  add(linear->weight);
  if (linear->bias) add(*linear->bias);
  return out;
}

bool Matcher::call(dsl::CallId id, OperatorId op) {
  if (--steps_left_ < 0) return no(pattern_.calls[id].at, "there are too many ways to read what stands here");
  const dsl::Call& call = pattern_.calls[id];
  if (!admits(id, op)) return no(call.at, "'{}' is {}", view_.network().op(op).name, view_.network().type_of(op));
  if (!view_.open(op))
    return no(call.at, "'{}' is skipped, or stands in a graph within an operator", view_.network().op(op).name);
  if (match_.has(op)) return false;
  if (!match_.ops.empty() && view_.network().op(op).subgraph != view_.network().op(match_.ops[0]).subgraph)
    return no(call.at, "'{}' stands in another nested network", view_.network().op(op).name);
  if (view_.network().op(op).captured > 0)
    return no(call.at, "a graph within '{}' reads tensors from around it", view_.network().op(op).name);
  const auto inputs = inputs_of(call, op);
  if (!inputs) return no(call.at, "the weight of '{}' cannot be read", view_.network().op(op).name);
  const Trail trail = mark();
  match_.calls[id] = op;
  match_.ops.push_back(op);
  const TensorId first = view_.network().op(op).outputs.empty() ? kNone : view_.network().op(op).outputs[0];
  const auto rest = [&](std::span<const Read> read) {
    return operands(call, read, 0, 0) &&
           bind(call.op,
                pattern_.names.empty() || call.op == dsl::kNoName || pattern_.names[call.op].sort == dsl::NameSort::op
                    ? kNone
                    : first,
                op) &&
           settings(call, op);
  };
  if (rest(*inputs)) return true;
  if (inputs->size() == 2 && call.operands.size() == 2 && commutes(view_.network().type_of(op))) {
    undo(trail);
    match_.calls[id] = op;
    match_.ops.push_back(op);
    const std::array<Read, 2> swapped = {(*inputs)[1], (*inputs)[0]};
    if (rest(swapped)) return true;
  }
  undo(trail);
  return false;
}

// Operands from `from` on against what is read from `at` on.
bool Matcher::operands(const dsl::Call& call, std::span<const Read> inputs, std::size_t from, std::size_t at) {
  if (from == call.operands.size()) {
    for (; at < inputs.size(); ++at)
      if (inputs[at].tensor != kNone)
        return no(call.at, "it reads '{}' too", view_.network().tensor(inputs[at].tensor).name);
    return true;
  }
  const dsl::Operand& next = call.operands[from];
  if (next.form != dsl::Operand::Form::rest) {
    return operand(next, at < inputs.size() ? inputs[at] : Read{}) && operands(call, inputs, from + 1, at + 1);
  }
  const std::size_t fixed = static_cast<std::size_t>(
      std::count_if(call.operands.begin() + static_cast<std::ptrdiff_t>(from) + 1, call.operands.end(),
                    [](const dsl::Operand& each) { return each.form != dsl::Operand::Form::rest; }));
  const bool last = std::none_of(call.operands.begin() + static_cast<std::ptrdiff_t>(from) + 1, call.operands.end(),
                                 [](const dsl::Operand& each) { return each.form == dsl::Operand::Form::rest; });
  if (inputs.size() < at + fixed) return false;
  const std::size_t longest = inputs.size() - at - fixed;
  for (std::size_t taken = last ? longest : 0; taken <= longest; ++taken) {
    const Trail trail = mark();
    if (next.name != dsl::kNoName) {
      Bound& own = match_.names[next.name];
      if (own.bound) return false;
      own.bound = true;
      bound_.push_back(next.name);
      for (std::size_t i = at; i < at + taken; ++i) own.rest.push_back(inputs[i].tensor);
    }
    if (operands(call, inputs, from + 1, at + taken)) return true;
    undo(trail);
  }
  return false;
}

bool Matcher::operand(const dsl::Operand& operand, const Read& read) {
  const TensorId tensor = read.tensor;
  using Form = dsl::Operand::Form;
  switch (operand.form) {
    case Form::anything:
      return true;
    case Form::absent:
      return tensor == kNone ||
             no(operand.at, "'{}' is read where nothing may be", view_.network().tensor(tensor).name);
    case Form::number: {
      if (tensor == kNone || !view_.constant(tensor))
        return no(operand.at, "{} is no constant", tensor == kNone ? "it" : view_.network().tensor(tensor).name);
      return is_number(*view_.constant(tensor), operand.number) ||
             no(operand.at, "'{}' is not {}", view_.network().tensor(tensor).name, operand.number);
    }
    case Form::made:
      return tensor != kNone && made(operand, tensor);
    case Form::tensor:
    case Form::constant:
      return named(operand, read);
    case Form::rest:
      break;
  }
  return false;
}

bool Matcher::alternative(const dsl::Alternative& each, TensorId tensor) {
  if (each.call == dsl::kNoCall) return bind(each.tensor, tensor);
  const graph::Tensor& info = view_.network().tensor(tensor);
  if (info.producer == kNone || info.output_slot != 0) return no(each.at, "'{}' comes from outside", info.name);
  if (!admits(each.call, info.producer))
    return no(each.at, "'{}' is {}", view_.network().op(info.producer).name, view_.network().type_of(info.producer));
  if (!call(each.call, info.producer)) return false;
  const auto outputs = view_.network().op(info.producer).outputs;
  for (std::size_t i = 1; i < outputs.size(); ++i)
    if (outputs[i] != kNone && (!view_.consumers(outputs[i]).empty() || view_.network().tensor(outputs[i]).is_output))
      return no(each.at, "another output of '{}' is read", view_.network().op(info.producer).name);
  return true;
}

bool Matcher::made(const dsl::Operand& operand, TensorId tensor) {
  for (const dsl::Alternative& each : operand.alternatives) {
    const Trail trail = mark();
    if (alternative(each, tensor)) return true;
    undo(trail);
  }
  return false;
}

// A constant into which rules before this one have folded something is read as it then is; scales come on top, and
// stand in the plan.
bool Matcher::edited(const dsl::Operand& operand, const Read& read) {
  const graph::Edit* edit = read.op == kNone ? nullptr : view_.plan().edit(read.op, read.slot);
  const auto folded = [](const graph::Factor& each) { return each.folded; };
  if (!edit || std::none_of(edit->factors.begin(), edit->factors.end(), folded)) return true;
  const auto linear = view_.linear(read.op);
  Scaled value{read.tensor, {}};
  for (const graph::Factor& factor : edit->factors) {
    if (!factor.folded) continue;
    const bool outputs = linear && factor.axes == linear->out_axes;
    if (!linear || linear->weight != read.slot || (!outputs && factor.axes != linear->in_axes))
      return no(operand.at, "something was folded into '{}'", view_.network().tensor(read.tensor).name);
    value.factors.push_back({read.op, outputs, factor.values});
  }
  match_.names[operand.name].value = std::move(value);
  return true;
}

bool Matcher::named(const dsl::Operand& operand, const Read& read) {
  const TensorId tensor = read.tensor;
  Bound& own = match_.names[operand.name];
  if (own.bound) {
    if (own.tensor == kNone || tensor == kNone) return own.tensor == tensor;
    if (own.value) return false;
    if (own.tensor == tensor) return true;
    const graph::Literal *a = view_.constant(own.tensor), *b = view_.constant(tensor);
    return (a && b && same_constant(*a, *b)) ||
           no(operand.at, "'{}' and '{}' are not the same", view_.network().tensor(own.tensor).name,
              view_.network().tensor(tensor).name);
  }
  if (tensor == kNone) {
    if (!operand.otherwise) return no(operand.at, "an operand is absent");
    own.bound = true;
    bound_.push_back(operand.name);
    if (!operand.otherwise->none) own.value = number(operand.otherwise->number);
    return true;
  }
  if (operand.form == dsl::Operand::Form::constant && !view_.constant(tensor)) {
    const OperatorId by = view_.producer(tensor);
    if (by != kNone && view_.network().type_of(by) == "DequantizeLinear")
      return no(operand.at, "'{}' is dequantized: run this before quantizing", view_.network().tensor(tensor).name);
    return no(operand.at, "'{}' is no constant", view_.network().tensor(tensor).name);
  }
  const auto [index, output] = made_by_[operand.name];
  if (index != kNoLine && !line_done_[index] && operand.form == dsl::Operand::Form::tensor)
    return line_at(index, tensor, output);
  return bind(operand.name, tensor) && (!view_.constant(tensor) || edited(operand, read));
}

bool Matcher::is_unbound(dsl::PatternExprId id) const {
  const dsl::PatternExpr& expr = pattern_.exprs[id];
  return expr.op == dsl::PatternOp::name && pattern_.names[expr.index].sort == dsl::NameSort::setting &&
         !match_.names[expr.index].bound;
}

bool Matcher::settings(const dsl::Call& call, OperatorId op) {
  const graph::Node node = view_.node(op);
  for (const dsl::Setting& each : call.settings) {
    if (each.form == dsl::Setting::Form::anything) continue;
    try {
      Value own = setting(node, each.setting);
      // A name that is compared here and bound in a call further on in the file: this one is met first.
      if (each.form == dsl::Setting::Form::value && is_unbound(each.expr)) {
        if (is_absent(own)) return no(each.at, "'{}' has no {}", node.op().name, each.setting);
        Bound& bound = match_.names[pattern_.exprs[each.expr].index];
        bound.bound = true;
        bound_.push_back(pattern_.exprs[each.expr].index);
        bound.value = std::move(own);
        continue;
      }
      if (each.form == dsl::Setting::Form::value) {
        if (!same_setting(own, formulas_.value(each.expr)))
          return no(each.at, "{} of '{}' is {}", each.setting, node.op().name, shown(own));
        continue;
      }
      if (is_absent(own)) {
        if (!each.otherwise) return no(each.at, "'{}' has no {}", node.op().name, each.setting);
        if (!each.otherwise->none) own = number(each.otherwise->number);
      }
      Bound& bound = match_.names[each.name];
      if (bound.bound) {
        if (!bound.value || !same_setting(*bound.value, own))
          return no(each.at, "{} of '{}' is another", each.setting, node.op().name);
        continue;
      }
      bound.bound = true;
      bound_.push_back(each.name);
      bound.value = std::move(own);
    } catch (const NoValue& why) {
      return no(each.at, "{} of '{}': {}", each.setting, node.op().name, why.what());
    }
  }
  return true;
}

// Lines that hang on the other side of a tensor that was found: among its readers, in the order of the file.
bool Matcher::hanging_lines() {
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < pattern_.lines.size(); ++i) {
      if (line_done_[i]) continue;
      if (!hanging_line(i)) continue;
      more = true;
    }
  }
  for (std::size_t i = 0; i < line_done_.size(); ++i)
    if (!line_done_[i]) return no(pattern_.lines[i].at, "nothing fits this line");
  return true;
}

bool Matcher::hanging_line(std::size_t index) {
  const dsl::MatchLine& line_ = pattern_.lines[index];
  for (const dsl::Output& output : line_.outputs)  // given by what was found already
    if (output.name != dsl::kNoName && match_.names[output.name].bound && match_.names[output.name].tensor != kNone)
      return line_at(index, match_.names[output.name].tensor, static_cast<std::size_t>(&output - line_.outputs.data()));
  for (const dsl::Output& output : line_.outputs)
    if (output.form == dsl::Output::Form::rest && match_.names[output.name].bound &&
        !match_.names[output.name].rest.empty()) {
      const TensorId first = match_.names[output.name].rest[0];
      const OperatorId by = first == kNone ? kNone : view_.producer(first);
      return by != kNone && line(index, by);
    }
  for (const dsl::Alternative& each : line_.alternatives) {
    if (each.call == dsl::kNoCall) continue;
    for (const dsl::Operand& operand : pattern_.calls[each.call].operands) {
      if (operand.name == dsl::kNoName || operand.form != dsl::Operand::Form::tensor) continue;
      const Bound& own = match_.names[operand.name];
      if (!own.bound || own.tensor == kNone || view_.constant(own.tensor)) continue;
      std::vector<OperatorId> readers;
      for (const graph::Use& use : view_.consumers(own.tensor))
        if (admits(each.call, use.op)) readers.push_back(use.op);
      std::sort(readers.begin(), readers.end());
      readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
      for (const OperatorId op : readers) {
        if (line(index, op)) return true;
        if (steps_left_ < 0) return false;
      }
    }
  }
  return false;
}

bool Matcher::is_private() {
  for (const OperatorId op : match_.ops)
    for (const TensorId output : view_.network().op(op).outputs) {
      if (output == kNone) continue;
      if (view_.plan().shift_of(output))
        return no(pattern_.replace, "a rule before has shifted '{}'", view_.network().tensor(output).name);
      bool again = false;
      for (const dsl::NameId name : bound_) {
        const Bound& own = match_.names[name];
        if (!made_again_[name]) continue;
        again = again || own.tensor == output || std::find(own.rest.begin(), own.rest.end(), output) != own.rest.end();
      }
      if (again) continue;
      const graph::Tensor& tensor = view_.network().tensor(output);
      if (tensor.is_output) return no(pattern_.replace, "'{}' is an output of the network", tensor.name);
      for (const graph::Use& use : view_.consumers(output))
        if (!match_.has(use.op))
          return no(pattern_.replace, "'{}' is read by '{}' too", tensor.name, view_.network().op(use.op).name);
    }
  return true;
}

bool Matcher::steps() {
  for (const dsl::PatternStep& step : pattern_.steps) {
    try {
      if (step.form == dsl::PatternStep::Form::let) {
        Bound& own = match_.names[step.name];
        own.value = formulas_.value(step.expr);
        if (!own.bound) bound_.push_back(step.name);
        own.bound = true;
        continue;
      }
      const Truth truth = formulas_.holds(step.expr);
      if (truth == Truth::yes) continue;
      if (!tells_) return false;
      const std::string seen = formulas_.seen(step.expr);
      const std::string_view reason = !step.reason.empty()      ? std::string_view(step.reason)
                                      : truth == Truth::unknown ? "a condition cannot be decided"
                                                                : "a condition does not hold";
      no(step.at, "{}", reason);
      miss_.seen = seen;
      return false;
    } catch (const NoValue& why) {
      return no(step.at, "{}", why.what());
    }
  }
  return true;
}

}  // namespace rw::patterns
