#include "runtime/patterns/edit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rw::patterns {
namespace {

// How a result comes to be another tensor.
enum class Renaming : std::uint8_t {
  producer_gives,  // who gives the other tensor gives the result instead: the result's name stays
  readers_read,    // who reads the result reads the other tensor
  no,
};

Renaming renaming(const View& view, const Match& match, const Replacement& replacement,
                  const Replacement::Alias& alias) {
  const graph::Editor& editor = view.editor();
  const Renaming otherwise = editor.can_rebind_all(alias.result) ? Renaming::readers_read : Renaming::no;
  if (alias.from.form != Source::Form::tensor) return otherwise;
  const graph::Tensor& from = view.network().tensor(alias.from.tensor);
  const auto uses = view.consumers(alias.from.tensor);
  const bool read_elsewhere =
      std::any_of(uses.begin(), uses.end(), [&](const graph::Use& use) { return !match.has(use.op); });
  const bool read_again = std::any_of(replacement.operators.begin(), replacement.operators.end(), [&](const auto& op) {
    return std::any_of(op.inputs.begin(), op.inputs.end(), [&](const Source& each) {
      return each.form == Source::Form::tensor && each.tensor == alias.from.tensor;
    });
  });
  const bool once = std::count_if(replacement.aliases.begin(), replacement.aliases.end(), [&](const auto& each) {
                      return each.from.form == Source::Form::tensor && each.from.tensor == alias.from.tensor;
                    }) == 1;
  // The name that stays is the one that has statistics.
  const graph::Statistics& statistics = view.statistics();
  if (otherwise == Renaming::readers_read && !statistics.find(alias.result) && statistics.find(alias.from.tensor))
    return otherwise;
  const bool kept_producer = from.producer != kNone && editor.can_edit(from.producer) && !match.has(from.producer);
  if (kept_producer && once && !from.constant && !from.is_output && !read_elsewhere && !read_again)
    return Renaming::producer_gives;
  return otherwise;
}

class Carrier {
 public:
  Carrier(graph::Network& network, graph::Editor& editor, runtime::Plan& plan, const View& view, const Match& match,
          const Replacement& replacement, const Pair& pair)
      : network_(network),
        editor_(editor),
        plan_(plan),
        view_(view),
        match_(match),
        replacement_(replacement),
        pair_(pair) {}

  Edited carry_out() {
    for (const Replacement::Alias& each : replacement_.aliases)
      renamings_.push_back(renaming(view_, match_, replacement_, each));
    for (const MadeConstant& each : replacement_.constants)
      constants_.push_back(editor_.add_constant(each.name, each.value.dtype, each.value.shape, bytes_of(each.value)));
    remember_reads();
    for (const OperatorId op : replacement_.removed) remove(op);
    for (std::size_t i = 0; i < replacement_.tensors.size(); ++i) tensors_.push_back(tensor(i));
    for (const MadeOperator& op : replacement_.operators) op.in_place ? change(op) : insert(op);
    for (std::size_t i = 0; i < replacement_.aliases.size(); ++i) rename(replacement_.aliases[i], renamings_[i]);
    remove_unread();
    for (const TensorId tensor : results_)
      for (const graph::Use& use : editor_.consumers(tensor)) out_.around.push_back(use.op);
    return std::move(out_);
  }

 private:
  // What was read before and may be read by nobody afterwards.
  void remember_reads() {
    for (const OperatorId op : match_.ops)
      for (const TensorId input : network_.op(op).inputs)
        if (input != kNone && network_.tensor(input).producer != kNone && !match_.has(network_.tensor(input).producer))
          perhaps_unread_.push_back(network_.tensor(input).producer);
  }

  void remove(OperatorId op) {
    plan_.forget_constants(op, 0, static_cast<std::uint32_t>(network_.op(op).inputs.size()));
    editor_.remove(op);
    ++out_.removed;
  }

  TensorId tensor(std::size_t index) {
    const MadeTensor& made = replacement_.tensors[index];
    if (made.again != kNone) {
      results_.push_back(made.again);
      return made.again;
    }
    const TensorId id = editor_.add_tensor(made.name);
    for (const auto& [of, in_pair] : pair_.made) {
      if (of != index) continue;
      const graph::Tensor& like = pair_.network.tensor(in_pair);
      const graph::Shape shape =
          like.shape.known() ? graph::Shape(network_.arena().store(like.shape.dims())) : graph::Shape();
      network_.set_shape(id, shape, like.dtype);
    }
    results_.push_back(id);
    return id;
  }

  TensorId source(const Source& each) const {
    switch (each.form) {
      case Source::Form::tensor:
      case Source::Form::kept:
        return each.tensor;
      case Source::Form::made:
        return tensors_[each.index];
      case Source::Form::constant:
        return constants_[each.index];
      case Source::Form::absent:
        break;
    }
    return kNone;
  }

  // The scale of a tensor along the channels of the linear operator that gives it.
  std::vector<double> scale_of(TensorId tensor, std::size_t channels) const {
    const std::vector<double>* scale = plan_.scale_of(tensor);
    return scale && scale->size() == channels ? *scale : std::vector<double>(channels, scale ? (*scale)[0] : 1);
  }

  // What was planned: y' = s y for the tensor that it gave, z' = t z for the one that it gives now. Its weight then
  // takes t / s on top, and a new bias t.
  void rescale(const MadeOperator& op, TensorId gave, TensorId gives) {
    if (gave == gives || (!plan_.scale_of(gave) && !plan_.scale_of(gives))) return;
    const graph::Node node = view_.node(op.again);
    const auto linear = view_.linear(op.again);
    if (!linear) return;
    const auto channels = static_cast<std::size_t>(graph::product(linear->view.span(), linear->out_axes).value_or(0));
    const std::vector<double> s = scale_of(gave, channels), t = scale_of(gives, channels);
    std::vector<double> ratio(channels);
    for (std::size_t i = 0; i < channels; ++i) ratio[i] = t[i] / s[i];
    plan_.multiply(op.again, linear->weight, node.shape(linear->weight).dims(), linear->view.span(), linear->out_axes,
                   ratio);
    const auto bias = linear->bias;
    if (bias && node.has(*bias)) {
      plan_.forget_constants(op.again, *bias, *bias + 1);
      const auto shape = node.shape(*bias).dims();
      const std::vector<std::int64_t> view = {static_cast<std::int64_t>(channels)};
      if (graph::product(shape) == static_cast<std::int64_t>(channels))
        plan_.multiply(op.again, *bias, shape, view, graph::AxisMask::single(0), t);
    }
    plan_.forget_scale(gave);
  }

  void change(const MadeOperator& op) {
    for (std::uint32_t slot = 0; slot < op.inputs.size(); ++slot) {
      const Source& each = op.inputs[slot];
      if (each.form == Source::Form::kept) {
        fold(op);
        continue;
      }
      const TensorId from = source(each);
      const auto before = network_.op(op.again).inputs;
      if (from == kNone || (slot < before.size() && before[slot] == from)) continue;
      plan_.forget_constants(op.again, slot, slot + 1);
      editor_.read(op.again, slot, from);
    }
    const TensorId gives = tensors_[op.outputs[0]], gave = network_.op(op.again).outputs[0];
    if (gave != gives) editor_.give(op.again, 0, gives);
    rescale(op, gave, gives);
    out_.added.push_back(op.again);
  }

  void fold(const MadeOperator& op) {
    const auto linear = view_.linear(op.again);
    const graph::Shape weight = view_.node(op.again).shape(linear->weight);
    for (const Along& each : op.weight->factors)
      plan_.set_fold(op.again, linear->weight, weight.dims(), linear->view.span(),
                     each.outputs ? linear->out_axes : linear->in_axes, each.values);
  }

  void insert(const MadeOperator& op) {
    std::vector<TensorId> inputs, outputs;
    for (const Source& each : op.inputs) inputs.push_back(source(each));
    for (const std::uint32_t output : op.outputs) outputs.push_back(output == kNone ? kNone : tensors_[output]);
    out_.added.push_back(
        editor_.insert(match_.ops[0], op.type, editor_.free_name(op.name), inputs, outputs, op.attributes));
  }

  void rename(const Replacement::Alias& alias, Renaming how) {
    const TensorId from = source(alias.from);
    if (how == Renaming::readers_read) {
      plan_.forget_scale(alias.result);
      editor_.rebind_all(alias.result, from);
      results_.push_back(from);
      return;
    }
    const graph::Tensor& info = network_.tensor(from);
    plan_.forget_scale(from);
    editor_.give(info.producer, info.output_slot, alias.result);
    results_.push_back(alias.result);
  }

  // Operators that only the match read. They compute for nobody.
  void remove_unread() {
    while (!perhaps_unread_.empty()) {
      const OperatorId op = perhaps_unread_.back();
      perhaps_unread_.pop_back();
      if (network_.removed(op) || !editor_.can_edit(op) || network_.op(op).captured > 0) continue;
      const auto outputs = network_.op(op).outputs;
      const bool read = std::any_of(outputs.begin(), outputs.end(), [&](TensorId output) {
        return output != kNone && (network_.tensor(output).is_output || !editor_.consumers(output).empty());
      });
      if (read || network_.op(op).inputs.empty()) continue;
      const std::vector<TensorId> inputs(network_.op(op).inputs.begin(), network_.op(op).inputs.end());
      remove(op);
      for (const TensorId input : inputs)
        if (input != kNone && network_.tensor(input).producer != kNone)
          perhaps_unread_.push_back(network_.tensor(input).producer);
    }
  }

  graph::Network& network_;
  graph::Editor& editor_;
  runtime::Plan& plan_;
  const View& view_;
  const Match& match_;
  const Replacement& replacement_;
  const Pair& pair_;
  std::vector<Renaming> renamings_;
  std::vector<TensorId> constants_, tensors_, results_;
  std::vector<OperatorId> perhaps_unread_;
  Edited out_;
};

}  // namespace

std::string not_within(const View& view, const Match& match, const Replacement& replacement) {
  const std::uint32_t subgraph = view.network().op(match.ops[0]).subgraph;
  const auto reaches = [&](TensorId tensor) {
    if (tensor == kNone || view.constant(tensor)) return true;
    const OperatorId by = view.producer(tensor);
    return by == kNone ? subgraph == 0 : view.network().op(by).subgraph == subgraph;
  };
  const auto checked = [&](const Source& each) { return each.form != Source::Form::tensor || reaches(each.tensor); };
  const bool all =
      std::all_of(replacement.operators.begin(), replacement.operators.end(),
                  [&](const MadeOperator& op) { return std::all_of(op.inputs.begin(), op.inputs.end(), checked); }) &&
      std::all_of(replacement.aliases.begin(), replacement.aliases.end(),
                  [&](const Replacement::Alias& each) { return checked(each.from); });
  return all ? "" : "it reads what another nested network gives";
}

std::string not_renamed(const View& view, const Match& match, const Replacement& replacement) {
  for (const Replacement::Alias& each : replacement.aliases) {
    if (renaming(view, match, replacement, each) != Renaming::no) continue;
    const std::string_view result = view.network().tensor(each.result).name;
    if (each.from.form == Source::Form::tensor)
      return fmt::format("'{}' and '{}' must both stay: inputs, outputs or names within a nested network",
                         view.network().tensor(each.from.tensor).name, result);
    return fmt::format("'{}' must stay, as what an operator gives", result);
  }
  return {};
}

namespace {

bool passes_scales(const View& view, const MadeOperator& op) {
  const auto law = runtime::find_law("pass");
  const auto all = runtime::laws();
  const auto index = static_cast<std::uint32_t>(std::find(all.begin(), all.end(), law) - all.begin());
  return view.may_obey(op.type, index) && std::none_of(op.inputs.begin(), op.inputs.end(), [](const Source& each) {
           return each.form == Source::Form::constant;
         });
}

// Both carry their channels on the same axes, or none. Where others become one, operators somewhere else may find that
// two disagree on the axes of their input, and no longer offer the scale that they have.
bool sees_alike(const View& view, TensorId from, TensorId to) {
  const graph::ChannelAxes& channels = view.analysis().channels;
  if (!channels.knows(from) || !channels.knows(to)) return true;
  if (!channels.has(from) || !channels.has(to)) return channels.has(from) == channels.has(to);
  return channels.axes(from) == channels.axes(to);
}

// The operator can offer a scale and still reads what it read, its weight is folded and not made anew, which would lose
// the scales that it has, and what it gives carries its channels where what it gave did.
bool stays(const View& view, const Replacement& replacement, const MadeOperator& op) {
  const std::vector<runtime::Obedience>& known = view.analysis().operators;
  if (op.again < known.size() && !known[op.again].holds) return false;
  const graph::Operator& before = view.network().op(op.again);
  for (std::size_t slot = 0; slot < op.inputs.size(); ++slot)
    if (op.inputs[slot].form == Source::Form::tensor &&
        (slot >= before.inputs.size() || before.inputs[slot] != op.inputs[slot].tensor))
      return false;
  if (const auto linear = view.linear(op.again))
    if (op.inputs[linear->weight].form == Source::Form::constant) return false;
  const TensorId gives = replacement.tensors[op.outputs[0]].again;
  return gives == kNone || sees_alike(view, before.outputs[0], gives);
}

}  // namespace

std::string not_under_scales(const View& view, const Match& match, const Replacement& replacement) {
  const runtime::Plan& plan = view.plan();
  if (plan.scales().empty() && plan.added_biases().empty()) return {};
  const auto name = [&](TensorId tensor) { return view.network().tensor(tensor).name; };
  for (const Replacement::Alias& each : replacement.aliases)
    if (each.from.form == Source::Form::tensor && !sees_alike(view, each.from.tensor, each.result))
      return fmt::format(
          "a rule before has scaled, and '{}' and '{}' carry their channels on different axes: run rules "
          "with `match` first",
          name(each.from.tensor), name(each.result));
  TensorId scaled = kNone;
  for (const OperatorId op : match.ops) {
    const graph::Operator& info = view.network().op(op);
    for (const TensorId tensor : info.inputs)
      if (tensor != kNone && plan.scale_of(tensor)) scaled = tensor;
    for (const TensorId tensor : info.outputs)
      if (tensor != kNone && plan.scale_of(tensor)) scaled = tensor;
    if (plan.added_bias(op)) return fmt::format("a rule before has changed the bias of '{}'", info.name);
  }
  if (scaled == kNone) return {};
  const bool one_in_place = replacement.operators.size() == 1 && replacement.operators[0].in_place &&
                            replacement.aliases.empty() && stays(view, replacement, replacement.operators[0]);
  const bool passes = std::all_of(replacement.operators.begin(), replacement.operators.end(),
                                  [&](const MadeOperator& op) { return !op.in_place && passes_scales(view, op); });
  const bool tensors = std::none_of(replacement.aliases.begin(), replacement.aliases.end(),
                                    [](const auto& each) { return each.from.form == Source::Form::constant; });
  if (one_in_place || (passes && tensors)) return {};
  return fmt::format("a rule before has scaled '{}': run rules with `match` first", name(scaled));
}

Edited carry_out(graph::Network& network, graph::Editor& editor, runtime::Plan& plan, const View& view,
                 const Match& match, const Replacement& replacement, const Pair& pair) {
  return Carrier(network, editor, plan, view, match, replacement, pair).carry_out();
}

}  // namespace rw::patterns
