#include "runtime/settings/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "graph/operators/schema.hpp"
#include "graph/values/elements.hpp"

namespace rw::patterns {
namespace {

using graph::Node;
using Whole = std::vector<std::int64_t>;

// It never was an attribute, but goes with starts and ends.
constexpr graph::AttributeSchema kSteps = {
    .name = "steps", .kind = graph::AttributeKind::integers, .slot = 4, .input_since = 10};

// An attribute that became an input.
const graph::AttributeSchema* moved(std::string_view op, std::string_view setting) {
  const graph::OperatorSchema* schema = graph::find_schema(op);
  if (!schema) return nullptr;
  for (const graph::AttributeSchema& each : schema->attributes)
    if (each.name == setting && each.input_since > 0) return &each;
  return op == "Slice" && setting == kSteps.name ? &kSteps : nullptr;
}

// Inputs that only say how settings are to be read.
bool is_helper(std::string_view op, std::uint32_t slot) {
  return (op == "Pad" && slot == 3) || (op == "Slice" && slot == kSteps.slot);
}

std::int64_t opset_of(const Node& node) { return node.network().opset().value_or(INT64_MAX); }

std::int64_t rank_of(const Node& node) {
  const graph::Shape shape = node.shape(0);
  if (!shape.known() || shape.any_front()) throw NoValue("the shape of its input is not known");
  return shape.rank();
}

std::int64_t from_front(std::int64_t axis, std::int64_t rank) {
  const std::int64_t at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= std::max<std::int64_t>(rank, 1)) throw NoValue(fmt::format("it has axis {} of {}", axis, rank));
  return at;
}

Whole sorted_axes(Whole axes, std::int64_t rank) {
  for (std::int64_t& axis : axes) axis = from_front(axis, rank);
  std::sort(axes.begin(), axes.end());
  return axes;
}

// By attribute, or by the input that stands for it; nothing where it is neither.
std::optional<Whole> whole(const Node& node, std::string_view name) {
  if (auto own = node.integers(name)) return own;
  const graph::AttributeSchema* row = moved(node.network().type_of(node.id()), name);
  if (!row || !node.has(row->slot)) return std::nullopt;
  if (auto given = node.integers_of(row->slot)) return given;
  throw NoValue(fmt::format("its {} are computed", name));
}

Whole filled(const Node& node, std::string_view name, std::size_t size, std::int64_t with) {
  const auto own = node.integers(name);
  return own && !own->empty() ? *own : Whole(size, with);
}

// ---- windows: Conv, ConvTranspose and pools

std::size_t spatial(const Node& node) {
  const std::int64_t rank = rank_of(node);
  if (rank < 2) throw NoValue("its input has no spatial axes");
  return static_cast<std::size_t>(rank - 2);
}

Whole kernel_of(const Node& node) {
  if (const auto own = node.integers("kernel_shape"); own && !own->empty()) return *own;
  const graph::Shape weight = node.shape(1);
  if (!weight.known() || weight.rank() < 2) throw NoValue("its kernel_shape is not known");
  return {weight.dims().begin() + 2, weight.dims().end()};
}

Value kernel_shape(const Node& node) { return list_of(kernel_of(node)); }
Value strides(const Node& node) { return list_of(filled(node, "strides", spatial(node), 1)); }
Value dilations(const Node& node) { return list_of(filled(node, "dilations", spatial(node), 1)); }

Value window_pads(const Node& node) {
  const std::size_t axes = spatial(node);
  const std::string_view auto_pad = node.text("auto_pad", "NOTSET");
  if (auto_pad == "VALID") return whole_list(Whole(2 * axes, 0));
  if (auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER") return whole_list(filled(node, "pads", 2 * axes, 0));
  const Whole kernel = kernel_of(node), steps = filled(node, "strides", axes, 1),
              gaps = filled(node, "dilations", axes, 1);
  if (kernel.size() != axes || steps.size() != axes || gaps.size() != axes) throw NoValue("its settings do not fit");
  Whole pads(2 * axes, 0);
  for (std::size_t i = 0; i < axes; ++i) {
    const std::int64_t size = node.shape(0)[static_cast<int>(i) + 2];
    if (size < 0) throw NoValue("its pads depend on a size that is not known");
    const std::int64_t reach = (kernel[i] - 1) * gaps[i] + 1, out = (size + steps[i] - 1) / steps[i];
    const std::int64_t all = std::max<std::int64_t>(0, (out - 1) * steps[i] + reach - size);
    pads[i] = auto_pad == "SAME_UPPER" ? all / 2 : all - all / 2;
    pads[i + axes] = all - pads[i];
  }
  return whole_list(pads);
}

// ---- Pad

Value pads_of_pad(const Node& node) {
  const std::int64_t rank = rank_of(node);
  const auto given = whole(node, "pads");
  if (!given) throw NoValue("its pads are not known");
  if (!node.has(3)) return whole_list(*given);
  const auto axes = node.integers_of(3);
  if (!axes || given->size() != 2 * axes->size()) throw NoValue("its axes are computed");
  Whole all(static_cast<std::size_t>(2 * rank), 0);
  for (std::size_t i = 0; i < axes->size(); ++i) {
    const auto at = static_cast<std::size_t>(from_front((*axes)[i], rank));
    all[at] = (*given)[i];
    all[at + static_cast<std::size_t>(rank)] = (*given)[i + axes->size()];
  }
  return whole_list(all);
}

// ---- axes

Value axis_of_input(const Node& node) {
  return number(static_cast<double>(from_front(node.integer("axis"), rank_of(node))));
}

Value axis_of_softmax(const Node& node) {
  const std::int64_t otherwise = opset_of(node) < 13 ? 1 : -1;
  const std::int64_t axis = node.op().find("axis") ? node.integer("axis") : otherwise;
  return number(static_cast<double>(from_front(axis, rank_of(node))));
}

Value axis_of_flatten(const Node& node) {
  const std::int64_t rank = rank_of(node), axis = node.integer("axis", 1);
  return number(static_cast<double>(axis < 0 ? axis + rank : axis));
}

Value axis_of_output(const Node& node) {  // Concat, of which an input may have no known shape
  const graph::Shape shape = node.output_shape();
  if (!shape.known() || shape.any_front()) throw NoValue("the shape of its output is not known");
  return number(static_cast<double>(from_front(node.integer("axis"), shape.rank())));
}

Whole all_axes(std::int64_t rank) {
  Whole axes(static_cast<std::size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

Value axes_of_reduction(const Node& node) {
  const std::int64_t rank = rank_of(node);
  const auto own = whole(node, "axes");
  if (own && !own->empty()) return whole_list(sorted_axes(*own, rank));
  return whole_list(node.integer("noop_with_empty_axes") != 0 ? Whole() : all_axes(rank));
}

Value axes_of_squeeze(const Node& node) {
  const std::int64_t rank = rank_of(node);
  if (const auto own = whole(node, "axes"); own && !own->empty()) return whole_list(sorted_axes(*own, rank));
  Whole ones;
  for (int i = 0; i < rank; ++i) {
    if (node.shape(0)[i] < 0) throw NoValue("which axes it takes out is not known");
    if (node.shape(0)[i] == 1) ones.push_back(i);
  }
  return whole_list(ones);
}

Value axes_of_unsqueeze(const Node& node) {
  const auto own = whole(node, "axes");
  if (!own) throw NoValue("its axes are not known");
  return whole_list(sorted_axes(*own, rank_of(node) + static_cast<std::int64_t>(own->size())));
}

Value perm(const Node& node) {
  const std::int64_t rank = rank_of(node);
  if (const auto own = node.integers("perm"); own && !own->empty()) return whole_list(*own);
  Whole reversed = all_axes(rank);
  std::reverse(reversed.begin(), reversed.end());
  return whole_list(reversed);
}

// ---- Slice: starts, ends and steps for all axes; an end of -1 lies before the first element

struct Slices {
  List starts, ends, steps;
};

Slices slices(const Node& node) {
  const auto rank = static_cast<std::size_t>(rank_of(node));
  const auto starts = whole(node, "starts"), ends = whole(node, "ends");
  if (!starts || !ends || starts->size() != ends->size()) throw NoValue("its starts and ends are not known");
  const Whole axes = whole(node, "axes").value_or(all_axes(static_cast<std::int64_t>(starts->size())));
  const Whole steps = whole(node, "steps").value_or(Whole(starts->size(), 1));
  if (axes.size() != starts->size() || steps.size() != starts->size()) throw NoValue("its settings do not fit");
  Slices out;
  out.starts.items.assign(rank, Element{0, 0});
  out.steps.items.assign(rank, Element{1, 0});
  for (const std::int64_t dim : node.shape(0).dims()) out.ends.items.push_back(element_of(dim));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(from_front(axes[i], static_cast<std::int64_t>(rank)));
    const std::int64_t dim = node.shape(0)[static_cast<int>(axis)], step = steps[i];
    if (step == 0) throw NoValue("it has a step of 0");
    if ((*starts)[i] == 0 && step == 1 && (*ends)[i] >= graph::kWholeBound / 2) continue;  // the whole axis
    if (dim < 0) throw NoValue("it slices an axis whose size is not known");
    const auto within = [&](std::int64_t at) { return at < 0 ? at + dim : at; };
    const std::int64_t least = step < 0 ? -1 : 0, most = step < 0 ? dim - 1 : dim;
    const std::int64_t start = std::clamp(within((*starts)[i]), step < 0 ? 0 : least, most);
    std::int64_t end = std::clamp(within((*ends)[i]), least, most);
    if (step < 0 && (*ends)[i] < -dim) end = -1;
    out.starts.items[axis] = {static_cast<double>(start), 0};
    out.ends.items[axis] = {static_cast<double>(end), 0};
    out.steps.items[axis] = {static_cast<double>(step), 0};
  }
  return out;
}

Value starts(const Node& node) { return slices(node).starts; }
Value ends(const Node& node) { return slices(node).ends; }
Value steps(const Node& node) { return slices(node).steps; }

// ---- what follows from shapes

Value target_shape(const Node& node) {
  const graph::Shape out = node.output_shape();
  if (!out.known() || out.any_front()) throw NoValue("the shape of its output is not known");
  return list_of(Whole(out.dims().begin(), out.dims().end()));
}

Value split(const Node& node) {
  const graph::Shape in = node.shape(0);
  const auto axis = in.known() ? in.axis(node.integer("axis")) : std::nullopt;
  if (!axis) throw NoValue("the shape of its input is not known");
  List sizes;
  for (const graph::TensorId output : node.op().outputs) {
    const graph::Shape shape = output == graph::kNone ? graph::Shape() : node.network().tensor(output).shape;
    if (!shape.known() || shape.rank() <= *axis) throw NoValue("the shapes of its outputs are not known");
    sizes.items.push_back(element_of(shape[*axis]));
  }
  return sizes;
}

Value to_of_cast(const Node& node) {
  const auto dtype = graph::dtype_of_onnx(static_cast<int>(node.integer("to")));
  if (dtype) return std::string(name(*dtype));
  if (const std::string_view text = node.text("to"); !text.empty()) return std::string(text);
  throw NoValue("its type has no name here");
}

struct NormalRow {
  std::string_view op, setting;
  Value (*value)(const Node&);
};
constexpr NormalRow kNormal[] = {
    {"ArgMax", "axis", axis_of_input},
    {"ArgMin", "axis", axis_of_input},
    {"AveragePool", "dilations", dilations},
    {"AveragePool", "kernel_shape", kernel_shape},
    {"AveragePool", "pads", window_pads},
    {"AveragePool", "strides", strides},
    {"Cast", "to", to_of_cast},
    {"Concat", "axis", axis_of_output},
    {"Conv", "dilations", dilations},
    {"Conv", "kernel_shape", kernel_shape},
    {"Conv", "pads", window_pads},
    {"Conv", "strides", strides},
    {"ConvTranspose", "dilations", dilations},
    {"ConvTranspose", "kernel_shape", kernel_shape},
    {"ConvTranspose", "strides", strides},
    {"Flatten", "axis", axis_of_flatten},
    {"Gather", "axis", axis_of_input},
    {"GatherElements", "axis", axis_of_input},
    {"Hardmax", "axis", axis_of_softmax},
    {"LayerNormalization", "axis", axis_of_input},
    {"LogSoftmax", "axis", axis_of_softmax},
    {"LpPool", "dilations", dilations},
    {"LpPool", "kernel_shape", kernel_shape},
    {"LpPool", "pads", window_pads},
    {"LpPool", "strides", strides},
    {"MaxPool", "dilations", dilations},
    {"MaxPool", "kernel_shape", kernel_shape},
    {"MaxPool", "pads", window_pads},
    {"MaxPool", "strides", strides},
    {"Pad", "pads", pads_of_pad},
    {"ReduceL1", "axes", axes_of_reduction},
    {"ReduceL2", "axes", axes_of_reduction},
    {"ReduceLogSum", "axes", axes_of_reduction},
    {"ReduceLogSumExp", "axes", axes_of_reduction},
    {"ReduceMax", "axes", axes_of_reduction},
    {"ReduceMean", "axes", axes_of_reduction},
    {"ReduceMin", "axes", axes_of_reduction},
    {"ReduceProd", "axes", axes_of_reduction},
    {"ReduceSum", "axes", axes_of_reduction},
    {"ReduceSumSquare", "axes", axes_of_reduction},
    {"Reshape", "shape", target_shape},
    {"Slice", "ends", ends},
    {"Slice", "starts", starts},
    {"Slice", "steps", steps},
    {"Softmax", "axis", axis_of_softmax},
    {"Split", "axis", axis_of_input},
    {"Split", "split", split},
    {"Squeeze", "axes", axes_of_squeeze},
    {"Transpose", "perm", perm},
    {"Unsqueeze", "axes", axes_of_unsqueeze},
    {"com.microsoft::FusedConv", "dilations", dilations},
    {"com.microsoft::FusedConv", "kernel_shape", kernel_shape},
    {"com.microsoft::FusedConv", "pads", window_pads},
    {"com.microsoft::FusedConv", "strides", strides},
};

// ---- any other

Value value_of(const graph::AttributeValue& attribute, std::string_view name) {
  if (const auto* own = std::get_if<std::int64_t>(&attribute)) return number(static_cast<double>(*own));
  if (const auto* own = std::get_if<double>(&attribute)) return number(*own);
  if (const auto* own = std::get_if<std::string_view>(&attribute)) return std::string(*own);
  if (const auto* own = std::get_if<std::span<const std::int64_t>>(&attribute))
    return whole_list(Whole(own->begin(), own->end()));
  if (const auto* own = std::get_if<std::span<const double>>(&attribute)) {
    List list;
    for (const double each : *own) list.items.push_back({each, 0});
    return list;
  }
  throw NoValue(fmt::format("its {} cannot be read", name));
}

Value value_of_input(const Node& node, std::uint32_t slot, std::string_view name) {
  if (!node.is_constant(slot)) throw NoValue(fmt::format("its {} is computed", name));
  const graph::Literal& literal = *node.tensor(slot).constant;
  if (graph::count(literal) > 1024) throw NoValue(fmt::format("its {} is too long", name));
  const std::vector<double> values = graph::to_double(literal);
  if (literal.shape.rank() == 0 || (literal.shape.rank() == 1 && values.size() == 1 && graph::floating(literal.dtype)))
    return number(values.empty() ? 0 : values[0]);
  List list;
  for (const double each : values) list.items.push_back({each, 0});
  return list;
}

Value plain(const Node& node, std::string_view name) {
  if (const graph::AttributeValue* own = node.op().find(name)) return value_of(*own, name);
  const graph::AttributeSchema* row = moved(node.network().type_of(node.id()), name);
  if (row && node.has(row->slot)) return value_of_input(node, row->slot, name);
  if (row && name == "value") return number(0);  // of Pad
  for (const graph::AttributeRow& each : node.form().attributes) {
    if (each.name != name || row) continue;
    if (each.form == graph::AttributeForm::integer || each.form == graph::AttributeForm::number)
      return number(each.number);
    if (each.form == graph::AttributeForm::text) return std::string(each.text);
  }
  return Absent{};
}

}  // namespace

Value setting(const Node& node, std::string_view name) {
  const std::string_view op = node.network().type_of(node.id());
  for (const NormalRow& row : kNormal)
    if (row.op == op && row.setting == name) return row.value(node);
  return plain(node, name);
}

namespace {

bool is_setting_slot(std::string_view op, const graph::OperatorSchema* schema, std::uint32_t slot) {
  return schema && (is_helper(op, slot) || std::any_of(schema->attributes.begin(), schema->attributes.end(),
                                                       [&](const graph::AttributeSchema& each) {
                                                         return each.input_since > 0 && each.slot == slot;
                                                       }));
}

}  // namespace

std::vector<std::uint32_t> operand_slots(const Node& node) {
  const std::string_view op = node.network().type_of(node.id());
  const graph::OperatorSchema* schema = graph::find_schema(op);
  std::vector<std::uint32_t> slots;
  for (std::uint32_t slot = 0; slot < node.input_count(); ++slot)
    if (!is_setting_slot(op, schema, slot)) slots.push_back(slot);
  return slots;
}

std::vector<std::uint32_t> operand_slots(std::string_view op, std::size_t count) {
  const graph::OperatorSchema* schema = graph::find_schema(op);
  std::vector<std::uint32_t> slots;
  for (std::uint32_t slot = 0; slots.size() < count; ++slot)
    if (!is_setting_slot(op, schema, slot)) slots.push_back(slot);
  return slots;
}

std::optional<std::uint32_t> setting_slot(std::string_view op, std::string_view setting, std::int64_t opset) {
  const graph::AttributeSchema* row = moved(op, setting);
  return row && opset >= row->input_since ? std::optional(row->slot) : std::nullopt;
}

std::optional<graph::DType> dtype_of(std::string_view text) {
  if (text == "float") return graph::DType::float32;
  if (text == "double") return graph::DType::float64;
  if (text == "bool") return graph::DType::boolean;
  return graph::dtype_named(text);
}

namespace {

// What the attribute is; nothing where the operator is not known.
const graph::AttributeSchema* schema_of(std::string_view op, std::string_view setting, std::int64_t opset) {
  const graph::OperatorSchema* schema = graph::find_schema(op);
  if (!schema) return nullptr;
  if (!schema->in(opset)) throw NoValue(fmt::format("there is no {} in operator set {}", op, opset));
  if (const auto* found = schema->attribute(setting, opset)) return found;
  throw NoValue(fmt::format("{} has no {} in operator set {}", op, setting, opset));
}

constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int64_t>::max();

// The one dimension that is not known is -1 in a shape; an end that is not known is the end of the axis.
Whole writable(std::string_view op, std::string_view setting, const List& list) {
  Whole out;
  std::size_t open = 0;
  for (const Element& each : list.items) {
    if (each.known()) {
      if (each.number != std::trunc(each.number)) throw NoValue(fmt::format("{} is no whole number", each.number));
      const bool before_first = op == "Slice" && setting == "ends" && each.number == -1;
      out.push_back(before_first ? -kToTheEnd : static_cast<std::int64_t>(each.number));
      continue;
    }
    ++open;
    if (op == "Reshape" && setting == "shape" && open == 1)
      out.push_back(-1);
    else if (op == "Slice" && setting == "ends")
      out.push_back(kToTheEnd);
    else
      throw NoValue(fmt::format("a dimension in its {} is not known", setting));
  }
  return out;
}

Numbers as_input(std::string_view op, std::string_view setting, const Value& value) {
  if (const auto* list = std::get_if<List>(&value)) {
    const Whole whole = writable(op, setting, *list);
    return {{static_cast<std::int64_t>(whole.size())},
            std::vector<double>(whole.begin(), whole.end()),
            graph::DType::int64};
  }
  const double one = number_of(value);
  if (op == "TopK") return {{1}, {one}, graph::DType::int64};
  if (op == "Dropout") return {{}, {one}, graph::DType::float32};
  return {{}, {one}, graph::DType::undefined};
}

graph::AttributeValue as_attribute(const graph::AttributeSchema* row, std::string_view op, std::string_view setting,
                                   const Value& value, graph::Arena& arena) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (setting == "to" || setting == "dtype")
      if (const auto dtype = dtype_of(*text)) return std::int64_t{graph::row(*dtype).onnx};
    return arena.store(std::string_view(*text));
  }
  if (const auto* list = std::get_if<List>(&value)) {
    const auto fraction = [](const Element& each) { return each.known() && each.number != std::trunc(each.number); };
    const bool numbers = row ? row->kind == graph::AttributeKind::numbers
                             : std::any_of(list->items.begin(), list->items.end(), fraction);
    if (numbers) {
      std::vector<double> values;
      for (const Element& each : list->items) values.push_back(number_of(each));
      return arena.store(std::span<const double>(values));
    }
    return arena.store(std::span<const std::int64_t>(writable(op, setting, *list)));
  }
  const double one = number_of(value);
  const bool whole = row ? row->kind == graph::AttributeKind::integer : one == std::trunc(one);
  if (!whole) return one;
  if (one != std::trunc(one)) throw NoValue(fmt::format("its {} is a whole number", setting));
  return static_cast<std::int64_t>(one);
}

}  // namespace

WrittenSetting write_setting(std::string_view op, std::string_view setting, const Value& value, std::int64_t opset,
                             graph::Arena& arena) {
  WrittenSetting out;
  out.slot = setting_slot(op, setting, opset);
  if (out.slot)
    out.constant = as_input(op, setting, value);
  else
    out.attribute = as_attribute(schema_of(op, setting, opset), op, setting, value, arena);
  return out;
}

}  // namespace rw::patterns
