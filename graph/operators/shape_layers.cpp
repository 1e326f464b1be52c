// Output shapes of operators that are whole layers: recurrent ones, attention, losses, boxes, embeddings of texts.
#include <algorithm>

#include "graph/operators/dims.hpp"
#include "graph/operators/form_functions.hpp"

namespace rw::graph::shape_of {

// X [time, batch, features]: Y [time, directions, batch, hidden], then the last states [directions, batch, hidden].
// With layout = 1 the batch stands first in all of them.
Dims recurrent(const Node& node, std::uint32_t output) {
  const Shape in = node.shape(0), weight = node.shape(2);
  if (!in.known() || in.rank() != 3) return std::nullopt;
  const std::int64_t directions = node.text("direction", "forward") == "bidirectional" ? 2 : 1;
  std::int64_t hidden = node.integer("hidden_size", kUnknown);
  if (hidden < 0 && weight.rank() == 3) hidden = weight[2];
  const bool batch_first = node.integer("layout") != 0;
  const std::int64_t time = in[batch_first ? 1 : 0], batch = in[batch_first ? 0 : 1];
  if (batch_first)
    return output == 0 ? dims_of({batch, time, directions, hidden}) : dims_of({batch, directions, hidden});
  return output == 0 ? dims_of({time, directions, batch, hidden}) : dims_of({directions, batch, hidden});
}

// Queries [batch, heads, time, size] or [batch, time, heads * size], keys and values alike, with those of the past
// before them: the result in the form of the queries, all keys, all values, the products of queries and keys.
Dims attention(const Node& node, std::uint32_t output) {
  const Shape q = node.shape(0), k = node.shape(1), v = node.shape(2), past = node.shape(4);
  if (!q.known() || !k.known() || !v.known() || q.rank() != k.rank() || q.rank() != v.rank()) return std::nullopt;
  if (q.rank() != 3 && q.rank() != 4) return std::nullopt;
  const bool split = q.rank() == 4;
  const auto heads = [&](const Shape& shape, const char* attribute) {
    return split ? shape[1] : node.integer(attribute, kUnknown);
  };
  const std::int64_t q_heads = heads(q, "q_num_heads"), kv_heads = heads(k, "kv_num_heads");
  const auto size = [&](const Shape& shape) {
    if (split) return shape[3];
    return shape[2] < 0 || kv_heads <= 0 ? kUnknown : shape[2] / kv_heads;
  };
  const std::int64_t time = q[split ? 2 : 1];
  const std::int64_t before = !node.has(4) ? 0 : past.rank() == 4 ? past[2] : kUnknown;
  const std::int64_t all = plus(before, k[split ? 2 : 1]);
  if (output == 1) return dims_of({k[0], kv_heads, all, size(k)});
  if (output == 2) return dims_of({v[0], kv_heads, all, size(v)});
  if (output == 3) return dims_of({q[0], q_heads, time, all});
  return split ? dims_of({q[0], q_heads, time, size(v)}) : dims_of({q[0], time, times(q_heads, size(v))});
}

// One number for each target, or one for all of them; then the logarithms of probabilities.
Dims loss(const Node& node, std::uint32_t output) {
  const Shape shape = node.shape(output == 0 ? 1 : 0);
  if (output == 0 && node.text("reduction", "mean") != "none") return std::vector<std::int64_t>{};
  return shape.known() ? Dims(copy(shape)) : std::nullopt;
}

// [selected, (batch, class, box)].
Dims non_max_suppression(const Node&, std::uint32_t) { return dims_of({kUnknown, 3}); }

Dims one_hot(const Node& node, std::uint32_t) {
  const Shape indices = node.shape(0);
  if (!indices.known()) return std::nullopt;
  std::vector<std::int64_t> dims = copy(indices);
  const std::int64_t rank = indices.rank() + 1, wanted = node.integer("axis", -1);
  const std::int64_t axis = wanted < 0 ? wanted + rank : wanted;
  if (axis < 0 || axis >= rank) return std::nullopt;
  std::int64_t depth = size_of(node, 1);
  if (const auto number = node.scalar_of(1); depth < 0 && number && *number >= 0 && *number < 1e15)
    depth = static_cast<std::int64_t>(*number);
  dims.insert(dims.begin() + axis, depth);
  return dims;
}

// One column for each n-gram that is counted.
Dims tf_idf(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  const auto columns = node.integers("ngram_indexes");
  if (!in.known() || in.rank() < 1 || in.rank() > 2 || !columns || columns->empty()) return std::nullopt;
  const std::int64_t width = *std::max_element(columns->begin(), columns->end()) + 1;
  return in.rank() == 1 ? dims_of({width}) : dims_of({in[0], width});
}

Dims multinomial(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  return dims_of({in.rank() == 2 ? in[0] : kUnknown, node.integer("sample_size", 1)});
}

Dims string_split(const Node& node, std::uint32_t output) {
  Dims dims = same(node, 0);
  if (dims && output == 0) dims->push_back(kUnknown);
  return dims;
}

}  // namespace rw::graph::shape_of
