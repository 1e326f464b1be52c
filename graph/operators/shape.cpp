// Output shapes, as the ONNX operator specification defines them. An unknown dimension stays unknown; a shape that
// contradicts itself is not inferred (its operator then blocks where a law needs it).
#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/operators/dims.hpp"
#include "graph/operators/form_functions.hpp"

namespace rw::graph {
namespace {

// Positions that start:end:step keep of `dim` (the bounds are clamped, as ONNX does).
Cut cut_of(int axis, std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  Cut cut{.axis = axis, .known = true, .step = step};
  const auto from_end = [&](std::int64_t at) { return at < 0 ? at + dim : at; };
  if (step > 0) {
    cut.first = std::clamp<std::int64_t>(from_end(start), 0, dim);
    const std::int64_t last = std::clamp<std::int64_t>(from_end(end), 0, dim);
    cut.count = std::max<std::int64_t>(0, (last - cut.first + step - 1) / step);
  } else {
    cut.first = std::clamp<std::int64_t>(from_end(start), 0, std::max<std::int64_t>(dim - 1, 0));
    const std::int64_t last = std::clamp<std::int64_t>(from_end(end), -1, dim - 1);
    cut.count = dim > 0 && cut.first > last ? (cut.first - last - 1) / -step + 1 : 0;
  }
  return cut;
}

template <typename List>
std::int64_t length(const List& list) {
  return static_cast<std::int64_t>(list.size());
}

// Of two stacks of matrices, or vectors.
Dims matrix_product(const Shape& a, const Shape& b) {
  if (!a.known() || !b.known() || a.rank() == 0 || b.rank() == 0) return std::nullopt;
  const auto batch = [](const Shape& shape) {
    return Shape(shape.dims().first(static_cast<std::size_t>(std::max(0, shape.rank() - 2))));
  };
  Dims dims = broadcast_dims({batch(a), batch(b)});
  if (!dims) return std::nullopt;
  if (a.rank() > 1) dims->push_back(a[a.rank() - 2]);
  if (b.rank() > 1) dims->push_back(b[b.rank() - 1]);
  return dims;
}

}  // namespace

std::optional<std::vector<Cut>> slice_cuts(const Node& node) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const auto starts = node.integers("starts", 1), ends = node.integers("ends", 2), steps = node.integers_of(4);
  auto axes = node.integers("axes", 3);
  if (!axes) {
    if (node.has(3) || !starts) return std::nullopt;
    axes = std::vector<std::int64_t>(starts->size());
    std::iota(axes->begin(), axes->end(), 0);
  }
  const auto fits = [&](const auto& list) { return list && list->size() == axes->size(); };
  const bool known = fits(starts) && fits(ends) && (!node.has(4) || fits(steps));
  std::vector<Cut> cuts;
  for (std::size_t i = 0; i < axes->size(); ++i) {
    const auto axis = in.axis((*axes)[i]);
    if (!axis) return std::nullopt;
    const std::int64_t step = known && steps ? (*steps)[i] : 1;
    if (step == 0 || std::any_of(cuts.begin(), cuts.end(), [&](const Cut& each) { return each.axis == *axis; }))
      return std::nullopt;
    cuts.push_back(known && in[*axis] >= 0 ? cut_of(*axis, in[*axis], (*starts)[i], (*ends)[i], step)
                                           : Cut{.axis = *axis});
  }
  return cuts;
}

std::int64_t split_size(const Node& node, std::int64_t whole, std::uint32_t output) {
  const AttributeValue* said = node.op().find("split");
  const auto* sizes = said ? std::get_if<std::span<const std::int64_t>>(said) : nullptr;
  if (sizes && output < sizes->size()) return bounded((*sizes)[output]);
  if (node.has(1)) return node.integer_of(1, output).value_or(kUnknown);
  const auto parts = static_cast<std::int64_t>(node.op().outputs.size());
  if (whole < 0) return parts == 1 ? whole : kUnknown;
  const std::int64_t chunk = (whole + parts - 1) / parts;  // the last ones may be smaller
  return std::clamp<std::int64_t>(whole - chunk * output, 0, chunk);
}

namespace shape_of {

Dims same(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  return copy(in);
}

// Output 0 as the input, the statistics with 1 for each axis that is normalized.
Dims layer_normalization(const Node& node, std::uint32_t output) {
  Dims dims = same(node, 0);
  if (!dims || output == 0) return dims;
  const auto first = node.shape(0).axis(node.integer("axis", -1));
  if (!first) return std::nullopt;
  std::fill(dims->begin() + *first, dims->end(), 1);
  return dims;
}

// Output 0 as the input, the statistics one for each channel.
Dims batch_normalization(const Node& node, std::uint32_t output) {
  const Shape in = node.shape(0);
  if (output == 0) return same(node, 0);
  if (!in.known() || in.rank() < 2 || node.integer("spatial", 1) == 0) return std::nullopt;
  return dims_of({in[1]});
}

// Output 0 as the input, further ones of one element.
Dims then_scalars(const Node& node, std::uint32_t output) { return output == 0 ? same(node, 0) : scalar(node, 0); }

Dims broadcast(const Node& node, std::uint32_t) {
  std::vector<Shape> shapes;
  for (std::size_t slot = 0; slot < node.input_count(); ++slot)
    if (node.has(slot)) shapes.push_back(node.shape(slot));
  return broadcast_dims(shapes);
}

Dims gemm(const Node& node, std::uint32_t) {
  const Shape a = node.shape(0), b = node.shape(1);
  if (!a.known() || !b.known() || a.rank() != 2 || b.rank() != 2) return std::nullopt;
  return std::vector<std::int64_t>{a[node.integer("transA") ? 1 : 0], b[node.integer("transB") ? 0 : 1]};
}

Dims matmul(const Node& node, std::uint32_t) { return matrix_product(node.shape(0), node.shape(1)); }
Dims quantized_matmul(const Node& node, std::uint32_t) { return matrix_product(node.shape(0), node.shape(3)); }

Dims pad(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  const auto pads = node.integers("pads", 1);
  if (!in.known()) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  std::vector<std::int64_t> axes(dims.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (node.has(3)) {
    const auto named = node.integers_of(3);
    if (!named) return std::vector<std::int64_t>(dims.size(), kUnknown);
    axes = *named;
  }
  if (!pads || pads->size() != 2 * axes.size()) return std::vector<std::int64_t>(dims.size(), kUnknown);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = in.axis(axes[i]);
    if (!axis) return std::nullopt;
    std::int64_t& dim = dims[static_cast<std::size_t>(*axis)];
    const std::int64_t more = (*pads)[i] + (*pads)[i + axes.size()];
    if (more != 0) dim = dim >= 0 ? std::max<std::int64_t>(kUnknown, dim + more) : kUnknown;
  }
  return dims;
}

Dims reduce(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const auto axes = named_axes(node, in.rank(), true);
  if (!axes) return std::nullopt;
  const bool keep = node.integer("keepdims", 1) != 0;
  std::vector<std::int64_t> dims;
  for (int i = 0; i < in.rank(); ++i) {
    if (!axes->contains(i))
      dims.push_back(in[i]);
    else if (keep)
      dims.push_back(1);
  }
  return dims;
}

Dims one_axis(const Node& node, std::uint32_t) {
  const auto axis = node.shape(0).axis(node.integer("axis"));
  if (!axis) return std::nullopt;
  std::vector<std::int64_t> dims = copy(node.shape(0));
  if (node.integer("keepdims", 1) != 0)
    dims[static_cast<std::size_t>(*axis)] = 1;
  else
    dims.erase(dims.begin() + *axis);
  return dims;
}

// One number for each matrix.
Dims det(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known() || in.rank() < 2) return std::nullopt;
  return Dims(std::vector<std::int64_t>(in.dims().begin(), in.dims().end() - 2));
}

Dims non_zero(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  return dims_of({in.rank() > 0 ? in.rank() : kUnknown, kUnknown});
}

// What is different, then positions of it and among it.
Dims unique(const Node& node, std::uint32_t output) {
  const Shape in = node.shape(0);
  if (output > 0 || !node.op().find("axis")) return dims_of({kUnknown});
  const auto axis = in.axis(node.integer("axis"));
  if (!axis) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  dims[static_cast<std::size_t>(*axis)] = kUnknown;
  return dims;
}

Dims compress(const Node& node, std::uint32_t) { return unique(node, 0); }

Dims concat(const Node& node, std::uint32_t) {
  std::vector<std::int64_t> dims;
  std::int64_t total = 0;
  std::size_t axis = 0;
  for (std::size_t slot = 0; slot < node.input_count(); ++slot) {
    const Shape in = node.shape(slot);
    const auto at = in.axis(node.integer("axis", 1));
    if (!at) return std::nullopt;
    if (slot == 0) {
      dims = copy(in);
      axis = static_cast<std::size_t>(*at);
    } else if (dims.size() != static_cast<std::size_t>(in.rank())) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < dims.size(); ++i)
      if (i != axis && dims[i] < 0) dims[i] = in[static_cast<int>(i)];
    total = total < 0 || in[*at] < 0 ? kUnknown : total + in[*at];
  }
  if (dims.empty()) return std::nullopt;
  dims[axis] = total;
  return dims;
}

Dims split(const Node& node, std::uint32_t output) {
  const Shape in = node.shape(0);
  const auto axis = in.axis(node.integer("axis"));
  if (!axis) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  std::int64_t& dim = dims[static_cast<std::size_t>(*axis)];
  dim = split_size(node, dim, output);
  return dims;
}

Dims slice(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const auto cuts = slice_cuts(node);
  if (!cuts) return std::vector<std::int64_t>(static_cast<std::size_t>(in.rank()), kUnknown);
  std::vector<std::int64_t> dims = copy(in);
  for (const Cut& cut : *cuts) dims[static_cast<std::size_t>(cut.axis)] = cut.known ? cut.count : kUnknown;
  return dims;
}

Dims gather(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0), indices = node.shape(1);
  const auto axis = in.axis(node.integer("axis"));
  if (!axis || !indices.known()) return std::nullopt;
  std::vector<std::int64_t> dims(in.dims().begin(), in.dims().begin() + *axis);
  dims.insert(dims.end(), indices.dims().begin(), indices.dims().end());
  dims.insert(dims.end(), in.dims().begin() + *axis + 1, in.dims().end());
  return dims;
}

// Batch axes, then the other axes of the indices, then what one index chooses.
Dims gather_nd(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0), indices = node.shape(1);
  const std::int64_t batch = node.integer("batch_dims");
  if (!in.known() || !indices.known() || indices.rank() < 1 || batch < 0 || batch >= indices.rank())
    return std::nullopt;
  const std::int64_t chosen = indices[indices.rank() - 1];
  if (chosen < 0 || batch + chosen > in.rank()) return std::nullopt;
  std::vector<std::int64_t> dims(indices.dims().begin(), indices.dims().end() - 1);
  dims.insert(dims.end(), in.dims().begin() + batch + chosen, in.dims().end());
  return dims;
}

Dims center_crop_pad(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in), axes(dims.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (auto named = node.integers("axes")) axes = *named;
  const auto sizes = target_of(node, 1);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = in.axis(axes[i]);
    if (!axis) return std::nullopt;
    dims[static_cast<std::size_t>(*axis)] = sizes && sizes->size() == axes.size() ? (*sizes)[i] : kUnknown;
  }
  return dims;
}

Dims tile(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const auto repeats = node.integers_of(1);
  std::vector<std::int64_t> dims = copy(in);
  for (std::size_t i = 0; i < dims.size(); ++i)
    dims[i] = repeats && repeats->size() == dims.size() ? times(dims[i], (*repeats)[i]) : kUnknown;
  return dims;
}

Dims expand(const Node& node, std::uint32_t) {
  const auto target = target_of(node, 1);
  if (!target) return std::nullopt;
  return broadcast_dims({node.shape(0), Shape(*target)});
}

// The dimension that a -1 stands for: what the dimensions of `in` leave when those of `others` are taken out.
std::int64_t rest_of(const Shape& in, const std::vector<std::int64_t>& others) {
  std::int64_t all = 1, taken = 1;
  std::vector<std::int64_t> symbols;
  for (const std::int64_t dim : in.dims()) {
    if (dim < 0)
      symbols.push_back(dim);
    else
      all = times(all, dim);
  }
  for (const std::int64_t dim : others) {
    if (dim >= 0) {
      taken = times(taken, dim);
      continue;
    }
    const auto same = dim == kUnknown ? symbols.end() : std::find(symbols.begin(), symbols.end(), dim);
    if (same == symbols.end()) return kUnknown;
    symbols.erase(same);
  }
  if (all < 0 || taken <= 0 || all % taken != 0) return kUnknown;
  if (symbols.empty()) return all / taken;
  return symbols.size() == 1 && all == taken ? symbols[0] : kUnknown;
}

Dims reshape(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  auto values = node.integers("shape");
  if (!values) values = node.whole_values(1);
  if (!values) return std::nullopt;
  std::optional<std::size_t> open;
  std::vector<std::int64_t> dims, others;
  for (std::size_t i = 0; i < values->size(); ++i) {
    std::int64_t dim = dim_of_value((*values)[i]);
    if ((*values)[i] == -1) {
      if (open) return std::nullopt;
      open = i;
    } else if (dim == 0 && node.integer("allowzero") == 0) {
      if (!in.known() || static_cast<int>(i) >= in.rank()) return std::nullopt;
      dim = in[static_cast<int>(i)];
    } else if (dim < 0 && !is_open((*values)[i])) {
      return std::nullopt;
    }
    dims.push_back(dim);
    if (open != i) others.push_back(dim);
  }
  if (open) dims[*open] = in.known() ? rest_of(in, others) : kUnknown;
  return dims;
}

Dims flatten(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const std::int64_t wanted = node.integer("axis", 1);
  const std::int64_t axis = wanted < 0 ? wanted + in.rank() : wanted;
  if (axis < 0 || axis > in.rank()) return std::nullopt;
  std::vector<std::int64_t> dims = {1, 1};
  for (int i = 0; i < in.rank(); ++i) {
    std::int64_t& dim = dims[i < axis ? 0 : 1];
    dim = times(dim, in[i]);
  }
  return dims;
}

Dims squeeze(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  const bool named = node.has(1) || node.integers("axes");
  const auto axes = named_axes(node, in.rank(), false);
  if (named && !axes) return std::nullopt;
  std::vector<std::int64_t> dims;
  for (int i = 0; i < in.rank(); ++i) {
    if (!named && in[i] < 0) return std::nullopt;
    const bool gone = named ? axes->contains(i) : in[i] == 1;
    if (!gone) dims.push_back(in[i]);
  }
  return dims;
}

Dims unsqueeze(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  const auto list = node.integers("axes", 1);
  if (!in.known() || !list) return std::nullopt;
  const int rank = in.rank() + static_cast<int>(list->size());
  if (rank > kMaxRank) return std::nullopt;
  const auto axes = named_axes(node, rank, false);
  if (!axes) return std::nullopt;
  std::vector<std::int64_t> dims;
  int next = 0;
  for (int i = 0; i < rank; ++i) {
    if (axes->contains(i))
      dims.push_back(1);
    else if (next < in.rank())
      dims.push_back(in[next++]);
  }
  return dims;
}

Dims transpose(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::nullopt;
  std::vector<std::int64_t> dims;
  if (const auto perm = node.integers("perm")) {
    if (perm->size() != static_cast<std::size_t>(in.rank())) return std::nullopt;
    for (const std::int64_t axis : *perm) {
      if (axis < 0 || axis >= in.rank()) return std::nullopt;
      dims.push_back(in[static_cast<int>(axis)]);
    }
  } else {
    dims.assign(in.dims().rbegin(), in.dims().rend());
  }
  return dims;
}

Dims shape(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known()) return std::vector<std::int64_t>{kUnknown};
  const auto at = [&](std::int64_t index) {
    return std::clamp<std::int64_t>(index < 0 ? index + in.rank() : index, 0, in.rank());
  };
  return std::vector<std::int64_t>{std::max<std::int64_t>(0, at(node.integer("end")) - at(node.integer("start", 0)))};
}

Dims scalar(const Node&, std::uint32_t) { return std::vector<std::int64_t>{}; }

Dims constant(const Node& node, std::uint32_t) {
  if (node.output() != kNone && node.network().tensor(node.output()).constant)
    return copy(node.network().tensor(node.output()).constant->shape);
  for (const Attribute& each : node.op().attributes) {
    if (const auto* value = std::get_if<Literal>(&each.value)) return copy(value->shape);
    if (each.name == "value_float" || each.name == "value_int") return std::vector<std::int64_t>{};
    if (const auto* list = std::get_if<std::span<const std::int64_t>>(&each.value)) return dims_of({length(*list)});
    if (const auto* list = std::get_if<std::span<const double>>(&each.value)) return dims_of({length(*list)});
  }
  return std::nullopt;
}

// As an attribute says.
Dims said(const Node& node, std::uint32_t) { return node.integers("shape"); }

Dims constant_of_shape(const Node& node, std::uint32_t) { return target_of(node, 0); }

Dims gather_elements(const Node& node, std::uint32_t) {
  const Shape indices = node.shape(1);
  return indices.known() ? Dims(copy(indices)) : std::nullopt;
}

Dims top_k(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  const auto axis = in.axis(node.integer("axis", -1));
  if (!axis) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  dims[static_cast<std::size_t>(*axis)] = node.op().find("k") ? node.integer("k") : size_of(node, 1);
  return dims;
}

// The numbers from first to limit, at even steps, as far as float and double agree on how many.
Dims range(const Node& node, std::uint32_t) {
  const auto first = node.scalar_of(0), limit = node.scalar_of(1), step = node.scalar_of(2);
  if (!first || !limit || !step || *step == 0) return dims_of({kUnknown});
  const double count = std::ceil((*limit - *first) / *step);
  const bool agree =
      !floating(node.tensor(0).dtype) ||
      count == std::ceil((static_cast<float>(*limit) - static_cast<float>(*first)) / static_cast<float>(*step));
  return dims_of({count <= 0 ? 0 : agree && count < 1e15 ? static_cast<std::int64_t>(count) : kUnknown});
}

Dims user_linear(const Node& node, std::uint32_t output) {
  if (output != 0) return std::nullopt;
  const UserForm& user = node.form().user;
  const Shape in = node.shape(0), weight = user.weight ? node.shape(static_cast<std::size_t>(*user.weight)) : Shape();
  const auto axis = in.axis(user.axis);
  const auto out = weight.axis(user.weight_out);
  if (!axis || !out) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  dims[static_cast<std::size_t>(*axis)] = weight[*out];
  return dims;
}

}  // namespace shape_of
}  // namespace rw::graph
