#include "graph/operators/fold_shapes.hpp"

#include <algorithm>
#include <utility>

#include "graph/operators/form_functions.hpp"
#include "graph/values/elements.hpp"

namespace rw::graph {
namespace {

using integers_of::Values;

// Arithmetic: an unknown operand, or a result that no dimension could have, gives an unknown element.
std::int64_t add_open(std::int64_t a, std::int64_t b) {
  return a == 0 ? b : b == 0 ? a : is_open(a) || is_open(b) ? kOpen : a + b;
}
std::int64_t subtract_open(std::int64_t a, std::int64_t b) {
  return b == 0 ? a : is_open(a) || is_open(b) ? kOpen : a - b;
}
std::int64_t multiply_open(std::int64_t a, std::int64_t b) {
  if (a == 1 || b == 1) return a == 1 ? b : a;
  std::int64_t product = 0;
  return is_open(a) || is_open(b) || __builtin_mul_overflow(a, b, &product) ? kOpen : product;
}
// Of integers ONNX divides towards zero.
std::int64_t divide_open(std::int64_t a, std::int64_t b) {
  return b == 1 ? a : is_open(a) || is_open(b) || b == 0 ? kOpen : a / b;
}
std::int64_t equal_open(std::int64_t a, std::int64_t b) {
  if (!is_open(a) && !is_open(b)) return a == b ? 1 : 0;
  // A dimension is at least 0: whatever it is, it differs from the -1 that exporters compare with.
  if ((is_open(a) && a != kOpen && !is_open(b) && b < 0) || (is_open(b) && b != kOpen && !is_open(a) && a < 0))
    return 0;
  return a == b && a != kOpen ? 1 : kOpen;
}

// Values whose element i of one is broadcast to element i of the other: one of them is a single element, or both have
// the same shape but for leading axes of 1.
bool side_by_side(const Node& node, std::size_t a, std::size_t b) {
  const Shape first = node.shape(a), second = node.shape(b);
  if (!first.known() || !second.known()) return false;
  if (first.count() == 1 || second.count() == 1) return true;
  const int rank = std::max(first.rank(), second.rank());
  const auto from_end = [](const Shape& shape, int i) { return i < shape.rank() ? shape[shape.rank() - 1 - i] : 1; };
  for (int i = 0; i < rank; ++i)
    if (from_end(first, i) != from_end(second, i)) return false;
  return true;
}

template <std::int64_t (*apply)(std::int64_t, std::int64_t)>
Values each(const Node& node) {
  const auto a = node.whole_values(0), b = node.whole_values(1);
  if (!a || !b || a->empty() || b->empty() || !side_by_side(node, 0, 1)) return std::nullopt;
  const std::size_t count = std::max(a->size(), b->size());
  if ((a->size() != count && a->size() != 1) || (b->size() != count && b->size() != 1)) return std::nullopt;
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t value = apply((*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]);
    values.push_back(is_open(value) || (value < kWholeBound && value > -kWholeBound) ? value : kOpen);
  }
  return values;
}

// Whether an integer type has this value.
bool holds(DType dtype, std::int64_t value) {
  return with_codec(dtype, [&](auto codec) {
    using Stored = typename decltype(codec)::Stored;
    if constexpr (std::is_integral_v<Stored>)
      return std::in_range<Stored>(value);
    else
      return false;
  });
}

}  // namespace

namespace integers_of {

Values add(const Node& node) { return each<add_open>(node); }
Values subtract(const Node& node) { return each<subtract_open>(node); }
Values multiply(const Node& node) { return each<multiply_open>(node); }
Values divide(const Node& node) { return each<divide_open>(node); }
Values equal(const Node& node) { return each<equal_open>(node); }

Values shape(const Node& node) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const auto at = [&](std::int64_t index) {
    return std::clamp<std::int64_t>(index < 0 ? index + in.rank() : index, 0, in.rank());
  };
  std::vector<std::int64_t> values;
  for (std::int64_t i = at(node.integer("start", 0)); i < at(node.integer("end")); ++i)
    values.push_back(open_value(in[static_cast<int>(i)]));
  return values;
}

Values size(const Node& node) {
  const auto count = node.shape(0).count();
  return std::vector<std::int64_t>{count && *count < kWholeBound ? *count : kOpen};
}

Values same(const Node& node) { return node.whole_values(0); }

Values cast(const Node& node) {
  const auto to = dtype_of_onnx(static_cast<int>(node.integer("to", 1)));
  if (to != DType::int64 && to != DType::int32) return std::nullopt;  // what is narrower may wrap
  Values values = node.whole_values(0);
  if (values && to == DType::int32)
    for (std::int64_t& each : *values)
      if (!is_open(each) && each != static_cast<std::int32_t>(each)) each = kOpen;
  return values;
}

bool is_vector(const Node& node, std::size_t slot) { return node.shape(slot).known() && node.shape(slot).rank() == 1; }

Values gather(const Node& node) {
  const auto from = node.whole_values(0), indices = node.integers_of(1);
  if (!from || !indices || !is_vector(node, 0)) return std::nullopt;
  std::vector<std::int64_t> values;
  const auto count = static_cast<std::int64_t>(from->size());
  for (const std::int64_t index : *indices) {
    if (index < -count || index >= count) return std::nullopt;
    values.push_back((*from)[static_cast<std::size_t>(index < 0 ? index + count : index)]);
  }
  return values;
}

Values concat(const Node& node) {
  std::vector<std::int64_t> values;
  for (std::size_t slot = 0; slot < node.input_count(); ++slot) {
    const auto part = node.whole_values(slot);
    if (!part || !is_vector(node, slot) || values.size() + part->size() > kMaxFolded) return std::nullopt;
    values.insert(values.end(), part->begin(), part->end());
  }
  return values;
}

Values slice(const Node& node) {
  const auto from = node.whole_values(0);
  const auto cuts = from && is_vector(node, 0) ? slice_cuts(node) : std::nullopt;
  if (!cuts || cuts->size() != 1 || !(*cuts)[0].known || node.shape(0)[0] != static_cast<std::int64_t>(from->size()))
    return std::nullopt;
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < (*cuts)[0].count; ++i)
    values.push_back((*from)[static_cast<std::size_t>((*cuts)[0].first + i * (*cuts)[0].step)]);
  return values;
}

Values where(const Node& node) {
  const auto condition = node.whole_values(0), yes = node.whole_values(1), no = node.whole_values(2);
  if (!condition || !yes || !no) return std::nullopt;
  if (!side_by_side(node, 0, 1) || !side_by_side(node, 0, 2) || !side_by_side(node, 1, 2)) return std::nullopt;
  const std::size_t count = std::max({condition->size(), yes->size(), no->size()});
  const auto at = [&](const std::vector<std::int64_t>& list, std::size_t i) {
    return list.size() == 1 ? list[0] : list[i];
  };
  for (const auto* list : {&*condition, &*yes, &*no})
    if (list->size() != count && list->size() != 1) return std::nullopt;
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t decides = at(*condition, i);
    values.push_back(is_open(decides) ? kOpen : at(decides != 0 ? *yes : *no, i));
  }
  return values;
}

Values constant_of_shape(const Node& node) {
  const auto dims = node.integers_of(0);
  const AttributeValue* value = node.op().find("value");
  const auto* literal = value ? std::get_if<Literal>(value) : nullptr;
  if (!dims || !literal || floating(literal->dtype) || literal->shape.count() != 1) return std::nullopt;
  const auto count = Shape(*dims).count();
  if (!count || *count > static_cast<std::int64_t>(kMaxFolded)) return std::nullopt;
  return std::vector<std::int64_t>(static_cast<std::size_t>(*count), bounded(integer(*literal, 0)));
}

Values range(const Node& node) {
  const auto first = node.integers_of(0), limit = node.integers_of(1), step = node.integers_of(2);
  if (!first || !limit || !step || first->size() != 1 || limit->size() != 1 || step->size() != 1 || (*step)[0] == 0)
    return std::nullopt;
  std::vector<std::int64_t> values;
  for (std::int64_t at = (*first)[0]; (*step)[0] > 0 ? at < (*limit)[0] : at > (*limit)[0]; at += (*step)[0]) {
    if (values.size() == kMaxFolded) return std::nullopt;
    values.push_back(at);
  }
  return values;
}

Values product(const Node& node) {
  const auto from = node.whole_values(0);
  if (!from || !is_vector(node, 0) || node.has(1) || node.integers("axes")) return std::nullopt;
  std::int64_t all = 1;
  for (const std::int64_t value : *from) all = multiply_open(all, value);
  return std::vector<std::int64_t>{is_open(all) || (all < kWholeBound && all > -kWholeBound) ? all : kOpen};
}

}  // namespace integers_of

std::optional<std::vector<std::int64_t>> fold_shapes(const Node& node) {
  if (!node.form().integers) return std::nullopt;
  auto values = node.form().integers(node);
  if (!values || values->size() > kMaxFolded) return std::nullopt;
  const DType dtype = node.network().tensor(node.output()).dtype;
  if (dtype == DType::undefined || floating(dtype)) return std::nullopt;
  for (std::int64_t& value : *values)
    if (!is_open(value) && !holds(dtype, value)) value = kOpen;  // it wraps, or is cut off
  return values;
}

}  // namespace rw::graph
