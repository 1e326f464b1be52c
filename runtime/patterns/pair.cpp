#include "runtime/patterns/pair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/base/error.hpp"
#include "graph/builder.hpp"
#include "graph/operators/infer.hpp"
#include "graph/values/elements.hpp"

namespace rw::patterns {
namespace {

bool found_by(const Match& match, const View& view, TensorId tensor) {
  const OperatorId by = view.producer(tensor);
  return by != kNone && match.has(by);
}

class PairBuilder {
 public:
  PairBuilder(const View& view, const Match& match, const Replacement& replacement, std::span<const Outside> outside,
              bool values)
      : view_(view), network_(view.network()), match_(match), replacement_(replacement), values_(values) {
    for (const auto& [domain, version] : network_.opsets()) builder_.opset(domain, version);
    for (const Outside& each : outside) describe(each);
  }

  Pair build() {
    for (const OperatorId op : in_order()) left(op);
    for (std::size_t i = 0; i < replacement_.tensors.size(); ++i) right_tensor(static_cast<std::uint32_t>(i));
    for (std::size_t i = 0; i < replacement_.operators.size(); ++i) right(replacement_.operators[i], i);
    name_results();
    try {
      out_.network = builder_.finish();
      graph::Forms forms(out_.network);
      for (TypeId type = 0; type < out_.network.type_count(); ++type)
        if (const auto known = network_.find_type(out_.network.type_name(type)); known && !forms.known(type))
          forms.set(type, view_.analysis().forms.of_type(*known));
      graph::infer_shapes(out_.network, forms);
    } catch (const graph::Error& error) {
      throw NoValue(error.message);
    }
    return std::move(out_);
  }

 private:
  graph::Shape stored(std::span<const std::int64_t> dims) { return graph::Shape(builder_.arena().store(dims)); }

  void describe(const Outside& each) {
    const TensorId id = builder_.tensor(fmt::format("x{}", each.tensor));
    builder_.input(id);
    builder_.describe(id, each.dtype, each.known ? stored(each.shape) : graph::Shape());
    outside_[each.tensor] = id;
    out_.inputs.emplace_back(each.tensor, id);
  }

  // Producers before consumers.
  std::vector<OperatorId> in_order() const {
    std::vector<OperatorId> out;
    std::vector<bool> done(match_.ops.size(), false);
    for (std::size_t round = 0; round < match_.ops.size(); ++round)
      for (std::size_t i = 0; i < match_.ops.size(); ++i) {
        if (done[i]) continue;
        const auto inputs = network_.op(match_.ops[i]).inputs;
        const bool ready = std::all_of(inputs.begin(), inputs.end(), [&](TensorId input) {
          if (input == kNone) return true;
          const auto at = std::find(match_.ops.begin(), match_.ops.end(), view_.producer(input));
          return at == match_.ops.end() || done[static_cast<std::size_t>(at - match_.ops.begin())];
        });
        if (!ready) continue;
        done[i] = true;
        out.push_back(match_.ops[i]);
      }
    return out;
  }

  // A tensor that both sides may read.
  TensorId read(TensorId tensor) {
    if (tensor == kNone) return kNone;
    if (const auto found = outside_.find(tensor); found != outside_.end()) return found->second;
    const graph::Literal* literal = view_.constant(tensor);
    const TensorId id = builder_.tensor(fmt::format("{}{}", literal ? "c" : "x", tensor));
    outside_[tensor] = id;
    if (literal) {
      constant(id, *literal);
      return id;
    }
    builder_.input(id);
    builder_.describe(id, network_.tensor(tensor).dtype, network_.tensor(tensor).shape);
    out_.inputs.emplace_back(tensor, id);
    return id;
  }

  // A constant that is a view of others' bytes is written out: nothing here computes it.
  void constant(TensorId id, const graph::Literal& literal) {
    graph::Arena& arena = builder_.arena();
    if (!literal.layout) return builder_.constant(id, arena.keep(literal));
    const auto bytes = graph::floating(literal.dtype) ? graph::from_double(graph::to_double(literal), literal.dtype)
                                                      : std::vector<std::byte>();
    builder_.constant(
        id, arena.keep(graph::Literal{literal.dtype, literal.shape, arena.store(std::span<const std::byte>(bytes))}));
  }

  // What the match read of an operator: with what rules before have folded into it.
  TensorId edited(OperatorId op, std::uint32_t slot, TensorId tensor) {
    const graph::Edit* edit = view_.plan().edit(op, slot);
    if (!edit || !view_.constant(tensor)) return read_left(tensor);
    Scaled before{tensor, {}};
    const auto linear = view_.linear(op);
    for (const graph::Factor& factor : edit->factors)
      if (factor.folded) before.factors.push_back({op, linear && factor.axes == linear->out_axes, factor.values});
    if (before.factors.empty()) return read_left(tensor);
    return weight(before, fmt::format("e{}.{}", op, slot));
  }

  TensorId weight(const Scaled& scaled, const std::string& name) {
    graph::Literal literal = *view_.constant(scaled.constant);
    if (values_ && !scaled.factors.empty()) {
      Match none;
      const Formulas formulas = plain(none);
      Numbers numbers = formulas.numbers_of(scaled);
      numbers.dtype = literal.dtype;
      const auto bytes = bytes_of(numbers);
      literal.bytes = builder_.arena().store(std::span<const std::byte>(bytes));
      literal.layout = nullptr;
    }
    const TensorId id = builder_.tensor(name);
    constant(id, literal);
    return id;
  }

  Formulas plain(Match& none) const {
    static const dsl::Rule kRule = [] {
      dsl::Rule rule;
      rule.pattern.emplace();
      return rule;
    }();
    return {kRule, {}, view_, none};
  }

  TensorId read_left(TensorId tensor) {
    if (tensor != kNone && found_by(match_, view_, tensor)) return builder_.tensor(fmt::format("l{}", tensor));
    return read(tensor);
  }

  std::span<const graph::Attribute> kept(std::span<const graph::Attribute> attributes) {
    return builder_.arena().store(attributes);
  }

  void left(OperatorId op) {
    const graph::Operator& info = network_.op(op);
    std::vector<TensorId> inputs, outputs;
    for (std::uint32_t slot = 0; slot < info.inputs.size(); ++slot)
      inputs.push_back(info.inputs[slot] == kNone ? kNone : edited(op, slot, info.inputs[slot]));
    for (const TensorId output : info.outputs) {
      outputs.push_back(output == kNone ? kNone : builder_.tensor(fmt::format("l{}", output)));
      if (output != kNone) out_.left_tensors.push_back(outputs.back());
    }
    builder_.add(network_.type_name(info.type), fmt::format("left{}", op), inputs, outputs, kept(info.attributes));
  }

  void right_tensor(std::uint32_t index) {
    const TensorId id = builder_.tensor(fmt::format("r{}", index));
    right_.push_back(id);
    out_.right_tensors.push_back(id);
    if (replacement_.tensors[index].again == kNone) out_.made.emplace_back(index, id);
  }

  TensorId source(const Source& each, const MadeOperator* op) {
    switch (each.form) {
      case Source::Form::absent:
        return kNone;
      case Source::Form::tensor:
        return read(each.tensor);
      case Source::Form::made:
        return right_[each.index];
      case Source::Form::kept:
        return weight(*op->weight, fmt::format("w{}", op->again));
      case Source::Form::constant:
        break;
    }
    const MadeConstant& made = replacement_.constants[each.index];
    const std::string name = fmt::format("k{}", each.index);
    if (const auto known = builder_.find(name)) return *known;
    const TensorId id = builder_.tensor(name);
    graph::Arena& arena = builder_.arena();
    const auto bytes = bytes_of(made.value);
    builder_.constant(id, arena.keep(graph::Literal{made.value.dtype, stored(made.value.shape),
                                                    arena.store(std::span<const std::byte>(bytes))}));
    return id;
  }

  void right(const MadeOperator& op, std::size_t index) {
    std::vector<TensorId> inputs, outputs;
    for (const Source& each : op.inputs) inputs.push_back(source(each, &op));
    for (const std::uint32_t output : op.outputs) outputs.push_back(output == kNone ? kNone : right_[output]);
    builder_.add(op.type, fmt::format("right{}", index), inputs, outputs, kept(op.attributes));
  }

  void name_results() {
    const auto add = [&](TensorId tensor, TensorId right) {
      const TensorId left = builder_.tensor(fmt::format("l{}", tensor));
      out_.results.push_back({tensor, left, right});
      builder_.output(left);
      builder_.output(right);
    };
    for (std::size_t i = 0; i < replacement_.tensors.size(); ++i)
      if (const TensorId again = replacement_.tensors[i].again; again != kNone && found_by(match_, view_, again))
        add(again, right_[i]);
    for (const Replacement::Alias& each : replacement_.aliases) add(each.result, source(each.from, nullptr));
  }

  const View& view_;
  const graph::Network& network_;
  const Match& match_;
  const Replacement& replacement_;
  bool values_;
  graph::NetworkBuilder builder_;
  std::map<TensorId, TensorId> outside_;
  std::vector<TensorId> right_;
  Pair out_;
};

}  // namespace

std::vector<Outside> outside_of(const View& view, const Match& match, const Replacement& replacement) {
  std::vector<Outside> out;
  const auto add = [&](TensorId tensor) {
    if (tensor == kNone || view.constant(tensor) || found_by(match, view, tensor)) return;
    if (std::any_of(out.begin(), out.end(), [&](const Outside& each) { return each.tensor == tensor; })) return;
    const graph::Tensor& info = view.network().tensor(tensor);
    const bool known = info.shape.known() && !info.shape.any_front();
    out.push_back(
        {tensor, known ? Dims(info.shape.dims().begin(), info.shape.dims().end()) : Dims(), known, info.dtype});
  };
  for (const OperatorId op : match.ops)
    for (const TensorId input : view.network().op(op).inputs) add(input);
  for (const MadeOperator& op : replacement.operators)
    for (const Source& each : op.inputs)
      if (each.form == Source::Form::tensor) add(each.tensor);
  for (const Replacement::Alias& each : replacement.aliases)
    if (each.from.form == Source::Form::tensor) add(each.from.tensor);
  return out;
}

Pair pair_of(const View& view, const Match& match, const Replacement& replacement, std::span<const Outside> outside,
             bool values) {
  return PairBuilder(view, match, replacement, outside, values).build();
}

namespace {

enum class Kept : std::uint8_t { yes, no, open };

// Whether a result is known to have kept shape and type; `why`: it has not.
Kept kept(const View& view, const Pair& pair, const Pair::Result& each, std::string& why) {
  const graph::Tensor &left = pair.network.tensor(each.left), &right = pair.network.tensor(each.right);
  const std::string_view name = view.network().tensor(each.tensor).name;
  if (left.dtype == graph::DType::undefined || right.dtype == graph::DType::undefined) {
    why = fmt::format("the element type of '{}' cannot be told", name);
    return Kept::open;
  }
  if (left.dtype != right.dtype) {
    why = fmt::format("'{}' would be {} and not {}", name, graph::name(right.dtype), graph::name(left.dtype));
    return Kept::no;
  }
  const bool known = left.shape.known() && right.shape.known() && !left.shape.any_front() && !right.shape.any_front();
  if (known && left.shape == right.shape) return Kept::yes;
  bool differ = known && left.shape.rank() != right.shape.rank();
  for (int i = 0; known && !differ && i < left.shape.rank(); ++i)
    differ = left.shape[i] >= 0 && right.shape[i] >= 0 && left.shape[i] != right.shape[i];
  if (!differ) return Kept::open;
  why = fmt::format("'{}' would have the shape {} and not {}", name, to_string(right.shape), to_string(left.shape));
  return Kept::no;
}

}  // namespace

std::vector<Outside> with_known_shapes(std::vector<Outside> outside, unsigned draw) {
  constexpr std::int64_t kSizes[] = {16, 23, 9, 12};
  std::map<std::int64_t, std::int64_t> sizes;  // by symbol
  for (Outside& each : outside) {
    if (!each.known) each.shape.assign(4 - draw % 4, graph::kUnknown);
    each.known = true;
    if (each.dtype == graph::DType::undefined) each.dtype = graph::DType::float32;
    for (std::int64_t& dim : each.shape) {
      if (dim >= 0) continue;
      const std::int64_t fresh = kSizes[draw % 4] + static_cast<std::int64_t>(sizes.size());
      dim = dim == graph::kUnknown ? kSizes[draw % 4] : sizes.emplace(dim, fresh).first->second;
    }
  }
  return outside;
}

std::string changed_result(const View& view, const Match& match, const Replacement& replacement,
                           std::span<const Outside> outside, const Pair& pair) {
  std::string why;
  bool open = false;
  for (const Pair::Result& each : pair.results) {
    const Kept now = kept(view, pair, each, why);
    if (now == Kept::no && !(view.network().tensor(each.tensor).dtype == graph::DType::undefined)) return why;
    open = open || now != Kept::yes;
  }
  if (!open) return {};
  bool some = false;
  std::string reason = "the shape of what it gives cannot be told";
  for (unsigned draw = 0; draw < 4; ++draw) {
    try {
      const auto known = with_known_shapes({outside.begin(), outside.end()}, draw);
      const Pair tried = pair_of(view, match, replacement, known, false);
      bool told = true;
      for (const Pair::Result& each : tried.results) {
        const Kept now = kept(view, tried, each, why);
        if (now == Kept::no) return why;
        told = told && now == Kept::yes;
      }
      some = some || told;
    } catch (const NoValue& error) {
      reason = error.what();
    }
  }
  return some ? "" : reason;
}

}  // namespace rw::patterns
