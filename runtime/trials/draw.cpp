#include "runtime/trials/draw.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <optional>

#include "graph/base/error.hpp"
#include "graph/operators/infer.hpp"
#include "graph/operators/schema.hpp"
#include "runtime/settings/settings.hpp"
#include "runtime/trials/draw_settings.hpp"
#include "runtime/trials/ledger.hpp"

namespace rw::trials {
namespace {

using dsl::NameId;
using patterns::NoValue;
using patterns::Value;

constexpr std::array<std::int64_t, 7> kOpsets = {17, 13, 11, 18, 20, 9, 24};
constexpr std::size_t kMaxElements = 4096;  // of a tensor

class Drawer {
 public:
  Drawer(const dsl::Rule& rule, std::span<const double> params, std::span<const dsl::LawBinding> laws, Choices& choices)
      : pattern_(*rule.pattern),
        params_(params),
        laws_(laws),
        choices_(choices),
        bounds_(bounds_of(*rule.pattern, params)) {
    made_by_.assign(pattern_.names.size(), {SIZE_MAX, 0});
    for (std::size_t i = 0; i < pattern_.lines.size(); ++i)
      for (std::size_t k = 0; k < pattern_.lines[i].outputs.size(); ++k)
        if (const NameId name = pattern_.lines[i].outputs[k].name; name != dsl::kNoName) made_by_[name] = {i, k};
    done_.assign(pattern_.lines.size(), false);
    casts_ = std::any_of(pattern_.calls.begin(), pattern_.calls.end(), [](const dsl::Call& call) {
      return std::any_of(call.terms.begin(), call.terms.end(), [](const dsl::Term& term) { return term.op == "Cast"; });
    });
    all_whole_ = std::all_of(pattern_.calls.begin(), pattern_.calls.end(), [](const dsl::Call& call) {
      return std::all_of(call.terms.begin(), call.terms.end(),
                         [](const dsl::Term& term) { return takes_whole(term.op); });
    });
    names_types_ =
        casts_ || std::any_of(pattern_.exprs.begin(), pattern_.exprs.end(), [](const dsl::PatternExpr& each) {
          return each.op == dsl::PatternOp::field && each.text == "dtype";
        });
  }

  // Shapes that conditions ask of constants, so that they are met more often: `product(e.shape) == 1` one number,
  // `gain.shape == x.shape[-1:]` and `c.rank == 1` the last axis.
  void note_wishes() {
    for (const dsl::PatternExpr& each : pattern_.exprs) {
      if (each.op != dsl::PatternOp::equal) continue;
      const dsl::PatternExpr& left = pattern_.exprs[each.operands[0]];
      const dsl::PatternExpr& right = pattern_.exprs[each.operands[1]];
      if (left.op == dsl::PatternOp::call && left.text == "product" && right.op == dsl::PatternOp::number)
        if (const auto name = owner(pattern_.exprs[left.operands[0]], "shape")) wishes_[*name] = Wish::single;
      if (const auto name = owner(left, "shape"); name && right.op == dsl::PatternOp::slice)
        wishes_[*name] = Wish::last;
      if (const auto name = owner(left, "rank"); name && right.op == dsl::PatternOp::number && right.number <= 1)
        wishes_[*name] = right.number == 0 ? Wish::single : Wish::last;
    }
    for (const dsl::PatternExpr& each : pattern_.exprs) {
      if (each.op != dsl::PatternOp::equal) continue;
      const auto a = owner(pattern_.exprs[each.operands[0]], "shape"),
                 b = owner(pattern_.exprs[each.operands[1]], "shape");
      if (a && b && wishes_.count(*b) != 0) wishes_.emplace(*a, wishes_.at(*b));
    }
  }

  // The constant of which this is a field.
  std::optional<NameId> owner(const dsl::PatternExpr& expr, std::string_view field) const {
    if (expr.op != dsl::PatternOp::field || expr.text != field) return std::nullopt;
    const NameId name = pattern_.exprs[expr.operands[0]].index;
    return pattern_.names[name].sort == dsl::NameSort::constant ? std::optional(name) : std::nullopt;
  }

  Instance draw() {
    note_wishes();
    out_.opset = usual_opset();
    if (choices_.percent(25)) out_.opset = kOpsets[choices_.below(kOpsets.size())];
    for (std::size_t i = 0; i < pattern_.lines.size(); ++i) line(i);
    note_outputs();
    return std::move(out_);
  }

 private:
  static dsl::OperatorSets sets_of(std::string_view op) {
    const graph::OperatorSchema* schema = graph::domain_of(op).empty() ? graph::find_schema(op) : nullptr;
    if (!schema) return {1, graph::kNewestOperatorSet};
    return {schema->since(), schema->until == 0 ? graph::kNewestOperatorSet : schema->until};
  }

  // The one in which what the rule looks for and what it puts in is there.
  std::int64_t usual_opset() const {
    dsl::OperatorSets all{kOpsets[0], graph::kNewestOperatorSet};
    for (const dsl::MadeCall& made : pattern_.made) all.since = std::max(all.since, sets_of(made.op).since);
    for (const dsl::Call& call : pattern_.calls) {
      const std::vector<std::string> ops = operators_of(call);
      if (ops.empty()) continue;
      dsl::OperatorSets any{graph::kNewestOperatorSet, 1};
      for (const std::string& op : ops) {
        any.since = std::min(any.since, sets_of(op).since);
        any.until = std::max(any.until, sets_of(op).until);
      }
      all.since = std::max(all.since, any.since);
      all.until = std::min(all.until, any.until);
    }
    return std::min(all.since, all.until);
  }

  // Operators that the evaluator runs on whole numbers, too.
  static bool takes_whole(std::string_view op) {
    static constexpr std::array<std::string_view, 26> kOps = {
        "Abs",      "Add",     "Cast", "Concat", "Dropout",   "Equal",     "Expand", "Flatten", "Gather",
        "Identity", "Max",     "Min",  "Mul",    "Neg",       "Pad",       "Relu",   "Reshape", "Slice",
        "Split",    "Squeeze", "Sub",  "Tile",   "Transpose", "Unsqueeze", "Where",  "Clip"};
    return std::find(kOps.begin(), kOps.end(), op) != kOps.end();
  }

  std::string fresh(std::string_view base) { return fmt::format("{}{}", base, ++count_); }

  // ---- lines and calls

  void line(std::size_t index) {
    if (done_[index]) return;
    done_[index] = true;
    const dsl::MatchLine& line = pattern_.lines[index];
    const dsl::Alternative& chosen = choose(line.alternatives);
    std::vector<std::string> outputs;
    for (const dsl::Output& output : line.outputs) {
      if (output.form == dsl::Output::Form::rest) {
        for (std::uint32_t more = 2 + choices_.below(2); more-- > 0;) {
          outputs.push_back(fresh("t"));
          rests_[output.name].push_back(outputs.back());
        }
      } else if (output.form == dsl::Output::Form::anything) {
        outputs.push_back(fresh("t"));
      } else {
        outputs.push_back(pattern_.names[output.name].name);
      }
    }
    if (chosen.call == dsl::kNoCall) {
      tensors_[line.outputs[0].name] = leaf(chosen.tensor, "");
      return;
    }
    call(chosen.call, outputs);
    for (std::size_t k = 0; k < line.outputs.size(); ++k)
      if (line.outputs[k].form == dsl::Output::Form::tensor) tensors_[line.outputs[k].name] = outputs[k];
  }

  const dsl::Alternative& choose(const std::vector<dsl::Alternative>& all) {
    return all[all.size() > 1 ? choices_.below(static_cast<std::uint32_t>(all.size())) : 0];
  }

  std::vector<std::string> operators_of(const dsl::Call& call) const {
    std::vector<std::string> ops;
    for (const dsl::Term& term : call.terms) {
      if (term.law == dsl::kNoLaw) {
        ops.push_back(term.op);
        continue;
      }
      for (const dsl::LawBinding& each : laws_)
        if (each.law == term.law && graph::find_form(each.op)) ops.push_back(each.op);
    }
    return ops;
  }

  std::string choose_op(const dsl::Call& call) {
    std::vector<std::string> ops = operators_of(call);
    std::erase_if(ops, [&](const std::string& op) { return !sets_of(op).has(out_.opset); });
    if (ops.empty()) throw NoValue("no such operator is there");
    return ops[ops.size() > 1 ? choices_.below(static_cast<std::uint32_t>(ops.size())) : 0];
  }

  // The places of operands, in the order in which they are drawn: what comes from operators first.
  struct Place {
    const dsl::Operand* operand;
    std::uint32_t slot;
  };

  void call(dsl::CallId id, const std::vector<std::string>& outputs) {
    if (++calls_ > 64) throw NoValue("the pattern is too large to draw");
    const dsl::Call& call = pattern_.calls[id];
    InstanceOp op;
    op.type = choose_op(call);
    op.name = outputs[0];
    op.outputs = outputs;
    const std::string& type = types_.emplace_back(op.type);
    DrawnCall drawn{type, {}, {}, out_.opset, outputs.size(), bounds_};
    const auto slots =
        call.by_law ? std::vector<std::uint32_t>{0, 1, 2} : patterns::operand_slots(op.type, call.operands.size() + 8);
    std::vector<Place> places;
    for (std::size_t i = 0; i < call.operands.size(); ++i) {
      if (call.by_law && i == 2 && (type == "MatMul")) {
        if (!call.operands[i].otherwise) throw NoValue("it takes no bias");
        continue;
      }
      places.push_back({&call.operands[i], slots[i]});
    }
    const auto first =
        std::find_if(places.begin(), places.end(), [](const Place& each) { return from_operator(*each.operand); });
    if (first != places.end())
      activation(op, drawn, *first);
    else
      drawn.inputs.push_back({"", draw_shape(type, sizes_, choices_), dtype(), false, {}});
    std::vector<std::pair<std::string, Value>> settings = draw_settings(call, drawn);
    for (const Place& each : places)
      if (first == places.end() || &each != &*first)
        from_operator(*each.operand) ? activation(op, drawn, each) : constant(op, drawn, each);
    give_settings(op, settings);
    while (!op.inputs.empty() && op.inputs.back().empty()) op.inputs.pop_back();
    out_.ops.push_back(std::move(op));
    infer();
  }

  static bool from_operator(const dsl::Operand& operand) {
    using Form = dsl::Operand::Form;
    return operand.form == Form::tensor || operand.form == Form::made || operand.form == Form::rest;
  }

  void put(InstanceOp& op, std::uint32_t slot, std::string tensor) {
    if (op.inputs.size() <= slot) op.inputs.resize(slot + 1);
    op.inputs[slot] = std::move(tensor);
  }

  // ---- operands

  void activation(InstanceOp& op, DrawnCall& drawn, const Place& place) {
    const dsl::Operand& operand = *place.operand;
    if (operand.form == dsl::Operand::Form::rest) return rest(op, drawn, place);
    std::string name;
    if (operand.form == dsl::Operand::Form::made) {
      const dsl::Alternative& chosen = choose(operand.alternatives);
      if (chosen.call == dsl::kNoCall) {
        name = leaf(chosen.tensor, drawn.op, drawn);
      } else {
        const NameId own = pattern_.calls[chosen.call].op;
        name = own != dsl::kNoName ? pattern_.names[own].name : fresh("t");
        call(chosen.call, {name});
      }
    } else {
      if (operand.otherwise && choices_.percent(40)) return;
      name = leaf(operand.name, drawn.op, drawn, place.slot);
    }
    put(op, place.slot, name);
    if (drawn.inputs.empty())
      drawn.inputs.push_back(shape_of(name));
    else {
      if (drawn.inputs.size() <= place.slot) drawn.inputs.resize(place.slot + 1);
      drawn.inputs[std::max<std::size_t>(1, place.slot)] = shape_of(name);
    }
  }

  void rest(InstanceOp& op, DrawnCall& drawn, const Place& place) {
    const dsl::Operand& operand = *place.operand;
    std::uint32_t slot = place.slot;
    if (operand.name != dsl::kNoName && made_by_[operand.name].first != SIZE_MAX) {
      line(made_by_[operand.name].first);
      for (const std::string& each : rests_[operand.name]) {
        put(op, slot++, each);
        if (drawn.inputs.empty()) drawn.inputs.push_back(shape_of(each));
      }
      return;
    }
    for (std::uint32_t more = choices_.below(3) + (drawn.inputs.empty() ? 1 : 0); more-- > 0;) {
      const std::string name = fresh("x");
      if (const auto form = drawn.inputs.empty() || slot == 0 ? std::nullopt : draw_constant(drawn, slot, choices_)) {
        InstanceTensor tensor{name, form->shape, dtype(), true, form->values};
        if (form->whole) tensor.dtype = drawn.op == "Dropout" ? graph::DType::boolean : graph::DType::int64;
        if (tensor.values.empty()) fill(tensor, form->positive);
        out_.tensors.push_back(std::move(tensor));
        put(op, slot++, name);
        continue;
      }
      out_.tensors.push_back({name,
                              drawn.inputs.empty() ? draw_shape(drawn.op, sizes_, choices_) : drawn.inputs[0].shape,
                              dtype(),
                              false,
                              {}});
      put(op, slot++, name);
      if (operand.name != dsl::kNoName) rests_[operand.name].push_back(name);
      if (drawn.inputs.empty()) drawn.inputs.push_back(out_.tensors.back());
    }
  }

  const InstanceTensor& shape_of(const std::string& name) {
    if (const InstanceTensor* own = out_.find(name)) return *own;
    const auto found = computed_.find(name);
    if (found == computed_.end()) throw NoValue("a shape is not known");
    return found->second;
  }

  std::string leaf(NameId name, std::string_view op) {
    return leaf(name, op, DrawnCall{op, {}, {}, out_.opset, 1, bounds_});
  }

  std::string leaf(NameId name, std::string_view op, const DrawnCall& drawn, std::uint32_t slot = 0) {
    if (const auto known = tensors_.find(name); known != tensors_.end()) return known->second;
    if (made_by_[name].first != SIZE_MAX && !done_[made_by_[name].first]) {
      line(made_by_[name].first);
      return tensors_.at(name);
    }
    std::vector<std::string> others;
    for (const InstanceTensor& each : out_.tensors)
      if (!each.constant) others.push_back(each.name);
    if (!others.empty() && choices_.percent(12))
      return tensors_[name] = others[choices_.below(static_cast<std::uint32_t>(others.size()))];
    InstanceTensor tensor{pattern_.names[name].name, {}, dtype(), false, {}};
    const auto form = drawn.inputs.empty() || slot == 0 ? std::nullopt : draw_constant(drawn, slot, choices_);
    tensor.shape = form ? form->shape : drawn.inputs.empty() ? draw_shape(op, sizes_, choices_) : beside(drawn);
    if (!drawn.inputs.empty()) tensor.dtype = drawn.inputs[0].dtype;
    if (choices_.percent(8)) {
      tensor.constant = true;
      fill(tensor, false);
    }
    check(tensor);
    out_.tensors.push_back(tensor);
    return tensors_[name] = tensor.name;
  }

  // The shape of a further activation.
  Dims beside(const DrawnCall& drawn) {
    const Dims& first = drawn.inputs[0].shape;
    if (drawn.op == "MatMul" || drawn.op == "Gemm") {
      if (first.empty()) return {1};
      if (choices_.percent(20)) return {first.back()};
      Dims out = first;
      if (out.size() < 2) out.insert(out.begin(), 1);
      out[out.size() - 2] = first.back();
      out.back() = 1 + choices_.below(4);
      return out;
    }
    if (drawn.op == "Concat" || choices_.percent(60)) return first;
    return draw_broadcast(first, choices_);
  }

  graph::DType dtype() {
    static constexpr std::array<graph::DType, 7> kTypes = {
        graph::DType::float32, graph::DType::int64, graph::DType::int32,  graph::DType::float16,
        graph::DType::boolean, graph::DType::uint8, graph::DType::float64};
    if (!types_drawn_) {
      types_drawn_ = true;
      const std::uint32_t share = casts_ ? 60 : !all_whole_ ? 0 : names_types_ ? 40 : 6;
      dtype_ = kTypes[choices_.percent(share) ? choices_.below(7) : 0];
    }
    return dtype_;
  }

  void check(const InstanceTensor& tensor) {
    std::size_t all = 1;
    for (const std::int64_t dim : tensor.shape) all *= static_cast<std::size_t>(dim);
    if (all > kMaxElements) throw NoValue("too large");
  }

  void fill(InstanceTensor& tensor, bool positive) {
    check(tensor);
    std::size_t all = 1;
    for (const std::int64_t dim : tensor.shape) all *= static_cast<std::size_t>(dim);
    const std::uint32_t kind = choices_.below(6);  // 0: all 1; 1: all 0
    const bool whole = !graph::floating(tensor.dtype);
    for (std::size_t i = 0; i < all; ++i) {
      const double drawn = static_cast<double>(choices_.below(41)) / 10 - 2;
      double value = kind == 0 ? 1 : kind == 1 && !positive ? 0 : drawn;
      if (positive) value = std::fabs(value) + 0.5;
      if (whole) value = std::round(std::fabs(value));
      if (tensor.dtype == graph::DType::boolean) value = value != 0 ? 1 : 0;
      tensor.values.push_back(value);
    }
  }

  void constant(InstanceOp& op, DrawnCall& drawn, const Place& place) {
    using Form = dsl::Operand::Form;
    const dsl::Operand& operand = *place.operand;
    if (operand.form == Form::absent) return;
    if (operand.form == Form::anything && choices_.percent(50)) return;
    if (operand.otherwise && choices_.percent(40)) return;
    if (operand.form == Form::constant) {
      if (const auto known = tensors_.find(operand.name); known != tensors_.end())
        return put(op, place.slot, known->second);
    }
    InstanceTensor tensor{operand.form == Form::constant ? pattern_.names[operand.name].name : fresh("k"),
                          {},
                          graph::DType::float32,
                          true,
                          {}};
    if (drawn.inputs.empty()) drawn.inputs.push_back({"", draw_shape(drawn.op, sizes_, choices_), dtype(), false, {}});
    tensor.dtype = drawn.inputs[0].dtype;
    const auto form = draw_constant(drawn, place.slot, choices_);
    const bool plain = !form && operand.form == Form::number && choices_.percent(60);
    tensor.shape = form ? form->shape : plain ? Dims() : wished(operand, drawn.inputs[0].shape);
    if (form && form->whole) tensor.dtype = graph::DType::int64;
    if (form && !form->values.empty())
      tensor.values = form->values;
    else if (operand.form == Form::number)
      fill_with(tensor, operand.number);
    else
      fill(tensor, form && form->positive);
    if (operand.form == Form::constant) tensors_[operand.name] = tensor.name;
    put(op, place.slot, tensor.name);
    if (drawn.inputs.size() <= place.slot) drawn.inputs.resize(place.slot + 1);
    if (place.slot > 0) drawn.inputs[place.slot] = tensor;
    out_.tensors.push_back(std::move(tensor));
  }

  Dims wished(const dsl::Operand& operand, const Dims& beside) {
    const auto wish = operand.name == dsl::kNoName ? wishes_.end() : wishes_.find(operand.name);
    if (wish == wishes_.end() || choices_.percent(10)) return draw_broadcast(beside, choices_);
    if (wish->second == Wish::single || beside.empty()) return choices_.percent(30) ? Dims{1} : Dims{};
    return {beside.back()};
  }

  void fill_with(InstanceTensor& tensor, double value) {
    check(tensor);
    std::size_t all = 1;
    for (const std::int64_t dim : tensor.shape) all *= static_cast<std::size_t>(dim);
    tensor.values.assign(all, value);
    if (!graph::floating(tensor.dtype) && value != std::round(value)) throw NoValue("no whole number");
  }

  // ---- settings

  // Of a formula without names.
  std::optional<Value> literal(dsl::PatternExprId id) {
    const dsl::PatternExpr& expr = pattern_.exprs[id];
    switch (expr.op) {
      case dsl::PatternOp::number:
        return patterns::number(expr.number);
      case dsl::PatternOp::text:
        return expr.text;
      case dsl::PatternOp::parameter:
        return patterns::number(params_[expr.index]);
      case dsl::PatternOp::negate: {
        const auto inner = literal(expr.operands[0]);
        return inner ? std::optional(patterns::number(-patterns::number_of(*inner))) : std::nullopt;
      }
      case dsl::PatternOp::list: {
        patterns::List list;
        for (const dsl::PatternExprId each : expr.operands) {
          const auto item = literal(each);
          if (!item) return std::nullopt;
          list.items.push_back({patterns::number_of(*item), 0});
        }
        return list;
      }
      default:
        return std::nullopt;
    }
  }

  std::vector<std::pair<std::string, Value>> draw_settings(const dsl::Call& call, DrawnCall& drawn) {
    std::vector<std::pair<std::string, Value>> out;
    if (drawn.inputs.empty()) return mentioned_alone(call);
    const auto note = [&](std::string_view setting, std::optional<Value> value) {
      if (!value) return;
      if (std::holds_alternative<patterns::Element>(*value))
        drawn.said.emplace_back(setting, patterns::number_of(*value));
      out.emplace_back(std::string(setting), *value);
    };
    for (const dsl::Setting& each : call.settings) {
      if (each.form == dsl::Setting::Form::value) {
        auto value = literal(each.expr);
        const bool named = pattern_.exprs[each.expr].op == dsl::PatternOp::name;
        const NameId name = named ? pattern_.exprs[each.expr].index : dsl::kNoName;
        if (named && bound_.count(name) != 0) value = bound_.at(name);
        if (!value) value = draw_setting(drawn, each.setting, choices_);
        if (named && value) bound_.insert_or_assign(name, *value);
        note(each.setting, std::move(value));
        continue;
      }
      if (each.form == dsl::Setting::Form::bind && each.otherwise && choices_.percent(30)) continue;
      if (choices_.percent(15)) continue;  // its default
      const auto before = settings_.find(each.setting);
      const bool again = before != settings_.end() && choices_.percent(65);
      std::optional<Value> value = again ? std::optional(before->second) : draw_setting(drawn, each.setting, choices_);
      if (each.form == dsl::Setting::Form::bind && bound_.count(each.name) != 0) value = bound_.at(each.name);
      if (value) settings_.insert_or_assign(each.setting, *value);
      if (value && each.form == dsl::Setting::Form::bind) bound_.insert_or_assign(each.name, *value);
      note(each.setting, std::move(value));
    }
    for (const std::string_view setting : settings_of(drawn.op)) {
      if (std::any_of(call.settings.begin(), call.settings.end(),
                      [&](const auto& each) { return each.setting == setting; }))
        continue;
      const bool needed = setting == "kernel_shape" || setting == "shape" || setting == "starts" || setting == "ends" ||
                          setting == "to" || (setting == "pads" && drawn.op == "Pad") ||
                          (setting == "axis" && drawn.op == "Concat") || (setting == "axes" && drawn.op == "Unsqueeze");
      if (needed || choices_.percent(25)) note(setting, draw_setting(drawn, setting, choices_));
    }
    return out;
  }

  std::vector<std::pair<std::string, Value>> mentioned_alone(const dsl::Call& call) {
    std::vector<std::pair<std::string, Value>> out;
    for (const dsl::Setting& each : call.settings)
      if (each.form == dsl::Setting::Form::value)
        if (auto value = literal(each.expr)) out.emplace_back(each.setting, *value);
    return out;
  }

  void give_settings(InstanceOp& op, const std::vector<std::pair<std::string, Value>>& settings) {
    for (const auto& [setting, value] : settings) {
      const auto written = patterns::write_setting(op.type, setting, value, out_.opset, *out_.arena);
      if (!written.slot) {
        op.attributes.push_back({out_.arena->store(std::string_view(setting)), written.attribute});
        continue;
      }
      InstanceTensor tensor{fresh("k"), written.constant.shape, written.constant.dtype, true, written.constant.values};
      if (tensor.dtype == graph::DType::undefined) tensor.dtype = dtype();
      put(op, *written.slot, tensor.name);
      out_.tensors.push_back(std::move(tensor));
    }
  }

  // ---- shapes

  void infer() {
    Instance so_far = out_;
    so_far.outputs.clear();
    for (const InstanceOp& op : out_.ops)
      for (const std::string& output : op.outputs) so_far.outputs.push_back(output);
    try {
      graph::Network network = network_of(so_far);
      graph::infer_shapes(network, graph::Forms(network));
      for (const std::string& output : out_.ops.back().outputs) {
        const graph::Tensor& tensor = network.tensor(*network.find(output));
        const auto dims = tensor.shape.known() ? tensor.shape.dims() : std::span<const std::int64_t>();
        if (!tensor.shape.known() || std::any_of(dims.begin(), dims.end(), [](std::int64_t dim) { return dim < 0; }))
          throw NoValue("a shape does not follow");
        if (tensor.dtype == graph::DType::undefined) throw NoValue("a type does not follow");
        InstanceTensor known{output, Dims(dims.begin(), dims.end()), tensor.dtype, false, {}};
        check(known);
        computed_[output] = std::move(known);
      }
    } catch (const graph::Error& error) {
      throw NoValue(error.message);
    }
  }

  void note_outputs() {
    std::vector<std::string> read;
    for (const InstanceOp& op : out_.ops) read.insert(read.end(), op.inputs.begin(), op.inputs.end());
    for (const InstanceOp& op : out_.ops)
      for (const std::string& output : op.outputs)
        if (std::find(read.begin(), read.end(), output) == read.end()) out_.outputs.push_back(output);
    if (out_.outputs.empty()) throw NoValue("it has no output");
  }

  enum class Wish : std::uint8_t { single, last };

  const dsl::Pattern& pattern_;
  std::span<const double> params_;
  std::span<const dsl::LawBinding> laws_;
  Choices& choices_;
  std::map<NameId, Wish> wishes_;
  std::vector<double> bounds_;
  Instance out_;
  std::vector<std::pair<std::size_t, std::size_t>> made_by_;
  std::vector<bool> done_;
  std::map<NameId, std::string> tensors_;
  std::map<NameId, std::vector<std::string>> rests_;
  std::map<std::string, InstanceTensor> computed_;
  std::map<NameId, Value> bound_;          // settings by the name that they are bound to
  std::map<std::string, Value> settings_;  // those that are bound, by what they are called: conditions compare them
  std::vector<std::int64_t> sizes_;
  std::deque<std::string> types_;
  bool casts_ = false, names_types_ = false, all_whole_ = false, types_drawn_ = false;
  graph::DType dtype_ = graph::DType::float32;
  int count_ = 0, calls_ = 0;
};

}  // namespace

Instance draw(const dsl::Rule& rule, std::span<const double> params, std::span<const dsl::LawBinding> laws,
              Choices& choices) {
  return Drawer(rule, params, laws, choices).draw();
}

}  // namespace rw::trials
